"""Smithy models as targets: the JSON AST of Smithy 2.0, one service that speaks restJson1, one tool for each operation.

The rules are those of the AgentCore developer guide (gateway-building-smithy-targets) and of the Smithy specification
(JSON AST, HTTP bindings, AWS restJson1 protocol).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

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
    tool_name_problem,
)
from agentcore_auth.documents.references import check_size
from agentcore_auth.documents.smithy_shapes import InputSchemas, as_object, member_target, plain_text, traits_of

_REST_JSON = "aws.protocols#restJson1"
# Traits that take a member out of the body: where it goes, and whether it is a map whose entries go there one by one.
_PLACES: dict[str, tuple[Location, bool]] = {
    "smithy.api#httpLabel": ("path", False),
    "smithy.api#httpQuery": ("query", False),
    "smithy.api#httpQueryParams": ("query", True),
    "smithy.api#httpHeader": ("header", False),
    "smithy.api#httpPrefixHeaders": ("header", True),
}
_LIFECYCLES = ("create", "put", "read", "update", "delete", "list")


@dataclass(frozen=True)
class SmithyService:
    """The service of a model: its shape's name, how SigV4 and the endpoint call it, and its operations.

    `signing_name` and `endpoint_prefix` are None where the model does not say them (a service that is not AWS's);
    `endpoint` where its rules have no address that is the same for every call.
    """

    name: str
    signing_name: str | None
    endpoint_prefix: str | None
    operations: tuple[HttpOperation, ...]
    endpoint: str | None = None


def parse(text: str, source: str, *, target: str = "") -> SmithyService:
    """The service in a model and its operations; `target` is the target's name, which stands before the tools' names.

    Raises:
        DocumentError: with all mistakes, each with its place in the document.
    """
    document = parse_json(text, source)
    findings = Findings(source)
    service = _read(document, findings, target)
    findings.raise_if_any()
    if service is None:
        raise AssertionError("a model without a service is a finding")
    return service


def _read(document: Json, findings: Findings, target: str) -> SmithyService | None:
    if not is_object(document):
        findings.add((), f"is {kind_of(document)}; a Smithy model in its JSON AST is an object")
        return None
    version = document.get("smithy")
    if not isinstance(version, str) or not re.fullmatch(r"2(\.\d+)?", version):
        shown = repr(version) if "smithy" in document else "missing"
        findings.add(("smithy",), f"is {shown}; supported: 2.0, as a string")
    shapes = document.get("shapes")
    if not is_object(shapes):
        findings.add(("shapes",), "is required, as an object")
        return None
    services = [name for name, shape in shapes.items() if as_object(shape).get("type") == "service"]
    if len(services) != 1:
        findings.add(("shapes",), f"has {len(services)} services ({', '.join(services) or 'none'}); a target needs one")
        return None
    return _Reader(shapes, findings, target).service(services[0])


class _Reader:
    def __init__(self, shapes: dict[str, Json], findings: Findings, target: str) -> None:
        self._shapes = shapes
        self._findings = findings
        self._target = target

    def service(self, name: str) -> SmithyService:
        traits = traits_of(self._shapes[name])
        protocols = [trait.partition("#")[2] for trait in traits if trait.startswith("aws.protocols#")]
        if _REST_JSON not in traits:
            speaks = ", ".join(protocols) or "no AWS protocol"
            self._findings.add(("shapes", name, "traits"), f"the service speaks {speaks}; supported: restJson1")
        names = list(dict.fromkeys(self._bound(name, ())))
        if not names:
            self._findings.add(("shapes", name), "has no operation, so the target would have no tool")
        if len(names) > TOOLS_PER_TARGET:
            self._findings.add(("shapes", name), f"has {len(names)} operations; a target can offer {TOOLS_PER_TARGET}")
        read = [self._operation(operation) for operation in names]
        self._check_tool_names(names)
        signing = as_object(traits.get("aws.auth#sigv4")).get("name")
        prefix = as_object(traits.get("aws.api#service")).get("endpointPrefix")
        return SmithyService(
            name=name.partition("#")[2],
            signing_name=signing if isinstance(signing, str) else None,
            endpoint_prefix=prefix if isinstance(prefix, str) else None,
            operations=tuple(operation for operation in read if operation is not None),
            endpoint=next(_endpoints(traits.get("smithy.rules#endpointRuleSet")), None),
        )

    def _bound(self, owner: str, seen: tuple[str, ...]) -> Iterator[str]:
        """The operations of a service or a resource, and of the resources in it."""
        shape = as_object(self._shapes[owner])
        for key in ("operations", "collectionOperations"):
            yield from self._targets(shape.get(key), ("shapes", owner, key))
        for key in _LIFECYCLES:
            if key in shape:
                yield from self._targets([shape[key]], ("shapes", owner, key))
        for resource in self._targets(shape.get("resources"), ("shapes", owner, "resources")):
            if len(seen) > DEEPEST:
                self._findings.add(("shapes", owner, "resources"), f"is more than {DEEPEST} resources deep; flatten it")
            elif resource not in seen:
                yield from self._bound(resource, (*seen, owner))

    def _targets(self, listed: Json, at: Path) -> Iterator[str]:
        for index, entry in enumerate(listed if is_list(listed) else []):
            target = member_target(entry)
            if target is None or target not in self._shapes:
                self._findings.add((*at, index), f"{target or kind_of(entry)} is not a shape of this model")
            else:
                yield target

    def _check_tool_names(self, names: list[str]) -> None:
        first: dict[str, str] = {}
        for name in names:
            short = name.partition("#")[2]
            if problem := tool_name_problem(short, self._target):
                self._findings.add(("shapes", name), problem)
            if short in first:
                self._findings.add(("shapes", name), f"{short!r} is also the name of {first[short]}")
            first.setdefault(short, name)

    def _operation(self, name: str) -> HttpOperation | None:
        shape = as_object(self._shapes[name])
        at: Path = ("shapes", name)
        if shape.get("type") != "operation":
            self._findings.add((*at, "type"), f"is {shape.get('type')!r}; the service lists it as an operation")
            return None
        traits = traits_of(shape)
        http = as_object(traits.get("smithy.api#http"))
        method, uri = http.get("method"), http.get("uri")
        if not isinstance(method, str) or not isinstance(uri, str) or not uri.startswith("/"):
            self._findings.add((*at, "traits", "smithy.api#http"), "is required, with method and uri")
            return None
        target = member_target(shape.get("input"))
        if target is None or target == "smithy.api#Unit":
            fields: dict[str, Json] = {}
        elif as_object(self._shapes.get(target)).get("type") != "structure":
            self._findings.add((*at, "input"), f"{target} is not a structure of this model")
            return None
        else:
            fields = as_object(as_object(self._shapes[target]).get("members"))
        self._check_streaming(at, shape)
        documentation = traits.get("smithy.api#documentation")
        tool = Tool(
            name=name.partition("#")[2],
            description=plain_text(documentation) if isinstance(documentation, str) else f"{method} {uri}",
            input_schema=InputSchemas(self._shapes, self._findings).structure(target, fields),
        )
        check_size(tool.input_schema, at, self._findings)
        parameters, members, payload = _bindings(fields)
        labels = {label.rstrip("+") for label in re.findall(r"\{([^}]*)\}", uri)}
        bound = {parameter.name for parameter in parameters if parameter.location == "path"}
        for label in sorted(labels ^ bound):
            self._findings.add((*at, "traits", "smithy.api#http"), f"{label!r} is not both in the uri and an httpLabel")
        return HttpOperation(tool, method, uri, None, parameters, members, payload)

    def _check_streaming(self, at: Path, operation: dict[str, Json]) -> None:
        """AgentCore calls no operation that streams what it takes or gives (gateway-building-smithy-targets)."""
        for key in ("input", "output"):
            structure = as_object(self._shapes.get(member_target(operation.get(key)) or ""))
            for name, member in as_object(structure.get("members")).items():
                shape = self._shapes.get(member_target(member) or "")
                if "smithy.api#streaming" in {**traits_of(shape), **traits_of(member)}:
                    self._findings.add((*at, key), f"{name!r} is a stream, and AgentCore calls no streaming operations")


def _endpoints(rule: Json) -> Iterator[str]:
    """The addresses without parameters in a set of endpoint rules (Smithy, "Rules engine specification")."""
    rules = as_object(rule)
    url = as_object(rules.get("endpoint")).get("url")
    if isinstance(url, str) and "{" not in url:
        yield url.rstrip("/")
    inner = rules.get("rules")
    for each in inner if is_list(inner) else []:
        yield from _endpoints(each)


def _bindings(fields: dict[str, Json]) -> tuple[tuple[Parameter, ...], dict[str, str], str | None]:
    """Where the members of an operation's input go: parameters, members of the body, or the body itself."""
    parameters: list[Parameter] = []
    members: dict[str, str] = {}
    payload: str | None = None
    for name, member in fields.items():
        traits = traits_of(member)
        found = next((trait for trait in _PLACES if trait in traits), None)
        if found is not None:
            location, spread = _PLACES[found]
            value = traits[found]
            wire = value if isinstance(value, str) else "" if spread else name
            parameters.append(Parameter(name, location, wire, spread))
        elif "smithy.api#httpPayload" in traits:
            payload = name
        else:
            json_name = traits.get("smithy.api#jsonName")
            members[name] = json_name if isinstance(json_name, str) else name
    return tuple(parameters), members, payload
