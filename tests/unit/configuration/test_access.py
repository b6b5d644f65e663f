"""The stack file's `access`: whom and what it may speak of, and what is said of the rest."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from agentcore_auth.access.rules import Rule
from tests.unit.stack_files import AUTH0, FUNCTION, ISSUER, OKTA, loaded, mistakes

TOOLS = [
    {"name": name, "description": name, "inputSchema": {"type": "object", "properties": {"n": {"type": "integer"}}}}
    for name in ("get", "put")
]
TARGETS = [
    {"name": "orders", "type": "lambda", "functionArn": FUNCTION, "tools": TOOLS},
    {"name": "remote", "type": "mcp", "endpoint": "https://mcp.example.com/mcp"},
    {"name": "stock", "type": "openapi", "schema": "examples/documents/inventory.openapi.json"},
    {"name": "echo", "type": "sample"},
]
STACK: dict[str, Any] = {
    "targets": TARGETS,
    "identityProviders": ["cognito", "auth0", "okta"],
    "cognito": {"clients": {"reader": {}, "writer": {}}, "allowedClients": ["4existing"]},
    **AUTH0,
    **OKTA,
}
GET_CHEAP = (
    'permit(principal is AgentCore::OAuthUser, action == AgentCore::Action::"orders___get", '
    'resource == AgentCore::Gateway::"{}") when {{ {} }};'
)


def entra(**lists: Any) -> dict[str, Any]:
    url = "https://login.microsoftonline.com/11111111-2222-3333-4444-555555555555/v2.0/.well-known/openid-configuration"
    return {"identityProviders": ["entra"], "oidc": {"entra": {"discoveryUrl": url, **lists}}}


def test_without_the_key_nothing_is_decided() -> None:
    assert loaded(STACK).access_to("cognito") is None


def test_names_and_ids_get_what_stands_beside_them_and_the_others_nothing() -> None:
    access = {
        "cognito": {
            "reader": ["orders___get", "echo"],
            "4existing": [{"scope": "write", "tools": ["orders", "remote"]}],
        }
    }
    settings = loaded({**STACK, "access": access})
    found = settings.access_to("cognito")
    assert found is not None
    assert found.rules == [
        Rule("reader", ("orders___get", "echo")),
        Rule("4existing", ("orders", "remote"), "demo/write"),
    ]
    assert found.mode == "enforce"
    for provider in ("auth0", "okta"):
        others = settings.access_to(provider)
        assert others is not None
        assert others.rules == []


@pytest.mark.parametrize(
    ("provider", "scope", "spelled"),
    [
        ("cognito", "read", "demo/read"),
        ("cognito", "demo/read", "demo/read"),
        ("auth0", "invoke:gateway", "invoke:gateway"),
        ("okta", "InvokeGateway", "InvokeGateway"),
    ],
)
def test_a_scope_is_asked_for_as_tokens_spell_it(provider: str, scope: str, spelled: str) -> None:
    client = "reader" if provider == "cognito" else "default"
    entry = {"scope": scope, "tools": ["orders"]}
    found = loaded({**STACK, "access": {provider: {client: [entry]}}}).access_to(provider)
    assert found is not None
    assert found.rules == [Rule(client, ("orders",), spelled)]


@pytest.mark.parametrize(
    ("access", "path", "sentence"),
    [
        ({}, "access", "is empty, so nobody could call anything"),
        ({"cogito": {}}, "access.cogito", "no such provider; did you mean cognito?"),
        (
            {"cognito": {"raeder": ["echo"]}},
            "access.cognito.raeder",
            "did you mean reader? valid: reader, writer, 4exist",
        ),
        (
            {"cognito": {"reader": ["ordrs"]}},
            "access.cognito.reader[0]",
            "neither a target nor a tool; did you mean ord",
        ),
        (
            {"cognito": {"reader": ["echo", "orders___gte"]}},
            "access.cognito.reader[1]",
            "the target orders has no tool 'gte'; did you mean orders___get? valid: orders___get, orders___put",
        ),
        (
            {"cognito": {"reader": ["sotck___getArticle"]}},
            "access.cognito.reader[0]",
            "did you mean stock___getArticle?",
        ),
        ({"cognito": {"reader": ["orders___"]}}, "access.cognito.reader[0]", "has no tool ''"),
        ({"cognito": {"reader": ["remote___"]}}, "access.cognito.reader[0]", "names no tool"),
        (
            {"cognito": {"reader": [{"scope": "raed", "tools": ["echo"]}]}},
            "access.cognito.reader[0].scope",
            "'raed' is no scope of cognito; did you mean read?",
        ),
        ({"cognito": {"reader": [{"scop": "x", "tools": ["echo"]}]}}, "access.cognito.reader[0].scop", "mean scope?"),
        ({"cognito": {"reader": []}}, "access.cognito.reader", "is empty"),
        ({"policies": ["nowhere.cedar"]}, "access.policies[0]", "there is no file"),
        ({"policies": ["../up.cedar"]}, "access.policies[0]", "outside of the project"),
    ],
)
def test_unknown_names_are_refused_with_the_nearest(access: Any, path: str, sentence: str) -> None:
    found = mistakes({**STACK, "access": access})
    assert list(found) == [path]
    assert sentence in found[path]


def test_a_mode_without_access_is_a_mistake() -> None:
    assert list(mistakes({**STACK, "accessMode": "logOnly"})) == ["accessMode"]
    log_only = loaded({**STACK, "access": {"okta": {"default": ["echo"]}}, "accessMode": "logOnly"}).access_to("okta")
    assert log_only is not None
    assert log_only.mode == "logOnly"


def test_a_target_of_other_gateways_is_said_to_be_one() -> None:
    stack = {**STACK, "targets": [{**TARGETS[0], "providers": ["okta"]}, *TARGETS[1:]]}
    loaded({**stack, "access": {"okta": {"default": ["orders___get"]}}})
    found = mistakes({**stack, "access": {"cognito": {"reader": ["orders___get"]}}})
    assert found == {"access.cognito.reader[0]": "the target orders is not offered at cognito (targets[].providers)"}


def test_a_tool_that_only_its_server_knows_is_taken_at_its_word() -> None:
    loaded({**STACK, "access": {"okta": {"default": ["remote___whatever", "remote"]}}})


def test_a_scope_that_tokens_do_not_have_is_said_so() -> None:
    client = {"oidc": entra(customClaims=[{"name": "azp", "equals": "app-1"}])["oidc"]}
    stack = {
        **STACK,
        **entra(),
        **client,
        "access": {"entra": {"app-1": [{"scope": "Orders.Read", "tools": ["echo"]}]}},
    }
    assert "no scopes that Cedar could see" in mistakes(stack)["access.entra.app-1[0].scope"]


def test_the_clients_of_an_existing_issuer_are_those_in_its_lists() -> None:
    pinned = {**STACK, **entra(customClaims=[{"name": "azp", "equals": "app-1"}])}
    loaded({**pinned, "access": {"entra": {"app-1": ["echo"]}}})
    assert "valid: app-1" in mistakes({**pinned, "access": {"entra": {"app-2": ["echo"]}}})["access.entra.app-2"]
    open_to_all = {**STACK, **entra(allowedAudience=["api://orders"])}
    loaded({**open_to_all, "access": {"entra": {"any-id": ["echo"]}}})


def test_an_issuer_called_policies_cannot_have_access() -> None:
    issuer = {"discoveryUrl": ISSUER, "allowedAudience": ["x"]}
    stack = {**STACK, "oidc": {"policies": issuer}, "access": {"okta": {"default": ["echo"]}}}
    assert list(mistakes(stack)) == ["oidc.policies"]


def test_own_policies_go_to_the_gateways_that_they_name(tmp_path: Path) -> None:
    arn = "arn:aws:bedrock-agentcore:us-west-2:123456789012:gateway/demo-okta-0123456789"
    (tmp_path / "cheap.cedar").write_text(
        GET_CHEAP.format("demo-cognito", "context.input has n && context.input.n < 5")
        + GET_CHEAP.format(arn, 'principal.hasTag("cid")')
    )
    (tmp_path / "all.cedar").write_text("forbid(principal, action, resource is AgentCore::Gateway) when { 1 == 2 };")
    stack = {**STACK, "targets": [TARGETS[0], TARGETS[1]], "access": {"policies": ["cheap.cedar", "all.cedar"]}}
    settings = loaded(stack, tmp_path)
    own = {provider: settings.access_to(provider) for provider in ("cognito", "auth0", "okta")}
    assert {provider: sorted(found.own) for provider, found in own.items() if found} == {
        "cognito": ["all_1", "cheap_1"],
        "auth0": ["all_1"],
        "okta": ["all_1", "cheap_2"],
    }


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("permit(", "is not Cedar"),
        (GET_CHEAP.format("demo-cogito", "true"), "no gateway 'demo-cogito' in this stack; valid: demo-cognito"),
        (GET_CHEAP.format("demo-cognito", "context.input.m < 5"), "`input.m`"),
        (GET_CHEAP.format("demo-cognito", "true").replace("___get", "___gte"), "unrecognized action"),
        (
            GET_CHEAP.format("demo-cognito", 'principal.hasTag("cid")'),
            "no cid in tokens of cognito: the client is in cli",
        ),
        (
            GET_CHEAP.format("demo-okta", 'principal.hasTag("scope")'),
            "no scope in tokens of okta: the scopes are in scp",
        ),
    ],
)
def test_own_policies_are_validated_before_anything_is_deployed(tmp_path: Path, text: str, sentence: str) -> None:
    (tmp_path / "own.cedar").write_text(text)
    stack = {**STACK, "targets": TARGETS[:2], "access": {"policies": ["own.cedar"]}}
    assert sentence in mistakes(stack, tmp_path)["access.policies[0]"]


def test_a_statement_that_aws_would_not_take_is_refused() -> None:
    many = [{**TOOLS[0], "name": f"{number:03}{'x' * 40}"} for number in range(160)]
    target = {**TARGETS[0], "tools": many}
    names = [f"orders___{tool['name']}" for tool in many]
    found = mistakes({**STACK, "targets": [target], "access": {"okta": {"default": [{"tools": names}]}}})
    assert "AWS takes 35 to 10,000; name targets instead" in found["access.okta.default"]
