"""What is not a preview of this program is refused in one line that says why, and what to do."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentcore_auth.preview.document import Hidden, PreviewError, read
from agentcore_auth.preview.impact import impact
from agentcore_auth.resource_types import GATEWAY
from tests.unit.stored_previews import UNKNOWN, stored, with_authorizer

TEXT = json.dumps(stored("realistic"))
SAME = [step for step in stored()["steps"] if step["op"] == "same"]


def edited(**keys: Any) -> str:
    return json.dumps({**stored(), **keys})


def step_with(**keys: Any) -> str:
    first, *others = stored()["steps"]
    return edited(steps=[{**first, **keys}, *others])


# Each row: the text, and what its refusal says.
REFUSED: list[tuple[str, str]] = [
    ("", "empty"),
    ("  \n", "empty"),
    ("Previewing update (dev):\n", "not JSON"),
    ("[]", "no list of steps"),
    ('"text"', "no list of steps"),
    ("null", "no list of steps"),
    ('{"version": 3, "deployment": {"resources": []}}', "no list of steps"),
    ('{"steps": {}}', "no list of steps"),
    ('{"steps": []}', "another program"),
    ('{"steps": [1]}', "a step has to be an object"),
    ('{"steps": [{}]}', "no urn or no op"),
    ('{"steps": [{"op": "same", "urn": "bucket"}]}', "no urn or no op"),
    ('{"steps": [{"op": 1, "urn": "urn:pulumi:a::b::c::d"}]}', "no urn or no op"),
    (TEXT[: len(TEXT) // 2], "cut off"),
    (TEXT[:-1], "cut off"),
    (TEXT + TEXT, "stream"),
    ("[" * 100_000, "deeper"),
    (edited(steps=[], changeSummary={"same": 54}), "--show-sames"),
    (edited(steps=[step for step in stored("realistic")["steps"] if step["op"] != "same"]), "--show-sames"),
    (edited(changeSummary=[]), "changeSummary has to be an object"),
    (edited(diagnostics=[{"severity": "error", "message": "error: no\nway\n"}]), "the preview failed"),
    (edited(diagnostics="no"), "diagnostics has to be a list"),
    (step_with(oldState=[]), "a state has to be an object"),
    (step_with(newState={"inputs": "none"}), "inputs has to be an object"),
    (step_with(newState={"propertyDependencies": []}), "propertyDependencies has to be an object"),
    (json.dumps(with_authorizer(stored(), "demo-cognito", allowedScopes="read")), "has to be a list"),
    (json.dumps(with_authorizer(stored(), "demo-cognito", allowedScopes=[1])), "has to be a text"),
    (json.dumps(with_authorizer(stored(), "demo-cognito", allowedScopes=["a b"])), "AWS would refuse"),
    (json.dumps(with_authorizer(stored(), "demo-cognito", discoveryUrl=None)), "discoveryUrl has to be a text"),
    (json.dumps(with_authorizer(stored(), "demo-okta", customClaims=[{}])), "AWS would refuse"),
]


@pytest.mark.parametrize(("text", "says"), REFUSED, ids=[says for _, says in REFUSED])
def test_what_is_no_preview_is_refused_in_one_line(text: str, says: str) -> None:
    with pytest.raises(PreviewError) as refusal:
        impact(read(text))
    assert says in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_a_preview_of_another_program_is_refused() -> None:
    state = {"type": "aws:s3/bucket:Bucket", "inputs": {}}
    urn = "urn:pulumi:dev::website::aws:s3/bucket:Bucket::pages"
    document = {"steps": [{"op": "create", "urn": urn, "newState": state}], "changeSummary": {"create": 1}}
    with pytest.raises(PreviewError, match="another program"):
        read(json.dumps(document))


def test_the_failure_of_a_preview_is_told_in_its_own_words() -> None:
    message = "error: The stack's configuration has a mistake:\n  targets: is empty\n"
    with pytest.raises(PreviewError, match="configuration has a mistake: targets: is empty"):
        read(edited(diagnostics=[{"severity": "error", "message": message}]))


def test_warnings_do_not_stop_the_report() -> None:
    assert read(edited(diagnostics=[{"severity": "warning", "message": "beware"}])).stack == "dev"


@pytest.mark.parametrize("configuration", [None, {}, UNKNOWN])
def test_a_gateway_without_authorizer_is_refused(configuration: object) -> None:
    document = stored()
    step = next(each for each in document["steps"] if each["urn"].endswith(f"{GATEWAY}::demo-cognito"))
    step["newState"]["inputs"]["authorizerConfiguration"] = configuration
    with pytest.raises(PreviewError, match="gateway demo-cognito"):
        impact(read(json.dumps(document)))


def test_what_the_preview_does_not_show_is_marked() -> None:
    document = with_authorizer(stored(), "demo-cognito", allowedClients=[UNKNOWN, "[secret]", "known"])
    urn = next(step["urn"] for step in document["steps"] if step["urn"].endswith(f"{GATEWAY}::demo-cognito"))
    inputs = read(json.dumps(document)).after.resources[urn].inputs
    clients = inputs["authorizerConfiguration"]["customJwtAuthorizer"]["allowedClients"]
    assert clients == [Hidden.AT_DEPLOYMENT, Hidden.SECRET, "known"]


def test_the_halves_of_a_replacement_are_no_changes_of_their_own() -> None:
    document = stored()
    step = document["steps"][3]
    halves = [{**step, "op": operation} for operation in ("create-replacement", "delete-replaced")]
    assert len(read(json.dumps({**document, "steps": [*document["steps"], *halves]})).changes) == len(SAME)


@settings(max_examples=60)
@given(st.integers(min_value=0, max_value=len(TEXT) - 1))
def test_a_preview_cut_off_anywhere_is_refused(end: int) -> None:
    with pytest.raises(PreviewError):
        read(TEXT[:end])


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=4,
)


@settings(max_examples=120)
@given(st.randoms(use_true_random=False), JUNK)
def test_a_preview_with_anything_in_any_place_is_read_or_refused(random: Any, junk: object) -> None:
    document = json.loads(TEXT)
    place: Any = document
    while True:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        key = random.choice(keys)
        inner = place[key]
        if not isinstance(inner, dict | list) or not inner or random.random() < 0.2:
            break
        place = inner
    place[key] = junk
    with contextlib.suppress(PreviewError):
        impact(read(json.dumps(document)))
