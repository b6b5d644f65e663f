"""How a gateway's authorizer, as a preview shows it, judges claims of which some are not known yet.

The rules are `authorizer.rules`'s. They are asked about one list at a time and only about values that are known; what
they cannot be asked about stays unknown (Kleene's logic), except where the preview says that list and claim come from
one resource.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, TypeAlias, cast

from agentcore_auth.authorizer.model import AllowedList, Authorizer, AuthorizerError
from agentcore_auth.authorizer.rules import mismatch
from agentcore_auth.preview.document import Hidden, PreviewError, Resource, Text, mapping

CONFIGURATION = "authorizerConfiguration"
ShownAuthorizer: TypeAlias = Authorizer[Text]


class Fit(Enum):
    """Whether a claim satisfies what the authorizer asks of it."""

    YES = "fits"
    #: It will: the deployment makes the value, for the token as for the authorizer.
    AT_DEPLOYMENT = "made by the deployment"
    UNKNOWN = "known at deployment"
    NO = "differs"


@dataclass(frozen=True)
class Comparison:
    """What became of one claim at one list; `found` is what the token holds there."""

    allowed: AllowedList[Text]
    found: tuple[Text, ...]
    fit: Fit


def shown(gateway: Resource) -> ShownAuthorizer:
    """The authorizer of a gateway's resource. Raises PreviewError where it is no customJWTAuthorizer."""
    configuration = gateway.inputs.get(CONFIGURATION)
    if isinstance(configuration, Hidden):
        raise PreviewError(f"gateway {gateway.name}: the preview shows nothing of its authorizer")
    fields = mapping(configuration, f"gateway {gateway.name}: its {CONFIGURATION}")
    if not any(fields.values()):
        raise PreviewError(f"gateway {gateway.name} has no customJWTAuthorizer; its callers cannot be judged")
    try:
        return Authorizer.from_pulumi(fields, lambda value: value if isinstance(value, str | Hidden) else None)
    except AuthorizerError as error:
        raise PreviewError(f"gateway {gateway.name}: AWS would refuse the authorizer: {error}") from None


def compare(
    authorizer: ShownAuthorizer, token: Mapping[str, Any], discovery_url: Text, *, made_together: bool
) -> tuple[Comparison, ...]:
    """Judge a token of the issuer at `discovery_url`.

    `made_together`: what is unknown in the authorizer comes from the client that the token was issued to.
    """
    issuer = AllowedList("discoveryUrl", "iss", (authorizer.discovery_url,))
    return (
        Comparison(issuer, (discovery_url,), _issuer_fit(authorizer.discovery_url, discovery_url)),
        *(_compare(allowed, token, made_together=made_together) for allowed in authorizer.lists),
    )


def known(allowed: AllowedList[Text]) -> tuple[str, ...]:
    """The list's values that the preview shows."""
    return tuple(value for value in allowed.values if isinstance(value, str))


def verdict(comparisons: Sequence[Comparison]) -> Fit:
    """What all of them together say: one that differs is enough to refuse, and all have to fit."""
    order = (Fit.NO, Fit.UNKNOWN, Fit.AT_DEPLOYMENT)
    return next((fit for fit in order if any(each.fit is fit for each in comparisons)), Fit.YES)


def values_of(token: Mapping[str, Any], claim: str) -> tuple[Text, ...]:
    """The values of a token's claim; scopes separately, whichever of `scope` and `scp` holds them."""
    if claim != "scope":
        value = token.get(claim, ())
        return tuple(cast("Sequence[Text]", value)) if isinstance(value, list | tuple) else (value,)
    values = [token[name] for name in ("scope", "scp") if name in token]
    return tuple(
        each
        for value in values
        for each in (value.split() if isinstance(value, str) else (value,) if isinstance(value, Hidden) else value)
    )


def satisfying(authorizer: ShownAuthorizer) -> dict[str, Any]:
    """The claims of a token that has every known value that the authorizer asks for, and nothing else."""
    return {
        allowed.claim: allowed.values[0] if allowed.is_of_one_value else list(allowed.values)
        for allowed in authorizer.lists
    }


def _compare(allowed: AllowedList[Text], token: Mapping[str, Any], *, made_together: bool) -> Comparison:
    found = values_of(token, allowed.claim)
    shown_values = known(allowed)
    has_hidden = len(shown_values) < len(allowed.values)
    if (
        shown_values
        and mismatch(allowed.of(shown_values), {name: _known(value) for name, value in token.items()}) is None
    ):
        return Comparison(allowed, found, Fit.YES)
    if not has_hidden and not any(isinstance(value, Hidden) for value in found):
        return Comparison(allowed, found, Fit.NO)
    if has_hidden and not found:
        # Whatever the value is going to be, a token without the claim does not have it.
        return Comparison(allowed, found, Fit.NO)
    both = has_hidden and all(isinstance(value, Hidden) for value in found)
    return Comparison(allowed, found, Fit.AT_DEPLOYMENT if both and made_together else Fit.UNKNOWN)


def _known(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [item for item in cast("Sequence[Any]", value) if not isinstance(item, Hidden)]
    return None if isinstance(value, Hidden) else value


def _issuer_fit(wanted: Text, actual: Text) -> Fit:
    if isinstance(wanted, Hidden) or isinstance(actual, Hidden):
        return Fit.UNKNOWN
    return Fit.YES if wanted == actual else Fit.NO
