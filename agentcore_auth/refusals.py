"""Refused calls in the log of a gateway, by cause. Pure: lines come in.

The form of a line is in the AgentCore developer guide ("observability-gateway-metrics"). The words of a refusal are not
in it: they are those that callers get, which is what the sandbox's gateway writes.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import cast


class RefusedBy(str, Enum):
    """What a line tells of why; the value is the word in `--json`."""

    TOKEN = "token"  # noqa: S105  # a word for a cause, no secret
    SCOPE = "scope"
    POLICY = "policy"
    OTHER = "other"

    @property
    def meaning(self) -> str:
        """For people, with what tells more."""
        return _MEANINGS[self]


_MEANINGS: Mapping[RefusedBy, str] = {
    RefusedBy.TOKEN: "no valid token, or not from a caller that is let in (401): agentcore-auth check tells which",
    RefusedBy.SCOPE: "a scope is missing in the token (403): agentcore-auth check tells which",
    RefusedBy.POLICY: "no policy permits the tool, or one forbids it: agentcore-auth check --tool tells which",
    RefusedBy.OTHER: "an error in other words, perhaps of a target: not counted as refused; look into the log group",
}
_WORDS = (
    (RefusedBy.POLICY, re.compile("AuthorizeActionException|Tool Execution Denied", re.IGNORECASE)),
    (RefusedBy.SCOPE, re.compile("insufficient[ _]scope", re.IGNORECASE)),
    (RefusedBy.TOKEN, re.compile("(invalid|missing) bearer token", re.IGNORECASE)),
)
_RESULT = re.compile(r"""\bresult["']?[=:]""")
_FAILED = re.compile(r"""\bisError["']?[=:]\s*true""")
_TOOL = re.compile(r"""method["']?[=:]\s*["']?tools/call\b.*?\bname["']?[=:]\s*["']?(?P<tool>[\w-]+)""", re.DOTALL)


@dataclass(frozen=True)
class Refusal:
    """One refused call: why, and of which tool where the log says so. `request` is its id, empty where it has none."""

    by: RefusedBy
    tool: str | None = None
    request: str = ""


def refusal_in(line: str) -> Refusal | None:
    """What a line tells of a refused call, or of another error; None for everything else, also for what is no line of
    a gateway.

    Of a tool's answer (`result=…`) only the policy engine's words count: it may hold any others.
    """
    try:
        event = json.loads(line)
    except (ValueError, RecursionError):
        return None
    fields = _object(event)
    body = _object(fields.get("body"))
    log, answer = str(body.get("log", "")), str(body.get("responseBody", ""))
    if body.get("isError") is not True and not _FAILED.search(answer):
        return None
    said = {RefusedBy.POLICY: f"{log}\n{answer}"}
    own = log if _RESULT.search(answer) else said[RefusedBy.POLICY]
    by = next((by for by, words in _WORDS if words.search(said.get(by, own))), RefusedBy.OTHER)
    tool = _TOOL.search(str(body.get("requestBody", "")))
    return Refusal(by, tool["tool"] if tool else None, str(fields.get("request_id", "")))


def counted(lines: Iterable[str]) -> Counter[tuple[RefusedBy, str | None]]:
    """How many calls were refused, by cause and tool. A request of several lines counts once, by the first that tells
    a cause.
    """
    by_request: dict[str, Refusal] = {}
    for number, line in enumerate(lines):
        found = refusal_in(line)
        if found is None:
            continue
        key = found.request or f"line {number}"
        if key not in by_request or by_request[key].by is RefusedBy.OTHER:
            by_request[key] = found
    return Counter((each.by, each.tool) for each in by_request.values())


def _object(value: object) -> Mapping[str, object]:
    return cast("Mapping[str, object]", value) if isinstance(value, Mapping) else {}
