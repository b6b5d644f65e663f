"""A gateway that takes AWS signatures: whom it lets in by signature, account and policy, and what the others hear."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from agentcore_auth.tokens.mcp_client import McpError, list_tools
from agentcore_auth.tokens.signatures import Sign, signing
from sandbox.services import Services
from tests.sandbox.hand_made import HandMade, make
from tests.unit.token_command import Answer, Command

REGION = "us-west-2"
OTHER_ACCOUNT = "210987654321"


@dataclass(frozen=True)
class Signed:
    """A gateway of authorizer type AWS_IAM, and callers made for it."""

    made: HandMade
    secret: str
    account: str

    @property
    def arn(self) -> str:
        control = self.made.aws("bedrock-agentcore-control")
        return control.get_gateway(gatewayIdentifier=self.made.gateway_id)["gatewayArn"]

    def invoke(self, effect: str = "Allow", resource: str | None = None) -> dict[str, str]:
        return {"Effect": effect, "Action": "bedrock-agentcore:InvokeGateway", "Resource": resource or self.arn}

    def role(self, *statements: Mapping[str, str]) -> Credentials:
        """A session of a new role with this policy."""
        api, name = self.made.aws("iam"), f"caller-{uuid.uuid4().hex[:8]}"
        trust = {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{self.account}:root"},
            "Action": "sts:AssumeRole",
        }
        arn = api.create_role(RoleName=name, AssumeRolePolicyDocument=document(trust))["Role"]["Arn"]
        if statements:
            api.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=document(*statements))
        given = self.made.aws("sts").assume_role(RoleArn=arn, RoleSessionName="agent")["Credentials"]
        return Credentials(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])

    def user(self, *statements: Mapping[str, str], group: bool = False) -> Credentials:
        """The key of a new user who has this policy, or a group with it."""
        api, name = self.made.aws("iam"), f"caller-{uuid.uuid4().hex[:8]}"
        api.create_user(UserName=name)
        if group:
            api.create_group(GroupName=name)
            api.add_user_to_group(GroupName=name, UserName=name)
            api.put_group_policy(GroupName=name, PolicyName="p", PolicyDocument=document(*statements))
        else:
            api.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=document(*statements))
        key = api.create_access_key(UserName=name)["AccessKey"]
        return Credentials(key["AccessKeyId"], key["SecretAccessKey"])


def document(*statements: Mapping[str, object]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


@pytest.fixture(scope="module")
def gateway(running_services: Services, running_aws: Callable[[str], Any]) -> Signed:
    made = make(running_aws, "def handler(event, context): return event", authorizerType="AWS_IAM")
    environment = running_services.environment({})
    return Signed(made, environment["AWS_SECRET_ACCESS_KEY"], environment["AWS_ACCESS_KEY_ID"])


def of_another_service(gateway: Signed) -> Sign:
    credentials = gateway.role(gateway.invoke())

    def sign(url: str, body: bytes, headers: Mapping[str, str]) -> Mapping[str, str]:
        request = AWSRequest("POST", url, dict(headers), body)
        SigV4Auth(credentials, "execute-api", REGION).add_auth(request)
        return dict(request.headers.items())

    return sign


def of_another_body(gateway: Signed) -> Sign:
    sign = signing(gateway.role(gateway.invoke()), REGION)
    return lambda url, body, headers: sign(url, body + b" ", headers)


LET_IN: dict[str, Callable[[Signed], Credentials]] = {
    "a role that may invoke it": lambda gateway: gateway.role(gateway.invoke()),
    "a user who may invoke it": lambda gateway: gateway.user(gateway.invoke()),
    "a user whose group may": lambda gateway: gateway.user(gateway.invoke(), group=True),
    "the account itself": lambda gateway: Credentials(gateway.account, gateway.secret),
}
_UNAUTHORIZED = "is not authorized to perform: bedrock-agentcore:Inv"
REFUSED: dict[str, tuple[Callable[[Signed], Credentials | Sign | str], int, str]] = {
    "a bearer token": (lambda _: "a.b.c", 401, "Missing Authentication Token"),
    "a role without a policy": (lambda gateway: gateway.role(), 403, _UNAUTHORIZED),
    "a role for another gateway": (
        lambda gateway: gateway.role(gateway.invoke(resource=f"{gateway.arn[:-1]}?x")), 403, _UNAUTHORIZED,
    ),
    "a role that is denied it": (
        lambda gateway: gateway.role(gateway.invoke(), gateway.invoke("Deny")), 403, _UNAUTHORIZED,
    ),
    "another account": (lambda gateway: Credentials(OTHER_ACCOUNT, gateway.secret), 403, _UNAUTHORIZED),
    "a wrong secret": (
        lambda gateway: Credentials(gateway.account, "wrong"), 403, "does not match the signature you provided",
    ),
    "an unknown key": (lambda _: Credentials("AKIAUNKNOWN", "wrong"), 403, "security token included in the request"),
    "another service": (of_another_service, 403, "scoped to correct service: 'bedrock-agentcore'"),
    "another body": (of_another_body, 403, "does not match the signature you provided"),
}  # fmt: skip


@pytest.mark.usefixtures("services")
@pytest.mark.parametrize("caller", LET_IN.values(), ids=LET_IN)
def test_lets_in_whom_iam_permits_to_invoke_it(gateway: Signed, caller: Callable[[Signed], Credentials]) -> None:
    assert list_tools(gateway.made.mcp_url, signing(caller(gateway), REGION)) == ["store___stock"]


@pytest.mark.usefixtures("services")
@pytest.mark.parametrize(("caller", "status", "words"), REFUSED.values(), ids=REFUSED)
def test_refuses_the_others_and_says_why(
    gateway: Signed, caller: Callable[[Signed], Credentials | Sign | str], status: int, words: str
) -> None:
    shown = caller(gateway)
    with pytest.raises(McpError, match=words) as refusal:
        list_tools(gateway.made.mcp_url, signing(shown, REGION) if isinstance(shown, Credentials) else shown)
    assert refusal.value.status == status


@pytest.fixture
def calling(gateway: Signed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Answer]:
    """A command on a stack that has this gateway, run with somebody's AWS credentials."""
    reached = {"url": gateway.made.mcp_url, "mcpUrl": gateway.made.mcp_url, "arn": gateway.arn, "authorizer": {}}
    outputs = tmp_path / "outputs.json"
    outputs.write_text(json.dumps({"gateways": {"iam": reached}, "identityProviders": {}}))

    def run(caller: Credentials, command: str, *arguments: str, stdin: str = "") -> Answer:
        keys = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
        for name, value in zip(keys, (caller.access_key, caller.secret_key, caller.token or ""), strict=True):
            monkeypatch.setenv(name, value)
        return Command(monkeypatch)(command, *arguments, "--outputs", str(outputs), stdin=stdin)

    return run


@pytest.mark.usefixtures("services")
def test_call_signs_with_the_credentials_of_whoever_runs_it(gateway: Signed, calling: Callable[..., Answer]) -> None:
    caller = gateway.role(gateway.invoke())
    assert calling(caller, "call", "--idp", "iam").out.startswith("store___stock")
    called = calling(caller, "call", "store___stock", '{"sku": "7"}', "--json")
    assert json.loads(called.document["content"][0]["text"]) == {"sku": "7"}


@pytest.mark.usefixtures("services")
def test_call_says_what_a_caller_lacks(gateway: Signed, calling: Callable[..., Answer]) -> None:
    refused = calling(gateway.role(), "call")
    assert refused.code == 1
    assert _UNAUTHORIZED in refused.err
    assert "Attach the caller policy (callers.attachTo)" in refused.err
    named = calling(gateway.role(), "call", "--client", "agent")
    assert (named.code, named.out) == (2, "")
    assert "knows its callers by their AWS signatures" in named.err


@pytest.mark.usefixtures("services")
def test_bridge_signs_what_it_passes_on(gateway: Signed, calling: Callable[..., Answer]) -> None:
    asked = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
    bridged = calling(gateway.role(gateway.invoke()), "bridge", stdin=f"{json.dumps(asked)}\n")
    assert [tool["name"] for tool in json.loads(bridged.out)["result"]["tools"]] == ["store___stock"]
    unsigned = calling(gateway.role(), "bridge", stdin=f"{json.dumps(asked)}\n")
    assert _UNAUTHORIZED in json.loads(unsigned.out)["error"]["message"]
