"""What a preview's report says of callers, and what the gateway then answers to the tokens they had before."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from agentcore_auth.preview.authorizers import Fit, verdict
from agentcore_auth.preview.document import read
from agentcore_auth.preview.grants import grants
from agentcore_auth.preview.impact import Impact, impact
from agentcore_auth.preview.verdicts import Access
from sandbox.caller import knock, list_tools
from sandbox.services import Services
from tests.deployed.conftest import Deploy, Deployment
from tests.unit.stored_previews import caller_of, gateway_of

SAMPLE: dict[str, Any] = {"name": "sample", "type": "sample"}
SCHEDULES: dict[str, Any] = {
    "name": "schedules",
    "type": "smithy",
    "model": "examples/documents/schedules.smithy.json",
    "actions": ["scheduler:GetSchedule"],
    "resources": ["arn:aws:scheduler:us-west-2:123456789012:schedule/default/orders"],
}
OWN: dict[str, Any] = {"authorizationServer": "own", "audience": "api://own"}
COGNITO: dict[str, Any] = {"identityProviders": ["cognito"], "targets": [SAMPLE]}
AUTH0: dict[str, Any] = {**COGNITO, "identityProviders": ["auth0"]}
OKTA: dict[str, Any] = {
    **COGNITO,
    "identityProviders": ["okta"],
    "okta": {"authorizationServer": "own", "audience": "api://own"},
}
KEEPS, RENEWS, LOSES, GAINS = Access.KEEPS, Access.RENEWS, Access.LOSES, Access.GAINS

Key = tuple[str, str]


class Change:
    """A change that was previewed, and then made: its report, and the tokens and addresses from before."""

    def __init__(self, deployed: Deployment, config: Mapping[str, Any]) -> None:
        self.deployed = deployed
        self.former_name = deployed.config["gateway"]["name"]
        self.tokens = {key: deployed.token(*key) for key in clients(deployed)}
        self.urls = {provider: deployed.outputs.gateway(provider).mcp_url for provider, _ in self.tokens}
        changed = {key: value for key, value in {**deployed.config, **config}.items() if value is not None}
        self.name = changed["gateway"]["name"]
        self.report: Impact = impact(read(deployed.preview_document(changed)))
        self.tools = {key: tools_of(deployed, key) for key in self.tokens}
        deployed.update(changed)


def tools_of(deployed: Deployment, key: Key) -> set[str]:
    """The tools that a client gets to see at its gateway with a new token; none where it is not let in."""
    url, token = deployed.outputs.gateway(key[0]).mcp_url, deployed.token(*key)
    return {tool.name for tool in list_tools(url, token)} if knock(url, token).status == 200 else set()


def clients(deployed: Deployment) -> list[Key]:
    providers = deployed.stack.document(show_secrets=False)["identityProviders"]
    return [(provider, client) for provider, issuer in providers.items() for client in issuer["clients"]]


def assert_the_report_is_right(change: Change) -> None:
    """Every verdict on a token from before, and on a new one, is the gateway's own; so is what it says of tools."""
    for gateway in change.report.gateways:
        if gateway.access and gateway.before and gateway.after:
            stay = gateway.before.targets.keys() & gateway.after.targets.keys()
            told = {each.caller: (set(each.lost), set(each.gained)) for each in gateway.access.callers}
            for provider, client in set(change.tools) & set(clients(change.deployed)):
                was, now = (
                    {tool for tool in tools if tool.partition("___")[0] in stay}
                    for tools in (change.tools[provider, client], tools_of(change.deployed, (provider, client)))
                )
                assert told.get(client, (set(), set())) == (was - now, now - was), f"{provider} {client}: tools"
    for (provider, client), token in change.tokens.items():
        found = caller_of(change.report, f"{change.former_name}-{provider}", client)
        status = knock(change.urls[provider], token).status
        if found.held is None:
            assert status not in {200, 401, 403}, f"{provider} {client}: there should be no gateway, {status}"
        elif verdict(found.held) is not Fit.UNKNOWN:
            assert (status == 200) is (verdict(found.held) is Fit.YES), f"{provider} {client}, present token: {status}"
    for provider, client in clients(change.deployed):
        found = caller_of(change.report, f"{change.name}-{provider}", client)
        assert found.fresh
        status = change.deployed.knock(provider, change.deployed.token(provider, client)).status
        comes_in = verdict(found.fresh) in {Fit.YES, Fit.AT_DEPLOYMENT}
        assert (status == 200) is comes_in, f"{provider} {client}, new token: {status}"


BOTH: dict[str, Any] = {"default": {}, "batch": {}}

# Each row: what is deployed, and the changes that it then goes through, one after the other; each with its name, the
# keys that change, and what becomes of whose access.
Step = tuple[str, dict[str, Any], dict[Key, Access]]
CHANGES: list[tuple[dict[str, Any], list[Step]]] = [
    (
        {**COGNITO, "targets": [SAMPLE, SCHEDULES]},
        [
            ("nothing", {}, {("cognito", "default"): KEEPS}),
            (
                "client added",
                {"cognito": {"clients": BOTH}},
                {("cognito", "default"): KEEPS, ("cognito", "batch"): GAINS},
            ),
            (
                "scope renamed",
                {"cognito": {"clients": BOTH, "scopes": ["call"]}},
                {("cognito", "default"): RENEWS, ("cognito", "batch"): RENEWS},
            ),
            (
                "scope added",
                {"cognito": {"clients": BOTH, "scopes": ["call", "look"]}},
                {("cognito", "default"): KEEPS, ("cognito", "batch"): KEEPS},
            ),
            (
                "client removed",
                {"cognito": {"scopes": ["call", "look"]}},
                {("cognito", "default"): KEEPS, ("cognito", "batch"): LOSES},
            ),
            ("access given", {"access": {"cognito": {"default": ["sample"]}}}, {("cognito", "default"): KEEPS}),
            (
                "access by scope",
                {"access": {"cognito": {"default": [{"scope": "look", "tools": ["schedules"]}]}}},
                {("cognito", "default"): KEEPS},
            ),
            (
                "scope taken from a client",
                {"cognito": {"clients": {"default": {"scopes": ["call"]}}, "scopes": ["call", "look"]}},
                {("cognito", "default"): KEEPS},
            ),
            (
                "target removed",
                {"targets": [SAMPLE], "access": {"cognito": {"default": ["sample"]}}},
                {("cognito", "default"): KEEPS},
            ),
            ("gateway renamed", {"gateway": {"name": "another-name"}}, {("cognito", "default"): LOSES}),
            ("access taken away", {"access": None}, {("cognito", "default"): KEEPS}),
        ],
    ),
    (
        AUTH0,
        [
            ("dialect changed", {"auth0": {"tokenDialect": "access_token"}}, {("auth0", "default"): RENEWS}),
            (
                "audience renamed",
                {"auth0": {"tokenDialect": "access_token", "audience": "https://other.example"}},
                {("auth0", "default"): RENEWS},
            ),
            ("mode changed", {"mode": "tutorial"}, {("auth0", "default"): KEEPS}),
            (
                "dialect changed where only the audience counts",
                {"auth0": {"audience": "https://other.example", "clients": BOTH}},
                {("auth0", "default"): KEEPS, ("auth0", "batch"): GAINS},
            ),
            (
                "client removed where only the audience counts",
                {"auth0": {"audience": "https://other.example"}},
                {("auth0", "default"): KEEPS, ("auth0", "batch"): LOSES},
            ),
        ],
    ),
    (
        {**OKTA, "mode": "tutorial"},
        [
            ("mode changed", {"mode": "pinned"}, {("okta", "default"): KEEPS}),
            (
                "second client",
                {"okta": {**OWN, "clients": BOTH}},
                {("okta", "default"): RENEWS, ("okta", "batch"): GAINS},
            ),
        ],
    ),
    (
        {**COGNITO, "identityProviders": ["cognito", "auth0"]},
        [
            (
                "provider switched off",
                {"identityProviders": ["cognito"]},
                {("cognito", "default"): KEEPS, ("auth0", "default"): LOSES},
            ),
        ],
    ),
]


@pytest.mark.parametrize(("config", "changes"), CHANGES, ids=["cognito", "auth0", "okta", "several"])
def test_the_report_tells_what_the_gateway_then_answers(
    deploy: Deploy, config: dict[str, Any], changes: list[Step]
) -> None:
    deployed = deploy(config)
    for title, change, expected in changes:
        made = Change(deployed, change)
        assert_the_report_is_right(made)
        for (provider, client), access in expected.items():
            name = made.former_name if (provider, client) in made.tokens else made.name
            assert caller_of(made.report, f"{name}-{provider}", client).access is access, (title, provider, client)


def test_a_target_that_the_report_calls_gone_is_gone(deploy: Deploy) -> None:
    made = Change(deploy({**COGNITO, "targets": [SAMPLE, SCHEDULES]}), {"targets": [SAMPLE]})
    assert gateway_of(made.report, f"{made.name}-cognito").targets == (("schedules", "gone"),)
    tools = list_tools(made.urls["cognito"], made.tokens["cognito", "default"])
    assert [tool.name for tool in tools] == ["sample___echo"]


def test_what_the_report_says_of_the_role_is_what_aws_then_has(deploy: Deploy, aws: Callable[[str], Any]) -> None:
    def allowed(name: str) -> set[tuple[str, str]]:
        role = f"{name}-gateway"
        (policy,) = aws("iam").list_role_policies(RoleName=role)["PolicyNames"]
        document = aws("iam").get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"]
        return {(grant.action, grant.resource) for grant in grants(document)}

    deployed = deploy({**COGNITO, "targets": [SCHEDULES]})
    before = allowed(deployed.config["gateway"]["name"])
    wider = {**SCHEDULES, "actions": [*SCHEDULES["actions"], "scheduler:DeleteSchedule"]}
    made = Change(deployed, {"targets": [wider]})
    assert made.report.breaches(["lockout", "replace", "widen"]) == ["widen"]
    (found,) = made.report.widenings
    assert {(grant.action, grant.resource) for grant in found.grants} == allowed(made.name) - before


def test_whom_the_report_says_a_mode_lets_in_comes_in(deploy: Deploy, services: Services) -> None:
    deployed = deploy(AUTH0)
    issuer = deployed.stack.document(show_secrets=False)["identityProviders"]["auth0"]
    claims = {
        "iss": issuer["issuer"],
        "aud": issuer["audience"],
        "client_id": "somebody-elses-application",
        "scope": "",
        "iat": int(time.time()),
        "exp": int(time.time()) + 600,
    }
    stranger = services.mint(claims, issuer=issuer["issuer"])
    assert deployed.knock("auth0", stranger).status == 401
    made = Change(deployed, {"mode": "tutorial"})
    loosened = gateway_of(made.report, f"{made.name}-auth0").loosened
    assert {each.list_name for each in loosened} == {"allowedClients", "allowedScopes"}
    assert made.report.breaches(["lockout", "replace", "widen"]) == ["widen"]
    assert deployed.knock("auth0", stranger).status == 200


def test_an_application_that_is_left_out_is_refused_as_the_report_says(deploy: Deploy, services: Services) -> None:
    deployed = deploy({**AUTH0, "auth0": {"allowedClients": ["existing-application"]}})
    issuer = deployed.stack.document(show_secrets=False)["identityProviders"]["auth0"]
    claims = {
        "iss": issuer["issuer"],
        "aud": issuer["audience"],
        "client_id": "existing-application",
        "scope": issuer["scopes"][0],
        "iat": int(time.time()),
        "exp": int(time.time()) + 600,
    }
    token = services.mint(claims, issuer=issuer["issuer"])
    assert deployed.knock("auth0", token).status == 200
    made = Change(deployed, {"auth0": {}})
    assert caller_of(made.report, f"{made.name}-auth0", "existing-application").access is LOSES
    assert deployed.knock("auth0", token).status == 401
