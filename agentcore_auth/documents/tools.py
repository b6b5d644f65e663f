"""Tool schemas of Lambda targets: a JSON list of tools, each with name, description, inputSchema and outputSchema.

The subset of JSON schema is AgentCore's own (botocore, bedrock-agentcore-control, SchemaDefinition): type, description,
properties, required, items. Everything else would be dropped or refused when the target is made.
"""

from __future__ import annotations

import json
from typing import Annotated, Literal, cast, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel
from pydantic_core import ErrorDetails, PydanticCustomError

from agentcore_auth.documents.reading import (
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


class _Part(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", frozen=True, strict=True)


class _Schema(_Part):
    type: Literal["string", "number", "object", "array", "boolean", "integer"]
    description: str = ""
    properties: dict[str, _Schema] = {}
    required: list[str] = []
    items: _Schema = Field(default=cast("_Schema", None))  # it may be left out, and not be null


def _not_blank(text: str) -> str:
    if not text.strip():
        raise PydanticCustomError("blank", "is empty")
    return text


class _Tool(_Part):
    name: Annotated[str, AfterValidator(_not_blank)]
    description: Annotated[str, AfterValidator(_not_blank)]
    input_schema: _Schema
    output_schema: _Schema | None = None


SCHEMA_KEYS = tuple(_Schema.model_fields)
SCHEMA_TYPES: tuple[str, ...] = get_args(_Schema.model_fields["type"].annotation)
_TOOL_KEYS = tuple(str(field.alias) for field in _Tool.model_fields.values())
_A_TOOL = f"a tool is an object with {', '.join(_TOOL_KEYS[:3])}"
_VALID_TYPES = f"valid: {', '.join(SCHEMA_TYPES)}"


def parse(text: str, source: str, *, target: str = "") -> tuple[Tool, ...]:
    """The tools in a JSON document; `source` names the document in messages, `target` is the target's name.

    Raises:
        DocumentError: with all mistakes, each with its place in the document.
    """
    return check(parse_json(text, source), source, target=target)


def check(document: object, source: str, *, target: str = "") -> tuple[Tool, ...]:
    """The tools in a document that has been parsed already, such as the inline `tools` of a stack file.

    Raises:
        DocumentError: with all mistakes, each with its place in the document.
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
    try:
        _Tool.model_validate(entry)
    except ValidationError as error:
        for details in error.errors(include_url=False):
            findings.add((*path, *details["loc"]), _sentence(details))
    fields = entry if is_object(entry) else {}
    name, description, given, answered = (fields.get(key) for key in _TOOL_KEYS)
    for key, schema in (("inputSchema", given), ("outputSchema", answered)):
        if is_object(schema):
            if schema.get("type") in SCHEMA_TYPES and schema["type"] != "object":
                message = f'is "{schema["type"]}"; MCP calls a tool with an object and gets one back'
                findings.add((*path, key, "type"), message)
            _check_schema(schema, (*path, key), findings)
    return Tool(
        name=name if isinstance(name, str) else "",
        description=description if isinstance(description, str) else "",
        input_schema=given if is_object(given) else {},
        output_schema=answered if is_object(answered) else None,
    )


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


def _check_schema(schema: dict[str, Json], path: Path, findings: Findings) -> None:
    """What one part of a schema says of another; each part by itself was checked before."""
    kind, properties, required = schema.get("type"), schema.get("properties"), schema.get("required")
    # The AWS plugin takes one or the other.
    for key, owner in (("properties", "object"), ("required", "object"), ("items", "array")):
        if key in schema and kind in SCHEMA_TYPES and kind != owner:
            findings.add((*path, key), f'belongs to a schema of type "{owner}", and this one is "{kind}"')
    inner = properties if is_object(properties) else {}
    names = required if is_list(required) else []
    for index, name in enumerate(names):
        # The AWS plugin marks each property as required or not, so it cannot carry a name without a property.
        if isinstance(name, str) and name not in inner:
            findings.add((*path, "required", index), f"{name!r} is not among the properties")
        elif isinstance(name, str) and name in names[:index]:
            findings.add((*path, "required", index), f"{name!r} stands there more than once")
    for name, value in inner.items():
        if is_object(value):
            _check_schema(value, (*path, "properties", name), findings)
    if is_object(items := schema.get("items")):
        _check_schema(items, (*path, "items"), findings)


def _sentence(details: ErrorDetails) -> str:
    """What pydantic found, in a sentence that goes on from the place where it was found."""
    at, kind, found = details["loc"], details["type"], kind_of(details["input"])
    if kind == "missing":
        return f"is required, and missing; {_VALID_TYPES}" if at[-1] == "type" else "is required, and missing"
    if kind == "extra_forbidden":
        if len(at) == 1:
            return f"there is no such key; valid here: {', '.join(_TOOL_KEYS)}"
        return f"AgentCore does not know this keyword; valid here: {', '.join(SCHEMA_KEYS)}"
    if kind == "literal_error":
        return f"is {json.dumps(details['input']) if found == 'a string' else found}; {_VALID_TYPES}"
    is_entry = bool(at) and isinstance(at[-1], int)  # lists of strings are lists of names
    wanted = {
        "model_type": "a schema is an object with a type" if at else _A_TOOL,
        "dict_type": "it has to be an object of schemas",
        "list_type": "it has to be a list of property names",
        "string_type": "it has to be a property's name" if is_entry else "it has to be a string",
    }.get(kind)
    return f"is {found}; {wanted}" if wanted else details["msg"]
