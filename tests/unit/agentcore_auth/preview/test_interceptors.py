"""What a report says of functions that see a gateway's requests, which may refuse them."""

from __future__ import annotations

from typing import Any

import pytest

from agentcore_auth.preview.document import Hidden, Text
from agentcore_auth.preview.json_report import as_document
from agentcore_auth.preview.markdown import render
from agentcore_auth.resource_types import GATEWAY
from tests.unit.stored_previews import UNKNOWN, Document, gateway_of, impact_of, stored, with_inputs

NAME = "demo-cognito"
CHECK, REDACT = (f"arn:aws:lambda:us-west-2:123456789012:function:{name}" for name in ("check", "redact"))


def interceptor(arn: str, *points: str) -> dict[str, Any]:
    return {"interceptor": {"lambda": {"arn": arn}}, "interceptionPoints": list(points)}


def change(before: Any, after: Any) -> Document:
    """The preview of a gateway whose interceptors change like this."""
    document = with_inputs(stored(), GATEWAY, NAME, interceptorConfigurations=after)
    for step in document["steps"]:
        if step["urn"].endswith(f"{GATEWAY}::{NAME}"):
            step["oldState"]["inputs"]["interceptorConfigurations"] = before
    return document


@pytest.mark.parametrize(
    ("before", "after", "added", "removed"),
    [
        (None, [interceptor(CHECK, "REQUEST")], [CHECK], []),
        ([interceptor(CHECK, "REQUEST", "RESPONSE")], [], [], [CHECK]),
        ([interceptor(CHECK, "REQUEST")], [interceptor(REDACT, "REQUEST")], [REDACT], [CHECK]),
        ([interceptor(CHECK, "REQUEST")], [interceptor(CHECK, "REQUEST", "RESPONSE")], [], []),
        ([interceptor(CHECK, "RESPONSE")], [interceptor(CHECK, "REQUEST")], [CHECK], []),
        (None, [interceptor(CHECK, "RESPONSE")], [], []),
        (None, UNKNOWN, [Hidden.AT_DEPLOYMENT], []),
        (None, [interceptor(UNKNOWN, "REQUEST")], [Hidden.AT_DEPLOYMENT], []),
    ],
)
def test_names_the_functions_that_requests_pass(
    before: Any, after: Any, added: list[Text], removed: list[Text]
) -> None:
    found = gateway_of(impact_of(change(before, after)), NAME).interceptors
    assert (list(found.added), list(found.removed)) == (added, removed)


def test_what_a_new_one_refuses_is_not_known() -> None:
    found = impact_of(change(None, [interceptor(CHECK, "REQUEST")]))
    assert f"- **`{CHECK}` sees every request from now on**: what it refuses does not show here" in render(found)
    assert (found.breaches(["unknown"]), found.breaches(["widen"])) == (["unknown"], [])


def test_without_one_calls_pass_that_it_refused() -> None:
    found = impact_of(change([interceptor(CHECK, "REQUEST")], None))
    assert f"- **`{CHECK}` no longer sees requests**: what it refused is let through" in render(found)
    assert (found.breaches(["unknown"]), found.breaches(["widen"])) == ([], ["widen"])
    document: Any = as_document(found, [])
    told = next(each for each in document["gateways"] if each["name"] == NAME)
    assert told["interceptors"] == {"added": [], "removed": [CHECK]}
