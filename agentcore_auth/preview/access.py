"""Who gains and who loses which tool of a gateway, by its policies before and after a change.

Tools of targets that come or go are not counted: the report tells of the targets. A policy whose text the deployment
makes (for a client that is still to be made) is told in its own words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any, TypeAlias, cast

from agentcore_auth.access.rules import SEPARATOR, Caller, IamCaller
from agentcore_auth.authorizer.families import CLIENT_CLAIMS
from agentcore_auth.documents import openapi, smithy
from agentcore_auth.documents.reading import DocumentError
from agentcore_auth.preview.authorizers import known
from agentcore_auth.preview.document import Hidden, Resource, Text
from agentcore_auth.preview.gateways import Gateway

ENGINE = "policyEngineConfiguration"
_ANY = "…"
_PRINCIPAL = re.compile(r'"(arn:[\w-]+:(?:iam|sts)::[^"]+)"')
_Offered: TypeAlias = Mapping[str, frozenset[str]]
_BothSides: TypeAlias = tuple[Caller, Caller]


@dataclass(frozen=True)
class ToolChange:
    """The tools that a caller gains and loses. `is_unknown`: a policy's text does not show what it is going to say."""

    caller: str
    gained: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    is_unknown: bool = False


@dataclass(frozen=True)
class AccessChange:
    """What becomes of a gateway's policies: what they say of callers, `to_come` the words of those still to be written.

    `decided` and `decides` say whether policies refuse calls before the change, and after it.
    """

    callers: tuple[ToolChange, ...]
    to_come: tuple[str, ...] = ()
    decided: bool = False
    decides: bool = False

    @property
    def is_any(self) -> bool:
        """Whether there is anything to tell."""
        return bool(self.callers or self.to_come) or self.decided is not self.decides


@dataclass(frozen=True)
class _Policies:
    """Those that a preview shows, by name, and the ARNs of the gateways that they name."""

    statements: Mapping[str, str]
    gateways: AbstractSet[str]


def access_change(before: Gateway | None, after: Gateway | None) -> AccessChange | None:
    """What a change does to the tools of the callers of a gateway that stays; None where no policies are about it."""
    if before is None or after is None or not (ENGINE in before.resource.inputs or ENGINE in after.resource.inputs):
        return None
    old, new = _statements(before), _statements(after)
    old_words, words = _words(before), _words(after)
    hidden = [name for name, text in new.items() if isinstance(text, Hidden)]
    # Another gateway's ARN changes every text, and nothing of what they say.
    same = {name for name in hidden if old_words.get(name) == words[name] and isinstance(old[name], str)}
    new = {name: old[name] if name in same else text for name, text in new.items()}
    tools = _shared(_tools(before), _tools(after), [*old.values(), *new.values()])
    sides = _deciding(before, old), _deciding(after, new)
    rewritten = any(name in old and name not in same for name in hidden)
    found = [
        _compared(name, callers, tools, sides, is_unknown=rewritten)
        for name, callers in (*_callers(before, after), *_signers([*old.values(), *new.values()]))
    ]
    return AccessChange(
        tuple(each for each in found if each.gained or each.lost or each.is_unknown),
        tuple(words[name] for name in hidden if name not in same),
        _refuses(before),
        _refuses(after),
    )


def _compared(
    name: str,
    callers: _BothSides,
    tools: frozenset[str],
    sides: tuple[_Policies | None, _Policies | None],
    *,
    is_unknown: bool,
) -> ToolChange:
    had, has = (_permitted(policies, caller, tools) for policies, caller in zip(sides, callers, strict=True))
    if is_unknown and had - has:
        return ToolChange(name, is_unknown=True)
    return ToolChange(name, tuple(sorted(has - had)), tuple(sorted(had - has)))


def _permitted(policies: _Policies | None, caller: Caller, tools: frozenset[str]) -> frozenset[str]:
    if policies is None:
        return tools
    from agentcore_auth.access.policies import decide  # noqa: PLC0415 - cedarpy, only for stacks with policies

    return frozenset(
        tool
        for tool in tools
        if any(decide(policies.statements, caller, arn, tool).allowed for arn in policies.gateways)
    )


def _deciding(gateway: Gateway, statements: Mapping[str, Text]) -> _Policies | None:
    """The policies by which the gateway refuses calls; None where it refuses none."""
    if not _refuses(gateway):
        return None
    shown = {name: text for name, text in statements.items() if isinstance(text, str)}
    return _Policies(shown, {_gateway_in(text) for text in shown.values()} - {""})


def _refuses(gateway: Gateway) -> bool:
    """Whether the gateway refuses calls that no policy permits."""
    engine = gateway.resource.inputs.get(ENGINE)
    return isinstance(engine, Mapping) and cast("Mapping[str, object]", engine).get("mode") == "ENFORCE"


def _statements(gateway: Gateway) -> dict[str, Text]:
    return {name: _text(policy, "definition", "cedar", "statement") for name, policy in gateway.policies.items()}


def _words(gateway: Gateway) -> dict[str, str]:
    return {name: str(policy.inputs.get("description", name)) for name, policy in gateway.policies.items()}


def _gateway_in(statement: str) -> str:
    from agentcore_auth.access.policies import split  # noqa: PLC0415

    return split(statement)[0].gateway


def _callers(before: Gateway, after: Gateway) -> Iterator[tuple[str, _BothSides]]:
    """The clients on both sides with the claims of their tokens, and existing ones of which the id is all there is to
    know: rules that ask for a scope do not count for those.
    """
    for name, client in after.clients.items():
        if name in before.clients and not isinstance(client.id, Hidden):
            yield name, _tokens(before.clients[name].claims, client.claims)
    ours = {client.id for client in after.clients.values()}
    listed = after.authorizer.list_named("allowedClients")
    for client_id in known(listed) if listed else ():
        if client_id not in ours:
            token = _token(dict.fromkeys(("client_id", *CLIENT_CLAIMS), client_id))
            yield client_id, (token, token)


def _signers(statements: Iterable[Text]) -> Iterator[tuple[str, _BothSides]]:
    """Whoever policies name by an ARN, which may have `*` in it; a role's sessions are not told beside the role."""
    named = dict.fromkeys(arn for text in statements if isinstance(text, str) for arn in _PRINCIPAL.findall(text))
    roles = {arn.rpartition("/")[2] for arn in named if ":role/" in arn}
    for arn in named:
        if ":assumed-role/" not in arn or arn.split("/")[1] not in roles:
            caller = IamCaller(arn.replace("*", "any"))
            yield arn, (caller, caller)


def _tokens(before: Mapping[str, Any], after: Mapping[str, Any]) -> _BothSides:
    """A client's tokens before and after; a claim that is not wholly shown on both sides counts as the new one."""
    hidden = {name for claims in (before, after) for name, value in claims.items() if _hides(value)}
    shown = {name: value for name, value in before.items() if name not in hidden}
    return _token({**shown, **{name: value for name, value in after.items() if name in hidden}}), _token(after)


def _hides(value: object) -> bool:
    return isinstance(value, Hidden) or (
        isinstance(value, list | tuple) and any(map(_hides, cast("Sequence[object]", value)))
    )


def _token(claims: Mapping[str, Any]) -> dict[str, object]:
    """Claims as a token has them: of those that the preview shows, with `scope` as one text."""
    shown: dict[str, object] = {
        name: [each for each in cast("Sequence[object]", value) if not isinstance(each, Hidden)]
        if isinstance(value, list | tuple)
        else value
        for name, value in claims.items()
        if not isinstance(value, Hidden)
    }
    scopes = shown.get("scope")
    if isinstance(scopes, list):
        shown["scope"] = " ".join(map(str, cast("list[object]", scopes)))
    return shown


def _tools(gateway: Gateway) -> dict[str, frozenset[str]]:
    return {name: frozenset(_names(target)) for name, target in gateway.targets.items()}


def _shared(old: _Offered, new: _Offered, statements: list[Text]) -> frozenset[str]:
    """The tools that are there before and after; of a target that does not show its tools, those that policies name."""
    named: dict[str, set[str]] = {}
    for text in statements:
        for action in _actions(text) if isinstance(text, str) else ():
            target, _, tool = action.partition(SEPARATOR)
            named.setdefault(target, set()).update([tool] if tool else ())
    return frozenset(
        f"{target}{SEPARATOR}{tool}"
        for target in old
        if target in new
        for tool in old[target] & new[target] or {*named.get(target, ()), _ANY}
    )


def _actions(statement: str) -> tuple[str, ...]:
    from agentcore_auth.access.policies import split  # noqa: PLC0415

    return split(statement)[0].actions


def _names(target: Resource) -> list[str]:
    """The tools that a target's inputs show; none where a server or S3 has them."""
    listed: Any = _at(target, "lambda", "toolSchema", "inlinePayloads")
    if isinstance(listed, list):
        return [str(tool["name"]) for tool in cast("list[Mapping[str, Any]]", listed)]
    try:
        document = _at(target, "openApiSchema", "inlinePayload", "payload")
        if isinstance(document, str):
            return [operation.tool.name for operation in openapi.parse(document, target.name)]
        document = _at(target, "smithyModel", "inlinePayload", "payload")
        if isinstance(document, str):
            return [operation.tool.name for operation in smithy.parse(document, target.name).operations]
    except DocumentError:
        pass  # an earlier version of this program took it
    return []


def _at(target: Resource, *path: str) -> object:
    return _value(target.inputs, "targetConfiguration", "mcp", *path)


def _text(resource: Resource, *path: str) -> Text:
    value = _value(resource.inputs, *path)
    return value if isinstance(value, str) else Hidden.AT_DEPLOYMENT


def _value(value: object, *path: str) -> object:
    for key in path:
        value = cast("Mapping[str, object]", value).get(key) if isinstance(value, Mapping) else None
    return value
