"""OpenAPI descriptions as targets: versions 3.0 and 3.1, JSON or YAML, one tool for each operation.

The rules are those of the AgentCore developer guide (gateway-schema-openapi): an operationId for every operation,
server URLs of real endpoints, bodies of four media types, no oneOf, anyOf or allOf in what a tool takes, no serializers
but the plain ones, no TRACE. How a body becomes arguments is not written there: here the properties of an object body
stand beside the parameters, any other body is the argument `body`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from agentcore_auth.documents.http import HttpOperation, Location, Media, Parameter
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
    parse_yaml,
    tool_name_problem,
)
from agentcore_auth.documents.references import References, ToolSchemas, check_size

_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_LOCATIONS: Mapping[str, Location] = {"path": "path", "query": "query", "header": "header", "cookie": "cookie"}
# The one way of writing a parameter that the guide does not call a serializer, by place: (style, explode).
_PLAIN: Mapping[str, tuple[str, bool]] = {
    "path": ("simple", False),
    "query": ("form", True),
    "header": ("simple", False),
    "cookie": ("form", True),
}
# In the order in which one is chosen where a body has several: "only application/json is fully supported".
_MEDIA: tuple[Media, ...] = (
    "application/json",
    "application/x-www-form-urlencoded",
    "multipart/form-data",
    "application/xml",
)
# What Bedrock's models take as the name of an argument: with another, every call that lists the tool would fail.
_ARGUMENT = re.compile(r"[A-Za-z0-9_.-]{1,64}")


def parse(text: str, source: str, *, target: str = "") -> tuple[HttpOperation, ...]:
    """The operations of a description, in its order; `source` is the file's name: `.yaml` and `.yml` are read as YAML.

    `target` is the target's name, which stands before the tools' names.

    Raises:
        DocumentError: with all mistakes, each with its place in the document.
    """
    document = parse_yaml(text, source) if source.endswith((".yaml", ".yml")) else parse_json(text, source)
    findings = Findings(source)
    operations = _Reader(document, findings, target).operations() if is_object(document) else ()
    if not is_object(document):
        findings.add((), f"is {kind_of(document)}; an OpenAPI description is an object")
    findings.raise_if_any()
    return operations


@dataclass(frozen=True)
class _Operation:
    """An operation and where it stands, with what it inherits from its path."""

    path: str
    method: str
    at: Path
    item: dict[str, Json]
    definition: dict[str, Json]


class _Reader:
    def __init__(self, document: dict[str, Json], findings: Findings, target: str) -> None:
        self._document = document
        self._findings = findings
        self._target = target
        self._references = References(document, findings)

    def operations(self) -> tuple[HttpOperation, ...]:
        self._check_head()
        server = self._server(self._document.get("servers"), ("servers",))
        found = self._found()
        self._check_ids(found)
        if len(found) > TOOLS_PER_TARGET:
            self._findings.add(("paths",), f"has {len(found)} operations; a target can offer {TOOLS_PER_TARGET} tools")
        operations = tuple(self._read(operation, server) for operation in found)
        self._references.check_others()
        return operations

    def _check_head(self) -> None:
        version = self._document.get("openapi")
        if "swagger" in self._document:
            self._findings.add(("swagger",), "Swagger 2.0 is not supported; convert it to OpenAPI 3.0 or 3.1")
        elif not isinstance(version, str) or not re.fullmatch(r"3\.[01]\.\d+", version):
            shown = repr(version) if "openapi" in self._document else "missing"
            self._findings.add(("openapi",), f"is {shown}; supported: 3.0.x and 3.1.x, as a string")
        info = self._document.get("info")
        for key in ("title", "version"):
            if not is_object(info) or not isinstance(info.get(key), str):
                self._findings.add(("info", key), "is required, as a string")

    def _server(self, servers: Json, at: Path) -> str | None:
        """The first server's URL, its variables filled with their defaults."""
        if servers is None and at == ("servers",):
            self._findings.add(at, "is required: a gateway needs to know where the API is")
            return None
        if not is_list(servers) or not servers:
            self._findings.add(at, f"is {'an empty list' if servers == [] else kind_of(servers)}; it lists servers")
            return None
        urls = [self._url(server, (*at, index)) for index, server in enumerate(servers)]
        return urls[0]

    def _url(self, server: Json, at: Path) -> str | None:
        url = server.get("url") if is_object(server) else None
        if not is_object(server) or not isinstance(url, str):
            self._findings.add((*at, "url"), "is required, as a string")
            return None
        variables = server.get("variables")
        for name in re.findall(r"\{([^}]*)\}", url):
            variable = variables.get(name) if is_object(variables) else None
            default = variable.get("default") if is_object(variable) else None
            if not isinstance(default, str):
                self._findings.add((*at, "variables", name), "is used in the url and has no default")
                return None
            url = url.replace(f"{{{name}}}", default)
        if not url.startswith("https://") or not urlsplit(url).hostname:
            self._findings.add((*at, "url"), f"{url!r} is not an address that begins with https://")
        return url.rstrip("/")

    def _found(self) -> list[_Operation]:
        paths = self._document.get("paths")
        found: list[_Operation] = []
        if not is_object(paths):
            self._findings.add(("paths",), "is required, as an object")
            return found
        templates: dict[str, str] = {}
        for path, entry in paths.items():
            if path.startswith("x-"):
                continue
            at: Path = ("paths", path)
            self._check_path(path, templates)
            item = self._references.object_at(entry, at)
            for method in _METHODS:
                if item is not None and method in item:
                    definition = self._references.object_at(item[method], (*at, method))
                    if method == "trace":
                        self._findings.add((*at, method), "AgentCore calls no TRACE: leave the operation out")
                    elif definition is not None:
                        found.append(_Operation(path, method, (*at, method), item, definition))
        if not found:
            self._findings.add(("paths",), "has no operation in it, so the target would have no tool")
        return found

    def _check_path(self, path: str, templates: dict[str, str]) -> None:
        """`templates` has the paths so far, by their form without parameters' names."""
        template = re.sub(r"\{[^}]*\}", "{}", path)
        if template in templates:
            message = f"is the same as {templates[template]}, but for the names of its parameters"
            self._findings.add(("paths", path), message)
        templates.setdefault(template, path)
        if not path.startswith("/"):
            self._findings.add(("paths", path), "has to begin with a slash")

    def _check_ids(self, found: list[_Operation]) -> None:
        first: dict[str, Path] = {}
        for operation in found:
            name, at = operation.definition.get("operationId"), (*operation.at, "operationId")
            if not isinstance(name, str) or not name.strip():
                self._findings.add(at, "is required: it becomes the tool's name")
            elif problem := tool_name_problem(name, self._target):
                self._findings.add(at, f"{problem}; it becomes the tool's name")
            elif name in first:
                self._findings.add(at, f"{name!r} is also the operationId of {first[name][1]} {first[name][2]}")
            else:
                first[name] = operation.at

    def _read(self, operation: _Operation, server: str | None) -> HttpOperation:
        properties: dict[str, Json] = {}
        required: list[Json] = []
        schemas = ToolSchemas(self._references, self._findings)
        parameters = self._parameters(operation, schemas, properties, required)
        media, members, payload = self._body(operation, schemas, properties, required)
        definition = operation.definition
        for key, place, owner in (
            ("servers", ("paths", operation.path), operation.item),
            ("servers", operation.at, definition),
        ):
            if key in owner:
                server = self._server(owner[key], (*place, key))
        texts = [definition.get(key) for key in ("description", "summary")]
        fallback = f"{operation.method.upper()} {operation.path}"
        tool = Tool(
            name=str(definition.get("operationId", "")),
            description=next((text for text in texts if isinstance(text, str) and text.strip()), fallback),
            input_schema={"type": "object", "properties": properties, "required": required},
        )
        check_size(tool.input_schema, operation.at, self._findings)
        self._check_arguments(properties, operation.at)
        method = operation.method.upper()
        return HttpOperation(tool, method, operation.path, server, tuple(parameters), members, payload, media)

    def _check_arguments(self, properties: dict[str, Json], at: Path) -> None:
        for name in properties:
            if not _ARGUMENT.fullmatch(name):
                problem = (
                    f"{name!r} is not 1 to 64 letters, digits and _ . -, as Bedrock's models want arguments' names"
                )
                self._findings.add(at, problem)

    def _parameters(
        self, operation: _Operation, schemas: ToolSchemas, properties: dict[str, Json], required: list[Json]
    ) -> list[Parameter]:
        """The operation's parameters and its path's (the operation's own win), added to the tool's arguments."""
        found: dict[tuple[str, str], Parameter] = {}
        for owner, at in ((operation.item, ("paths", operation.path)), (operation.definition, operation.at)):
            listed = owner.get("parameters", [])
            if not is_list(listed):
                self._findings.add((*at, "parameters"), f"is {kind_of(listed)}; it has to be a list")
                continue
            here: set[tuple[str, str]] = set()
            for index, entry in enumerate(listed):
                where: Path = (*at, "parameters", index)
                parameter = self._parameter(entry, where, schemas, properties, required)
                if parameter is not None:
                    key = (parameter.location, parameter.name)
                    if key in here:
                        self._findings.add(where, f"{parameter.name!r} stands twice among the parameters")
                    here.add(key)
                    found[key] = parameter
        in_path = {name for location, name in found if location == "path"}
        for name in sorted(set(re.findall(r"\{([^}]*)\}", operation.path)) ^ in_path):
            place = "the path names it" if name not in in_path else "the path does not have it"
            self._findings.add((*operation.at, "parameters"), f"{name!r}: {place}, so they contradict each other")
        return list(found.values())

    def _parameter(
        self, entry: Json, at: Path, schemas: ToolSchemas, properties: dict[str, Json], required: list[Json]
    ) -> Parameter | None:
        definition = self._references.object_at(entry, at)
        if definition is None:
            return None
        name, place = definition.get("name"), definition.get("in")
        if not isinstance(name, str) or not name:
            self._findings.add((*at, "name"), "is required, as a string")
            return None
        if not isinstance(place, str) or place not in _LOCATIONS:
            self._findings.add((*at, "in"), f"is {place!r}; valid: {', '.join(_LOCATIONS)}")
            return None
        if place == "path" and definition.get("required") is not True:
            self._findings.add((*at, "required"), "has to be true for a parameter in the path")
        if "schema" not in definition:
            self._findings.add((*at, "schema"), "is required; content instead of a schema is not supported")
            return None
        schema = schemas.read(definition["schema"], (*at, "schema"))
        self._check_serializer(definition, place, schema, at)
        described = isinstance(definition.get("description"), str) and "description" not in schema
        properties[name] = {**schema, "description": definition["description"]} if described else schema
        if definition.get("required") is True and name not in required:
            required.append(name)
        return Parameter(name, _LOCATIONS[place], name)

    def _check_serializer(self, definition: dict[str, Json], place: str, schema: dict[str, Json], at: Path) -> None:
        """A parameter is written plainly; a list's or an object's `explode` counts, a single value's does not."""
        style, explode = _PLAIN[place]
        if definition.get("style", style) != style:
            message = f"is {definition['style']!r}; AgentCore has no serializers: in {place} only {style!r}"
            self._findings.add((*at, "style"), message)
        elif schema.get("type") in {"array", "object"} and definition.get("explode", explode) is not explode:
            shown = str(explode).lower()
            self._findings.add((*at, "explode"), f"has to be {shown} in {place}: AgentCore has no serializers")

    def _body(
        self, operation: _Operation, schemas: ToolSchemas, properties: dict[str, Json], required: list[Json]
    ) -> tuple[Media, dict[str, str], str | None]:
        """The body's media type, and which arguments are its members, or which one is the body."""
        at: Path = (*operation.at, "requestBody")
        body = (
            self._references.object_at(operation.definition["requestBody"], at)
            if "requestBody" in operation.definition
            else None
        )
        if body is None:
            return "application/json", {}, None
        content = body.get("content")
        # A media type may have parameters (RFC 9110, 8.3.1), which do not make it another one.
        offered = {str(key).partition(";")[0].strip().lower(): key for key in content} if is_object(content) else {}
        media: Media | None = next((media for media in _MEDIA if media in offered), None)
        definition = content[offered[media]] if media is not None and is_object(content) else None
        if media is None or not is_object(definition):
            shown = ", ".join(offered.values()) or "nothing"
            self._findings.add((*at, "content"), f"offers {shown}; supported: {', '.join(_MEDIA)}")
            return "application/json", {}, None
        schema = schemas.read(definition.get("schema", {}), (*at, "content", offered[media], "schema"))
        inner, needed = schema.get("properties"), schema.get("required")
        if schema.get("type") != "object" or not is_object(inner):
            properties["body"] = schema
            required.extend(["body"] if body.get("required") is True else [])
            return media, {}, "body"
        for name, value in inner.items():
            properties.setdefault(name, value)  # a parameter of the same name: one argument goes to both places
        if body.get("required") is True and is_list(needed):
            required.extend(name for name in needed if name not in required)
        return media, {name: name for name in inner}, None
