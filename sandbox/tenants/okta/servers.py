"""One authorization server: its key, scopes, claims, policies and rules, and the rules between them. No HTTP here.

Two claims of one name are allowed, as long as stacks that share a server limit theirs to scopes of their own; a claim
and a rule need the scopes that they name to exist. Okta's documentation leaves both open.
"""

from __future__ import annotations

import secrets
import string
from collections.abc import Mapping, MutableMapping
from datetime import datetime, timedelta, timezone
from typing import Literal, TypeVar

from pydantic import BaseModel, ValidationError

from sandbox.tenants.okta.entities import Claim, Policy, Rule, Scope, Server
from sandbox.tenants.okta.errors import OktaError, invalid, missing
from sandbox.tenants.signing import SigningKey

Json = Mapping[str, object]
AnyModel = TypeVar("AnyModel", bound=BaseModel)
Ranked = TypeVar("Ranked", Policy, Rule)
LifecycleOperation = Literal["activate", "deactivate"]

SYSTEM_SCOPES = ("openid", "profile", "email", "address", "phone", "offline_access", "device_sso")
RESERVED_CLAIMS = {
    "RESOURCE": frozenset(
        "acr amr as_uri cid groups iss jti rpt rsi token_type uid username ver".split()  # noqa: SIM905  reads as a list
    ),
    "IDENTITY": frozenset(
        {"aud", "auth_time", "client_id", "iss", "jti", "nonce", "scope", "sub", "token_type", "ver"}
    ),
}
"""Names that Okta keeps for itself, by claim type (Okta support, "OIDC Bearer Tokens: List of Reserved Claims")."""


class AuthorizationServer:
    """`document` is what the API shows of it; the rest hangs below it and goes with it."""

    def __init__(self, document: Server) -> None:
        self.key = SigningKey()
        self.scopes: dict[str, Scope] = {}
        self.claims: dict[str, Claim] = {}
        self.policies: dict[str, Policy] = {}
        self.rules: dict[str, dict[str, Rule]] = {}
        self.document = self._with_key(document)
        for name in SYSTEM_SCOPES:
            scope = parse(Scope, {"id": new_id("scp"), "name": name, "system": True})
            self.scopes[scope.id] = scope

    @property
    def is_active(self) -> bool:
        return self.document.status == "ACTIVE"

    def replace(self, payload: Json) -> Server:
        """Take the fields that may change; the signing key stays."""
        kept = self.document.model_dump(by_alias=True, include={"id", "issuer", "status", "default", "created"})
        self.document = self._with_key(parse(Server, {**payload, **kept}))
        return self.document

    def set_status(self, operation: LifecycleOperation) -> None:
        self.document = with_status(self.document, operation)

    def scope_names(self) -> list[str]:
        return [scope.name for scope in self.scopes.values()]

    def create_scope(self, payload: Json) -> Scope:
        scope = parse(Scope, {**payload, "id": new_id("scp"), "system": False})
        self._check_new_scope(scope.name)
        self.scopes[scope.id] = scope
        return scope

    def replace_scope(self, key: str, payload: Json) -> Scope:
        current = self._own_scope(key)
        changed = parse(Scope, {**payload, "id": key, "system": False})
        if changed.name != current.name:
            self._check_new_scope(changed.name)
        self.scopes[key] = changed
        return changed

    def delete_scope(self, key: str) -> None:
        del self.scopes[self._own_scope(key).id]

    def save_claim(self, payload: Json, key: str | None = None) -> Claim:
        """Create a claim, or replace the one named by `key`."""
        if key is not None:
            find(self.claims, key, "OAuth2Claim")
        claim = parse(Claim, {**payload, "id": key or new_id("ocl"), "system": False})
        if claim.name in RESERVED_CLAIMS[claim.claim_type]:
            raise invalid("name", f"{claim.name} is a reserved claim name.")
        self._check_scopes(claim.conditions.scopes, "conditions.scopes")
        self.claims[claim.id] = claim
        return claim

    def delete_claim(self, key: str) -> None:
        find(self.claims, key, "OAuth2Claim")
        del self.claims[key]

    def save_policy(self, payload: Json, key: str | None = None) -> Policy:
        """Create a policy, or replace the one named by `key`; its status changes only by lifecycle operations."""
        status = "ACTIVE" if key is None else find(self.policies, key, "policy").status
        policy = parse(Policy, {**payload, "id": key or new_id("00p"), "status": status, "system": False})
        refuse_same_name(policy.name, policy.id, self.policies)
        make_room(self.policies, policy)
        self.rules.setdefault(policy.id, {})
        return policy

    def delete_policy(self, key: str) -> None:
        find(self.policies, key, "policy")
        del self.policies[key], self.rules[key]

    def rules_of(self, policy_id: str) -> dict[str, Rule]:
        find(self.policies, policy_id, "policy")
        return self.rules[policy_id]

    def rule(self, policy_id: str, key: str) -> Rule:
        return find(self.rules_of(policy_id), key, "rule")

    def delete_rule(self, policy_id: str, key: str) -> None:
        del self.rules_of(policy_id)[self.rule(policy_id, key).id]

    def save_rule(self, policy_id: str, payload: Json, key: str | None = None) -> Rule:
        """Create a policy's rule, or replace the one named by `key`."""
        rules = self.rules_of(policy_id)
        status = "ACTIVE" if key is None else self.rule(policy_id, key).status
        rule = parse(Rule, {**payload, "id": key or new_id("0pr"), "status": status, "system": False})
        refuse_same_name(rule.name, rule.id, rules)
        self._check_scopes(
            [each for each in rule.conditions.scopes.include if each != "*"], "conditions.scopes.include"
        )
        make_room(rules, rule)
        return rule

    def forget_client(self, client_id: str) -> None:
        """Take a deleted application out of the policies that name it."""
        for key, policy in self.policies.items():
            included = policy.conditions.clients.include
            if client_id in included:
                rest = [each for each in included if each != client_id]
                document = policy.model_dump(by_alias=True) | {"conditions": {"clients": {"include": rest}}}
                self.policies[key] = parse(Policy, document)

    def _own_scope(self, key: str) -> Scope:
        scope = find(self.scopes, key, "OAuth2Scope")
        if scope.system:
            raise invalid("system", f"{scope.name} is a system scope, which cannot be changed.")
        return scope

    def _check_new_scope(self, name: str) -> None:
        if name.startswith("okta."):
            raise invalid("name", f"{name} starts with okta., which is reserved.")
        if name in self.scope_names():
            raise invalid("name", f"The scope {name} already exists on this authorization server.")

    def _check_scopes(self, names: list[str], field: str) -> None:
        unknown = sorted(set(names) - set(self.scope_names()))
        if unknown:
            raise invalid(field, f"The scopes {', '.join(unknown)} do not exist on this authorization server.")

    def _with_key(self, document: Server) -> Server:
        made = datetime.fromisoformat(document.created.replace("Z", "+00:00"))
        signing = document.credentials.signing.model_copy(
            update={
                "kid": self.key.kid,
                "last_rotated": document.created,
                "next_rotation": timestamp(made + timedelta(days=90)),
            }
        )
        return document.model_copy(update={"credentials": document.credentials.model_copy(update={"signing": signing})})


def parse(model: type[AnyModel], document: Json) -> AnyModel:
    """The entity in a payload; raises OktaError that names the first field that is wrong."""
    try:
        return model.model_validate(dict(document))
    except ValidationError as error:
        mistake = error.errors(include_url=False, include_context=False)[0]
        field = ".".join(str(part) for part in mistake["loc"])
        reason = "The field cannot be left blank" if mistake["type"] == "missing" else mistake["msg"]
        raise invalid(field, reason) from None


def find(collection: Mapping[str, AnyModel], key: str, what: str) -> AnyModel:
    """An entity by its id; raises OktaError 404."""
    if key not in collection:
        raise missing(what, key)
    return collection[key]


def with_status(entity: AnyModel, operation: LifecycleOperation) -> AnyModel:
    return entity.model_copy(update={"status": "ACTIVE" if operation == "activate" else "INACTIVE"})


def change_status(
    collection: MutableMapping[str, AnyModel], key: str, what: str, operation: LifecycleOperation
) -> None:
    collection[key] = with_status(find(collection, key, what), operation)


def refuse_same_name(name: str, key: str, others: Mapping[str, Policy] | Mapping[str, Rule]) -> None:
    if any(other.name == name and other.id != key for other in others.values()):
        raise OktaError(400, "E0000001", "Api validation failed: name", (f"name: {name} is already in use.",))


def make_room(collection: MutableMapping[str, Ranked], saved: Ranked) -> None:
    """Put an entity at its priority; who stood there moves down one, and so on until there is a gap."""
    taken = saved.priority
    others = [each for key, each in collection.items() if key != saved.id and each.priority >= taken]
    for other in sorted(others, key=lambda each: each.priority):
        if other.priority == taken:
            taken += 1
            collection[other.id] = other.model_copy(update={"priority": taken})
    collection[saved.id] = saved


def new_id(prefix: str) -> str:
    """Twenty characters that say what they name, as Okta's do."""
    alphabet = string.ascii_letters + string.digits
    return prefix + "".join(secrets.choice(alphabet) for _ in range(20 - len(prefix)))


def timestamp(moment: datetime) -> str:
    """RFC 3339 in UTC with milliseconds."""
    return moment.astimezone(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
