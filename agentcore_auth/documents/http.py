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
Media = Literal["application/json", "application/x-www-form-urlencoded", "multipart/form-data", "application/xml"]


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
    """A request before credentials are added: `target` is path and query, percent-encoded; `body` is text or None.

    `fields` are those of a multipart form, which whoever sends it writes with a boundary of its own.
    """

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes | None
    fields: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True)
class HttpOperation:
    """One tool and its request.

    `server` is the base address (OpenAPI) or None (Smithy: the service's endpoint). `members` maps arguments to keys of
    an object in the body, which is written as `media`; `payload` names the argument that is the whole body instead.
    """

    tool: Tool
    method: str
    path: str
    server: str | None = None
    parameters: tuple[Parameter, ...] = ()
    members: Mapping[str, str] = field(default_factory=dict[str, str])
    payload: str | None = None
    media: Media = "application/json"

    def request(self, arguments: Mapping[str, Json]) -> HttpRequest:
        """The request for a call with `arguments`.

        Raises:
            CallError: an argument that the tool requires is missing, or one that it does not have is there; or the
                body is XML: no document says how AgentCore makes it of arguments.
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
        separator = "&" if "?" in path else "?"
        target = f"{path}{separator}{urlencode(query)}" if query else path
        given = self._given(arguments)
        if given is None:
            return HttpRequest(self.method, target, headers, None)
        if self.media == "application/xml":
            raise CallError(f"{self.tool.name} takes XML, and no document says how AgentCore writes it")
        if self.media == "multipart/form-data" and isinstance(given, dict):
            fields = {name: _text(value) for name, value in given.items()}
            return HttpRequest(self.method, target, headers, None, fields)
        headers["Content-Type"] = self.media
        if self.media == "application/x-www-form-urlencoded" and isinstance(given, dict):
            body = urlencode({name: _text(value) for name, value in given.items()})
        else:
            body = json.dumps(given)
        return HttpRequest(self.method, target, headers, body.encode())

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

    def _given(self, arguments: Mapping[str, Json]) -> Json:
        """What the arguments make the body of; None where there is none."""
        if self.payload is not None:
            return arguments.get(self.payload)
        given: dict[str, Json] = {key: arguments[name] for name, key in self.members.items() if name in arguments}
        return given or None


def _filled(path: str, name: str, value: str) -> str:
    """`{name}` takes one segment; Smithy's `{name+}` takes the rest of the path, slashes and all."""
    pattern = re.compile(rf"\{{{re.escape(name)}(\+?)\}}")
    return pattern.sub(lambda label: quote(value, safe="/" if label.group(1) else ""), path)


def _joined(value: Json) -> str:
    return ",".join(_text(item) for item in value) if isinstance(value, list) else _text(value)


def _text(value: Json) -> str:
    return value if isinstance(value, str) else json.dumps(value)
