"""The functions that see a gateway's requests before its tools do, before and after a change. Pure.

Each of them may refuse a call or let it pass, and no preview tells which (AgentCore developer guide,
"gateway-interceptors-types").
"""

from __future__ import annotations

from dataclasses import dataclass

from agentcore_auth.preview.document import Hidden, Resource, Text, mapping, sequence

KEY = "interceptorConfigurations"


@dataclass(frozen=True)
class InterceptorChange:
    """The functions that see requests from now on, and those that no longer do."""

    added: tuple[Text, ...] = ()
    removed: tuple[Text, ...] = ()

    @property
    def is_any(self) -> bool:
        return bool(self.added or self.removed)


def interceptor_change(before: Resource, after: Resource) -> InterceptorChange:
    """Of one gateway. Raises PreviewError for interceptors that are none."""
    was, now = _of_requests(before), _of_requests(after)
    return InterceptorChange(
        tuple(each for each in now if each not in was), tuple(each for each in was if each not in now)
    )


def _of_requests(gateway: Resource) -> list[Text]:
    given = gateway.inputs.get(KEY)
    if isinstance(given, Hidden):
        return [given]
    found: list[Text] = []
    for each in sequence(given, KEY):
        if isinstance(each, Hidden):
            found.append(each)
            continue
        entry = mapping(each, KEY)
        points = entry.get("interceptionPoints")
        if isinstance(points, Hidden) or "REQUEST" in sequence(points, f"{KEY}.interceptionPoints"):
            function = mapping(mapping(entry.get("interceptor"), f"{KEY}.interceptor").get("lambda"), f"{KEY}.lambda")
            arn = function.get("arn")
            found.append(arn if isinstance(arn, Hidden) else str(arn))
    return found
