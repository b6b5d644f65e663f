"""An Okta org: its management API, and the token endpoints and keys of its authorization servers."""

from __future__ import annotations

import hmac
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from starlette.requests import Request

from sandbox.tenants.collection import Collection, Json
from sandbox.tenants.credentials import OKTA_API_TOKEN, OKTA_DOMAIN
from sandbox.tenants.issuer import Issued, discovery, published, token_endpoint
from sandbox.tenants.okta.servers import (
    DEFAULT_SERVER,
    AuthorizationServer,
    OktaCollection,
    OktaError,
    Policies,
    Rules,
    State,
    missing,
)
from sandbox.tenants.okta.tokens import claims_of, decide
from sandbox.tenants.signing import SigningKey, altered
from sandbox.tenants.tenant import Answer, Call, Row, Tenant
from sandbox.tenants.token_request import TokenRequest

_ISSUER = "/oauth2/{server}"
_SERVERS = "/authorizationServers"
_SERVER = _SERVERS + "/{server}"
_RULES = _SERVER + "/policies/{policy}/rules"
_ID_TOKEN = "/internal/apps/{key}/settings/oauth/idToken"  # noqa: S105  a path

_ORGANIZATION = {"id": "00osandboxOrg0000000", "pipeline": "idx"}
_PROFILE = {"login": "deployer@sandbox.example", "email": "deployer@sandbox.example"}
_DEPLOYER = {"id": "00usandboxDeployer00", "status": "ACTIVE", "profile": _PROFILE}
_POLICY_ID = "rstsandboxAccessPolicy"
_POLICY = {"id": _POLICY_ID, "name": "Any two factors", "type": "ACCESS_POLICY", "status": "ACTIVE", "system": True}
"""An org on Identity Engine has one for apps; service apps sign no user in, so nothing here judges by it."""


class OktaOrg(Tenant):
    """An org with the authorization server `default` and nothing else.

    The management API takes `api_token`, as SSWS or as Bearer. The org authorization server (`/oauth2/v1/token`) is not
    played: its tokens are opaque, no gateway can judge them.
    """

    base, update_method = "/api/v1", "PUT"

    def __init__(self, domain: str = OKTA_DOMAIN, api_token: str = OKTA_API_TOKEN) -> None:
        self.domain = domain
        self.state = State(f"https://{domain}")
        self._api_token = api_token
        super().__init__(
            [
                published("/.well-known/okta-organization", lambda _: _ORGANIZATION),
                token_endpoint(_ISSUER + "/v1/token", self._issue),
                published(_ISSUER + "/v1/keys", lambda request: self._active(request).key.jwks()),
                published(_ISSUER + "/.well-known/openid-configuration", self._discovery),
                published(_ISSUER + "/.well-known/oauth-authorization-server", self._discovery),
            ]
        )

    def table(self) -> Iterable[Row]:
        state = self.state

        def policies(call: Call) -> Policies:
            return state.server(call.path["server"]).policies

        def rules(call: Call) -> Rules:
            return policies(call).rules(call.path["policy"])

        return [
            Row("GET", "/users/me", lambda _: (200, _DEPLOYER)),
            Row("GET", "/policies", lambda _: (200, [_POLICY])),
            Row("POST", "/apps", self._create_app),
            Row("PUT", "/apps/{key}/policies/{policy}", self._assign_policy),
            Row("GET", _ID_TOKEN, self._issuer_mode),
            Row("POST", _ID_TOKEN, self._issuer_mode),
            *self.collection("/apps", lambda _: state.apps),
            *self._lifecycle("/apps", lambda _: state.apps, (200, {})),
            *self.collection(_SERVERS, lambda _: state.servers),
            *self._lifecycle(_SERVERS, lambda _: state.servers),
            *self.collection(_SERVER + "/scopes", lambda call: state.server(call.path["server"]).scopes),
            *self.collection(_SERVER + "/claims", lambda call: state.server(call.path["server"]).claims),
            *self.collection(_SERVER + "/policies", policies),
            *self._lifecycle(_SERVER + "/policies", policies),
            *self.collection(_RULES, rules),
            *self._lifecycle(_RULES, rules),
        ]

    def issuer(self, server: str = DEFAULT_SERVER) -> str:
        """What tokens of an authorization server carry as `iss`; raises LookupError where there is none of that id."""
        return self._server(server).document.issuer

    def mint(
        self,
        client_id: str,
        *,
        server: str = DEFAULT_SERVER,
        scopes: Sequence[str] = (),
        lifetime: int = 3600,
        claims: Mapping[str, object] | None = None,
        key: SigningKey | None = None,
    ) -> str:
        """An access token of an authorization server, granted or not: for tests of what refuses tokens.

        `lifetime` in seconds, negative for an expired one; `claims` go over the token's own, None takes one out; `key`
        signs instead of the server's. Raises LookupError where there is no server of that id.
        """
        with self.lock:
            issuing = self._server(server)
            own = claims_of(issuing, client_id, scopes, now=int(time.time()), lifetime=lifetime)
        return (key or issuing.key).sign(altered(own, claims or {}), typ=None)

    def key_id(self, server: str = DEFAULT_SERVER) -> str:
        """The `kid` of the key that an authorization server publishes; raises LookupError like `issuer`."""
        return self._server(server).key.kid

    def leftovers(self) -> list[str]:
        """What a deployment made here and has not deleted, one line each."""
        with self.lock:
            found = [f"okta app {app.label} ({app.id})" for app in self.state.apps.values()]
            for key, server in self.state.below.items():
                if not server.document.default:
                    found.append(f"okta authorization server {server.document.name} ({key})")
                found += [f"okta scope {scope.name} on {key}" for scope in server.scopes.values() if not scope.system]
                found += [f"okta claim {claim.name} on {key}" for claim in server.claims.values()]
                found += [f"okta policy {policy.name} on {key}" for policy in server.policies.values()]
            return found

    def authorize(self, request: Request, permission: str) -> frozenset[str]:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() not in ("ssws", "bearer") or not hmac.compare_digest(token, self._api_token):
            raise OktaError(401, "E0000011", "Invalid token provided")
        return frozenset({permission})

    def show(self, kind: Collection[Any], entity: Any, call: Call) -> Json:
        """Okta tells an app's secret when it is made or replaced, and not when it is read."""
        document = entity.document()
        if kind is self.state.apps and call.method == "GET":
            del document["credentials"]["oauthClient"]["client_secret"]
        return document

    def malformed(self, *, is_json: bool) -> OktaError:
        del is_json
        return OktaError(400, "E0000003", "The request body was not well-formed.")

    def unknown(self, request: str) -> OktaError:
        return OktaError(404, "E0000022", f"The sandbox does not play {request}.")

    def _lifecycle(
        self, path: str, of: Callable[[Call], OktaCollection[Any]], answer: Answer = (204, None)
    ) -> list[Row]:
        def activate(call: Call) -> Answer:
            of(call).set_status(call.path["key"], "ACTIVE")
            return answer

        def deactivate(call: Call) -> Answer:
            of(call).set_status(call.path["key"], "INACTIVE")
            return answer

        operations = path + "/{key}/lifecycle/"
        return [Row("POST", operations + "activate", activate), Row("POST", operations + "deactivate", deactivate)]

    def _create_app(self, call: Call) -> Answer:
        status = "ACTIVE" if call.query.get("activate", "true") == "true" else "INACTIVE"
        app = self.state.apps.create(call.read_payload(), status=status)
        return 200, self.show(self.state.apps, app, call)

    def _issuer_mode(self, call: Call) -> Answer:
        self.state.apps.find(call.path["key"])
        return 200, {"issuerMode": "ORG_URL"}

    def _assign_policy(self, call: Call) -> Answer:
        self.state.apps.find(call.path["key"])
        if call.path["policy"] != _POLICY_ID:
            raise missing("Policy", call.path["policy"])
        return 204, None

    def _issue(self, request: Request, asked: TokenRequest) -> Issued:
        with self.lock:
            server = self._active(request)
            granted = decide(asked, server, self.state)
            key, client_id = server.document.id, granted.app.client_id
            token = self.mint(client_id, server=key, scopes=granted.scopes, lifetime=granted.lifetime)
        return Issued(token, granted.lifetime, granted.scopes)

    def _discovery(self, request: Request) -> Json:
        with self.lock:
            server = self._active(request)
            scopes = [scope.name for scope in server.scopes.values() if scope.metadata_publish == "ALL_CLIENTS"]
        issuer = server.document.issuer
        endpoints = {"authorization_endpoint": f"{issuer}/v1/authorize", "token_endpoint": f"{issuer}/v1/token"}
        document = discovery(issuer, keys=f"{issuer}/v1/keys", endpoints=endpoints, scopes=scopes)
        return {**document, "grant_types_supported": ["client_credentials"]}

    def _server(self, key: str) -> AuthorizationServer:
        if key not in self.state.below:
            raise LookupError(f"the Okta org has no authorization server {key}")
        return self.state.below[key]

    def _active(self, request: Request) -> AuthorizationServer:
        server = self.state.server(request.path_params["server"])
        if server.document.status != "ACTIVE":
            raise OktaError(404, "E0000007", "Not found: the authorization server is inactive")
        return server
