"""Previews of a stack with all four kinds of providers, as the `pulumi` CLI printed them.

`data/previews/unchanged.json` is the stack previewed without a change; every other file there holds the steps that a
change made different. What no test looks at was left out (positions in the source, most outputs), and so were the new
states of unchanged resources, which repeat the inputs of the old ones.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from agentcore_auth.preview.document import read
from agentcore_auth.preview.impact import GatewayImpact, Impact, impact
from agentcore_auth.preview.verdicts import Caller
from agentcore_auth.resource_types import GATEWAY

FOLDER = Path(__file__).parent / "data" / "previews"
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
CHANGES = sorted(path.stem for path in FOLDER.glob("*.json") if path.stem != "unchanged")

ISSUERS_GATEWAY = "demo-issuer"

Document = dict[str, Any]


def stored(change: str = "unchanged") -> Document:
    """The preview of a change, complete."""
    document: Document = json.loads((FOLDER / "unchanged.json").read_text())
    steps = {step["urn"]: step | {"newState": _made_anew(step["oldState"])} for step in document["steps"]}
    if change != "unchanged":
        changed: Document = json.loads((FOLDER / f"{change}.json").read_text())
        steps |= {step["urn"]: step for step in changed["steps"]}
    return summed_up(document, steps)


def created() -> Document:
    """The first preview of the same stack: everything is new, and what others make is not known yet."""
    document = stored()
    made = {
        output
        for step in document["steps"]
        for output in (step["oldState"].get("id"), *step["oldState"].get("outputs", {}).values())
        if isinstance(output, str)
        and len(output) > 8
        and output not in step["oldState"].get("inputs", {}).values()  # what was asked for is known before
    }
    steps: dict[str, Any] = {}
    for step in document["steps"]:
        state = _made_anew(step["oldState"])
        state["inputs"] = _hidden(state.get("inputs", {}), made)
        steps[step["urn"]] = {"op": "create", "urn": step["urn"], "newState": state}
    return summed_up(document, steps)


def replaced(document: Document, kind: str, name: str, /, **inputs: Any) -> Document:
    """The preview with one resource replaced, for the sake of these inputs."""
    steps = {step["urn"]: step for step in document["steps"]}
    step = steps[_urn(document, kind, name)]
    state = {**step["newState"], "inputs": {**step["newState"]["inputs"], **inputs}}
    steps[step["urn"]] = {**step, "op": "replace", "newState": state, "replaceReasons": list(inputs)}
    return summed_up(document, steps)


def with_authorizer(document: Document, gateway: str, /, **lists: Any) -> Document:
    """The preview with other lists in a gateway's new authorizer; None leaves one out."""
    steps = {step["urn"]: step for step in document["steps"]}
    step = json.loads(json.dumps(steps[_urn(document, GATEWAY, gateway)]))
    inputs = step["newState"]["inputs"]["authorizerConfiguration"]["customJwtAuthorizer"]
    inputs |= lists
    steps[step["urn"]] = {**step, "op": "update", "diffReasons": ["authorizerConfiguration"]}
    return summed_up(document, steps)


def between(before: dict[str, Any], after: dict[str, Any]) -> Document:
    """The preview of a gateway at an existing issuer whose authorizer (as the API spells it) changes like this."""
    document = with_authorizer(stored(), ISSUERS_GATEWAY)
    for step in document["steps"]:
        if step["urn"].endswith(f"{GATEWAY}::{ISSUERS_GATEWAY}"):
            step["oldState"]["inputs"]["authorizerConfiguration"] = {"customJwtAuthorizer": _plugin_names(before)}
            step["newState"]["inputs"]["authorizerConfiguration"] = {"customJwtAuthorizer": _plugin_names(after)}
    return document


def _plugin_names(authorizer: dict[str, Any]) -> dict[str, Any]:
    return {("allowedAudiences" if key == "allowedAudience" else key): value for key, value in authorizer.items()}


def with_inputs(document: Document, kind: str, name: str, /, **inputs: Any) -> Document:
    """The preview with other inputs in a resource's new state."""
    steps = {step["urn"]: step for step in document["steps"]}
    step = steps[_urn(document, kind, name)]
    state = {**step["newState"], "inputs": {**step["newState"]["inputs"], **inputs}}
    steps[step["urn"]] = {**step, "op": "update", "newState": state, "diffReasons": list(inputs)}
    return summed_up(document, steps)


def deleted(document: Document, kind: str, name: str) -> Document:
    """The preview with one resource deleted."""
    steps = {step["urn"]: step for step in document["steps"]}
    urn = _urn(document, kind, name)
    steps[urn] = {"op": "delete", "urn": urn, "oldState": steps[urn]["oldState"]}
    return summed_up(document, steps)


def without(document: Document, *urn_parts: str) -> Document:
    """The preview of a stack that never had the resources with such a part in their URN."""
    steps = {step["urn"]: step for step in document["steps"] if not any(part in step["urn"] for part in urn_parts)}
    return summed_up(document, steps)


def impact_of(document: Document) -> Impact:
    return impact(read(json.dumps(document)))


def gateway_of(found: Impact, name: str) -> GatewayImpact:
    return next(gateway for gateway in found.gateways if gateway.name == name)


def caller_of(found: Impact, gateway: str, name: str) -> Caller:
    return next(caller for caller in gateway_of(found, gateway).callers if caller.name == name)


def summed_up(document: Document, steps: dict[str, Any]) -> Document:
    """A preview of these steps, with the count that the CLI adds."""
    operations = [step["op"] for step in steps.values()]
    summary = {operation: operations.count(operation) for operation in operations}
    return {**document, "steps": list(steps.values()), "changeSummary": summary}


def _urn(document: Document, kind: str, name: str) -> str:
    return next(step["urn"] for step in document["steps"] if step["urn"].endswith(f"{kind}::{name}"))


def _made_anew(state: Document) -> Document:
    return {key: value for key, value in state.items() if key not in {"id", "outputs"}}


def _hidden(value: Any, made: set[str]) -> Any:
    if isinstance(value, dict):
        return {key: _hidden(item, made) for key, item in value.items()}
    if isinstance(value, list):
        return [_hidden(item, made) for item in value]
    return UNKNOWN if isinstance(value, str) and any(each in value for each in made) else value
