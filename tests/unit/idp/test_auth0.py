"""What the program sets up at Auth0, and what a gateway checks of its tokens."""

from __future__ import annotations

from typing import Any

import pulumi
import pytest

from tests.unit.pulumi_mocks import Recorder, deploy
from tests.unit.stack_files import AUTH0 as KEYS
from tests.unit.stack_files import Bad, assert_named, each_of
from tests.unit.stacks import AUTH0, AUTH0_SECRET, authorizer


def test_auth0_grants_each_client_its_scopes_on_the_api() -> None:
    recorder = deploy({**AUTH0, "auth0": {"clients": {"a": {"scopes": ["read:gateway"]}}}}, secrets=AUTH0_SECRET)
    grant = recorder.one(":ClientGrant")
    assert (grant["audience"], grant["scopes"]) == ("demo", ["read:gateway"])
    api = recorder.one(":ResourceServer")
    assert api["subjectTypeAuthorization"] == {
        "client": {"policy": "require_client_grant"},
        "user": {"policy": "deny_all"},
    }
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
        ({"tokenDialect": "opaque", "scopes": []}, "auth0.createApi: the API demo has the dialect opaque"),
        ({"tokenDialect": "rfc9068_profile_authz", "scopes": [{"name": "invoke:gateway"}]}, "no scope read:gateway"),
    ],
)
def test_an_existing_auth0_api_has_to_be_the_one_described(api: dict[str, Any], message: str) -> None:
    answer = {"auth0:index/getResourceServer:getResourceServer": api}
    with pytest.raises(pulumi.RunError, match=message):
        deploy({**AUTH0, "auth0": {"createApi": False}}, secrets=AUTH0_SECRET, functions=answer)


def test_a_client_secret_that_auth0_hides_is_an_error_that_names_the_permission() -> None:
    recorder = Recorder(hidden=("ClientCredentials.clientSecret",))
    with pytest.raises(pulumi.RunError, match=r"read:client_keys.*--refresh"):
        deploy(AUTH0, secrets=AUTH0_SECRET, recorder=recorder)


EXISTING: dict[str, Any] = {"tokenDialect": "access_token", "scopes": [{"name": "invoke:gateway"}]}


def adopted(auth0: dict[str, Any], api: dict[str, Any] = EXISTING) -> Recorder:
    answer = {"auth0:index/getResourceServer:getResourceServer": api}
    section = {"createApi": False, "scopes": ["invoke:gateway"], **auth0}
    return deploy({**AUTH0, "auth0": section}, secrets=AUTH0_SECRET, functions=answer)


def test_an_existing_auth0_api_brings_its_own_dialect() -> None:
    checks = authorizer(adopted({}))
    assert "allowedClients" not in checks
    assert [claim["inboundTokenClaimName"] for claim in checks["customClaims"]] == ["azp"]
    assert authorizer(adopted({}, {**EXISTING, "tokenDialect": "rfc9068_profile"}))["allowedClients"]


def test_an_existing_auth0_api_has_to_have_the_dialect_that_is_asked_for() -> None:
    with pytest.raises(pulumi.RunError, match=r"auth0\.tokenDialect: the API demo has access_token"):
        adopted({"tokenDialect": "rfc9068_profile"})


def test_an_existing_dialect_for_one_client_takes_one_and_that_may_exist_already() -> None:
    with pytest.raises(pulumi.RunError, match="a gateway can check only one"):
        adopted({"allowedClients": ["by-hand"]})
    (claim,) = authorizer(adopted({"clients": {}, "allowedClients": ["by-hand"]}))["customClaims"]
    assert claim["authorizingClaimMatchValue"]["claimMatchValue"]["matchValueString"] == "by-hand"


def test_an_auth0_custom_domain_is_issuer_and_token_endpoint() -> None:
    recorder = deploy({**AUTH0, "auth0": {"customDomain": "login.acme.example"}}, secrets=AUTH0_SECRET)
    assert authorizer(recorder)["discoveryUrl"] == "https://login.acme.example/.well-known/openid-configuration"
    issuer = recorder.outputs["identityProviders"]["auth0"]
    assert issuer["issuer"] == "https://login.acme.example/"
    assert issuer["tokenEndpoint"] == "https://login.acme.example/oauth/token"


def test_an_auth0_custom_domain_is_a_host_name() -> None:
    with pytest.raises(pulumi.RunError, match=r"auth0\.customDomain: .*; write login\.acme\.example"):
        deploy({**AUTH0, "auth0": {"customDomain": "https://login.acme.example/"}}, secrets=AUTH0_SECRET)


CONFIGURED: dict[str, Any] = {"identityProviders": ["auth0"], **KEYS}
BAD: list[Bad] = [
    ({**CONFIGURED, "auth0:domain": "TENANT.auth0.com"}, "auth0:domain", "placeholder TENANT"),
    ({"identityProviders": ["auth0"]}, "auth0:domain", "is required"),
    ({"identityProviders": ["auth0"], "auth0:domain": "t.auth0.com"}, "auth0:clientSecret", "auth0:apiToken, or"),
    ({**CONFIGURED, "auth0:domain": "https://t.auth0.com/"}, "auth0:domain", "write t.auth0.com"),
    ({**CONFIGURED, "auth0": {"audience": ""}}, "auth0.audience", "an audience"),
    ({**CONFIGURED, "auth0": {"scopes": ["a", "a"]}}, "auth0.scopes", "more than once"),
    ({**CONFIGURED, "auth0": {"scopes": ["a b"]}}, "auth0.scopes[0]", "no space"),
    (
        {**CONFIGURED, "auth0": {"tokenDialect": "access_token_authz", "clients": {"a": {}, "b": {}}}},
        "auth0.tokenDialect",
        "choose rfc9068_profile_authz",
    ),
    (
        {**CONFIGURED, "auth0": {"createApi": False, "accessTokenSeconds": 60}},
        "auth0.accessTokenSeconds",
        "exists already",
    ),
]


@each_of(BAD)
def test_a_mistake_in_auth0_s_section_is_named(changes: dict[str, Any], path: str, sentence: str) -> None:
    assert_named(changes, path, sentence)
