"""Every provider, dialect and mode: through deployment, token, and the gateway's answer."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sandbox.services import Services
from sandbox.stack import Result
from tests.deployed.conftest import Deploy, Deployment
from tests.unit.token_command import Command

TENANTS = {"auth0:domain": "sandbox-tenant.us.auth0.com", "okta:orgName": "sandbox-org"}
TARGETS = {"targets": [{"name": "sample", "type": "sample"}]}
EVERY_PROVIDER = ("cognito", "auth0", "okta")
TWO_CLIENTS: dict[str, Any] = {"one": {}, "two": {}}


def stack(
    auth0: dict[str, Any], okta: dict[str, Any], mode: str = "pinned", providers: tuple[str, ...] = EVERY_PROVIDER
) -> dict[str, Any]:
    """A stack with the providers, at the tenant and org with names of its own."""
    unique = uuid.uuid4().hex[:8]
    return {
        "identityProviders": list(providers),
        "mode": mode,
        "cognito": {"clients": TWO_CLIENTS},
        "auth0": {"audience": f"https://{unique}.example.com", **auth0},
        "okta": {"scopes": [f"Invoke-{unique}"], **okta},
        **TENANTS,
        **TARGETS,
    }


def answers(deployed: Deployment, tokens: dict[str, str]) -> dict[tuple[str, str], int]:
    """(gateway, token) -> the gateway's answer."""
    return {
        (gateway, name): deployed.knock(gateway, token).status
        for gateway in deployed.config["identityProviders"]
        for name, token in tokens.items()
    }


OWN_SERVER = {"authorizationServer": "own", "audience": "api://tools"}
# Each row: Auth0's dialect and clients, Okta's server and clients. Between them, every kind of token stands here once.
VARIANTS: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"tokenDialect": "access_token"}, {}),
    ({"tokenDialect": "access_token_authz"}, {"clients": TWO_CLIENTS}),
    ({"tokenDialect": "rfc9068_profile", "clients": TWO_CLIENTS}, OWN_SERVER),
    ({"tokenDialect": "rfc9068_profile_authz", "clients": TWO_CLIENTS}, {**OWN_SERVER, "clients": TWO_CLIENTS}),
]


@pytest.fixture(scope="module")
def shared(deploy_for_module: Deploy) -> Deployment:
    return deploy_for_module.undeployed({**stack({}, {}), "gateway": {"name": f"test-{uuid.uuid4().hex[:8]}"}})


@pytest.mark.usefixtures("services")
@pytest.mark.parametrize("mode", ["pinned", "tutorial"])
@pytest.mark.parametrize(("auth0", "okta"), VARIANTS, ids=[each[0]["tokenDialect"] for each in VARIANTS])
def test_each_gateway_lets_its_own_provider_s_clients_in_and_nobody_else(
    shared: Deployment, auth0: dict[str, Any], okta: dict[str, Any], mode: str
) -> None:
    names: dict[str, Any] = {
        "auth0": {"audience": shared.config["auth0"]["audience"], **auth0},
        "okta": {"scopes": shared.config["okta"]["scopes"], **okta},
    }
    deployed = shared
    deployed.update({**shared.config, **names, "mode": mode})
    clients = {
        f"{provider} {client}": (provider, client)
        for provider in deployed.config["identityProviders"]
        for client in deployed.outputs.provider(provider).clients
    }
    tokens = {name: deployed.token(provider, client) for name, (provider, client) in clients.items()}
    assert answers(deployed, tokens) == {
        (gateway, name): 200 if clients[name][0] == gateway else 401
        for gateway in deployed.config["identityProviders"]
        for name in tokens
    }


def test_another_client_of_the_tenant_is_kept_out_by_pinned_and_let_in_by_the_tutorial(deploy: Deploy) -> None:
    shared = {"clients": {"own": {}, "other": {}}}
    deployed = deploy(
        stack({}, {**shared, "authorizationServer": "own", "audience": "api://shared"}, providers=("okta",))
    )
    stranger = deployed.token("okta", "other")
    only_own = {**deployed.config, "okta": {**deployed.config["okta"], "clients": {"own": {}}}}
    deployed.update(only_own)
    assert deployed.knock("okta", stranger).status == 401
    deployed.update({**only_own, "mode": "tutorial"})
    assert deployed.knock("okta", stranger).status == 200


def test_an_existing_issuer_is_judged_by_the_lists_that_are_given(deploy: Deploy) -> None:
    issuing = deploy(stack({}, {}, providers=("auth0",)))
    auth0 = issuing.outputs.provider("auth0")
    audience = {"discoveryUrl": auth0.discovery_url, "allowedAudience": [auth0.audience]}
    and_role = {**audience, "customClaims": [{"name": "permissions", "contains": "admin"}]}
    relying = deploy({"identityProviders": ["existing"], "oidc": {"existing": and_role}, **TARGETS})
    token = issuing.token("auth0")
    assert relying.knock("existing", token).status != 200
    lattice = {"selfManagedLatticeResource": {"resourceConfigurationIdentifier": "rcfg-0123456789abcdefg"}}
    private = {
        "privateEndpoint": {"managedVpcResource": {"vpcIdentifier": "vpc-01234567", "subnetIds": ["subnet-01234567"]}},
        "privateEndpointOverrides": [{"domain": "keys.acme.example", "privateEndpoint": lattice}],
        "allowedWorkloads": {"workloadIdentities": ["front"]},
    }
    relying.update({**relying.config, "oidc": {"existing": {**audience, **private}}})
    assert relying.knock("existing", token).status == 200
    assert set(relying.preview().changes) == {"same"}


OAUTH_TARGET = {
    "name": "shipping",
    "type": "mcp",
    "endpoint": "https://shipping.sandbox.example/mcp",
    "credentials": {
        "type": "oauth",
        "discoveryUrl": "https://login.sandbox.example/.well-known/openid-configuration",
        "clientId": "agentcore-gateway",
        "secretRef": "shippingSecret",
        "scopes": ["ship"],
    },
}


def providers_touched(result: Result) -> set[str]:
    """The providers to which the resources belong that a preview creates, replaces or deletes."""
    return {
        next((part for part in ("cognito", "auth0", "okta") if part in step.name), step.name)
        for step in result.steps
        if step.op not in {"same", "update"}
    }


def updated(result: Result) -> list[str]:
    """The types of the resources that a preview updates."""
    return sorted(step.type.rsplit(":", 1)[1] for step in result.steps if step.op == "update")


def test_switching_providers_touches_only_theirs_and_what_names_every_gateway(
    deploy: Deploy, services: Services
) -> None:
    # What the providers share names each gateway: who may assume the role, who may administer and call, and, where
    # targets have credentials in the vault, on whose behalf they are fetched.
    first = {**stack({}, {}), "identityProviders": ["cognito"], "targets": [OAUTH_TARGET]}
    deployed = deploy(first, secrets={"shippingSecret": "hush"})
    before = deployed.outputs.gateway("cognito").url

    everything = {**deployed.config, "identityProviders": ["cognito", "auth0", "okta"]}
    on = deployed.preview(everything)
    assert {step.op for step in on.steps} == {"same", "create", "update"}
    assert (providers_touched(on), updated(on)) == ({"auth0", "okta"}, ["Policy", "Role", "RolePolicy"])
    deployed.secrets = {}
    deployed.update({**everything, **TARGETS})

    off = {**deployed.config, "identityProviders": ["cognito"]}
    preview = deployed.preview(off)
    assert {step.op for step in preview.steps} == {"same", "delete", "update"}
    assert (providers_touched(preview), updated(preview)) == ({"auth0", "okta"}, ["Policy", "Role"])
    deployed.update(off)
    assert deployed.outputs.gateway("cognito").url == before
    name = deployed.config["gateway"]["name"]
    left = [each for each in services.leftovers() if name in each]
    assert left
    assert not [each for each in left if f"{name}-auth0" in each or f"{name}-okta" in each]


def test_the_tenants_are_empty_after_destroy(deploy: Deploy, services: Services) -> None:
    deployed = deploy(stack({}, OWN_SERVER, providers=("auth0", "okta")))
    name = deployed.config["gateway"]["name"]
    assert [each for each in services.leftovers() if name in each]
    deployed.destroy()
    assert [each for each in services.leftovers() if name in each] == []


def test_moving_to_an_authorization_server_of_its_own_leaves_nothing_on_the_old_one(
    deploy: Deploy, services: Services
) -> None:
    deployed = deploy(stack({}, {"clients": TWO_CLIENTS}, providers=("okta",)))
    scope = deployed.config["okta"]["scopes"][0]
    deployed.update({**deployed.config, "okta": {**deployed.config["okta"], **OWN_SERVER}})
    assert deployed.knock("okta", deployed.token("okta", "one")).status == 200
    assert not [each for each in services.leftovers() if scope in each and "default" in each]


def test_an_existing_api_and_its_scopes_are_used_and_left_alone(deploy: Deploy) -> None:
    owner = deploy(stack({}, {}, providers=("auth0", "okta")))
    audience = owner.config["auth0"]["audience"]
    scopes = owner.config["okta"]["scopes"]
    guest = deploy(
        stack(
            {"audience": audience, "createApi": False},
            {"scopes": scopes, "createScopes": False},
            providers=("auth0", "okta"),
        )
    )
    assert guest.knock("auth0", guest.token("auth0")).status == 200
    assert guest.knock("okta", guest.token("okta")).status == 200
    guest.destroy()
    assert owner.knock("auth0", owner.token("auth0")).status == 200
    assert owner.knock("okta", owner.token("okta")).status == 200


def test_who_signs_comes_in_by_the_caller_policy_and_calls_what_access_permits(
    deploy: Deploy, aws: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    names = [f"{each}-{uuid.uuid4().hex[:8]}" for each in ("permitted", "without-an-entry", "without-the-policy")]
    users = {name: aws("iam").create_user(UserName=name)["User"]["Arn"] for name in names}
    keys = {name: aws("iam").create_access_key(UserName=name)["AccessKey"] for name in names}
    deployed = deploy(
        {
            "identityProviders": ["iam"],
            "callers": {"attachTo": {"users": names[:2]}},
            "access": {"iam": {users[names[0]]: ["sample"]}},
            **TARGETS,
        }
    )
    saved = tmp_path / "outputs.json"
    saved.write_text(json.dumps({"gateways": {"iam": deployed.outputs.gateway("iam").to_document()}}))
    run, rows = Command(monkeypatch), dict[str, Any]()
    for name in names:
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", keys[name]["AccessKeyId"])
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", keys[name]["SecretAccessKey"])
        answer = run("verify", "--outputs", str(saved), "--tool", "sample___echo", "--json")
        [rows[name]] = answer.document["gateways"]
        assert rows[name]["client"] == users[name]
    permitted, without_an_entry, without_the_policy = (rows[name] for name in names)
    assert (permitted["ok"], permitted["tools"], permitted["access"][0]["permitted"]) == (True, ["sample___echo"], True)
    assert (without_an_entry["ok"], without_an_entry["tools"]) == (True, [])
    assert users[names[1]] in without_an_entry["access"][0]["reasons"][0]
    assert (without_the_policy["ok"], without_the_policy["step"]) == (False, "call")
    assert "callers.attachTo" in without_the_policy["remedy"]
