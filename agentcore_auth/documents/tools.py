"""Tool schemas of Lambda targets: a JSON list of tools, each with name, description, inputSchema and outputSchema.

The subset of JSON schema is AgentCore's own (botocore, bedrock-agentcore-control, SchemaDefinition): type, description,
properties, required, items. Everything else would be dropped or refused when the target is made.
"""

from __future__ import annotations

from agentcore_auth.documents.documents import (
    TOOLS_PER_TARGET,
    Findings,
    Json,
    Path,
    Tool,
    is_list,
    is_object,
    kind_of,
    parse_json,
    tool_name_problem,
)

SCHEMA_TYPES = ("string", "number", "object", "array", "boolean", "integer")
SCHEMA_KEYS = ("type", "description", "properties", "required", "items")
_TOOL_KEYS = ("name", "description", "inputSchema", "outputSchema")


def parse(text: str, source: str, *, target: str = "") -> tuple[Tool, ...]:
    """The tools in a JSON document; `source` names the document in messages, `target` is the target's name.

    Raises:
        SchemaError: with all mistakes, each with its place in the document.
    """
    return check(parse_json(text, source), source, target=target)


def check(document: object, source: str, *, target: str = "") -> tuple[Tool, ...]:
    """The tools in a document that has been parsed already, such as the inline `tools` of a stack file.

    Raises:
        SchemaError: with all mistakes, each with its place in the document.
    """
    findings = Findings(source)
    tools: list[Tool] = []
    if not is_list(document):
        findings.add((), f"is {kind_of(document)}; a tool schema is a list of tools")
    elif not document:
        findings.add((), "has no tool in it")
    else:
        if len(document) > TOOLS_PER_TARGET:
            findings.add((), f"has {len(document)} tools; a target can offer {TOOLS_PER_TARGET}")
        tools = [_tool(entry, (index,), findings) for index, entry in enumerate(document)]
        _check_names([tool.name for tool in tools], target, findings)
    findings.raise_if_any()
    return tuple(tools)


def _tool(entry: object, path: Path, findings: Findings) -> Tool:
    if not is_object(entry):
        findings.add(path, f"is {kind_of(entry)}; a tool is an object with {', '.join(_TOOL_KEYS[:3])}")
        return Tool("", "", {})
    for key in entry:
        if key not in _TOOL_KEYS:
            findings.add((*path, key), f"there is no such key; valid here: {', '.join(_TOOL_KEYS)}")
    output = entry.get("outputSchema")
    return Tool(
        name=_text(entry, "name", path, findings),
        description=_text(entry, "description", path, findings),
        input_schema=_top_schema(entry, "inputSchema", path, findings),
        output_schema=None if output is None else _top_schema(entry, "outputSchema", path, findings),
    )


def _text(entry: dict[str, Json], key: str, path: Path, findings: Findings) -> str:
    value = entry.get(key)
    if isinstance(value, str) and value.strip():
        return value
    if key not in entry:
        findings.add((*path, key), "is required, and missing")
    elif isinstance(value, str):
        findings.add((*path, key), "is empty")
    else:
        findings.add((*path, key), f"is {kind_of(value)}; it has to be a string")
    return ""


def _check_names(names: list[str], target: str, findings: Findings) -> None:
    first: dict[str, int] = {}
    for index, name in enumerate(names):
        if not name:
            continue
        if problem := tool_name_problem(name, target):
            findings.add((index, "name"), problem)
        if name in first:
            findings.add((index, "name"), f"{name!r} is also the name of [{first[name]}]")
        first.setdefault(name, index)


def _top_schema(entry: dict[str, Json], key: str, path: Path, findings: Findings) -> dict[str, Json]:
    at = (*path, key)
    if key not in entry:
        findings.add(at, "is required, and missing")
        return {}
    value = entry[key]
    _check_schema(value, at, findings)
    if not is_object(value):
        return {}
    if value.get("type") in SCHEMA_TYPES and value["type"] != "object":
        findings.add((*at, "type"), f'is "{value["type"]}"; MCP calls a tool with an object and gets one back')
    return value


def _check_schema(schema: Json, path: Path, findings: Findings) -> None:
    if not is_object(schema):
        findings.add(path, f"is {kind_of(schema)}; a schema is an object with a type")
        return
    for key in schema:
        if key not in SCHEMA_KEYS:
            findings.add((*path, key), f"AgentCore does not know this keyword; valid here: {', '.join(SCHEMA_KEYS)}")
    kind = schema.get("type")
    if "type" not in schema:
        findings.add((*path, "type"), f"is required, and missing; valid: {', '.join(SCHEMA_TYPES)}")
    elif kind not in SCHEMA_TYPES:
        shown = f'"{kind}"' if isinstance(kind, str) else kind_of(kind)
        findings.add((*path, "type"), f"is {shown}; valid: {', '.join(SCHEMA_TYPES)}")
    if "description" in schema and not isinstance(schema["description"], str):
        findings.add((*path, "description"), f"is {kind_of(schema['description'])}; it has to be a string")
    _check_members(schema, kind, path, findings)


def _check_members(schema: dict[str, Json], kind: Json, path: Path, findings: Findings) -> None:
    """`properties` and `required` belong to objects, `items` to arrays; the AWS plugin takes one or the other."""
    for key, owner in (("properties", "object"), ("required", "object"), ("items", "array")):
        if key in schema and kind in SCHEMA_TYPES and kind != owner:
            findings.add((*path, key), f'belongs to a schema of type "{owner}", and this one is "{kind}"')
    if "items" in schema:
        _check_schema(schema["items"], (*path, "items"), findings)
    properties = schema.get("properties", {})
    if not is_object(properties):
        findings.add((*path, "properties"), f"is {kind_of(properties)}; it has to be an object of schemas")
        properties = {}
    for name, value in properties.items():
        _check_schema(value, (*path, "properties", name), findings)
    if "required" in schema:
        _check_required(schema["required"], properties, (*path, "required"), findings)


def _check_required(required: Json, properties: dict[str, Json], path: Path, findings: Findings) -> None:
    if not is_list(required):
        findings.add(path, f"is {kind_of(required)}; it has to be a list of property names")
        return
    for index, name in enumerate(required):
        if not isinstance(name, str):
            findings.add((*path, index), f"is {kind_of(name)}; it has to be a property's name")
        elif name not in properties:
            # The AWS plugin marks each property as required or not, so it cannot carry a name without a property.
            findings.add((*path, index), f"{name!r} is not among the properties")
        elif name in required[:index]:
            findings.add((*path, index), f"{name!r} stands there more than once")
