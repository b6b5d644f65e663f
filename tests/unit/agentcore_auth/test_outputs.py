"""A stack's outputs: what the program writes is what is read, and what does not fit is named."""

from __future__ import annotations

from typing import Any

import pytest

from agentcore_auth.outputs import Client, Gateway, Outputs, OutputsError, Provider

AUTHORIZER = {"discoveryUrl": "d", "allowedClients": ["c"]}


def test_what_is_written_is_read() -> None:
    gateway = Gateway("u", "m", AUTHORIZER, "n", "i", "a", provider="okta")
    clients = {
        "x": Client("c", ("s", "t"), secret="secret", name="x"),
        "y": Client("e", ("s",), secret_arn="arn", name="y"),
    }
    provider = Provider("d", "i", "t", "a", ("s", "t"), clients, name="okta")
    existing = Provider("d", "i", name="corp")
    document = {
        "gateways": {"okta": gateway.to_document()},
        "identityProviders": {"okta": provider.to_document(), "corp": existing.to_document()},
    }
    read = Outputs(document, "dev")
    assert read.gateways == {"okta": gateway}
    assert read.providers == {"corp": existing, "okta": provider}


def test_what_is_not_there_is_left_out() -> None:
    assert Provider("d", "i").to_document() == {"discoveryUrl": "d", "issuer": "i", "scopes": [], "clients": {}}
    assert Client("c", ("s",), secret="x").to_document() == {"clientId": "c", "scopes": ["s"], "clientSecret": "x"}
    assert Client("c", secret_arn="x").to_document() == {"clientId": "c", "scopes": [], "clientSecretArn": "x"}


STACK = Outputs(
    {
        "gateways": {"a": {"url": "u", "mcpUrl": "m", "authorizer": {}}, "b": {"url": "u"}},
        "identityProviders": {"a": {"discoveryUrl": "d", "issuer": "i", "clients": {"x": {"clientId": "c"}}}},
    },
    "dev",
)


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        (lambda: Outputs({}, "dev").gateways, "no output gateways: is it deployed"),
        (lambda: STACK.gateways, "no text mcpUrl"),
        (lambda: Outputs({"gateways": {"a": 1}}, "dev").gateways, "no object"),
        (lambda: STACK.provider("z"), "valid for --idp: a"),
        (lambda: STACK.provider("a").client("z"), "valid for --client: x"),
    ],
)
def test_outputs_that_do_not_fit_are_named(asked: Any, says: str) -> None:
    with pytest.raises(OutputsError, match=says):
        asked()


def test_names_come_in_the_stacks_order_or_else_sorted() -> None:
    gateway = {"url": "u", "mcpUrl": "m", "authorizer": {}}
    document = {"gateways": dict.fromkeys(("auth0", "partner", "cognito", "okta"), gateway)}
    assert list(Outputs(document, "dev").gateways) == ["auth0", "cognito", "okta", "partner"]
    listed = Outputs(document, "dev", order=("okta", "cognito", "partner", "auth0"))
    assert list(listed.gateways) == ["okta", "cognito", "partner", "auth0"]
    with pytest.raises(OutputsError, match="valid for --gateway: okta, cognito, partner, auth0"):
        listed.gateway(None)


CLIENTS = {"scheduler": {"clientId": "s"}, "agent": {"clientId": "a"}}


def test_of_several_clients_one_has_to_be_named() -> None:
    document = {"identityProviders": {"okta": {"discoveryUrl": "d", "issuer": "i", "clients": CLIENTS}}}
    provider = Outputs(document, "dev").provider("okta")
    with pytest.raises(OutputsError, match="several clients; valid for --client: agent, scheduler"):
        provider.client(None)
