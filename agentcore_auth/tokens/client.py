"""The token request: client credentials (RFC 6749, 4.4) as each provider wants it, and what its refusals mean."""

from __future__ import annotations

import base64
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import cast
from urllib.parse import quote, urlencode, urlsplit

from agentcore_auth.authorizer.causes import Cause, TokenError, quoted
from agentcore_auth.authorizer.jws import parse_json
from agentcore_auth.tokens.locations import problem_of_endpoint
from agentcore_auth.tokens.transport import Response, UnreachableError, request

_BEARER_TOKEN = r"[A-Za-z0-9._~+/-]+=*"  # noqa: S105  # a pattern
"""RFC 6750, 2.1: what can be sent as a bearer token, and can do no harm where it is printed."""
ATTEMPTS = 5
FIRST_PAUSE = 0.5
LONGEST_PAUSE = 8.0
"""Seconds. The pause doubles from the first to the longest; a Retry-After is honoured up to the longest."""
_BY_AADSTS: Mapping[str, Cause] = {
    "70011": Cause.SCOPE_FORM,
    "1002012": Cause.SCOPE_FORM,
    "90014": Cause.SCOPE_FORM,  # a field is missing; of ours, only the scope can be
    "700016": Cause.CLIENT_UNKNOWN,
    "500011": Cause.AUDIENCE_UNKNOWN,
    "7000215": Cause.WRONG_SECRET,
    "7000222": Cause.WRONG_SECRET,
    "501051": Cause.AUDIENCE_NOT_GRANTED,
    "90002": Cause.ENDPOINT_WRONG,
    "900023": Cause.ENDPOINT_WRONG,
}
"""Entra's own codes, which say more than the OAuth ones (Entra, "Authentication and authorization error codes")."""
_BY_WORDS: Sequence[tuple[str, Cause]] = (
    ("org authorization server", Cause.ORG_SERVER_REQUEST),
    ("dpop", Cause.DPOP_REQUIRED),
    ("no audience parameter", Cause.AUDIENCE_MISSING),
    ("not allowed access to apiv1", Cause.AUDIENCE_MISSING),
    ("service not found", Cause.AUDIENCE_UNKNOWN),
    ("service not enabled", Cause.AUDIENCE_UNKNOWN),
    ("client-grant", Cause.AUDIENCE_NOT_GRANTED),
    ("not authorized to access", Cause.AUDIENCE_NOT_GRANTED),
    ("policy evaluation failed", Cause.POLICY_MISSING),
    ("not been granted scope", Cause.SCOPE_NOT_GRANTED),
)
"""What Auth0 and Okta say, lower-cased; the first that is found counts."""
_BY_ERROR: Mapping[str, Cause] = {
    "invalid_scope": Cause.SCOPE_NOT_GRANTED,
    "unauthorized_client": Cause.GRANT_NOT_ENABLED,
    "unsupported_grant_type": Cause.GRANT_NOT_ENABLED,
    # Cognito says so where the app client's flows are not switched on (AllowedOAuthFlowsUserPoolClient).
    "invalid_grant": Cause.GRANT_NOT_ENABLED,
    "invalid_client": Cause.WRONG_SECRET,
}


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

    429 and 5xx are tried again, with growing pauses, ATTEMPTS times in all. Raises TokenRequestError, whose message
    never has the secret in it, whatever the endpoint answers.
    """
    if problem := problem_of_endpoint(token_endpoint):
        raise TokenRequestError(Cause.ENDPOINT_WRONG, problem)
    form = {"grant_type": "client_credentials"}
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
    if scope:
        form["scope"] = scope
    pair = f"{quote(client_id, safe='')}:{quote(client_secret, safe='')}"
    basic = base64.b64encode(pair.encode()).decode()
    if sends_secret_in_body(token_endpoint):
        form |= {"client_id": client_id, "client_secret": client_secret}
        if audience:
            form["audience"] = audience
    else:
        # RFC 6749, 2.3.1: every server has to take these; Okta takes a client's secret in no other way by default.
        headers["Authorization"] = f"Basic {basic}"
    response = _with_retries(token_endpoint, urlencode(form).encode(), headers, timeout, pause)
    return _token_of(response, token_endpoint, (basic, pair, client_secret, quote(client_secret, safe="")))


def refusal_cause(status: int, error: str, description: str) -> Cause:
    """What an OAuth error response means, by the codes of RFC 6749 5.2 and the words that the providers add to them."""
    entra = re.match(r"AADSTS(\d+)", description)
    if entra and entra[1] in _BY_AADSTS:
        return _BY_AADSTS[entra[1]]
    said = f"{error} {description}".lower()
    cause = next((cause for words, cause in _BY_WORDS if words in said), None) or _BY_ERROR.get(error)
    if cause is not None:
        return cause
    if error == "access_denied" and description.lower() == "unauthorized":
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


def _token_of(response: Response, url: str, secrets: Sequence[str]) -> TokenResponse:
    try:
        document = parse_json(response.body)
    except ValueError:
        document = None
    fields = cast("dict[str, object]", document) if isinstance(document, dict) else {}
    token = fields.get("access_token")
    if response.status == 200 and isinstance(token, str) and re.fullmatch(_BEARER_TOKEN, token):
        lifetime, scope = fields.get("expires_in"), fields.get("scope")
        return TokenResponse(
            token,
            float(lifetime) if isinstance(lifetime, (int, float)) else None,
            scope if isinstance(scope, str) else None,
        )
    error, description = (_without(secrets, str(fields.get(name) or "")) for name in ("error", "error_description"))
    cause = Cause.ENDPOINT_WRONG if response.status == 200 else refusal_cause(response.status, error, description)
    said = " ".join(quoted(text) for text in (error, description) if text) or "nothing that is a token or an error"
    raise TokenRequestError(cause, f"{urlsplit(url).netloc} answers {response.status} to the token request: {said}")


def _without(secrets: Sequence[str], text: str) -> str:
    """What an endpoint says, if it repeats the secret in what it says."""
    for secret in filter(None, secrets):
        text = text.replace(secret, "[secret]")
    return text


def sends_secret_in_body(token_endpoint: str) -> bool:
    """Whether a token request names client, secret and audience in its body, as Auth0's does (also on a custom domain,
    which its path shows); all others take the client's credentials in the header Authorization.
    """
    return urlsplit(token_endpoint).path == "/oauth/token"
