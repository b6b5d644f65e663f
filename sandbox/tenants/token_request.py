"""What a client sends to a token endpoint (RFC 6749, sections 2.3.1 and 4.4.2), read but not judged."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal
from urllib.parse import parse_qsl, unquote_plus

from pydantic import TypeAdapter, ValidationError
from werkzeug.datastructures import Authorization

from sandbox.tenants.collection import ApiError

AuthenticationMethod = Literal["client_secret_basic", "client_secret_post", "none"]
TOKEN_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"  # noqa: S105  # the name of a grant
ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"  # noqa: S105  # the name of a type
_JSON_OBJECT = TypeAdapter(dict[str, str])


class OAuthError(ApiError):
    """A token endpoint's error response: HTTP status, `error` and `error_description` (RFC 6749, section 5.2)."""

    def __init__(self, status: int, error: str, description: str = "") -> None:
        super().__init__(status, f"{error}: {description}", {"error": error, "error_description": description})
        self.error = error
        self.description = description


@dataclass(frozen=True)
class TokenRequest:
    """`client_id` and `client_secret` are empty where the client sent none; `audience` None where it asked for none."""

    grant_type: str
    client_id: str
    client_secret: str
    method: AuthenticationMethod
    scopes: tuple[str, ...]
    audience: str | None = None
    subject_token: str = ""

    def shows(self, secret: str) -> bool:
        return hmac.compare_digest(self.client_secret.encode(), secret.encode())


def parse_token_request(headers: Mapping[str, str], body: bytes, *, accepts_json: bool) -> TokenRequest:
    """Read a request from its headers (names in lower case) and body.

    Raises OAuthError for what no service can read: another media type, repeated parameters, two ways of client
    authentication at once.
    """
    parameters = _parameters(headers.get("content-type", ""), body, accepts_json=accepts_json)
    client_id = parameters.get("client_id", "")
    client_secret = parameters.get("client_secret", "")
    method: AuthenticationMethod = "client_secret_post" if client_secret else "none"
    shown = Authorization.from_header(headers.get("authorization"))
    if shown and shown.type == "basic":
        if client_secret:
            raise _unreadable("More than one way of client authentication was used.")
        client_id, client_secret = unquote_plus(shown.username or ""), unquote_plus(shown.password or "")
        method = "client_secret_basic"
    return TokenRequest(
        grant_type=parameters.get("grant_type", ""),
        client_id=client_id,
        client_secret=client_secret,
        method=method,
        scopes=tuple(dict.fromkeys(parameters.get("scope", "").split())),
        audience=parameters.get("audience"),
        subject_token=parameters.get("subject_token", ""),
    )


def _parameters(content_type: str, body: bytes, *, accepts_json: bool) -> dict[str, str]:
    media_type = content_type.partition(";")[0].strip().lower()
    if accepts_json and media_type == "application/json":
        try:
            return _JSON_OBJECT.validate_json(body)
        except ValidationError:
            raise _unreadable("The request body is not a JSON object of texts.") from None
    if media_type != "application/x-www-form-urlencoded":
        raise _unreadable(f"The media type {media_type or '(none)'} is not supported.")
    pairs = parse_qsl(body.decode(errors="replace"))
    if len(dict(pairs)) < len(pairs):
        raise _unreadable("A parameter is given more than once.")
    return dict(pairs)


def _unreadable(reason: str) -> OAuthError:
    return OAuthError(400, "invalid_request", reason)
