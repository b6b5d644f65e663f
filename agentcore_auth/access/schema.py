"""The Cedar schema of a gateway, as AgentCore makes it from the gateway's tools.

Source: AgentCore developer guide, "policy-schema-constraints": each tool is an action below its target, `context.input`
has its arguments, the caller's claims are tags.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from agentcore_auth.access.rules import SEPARATOR
from agentcore_auth.documents.reading import Tool

_NAMESPACE = "AgentCore"
_SCALARS: Mapping[str, dict[str, Any]] = {
    "string": {"type": "String"},
    "integer": {"type": "Long"},
    "boolean": {"type": "Boolean"},
    "number": {"type": "Extension", "name": "decimal"},
}


def schema(tools: Mapping[str, Sequence[Tool] | None], principals: Sequence[str] = ("OAuthUser",)) -> dict[str, Any]:
    """The schema, as JSON, of a gateway with these tools by their targets; None where a target's are not known.

    `principals` are the types of its callers.
    """
    actions: dict[str, Any] = {"Mcp": {}, "CallTool": _below("Mcp")}
    for target, known in tools.items():
        actions[target] = _below("CallTool")
        # Of a target whose tools only its server knows, one stands for all: the target is to be no empty group.
        for tool in known if known is not None else [Tool("…", "", {})]:
            context = {"input": _type_of(tool.input_schema) or _record({})}
            actions[f"{target}{SEPARATOR}{tool.name}"] = {
                **_below(target),
                "appliesTo": {
                    "principalTypes": list(principals),
                    "resourceTypes": ["Gateway"],
                    "context": _record(context),
                },
            }
    identified = {"shape": _record({"id": {"type": "String"}})}
    types = {"OAuthUser": {**identified, "tags": {"type": "String"}}, "IamEntity": identified, "Gateway": {}}
    return {_NAMESPACE: {"entityTypes": types, "actions": actions}}


def _below(group: str) -> dict[str, Any]:
    return {"memberOf": [{"id": group}]}


def _record(attributes: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "Record", "attributes": dict(attributes)}


def _type_of(schema: Mapping[str, Any]) -> dict[str, Any] | None:
    """The Cedar type of a JSON schema; None for one that has no counterpart: a policy cannot look at such a value."""
    kind = schema.get("type")
    if isinstance(kind, str) and kind in _SCALARS:
        return dict(_SCALARS[kind])
    if kind == "array":
        element = _type_of(schema.get("items") or {})
        return element and {"type": "Set", "element": element}
    if kind == "object":
        required = schema.get("required") or ()
        properties: Mapping[str, Mapping[str, Any]] = schema.get("properties") or {}
        found = {name: _type_of(inner) for name, inner in properties.items()}
        return _record({name: {**kind, "required": name in required} for name, kind in found.items() if kind})
    return None
