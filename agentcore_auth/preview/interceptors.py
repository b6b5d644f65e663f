"""The functions that see what passes a gateway, before and after a change. Pure.

Each of them may refuse a call or let it pass, and no preview tells which (AgentCore developer guide,
"gateway-interceptors-types").
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any

from agentcore_auth.preview.document import Hidden, Resource, Text, mapping, sequence

KEY = "interceptorConfigurations"


class Seen(Enum):
    """What an interceptor gets to see."""

    REQUESTS = "requests"
    ANSWERS = "answers"
    HEADERS = "headers"


@dataclass(frozen=True)
class Interceptor:
    """A function, and one thing that it sees."""

    function: Text
    sees: Seen


def interceptor_changes(before: Resource, after: Resource) -> Iterator[tuple[Interceptor, str]]:
    """Of one gateway: what a function sees from now on (`added`) and what no longer (`gone`).

    Raises PreviewError for interceptors that are none.
    """
    was, now = (list(_interceptors(gateway.inputs.get(KEY))) for gateway in (before, after))
    yield from ((each, "added") for each in now if each not in was)
    yield from ((each, "gone") for each in was if each not in now)


def _interceptors(given: Any) -> Iterator[Interceptor]:
    for each in [given] if isinstance(given, Hidden) else sequence(given, KEY):
        if isinstance(each, Hidden):
            yield Interceptor(each, Seen.REQUESTS)
            continue
        entry = mapping(each, KEY)
        arn = mapping(mapping(entry.get("interceptor"), f"{KEY}.interceptor").get("lambda"), f"{KEY}.lambda").get("arn")
        function = arn if isinstance(arn, Hidden) else str(arn)
        points = entry.get("interceptionPoints")
        if isinstance(points, Hidden) or "REQUEST" in sequence(points, f"{KEY}.interceptionPoints"):
            yield Interceptor(function, Seen.REQUESTS)
        if isinstance(points, list) and "RESPONSE" in points:
            yield Interceptor(function, Seen.ANSWERS)
        if mapping(entry.get("inputConfiguration"), f"{KEY}.inputConfiguration").get("passRequestHeaders"):
            yield Interceptor(function, Seen.HEADERS)
