"""What stands behind targets that are not AWS's: a REST API, MCP servers, and the issuer whose tokens one takes.

Each answers only to the credential that the gateway is to bring, so an answer shows that the credential arrived.
Names and credentials are the sandbox's own; stack files and tests use them.
"""

from __future__ import annotations

import functools
import re
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import jwt
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from sandbox.functions import FUNCTION_URL
from sandbox.network import Route as HostRoute
from sandbox.tenants.issuer import Issued, discovery, published, token_endpoint
from sandbox.tenants.signing import SigningKey
from sandbox.tenants.tenant import refusal
from sandbox.tenants.token_request import TOKEN_EXCHANGE, OAuthError, TokenRequest

if TYPE_CHECKING:
    from mcp.server.mcpserver.tools import Tool

INVENTORY = "inventory.sandbox.example"
INVENTORY_KEY_HEADER = "x-api-key"
INVENTORY_KEY = "sandbox-inventory-key"

LOGIN = "login.sandbox.example"
CLIENT_ID = "agentcore-gateway"
CLIENT_SECRET = "sandbox-shipping-secret"  # noqa: S105  # opens nothing but the sandbox
SCOPE = "ship"
AS_CALLER = "as-caller"

SHIPPING = "shipping.sandbox.example"

RUNTIME_HOST = re.compile(r"bedrock-agentcore\.[a-z0-9-]+\.amazonaws\.com")
_RUNTIME_PATH = re.compile(r"/runtimes/.+/invocations")
_INVENTORY_HOST = re.compile(re.escape(INVENTORY))
_STAGE_HOST = re.compile(r"[a-z0-9]+\.execute-api\.[a-z0-9-]+\.amazonaws\.com")
_LIFETIME = 600
_STOCK = {"pen": 120, "lamp": 7}


def routes() -> list[HostRoute]:
    """The hosts that are played here."""
    login = Login()
    at_inventory, at_shipping = functools.partial(login.accepts, INVENTORY), functools.partial(login.accepts, SHIPPING)
    shop = Starlette(routes=[Route("/articles/{sku}", _article)])
    inventory = Starlette(routes=[Mount("/open", shop), Mount("/", guarded(shop, _has_key, at_inventory))])
    stage = Starlette(routes=[Mount("/prod/open", shop), Mount("/prod", guarded(shop, _has_key, _is_signed))])
    forecasts, shipments = mcp_server(forecast), mcp_server(ship)
    return [
        HostRoute(_INVENTORY_HOST, forecasts, re.compile("/open/mcp")),
        HostRoute(_INVENTORY_HOST, guarded(forecasts, _has_key), re.compile("/mcp")),
        HostRoute(_INVENTORY_HOST, inventory),
        HostRoute(_STAGE_HOST, stage),
        HostRoute(re.compile(re.escape(LOGIN)), login.app),
        HostRoute(re.compile(re.escape(SHIPPING)), guarded(shipments, at_shipping)),
        HostRoute(RUNTIME_HOST, guarded(forecasts, _is_signed), _RUNTIME_PATH),
        HostRoute(FUNCTION_URL, guarded(forecasts, _is_signed)),
    ]


def guarded(app: ASGIApp, *proofs: Callable[[Request], bool]) -> ASGIApp:
    """The app, for requests with one of the proofs."""

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        is_proven = any(proof(Request(scope)) for proof in proofs)
        await (app if is_proven else JSONResponse({"message": "Unauthorized"}, 401))(scope, receive, send)

    return serve


class Login:
    """An issuer with one client, the gateways' own."""

    def __init__(self) -> None:
        self._key = SigningKey()
        self._issuer = f"https://{LOGIN}"
        metadata = discovery(self._issuer, keys=f"{self._issuer}/keys", token_endpoint=f"{self._issuer}/token")
        self.app = Starlette(
            routes=[
                published("/.well-known/openid-configuration", lambda _: metadata),
                published("/keys", lambda _: self._key.jwks()),
                token_endpoint("/token", self._issue),
            ],
            exception_handlers={OAuthError: refusal},
        )

    def accepts(self, audience: str, request: Request) -> bool:
        """Whether the request has a token of this issuer for the scope, and for this audience."""
        _, _, token = request.headers.get("authorization", "").partition(" ")
        try:
            claims = self._key.verify(token, issuer=self._issuer, audience=audience)
        except jwt.InvalidTokenError:
            return False
        return SCOPE in str(claims.get("scope")).split()

    def _issue(self, _: Request, asked: TokenRequest) -> Issued:
        """A token for the client, or (RFC 8693) for whom the client has a token of: that takes one scope more."""
        if asked.client_id != CLIENT_ID or not asked.shows(CLIENT_SECRET):
            raise OAuthError(401, "invalid_client")
        subject, wanted = CLIENT_ID, (SCOPE,)
        if asked.grant_type == TOKEN_EXCHANGE:
            try:
                subject = str(jwt.decode(asked.subject_token, options={"verify_signature": False})["sub"])
            except (jwt.InvalidTokenError, KeyError):
                raise OAuthError(400, "invalid_request", "subject_token is no token with a subject.") from None
            wanted = (SCOPE, AS_CALLER)
        if asked.scopes != wanted:
            raise OAuthError(400, "invalid_scope")
        claims = {"iss": self._issuer, "aud": asked.audience or SHIPPING, "sub": subject, "scope": " ".join(wanted)}
        return Issued(self._key, {**claims, "jti": str(uuid.uuid4())}, _LIFETIME)


def mcp_server(tool: Callable[[str], dict[str, Any]]) -> ASGIApp:
    """An MCP server whose one tool has a function's name, docstring and arguments."""

    @functools.cache
    def described() -> Tool:
        from mcp.server.mcpserver.tools import Tool  # noqa: PLC0415  # start-up does not wait for it

        return Tool.from_function(tool)  # takes longer than a call

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        from mcp.server.mcpserver import MCPServer  # noqa: PLC0415  # as above
        from mcp.server.transport_security import TransportSecuritySettings  # noqa: PLC0415

        server = MCPServer(tool.__name__, log_level="ERROR", tools=[described()])
        # Its own host name is no loopback's.
        anywhere = TransportSecuritySettings(enable_dns_rebinding_protection=False)
        server.streamable_http_app(json_response=True, stateless_http=True, transport_security=anywhere)
        async with server.session_manager.run():
            await server.session_manager.handle_request(scope, receive, send)

    return serve


def ship(order: str) -> dict[str, Any]:
    """Ship an order"""
    return {"order": order, "parcel": f"P-{order}"}


def forecast(sku: str) -> dict[str, Any]:
    """How much of an article will be asked for"""
    return {"sku": sku, "nextWeek": _STOCK.get(sku, 0) // 2}


def _article(request: Request) -> JSONResponse:
    """An article, and which desk it comes from if a header says so."""
    sku = str(request.path_params["sku"])
    if sku not in _STOCK:
        return JSONResponse({"message": f"There is no article {sku}."}, 404)
    desk = request.headers.get("x-desk")
    return JSONResponse({"sku": sku, "quantity": _STOCK[sku], **({"desk": desk} if desk else {})})


def _has_key(request: Request) -> bool:
    return request.headers.get(INVENTORY_KEY_HEADER) == INVENTORY_KEY


def _is_signed(request: Request) -> bool:
    """By whom is AWS's affair: the gateway checks its role's permission before it signs."""
    return request.headers.get("authorization", "").startswith("AWS4-HMAC-SHA256 ")
