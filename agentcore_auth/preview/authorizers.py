"""A gateway's authorizer as a preview shows it, and how it judges claims of which some are not known yet.

The rules are `authorizer.rules`'s. It is asked about one list at a time and only about values that are known; what it
cannot be asked about stays unknown (Kleene's logic), except where the preview says that list and claim come from one
resource.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any, cast

from agentcore_auth.authorizer.model import Authorizer, AuthorizerError, CustomClaim
from agentcore_auth.authorizer.rules import judge
from agentcore_auth.preview.document import Hidden, PreviewError, Resource, Text, mapping, sequence

_WRAPPED = "authorizerConfiguration"


class Fit(Enum):
    """Whether a claim satisfies what the authorizer asks of it."""

    YES = "fits"
    #: It will: the deployment makes the value, for the token as for the authorizer.
    AT_DEPLOYMENT = "made by the deployment"
    UNKNOWN = "known at deployment"
    NO = "differs"


@dataclass(frozen=True)
class Demand:
    """One list of an authorizer: the claim that it is compared with, and the values of which a token needs one."""

    name: str
    claim: str
    values: tuple[Text, ...]
    custom: CustomClaim | None = None

    @property
    def known(self) -> tuple[str, ...]:
        """The values that the preview shows."""
        return tuple(value for value in self.values if isinstance(value, str))

    @property
    def has_hidden(self) -> bool:
        """Whether there are others."""
        return len(self.known) < len(self.values)


@dataclass(frozen=True)
class Checked:
    """What became of one claim at one demand; `found` is what the token holds there."""

    demand: Demand
    found: tuple[Text, ...]
    fit: Fit


@dataclass(frozen=True)
class ShownAuthorizer:
    """A customJWTAuthorizer, as far as the preview shows it. `sources` are the URNs that its values come from."""

    discovery_url: Text
    demands: tuple[Demand, ...]
    sources: frozenset[str] = frozenset()

    def demand(self, name: str) -> Demand | None:
        """The list of this name (of a custom claim: `customClaims.<claim>`)."""
        return next((demand for demand in self.demands if demand.name == name), None)

    def check(self, token: Mapping[str, Any], discovery_url: Text, client_urn: str = "") -> tuple[Checked, ...]:
        """Judge a token of the issuer at `discovery_url`, issued to the client that is the resource `client_urn`."""
        return (
            Checked(
                Demand("discoveryUrl", "iss", (self.discovery_url,)),
                (discovery_url,),
                _issuer_fit(self.discovery_url, discovery_url),
            ),
            *(self._check(demand, token, client_urn) for demand in self.demands),
        )

    def _check(self, demand: Demand, token: Mapping[str, Any], client_urn: str) -> Checked:
        found = values_of(token, demand.claim)
        if demand.known and _accepts(demand, token):
            return Checked(demand, found, Fit.YES)
        if not demand.has_hidden and not any(isinstance(value, Hidden) for value in found):
            return Checked(demand, found, Fit.NO)
        if demand.has_hidden and not found:
            # Whatever the value is going to be, a token without the claim does not have it.
            return Checked(demand, found, Fit.NO)
        both = demand.has_hidden and all(isinstance(value, Hidden) for value in found)
        return Checked(demand, found, Fit.AT_DEPLOYMENT if both and client_urn in self.sources else Fit.UNKNOWN)


def shown(gateway: Resource) -> ShownAuthorizer:
    """The authorizer of a gateway's resource. Raises PreviewError where it is no customJWTAuthorizer."""
    configuration = gateway.inputs.get(_WRAPPED)
    if isinstance(configuration, Hidden):
        raise PreviewError(f"gateway {gateway.name}: the preview shows nothing of its authorizer")
    fields = _object(_object(configuration, gateway).get("customJwtAuthorizer"), gateway)
    if not fields:
        raise PreviewError(f"gateway {gateway.name} has no customJWTAuthorizer; its callers cannot be judged")
    plain = [
        Demand("allowedClients", "client_id", _texts(fields.get("allowedClients"), gateway)),
        Demand("allowedAudience", "aud", _texts(fields.get("allowedAudiences"), gateway)),
        Demand("allowedScopes", "scope", _texts(fields.get("allowedScopes"), gateway)),
    ]
    claims = [_custom(claim, gateway) for claim in _list(fields.get("customClaims"), gateway)]
    discovery_url = fields.get("discoveryUrl")
    if not isinstance(discovery_url, str | Hidden):
        raise PreviewError(f"gateway {gateway.name}: its authorizer has no discoveryUrl")
    demands = tuple(demand for demand in (*plain, *claims) if demand.values)
    return ShownAuthorizer(discovery_url, demands, gateway.sources.get(_WRAPPED, frozenset()))


def verdict(checks: Sequence[Checked]) -> Fit:
    """What all checks together say: one that differs is enough to refuse, and all have to fit."""
    order = (Fit.NO, Fit.UNKNOWN, Fit.AT_DEPLOYMENT)
    return next((fit for fit in order if any(check.fit is fit for check in checks)), Fit.YES)


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
    token: dict[str, Any] = {}
    for demand in authorizer.demands:
        values: Any = list(demand.values)
        if demand.claim == "client_id" or (demand.custom and demand.custom.value_type == "STRING"):
            values = demand.values[0]
        token[demand.claim] = values
    return token


def _accepts(demand: Demand, token: Mapping[str, Any]) -> bool:
    """Whether the known values of one list accept a token, by the rules that the gateway has."""
    claims = {name: _known(value) for name, value in token.items()}
    try:
        authorizer = _one_list(demand)
    except AuthorizerError as error:
        raise PreviewError(f"AWS would refuse the authorizer: {error}") from None
    answer = judge(authorizer, {**claims, "iss": "issuer", "exp": 1}, issuer="issuer", now=0)
    return demand.claim in answer.matched


def _one_list(demand: Demand) -> Authorizer:
    bare = Authorizer("https://issuer/.well-known/openid-configuration", allowed_scopes=("none",))
    match demand.name:
        case "allowedClients":
            return replace(bare, allowed_scopes=(), allowed_clients=demand.known)
        case "allowedAudience":
            return replace(bare, allowed_scopes=(), allowed_audience=demand.known)
        case "allowedScopes":
            return replace(bare, allowed_scopes=demand.known)
        case _:
            if demand.custom is None:
                raise AssertionError(demand.name)
            value = demand.known if demand.custom.operator == "CONTAINS_ANY" else demand.known[0]
            return replace(bare, allowed_scopes=(), custom_claims=(replace(demand.custom, value=value),))


def _known(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [item for item in cast("Sequence[Any]", value) if not isinstance(item, Hidden)]
    return None if isinstance(value, Hidden) else value


def _issuer_fit(wanted: Text, actual: Text) -> Fit:
    if isinstance(wanted, Hidden) or isinstance(actual, Hidden):
        return Fit.UNKNOWN
    return Fit.YES if wanted == actual else Fit.NO


def _custom(claim: object, gateway: Resource) -> Demand:
    fields = _object(claim, gateway)
    match = _object(fields.get("authorizingClaimMatchValue"), gateway)
    value = _object(match.get("claimMatchValue"), gateway)
    single = value.get("matchValueString")
    values = (single,) if isinstance(single, str | Hidden) else _texts(value.get("matchValueStringLists"), gateway)
    name = str(fields.get("inboundTokenClaimName"))
    operator: Any = match.get("claimMatchOperator")
    try:
        form = CustomClaim(
            name,
            ("value",) if operator == "CONTAINS_ANY" else "value",
            cast("Any", fields.get("inboundTokenClaimValueType")),
            operator,
        )
    except AuthorizerError as error:
        raise PreviewError(f"gateway {gateway.name}: AWS would refuse the authorizer: {error}") from None
    return Demand(f"customClaims.{name}", name, values, form)


def _texts(values: object, gateway: Resource) -> tuple[Text, ...]:
    return tuple(_text(value, gateway) for value in _list(values, gateway))


def _text(value: object, gateway: Resource) -> Text:
    if not isinstance(value, str | Hidden):
        raise PreviewError(f"gateway {gateway.name}: its authorizer has lists of something else than text")
    return value


def _list(values: object, gateway: Resource) -> list[object]:
    return [values] if isinstance(values, Hidden) else sequence(values, _place(gateway))


def _object(value: object, gateway: Resource) -> dict[str, Any]:
    return mapping(value, _place(gateway))


def _place(gateway: Resource) -> str:
    return f"gateway {gateway.name}: a part of its authorizer"
