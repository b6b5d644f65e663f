"""The routes of Okta's management API: who may call, which body, what goes back."""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable, Iterable, Mapping
from typing import Literal, cast

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from sandbox.tenants.okta.entities import App, Entity
from sandbox.tenants.okta.errors import OktaError, unauthorized
from sandbox.tenants.okta.servers import AuthorizationServer, LifecycleOperation, change_status, find
from sandbox.tenants.okta.state import State

BASE = "/api/v1"
SERVERS = "/authorizationServers"
SERVER = SERVERS + "/{server}"
POLICY = SERVER + "/policies/{policy}"

Method = Literal["GET", "POST", "PUT", "DELETE"]
AUTHENTICATION_POLICY = {
    "id": "rstsandboxAccessPolicy",
    "name": "Any two factors",
    "type": "ACCESS_POLICY",
    "status": "ACTIVE",
    "system": True,
}
"""An org on Identity Engine has one for apps; service apps sign no user in, so nothing here judges by it."""


class ManagementApi:
    """Routes over an org's state, for callers that show `api_token`, as SSWS or as Bearer."""

    def __init__(self, state: State, api_token: str) -> None:
        self._state = state
        self._api_token = api_token

    def routes(self) -> list[BaseRoute]:
        return [*self._org(), *self._apps(), *self._servers(), *self._scopes_and_claims(), *self._policies_and_rules()]

    def _org(self) -> list[BaseRoute]:
        me = {"id": "00usandboxDeployer00", "status": "ACTIVE"}
        profile = {"login": "deployer@sandbox.example", "email": "deployer@sandbox.example"}
        return [
            self._route("GET", "/users/me", lambda _: JSONResponse({**me, "profile": profile})),
            self._route("GET", "/policies", lambda _: JSONResponse([AUTHENTICATION_POLICY])),
        ]

    def _apps(self) -> list[BaseRoute]:
        state, app, claims = self._state, "/apps/{key}", "/internal/apps/{key}/settings/oauth/idToken"

        def create(call: Call) -> Response:
            activate = call.query.get("activate", "true") == "true"
            return JSONResponse(_app(state.create_app(call.payload, activate=activate), with_secret=True))

        def replace(call: Call) -> Response:
            return JSONResponse(_app(state.replace_app(call.path["key"], call.payload), with_secret=True))

        def issuer_mode(call: Call) -> Response:
            state.app(call.path["key"])
            return JSONResponse({"issuerMode": "ORG_URL"})

        def assign_policy(call: Call) -> Response:
            state.app(call.path["key"])
            if call.path["policy"] != AUTHENTICATION_POLICY["id"]:
                raise OktaError(404, "E0000007", f"Not found: Resource not found: {call.path['policy']} (Policy)")
            return Response(status_code=204)

        return [
            self._route("POST", "/apps", create),
            self._route("GET", app, lambda c: JSONResponse(_app(state.app(c.path["key"]), with_secret=False))),
            self._route("PUT", app, replace),
            self._route("DELETE", app, lambda c: _nothing(state.delete_app(c.path["key"]))),
            self._lifecycle(app, lambda c, to: _empty(state.set_app_status(c.path["key"], to))),
            self._route("PUT", app + "/policies/{policy}", assign_policy),
            self._route("GET", claims, issuer_mode),
            self._route("POST", claims, issuer_mode),
        ]

    def _servers(self) -> list[BaseRoute]:
        state = self._state
        return [
            self._route("GET", SERVERS, lambda c: _entities(state.list_servers(c.query.get("q", "")))),
            self._route("POST", SERVERS, lambda c: _entity(state.create_server(c.payload), 201)),
            self._route("GET", SERVER, lambda c: _entity(c.server.document)),
            self._route("PUT", SERVER, lambda c: _entity(c.server.replace(c.payload))),
            self._route("DELETE", SERVER, lambda c: _nothing(state.delete_server(c.path["server"]))),
            self._lifecycle(SERVER, lambda c, to: _nothing(c.server.set_status(to))),
        ]

    def _scopes_and_claims(self) -> list[BaseRoute]:
        scopes, claims = SERVER + "/scopes", SERVER + "/claims"
        scope, claim = scopes + "/{key}", claims + "/{key}"
        return [
            self._route("GET", scopes, lambda c: _entities(c.server.scopes.values())),
            self._route("POST", scopes, lambda c: _entity(c.server.create_scope(c.payload), 201)),
            self._route("GET", scope, lambda c: _entity(find(c.server.scopes, c.path["key"], "OAuth2Scope"))),
            self._route("PUT", scope, lambda c: _entity(c.server.replace_scope(c.path["key"], c.payload))),
            self._route("DELETE", scope, lambda c: _nothing(c.server.delete_scope(c.path["key"]))),
            self._route("POST", claims, lambda c: _entity(c.server.save_claim(c.payload), 201)),
            self._route("GET", claim, lambda c: _entity(find(c.server.claims, c.path["key"], "OAuth2Claim"))),
            self._route("PUT", claim, lambda c: _entity(c.server.save_claim(c.payload, c.path["key"]))),
            self._route("DELETE", claim, lambda c: _nothing(c.server.delete_claim(c.path["key"]))),
        ]

    def _policies_and_rules(self) -> list[BaseRoute]:
        save, rules = self._state.save_policy, POLICY + "/rules"
        rule = rules + "/{rule}"

        def policy_status(call: Call, operation: LifecycleOperation) -> Response:
            return _nothing(change_status(call.server.policies, call.path["policy"], "policy", operation))

        def rule_status(call: Call, operation: LifecycleOperation) -> Response:
            rules = call.server.rules_of(call.path["policy"])
            return _nothing(change_status(rules, call.path["rule"], "rule", operation))

        return [
            self._route("POST", SERVER + "/policies", lambda c: _entity(save(c.path["server"], c.payload), 201)),
            self._route("GET", POLICY, lambda c: _entity(find(c.server.policies, c.path["policy"], "policy"))),
            self._route("PUT", POLICY, lambda c: _entity(save(c.path["server"], c.payload, c.path["policy"]))),
            self._route("DELETE", POLICY, lambda c: _nothing(c.server.delete_policy(c.path["policy"]))),
            self._lifecycle(POLICY, policy_status),
            self._route("POST", rules, lambda c: _entity(c.server.save_rule(c.path["policy"], c.payload), 201)),
            self._route("GET", rule, lambda c: _entity(c.server.rule(c.path["policy"], c.path["rule"]))),
            self._route(
                "PUT", rule, lambda c: _entity(c.server.save_rule(c.path["policy"], c.payload, c.path["rule"]))
            ),
            self._route("DELETE", rule, lambda c: _nothing(c.server.delete_rule(c.path["policy"], c.path["rule"]))),
            self._lifecycle(rule, rule_status),
        ]

    def _lifecycle(self, path: str, respond: Callable[[Call, LifecycleOperation], Response]) -> BaseRoute:
        def change(call: Call) -> Response:
            match call.path["operation"]:
                case "activate" | "deactivate" as operation:
                    return respond(call, operation)
                case unknown:
                    raise OktaError(404, "E0000022", f"There is no lifecycle operation {unknown}.")

        return self._route("POST", path + "/lifecycle/{operation}", change)

    def _route(self, method: Method, path: str, respond: Callable[[Call], Response]) -> Route:
        async def endpoint(request: Request) -> Response:
            try:
                self._authorize(request)
                call = Call(request, self._state, await request.body())
                with self._state.lock:
                    return respond(call)
            except OktaError as error:
                return JSONResponse(error.document(), error.status)

        return Route(BASE + path, endpoint, methods=[method])

    def _authorize(self, request: Request) -> None:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() not in ("ssws", "bearer") or not hmac.compare_digest(token, self._api_token):
            raise unauthorized()


class Call:
    """One authorized request."""

    def __init__(self, request: Request, state: State, body: bytes) -> None:
        self.path = cast("Mapping[str, str]", request.path_params)
        self.query = request.query_params
        self._state = state
        self._body = body

    @property
    def server(self) -> AuthorizationServer:
        return self._state.server(self.path["server"])

    @property
    def payload(self) -> Mapping[str, object]:
        try:
            document: object = json.loads(self._body)
        except ValueError:
            document = None
        if not isinstance(document, dict):
            raise OktaError(400, "E0000003", "The request body was not well-formed.")
        return cast("Mapping[str, object]", document)


def _entity(entity: Entity, status: int = 200) -> Response:
    return JSONResponse(_document(entity), status)


def _entities(entities: Iterable[Entity]) -> Response:
    return JSONResponse([_document(entity) for entity in entities])


def _document(entity: Entity) -> dict[str, object]:
    return entity.model_dump(by_alias=True)


def _app(app: App, *, with_secret: bool) -> dict[str, object]:
    """Okta tells an app's secret when it is made or replaced, and not when it is read."""
    hidden = None if with_secret else {"credentials": {"oauth_client": {"client_secret"}}}
    return app.model_dump(by_alias=True, exclude=cast("dict[str, bool]", hidden))


def _nothing(_: None) -> Response:
    return Response(status_code=204)


def _empty(_: None) -> Response:
    return JSONResponse({})
