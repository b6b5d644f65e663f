"""The keys `access` and `accessMode`: who may call which tool, and what is checked before anything is deployed."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BeforeValidator, Field

from agentcore_auth import iam
from agentcore_auth.access.rules import LONGEST_POLICY_NAME, SEPARATOR, Rule, rules_of, statement
from agentcore_auth.access.schema import schema
from agentcore_auth.authorizer.families import CLIENT_CLAIMS
from agentcore_auth.documents.reading import Tool
from agentcore_auth.files import UnreadableError
from components.targets import Target
from configuration import forms
from configuration.documents import read_file
from configuration.mistakes import Mistake, nearest
from configuration.section import Section
from idp import Callers, Provider

if TYPE_CHECKING:
    from agentcore_auth.access.policies import Policy

Tools = Mapping[str, Sequence[Tool] | None]
"""The tools by their targets; None where only the target's server, or S3, knows them."""
_POLICIES = "policies"
# What only the deployment knows; AWS's forms, since the text is validated.
_CLIENT_ID = "0123456789abcdefghijklmnop"
_ARN = "arn:aws:bedrock-agentcore:us-east-1:123456789012:gateway/gateway-0123456789"


def _by_name(value: object) -> object:
    return {"tools": [value]} if isinstance(value, str) else value


class AccessEntry(Section, frozen=True):
    """What a client may call. A name alone will do where no scope is asked for."""

    scope: forms.Scope | None = Field(
        default=None, description="Only with tokens that have this scope; from the provider's `scopes`."
    )
    # Not strict: what went through `_by_name` is no JSON any more, where a list would pass for a tuple.
    tools: Annotated[tuple[str, ...], Field(min_length=1, strict=False), forms.DISTINCT] = Field(
        description="`<target>___<tool>`, or a target's name for all its tools."
    )


_Entry = Annotated[AccessEntry, BeforeValidator(_by_name, json_schema_input_type=str | AccessEntry)]
_Entries = Annotated[tuple[_Entry, ...], Field(min_length=1)]


class Access(Section, frozen=True, extra="allow"):
    """Who may call which tool. Every key but `policies` is a provider: client -> tools, targets or `{scope, tools}`."""

    __pydantic_extra__: dict[str, dict[str, _Entries]]  # pyright: ignore[reportIncompatibleVariableOverride]

    policies: Annotated[tuple[str, ...], forms.DISTINCT] = Field(
        default=(), description="Files with Cedar policies of your own, relative to the project."
    )

    @property
    def providers(self) -> Mapping[str, Mapping[str, Sequence[AccessEntry]]]:
        """Provider -> client -> entries."""
        return self.__pydantic_extra__


@dataclass(frozen=True)
class OwnPolicy:
    """A policy out of a file; `gateway` is the name of the gateway that it is for, empty where it is for all."""

    name: str
    source: str
    policy: Policy
    gateway: str


@dataclass(frozen=True)
class Subject:
    """What access is checked against.

    `providers` are all that the stack file describes, `switched_on` those with a gateway, `tools` the targets' (None
    where targets have mistakes of their own), `gateway_name` the name that all gateways begin with.
    """

    providers: Mapping[str, tuple[str, Provider]]
    switched_on: Sequence[str]
    tools: Tools | None
    gateway_name: str
    #: Targets that only some providers' gateways offer.
    offered: Mapping[str, Sequence[str]]

    def tools_at(self, provider: str) -> Tools | None:
        """The tools that this provider's gateway offers."""
        if self.tools is None:
            return None
        return {
            target: tools for target, tools in self.tools.items() if provider in self.offered.get(target, (provider,))
        }

    def gateways(self) -> dict[str, str]:
        """Gateway -> its provider."""
        return {f"{self.gateway_name}-{provider}": provider for provider in self.switched_on}


def rules(access: Access, provider: str, callers: Callers) -> list[Rule]:
    """The rules for one provider's clients, with scopes as its tokens spell them."""
    return [
        rule
        for client, entries in access.providers.get(provider, {}).items()
        for rule in rules_of(client, [(_spelled(callers, entry.scope), entry.tools) for entry in entries])
    ]


def check_access(
    sections: Mapping[str, Any],
    providers: Mapping[str, tuple[str, Provider]],
    documents: Mapping[str, str],
    project: Path,
) -> tuple[list[OwnPolicy], list[Mistake]]:
    """The policies out of files, and everything that is wrong with `access`, given the sections that are valid.

    `providers` are those of `sections` by name, with their paths; `documents` has the targets' local documents.
    """
    access: Access | None = sections.get("access")
    gateway = sections.get("gateway")
    if access is None:
        unused = "access" in sections and sections.get("access_mode", "enforce") != "enforce"
        return [], [Mistake("accessMode", "has no access to decide on: set access, or leave it out")] if unused else []
    if gateway is None:
        return [], []  # its name is part of what is checked
    targets: Sequence[Target] | None = sections.get("targets")
    tools = None if targets is None else {target.name: target.known_tools(documents) for target in targets}
    on = [name for name in sections.get("identity_providers", ()) if name in providers]
    offered = {target.name: target.providers for target in targets or () if target.providers is not None}
    subject = Subject(providers, on, tools, gateway.name, offered)
    own, found = read_own_policies(access, subject, project)
    return own, [*found, *mistakes(access, subject, own)]


def read_own_policies(access: Access, subject: Subject, project: Path) -> tuple[list[OwnPolicy], list[Mistake]]:
    """The policies in the files of `access.policies`, which lie in `project`, and what is wrong with them."""
    from agentcore_auth.access.policies import CedarError, split  # noqa: PLC0415 - only who has `access` pays for Cedar

    found: list[OwnPolicy] = []
    mistakes: list[Mistake] = []
    for index, source in enumerate(access.policies):
        path = f"access.{_POLICIES}[{index}]"
        try:
            policies = split(read_file(project, source))
        except UnreadableError as error:
            mistakes.append(Mistake(path, str(error)))
        except CedarError as error:
            mistakes.append(Mistake(path, f"{source} {error}"))
        else:
            for number, policy in enumerate(policies, start=1):
                gateway = _gateway_named(policy.gateway, subject)
                if gateway is None:
                    valid = ", ".join(subject.gateways())
                    sentence = f"{source}: there is no gateway {policy.gateway!r} in this stack; valid: {valid}"
                    mistakes.append(Mistake(path, sentence))
                else:
                    found.append(OwnPolicy(_policy_name(source, number), source, policy, gateway))
    for name, count in Counter(each.name for each in found).items():
        if count > 1:
            path = f"access.{_POLICIES}"
            mistakes.append(Mistake(path, f"{count} files come to the policy name {name}; rename one"))
    return found, mistakes


def mistakes(access: Access, subject: Subject, own: Iterable[OwnPolicy]) -> Iterator[Mistake]:
    """What is wrong with `access`: unknown names, scopes that tokens do not have, Cedar that does not validate."""
    if not access.providers and not access.policies:
        yield Mistake("access", "is empty, so nobody could call anything: name clients, or leave the key out")
    if _POLICIES in subject.providers:
        yield Mistake(f"oidc.{_POLICIES}", "the name is taken by access.policies; choose another one")
    for provider, clients in access.providers.items():
        path = f"access.{provider}"
        if provider not in subject.providers:
            names = list(subject.providers)
            meant = nearest(provider, names)
            yield Mistake(path, f"there is no such provider; {meant}valid: {', '.join([*names, _POLICIES])}")
            continue
        callers = subject.providers[provider][1].callers(subject.gateway_name)
        for client, entries in clients.items():
            if callers.clients is not None and client not in callers.clients:
                meant, valid = nearest(client, callers.clients), ", ".join(callers.clients)
                yield Mistake(f"{path}.{client}", f"{provider} has no such client; {meant}valid: {valid}")
            elif mistake := callers.claims.mistake(client):
                yield Mistake(f"{path}.{client}", mistake)
            for index, entry in enumerate(entries):
                yield from _entry(f"{path}.{client}[{index}]", entry, provider, callers, subject)
    if subject.tools is not None:
        yield from _invalid(access, subject, own)


def _entry(path: str, entry: AccessEntry, provider: str, callers: Callers, subject: Subject) -> Iterator[Mistake]:
    if entry.scope is not None and callers.claims.scope is None:
        yield Mistake(
            f"{path}.scope",
            f"the tokens of {provider} have no scopes that Cedar could see; leave the scope out, or compare another "
            "claim in a file of access.policies",
        )
    elif entry.scope is not None and callers.scopes is not None and entry.scope not in callers.scopes:
        meant, valid = nearest(entry.scope, [*callers.scopes]), ", ".join(callers.scopes)
        yield Mistake(f"{path}.scope", f"{entry.scope!r} is no scope of {provider}; {meant}valid: {valid}")
    tools = subject.tools_at(provider)
    for name in entry.tools if tools is not None else ():
        target = name.partition(SEPARATOR)[0]
        if target in (subject.tools or {}) and target not in (tools or {}):
            yield Mistake(path, f"the target {target} is not offered at {provider} (targets[].providers)")
        elif problem := _unknown_tool(name, tools or {}):
            yield Mistake(path, problem)


def _unknown_tool(name: str, tools: Tools) -> str:
    """What is wrong with the name of a tool or a target; empty if nothing."""
    target, separator, tool = name.partition(SEPARATOR)
    known = tools.get(target)
    if target in tools and (not separator or known is None or any(each.name == tool for each in known)):
        return "" if tool or not separator else f"{name!r} names no tool"
    full = [f"{each}{SEPARATOR}{one.name}" for each, listed in tools.items() for one in listed or ()]
    if separator and target in tools:
        valid = [each for each in full if each.startswith(f"{target}{SEPARATOR}")]
        return f"the target {target} has no tool {tool!r}; {nearest(name, valid)}valid: {', '.join(valid)}"
    kind = f"there is no target {target!r}" if separator else f"{name!r} is neither a target nor a tool"
    return f"{kind}; {nearest(name, [*tools, *full])}valid: {', '.join(tools)}, or <target>{SEPARATOR}<tool>"


def _invalid(access: Access, subject: Subject, own: Iterable[OwnPolicy]) -> Iterator[Mistake]:
    """What Cedar finds: each text validated against the schema that follows from the targets' tools."""
    from agentcore_auth.access.policies import CedarError, findings, renamed, split  # noqa: PLC0415

    for provider, (_, section) in subject.providers.items():
        callers, tools = section.callers(subject.gateway_name), subject.tools_at(provider) or {}
        for rule in rules(access, provider, callers):
            where = f"access.{provider}.{rule.client}"
            if (
                callers.claims.mistake(rule.client)
                or any(_unknown_tool(name, tools) for name in rule.names)
                or (rule.scope is not None and callers.claims.scope is None)
            ):
                continue  # said already
            text = statement(rule, callers.claims, _CLIENT_ID, _ARN)
            try:
                split(text)
            except CedarError as error:
                yield Mistake(where, f"{error}; name targets instead of their tools")
                continue
            yield from (
                Mistake(where, found)
                for found in findings(text, schema(_with_named(tools, rule.names), [callers.claims.entity]))
            )
    tools = subject.tools or {}
    for index, source in enumerate(access.policies):
        for each in own:
            if each.source == source:
                where = f"access.{_POLICIES}[{index}]"
                yield from (Mistake(where, f"{source}: {found}") for found in _unseen(each, subject))
                text, known = renamed(each.policy.text, _ARN), _with_named(tools, each.policy.actions)
                # What a tool takes that only its server knows cannot be looked up here: AWS will.
                if not any(tools.get(name.partition(SEPARATOR)[0], ()) is None for name in each.policy.actions):
                    kinds = schema(known, _entities(each, subject))
                    yield from (Mistake(where, f"{source}: {found}") for found in findings(text, kinds))


def _unseen(own: OwnPolicy, subject: Subject) -> Iterator[str]:
    """The claims that a policy reads and that no token of its gateway's provider has, as far as is known."""
    provider = subject.gateways().get(own.gateway)
    if provider is None:
        return
    claims = subject.providers[provider][1].callers(subject.gateway_name).claims
    if not claims.client:
        for claim in sorted(own.policy.claims):
            yield f"Cedar sees no {claim} of callers at {provider}, who have no token: compare principal.id"
        return
    others = {"client_id", *CLIENT_CLAIMS} - {*claims.client}
    for claim in sorted(own.policy.claims & others):
        yield f"Cedar sees no {claim} in tokens of {provider}: the client is in {' or '.join(claims.client)}"
    for claim in sorted(own.policy.claims & ({"scope", "scp"} - {claims.scope})):
        instead = f"the scopes are in {claims.scope}" if claims.scope else "they have no scopes"
        yield f"Cedar sees no {claim} in tokens of {provider}: {instead}"


def _entities(own: OwnPolicy, subject: Subject) -> list[str]:
    """The types of callers of the gateways that a policy is for."""
    gateways = subject.gateways()
    providers = [gateways[own.gateway]] if own.gateway else gateways.values()
    found = [subject.providers[each][1].callers(subject.gateway_name).claims.entity for each in providers]
    return list(dict.fromkeys(found))


def _with_named(tools: Tools, names: Iterable[str]) -> Tools:
    """The tools, and of those that only a server knows the ones that are named."""
    found = dict(tools)
    for name in names:
        target, separator, tool = name.partition(SEPARATOR)
        if separator and tools.get(target, ()) is None:
            found[target] = [*(found[target] or ()), Tool(tool, "", {})]
    return found


def _spelled(callers: Callers, scope: str | None) -> str | None:
    return scope if scope is None or callers.scopes is None else callers.scopes.get(scope, scope)


def _gateway_named(text: str, subject: Subject) -> str | None:
    """The gateway that a policy names by its name or its ARN; empty where it names none, None where there is none."""
    identifier = text.rpartition("gateway/")[2]
    names = {text, identifier[: -len(iam.ID_SUFFIX)]} if text.startswith("arn:") else {text}
    return next((name for name in subject.gateways() if name in names), None) if text else ""


def _policy_name(source: str, number: int) -> str:
    readable = re.sub(r"[^A-Za-z0-9]+", "_", Path(source).stem).strip("_")
    begun = readable if readable[:1].isalpha() else f"own_{readable}"
    return f"{begun[: LONGEST_POLICY_NAME - 8]}_{number}"
