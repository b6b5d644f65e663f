"""The applications and authorization servers of an Okta org, and the rules between them.

Two claims of one name are allowed, as long as stacks that share a server limit theirs to scopes of their own; a claim
and a rule need the scopes that they name to exist. Okta's documentation leaves both open.
"""

from __future__ import annotations

import secrets
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import TypeVar

from sandbox.tenants.collection import ApiError, Collection
from sandbox.tenants.okta.entities import App, Claim, Entity, Policy, Ranked, Rule, Scope, Server, Status, timestamp
from sandbox.tenants.signing import SigningKey

AnyEntity = TypeVar("AnyEntity", bound=Entity)
AnyRanked = TypeVar("AnyRanked", bound=Ranked)

DEFAULT_SERVER = "default"
ALL_CLIENTS = "ALL_CLIENTS"
SYSTEM_SCOPES = ("openid", "profile", "email", "address", "phone", "offline_access", "device_sso")
RESERVED_CLAIMS = {
    "RESOURCE": "acr amr as_uri cid groups iss jti rpt rsi token_type uid username ver",
    "IDENTITY": "aud auth_time client_id iss jti nonce scope sub token_type ver",
}
"""Names that Okta keeps for itself, by claim type (Okta support, "OIDC Bearer Tokens: List of Reserved Claims")."""


class OktaError(ApiError):
    def __init__(self, status: int, code: str, summary: str, *causes: str) -> None:
        document = {
            "errorCode": code,
            "errorSummary": summary,
            "errorLink": code,
            "errorId": "oae" + secrets.token_urlsafe(16),
            "errorCauses": [{"errorSummary": cause} for cause in causes],
        }
        super().__init__(status, summary, document)


def invalid(field: str, reason: str) -> OktaError:
    return OktaError(400, "E0000001", f"Api validation failed: {field}", f"{field}: {reason}")


class OktaCollection(Collection[AnyEntity]):
    def __init__(self, org: State) -> None:
        super().__init__()
        self.org = org

    def missing(self, key: str) -> OktaError:
        return OktaError(404, "E0000007", f"Not found: Resource not found: {key} ({self.what})")

    def invalid(self, mistake: str, field: str, message: str) -> OktaError:
        return invalid(field, "The field cannot be left blank" if mistake == "missing" else message)

    def taken(self, entity: AnyEntity) -> OktaError:
        [name] = self.unique
        path = self.model.model_fields[name].serialization_alias or name
        return invalid(path, f"{getattr(entity, name)} is already in use.")

    def set_status(self, key: str, status: Status) -> None:
        self.put(self.find(key).model_copy(update={"status": status}))


class Part(OktaCollection[AnyEntity]):
    """A collection below an authorization server."""

    server_set = frozenset({"id", "system"})

    def __init__(self, server: AuthorizationServer) -> None:
        super().__init__(server.org)
        self.server = server


class Scopes(Part[Scope]):
    model, what, prefix, unique = Scope, "OAuth2Scope", "scp", ("name",)

    def check(self, entity: Scope) -> None:
        if entity.id in self:
            self.check_removal(entity)
        if entity.name.startswith("okta."):
            raise invalid("name", f"{entity.name} starts with okta., which is reserved.")

    def check_removal(self, entity: Scope) -> None:
        if entity.system:
            raise invalid("system", f"{entity.name} is a system scope, which cannot be changed.")

    def taken(self, entity: Scope) -> OktaError:
        return invalid("name", f"The scope {entity.name} already exists on this authorization server.")

    def unknown(self, names: Iterable[str]) -> list[str]:
        return sorted(set(names) - {scope.name for scope in self.values()})

    def demand(self, names: Iterable[str], field: str) -> None:
        """Refuse a `field` that names scopes which are not there."""
        if unknown := self.unknown(names):
            raise invalid(field, f"The scopes {', '.join(unknown)} do not exist on this authorization server.")


class Claims(Part[Claim]):
    model, what, prefix = Claim, "OAuth2Claim", "ocl"

    def check(self, entity: Claim) -> None:
        if entity.name in RESERVED_CLAIMS[entity.claim_type].split():
            raise invalid("name", f"{entity.name} is a reserved claim name.")
        self.server.scopes.demand(entity.scopes, "conditions.scopes")


class RankedParts(Part[AnyRanked]):
    """Names and priorities are unique; a status changes by lifecycle operations only."""

    server_set, unique = frozenset({"id", "status", "system"}), ("name",)

    def put(self, entity: AnyRanked) -> AnyRanked:
        """Who stood at the entity's priority moves down one, and so on until there is a gap."""
        taken = entity.priority
        for other in self.by_priority():
            if other.id != entity.id and other.priority == taken:
                taken += 1
                super().put(other.model_copy(update={"priority": taken}))
        return super().put(entity)

    def by_priority(self) -> list[AnyRanked]:
        return sorted(self.values(), key=lambda each: each.priority)


class Policies(RankedParts[Policy]):
    """The clients that a policy names have to exist."""

    model, what, prefix = Policy, "policy", "00p"

    def rules(self, policy_id: str) -> Rules:
        return self.server.rules[self.find(policy_id).id]

    def check(self, entity: Policy) -> None:
        clients = {ALL_CLIENTS, *(app.client_id for app in self.org.apps.values())}
        if unknown := [each for each in entity.clients if each not in clients]:
            raise invalid("conditions.clients.include", f"There is no client {', '.join(unknown)}.")

    def removed(self, entity: Policy) -> None:
        self.server.rules.pop(entity.id, None)


class Rules(RankedParts[Rule]):
    model, what, prefix = Rule, "rule", "0pr"

    def check(self, entity: Rule) -> None:
        self.server.scopes.demand({*entity.scopes} - {"*"}, "conditions.scopes.include")


class AuthorizationServer:
    """What hangs below an authorization server and goes with it: its signing key, and its parts."""

    def __init__(self, key: str, org: State) -> None:
        self.org = org
        self.id = key
        self.key = SigningKey()
        self.scopes = Scopes(self)
        self.claims = Claims(self)
        self.policies = Policies(self)
        self.rules: defaultdict[str, Rules] = defaultdict(lambda: Rules(self))
        for name in SYSTEM_SCOPES:
            self.scopes.create({"name": name}, system=True)

    @property
    def document(self) -> Server:
        """What the API shows of it."""
        return self.org.servers[self.id]


class Servers(OktaCollection[Server]):
    model, what, prefix = Server, "AuthorizationServer", "aus"
    server_set = frozenset({"id", "issuer", "status", "default", "created"})

    def search(self, query: Mapping[str, str]) -> list[Server]:
        """Those whose name starts with `q`, or that have it as audience."""
        asked = query.get("q", "")
        return [each for each in self.values() if each.name.startswith(asked) or asked in each.audiences]

    def check_removal(self, entity: Server) -> None:
        if entity.default:
            raise invalid("default", "The default authorization server cannot be deleted.")
        if entity.status == "ACTIVE":
            raise invalid("status", "The authorization server must be deactivated before deletion.")

    def put(self, entity: Server) -> Server:
        if entity.id not in self.org.below:
            self.org.below[entity.id] = AuthorizationServer(entity.id, self.org)
        rotated = datetime.fromisoformat(entity.created.replace("Z", "+00:00"))
        facts = {
            "issuer": f"{self.org.url}/oauth2/{entity.id}",
            "kid": self.org.below[entity.id].key.kid,
            "last_rotated": entity.created,
            "next_rotation": timestamp(rotated + timedelta(days=90)),
        }
        return super().put(entity.model_copy(update=facts))

    def removed(self, entity: Server) -> None:
        del self.org.below[entity.id]


class Apps(OktaCollection[App]):
    """A replacement that names no client id or secret keeps both."""

    model, what, prefix, unique = App, "AppInstance", "0oa", ("client_id",)
    server_set = frozenset({"id", "status"})

    def of(self, client_id: str) -> App | None:
        return next((app for app in self.values() if app.client_id == client_id), None)

    def check(self, entity: App) -> None:
        given = "client_id" in entity.model_fields_set
        if given and entity.id in self and entity.client_id != self[entity.id].client_id:
            raise invalid("credentials.oauthClient.client_id", "The client id cannot be changed.")

    def check_removal(self, entity: App) -> None:
        if entity.status == "ACTIVE":
            cause = "The application must be deactivated before deletion."
            raise OktaError(403, "E0000056", "Delete application forbidden.", cause)

    def put(self, entity: App) -> App:
        current = self.get(entity.id, entity)
        kept = {"client_id", "client_secret"} - entity.model_fields_set
        return super().put(entity.model_copy(update={name: getattr(current, name) for name in kept}))

    def removed(self, entity: App) -> None:
        """It goes from the policies that name it."""
        for server in self.org.below.values():
            for policy in server.policies.by_priority():
                clients = [each for each in policy.clients if each != entity.client_id]
                server.policies.put(policy.model_copy(update={"clients": clients}))


class State:
    """Apps and authorization servers. A new org has the server `default` and no policy."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.apps = Apps(self)
        self.servers = Servers(self)
        self.below: dict[str, AuthorizationServer] = {}
        self.servers.create({"name": "default", "audiences": ["api://default"]}, id=DEFAULT_SERVER, default=True)

    def server(self, key: str) -> AuthorizationServer:
        return self.below[self.servers.find(key).id]
