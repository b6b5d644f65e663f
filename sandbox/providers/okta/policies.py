"""Access policies of an authorization server (`auth.ServerPolicy`) and their rules (`auth.ServerPolicyRule`)."""

from __future__ import annotations

from typing import Any

from sandbox.providers.base import AutoName, Created, ResourceType
from sandbox.providers.okta.client import ManagementClient
from sandbox.providers.values import Properties

_REFRESH_WINDOW_MINUTES = 10_080


def _policies(properties: Properties) -> str:
    return f"/authorizationServers/{properties['authServerId']}/policies"


def _create_policy(client: ManagementClient, inputs: Properties) -> Created:
    made = client.post(_policies(inputs), _policy_body(inputs))
    return Created(made["id"], _policy_outputs(client.get(f"{_policies(inputs)}/{made['id']}")))


def _read_policy(client: ManagementClient, key: str, state: Properties) -> Properties | None:
    found = client.find(f"{_policies(state)}/{key}")
    return None if found is None else _policy_outputs(found)


def _update_policy(client: ManagementClient, key: str, old: Properties, new: Properties) -> Properties:
    """On another authorization server there is no policy of this id: like the plugin, this fails with 404."""
    del old
    client.put(f"{_policies(new)}/{key}", _policy_body(new))
    return _policy_outputs(client.get(f"{_policies(new)}/{key}"))


def _delete_policy(client: ManagementClient, key: str, state: Properties) -> None:
    client.delete(f"{_policies(state)}/{key}")


def _policy_body(inputs: Properties) -> dict[str, Any]:
    return {
        "conditions": {"clients": {"include": inputs["clientWhitelists"]}},
        "description": inputs["description"],
        "name": inputs["name"],
        "priority": inputs["priority"],
        "status": "ACTIVE",
        "type": "OAUTH_AUTHORIZATION_POLICY",
    }


def _policy_outputs(policy: Properties) -> Properties:
    fields = ("name", "description", "priority", "status")
    return {name: policy[name] for name in fields} | {"clientWhitelists": policy["conditions"]["clients"]["include"]}


POLICY: ResourceType[ManagementClient] = ResourceType(
    token="okta:auth/serverPolicy:ServerPolicy",  # noqa: S106  a type token
    arguments="pulumi_okta.auth:ServerPolicyArgs",
    properties=frozenset({"authServerId", "name", "description", "priority", "clientWhitelists"}),
    computed=frozenset({"status"}),
    auto_name=AutoName(),
    create=_create_policy,
    read=_read_policy,
    update=_update_policy,
    delete=_delete_policy,
)


def _rules(properties: Properties) -> str:
    return f"{_policies(properties)}/{properties['policyId']}/rules"


def _create_rule(client: ManagementClient, inputs: Properties) -> Created:
    made = client.post(_rules(inputs), _rule_body(inputs))
    return Created(made["id"], _rule_outputs(client.get(f"{_rules(inputs)}/{made['id']}")))


def _read_rule(client: ManagementClient, key: str, state: Properties) -> Properties | None:
    found = client.find(f"{_rules(state)}/{key}")
    return None if found is None else _rule_outputs(found)


def _update_rule(client: ManagementClient, key: str, old: Properties, new: Properties) -> Properties:
    """Below another policy there is no rule of this id: like the plugin, this fails with 404."""
    del old
    client.put(f"{_rules(new)}/{key}", _rule_body(new))
    return _rule_outputs(client.get(f"{_rules(new)}/{key}"))


def _delete_rule(client: ManagementClient, key: str, state: Properties) -> None:
    client.delete(f"{_rules(state)}/{key}")


def _rule_body(inputs: Properties) -> dict[str, Any]:
    return {
        "actions": {
            "token": {
                "accessTokenLifetimeMinutes": inputs["accessTokenLifetimeMinutes"],
                "refreshTokenLifetimeMinutes": 0,
                "refreshTokenWindowMinutes": _REFRESH_WINDOW_MINUTES,
            }
        },
        "conditions": {
            "grantTypes": {"include": inputs["grantTypeWhitelists"]},
            "people": {"groups": {}, "users": {}},
            "scopes": {"include": inputs["scopeWhitelists"]} if inputs.get("scopeWhitelists") else {},
        },
        "name": inputs["name"],
        "priority": inputs["priority"],
        "status": "ACTIVE",
        "type": "RESOURCE_ACCESS",
    }


def _rule_outputs(rule: Properties) -> Properties:
    token, conditions = rule["actions"]["token"], rule["conditions"]
    return {
        "name": rule["name"],
        "priority": rule["priority"],
        "status": rule["status"],
        "system": rule["system"],
        "type": rule["type"],
        "grantTypeWhitelists": conditions["grantTypes"]["include"],
        "scopeWhitelists": conditions["scopes"]["include"],
        "accessTokenLifetimeMinutes": token["accessTokenLifetimeMinutes"],
        "refreshTokenLifetimeMinutes": token["refreshTokenLifetimeMinutes"],
        "refreshTokenWindowMinutes": token["refreshTokenWindowMinutes"],
    }


RULE: ResourceType[ManagementClient] = ResourceType(
    token="okta:auth/serverPolicyRule:ServerPolicyRule",  # noqa: S106  a type token
    arguments="pulumi_okta.auth:ServerPolicyRuleArgs",
    properties=frozenset(
        {
            "authServerId",
            "policyId",
            "name",
            "priority",
            "grantTypeWhitelists",
            "scopeWhitelists",
            "accessTokenLifetimeMinutes",
        }
    ),
    computed=frozenset({"status", "system", "type"}),
    defaults={"accessTokenLifetimeMinutes": 60},
    auto_name=AutoName(),
    create=_create_rule,
    read=_read_rule,
    update=_update_rule,
    delete=_delete_rule,
)
