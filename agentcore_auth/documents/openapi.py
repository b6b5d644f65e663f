"""OpenAPI descriptions as targets: versions 3.0 and 3.1, JSON or YAML, one tool for each operation.

The rules are those of the AgentCore developer guide (gateway-schema-openapi): an operationId for every operation,
server URLs of real endpoints, application/json bodies, no oneOf, anyOf or allOf. How a body becomes arguments is not
written there: here the properties of an object body stand beside the parameters, any other body is the argument `body`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from agentcore_auth.documents.http import HttpOperation, Location, Parameter
from agentcore_auth.documents.reading import (
    DEEPEST,
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
)

_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_LOCATIONS: Mapping[str, Location] = {"path": "path", "query": "query", "header": "header", "cookie": "cookie"}
_COMPOSITION = ("oneOf", "anyOf", "allOf")


def parse(text: str, source: str) -> tuple[HttpOperation, ...]:
    """The operations of a description, in its order; `source` is the file's name: `.yaml` and `.yml` are read as YAML.

    Raises:
        DocumentError: with all mistakes, each with its place in the document.
    """
    document = parse_yaml(text, source) if source.endswith((".yaml", ".yml")) else parse_json(text, source)
    findings = Findings(source)
    operations = _Reader(document, findings).operations() if is_object(document) else ()
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
    def __init__(self, document: dict[str, Json], findings: Findings) -> None:
        self._document = document
        self._findings = findings

    def operations(self) -> tuple[HttpOperation, ...]:
        self._check_head()
        server = self._server(self._document.get("servers"), ("servers",))
        found = self._found()
        self._check_ids(found)
        if len(found) > TOOLS_PER_TARGET:
            self._findings.add(("paths",), f"has {len(found)} operations; a target can offer {TOOLS_PER_TARGET} tools")
        return tuple(self._read(operation, server) for operation in found)

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
        for path, entry in paths.items():
            if path.startswith("x-"):
                continue
            at: Path = ("paths", path)
            if not path.startswith("/"):
                self._findings.add(at, "has to begin with a slash")
            item = self._object(entry, at)
            for method in _METHODS:
                if item is not None and method in item:
                    definition = self._object(item[method], (*at, method))
                    if definition is not None:
                        found.append(_Operation(path, method, (*at, method), item, definition))
        if not found:
            self._findings.add(("paths",), "has no operation in it, so the target would have no tool")
        return found

    def _check_ids(self, found: list[_Operation]) -> None:
        first: dict[str, Path] = {}
        for operation in found:
            name, at = operation.definition.get("operationId"), (*operation.at, "operationId")
            if not isinstance(name, str) or not name.strip():
                self._findings.add(at, "is required: it becomes the tool's name")
            elif re.search(r"\s", name):
                self._findings.add(at, f"{name!r} has a space in it, and it becomes the tool's name")
            elif name in first:
                self._findings.add(at, f"{name!r} is also the operationId of {first[name][1]} {first[name][2]}")
            else:
                first[name] = operation.at

    def _read(self, operation: _Operation, server: str | None) -> HttpOperation:
        properties: dict[str, Json] = {}
        required: list[Json] = []
        parameters = self._parameters(operation, properties, required)
        members, payload = self._body(operation, properties, required)
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
        method = operation.method.upper()
        return HttpOperation(tool, method, operation.path, server, tuple(parameters), members, payload)

    def _parameters(self, operation: _Operation, properties: dict[str, Json], required: list[Json]) -> list[Parameter]:
        """The operation's parameters and its path's (the operation's own win), added to the tool's arguments."""
        found: dict[tuple[str, str], Parameter] = {}
        for owner, at in ((operation.item, ("paths", operation.path)), (operation.definition, operation.at)):
            listed = owner.get("parameters", [])
            if not is_list(listed):
                self._findings.add((*at, "parameters"), f"is {kind_of(listed)}; it has to be a list")
                continue
            for index, entry in enumerate(listed):
                parameter = self._parameter(entry, (*at, "parameters", index), properties, required)
                if parameter is not None:
                    found[(parameter.location, parameter.name)] = parameter
        in_path = {name for location, name in found if location == "path"}
        for name in sorted(set(re.findall(r"\{([^}]*)\}", operation.path)) ^ in_path):
            place = "the path names it" if name not in in_path else "the path does not have it"
            self._findings.add((*operation.at, "parameters"), f"{name!r}: {place}, so they contradict each other")
        return list(found.values())

    def _parameter(self, entry: Json, at: Path, properties: dict[str, Json], required: list[Json]) -> Parameter | None:
        definition = self._object(entry, at)
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
        schema = self._schema(definition["schema"], (*at, "schema"))
        if isinstance(definition.get("description"), str):
            schema.setdefault("description", definition["description"])
        properties[name] = schema
        if definition.get("required") is True and name not in required:
            required.append(name)
        return Parameter(name, _LOCATIONS[place], name)

    def _body(
        self, operation: _Operation, properties: dict[str, Json], required: list[Json]
    ) -> tuple[dict[str, str], str | None]:
        """Which arguments are members of the JSON body, or which one is the body."""
        at: Path = (*operation.at, "requestBody")
        body = self._object(operation.definition["requestBody"], at) if "requestBody" in operation.definition else None
        if body is None:
            return {}, None
        content = body.get("content")
        media = content.get("application/json") if is_object(content) else None
        if not is_object(media):
            offered = ", ".join(content) if is_object(content) else "nothing"
            self._findings.add((*at, "content"), f"offers {offered}; supported: application/json")
            return {}, None
        schema = self._schema(media.get("schema", {}), (*at, "content", "application/json", "schema"))
        inner, needed = schema.get("properties"), schema.get("required")
        if schema.get("type") != "object" or not is_object(inner):
            properties["body"] = schema
            required.extend(["body"] if body.get("required") is True else [])
            return {}, "body"
        for name, value in inner.items():
            properties.setdefault(name, value)  # a parameter of the same name: one argument goes to both places
        if body.get("required") is True and is_list(needed):
            required.extend(name for name in needed if name not in required)
        return {name: name for name in inner}, None

    def _schema(self, value: Json, at: Path, inside: tuple[str, ...] = ()) -> dict[str, Json]:
        """A request's schema with every reference replaced by what it refers to.

        A schema that contains itself ends in a plain object at the second round: tools cannot be listed without end.
        """
        reference = value.get("$ref") if is_object(value) else None
        if isinstance(reference, str) and reference in inside:
            return {"type": "object"}
        if len(at) > 2 * DEEPEST:  # the place grows with every reference that is followed
            self._findings.add(at[:4], "is nested too deeply once its references are followed; flatten it")
            return {}
        definition = self._object(value, at)
        if definition is None:
            return {}
        inside = (*inside, reference) if isinstance(reference, str) else inside
        for key in _COMPOSITION:
            if key in definition:
                self._findings.add((*at, key), "is not supported by AgentCore in what a tool takes")
        schema = dict(definition)
        properties = definition.get("properties")
        if is_object(properties):
            schema["properties"] = {
                name: self._schema(item, (*at, "properties", name), inside) for name, item in properties.items()
            }
        for key in ("items", "additionalProperties"):
            if is_object(definition.get(key)):
                schema[key] = self._schema(definition[key], (*at, key), inside)
        return schema

    def _object(self, value: Json, at: Path) -> dict[str, Json] | None:
        """The object at `at`, or what it refers to; None, with a finding, where there is none."""
        seen: list[str] = []
        while is_object(value) and isinstance(reference := value.get("$ref"), str):
            if not reference.startswith("#/"):
                self._findings.add((*at, "$ref"), f"{reference!r} leads out of the document, which is sent alone")
                return None
            target = self._at(reference)
            if target is None or reference in seen:
                self._findings.add((*at, "$ref"), f"{reference!r} leads nowhere")
                return None
            seen.append(reference)
            value = target
        if not is_object(value):
            self._findings.add(at, f"is {kind_of(value)}; it has to be an object")
            return None
        return value

    def _at(self, reference: str) -> Json:
        value: Json = self._document
        for part in reference.removeprefix("#/").split("/"):
            key = part.replace("~1", "/").replace("~0", "~")
            if not is_object(value) or key not in value:
                return None
            value = value[key]
        return value
