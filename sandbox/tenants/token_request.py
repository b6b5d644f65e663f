"""What a client sends to a token endpoint (RFC 6749, sections 2.3.1 and 4.4.2), read but not judged."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal
from urllib.parse import parse_qsl, unquote_plus

AuthenticationMethod = Literal["client_secret_basic", "client_secret_post", "none"]


class OAuthError(Exception):
    """A token endpoint's error response: HTTP status, `error` and `error_description` (RFC 6749, section 5.2)."""

    def __init__(self, status: int, error: str, description: str) -> None:
        super().__init__(f"{error}: {description}")
        self.status = status
        self.error = error
        self.description = description
        self.document: Mapping[str, object] = {"error": error, "error_description": description}


@dataclass(frozen=True)
class TokenRequest:
    """`client_id` and `client_secret` are empty where the client sent none; `audience` None where it asked for none."""

    grant_type: str
    client_id: str
    client_secret: str
    method: AuthenticationMethod
    scopes: tuple[str, ...]
    audience: str | None = None
    has_dpop_proof: bool = False


def parse_token_request(headers: Mapping[str, str], body: bytes, *, accepts_json: bool) -> TokenRequest:
    """Read a request from its headers (names in lower case) and body.

    Raises OAuthError for what no service can read: another media type, repeated parameters, a broken Basic header,
    two ways of client authentication at once.
    """
    parameters = _parameters(headers.get("content-type", ""), body, accepts_json=accepts_json)
    client_id = parameters.get("client_id", "")
    client_secret = parameters.get("client_secret", "")
    method: AuthenticationMethod = "client_secret_post" if client_secret else "none"
    scheme, _, credentials = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        if client_secret:
            raise OAuthError(400, "invalid_request", "More than one way of client authentication was used.")
        client_id, client_secret = _basic(credentials)
        method = "client_secret_basic"
    return TokenRequest(
        grant_type=parameters.get("grant_type", ""),
        client_id=client_id,
        client_secret=client_secret,
        method=method,
        scopes=tuple(dict.fromkeys(parameters.get("scope", "").split())),
        audience=parameters.get("audience"),
        has_dpop_proof="dpop" in headers,
    )


def _parameters(content_type: str, body: bytes, *, accepts_json: bool) -> dict[str, str]:
    media_type = content_type.partition(";")[0].strip().lower()
    if accepts_json and media_type == "application/json":
        return _json_parameters(body)
    if media_type != "application/x-www-form-urlencoded":
        raise OAuthError(400, "invalid_request", f"The media type {media_type or '(none)'} is not supported.")
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=False)
    except UnicodeDecodeError:
        raise OAuthError(400, "invalid_request", "The request body is not UTF-8.") from None
    parameters = dict(pairs)
    if len(parameters) < len(pairs):
        raise OAuthError(400, "invalid_request", "A parameter is given more than once.")
    return parameters


def _json_parameters(body: bytes) -> dict[str, str]:
    try:
        document: object = json.loads(body)
    except ValueError:
        raise OAuthError(400, "invalid_request", "The request body is not JSON.") from None
    if not isinstance(document, dict):
        raise OAuthError(400, "invalid_request", "The request body is not a JSON object.")
    return {str(name): value for name, value in document.items() if isinstance(value, str) and value}


def _basic(credentials: str) -> tuple[str, str]:
    try:
        user, separator, password = base64.b64decode(credentials, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        separator = user = password = ""
    if not separator:
        raise OAuthError(401, "invalid_client", "The Authorization header holds no client id and secret.")
    return unquote_plus(user), unquote_plus(password)
