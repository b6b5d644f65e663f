"""What single values cannot show: contradictions between keys, and what lies outside the project's own keys.

Every check takes what is valid so far (`sections`, by field name; a section with a mistake of its own is absent) and
yields all that it finds, so that one message can hold everything.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from configuration.mistakes import Mistake, nearest
from configuration.outside import Outside
from configuration.provider_checks import auth0_mistakes, cognito_mistakes, oidc_mistakes, okta_mistakes
from configuration.schema import Gateway, Oidc
from configuration.target_checks import cross_account_mistakes, target_mistakes

BUILT_IN_PROVIDERS = ("cognito", "auth0", "okta")
LONGEST_GATEWAY_NAME = 48
# What IAM and every other service takes (AWS General Reference, "Tagging").
MOST_TAGS = 50
LONGEST_TAG_KEY = 128
LONGEST_TAG_VALUE = 256


def contradictions(sections: Mapping[str, Any], outside: Outside) -> Iterator[Mistake]:
    """All mistakes that no section shows by itself."""
    yield from _region(outside)
    yield from _providers(sections, outside)
    switched_on = sections.get("identity_providers", ())
    mode = sections.get("mode", "pinned")
    if "cognito" in switched_on and "cognito" in sections:
        yield from cognito_mistakes(sections["cognito"], outside)
    if "auth0" in switched_on and "auth0" in sections:
        yield from auth0_mistakes(sections["auth0"], outside, pinned=mode == "pinned")
    if "okta" in switched_on and "okta" in sections:
        yield from okta_mistakes(sections["okta"], sections.get("gateway"), outside)
    for name, issuer in sections.get("oidc", {}).items():
        yield from oidc_mistakes(f"oidc.{name}", issuer)
    yield from target_mistakes(sections.get("targets", ()), outside, pinned=mode == "pinned")
    yield from cross_account_mistakes(sections.get("cross_account", {}), sections.get("targets"))
    yield from _names(sections)
    if sections.get("cross_account"):
        yield from _deployer(outside)
    yield from _tags(sections.get("tags", {}))


def _region(outside: Outside) -> Iterator[Mistake]:
    region = outside.region
    if not region:
        yield Mistake("aws:region", "is required, and missing: pulumi config set aws:region us-west-2")
    elif not re.fullmatch(r"[a-z]{2}(-[a-z]+)+-\d", region):
        yield Mistake("aws:region", f"{region!r} is not an AWS region such as us-west-2")


def _providers(sections: Mapping[str, Any], outside: Outside) -> Iterator[Mistake]:
    issuers: Mapping[str, Oidc] = sections.get("oidc", {})
    gateway: Gateway | None = sections.get("gateway")
    for name in issuers:
        if name in BUILT_IN_PROVIDERS:
            yield Mistake(f"oidc.{name}", f"the name {name} belongs to the built-in provider; choose another one")
    for index, provider in enumerate(sections.get("identity_providers", ())):
        place = f"identityProviders[{index}]"
        if provider == "cognito" and outside.partition != "aws":
            yield Mistake(
                place,
                f"cognito: this program does not know the addresses of Cognito's token endpoint in {outside.region}; "
                "choose another provider, or another aws:region",
            )
        if provider not in BUILT_IN_PROVIDERS and provider not in issuers and "oidc" in sections:
            names = [*BUILT_IN_PROVIDERS, *issuers]
            meant = nearest(provider, names)
            yield Mistake(
                place,
                f"{provider!r} is not configured; {meant}valid: {', '.join(names)}, or describe it by oidc.{provider}",
            )
        elif gateway and len(gateway.name) + 1 + len(provider) > LONGEST_GATEWAY_NAME:
            name = f"{gateway.name}-{provider}"
            yield Mistake(
                "gateway.name",
                f"the gateway's name {name} has {len(name)} characters; AWS takes {LONGEST_GATEWAY_NAME}",
            )


def _names(sections: Mapping[str, Any]) -> Iterator[Mistake]:
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


def _deployer(outside: Outside) -> Iterator[Mistake]:
    """The roles of other accounts are assumed with the environment's credentials, or those of `aws:profile`."""
    for key in ("aws:assumeRole", "aws:assumeRoles", "aws:accessKey"):
        if key in outside.configuration:
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
