"""A preview as a JSON document, as `pulumi preview --json --show-sames` prints it (Pulumi's `pkg/display/json.go`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sandbox.engine.state import Resource
    from sandbox.engine.steps import Event, Result, Step


def preview_digest(result: Result) -> dict[str, Any]:
    """What a preview found, with `[secret]` for secrets and the protocol's mark for what is unknown; duration in ns."""
    document = {
        "config": result.config,
        "steps": [_step(step) for step in result.steps],
        "diagnostics": [_diagnostic(event) for event in result.messages],
        "duration": int(result.seconds * 1e9),
        "changeSummary": result.changes,
    }
    return {key: value for key, value in document.items() if value}


def _step(step: Step) -> dict[str, Any]:
    diff = step.diff
    document = {
        "op": step.op,
        "urn": step.urn,
        "provider": step.resource.provider,
        "oldState": _state(step.old),
        "newState": _state(step.new),
        "diffReasons": list(diff.keys) if diff else None,
        "replaceReasons": list(diff.replace_keys) if diff else None,
    }
    return {key: value for key, value in document.items() if value} | {"detailedDiff": diff.detailed if diff else None}


def _state(resource: Resource | None) -> dict[str, Any] | None:
    return resource.to_json(lambda _: "[secret]") if resource else None


def _diagnostic(event: Event) -> dict[str, str]:
    prefix = "" if event.severity == "info" else f"{event.severity}: "
    return {"message": f"{prefix}{event.message}\n", "severity": event.severity}
