"""How a tool of an OpenAPI description or a Smithy model is called: which argument goes where in an HTTP request."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import quote, urlencode

from agentcore_auth.documents.reading import Json, Tool

Location = Literal["path", "query", "header", "cookie"]


class CallError(ValueError):
    """The arguments of a call do not fit the tool."""


@dataclass(frozen=True)
class Parameter:
    """The tool's argument `argument` goes to `location` under `name`.

    With `spread`, the argument is an object, and each of its entries goes there, under `name` and its key.
    """

    argument: str
    location: Location
    name: str
    spread: bool = False


@dataclass(frozen=True)
class HttpRequest:
    """A request before credentials are added: `target` is path and query, percent-encoded; `body` JSON or None."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes | None


@dataclass(frozen=True)
class HttpOperation:
    """One tool and its request.

    `server` is the base address (OpenAPI) or None (Smithy: the service's endpoint). `members` maps arguments to keys of
    a JSON object in the body; `payload` names the argument that is the whole body instead.
    """

    tool: Tool
    method: str
    path: str
    server: str | None = None
    parameters: tuple[Parameter, ...] = ()
    members: Mapping[str, str] = field(default_factory=dict[str, str])
    payload: str | None = None

    def request(self, arguments: Mapping[str, Json]) -> HttpRequest:
        """The request for a call with `arguments`.

        Raises:
            CallError: an argument that the tool requires is missing, or one that it does not have is there.
        """
        self._check(arguments)
        path, query = self.path, list[tuple[str, str]]()
        headers: dict[str, str] = {}
        cookies: list[str] = []
        for location, name, value in self._placed(arguments):
            if location == "path":
                path = _filled(path, name, _joined(value))
            elif location == "query":
                query += [(name, _text(item)) for item in (value if isinstance(value, list) else [value])]
            elif location == "header":
                headers[name] = _joined(value)
            else:
                cookies.append(f"{name}={quote(_joined(value))}")
        if cookies:
            headers["Cookie"] = "; ".join(cookies)
        body = self._body(arguments)
        if body is not None:
            headers["Content-Type"] = "application/json"
        separator = "&" if "?" in path else "?"
        target = f"{path}{separator}{urlencode(query)}" if query else path
        return HttpRequest(self.method, target, headers, body)

    def _placed(self, arguments: Mapping[str, Json]) -> Iterator[tuple[Location, str, Json]]:
        for parameter in self.parameters:
            value = arguments.get(parameter.argument)
            if parameter.spread and isinstance(value, dict):
                for key, item in value.items():
                    yield parameter.location, f"{parameter.name}{key}", item
            elif value is not None:
                yield parameter.location, parameter.name, value

    def _check(self, arguments: Mapping[str, Json]) -> None:
        properties, required = self.tool.input_schema.get("properties"), self.tool.input_schema.get("required")
        known = set(properties if isinstance(properties, dict) else ())
        missing = [name for name in (required if isinstance(required, list) else []) if name not in arguments]
        unknown = [name for name in arguments if name not in known]
        if missing or unknown:
            lacks = [f"misses {name!r}" for name in missing] + [f"has no argument {name!r}" for name in unknown]
            raise CallError(f"{self.tool.name} {', '.join(lacks)}")

    def _body(self, arguments: Mapping[str, Json]) -> bytes | None:
        if self.payload is not None:
            return None if self.payload not in arguments else json.dumps(arguments[self.payload]).encode()
        given = {key: arguments[argument] for argument, key in self.members.items() if argument in arguments}
        return json.dumps(given).encode() if self.members and given else None


def _filled(path: str, name: str, value: str) -> str:
    """`{name}` takes one segment; Smithy's `{name+}` takes the rest of the path, slashes and all."""
    pattern = re.compile(rf"\{{{re.escape(name)}(\+?)\}}")
    return pattern.sub(lambda label: quote(value, safe="/" if label.group(1) else ""), path)


def _joined(value: Json) -> str:
    return ",".join(_text(item) for item in value) if isinstance(value, list) else _text(value)


def _text(value: Json) -> str:
    return value if isinstance(value, str) else json.dumps(value)
