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

from agentcore_auth.authorizer.checking import issuer_of
from agentcore_auth.authorizer.families import Family, contradictions, recognize
from agentcore_auth.authorizer.model import AllowedList, Authorizer, AuthorizerError
from agentcore_auth.authorizer.rules import mismatch
from agentcore_auth.preview.document import Hidden, PreviewError, Resource, Text, mapping

CONFIGURATION = "authorizerConfiguration"
TYPE = "authorizerType"
_JWT = "CUSTOM_JWT"


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


@dataclass(frozen=True)
class NoToken:
    """An authorizer of another type, which looks at no bearer token: AWS_IAM, NONE, AUTHENTICATE_ONLY."""

    type: Text

    @property
    def discovery_url(self) -> Text:
        """What stands in its place: the type."""
        return self.type

    @property
    def lists(self) -> tuple[AllowedList[Text], ...]:
        """The type, as the one thing that is asked."""
        return (AllowedList(TYPE, TYPE, (self.type,)),)

    @property
    def fit(self) -> Fit:
        """Whether a caller with a bearer token comes in."""
        return {"NONE": Fit.YES, "AWS_IAM": Fit.NO}.get(str(self.type), Fit.UNKNOWN)

    def list_named(self, name: str) -> AllowedList[Text] | None:
        """The list of this name, if it is given."""
        return next((allowed for allowed in self.lists if allowed.name == name), None)


ShownAuthorizer: TypeAlias = Authorizer[Text] | NoToken


def shown(gateway: Resource) -> ShownAuthorizer:
    """The authorizer of a gateway's resource. Raises PreviewError for one that AWS would refuse."""
    kind = gateway.inputs.get(TYPE, _JWT)
    if kind != _JWT and isinstance(kind, str | Hidden):
        return NoToken(kind)
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
    if isinstance(authorizer, NoToken):
        return _of_another_type(authorizer)
    return (
        _compare_issuers(authorizer.discovery_url, discovery_url),
        *(_compare(allowed, token, made_together=made_together) for allowed in authorizer.lists),
    )


def compare_strangers(
    before: ShownAuthorizer, after: ShownAuthorizer, client_id: str | None = None
) -> tuple[Comparison, ...]:
    """Judge tokens that come in now, of which no more is known than that, and what tokens of their family carry.

    `client_id`: the client in them, where it is known.
    """
    if isinstance(after, NoToken):
        return _of_another_type(after)
    if isinstance(before, NoToken):
        return tuple(Comparison(allowed, (), Fit.UNKNOWN) for allowed in after.lists)
    family = family_of(after)
    never = set(nobody_by(after))
    return (
        _compare_issuers(after.discovery_url, before.discovery_url),
        *(
            Comparison(allowed, (), Fit.NO)
            if allowed.name in never
            else _compare_stranger(allowed, before, family, client_id)
            for allowed in after.lists
        ),
    )


def family_of(authorizer: Authorizer[Text]) -> Family | None:
    """The family of its issuer, if it is one that is known."""
    url = authorizer.discovery_url
    found = recognize(url) if isinstance(url, str) else None
    return found.family if found else None


def nobody_by(authorizer: ShownAuthorizer) -> tuple[str, ...]:
    """The names of the lists that tokens of the authorizer's issuer can never satisfy, so that nobody comes in."""
    family = None if isinstance(authorizer, NoToken) else family_of(authorizer)
    if isinstance(authorizer, NoToken) or family is None:
        return ()

    def texts(values: Sequence[Text]) -> list[str]:
        return [str(value) for value in values]

    found: list[str] = []
    for allowed in authorizer.lists:
        contradiction = contradictions(
            family,
            allowed_audience=texts(allowed.values) if allowed.name == "allowedAudience" else (),
            allowed_clients=texts(allowed.values) if allowed.name == "allowedClients" else (),
            allowed_scopes=texts(allowed.values) if allowed.name == "allowedScopes" else (),
            custom_claim_names=[allowed.claim] if allowed.custom else (),
        )
        found += [allowed.name] if contradiction else []
    return tuple(found)


def is_same_issuer(one: Text, other: Text) -> bool | None:
    """Whether two discovery URLs stand for one issuer; None where only their documents tell."""
    if isinstance(one, Hidden) or isinstance(other, Hidden):
        return None
    families = recognize(one), recognize(other)
    issuers = [found.issuer if found else issuer_of(url, {}) for found, url in zip(families, (one, other), strict=True)]
    if one == other or (issuers[0] is not None and issuers[0] == issuers[1]):
        return True
    same_family = families[0] and families[1] and families[0].family is families[1].family
    return None if same_family and None in issuers else False


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


def _of_another_type(authorizer: NoToken) -> tuple[Comparison, ...]:
    return tuple(Comparison(allowed, (), authorizer.fit) for allowed in authorizer.lists)


def _compare_stranger(
    allowed: AllowedList[Text], before: Authorizer[Text], family: Family | None, client_id: str | None
) -> Comparison:
    if allowed.claim == "client_id" and client_id is not None:
        hidden = len(known(allowed)) < len(allowed.values)
        fit = Fit.YES if client_id in allowed.values else Fit.UNKNOWN if hidden else Fit.NO
        return Comparison(allowed, (client_id,), fit)
    former = [each for each in before.lists if each.name == allowed.name]
    found = tuple(dict.fromkeys(value for each in former for value in each.values))
    if not former or any(isinstance(value, Hidden) for value in (*found, *allowed.values)):
        return Comparison(allowed, found, Fit.UNKNOWN)
    if all(each.is_of_one_value != allowed.is_of_one_value for each in former):
        return Comparison(allowed, found, Fit.NO)  # a claim that was one string is no list
    if any(set(each.values) <= set(allowed.values) for each in former):
        return Comparison(allowed, found, Fit.YES)
    only_one = allowed.is_of_one_value or (
        allowed.claim == "aud" and not (family is not None and family.several_audiences)
    )
    apart = set(found).isdisjoint(allowed.values)
    return Comparison(allowed, found, Fit.NO if apart and only_one else Fit.UNKNOWN)


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


def _compare_issuers(wanted: Text, actual: Text) -> Comparison:
    fit = {True: Fit.YES, False: Fit.NO, None: Fit.UNKNOWN}[is_same_issuer(wanted, actual)]
    return Comparison(AllowedList("discoveryUrl", "iss", (wanted,)), (actual,), fit)
