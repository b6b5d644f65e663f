"""What a report says of functions that see a gateway's requests and answers, which may refuse them."""

from __future__ import annotations

from typing import Any

import pytest

from agentcore_auth.preview.document import Hidden, Text
from agentcore_auth.preview.impact import GATES
from agentcore_auth.preview.interceptors import Seen
from agentcore_auth.preview.json_report import as_document
from agentcore_auth.preview.markdown import render
from agentcore_auth.preview.picture import picture
from agentcore_auth.resource_types import GATEWAY
from tests.unit.stored_previews import UNKNOWN, Document, gateway_of, impact_of, stored, with_inputs

NAME = "demo-cognito"
CHECK, REDACT = (f"arn:aws:lambda:us-west-2:123456789012:function:{name}" for name in ("check", "redact"))


def interceptor(arn: str, *points: str, headers: bool = False) -> dict[str, Any]:
    return {
        "interceptor": {"lambda": {"arn": arn}},
        "interceptionPoints": list(points),
        "inputConfiguration": {"passRequestHeaders": headers},
    }


def change(before: Any, after: Any) -> Document:
    """The preview of a gateway whose interceptors change like this."""
    document = with_inputs(stored(), GATEWAY, NAME, interceptorConfigurations=after)
    for step in document["steps"]:
        if step["urn"].endswith(f"{GATEWAY}::{NAME}"):
            step["oldState"]["inputs"]["interceptorConfigurations"] = before
    return document


REQUESTS, ANSWERS, HEADERS = Seen


@pytest.mark.parametrize(
    ("before", "after", "changes"),
    [
        (None, [interceptor(CHECK, "REQUEST")], [(CHECK, REQUESTS, "added")]),
        (
            [interceptor(CHECK, "REQUEST", "RESPONSE")],
            [],
            [(CHECK, REQUESTS, "gone"), (CHECK, ANSWERS, "gone")],
        ),
        (
            [interceptor(CHECK, "REQUEST")],
            [interceptor(REDACT, "REQUEST")],
            [(REDACT, REQUESTS, "added"), (CHECK, REQUESTS, "gone")],
        ),
        (
            [interceptor(CHECK, "REQUEST")],
            [interceptor(CHECK, "REQUEST", "RESPONSE")],
            [(CHECK, ANSWERS, "added")],
        ),
        (
            [interceptor(CHECK, "RESPONSE")],
            [interceptor(CHECK, "REQUEST")],
            [(CHECK, REQUESTS, "added"), (CHECK, ANSWERS, "gone")],
        ),
        (
            [interceptor(CHECK, "REQUEST"), interceptor(REDACT, "RESPONSE")],
            [interceptor(REDACT, "RESPONSE")],
            [(CHECK, REQUESTS, "gone")],
        ),
        ([interceptor(CHECK, "REQUEST")], [interceptor(CHECK, "REQUEST", headers=True)], [(CHECK, HEADERS, "added")]),
        (None, UNKNOWN, [(Hidden.AT_DEPLOYMENT, REQUESTS, "added")]),
        (None, [interceptor(UNKNOWN, "REQUEST")], [(Hidden.AT_DEPLOYMENT, REQUESTS, "added")]),
    ],
)
def test_names_what_functions_see_from_now_on_and_no_longer(
    before: Any, after: Any, changes: list[tuple[Text, Seen, str]]
) -> None:
    found = gateway_of(impact_of(change(before, after)), NAME)
    assert [(each.function, each.sees, said) for each, said in found.interceptors] == changes
    assert found.values == ()  # each is told once
    assert not found.concerns_nobody


@pytest.mark.parametrize(
    ("before", "after", "told", "gates"),
    [
        ("", "REQUEST", "sees every request from now on**: what it refuses does not show here", ["unknown"]),
        ("REQUEST", "", "no longer sees requests**: what it refused is let through", ["widen"]),
        ("", "RESPONSE", "sees every answer from now on**: what it withholds does not show here", []),
        ("RESPONSE", "", "no longer sees answers**: what it withheld reaches callers", []),
    ],
)
def test_says_what_may_be_refused_from_now_on_or_no_longer(
    before: str, after: str, told: str, gates: list[str]
) -> None:
    was, now = ([interceptor(CHECK, point)] if point else [] for point in (before, after))
    found = impact_of(change(was, now))
    assert f"- **`{CHECK}` {told}" in render(found).splitlines()
    assert found.breaches(GATES) == gates


def test_a_function_that_sees_tokens_is_told_as_such() -> None:
    found = impact_of(change([interceptor(CHECK, "REQUEST")], [interceptor(CHECK, "REQUEST", headers=True)]))
    assert f"- **`{CHECK}` sees headers from now on**, and so the callers' tokens" in render(found).splitlines()
    document: Any = as_document(found, [])
    told = next(each for each in document["gateways"] if each["name"] == NAME)
    assert told["interceptors"] == [{"function": CHECK, "sees": "headers", "change": "added"}]


def test_the_picture_shows_them_behind_the_gateway() -> None:
    drawn = picture(impact_of(change([interceptor(CHECK, "REQUEST")], [interceptor(UNKNOWN, "RESPONSE")]))).splitlines()
    assert 'g0f0{{"known at deployment<br>added"}}:::added' in drawn
    assert "g0 -->|answers| g0f0" in drawn
    assert 'g0f1{{"check<br>gone"}}:::gone' in drawn
    assert "g0 --x|requests| g0f1" in drawn
