"""A gateway for an issuer that exists."""

from __future__ import annotations

import json
from typing import Any

import pytest

from agentcore_auth import iam
from configuration.context import CheckContext, StackConfiguration
from configuration.mistakes import Mistake
from idp.oidc import Oidc
from tests.unit.pulumi_mocks import deploy
from tests.unit.stack_files import Bad, assert_named, each_of
from tests.unit.stacks import COGNITO, ISSUER, authorizer

TENANT = "11111111-aaaa-4bbb-8ccc-222222222222"
POOL = "https://cognito-idp.us-west-2.amazonaws.com/us-west-2_gmSGKKGr9"
ENTRA = f"https://login.microsoftonline.com/{TENANT}/v2.0"
MANY_TENANTS = "https://login.microsoftonline.com/common/v2.0"
OKTA_ORG = "https://acme.okta.com"
OKTA = "https://acme.okta.com/oauth2/default"
KEYCLOAK = "https://sso.acme.example/realms/agents"


def test_nothing_is_created_at_an_issuer_that_exists() -> None:
    oidc = {
        "keycloak": {"discoveryUrl": ISSUER, "allowedClients": ["a"], "customClaims": [{"name": "r", "equals": "x"}]}
    }
    recorder = deploy({**COGNITO, "identityProviders": ["keycloak"], "oidc": oidc})
    assert not [each.type for each in recorder.resources if each.type.startswith(("aws:cognito", "auth0:", "okta:"))]
    assert set(authorizer(recorder)) == {"discoveryUrl", "allowedClients", "customClaims"}


def section(issuer: str, **lists: Any) -> dict[str, Any]:
    return {"discoveryUrl": f"{issuer}/.well-known/openid-configuration", **lists}


def mistakes(issuer: dict[str, Any]) -> list[Mistake]:
    context = CheckContext(StackConfiguration({}, set(), {}), pinned=True, gateway_name="demo")
    return list(Oidc.model_validate_json(json.dumps(issuer)).mistakes("oidc.corp", context))


# Each row: the issuer's section, the key at fault, what the message says, and which way out it names.
NOBODY: list[tuple[dict[str, Any], str, str, str]] = [
    (section(POOL, allowedAudience=["x"]), "allowedAudience", "have no aud", "allowedClients, allowedScopes"),
    (section(POOL, allowedAudience=["x"], allowedClients=["c"]), "allowedAudience", "have no aud", "allowedClients"),
    (section(ENTRA, allowedClients=["c"]), "allowedClients", "azp, for customClaims", "allowedAudience"),
    (section(ENTRA, allowedScopes=["s"]), "allowedScopes", "roles, for customClaims", "allowedAudience"),
    (section(OKTA_ORG, allowedAudience=["x"]), "discoveryUrl", "only Okta itself", "oauth2/default"),
    (section(MANY_TENANTS, allowedAudience=["x"]), "discoveryUrl", "template", "put the tenant's id"),
    (
        section(KEYCLOAK, customClaims=[{"name": "realm_access.roles", "contains": "r"}]),
        "customClaims",
        "nested",
        "map it",
    ),
]


@pytest.mark.parametrize(("issuer", "key", "says", "way_out"), NOBODY)
def test_lists_that_let_nobody_in_are_refused_with_the_ones_that_fit(
    issuer: dict[str, Any], key: str, says: str, way_out: str
) -> None:
    (found,) = mistakes(issuer)
    assert found.path == f"oidc.corp.{key}"
    assert says in found.sentence
    assert way_out in found.sentence
    assert not mistakes({**issuer, "allowAnyway": True})


@pytest.mark.parametrize(
    ("issuer", "notes"),
    [
        (section(POOL, allowedClients=["c"], allowedScopes=["s"]), 0),
        (section(ENTRA, allowedAudience=["x"], customClaims=[{"name": "azp", "equals": "c"}]), 0),
        (section(OKTA, allowedAudience=["api://orders"], allowedScopes=["s"]), 0),
        (section(OKTA, allowedAudience=["api://default"], allowedScopes=["s"]), 0),
        (section(OKTA, allowedAudience=["api://default"]), 1),
        (section(KEYCLOAK, allowedAudience=["x"], allowedClients=["c"]), 2),
        (section("https://login.acme.example", allowedAudience=["x"]), 1),
    ],
)
def test_what_is_not_known_of_an_issuer_is_a_note_and_no_mistake(issuer: dict[str, Any], notes: int) -> None:
    assert not mistakes(issuer)
    assert len(Oidc.model_validate_json(json.dumps(issuer)).notes()) == notes


VPC = {"vpcIdentifier": "vpc-01234567", "subnetIds": ["subnet-01234567"]}
LATTICE = {"selfManagedLatticeResource": {"resourceConfigurationIdentifier": "rcfg-0123456789abcdefg"}}
PRIVATE = {
    "privateEndpoint": {"managedVpcResource": VPC},
    "privateEndpointOverrides": [{"domain": "keys.acme.example", "privateEndpoint": LATTICE}],
    "allowedWorkloads": {
        "hostingEnvironments": [{"arn": "arn:aws:bedrock-agentcore:us-west-2:123456789012:gateway/front-0123456789"}],
        "workloadIdentities": ["front"],
    },
}


def test_the_way_to_an_issuer_in_a_vpc_is_registered_as_the_api_has_it() -> None:
    oidc = {"keycloak": section(KEYCLOAK, allowedClients=["a"], **PRIVATE)}
    recorder = deploy({**COGNITO, "identityProviders": ["keycloak"], "oidc": oidc})
    found = authorizer(recorder)
    managed = {**VPC, "endpointIpAddressType": "IPV4", "securityGroupIds": []}
    assert found["privateEndpoint"] == {"managedVpcResource": managed}
    assert found["privateEndpointOverrides"] == PRIVATE["privateEndpointOverrides"]
    assert found["allowedWorkloadConfiguration"] == PRIVATE["allowedWorkloads"]
    (policy,) = [json.loads(each.inputs["policy"]) for each in recorder.all("iam/policy:Policy")]
    made = next(each for each in policy["Statement"] if each["Sid"] == "MakeIdentityNetworkRole")
    assert made["Condition"] == {"StringEquals": {"iam:AWSServiceName": f"identity-network.{iam.SERVICE}"}}


@pytest.mark.parametrize(
    ("keys", "path", "says"),
    [
        ({"privateEndpoint": {}}, "privateEndpoint", "needs exactly one of managedVpcResource"),
        (
            {"privateEndpointOverrides": [{"domain": "a.example", "privateEndpoint": {"managedVpcResource": VPC}}]},
            "privateEndpointOverrides[0].privateEndpoint",
            "only with selfManagedLatticeResource",
        ),
        (
            {
                "privateEndpoint": LATTICE,
                "privateEndpointOverrides": [{"domain": "SSO.acme.example", "privateEndpoint": LATTICE}],
            },
            "privateEndpointOverrides[0].domain",
            "has its way already",
        ),
        ({"allowedWorkloads": {}}, "allowedWorkloads", "hostingEnvironments, workloadIdentities or both"),
    ],
)
def test_a_way_to_an_issuer_that_aws_would_refuse_is_a_mistake(keys: dict[str, Any], path: str, says: str) -> None:
    (found,) = mistakes(section(KEYCLOAK, allowedClients=["c"], **keys))
    assert found.path == f"oidc.corp.{path}"
    assert says in found.sentence


BAD: list[Bad] = [
    (
        {
            "identityProviders": ["entra"],
            "oidc": {"entra": section("https://login.microsoftonline.com/TENANT/v2.0", allowedAudience=["a"])},
        },
        "oidc.entra.discoveryUrl",
        "placeholder TENANT",
    ),
    *(
        (
            {"oidc": {"a": {"discoveryUrl": ISSUER, "customClaims": [{"name": "app", "equals": "x"}, other]}}},
            "oidc.a.customClaims",
            says,
        )
        for other, says in (
            ({"name": "app", "equals": "y"}, "lets nobody in: app would have to be x and y at once"),
            ({"name": "app", "contains": "x"}, "lets nobody in: app would have to be x and a list at once"),
        )
    ),
    ({"oidc": {"cognito": section("https://a")}}, "oidc.cognito", "built-in"),
    ({"oidc": {"a": {"discoveryUrl": "https://a", "allowedClients": ["c"]}}}, "oidc.a.discoveryUrl", "/.well-known/"),
    ({"oidc": {"a": section("https://a")}}, "oidc.a", "every token of that issuer would be let in"),
    ({"oidc": {"a": section("https://a", allowedAudience=[])}}, "oidc.a.allowedAudience", "is empty"),
    (
        {"oidc": {"a": section("https://a", customClaims=[{"name": "app"}])}},
        "oidc.a.customClaims[0]",
        "exactly one of",
    ),
    (
        {"oidc": {"a": section("https://a", customClaims=[{"name": "client_id", "equals": "x"}])}},
        "oidc.a.customClaims[0].name",
        "for client_id: allowedClients",
    ),
]


@each_of(BAD)
def test_a_mistake_in_an_issuer_s_section_is_named(changes: dict[str, Any], path: str, sentence: str) -> None:
    assert_named(changes, path, sentence)
