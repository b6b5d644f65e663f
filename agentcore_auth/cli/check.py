"""`check`: what the gateway would answer to a token, the first cause, every other mismatch, and the remedy."""

from __future__ import annotations

import argparse
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, cast

from agentcore_auth.authorizer.causes import Cause, Finding, TokenError, quoted
from agentcore_auth.authorizer.checking import Pasted, examine, issuer_of, unpack
from agentcore_auth.authorizer.families import recognize
from agentcore_auth.authorizer.jws import parse_json
from agentcore_auth.authorizer.model import Authorizer, AuthorizerError, not_judged
from agentcore_auth.authorizer.rules import Verdict, seconds_of
from agentcore_auth.cli.terminal import (
    ACCEPTED,
    REFUSED,
    UNREACHABLE,
    WRONG_USE,
    CommandError,
    Tone,
    out,
    pretty,
    print_json,
    read_named,
    read_token,
    say,
    slowly,
)
from agentcore_auth.cli.tool import Policies, require_cedar, tool_and_arguments, tool_verdict
from agentcore_auth.tokens.context import Context
from agentcore_auth.tokens.repair import is_gateway, may_be_repaired, update_command

if TYPE_CHECKING:
    from agentcore_auth.outputs import Gateway
    from agentcore_auth.tokens.remedies import Remedy

_UNKNOWN_OF_AWS = {
    Cause.DISCOVERY_UNREACHABLE,
    Cause.HEADER_NOT_UNDERSTOOD,
    Cause.OTHER_KIND_OF_TOKEN,
    Cause.GRAPH_TOKEN,
    Cause.KEY_TOO_SHORT,
    Cause.TIME_MALFORMED,
}
_LARGEST = 1024 * 1024
"""Bytes of an authorizer or a key set: far more than one has."""


@dataclass(frozen=True)
class Source:
    """Where the authorizer comes from: its document, and what else the stack says."""

    document: Mapping[str, object]
    provider: str | None = None
    stack: str | None = None
    gateway: Mapping[str, object] | None = None
    """The whole gateway, as GetGateway has it, where no stack made it."""
    policies: Policies | None = None
    """What decides over its tools; None where every tool may be called."""


@dataclass(frozen=True)
class Advice:
    """What to do about a verdict: the remedy, each finding's own sentence, and the command that makes a gateway so that
    the token is let in, where no stack made it.
    """

    remedy: Remedy | None = None
    sentences: Sequence[str | None] = ()
    command: str | None = None


def run(options: argparse.Namespace) -> int:
    require_cedar(options)
    asked = [tool_and_arguments(given, "--tool") for given in options.tool]
    source = _source(options)
    try:
        pasted = unpack(read_token(options))
    except TokenError as error:
        pasted = Pasted("", None, (Finding(error.cause, error.message),))
    verdict, context = judged(pasted, source, _keys_from_file(options.jwks), time.time(), options.leeway)
    advice = advise(source, verdict, context)
    # Whoever is not let in calls nothing, whatever the policies say.
    tools = [tool_verdict(source.policies, context.claims, *each) for each in asked if verdict.status == 200]
    if options.json:
        told = {"tools": [asdict(tool) for tool in tools]} if asked else {}
        print_json({**as_document(verdict, advice, context), **told})
    else:
        _print(verdict, advice)
        for line in (line for tool in tools for line in tool.lines()):
            out(line)
        if advice.command is not None:
            out(f"this command makes the gateway so, and leaves the rest of it as it is:\n{advice.command}")
    if verdict.cause is Cause.DISCOVERY_UNREACHABLE:
        say(f"check: {verdict.findings[0].message}")
        return UNREACHABLE
    return ACCEPTED if verdict.status == 200 and not any(tool.refused for tool in tools) else REFUSED


def judged(
    pasted: Pasted, source: Source, jwks: Mapping[str, object] | None, now: float, leeway: float = 0
) -> tuple[Verdict, Context]:
    """The verdict, and what a remedy needs to know. Fetches discovery document and keys unless `jwks` is given."""
    claims = pasted.parts.claims if pasted.parts else {}
    try:
        authorizer = Authorizer.from_api(source.document)
    except AuthorizerError as error:
        findings = (Finding(error.cause, error.message), *pasted.findings)
        return Verdict.of(findings), Context(claims, None, source.provider, source.stack)
    context = Context(claims, authorizer, source.provider, source.stack)
    url = authorizer.discovery_url
    issuer = issuer_of(url, claims)
    keys: Mapping[str, object] | TokenError = jwks or {}
    notes = [f"{key} is not judged here" for key in not_judged(source.document)]
    recognized = recognize(url)
    if jwks is not None and recognized and recognized.issuer is None and claims.get("iss") == issuer:
        notes.append(f"which tenant {quoted(url)} is was not looked up: taken to be the token's, {quoted(issuer)}")
    if jwks is not None and claims and claims.get("iss") != issuer and recognized is None:
        message = (
            f"which issuer {quoted(url)} names is not known without network, and the token's is another than usual"
        )
        keys = TokenError(Cause.DISCOVERY_UNREACHABLE, message)
    if jwks is None and pasted.parts is not None:
        from agentcore_auth.tokens.discovery import fetch_issuer  # noqa: PLC0415  # with --jwks there is no network to wait for

        try:
            with slowly(f"reading {url}"):
                fetched = fetch_issuer(url)
            issuer, keys = fetched.issuer, fetched.jwks
            notes.extend(fetched.notes)
        except TokenError as error:
            keys = error
    verdict = examine(pasted, authorizer, issuer=issuer, jwks=keys, now=now, leeway=leeway)
    return replace(verdict, notes=(*verdict.notes, *notes)), context


def is_known(verdict: Verdict) -> bool:
    """Whether the verdict is the gateway's: where this machine cannot reach the issuer, the gateway still may; and of
    some tokens that the standards forbid, no source says what it makes of them.
    """
    return verdict.cause not in _UNKNOWN_OF_AWS


def advise(source: Source, verdict: Verdict, context: Context) -> Advice:
    """What to do about a verdict."""
    if not verdict.findings:
        return Advice()
    from agentcore_auth.tokens.remedies import remedy_for, sentences_for  # noqa: PLC0415  # most tokens are let in

    remedy = remedy_for(verdict.findings, context)
    command = None
    if source.gateway and remedy and remedy.authorizer and may_be_repaired(verdict.findings):
        command = update_command(source.gateway, remedy.authorizer)
    return Advice(remedy, sentences_for(verdict.findings, context), command)


def as_document(verdict: Verdict, advice: Advice, context: Context) -> dict[str, object]:
    """The document of `--json`."""
    expiry, remedy = seconds_of(context.claims, "exp"), advice.remedy
    return {
        "status": verdict.status if is_known(verdict) else None,
        "cause": verdict.cause.value if verdict.cause else None,
        "findings": [
            {
                "cause": finding.cause.value,
                "status": finding.status,
                "message": finding.message,
                "claim": finding.claim,
                "expected": list(finding.expected),
                "actual": list(finding.actual),
                "remedy": sentence,
            }
            for finding, sentence in zip(verdict.findings, advice.sentences, strict=True)
        ],
        "remedy": remedy.text if remedy else None,
        "configuration": dict(remedy.configuration) if remedy else {},
        "authorizer": remedy.authorizer if remedy else None,
        "matched": list(verdict.matched),
        "notes": list(verdict.notes),
        "expiresAt": expiry,
        "command": advice.command,
    }


def _print(verdict: Verdict, advice: Advice) -> None:
    if verdict.status == 200:
        out(f": {', '.join(verdict.matched)} match", lead="200 accepted", tone=Tone.GOOD)
    lead = str(verdict.status) if is_known(verdict) else "not known"
    for finding, sentence in zip(verdict.findings, advice.sentences, strict=True):
        out(f": {finding.message}", lead=f"{lead} {finding.cause.value}", tone=Tone.BAD)
        if sentence:
            out(f"  remedy: {sentence}")
        lead = "also"
    if verdict.findings and verdict.matched:
        out(f"match: {', '.join(verdict.matched)}")
    for note in verdict.notes:
        out(f"note: {note}")
    remedy = advice.remedy
    if remedy is None:
        return
    if remedy.configuration:
        out("stack configuration:")
    for key, value in remedy.configuration.items():
        out(f"  {key}: {'leave it out' if value is None else quoted(value, 1000)}")
    if remedy.authorizer is not None:
        out(f"authorizer that fits:\n{pretty({'customJWTAuthorizer': remedy.authorizer})}")


def _source(options: argparse.Namespace) -> Source:
    lists = {
        "allowedClients": options.allowed_clients,
        "allowedAudience": options.allowed_audience,
        "allowedScopes": options.allowed_scopes,
    }
    given = {key: values for key, values in lists.items() if values}
    chosen = [
        name for name in ("stack", "outputs", "authorizer", "gateway_arn", "discovery_url") if getattr(options, name)
    ]
    if len(chosen) != 1 or (given and chosen != ["discovery_url"]):
        raise CommandError(
            "name one authorizer: --stack S --gateway P, or --authorizer FILE, or --gateway-arn ARN, or "
            "--discovery-url URL with --allowed-clients, --allowed-audience, --allowed-scopes",
            WRONG_USE,
        )
    if options.tool and not (options.stack or options.outputs or options.gateway_arn):
        raise CommandError("--tool needs the gateway's policies: --stack, --outputs or --gateway-arn", WRONG_USE)
    if options.authorizer:
        return source_of_document(_json_file(options.authorizer), options.gateway)
    if options.gateway_arn:
        from agentcore_auth.cli.gateway_api import read_gateway, read_policies  # noqa: PLC0415  # only where AWS is asked

        document = read_gateway(options.gateway_arn)
        source = source_of_document(document, None)
        return replace(source, policies=read_policies(document)) if options.tool else source
    if options.discovery_url:
        return Source({"discoveryUrl": options.discovery_url, **given}, options.gateway)
    from agentcore_auth.cli.deployed import or_command_error, outputs_of  # noqa: PLC0415  # only with a stack

    with or_command_error():
        outputs = outputs_of(options)
        gateway = outputs.gateway(options.gateway)
        gateway.require_tokens()
    return Source(gateway.authorizer, gateway.provider, outputs.stack, policies=policies_of(gateway))


def policies_of(gateway: Gateway[str]) -> Policies | None:
    """The policies of a stack's gateway."""
    if gateway.policies is None:
        return None
    return Policies(gateway.policies, gateway.arn or "", gateway.access_mode == "logOnly")


def source_of_document(document: Mapping[str, object], provider: str | None) -> Source:
    """An authorizer's document, or a whole gateway's. Raises CommandError for a gateway that judges no tokens."""
    kind = document.get("authorizerType", "CUSTOM_JWT")
    if kind != "CUSTOM_JWT":
        takes = "AWS signatures instead of tokens" if kind == "AWS_IAM" else "tokens without judging them by lists"
        raise CommandError(f"the gateway's authorizer is {quoted(kind, 40)}: it takes {takes}", WRONG_USE)
    return Source(document, provider, gateway=document if is_gateway(document) else None)


def _keys_from_file(path: str | None) -> Mapping[str, object] | None:
    return None if path is None else _json_file(path)


def _json_file(path: str) -> Mapping[str, object]:
    try:
        document = parse_json(read_named(path, _LARGEST))
    except ValueError as error:
        raise CommandError(f"{path} is {error}", WRONG_USE) from None
    if not isinstance(document, dict):
        raise CommandError(f"{path} holds no JSON object", WRONG_USE)
    return cast("dict[str, object]", document)
