"""The token request: client credentials (RFC 6749, 4.4) as each provider wants it, and what its refusals mean."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import cast
from urllib.parse import quote, urlencode, urlsplit

from agentcore_auth.authorizer.causes import Cause, TokenError, quoted
from agentcore_auth.tokens.transport import Response, UnreachableError, request

ATTEMPTS = 5
FIRST_PAUSE = 0.5
LONGEST_PAUSE = 8.0
"""Seconds. The pause doubles from the first to the longest; a Retry-After is honoured up to the longest."""


@dataclass(frozen=True)
class Credentials:
    """What a token request takes."""

    token_endpoint: str
    client_id: str
    client_secret: str
    scope: str | None = None
    audience: str | None = None


@dataclass(frozen=True)
class TokenResponse:
    """What the token endpoint gave: the token, the seconds it is valid for, and the granted scope where it says so."""

    access_token: str
    expires_in: float | None
    scope: str | None = None


class TokenRequestError(TokenError):
    """The token endpoint refused, or could not be reached (UNREACHABLE, RATE_LIMITED); `cause` says why."""


def request_token(
    token_endpoint: str,
    client_id: str,
    client_secret: str,
    *,
    scope: str | None = None,
    audience: str | None = None,
    timeout: float = 10.0,
    pause: Callable[[float], object] = time.sleep,
) -> TokenResponse:
    """A token by client credentials. `scope` is separated by spaces; `audience` is sent where the provider takes one.

    429 and 5xx are tried again, with growing pauses, ATTEMPTS times in all. Raises TokenRequestError.
    """
    form = {"grant_type": "client_credentials"}
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
    if scope:
        form["scope"] = scope
    if _is_auth0(token_endpoint):
        form |= {"client_id": client_id, "client_secret": client_secret}
        if audience:
            form["audience"] = audience
    else:
        # RFC 6749, 2.3.1: every server has to take these; Okta takes a client's secret in no other way by default.
        pair = f"{quote(client_id, safe='')}:{quote(client_secret, safe='')}"
        headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
    response = _with_retries(token_endpoint, urlencode(form).encode(), headers, timeout, pause)
    return _token_of(response, token_endpoint)


def refusal_cause(status: int, error: str, description: str) -> Cause:
    """What an OAuth error response means, by the codes of RFC 6749 5.2 and the words that the providers add to them."""
    text = description.lower()
    if error in {"invalid_dpop_proof", "use_dpop_nonce"} or "dpop" in text:
        return Cause.DPOP_REQUIRED
    if "no audience parameter" in text or "not allowed access to apiv1" in text:
        return Cause.AUDIENCE_MISSING
    if "service not found" in text or "service not enabled" in text:
        return Cause.AUDIENCE_UNKNOWN
    if "client-grant" in text or "not authorized to access" in text:
        return Cause.AUDIENCE_NOT_GRANTED
    if "policy evaluation failed" in text:
        return Cause.POLICY_MISSING
    if error == "invalid_scope" or "not been granted scope" in text:
        return Cause.SCOPE_NOT_GRANTED
    # Cognito says invalid_grant where the app client's flows are not switched on (AllowedOAuthFlowsUserPoolClient).
    if error in {"unauthorized_client", "unsupported_grant_type", "invalid_grant"}:
        return Cause.GRANT_NOT_ENABLED
    if error == "invalid_client" or (error == "access_denied" and text == "unauthorized"):
        return Cause.WRONG_SECRET
    return Cause.ENDPOINT_WRONG if status in {404, 405} else Cause.REQUEST_REFUSED


def _with_retries(
    url: str, data: bytes, headers: Mapping[str, str], timeout: float, pause: Callable[[float], object]
) -> Response:
    attempt = 0
    while True:
        attempt += 1
        try:
            response = request(url, data=data, headers=headers, timeout=timeout)
        except UnreachableError as error:
            raise TokenRequestError(Cause.UNREACHABLE, str(error)) from None
        if response.status != 429 and response.status < 500:
            return response
        if attempt == ATTEMPTS:
            break
        pause(_pause_after(attempt, response.headers.get("retry-after")))
    cause = Cause.RATE_LIMITED if response.status == 429 else Cause.UNREACHABLE
    raise TokenRequestError(
        cause, f"{urlsplit(url).netloc} answers {response.status} to the token request, {ATTEMPTS} times in a row"
    )


def _pause_after(attempt: int, retry_after: str | None) -> float:
    if retry_after is not None and retry_after.isdecimal() and len(retry_after) < 6:
        return min(max(float(retry_after), FIRST_PAUSE), LONGEST_PAUSE)
    return min(FIRST_PAUSE * 2 ** (attempt - 1), LONGEST_PAUSE)


def _token_of(response: Response, url: str) -> TokenResponse:
    try:
        document: object = json.loads(response.body)
    except (ValueError, RecursionError):
        document = None
    fields = cast("dict[str, object]", document) if isinstance(document, dict) else {}
    token = fields.get("access_token")
    if response.status == 200 and isinstance(token, str):
        lifetime, scope = fields.get("expires_in"), fields.get("scope")
        return TokenResponse(
            token,
            float(lifetime) if isinstance(lifetime, (int, float)) else None,
            scope if isinstance(scope, str) else None,
        )
    error, description = str(fields.get("error") or ""), str(fields.get("error_description") or "")
    cause = Cause.ENDPOINT_WRONG if response.status == 200 else refusal_cause(response.status, error, description)
    said = " ".join(quoted(text) for text in (error, description) if text) or "nothing that is JSON"
    raise TokenRequestError(cause, f"{urlsplit(url).netloc} answers {response.status} to the token request: {said}")


def _is_auth0(token_endpoint: str) -> bool:
    """Auth0, also on a custom domain, by its path: it takes the secret in the body, and wants the audience named."""
    return urlsplit(token_endpoint).path == "/oauth/token"
