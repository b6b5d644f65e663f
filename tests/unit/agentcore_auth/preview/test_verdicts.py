"""Who keeps, loses and gains access: the stored previews, one for each kind of change, and what their report says."""

from __future__ import annotations

import pytest

from agentcore_auth.preview.authorizers import Fit, verdict
from agentcore_auth.preview.document import Hidden
from agentcore_auth.preview.impact import GATES
from agentcore_auth.preview.markdown import render
from agentcore_auth.preview.verdicts import Access, ExpectedChange
from agentcore_auth.resource_types import GATEWAY
from tests.unit.stored_previews import (
    CHANGES,
    ISSUERS_GATEWAY,
    UNKNOWN,
    between,
    caller_of,
    created,
    deleted,
    gateway_of,
    impact_of,
    replaced,
    stored,
    with_authorizer,
    with_inputs,
    without,
)

KEEPS, RENEWS, LOSES, GAINS = Access.KEEPS, Access.RENEWS, Access.LOSES, Access.GAINS
EXISTING, OTHER = "aaaaaaaa-0000-0000-0000-000000000001", "aaaaaaaa-0000-0000-0000-000000000002"
USER_POOL_CLIENT = "aws:cognito/userPoolClient:UserPoolClient"

# Each row: the change, the gateway, the caller, its access, and the claims that the tokens it has now fail.
VERDICTS: list[tuple[str, str, str, Access, set[str]]] = [
    ("unchanged", "demo-cognito", "default", KEEPS, set()),
    ("unchanged", "demo-auth0", "default", KEEPS, set()),
    ("unchanged", "demo-okta", "default", KEEPS, set()),
    ("unchanged", "demo-issuer", EXISTING, KEEPS, set()),
    ("scope-renamed", "demo-cognito", "default", RENEWS, {"scope"}),
    ("scope-renamed", "demo-auth0", "default", KEEPS, set()),
    ("dialect-changed", "demo-auth0", "default", RENEWS, {"azp"}),
    ("audience-renamed", "demo-auth0", "default", RENEWS, {"aud"}),
    ("audience-renamed", "demo-okta", "default", KEEPS, set()),
    ("mode-tutorial", "demo-cognito", "default", KEEPS, set()),
    ("mode-tutorial", "demo-auth0", "default", KEEPS, set()),
    ("mode-tutorial", "demo-okta", "default", KEEPS, set()),
    ("provider-off", "demo-auth0", "default", LOSES, set()),
    ("provider-off", "demo-cognito", "default", KEEPS, set()),
    ("client-added", "demo-cognito", "default", KEEPS, set()),
    ("client-added", "demo-cognito", "batch", GAINS, set()),
    ("client-renamed", "demo-cognito", "default", LOSES, set()),
    ("client-renamed", "demo-cognito", "batch", GAINS, set()),
    ("okta-second-client", "demo-okta", "default", RENEWS, {"client_id"}),
    ("okta-second-client", "demo-okta", "batch", GAINS, set()),
    ("target-removed", "demo-cognito", "default", KEEPS, set()),
    ("role-widened", "demo-okta", "default", KEEPS, set()),
    ("existing-client", "demo-cognito", "7existing0client0id0000000", GAINS, set()),
    ("issuer-lists", "demo-issuer", EXISTING, LOSES, {"client_id", "aud"}),
    ("issuer-lists", "demo-issuer", OTHER, GAINS, set()),
    ("realistic", "demo-okta", "default", LOSES, set()),
    ("realistic", "demo-cognito", "default", RENEWS, {"scope"}),
]


@pytest.mark.parametrize(("change", "gateway", "caller", "access", "failing"), VERDICTS)
def test_a_caller_keeps_loses_or_gains_access(
    change: str, gateway: str, caller: str, access: Access, failing: set[str]
) -> None:
    found = caller_of(impact_of(stored(change)), gateway, caller)
    assert found.access is access
    assert {check.allowed.claim for check in found.held or () if check.fit is Fit.NO} == failing


def test_every_stored_change_has_a_verdict() -> None:
    assert set(CHANGES) == {change for change, *_ in VERDICTS} - {"unchanged"}


def test_whoever_needs_a_new_token_gets_one_that_fits() -> None:
    for change in CHANGES:
        for gateway in impact_of(stored(change)).gateways:
            for caller in gateway.callers:
                if caller.access is RENEWS:
                    assert caller.fresh
                    assert verdict(caller.fresh) is Fit.YES


def test_a_new_client_is_known_by_an_id_that_the_deployment_makes() -> None:
    fresh = caller_of(impact_of(stored("client-added")), "demo-cognito", "batch").fresh
    assert fresh
    assert {check.allowed.claim: check.fit for check in fresh} == {"client_id": Fit.AT_DEPLOYMENT, "scope": Fit.YES}


def test_in_a_first_deployment_every_client_gains_access() -> None:
    found = impact_of(created())
    assert {gateway.change for gateway in found.gateways} == {ExpectedChange.CREATED}
    assert {caller.access for gateway in found.gateways for caller in gateway.callers} == {GAINS}
    assert not found.breaches(["lockout", "replace", "widen"])


def test_an_unknown_value_that_does_not_come_from_the_client_is_no_promise() -> None:
    document = with_authorizer(stored(), "demo-cognito", allowedClients=[UNKNOWN])
    assert caller_of(impact_of(document), "demo-cognito", "default").access is Access.UNKNOWN


def test_an_unknown_issuer_leaves_the_present_tokens_unjudged() -> None:
    document = with_authorizer(stored(), "demo-cognito", discoveryUrl=UNKNOWN)
    found = caller_of(impact_of(document), "demo-cognito", "default")
    assert found.access is Access.UNKNOWN
    assert not found.is_locked_out


def test_another_issuer_asks_for_new_tokens() -> None:
    other = "https://cognito-idp.us-west-2.amazonaws.com/us-west-2_other/.well-known/openid-configuration"
    found = caller_of(
        impact_of(with_authorizer(stored(), "demo-cognito", discoveryUrl=other)), "demo-cognito", "default"
    )
    assert found.access is RENEWS
    assert [check.allowed.claim for check in found.held or () if check.fit is Fit.NO] == ["iss"]


def test_one_scope_of_several_is_enough() -> None:
    document = with_authorizer(stored(), "demo-cognito", allowedScopes=["demo/write", "demo/call"])
    assert caller_of(impact_of(document), "demo-cognito", "default").access is KEEPS


def test_a_list_that_the_clients_tokens_never_satisfy_locks_them_out() -> None:
    document = with_authorizer(stored(), "demo-cognito", allowedAudiences=["demo"])
    assert caller_of(impact_of(document), "demo-cognito", "default").access is LOSES


def test_a_replaced_client_loses_access_although_its_name_stays() -> None:
    document = replaced(stored(), USER_POOL_CLIENT, "demo-cognito-default", userPoolId=UNKNOWN)
    document = with_authorizer(document, "demo-cognito", allowedClients=[UNKNOWN])
    found = impact_of(document)
    caller = caller_of(found, "demo-cognito", "default")
    assert (caller.access, caller.change) == (LOSES, ExpectedChange.REPLACED)
    assert found.replaced == ("demo-cognito-default",)


def test_a_replaced_gateway_takes_the_same_tokens_at_another_url() -> None:
    found = impact_of(replaced(stored(), GATEWAY, "demo-okta", name="other"))
    assert gateway_of(found, "demo-okta").change is ExpectedChange.REPLACED
    assert caller_of(found, "demo-okta", "default").access is KEEPS
    assert found.replaced == ("demo-okta",)


def test_a_client_that_is_deleted_keeps_its_tokens_where_only_the_audience_is_checked() -> None:
    document = deleted(stored("mode-tutorial"), "auth0:index/client:Client", "demo-auth0-default")
    found = caller_of(impact_of(document), "demo-auth0", "default")
    assert found.access is LOSES
    assert found.held
    assert verdict(found.held) is Fit.YES


def test_an_api_that_exists_has_the_dialect_that_the_authorizer_was_made_for() -> None:
    document = without(stored("dialect-changed"), "auth0:index/resourceServer:", "resourceServerScopes")
    found = caller_of(impact_of(document), "demo-auth0", "default")
    assert found.access is RENEWS
    assert [check.allowed.claim for check in found.held or () if check.fit is Fit.NO] == ["azp"]


def test_the_tokens_of_an_authorization_server_of_its_own_have_its_audience() -> None:
    document = stored()
    provider = next(step["urn"] for step in document["steps"] if "OktaProvider::" in step["urn"])
    kind = "okta:auth/server:Server"
    state = {"type": kind, "parent": provider, "custom": True, "inputs": {"audiences": ["api://own"]}}
    urn = f"urn:pulumi:dev::agentcore-auth::agentcore-auth:index:OktaProvider${kind}::demo-okta"
    step = {"op": "same", "urn": urn, "oldState": state, "newState": state}
    same = document["changeSummary"]["same"] + 1
    document = {**document, "steps": [*document["steps"], step], "changeSummary": {"same": same}}
    found = caller_of(impact_of(document), "demo-okta", "default")
    assert found.access is Access.NONE
    assert found.held
    assert next(check.found for check in found.held if check.allowed.claim == "aud") == ("api://own",)


def test_a_scope_that_is_only_known_at_deployment_is_not_guessed() -> None:
    document = with_inputs(stored(), USER_POOL_CLIENT, "demo-cognito-default", allowedOauthScopes=UNKNOWN)
    fresh = caller_of(impact_of(document), "demo-cognito", "default").fresh
    assert fresh
    assert next(check.found for check in fresh if check.allowed.claim == "scope") == (Hidden.AT_DEPLOYMENT,)
    assert verdict(fresh) is Fit.UNKNOWN


@pytest.mark.parametrize(
    ("before", "after", "access"),
    [
        (["a"], ["a"], KEEPS),
        (["a"], ["a", "b"], KEEPS),
        (["a", "b"], ["a"], Access.OUTSIDE),
        (["a"], ["b"], LOSES),
        (["a"], None, KEEPS),
        (None, ["a"], Access.OUTSIDE),
    ],
)
def test_callers_at_an_existing_issuer_are_judged_by_what_was_asked_of_them(
    before: list[str] | None, after: list[str] | None, access: Access
) -> None:
    document = with_authorizer(
        stored(), "demo-issuer", allowedClients=None, allowedAudiences=after, allowedScopes=["s"]
    )
    for step in document["steps"]:
        if step["urn"].endswith(f"{GATEWAY}::demo-issuer"):
            authorizer = step["oldState"]["inputs"]["authorizerConfiguration"]["customJwtAuthorizer"]
            authorizer |= {"allowedClients": None, "allowedAudiences": before, "allowedScopes": ["s"]}
    assert caller_of(impact_of(document), "demo-issuer", "callers at this issuer").access is access


TENANT = "11111111-aaaa-4bbb-8ccc-222222222222"
COGNITO = "https://cognito-idp.us-west-2.amazonaws.com/us-west-2_gmSGKKGr9"
OTHER_POOL = "https://cognito-idp.us-west-2.amazonaws.com/us-west-2_other"
ENTRA = f"https://login.microsoftonline.com/{TENANT}/v2.0"
ENTRA_BY_NAME = "https://login.microsoftonline.com/contoso.onmicrosoft.com/v2.0"
KEYCLOAK = "https://sso.acme.example/realms/agents"
UNHEARD_OF = "https://login.acme.example"
ANYBODY, AGENT = "callers at this issuer", "agent"


def at(issuer: str, **lists: list[str]) -> dict[str, object]:
    return {"discoveryUrl": f"{issuer}/.well-known/openid-configuration", **lists}


def claim(name: str, value: str) -> dict[str, object]:
    match = {"claimMatchOperator": "EQUALS", "claimMatchValue": {"matchValueString": value}}
    found = {"inboundTokenClaimName": name, "inboundTokenClaimValueType": "STRING", "authorizingClaimMatchValue": match}
    return {"customClaims": [found]}


# Each row: the authorizer before and after, the caller, its access, and the gates that the change does not pass.
AT_EXISTING_ISSUERS: list[tuple[dict[str, object], dict[str, object], str, Access, list[str]]] = [
    # AWS's walk-through, its commonest mistake, and the correction.
    (
        at(COGNITO, allowedClients=["agent"]),
        at(COGNITO, allowedClients=["agent"], allowedAudience=["agent"]),
        AGENT,
        LOSES,
        ["lockout"],
    ),
    (at(COGNITO, allowedClients=["agent"]), at(COGNITO, allowedAudience=["agent"]), AGENT, LOSES, ["lockout"]),
    (at(COGNITO, allowedAudience=["agent"]), at(COGNITO, allowedClients=["agent"]), AGENT, GAINS, ["widen"]),
    (at(COGNITO, allowedAudience=["a"]), at(COGNITO, allowedScopes=["s"]), ANYBODY, GAINS, ["widen"]),
    (at(COGNITO, allowedAudience=["a"]), at(COGNITO, allowedAudience=["b"]), ANYBODY, Access.NONE, []),
    (
        at(COGNITO, allowedClients=["agent"]),
        at(COGNITO, allowedClients=["agent"], allowedScopes=["s"]),
        AGENT,
        Access.OUTSIDE,
        ["unknown"],
    ),
    # Which scopes a client has is the issuer's business: with both it keeps access, with the first alone it does not.
    (at(COGNITO, allowedScopes=["r"]), at(COGNITO, allowedScopes=["w"]), ANYBODY, Access.OUTSIDE, ["widen", "unknown"]),
    (at(COGNITO, allowedScopes=["r"]), at(COGNITO, allowedScopes=["r", "w"]), ANYBODY, KEEPS, ["widen"]),
    (
        at(COGNITO, allowedClients=["agent"]),
        at(OTHER_POOL, allowedClients=["agent"]),
        AGENT,
        LOSES,
        ["lockout", "widen"],
    ),
    (
        at(ENTRA, allowedAudience=["api"]),
        at(ENTRA, allowedAudience=["api"], allowedClients=["agent"]),
        ANYBODY,
        LOSES,
        ["lockout"],
    ),
    (at(ENTRA, allowedAudience=["api"]), at(ENTRA, allowedScopes=["s"]), ANYBODY, LOSES, ["lockout"]),
    (
        at(ENTRA, allowedAudience=["api"]),
        {**at(ENTRA, allowedAudience=["api"]), **claim("azp", "a")},
        ANYBODY,
        Access.OUTSIDE,
        ["unknown"],
    ),
    (
        {**at(ENTRA), **claim("azp", "a")},
        {**at(ENTRA), **claim("appid", "a")},
        ANYBODY,
        LOSES,
        ["lockout"],
    ),
    ({**at(ENTRA), **claim("azp", "a")}, {**at(ENTRA), **claim("azp", "b")}, ANYBODY, LOSES, ["lockout", "widen"]),
    (
        at(ENTRA, allowedAudience=["api"]),
        at(ENTRA_BY_NAME, allowedAudience=["api"]),
        ANYBODY,
        Access.OUTSIDE,
        ["unknown"],
    ),
    (at(ENTRA, allowedAudience=["api"]), at(KEYCLOAK, allowedAudience=["api"]), ANYBODY, LOSES, ["lockout", "widen"]),
    # Tokens of Keycloak can have both audiences, those of Entra one.
    (
        at(KEYCLOAK, allowedAudience=["a"]),
        at(KEYCLOAK, allowedAudience=["b"]),
        ANYBODY,
        Access.OUTSIDE,
        ["widen", "unknown"],
    ),
    (at(ENTRA, allowedAudience=["a"]), at(ENTRA, allowedAudience=["b"]), ANYBODY, LOSES, ["lockout", "widen"]),
    (
        at(UNHEARD_OF, allowedClients=["agent"]),
        at(UNHEARD_OF, allowedClients=["agent"], allowedAudience=["a"]),
        AGENT,
        Access.OUTSIDE,
        ["unknown"],
    ),
    (at(UNHEARD_OF, allowedClients=["agent"]), at(UNHEARD_OF, allowedClients=["agent"]), AGENT, KEEPS, []),
    (
        at(UNHEARD_OF, allowedClients=["agent"]),
        at(UNHEARD_OF, allowedClients=["other"]),
        AGENT,
        LOSES,
        ["lockout", "widen"],
    ),
]


@pytest.mark.parametrize(("before", "after", "caller", "access", "gates"), AT_EXISTING_ISSUERS)
def test_callers_of_an_existing_issuer_are_judged_by_what_its_family_carries(
    before: dict[str, object], after: dict[str, object], caller: str, access: Access, gates: list[str]
) -> None:
    found = impact_of(between(before, after))
    assert caller_of(found, ISSUERS_GATEWAY, caller).access is access
    assert found.breaches(GATES) == gates
    says_nobody = "No caller loses access" in render(found)
    assert not (says_nobody and access in {LOSES, Access.OUTSIDE})


@pytest.mark.parametrize(
    ("kind", "access", "gates"),
    [
        ("AWS_IAM", LOSES, ["lockout", "widen"]),
        ("NONE", KEEPS, ["widen"]),
        ("NEWER", Access.OUTSIDE, ["widen", "unknown"]),
    ],
)
def test_an_authorizer_of_another_type_is_judged_as_well(kind: str, access: Access, gates: list[str]) -> None:
    document = with_inputs(stored(), GATEWAY, ISSUERS_GATEWAY, authorizerType=kind, authorizerConfiguration=None)
    found = impact_of(document)
    assert caller_of(found, ISSUERS_GATEWAY, EXISTING).access is access
    assert found.breaches(GATES) == gates
    assert f"| `authorizerType` | `CUSTOM_JWT` | `{kind}` |" in render(found)


@pytest.mark.parametrize(
    ("change", "gateway", "loosened"),
    [
        ("mode-tutorial", "demo-cognito", {"allowedScopes"}),
        ("mode-tutorial", "demo-auth0", {"allowedScopes", "allowedClients"}),
        ("mode-tutorial", "demo-okta", {"allowedScopes", "customClaims.cid"}),
        ("existing-client", "demo-cognito", {"allowedClients"}),
        ("client-added", "demo-cognito", set()),
        ("dialect-changed", "demo-auth0", set()),
        ("okta-second-client", "demo-okta", set()),
        ("scope-renamed", "demo-cognito", set()),
        ("issuer-lists", "demo-issuer", {"allowedAudience", "allowedClients"}),
    ],
)
def test_an_authorizer_that_lets_more_callers_in_is_named(change: str, gateway: str, loosened: set[str]) -> None:
    found = gateway_of(impact_of(stored(change)), gateway)
    assert {each.list_name for each in found.loosened} == loosened


def test_targets_that_come_and_go_are_named() -> None:
    found = impact_of(stored("target-removed"))
    assert {gateway.targets for gateway in found.gateways} == {(("tables", "gone"),)}
