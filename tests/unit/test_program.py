"""What the program registers, run as it is on mocks that refuse unknown types, functions and properties."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pulumi
import pytest

from tests.unit.pulumi_mocks import ACCOUNT, PROGRAM, Recorder, deploy

COGNITO: dict[str, Any] = {
    "gateway": {"name": "demo"},
    "identityProviders": ["cognito"],
    "targets": [{"name": "sample", "type": "sample"}],
}
AUTH0 = {**COGNITO, "identityProviders": ["auth0"], "auth0:domain": "tenant.us.auth0.com"}
OKTA = {**COGNITO, "identityProviders": ["okta"], "okta:orgName": "acme"}
AUTH0_SECRET = {"auth0:apiToken": "t"}
OKTA_SECRET = {"okta:apiToken": "t"}
ISSUER = "https://login.example.com/.well-known/openid-configuration"


def authorizer(recorder: Recorder) -> dict[str, Any]:
    gateway = recorder.one(":AgentcoreGateway")
    assert gateway["authorizerType"] == "CUSTOM_JWT"
    return gateway["authorizerConfiguration"]["customJwtAuthorizer"]


def document(text: str) -> list[dict[str, Any]]:
    return json.loads(text)["Statement"]


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


def test_auth0_grants_each_client_its_scopes_on_the_api() -> None:
    recorder = deploy({**AUTH0, "auth0": {"clients": {"a": {"scopes": ["read:gateway"]}}}}, secrets=AUTH0_SECRET)
    grant = recorder.one(":ClientGrant")
    assert (grant["audience"], grant["scopes"]) == ("demo", ["read:gateway"])
    api = recorder.one(":ResourceServer")
    assert (api["tokenDialect"], api["enforcePolicies"]) == ("rfc9068_profile_authz", True)


def test_an_auth0_gateway_checks_audience_client_and_scopes() -> None:
    checks = authorizer(deploy(AUTH0, secrets=AUTH0_SECRET))
    assert checks["allowedAudiences"] == ["demo"]
    assert checks["allowedClients"] == ["demo-auth0-default-client"]
    assert checks["allowedScopes"] == ["invoke:gateway", "read:gateway"]
    assert checks["discoveryUrl"] == "https://tenant.us.auth0.com/.well-known/openid-configuration"


def test_an_auth0_dialect_with_azp_is_pinned_by_a_claim() -> None:
    checks = authorizer(deploy({**AUTH0, "auth0": {"tokenDialect": "access_token"}}, secrets=AUTH0_SECRET))
    assert "allowedClients" not in checks
    assert [claim["inboundTokenClaimName"] for claim in checks["customClaims"]] == ["azp"]


@pytest.mark.parametrize(
    ("api", "message"),
    [
        ({"tokenDialect": "access_token", "scopes": []}, "auth0.tokenDialect: the API demo has access_token"),
        ({"tokenDialect": "rfc9068_profile_authz", "scopes": [{"name": "invoke:gateway"}]}, "no scope read:gateway"),
    ],
)
def test_an_existing_auth0_api_has_to_be_the_one_described(api: dict[str, Any], message: str) -> None:
    answer = {"auth0:index/getResourceServer:getResourceServer": api}
    with pytest.raises(pulumi.RunError, match=message):
        deploy({**AUTH0, "auth0": {"createApi": False}}, secrets=AUTH0_SECRET, functions=answer)


def test_a_client_secret_that_auth0_hides_is_an_error_that_names_the_permission() -> None:
    recorder = Recorder(hidden=("ClientCredentials.clientSecret",))
    with pytest.raises(pulumi.RunError, match="read:client_keys"):
        deploy(AUTH0, secrets=AUTH0_SECRET, recorder=recorder)


def test_okta_issues_tokens_to_this_client_for_this_grant_and_its_scopes_only() -> None:
    recorder = deploy(OKTA, secrets=OKTA_SECRET)
    assert recorder.one(":ServerPolicy")["clientWhitelists"] == ["demo-okta-default-client"]
    rule = recorder.one(":ServerPolicyRule")
    assert rule["grantTypeWhitelists"] == ["client_credentials"]
    assert rule["scopeWhitelists"] == ["InvokeGateway"]


def test_one_okta_client_is_pinned_by_its_own_claim() -> None:
    recorder = deploy(OKTA, secrets=OKTA_SECRET)
    checks = authorizer(recorder)
    assert checks["discoveryUrl"] == "https://acme.okta.com/oauth2/default/.well-known/openid-configuration"
    assert [claim["inboundTokenClaimName"] for claim in checks["customClaims"]] == ["cid"]
    assert not recorder.all(":ServerClaim")


def test_several_okta_clients_get_a_claim_that_the_authorizer_can_list() -> None:
    recorder = deploy({**OKTA, "okta": {"clients": {"a": {}, "b": {}}}}, secrets=OKTA_SECRET)
    claim = recorder.one(":ServerClaim")
    assert (claim["name"], claim["value"], claim["scopes"]) == ("client_id", "app.clientId", ["InvokeGateway"])
    assert authorizer(recorder)["allowedClients"] == ["demo-okta-a-client", "demo-okta-b-client"]


def test_the_tutorial_adds_no_claim_at_okta() -> None:
    recorder = deploy({**OKTA, "mode": "tutorial", "okta": {"clients": {"a": {}, "b": {}}}}, secrets=OKTA_SECRET)
    assert not recorder.all(":ServerClaim")
    assert set(authorizer(recorder)) == {"discoveryUrl", "allowedAudiences"}


def test_another_audience_than_the_default_server_s_is_refused() -> None:
    with pytest.raises(pulumi.RunError, match="issues tokens for api://default"):
        deploy({**OKTA, "okta": {"audience": "api://other"}}, secrets=OKTA_SECRET)


def test_scopes_that_another_stack_should_have_made_have_to_be_there() -> None:
    answer = {"okta:auth/getServerScopes:getServerScopes": {"scopes": [{"name": "Other"}]}}
    with pytest.raises(pulumi.RunError, match="no scope InvokeGateway"):
        deploy({**OKTA, "okta": {"createScopes": False}}, secrets=OKTA_SECRET, functions=answer)


def test_nothing_is_created_at_an_issuer_that_exists() -> None:
    oidc = {
        "keycloak": {"discoveryUrl": ISSUER, "allowedClients": ["a"], "customClaims": [{"name": "r", "equals": "x"}]}
    }
    recorder = deploy({**COGNITO, "identityProviders": ["keycloak"], "oidc": oidc})
    assert not [each.type for each in recorder.resources if each.type.startswith(("aws:cognito", "auth0:", "okta:"))]
    assert set(authorizer(recorder)) == {"discoveryUrl", "allowedClients", "customClaims"}


def test_the_execution_role_trusts_exactly_the_stack_s_gateways() -> None:
    role = next(each.inputs for each in deploy(COGNITO).all(":Role") if each.name == "demo")
    (statement,) = document(role["assumeRolePolicy"])
    assert statement["Condition"] == {
        "StringEquals": {"aws:SourceAccount": ACCOUNT},
        "ArnLike": {
            "aws:SourceArn": [f"arn:aws:bedrock-agentcore:us-west-2:{ACCOUNT}:gateway/demo-cognito-??????????"]
        },
    }


def test_callers_get_the_policy_by_name() -> None:
    callers = {"attachTo": {"roles": ["agents"], "users": ["ann"], "groups": ["ops"]}}
    recorder = deploy({**COGNITO, "callers": callers})
    assert recorder.one(":RolePolicyAttachment")["role"] == "agents"
    assert recorder.one(":UserPolicyAttachment")["user"] == "ann"
    assert recorder.one(":GroupPolicyAttachment")["group"] == "ops"


def test_client_secrets_go_to_secrets_manager_where_asked() -> None:
    recorder = deploy({**COGNITO, "clientSecrets": "secretsManager"})
    assert recorder.one(":SecretVersion")["secretString"] == "secret of demo-cognito-default"
    assert not deploy(COGNITO).all(":Secret")


def test_tags_are_on_everything_that_takes_tags() -> None:
    recorder = deploy({**COGNITO, "tags": {"team": "a"}, "clientSecrets": "secretsManager"})
    tagged = {":Role", ":Policy", ":UserPool", ":AgentcoreGateway", ":Function", ":LogGroup", ":Secret"}
    for kind in tagged:
        assert all(each.inputs["tags"] == {"team": "a"} for each in recorder.all(kind)), kind
        assert recorder.all(kind), kind


def test_a_mistake_stops_the_program_before_any_resource() -> None:
    recorder = Recorder()
    with pytest.raises(pulumi.RunError, match=r"gateway\.name"):
        deploy({**COGNITO, "gateway": {"name": "Demo"}}, recorder=recorder)
    assert recorder.resources == []


@pytest.mark.parametrize(
    ("provider", "absent"),
    [("cognito", {"pulumi_auth0", "pulumi_okta"}), ("keycloak", {"pulumi_auth0", "pulumi_okta"})],
)
def test_only_the_packages_of_the_providers_switched_on_are_imported(provider: str, absent: set[str]) -> None:
    configuration = {
        **COGNITO,
        "identityProviders": [provider],
        "oidc": {"keycloak": {"discoveryUrl": ISSUER, "allowedClients": ["a"]}},
    }
    script = (
        "import sys, json; from tests.unit.pulumi_mocks import deploy; "
        "deploy(json.loads(sys.argv[1])); print(json.dumps(sorted(sys.modules)))"
    )
    command = [sys.executable, "-c", script, json.dumps(configuration)]
    answer = subprocess.run(command, capture_output=True, text=True, check=True, cwd=PROGRAM.parent)
    assert absent.isdisjoint(json.loads(answer.stdout))


def test_the_program_fits_on_one_screen() -> None:
    assert len(Path(PROGRAM).read_text().splitlines()) <= 60
