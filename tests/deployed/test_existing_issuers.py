"""AWS's walk-through done by hand, with its commonest mistake; a stack that adopts what it left; reports on changes."""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Callable, Generator, Mapping
from typing import Any

import httpx2
import pytest

from agentcore_auth.authorizer.checking import discovery_url_of
from agentcore_auth.preview.impact import GATES
from agentcore_auth.preview.verdicts import Access
from sandbox.caller import knock
from sandbox.services import Services
from tests.conftest import REGION
from tests.deployed.conftest import Deploy
from tests.sandbox.hand_made import HandMade, make
from tests.unit.stored_previews import ISSUERS_GATEWAY, between, caller_of, impact_of

TENANT = "https://sandbox-tenant.us.auth0.com/"
ORG = "https://sandbox-org.okta.com/oauth2/default"
CODE = "def handler(event, context):\n    return {}\n"


@pytest.fixture(scope="module")
def by_hand(running_services: Services, running_aws: Callable[[str], Any]) -> Generator[HandMade]:
    """Pool, resource server, client, domain, role, function and gateway, as the walk-through has people make them."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in running_services.environment(os.environ).items():
            patch.setenv(name, value)
        yield make(running_aws, CODE)


@pytest.fixture(scope="module")
def auth0_api(by_hand: HandMade) -> Generator[None]:
    """An API of the Auth0 tenant with the audience that rows speak of, made by hand as well."""
    assert by_hand  # its environment leads to the tenant
    management, token = f"{TENANT}api/v2/resource-servers", os.environ["AUTH0_API_TOKEN"]
    headers = {"Authorization": f"Bearer {token}"}
    api = {"identifier": "tools", "name": "tools", "signing_alg": "RS256", "token_dialect": "access_token"}
    made = httpx2.post(management, json=api, headers=headers).raise_for_status().json()
    yield
    httpx2.delete(f"{management}/{made['id']}", headers=headers).raise_for_status()


def set_authorizer(by_hand: HandMade, authorizer: Mapping[str, Any]) -> None:
    by_hand.change_gateway(authorizerConfiguration={"customJWTAuthorizer": authorizer})


def pool_of(by_hand: HandMade) -> str:
    return str(by_hand.client["UserPoolId"])


@pytest.mark.usefixtures("services")
def test_a_stack_adopts_the_pool_and_the_client_of_the_walk_through(by_hand: HandMade, deploy: Deploy) -> None:
    client, pool = by_hand.client["ClientId"], pool_of(by_hand)
    issuer = f"https://cognito-idp.{REGION}.amazonaws.com/{pool}"
    token = by_hand.token()
    set_authorizer(by_hand, {"discoveryUrl": discovery_url_of(issuer), "allowedAudience": ["tools"]})
    assert knock(by_hand.mcp_url, token).status == 401

    cognito = {
        "userPoolId": pool,
        "createResourceServer": False,
        "resourceServer": "tools",
        "scopes": ["use"],
        "clients": {},
        "allowedClients": [client],
    }
    deployed = deploy(
        {"identityProviders": ["cognito"], "cognito": cognito, "targets": [{"name": "sample", "type": "sample"}]}
    )
    assert not [each["type"] for each in deployed.resources if each["type"].startswith("aws:cognito/")]
    assert deployed.outputs.provider("cognito").token_endpoint == by_hand.token_endpoint
    assert deployed.knock("cognito", token).status == 200
    assert deployed.knock("cognito", by_hand.token("tools/see")).status == 403

    # The client's other scope is one of today's callers' as well, until it is adopted with it.
    wider = {**cognito, "allowedClients": [{"id": client, "scopes": ["tools/see"]}]}
    deployed.update({**deployed.config, "cognito": wider})
    assert deployed.knock("cognito", by_hand.token("tools/see")).status == 200
    deployed.destroy()
    assert by_hand.aws("cognito-idp").describe_user_pool_client(UserPoolId=pool, ClientId=client)


KEEPS, LOSES, GAINS, NEVER, OPEN = Access.KEEPS, Access.LOSES, Access.GAINS, Access.NONE, Access.OUTSIDE
CLIENT, NAMED, ANYBODY = "<client>", "<client>", "callers at this issuer"
WHO: dict[str, Any] = {"allowedClients": [CLIENT]}
FOR: dict[str, Any] = {"allowedAudience": ["tools"]}
USE: dict[str, Any] = {"allowedScopes": ["tools/use"]}
AWAY: dict[str, Any] = {"allowedAudience": ["other"]}


def claim(name: str, value: str) -> dict[str, Any]:
    match = {"claimMatchOperator": "EQUALS", "claimMatchValue": {"matchValueString": value}}
    found = {"inboundTokenClaimName": name, "inboundTokenClaimValueType": "STRING", "authorizingClaimMatchValue": match}
    return {"customClaims": [found]}


# Each row: the issuer, what its gateway checks before and after, of whom the report speaks, and what it says.
CHANGES: list[tuple[str, dict[str, Any], dict[str, Any], str, Access]] = [
    ("cognito", WHO, {**WHO, **FOR}, NAMED, LOSES),
    ("cognito", WHO, FOR, NAMED, LOSES),
    ("cognito", FOR, WHO, NAMED, GAINS),
    ("cognito", {**WHO, **FOR}, WHO, NAMED, GAINS),
    ("cognito", FOR, USE, ANYBODY, GAINS),
    ("cognito", FOR, AWAY, ANYBODY, NEVER),
    ("cognito", USE, {**USE, **FOR}, ANYBODY, LOSES),
    ("cognito", WHO, {"allowedClients": ["somebody-else"]}, NAMED, LOSES),
    ("cognito", WHO, {"allowedClients": [CLIENT, "somebody-else"]}, NAMED, KEEPS),
    ("cognito", {**WHO, **USE}, WHO, NAMED, KEEPS),
    ("cognito", WHO, {**WHO, **USE}, NAMED, OPEN),
    ("cognito", WHO, {**WHO, "allowedScopes": ["tools/none"]}, NAMED, OPEN),
    ("cognito", USE, {"allowedScopes": ["tools/use", "tools/none"]}, ANYBODY, KEEPS),
    ("cognito", USE, {"allowedScopes": ["tools/see"]}, ANYBODY, OPEN),
    ("cognito", USE, {**USE, **claim("azp", "any")}, ANYBODY, LOSES),
    ("auth0", FOR, AWAY, ANYBODY, LOSES),
    ("auth0", FOR, {**FOR, **AWAY, "allowedAudience": ["tools", "other"]}, ANYBODY, KEEPS),
    ("auth0", FOR, {**FOR, **claim("cid", "any")}, ANYBODY, LOSES),
    ("auth0", FOR, {**FOR, **claim("azp", "agent")}, ANYBODY, OPEN),
    ("auth0", claim("azp", "agent"), claim("azp", "other"), ANYBODY, LOSES),
    ("okta", claim("cid", "agent"), claim("azp", "agent"), ANYBODY, LOSES),
    ("okta", FOR, {**FOR, **WHO}, ANYBODY, OPEN),
    ("okta", {**FOR, **claim("cid", "agent")}, FOR, ANYBODY, KEEPS),
]
# What a report may say, by what the gateway answers before and afterwards (whether it lets the caller in).
TRUE_OF: Mapping[Access, set[tuple[bool, bool]]] = {
    KEEPS: {(True, True)},
    LOSES: {(True, False)},
    GAINS: {(False, True)},
    NEVER: {(False, False)},
    OPEN: {(True, True), (True, False)},
}


@pytest.mark.usefixtures("auth0_api")
@pytest.mark.parametrize(("issuer", "before", "after", "caller", "says"), CHANGES)
def test_the_report_before_says_what_the_gateway_answers_afterwards(
    issuer: str,
    before: dict[str, Any],
    after: dict[str, Any],
    caller: str,
    says: Access,
    by_hand: HandMade,
    services: Services,
) -> None:
    client = by_hand.client["ClientId"]
    urls = {"cognito": f"https://cognito-idp.{REGION}.amazonaws.com/{pool_of(by_hand)}", "auth0": TENANT, "okta": ORG}
    first, then = (
        {"discoveryUrl": discovery_url_of(urls[issuer]), **filled(lists, client)} for lists in (before, after)
    )
    report = impact_of(between(first, then))
    access = caller_of(report, ISSUERS_GATEWAY, client if caller == NAMED else caller).access
    assert access is says

    token = by_hand.token() if issuer == "cognito" else services.mint(claims_of(issuer), issuer=urls[issuer])
    answers: list[bool] = []
    for authorizer in (first, then):
        set_authorizer(by_hand, authorizer)
        answers.append(knock(by_hand.mcp_url, token).status == 200)
    assert tuple(answers) in TRUE_OF[access]
    is_locked_out = answers == [True, False]
    assert not is_locked_out or {"lockout", "unknown"} & set(report.breaches(GATES))


def filled(lists: dict[str, Any], client: str) -> dict[str, Any]:
    named = {"allowedClients": [client if each == CLIENT else each for each in lists.get("allowedClients", ())]}
    return {**lists, **(named if "allowedClients" in lists else {})}


def claims_of(issuer: str) -> dict[str, object]:
    """A client-credentials token as the issuer makes it, of an application that the stack knows nothing of."""
    now = int(time.time())
    common = {"aud": "tools", "sub": "agent", "iat": now, "exp": now + 600, "jti": uuid.uuid4().hex}
    if issuer == "auth0":
        return {**common, "iss": TENANT, "azp": "agent", "scope": "tools/use"}
    return {**common, "iss": ORG, "cid": "agent", "scp": ["tools/use"]}
