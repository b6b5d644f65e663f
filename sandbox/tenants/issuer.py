"""What every issuer serves: a token endpoint, a discovery document and keys."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.tenants.signing import SigningKey
from sandbox.tenants.token_request import TokenRequest, parse_token_request


@dataclass(frozen=True)
class Issued:
    """An access token that is granted: what it says beside its times, for how many seconds, by which key.

    `scopes` are those that the answer names, `typ` is the token's.
    """

    key: SigningKey
    claims: Mapping[str, object]
    lifetime: int
    scopes: Sequence[str] = ()
    typ: str | None = None


def token_endpoint(path: str, issue: Callable[[Request, TokenRequest], Issued], *, accepts_json: bool = False) -> Route:
    """RFC 6749, section 5.1; `issue` raises an error for a request that it does not grant."""

    async def endpoint(request: Request) -> Response:
        asked = parse_token_request(request.headers, await request.body(), accepts_json=accepts_json)
        issued = issue(request, asked)
        now = int(time.time())
        token = issued.key.sign({**issued.claims, "iat": now, "exp": now + issued.lifetime}, typ=issued.typ)
        answer = {"access_token": token, "expires_in": issued.lifetime, "token_type": "Bearer"}
        if issued.scopes:
            answer["scope"] = " ".join(issued.scopes)
        return JSONResponse(answer, headers={"Cache-Control": "no-store"})

    return Route(path, endpoint, methods=["POST"])


def published(path: str, document: Callable[[Request], Mapping[str, object]]) -> Route:
    """A document for everyone."""

    def endpoint(request: Request) -> Response:
        return JSONResponse(document(request))

    return Route(path, endpoint)


def discovery(issuer: str, *, keys: str, **more: object) -> dict[str, object]:
    """OpenID Connect Discovery 1.0, section 3; `more` is metadata by its name."""
    return {
        "issuer": issuer,
        "jwks_uri": keys,
        "response_types_supported": ["code", "token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        **more,
    }
