"""What the program sets up at Cognito, and what a gateway checks of its tokens."""

from __future__ import annotations

from typing import Any

import pulumi
import pytest

from agentcore_auth.iam import AwsScope
from idp.cognito import Cognito
from tests.unit.pulumi_mocks import deploy
from tests.unit.stack_files import Bad, assert_named, each_of
from tests.unit.stacks import COGNITO, authorizer


def test_cognito_clients_are_confidential_and_have_no_user_flow() -> None:
    client = deploy(COGNITO).one(":UserPoolClient")
    assert client["generateSecret"] is True
    assert client["allowedOauthFlows"] == ["client_credentials"]
    assert client["allowedOauthScopes"] == ["demo/read", "demo/write"]
    assert client["explicitAuthFlows"] == ["ALLOW_REFRESH_TOKEN_AUTH"]


def test_the_cognito_domain_is_the_pool_id_in_lower_case_without_underscore() -> None:
    recorder = deploy({**COGNITO, "gateway": {"name": "demo"}})
    assert recorder.one(":UserPoolDomain")["domain"] == "demo-cognito-id"


def test_a_cognito_gateway_checks_client_and_scopes_and_no_audience() -> None:
    checks = authorizer(deploy(COGNITO))
    assert checks["allowedClients"] == ["demo-cognito-default-id"]
    assert checks["allowedScopes"] == ["demo/read", "demo/write"]
    assert "allowedAudiences" not in checks


def test_every_cognito_client_is_let_in_and_existing_ones_as_well() -> None:
    clients = {"a": {}, "b": {"scopes": ["read"]}}
    recorder = deploy({**COGNITO, "cognito": {"clients": clients, "allowedClients": ["old"]}})
    assert authorizer(recorder)["allowedClients"] == ["demo-cognito-a-id", "demo-cognito-b-id", "old"]
    assert {each.name: each.inputs["allowedOauthScopes"] for each in recorder.all(":UserPoolClient")} == {
        "demo-cognito-a": ["demo/read", "demo/write"],
        "demo-cognito-b": ["demo/read"],
    }


def test_an_existing_pool_with_a_domain_gets_neither_pool_nor_domain() -> None:
    answer = {"aws:cognito/getUserPool:getUserPool": {"userPoolId": "us-west-2_a", "domain": "there"}}
    recorder = deploy({**COGNITO, "cognito": {"userPoolId": "us-west-2_a"}}, functions=answer)
    assert not recorder.all(":UserPool")
    assert not recorder.all(":UserPoolDomain")
    assert recorder.one(":ResourceServer")["userPoolId"] == "us-west-2_a"


def test_an_existing_pool_without_a_domain_has_no_token_endpoint() -> None:
    answer = {"aws:cognito/getUserPool:getUserPool": {"userPoolId": "us-west-2_aB", "domain": ""}}
    with pytest.raises(pulumi.RunError, match=r"cognito\.domainPrefix: the pool us-west-2_aB has no domain"):
        deploy({**COGNITO, "cognito": {"userPoolId": "us-west-2_aB"}}, functions=answer)


def test_an_existing_pool_gets_the_domain_that_is_asked_for() -> None:
    recorder = deploy({**COGNITO, "cognito": {"userPoolId": "us-west-2_aB", "domainPrefix": "orders"}})
    assert recorder.one(":UserPoolDomain")["domain"] == "orders"


def test_the_tutorial_checks_the_client_alone() -> None:
    checks = authorizer(deploy({**COGNITO, "mode": "tutorial"}))
    assert set(checks) == {"discoveryUrl", "allowedClients"}


def test_an_existing_pool_is_adopted_with_its_resource_server_and_its_client() -> None:
    answer = {"aws:cognito/getUserPool:getUserPool": {"userPoolId": "us-west-2_a", "domain": "there"}}
    cognito = {
        "userPoolId": "us-west-2_a",
        "resourceServer": "orders-api",
        "createResourceServer": False,
        "scopes": ["read"],
        "clients": {},
        "allowedClients": ["plain", {"id": "by-hand", "scopes": ["legacy/invoke"]}],
    }
    recorder = deploy({**COGNITO, "cognito": cognito}, functions=answer)
    assert not [each.type for each in recorder.resources if each.type.startswith("aws:cognito")]
    checks = authorizer(recorder)
    assert checks["allowedClients"] == ["plain", "by-hand"]
    assert checks["allowedScopes"] == ["orders-api/read", "legacy/invoke"]
    assert checks["discoveryUrl"].endswith("/us-west-2_a/.well-known/openid-configuration")


@pytest.mark.parametrize(
    ("section", "path", "says"),
    [
        ({"createResourceServer": False}, "cognito.createResourceServer", "set userPoolId"),
        ({"clients": {}}, "cognito.clients", "nobody would be let in"),
        ({"allowedClients": ["a", {"id": "a"}]}, "cognito.allowedClients", "a stands there more than once"),
        ({"allowedClients": [{"scopes": ["s"]}]}, "cognito.allowedClients[0].id", "is required"),
        ({"allowedClients": [{"id": "a", "scope": "s"}]}, "cognito.allowedClients[0].scope", "did you mean scopes?"),
        ({"allowedClients": ["a b"]}, "cognito.allowedClients[0].id", "without a space"),
    ],
)
def test_an_adoption_that_cannot_be_is_refused_with_its_place(section: dict[str, Any], path: str, says: str) -> None:
    with pytest.raises(pulumi.RunError) as failure:
        deploy({**COGNITO, "cognito": section})
    assert f"{path}: " in str(failure.value)
    assert says in str(failure.value)


def test_who_adopts_a_resource_server_may_not_change_it() -> None:
    adopted = Cognito(user_pool_id="us-west-2_a", create_resource_server=False)
    scope = AwsScope("aws", "123456789012", "us-west-2")
    actions = {action for each in adopted.deployment_statements(scope) for action in each["Action"]}
    assert "cognito-idp:CreateUserPoolClient" in actions
    assert not [action for action in actions if action.endswith("ResourceServer")]


BAD: list[Bad] = [
    ({"cognito": {"accessTokenMinutes": 4}}, "cognito.accessTokenMinutes", "greater than or equal to 5"),
    ({"cognito": {"accessTokenMinutes": 1441}}, "cognito.accessTokenMinutes", "less than or equal to 1440"),
    ({"cognito": {"accessTokenMinutes": "60"}}, "cognito.accessTokenMinutes", "valid integer"),
    ({"cognito": {"domainPrefix": "my-aws-pool"}}, "cognito.domainPrefix", "'aws'"),
    ({"cognito": {"domainPrefix": "us-west-2_gmSGKKGr9"}}, "cognito.domainPrefix", "without its underscore"),
    ({"cognito": {"domainPrefix": "Pool"}}, "cognito.domainPrefix", "a-z"),
    ({"cognito": {"scopes": ["a/b"]}}, "cognito.scopes[0]", "no slash"),
    ({"cognito": {"scopes": []}}, "cognito.scopes", "is empty"),
    ({"cognito": {"clients": {"a": {"scopes": ["x"]}}}}, "cognito.clients.a.scopes", "valid: read, write"),
    ({"cognito": {"clients": {}}}, "cognito.clients", "is empty"),
    ({"cognito": {"clients": {}, "allowedClients": ["by-hand"]}}, "cognito.allowedClients", "set userPoolId"),
    ({"cognito": {"userPoolId": "eu-west-1_abc"}}, "cognito.userPoolId", "aws:region is us-west-2"),
    ({"cognito": {"userPoolId": "us-west-2_a", "tier": "LITE"}}, "cognito.tier", "exists already"),
    ({"aws:region": "cn-north-1"}, "identityProviders[0]", "Cognito's token endpoint in cn-north-1"),
    ({"aws:region": "us-gov-west-1"}, "identityProviders[0]", "Cognito's token endpoint in us-gov-west-1"),
]


@each_of(BAD)
def test_a_mistake_in_cognito_s_section_is_named(changes: dict[str, Any], path: str, sentence: str) -> None:
    assert_named(changes, path, sentence)
