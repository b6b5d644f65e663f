"""What the report says of tools: who gains and who loses them by a gateway's policies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from agentcore_auth.access.rules import IamCallers, Rule, TokenClaims, statement
from agentcore_auth.authorizer.model import Authorizer
from agentcore_auth.preview.access import AccessChange, ToolChange, access_change
from agentcore_auth.preview.document import Hidden, Resource, Text
from agentcore_auth.preview.gateways import Client, Gateway
from agentcore_auth.preview.impact import GatewayImpact, Impact
from agentcore_auth.preview.json_report import as_document
from agentcore_auth.preview.markdown import render
from agentcore_auth.preview.verdicts import ExpectedChange

ARN = "arn:aws:bedrock-agentcore:us-west-2:123456789012:gateway/demo-cognito-0123456789"
CLAIMS = TokenClaims(("client_id",), "scope")
ORDERS = {"lambda": {"toolSchema": {"inlinePayloads": [{"name": "get"}, {"name": "put"}]}}}
REMOTE = {"mcpServer": {"endpoint": "https://mcp.example.com/mcp"}}
TARGETS = {"orders": ORDERS, "remote": REMOTE}
READING = Rule("agent", ("orders___get", "remote"))
WRITING = Rule("agent", ("orders___put",), "demo/write")


def resource(name: str, /, **inputs: Any) -> Resource:
    return Resource(f"urn:pulumi:test::agentcore-auth::type::{name}", "type", "", inputs, name, {})


def gateway(
    *rules: Rule,
    mode: str | None = "ENFORCE",
    targets: Mapping[str, Any] = TARGETS,
    scopes: tuple[str, ...] = ("demo/read", "demo/write"),
    clients: Mapping[str, Text] | None = None,
    existing: tuple[str, ...] = (),
    arn: str = ARN,
    hidden: tuple[Rule, ...] = (),
    known_by: TokenClaims | IamCallers = CLAIMS,
) -> Gateway:
    """A gateway with the policies of these rules; those of `hidden` do not show their text."""
    ids = clients or {"agent": "id-agent"}

    def text(rule: Rule) -> Text:
        if rule in hidden:
            return Hidden.AT_DEPLOYMENT
        return statement(rule, known_by, str(ids.get(rule.client, rule.client)), arn)

    engine = {"policyEngineConfiguration": {"arn": Hidden.AT_DEPLOYMENT, "mode": mode}} if mode else {}
    return Gateway(
        resource("demo-cognito", **engine),
        "Cognito",
        Authorizer[Text]("https://issuer.example/.well-known/openid-configuration", (), (*ids.values(), *existing)),
        frozenset(),
        {name: Client(name, id_, {"client_id": id_, "scope": list(scopes)}) for name, id_ in ids.items()},
        {name: resource(name, targetConfiguration={"mcp": tools}) for name, tools in targets.items()},
        {
            rule.name: resource(
                rule.name, name=rule.name, description=rule.description, definition={"cedar": {"statement": text(rule)}}
            )
            for rule in (*rules, *hidden)
        },
    )


def change(before: Gateway, after: Gateway) -> AccessChange:
    found = access_change(before, after)
    assert found
    return found


def test_without_policies_there_is_nothing_to_tell() -> None:
    assert access_change(gateway(mode=None), gateway(mode=None)) is None
    assert access_change(None, gateway(READING)) is None
    assert access_change(gateway(READING), None) is None
    assert not change(gateway(READING), gateway(READING)).is_any


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (gateway(READING), gateway(READING, WRITING), ToolChange("agent", ("orders___put",))),
        (gateway(READING, WRITING), gateway(READING), ToolChange("agent", (), ("orders___put",))),
        (
            gateway(READING),
            gateway(Rule("agent", ("orders___put",))),
            ToolChange("agent", ("orders___put",), ("orders___get", "remote___…")),
        ),
        # what the policy asks for is in no token
        (gateway(READING), gateway(READING, WRITING, scopes=("demo/read",)), None),
        (gateway(READING, WRITING, scopes=()), gateway(READING, WRITING, scopes=("demo/read",)), None),
        # what the policy asks for is in tokens no longer, or from now on
        (gateway(READING, WRITING), gateway(READING, WRITING, scopes=()), ToolChange("agent", (), ("orders___put",))),
        (gateway(READING, WRITING, scopes=()), gateway(READING, WRITING), ToolChange("agent", ("orders___put",))),
        # from nothing to policies, and back
        (gateway(mode=None), gateway(READING), ToolChange("agent", (), ("orders___put",))),
        (gateway(READING), gateway(mode=None), ToolChange("agent", ("orders___put",))),
        (gateway(READING), gateway(READING, mode="LOG_ONLY"), ToolChange("agent", ("orders___put",))),
        (gateway(READING, mode="LOG_ONLY"), gateway(READING), ToolChange("agent", (), ("orders___put",))),
        # one tool of a server that does not show its tools
        (
            gateway(READING),
            gateway(Rule("agent", ("orders___get", "remote___look"))),
            ToolChange("agent", (), ("remote___…",)),
        ),
        # targets that come or go are told elsewhere
        (gateway(READING, targets={"orders": ORDERS}), gateway(READING), None),
        (gateway(READING), gateway(READING, targets={"remote": REMOTE}), None),
        # another gateway of the same policies
        (gateway(READING), gateway(hidden=(READING,)), None),
        (gateway(READING), gateway(READING, arn=ARN.replace("demo", "other")), None),
    ],
)
def test_tells_who_gains_and_who_loses_which_tool(before: Gateway, after: Gateway, told: ToolChange | None) -> None:
    assert change(before, after).callers == ((told,) if told else ())


def test_a_scope_that_does_not_show_takes_no_tool_away() -> None:
    """Okta's tokens list scopes, of which the deployment may make one."""
    claims = TokenClaims(("client_id",), "scp", scopes_are_listed=True)

    def listing(*scopes: Text) -> Gateway:
        client = Client("agent", "id-agent", {"client_id": "id-agent", "scp": list(scopes)})
        return replace(gateway(READING, WRITING, known_by=claims), clients={"agent": client})

    assert change(listing("demo/write"), listing(Hidden.AT_DEPLOYMENT)).callers == ()
    assert change(listing("demo/write"), listing("demo/read")).callers == (ToolChange("agent", (), ("orders___put",)),)


def test_tells_whether_policies_decide() -> None:
    assert [change(gateway(mode=None), gateway()).decided, change(gateway(mode=None), gateway()).decides] == [
        False,
        True,
    ]
    assert change(gateway(), gateway(mode="LOG_ONLY")).is_any


def test_an_existing_application_is_known_by_its_id() -> None:
    rule = Rule("id-other", ("orders___get",))
    found = change(gateway(READING, existing=("id-other",)), gateway(READING, rule, existing=("id-other",)))
    assert found.callers == (ToolChange("id-other", ("orders___get",)),)


@pytest.mark.parametrize(
    "caller",
    [
        "arn:aws:iam::123456789012:user/clerk",
        "arn:aws:iam::123456789012:role/agents/shop",
        "arn:aws:iam::123456789012:role/shop-*",
    ],
)
def test_a_caller_who_signs_is_told_by_the_arn(caller: str) -> None:
    signers = IamCallers()
    reading, more = Rule(caller, ("orders___get",)), Rule(caller, ("orders",))
    before, after = gateway(reading, known_by=signers), gateway(more, known_by=signers)
    assert change(before, after).callers == (ToolChange(caller, ("orders___put",)),)
    assert change(after, gateway(known_by=signers)).callers == (
        ToolChange(caller, (), ("orders___get", "orders___put")),
    )


def test_a_policy_for_a_client_that_is_still_to_be_made_is_told_in_its_own_words() -> None:
    new = Rule("new", ("orders",))
    clients: dict[str, Text] = {"agent": "id-agent", "new": Hidden.AT_DEPLOYMENT}
    found = change(gateway(READING), gateway(READING, clients=clients, hidden=(new,)))
    assert (found.callers, found.to_come) == ((), ("new may call every tool of orders",))


def test_a_policy_that_changes_with_its_gateway_is_not_known() -> None:
    changed = Rule("agent", ("orders___put",))
    found = change(gateway(READING), gateway(hidden=(changed,)))
    assert found.callers == (ToolChange("agent", is_unknown=True),)
    assert found.to_come == ("agent may call orders___put",)


def impact_of(before: Gateway, after: Gateway) -> Impact:
    told = GatewayImpact(
        "demo-cognito", ExpectedChange.STAYS, before, after, (), (), (), (), (), access_change(before, after)
    )
    return Impact("test", (told,), ())


@pytest.mark.parametrize(
    ("before", "after", "gates", "words"),
    [
        (gateway(READING), gateway(READING), [], ["concerns no caller"]),
        (
            gateway(READING, WRITING),
            gateway(READING),
            ["lockout"],
            ["**1 caller loses tools.**", "- **`agent` loses tools**: `orders___put`"],
        ),
        (gateway(READING), gateway(READING, WRITING), ["widen"], ["- `agent` gains tools: `orders___put`"]),
        (
            gateway(mode=None),
            gateway(READING),
            ["lockout"],
            ["**policies decide from now on** who may call which tool"],
        ),
        (
            gateway(READING),
            gateway(mode=None),
            ["widen"],
            ["**policies no longer refuse calls**"],
        ),
        (
            gateway(READING),
            gateway(hidden=(Rule("agent", ("orders___put",)),)),
            ["unknown"],
            ["which tools `agent` may call is known at deployment", "new policy: `agent may call orders___put`"],
        ),
    ],
)
def test_the_report_has_words_and_gates_for_it(
    before: Gateway, after: Gateway, gates: list[str], words: list[str]
) -> None:
    found = impact_of(before, after)
    assert found.breaches(["lockout", "widen", "unknown"]) == gates
    text = render(found)
    for each in words:
        assert each in text


def test_the_document_has_the_tools_of_every_caller() -> None:
    document: Any = as_document(impact_of(gateway(READING), gateway(READING, WRITING)), [])
    assert document["gateways"][0]["access"] == {
        "policiesDecide": {"before": True, "after": True},
        "callers": [{"name": "agent", "gains": ["orders___put"], "loses": []}],
        "newPolicies": [],
    }
