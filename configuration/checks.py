"""What single sections cannot show: contradictions between keys, and what lies outside the project's own keys.

Every check takes what is valid so far (`sections`, by field name; a section with a mistake of its own is absent) and
yields all that it finds, so that one message can hold everything. What a provider or a kind of target checks, it says
itself (`idp/`, `components/targets/`).
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from agentcore_auth import iam
from agentcore_auth.mode import Mode
from components.targets import Target
from configuration import forms
from configuration.context import CheckContext, StackConfiguration
from configuration.mistakes import Mistake, nearest
from configuration.schema import CrossAccount, Gateway
from idp import PROVIDERS, Provider

LONGEST_GATEWAY_NAME = 48
# What IAM and every other service takes (AWS General Reference, "Tagging").
MOST_TAGS = 50
LONGEST_TAG_KEY = 128
LONGEST_TAG_VALUE = 256
# IAM and STS quotas (a role's inline policies, without white space), and botocore's CredentialProviderName.
LONGEST_INLINE_POLICY = 10_240
LONGEST_PROVIDER_NAME = 128
# For lengths only: a place like any other, and what Pulumi ends the names with that it makes up.
_ANYWHERE = iam.AwsScope("aws", "123456789012", "ap-southeast-2")
_ENDING = "1234567"


def contradictions(sections: Mapping[str, Any], stack: StackConfiguration) -> Iterator[Mistake]:
    """All mistakes that no section shows by itself."""
    yield from _region(stack)
    yield from _provider_names(sections, stack)
    gateway: Gateway | None = sections.get("gateway")
    if gateway:
        yield from gateway.mistakes("gateway.", stack)
    if "execution_role" in sections:
        yield from sections["execution_role"].mistakes("executionRole.")
    pinned = sections.get("mode", "pinned") == "pinned"
    searches = gateway is not None and gateway.search_type is not None
    context = CheckContext(stack, pinned, gateway.name if gateway else "", searches)
    switched_on = sections.get("identity_providers", ())
    for name, (path, provider) in provider_sections(sections).items():
        if provider.named or name in switched_on:
            yield from provider.mistakes(path, context)
    targets: Sequence[Target] = sections.get("targets", ())
    for name, count in Counter(target.name for target in targets).items():
        if count > 1:
            yield Mistake("targets", f"{count} targets are named {name!r}; a target's name is unique in its gateway")
    in_targets = [
        each for index, target in enumerate(targets) for each in target.mistakes(f"targets[{index}]", context)
    ]
    yield from in_targets
    if gateway and not in_targets:
        yield from _role_limits(gateway, sections, targets)
    yield from _offers(sections, targets)
    yield from _secret_references(targets, stack)
    yield from _cross_account(sections.get("cross_account", {}), gateway, sections.get("targets"))
    yield from _resource_names(sections)
    if sections.get("cross_account"):
        yield from _deployer(stack)
    yield from _tags(sections.get("tags", {}))


def provider_sections(sections: Mapping[str, Any]) -> dict[str, tuple[str, Provider]]:
    """Every provider that the stack file describes, or that needs no description: name -> (path, section)."""
    found: dict[str, tuple[str, Provider]] = {}
    for key, kind in PROVIDERS.items():
        if key in sections:
            named: Mapping[str, Provider] = sections[key] if kind.named else {key: sections[key]}
            found |= {name: (f"{key}.{name}" if kind.named else key, section) for name, section in named.items()}
    return found


def secret_references(targets: Iterable[Target]) -> Iterator[tuple[str, str]]:
    """The secret keys that targets name: (path of the reference, name of the key)."""
    for index, target in enumerate(targets):
        for key, name in target.secret_references():
            yield f"targets[{index}].{key}", name


def role_permissions(gateway: Gateway, targets: Iterable[Target], *, has_access: bool) -> list[iam.Permission]:
    """What the execution role needs besides what its targets' tools do: documents, key, policies, interceptors."""
    documents = dict.fromkeys(each for target in targets for each in target.s3_documents())
    key = [iam.KeyUse(gateway.kms_key_arn)] if gateway.kms_key_arn else []
    evaluation = [iam.PolicyEvaluation()] if has_access else []
    interceptors = [each.permission() for each in gateway.interceptors]
    return [*documents, *key, *evaluation, *interceptors]


def _region(stack: StackConfiguration) -> Iterator[Mistake]:
    region = stack.region
    if not region:
        yield Mistake("aws:region", "is required, and missing: pulumi config set aws:region us-west-2")
    elif not re.fullmatch(forms.REGION, region):
        yield Mistake("aws:region", f"{region!r} is not an AWS region such as us-west-2")


def _provider_names(sections: Mapping[str, Any], stack: StackConfiguration) -> Iterator[Mistake]:
    built_in = [key for key, kind in PROVIDERS.items() if not kind.named]
    families = [key for key, kind in PROVIDERS.items() if kind.named]
    own: dict[str, str] = {name: key for key in families for name in sections.get(key, {})}
    gateway: Gateway | None = sections.get("gateway")
    for name, key in own.items():
        if name in built_in:
            yield Mistake(f"{key}.{name}", f"the name {name} belongs to the built-in provider; choose another one")
    for index, provider in enumerate(sections.get("identity_providers", ())):
        path = f"identityProviders[{index}]"
        if provider in built_in and (reason := PROVIDERS[provider].unavailable(stack)):
            yield Mistake(path, f"{provider}: {reason}")
        if provider not in built_in and provider not in own and all(key in sections for key in families):
            names = [*built_in, *own]
            meant = nearest(provider, names)
            described = " or ".join(f"{key}.{provider}" for key in families)
            yield Mistake(
                path,
                f"{provider!r} is not configured; {meant}valid: {', '.join(names)}, or describe it by {described}",
            )
        elif gateway and len(gateway.name) + 1 + len(provider) > LONGEST_GATEWAY_NAME:
            name = f"{gateway.name}-{provider}"
            yield Mistake(
                "gateway.name",
                f"the gateway's name {name} has {len(name)} characters; AWS takes {LONGEST_GATEWAY_NAME}",
            )


def _offers(sections: Mapping[str, Any], targets: Sequence[Target]) -> Iterator[Mistake]:
    """Targets that name a provider which is not there, and gateways that no target is left for."""
    switched_on: Sequence[str] = sections.get("identity_providers", ())
    for index, target in enumerate(targets):
        for at, name in enumerate(target.providers or ()):
            if switched_on and name not in switched_on:
                valid = f"{nearest(name, switched_on)}valid: {', '.join(switched_on)}"
                yield Mistake(f"targets[{index}].providers[{at}]", f"{name!r} is not among identityProviders; {valid}")
    for name in switched_on if targets else ():
        if not any(target.providers is None or name in target.providers for target in targets):
            yield Mistake("targets", f"none is offered at {name}: its gateway would have no tool (targets[].providers)")


def _secret_references(targets: Iterable[Target], stack: StackConfiguration) -> Iterator[Mistake]:
    for path, name in secret_references(targets):
        if name not in stack.own:
            yield Mistake(path, f"there is no key {name!r}: pulumi config set --secret {name} …")
        elif not stack.is_secret(name):
            yield Mistake(path, f"the key {name!r} is not secret: pulumi config set --secret {name} …")


def _cross_account(
    accounts: Mapping[str, CrossAccount], gateway: Gateway | None, targets: Sequence[Target] | None
) -> Iterator[Mistake]:
    """What is wrong with `crossAccount`; `gateway` and `targets` are None where they have mistakes of their own."""
    functions = [
        *((f"targets[{index}]", arn) for index, target in enumerate(targets or ()) for arn in target.function_arns()),
        *(
            (f"gateway.interceptors[{index}]", arn)
            for index, each in enumerate(gateway.interceptors if gateway else ())
            for arn in each.function_arns()
        ),
    ]
    for account, access in accounts.items():
        path = f"crossAccount.{account}"
        owner = iam.account_of(access.assume_role_arn)
        if owner != account:
            yield Mistake(f"{path}.assumeRoleArn", f"is a role of the account {owner}, and stands under {account}")
        own = [(at, arn) for at, arn in functions if iam.account_of(arn) == account]
        if targets is not None and gateway is not None and not own:
            found = ", ".join(sorted({iam.account_of(arn) for _, arn in functions})) or "none"
            yield Mistake(
                path,
                f"no target's or interceptor's function belongs to that account; accounts of functions here: {found}",
            )
        for at, arn in own:
            if arn.endswith(":$LATEST"):
                yield Mistake(
                    f"{at}.functionArn",
                    "ends in :$LATEST, which takes no policy of its own, so another account cannot be let in: leave "
                    ":$LATEST out, or name a version or an alias",
                )


def _role_limits(gateway: Gateway, sections: Mapping[str, Any], targets: Sequence[Target]) -> Iterator[Mistake]:
    """What IAM and the token vault would refuse half way through a deployment: names and a policy that are too long."""
    name = gateway.name
    asked = [(index, each) for index, target in enumerate(targets) for each in target.permissions(_ANYWHERE, name)]
    for index, use in asked:
        provider = use.provider_arn.rpartition("/")[2] if isinstance(use, iam.CredentialUse) else ""
        length = len(provider.replace("<assigned>", _ENDING))
        if length > LONGEST_PROVIDER_NAME:
            yield Mistake(
                f"targets[{index}].name",
                f"its credential's name, which begins with the gateway's, would have {length} characters; AWS takes "
                f"{LONGEST_PROVIDER_NAME}",
            )
    gateways = [f"{name}-{provider}" for provider in sections.get("identity_providers", ())]
    mode: Mode = sections.get("mode", "pinned")
    needed: list[iam.Permission] = [each for _, each in asked]
    needed += role_permissions(gateway, targets, has_access=sections.get("access") is not None)
    statements = iam.execution_statements(_ANYWHERE, gateways, needed, mode)
    text = json.dumps(iam.document(statements), separators=(",", ":")).replace("<assigned>", _ENDING)
    if len(text) > LONGEST_INLINE_POLICY:
        yield Mistake(
            "targets",
            f"the execution role's policy for them would have about {len(text):,} characters; IAM takes "
            f"{LONGEST_INLINE_POLICY:,}: put some of the targets into another stack",
        )


def _resource_names(sections: Mapping[str, Any]) -> Iterator[Mistake]:
    """Providers `a` and `a-b` with targets `b-c` and `c`: both pairs would be the stack's resource `…-a-b-c`."""
    seen: dict[str, tuple[str, str]] = {}
    for provider in sections.get("identity_providers", ()):
        for target in sections.get("targets", ()):
            other = seen.setdefault(f"{provider}-{target.name}", (provider, target.name))
            if other != (provider, target.name):
                yield Mistake(
                    "targets",
                    f"{target.name!r} at {provider} and {other[1]!r} at {other[0]} come to one name; rename a target",
                )


def _deployer(stack: StackConfiguration) -> Iterator[Mistake]:
    """The roles of other accounts are assumed with the environment's credentials, or those of `aws:profile`."""
    for key in ("aws:assumeRole", "aws:assumeRoles", "aws:accessKey"):
        if key in stack.values:
            yield Mistake(
                key,
                "does not reach the accounts under crossAccount; give these credentials by environment or aws:profile",
            )


def _tags(tags: Mapping[str, str]) -> Iterator[Mistake]:
    if len(tags) > MOST_TAGS:
        yield Mistake("tags", f"has {len(tags)} tags; AWS takes {MOST_TAGS}")
    for key, value in tags.items():
        if key.lower().startswith("aws:"):
            yield Mistake(f"tags.{key}", "begins with aws:, which AWS keeps for itself")
        if not 1 <= len(key) <= LONGEST_TAG_KEY:
            yield Mistake(f"tags.{key}", f"the key has {len(key)} characters; AWS takes 1 to {LONGEST_TAG_KEY}")
        if len(value) > LONGEST_TAG_VALUE:
            yield Mistake(f"tags.{key}", f"the value has {len(value)} characters; AWS takes {LONGEST_TAG_VALUE}")
