"""What a client sends to a token endpoint (RFC 6749, sections 2.3.1 and 4.4.2), read but not judged."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal
from urllib.parse import parse_qsl, unquote_plus

from pydantic import TypeAdapter, ValidationError

AuthenticationMethod = Literal["client_secret_basic", "client_secret_post", "none"]
TOKEN_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"  # noqa: S105  # the name of a grant
ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"  # noqa: S105  # the name of a type
_JSON_OBJECT = TypeAdapter(dict[str, object])


class OAuthError(Exception):
    """A token endpoint's error response: HTTP status, `error` and `error_description` (RFC 6749, section 5.2)."""

    def __init__(self, status: int, error: str, description: str = "") -> None:
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
    subject_token: str = ""

    def shows(self, secret: str) -> bool:
        return hmac.compare_digest(self.client_secret.encode(), secret.encode())


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
            raise _unreadable("More than one way of client authentication was used.")
        try:
            client_id, client_secret = map(unquote_plus, base64.b64decode(credentials).decode().split(":", 1))
        except ValueError:
            error = "The Authorization header holds no client id and secret."
            raise OAuthError(401, "invalid_client", error) from None
        method = "client_secret_basic"
    return TokenRequest(
        grant_type=parameters.get("grant_type", ""),
        client_id=client_id,
        client_secret=client_secret,
        method=method,
        scopes=tuple(dict.fromkeys(parameters.get("scope", "").split())),
        audience=parameters.get("audience"),
        has_dpop_proof="dpop" in headers,
        subject_token=parameters.get("subject_token", ""),
    )


def _parameters(content_type: str, body: bytes, *, accepts_json: bool) -> dict[str, str]:
    media_type = content_type.partition(";")[0].strip().lower()
    try:
        if accepts_json and media_type == "application/json":
            document = _JSON_OBJECT.validate_json(body)
            return {name: value for name, value in document.items() if isinstance(value, str) and value}
        pairs = parse_qsl(body.decode())
    except ValidationError:
        raise _unreadable("The request body is not a JSON object.") from None
    except UnicodeDecodeError:
        raise _unreadable("The request body is not UTF-8.") from None
    if media_type != "application/x-www-form-urlencoded":
        raise _unreadable(f"The media type {media_type or '(none)'} is not supported.")
    if len(dict(pairs)) < len(pairs):
        raise _unreadable("A parameter is given more than once.")
    return dict(pairs)


def _unreadable(reason: str) -> OAuthError:
    return OAuthError(400, "invalid_request", reason)
