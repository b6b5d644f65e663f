"""Changes that replace resources: nothing new collides with what it replaces, and tokens are let in afterwards."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest

from sandbox.services import OTHER_ACCOUNT
from tests.deployed.conftest import REGION, Deploy, Deployment

SAMPLE = {"name": "sample", "type": "sample"}
BILLING = {  # the second account's function
    "name": "billing",
    "type": "lambda",
    "functionArn": f"arn:aws:lambda:{REGION}:{OTHER_ACCOUNT}:function:billing",
    "tools": [{"name": "invoice", "description": "The invoice of an order", "inputSchema": {"type": "object"}}],
}
CROSS_ACCOUNT = {OTHER_ACCOUNT: {"assumeRoleArn": f"arn:aws:iam::{OTHER_ACCOUNT}:role/agentcore-deployer"}}


def unique(prefix: str) -> str:
    return f"{prefix}-{uuid.uuid4().hex[:8]}"


def everything() -> dict[str, Any]:
    """All three providers, with explicit names wherever one can be given, and a function of another account."""
    return {
        "identityProviders": ["cognito", "auth0", "okta"],
        "cognito": {"domainPrefix": unique("login")},
        "auth0": {"audience": f"https://{unique('api')}.example.com"},
        "okta": {"scopes": [unique("Invoke")], "clients": {"default": {}, "other": {}}},
        "auth0:domain": "sandbox-tenant.us.auth0.com",
        "okta:orgName": "sandbox-org",
        "crossAccount": CROSS_ACCOUNT,
        "targets": [SAMPLE, BILLING],
    }


def replaced(deployment: Deployment) -> set[str]:
    """Short names of the types that the last deployment replaced, each in its place of the stack."""
    return {step.type.rsplit(":", 1)[1] for step in deployment.result.steps if step.op == "replace"}


def works(deployment: Deployment) -> bool:
    """Whether a second deployment would change nothing, and every provider's token is let in by its gateway."""
    unchanged = deployment.preview().is_unchanged
    return unchanged and all(
        deployment.knock(provider, deployment.token(provider)).status == 200
        for provider in deployment.config["identityProviders"]
    )


def test_a_renamed_gateway_takes_all_that_belongs_to_it_along(deploy: Deploy) -> None:
    deployed = deploy(everything())
    deployed.update({**deployed.config, "gateway": {"name": unique("other")}})
    assert replaced(deployed) == {"ResourceServer", "UserPoolDomain", "Permission"}
    assert works(deployed)


def test_other_identifiers_at_every_provider_replace_what_has_them(deploy: Deploy) -> None:
    own = {"authorizationServer": "own", "audience": "api://one"}
    deployed = deploy({**everything(), "okta": own})
    deployed.update(
        {
            **deployed.config,
            "cognito": {"domainPrefix": unique("login"), "resourceServer": "tools"},
            "auth0": {"audience": f"https://{unique('api')}.example.com"},
            "okta": {**own, "audience": "api://two"},
            "executionRole": {"path": "/agents/"},
        }
    )
    assert replaced(deployed) == {
        *("UserPoolDomain", "ResourceServer", "ResourceServerScopes", "ClientGrant"),
        *("Role", "RolePolicy", "Permission"),
    }
    assert works(deployed)


@pytest.mark.parametrize("has_domain", [True, False], ids=["with a domain of its own", "without a domain"])
def test_an_existing_pool_is_used_again_and_again_and_left_as_it_was(
    deploy: Deploy, aws: Callable[[str], Any], has_domain: bool
) -> None:
    cognito = aws("cognito-idp")
    pool = cognito.create_user_pool(PoolName=unique("existing"))["UserPool"]["Id"]
    settings = {"userPoolId": pool}
    if has_domain:
        cognito.create_user_pool_domain(UserPoolId=pool, Domain=unique("login"))
    else:
        settings["domainPrefix"] = unique("login")
    before = cognito.describe_user_pool(UserPoolId=pool)["UserPool"].get("Domain")
    deployed = deploy({"identityProviders": ["cognito"], "cognito": settings, "targets": [SAMPLE]})
    for _ in range(2):
        assert deployed.update(deployed.config).is_unchanged
        assert deployed.knock("cognito", deployed.token("cognito")).status == 200
    deployed.destroy()
    assert cognito.describe_user_pool(UserPoolId=pool)["UserPool"].get("Domain") == before
