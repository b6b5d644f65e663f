"""AgentCore Gateway's customJWTAuthorizer: what it may hold, and how the API spells it.

Rules: botocore's service model `bedrock-agentcore-control` (CustomJWTAuthorizerConfiguration), and the developer
guide's "inbound-jwt-authorizer": at least one of the four lists, and all that are given must hold.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, cast

from agentcore_auth.authorizer.causes import Cause, quoted

ValueType = Literal["STRING", "STRING_ARRAY"]
Operator = Literal["EQUALS", "CONTAINS", "CONTAINS_ANY"]

_DISCOVERY_URL = r"[^\s?#]+/\.well-known/(openid-configuration|oauth-authorization-server)(/[^\s?#]+)?"
_SCOPE = r"[\x21\x23-\x5B\x5D-\x7E]{1,255}"
_CLAIM_NAME = r"[A-Za-z0-9_./:]{1,255}"
_MATCH_VALUE = r"[A-Za-z0-9_.-]{1,255}"
_WRAPPERS = ("authorizerConfiguration", "customJWTAuthorizer")
_LISTS = ("allowedAudience", "allowedClients", "allowedScopes", "customClaims")


def is_discovery_url(url: str) -> bool:
    """Whether the API takes `url` as discoveryUrl."""
    return url.startswith("https://") and re.fullmatch(_DISCOVERY_URL, url) is not None


class AuthorizerError(ValueError):
    """AWS would refuse this authorizer. `cause` is NO_LIST or AUTHORIZER_INVALID."""

    def __init__(self, message: str, cause: Cause = Cause.AUTHORIZER_INVALID) -> None:
        super().__init__(message)
        self.message = message
        self.cause = cause


@dataclass(frozen=True)
class CustomClaim:
    """One claim that must hold `value`. EQUALS goes with STRING; CONTAINS (one value) and CONTAINS_ANY (several) with
    STRING_ARRAY. Raises AuthorizerError for what AWS refuses.
    """

    name: str
    value: str | tuple[str, ...]
    value_type: ValueType = "STRING"
    operator: Operator = "EQUALS"

    def __post_init__(self) -> None:
        if not re.fullmatch(_CLAIM_NAME, self.name):
            raise AuthorizerError(
                f"customClaims: claim name {quoted(self.name)} may hold only letters, digits and _ . / : (at most 255)"
            )
        valid = {"STRING": ("EQUALS",), "STRING_ARRAY": ("CONTAINS", "CONTAINS_ANY")}.get(self.value_type, ())
        if self.operator not in valid:
            raise AuthorizerError(
                f"customClaims: {quoted(self.name)} compares {self.value_type} with {self.operator}; valid are "
                "STRING with EQUALS, STRING_ARRAY with CONTAINS or CONTAINS_ANY"
            )
        if (self.operator == "CONTAINS_ANY") != isinstance(self.value, tuple):
            raise AuthorizerError(
                f"customClaims: {quoted(self.name)}: CONTAINS_ANY takes a list of values (matchValueStringList), "
                "EQUALS and CONTAINS one (matchValueString)"
            )
        if not self.values:
            raise AuthorizerError(f"customClaims: {quoted(self.name)} has an empty list of values")
        for value in self.values:
            if not re.fullmatch(_MATCH_VALUE, value):
                raise AuthorizerError(
                    f"customClaims: {quoted(self.name)} cannot be compared with {quoted(value)}: AWS takes 1-255 "
                    "letters, digits and _ . - there, so no / : @ or space"
                )

    @property
    def values(self) -> tuple[str, ...]:
        return self.value if isinstance(self.value, tuple) else (self.value,)

    def to_api(self) -> dict[str, object]:
        """As the API spells it."""
        match_value: dict[str, object] = (
            {"matchValueStringList": list(self.value)}
            if isinstance(self.value, tuple)
            else {"matchValueString": self.value}
        )
        return {
            "inboundTokenClaimName": self.name,
            "inboundTokenClaimValueType": self.value_type,
            "authorizingClaimMatchValue": {"claimMatchOperator": self.operator, "claimMatchValue": match_value},
        }

    @classmethod
    def from_api(cls, document: object) -> CustomClaim:
        """From the API's spelling. Raises AuthorizerError."""
        claim = _mapping(document, "customClaims")
        match = _mapping(claim.get("authorizingClaimMatchValue"), "customClaims.authorizingClaimMatchValue")
        value = _mapping(match.get("claimMatchValue"), "customClaims.authorizingClaimMatchValue.claimMatchValue")
        single, several = value.get("matchValueString"), value.get("matchValueStringList")
        return cls(
            name=_text(claim.get("inboundTokenClaimName"), "customClaims.inboundTokenClaimName"),
            value=single if isinstance(single, str) else _texts(several, "matchValueStringList"),
            value_type=cast("ValueType", _text(claim.get("inboundTokenClaimValueType"), "inboundTokenClaimValueType")),
            operator=cast("Operator", _text(match.get("claimMatchOperator"), "claimMatchOperator")),
        )


@dataclass(frozen=True)
class Authorizer:
    """A customJWTAuthorizer. Making one raises AuthorizerError where AWS would refuse it."""

    discovery_url: str
    allowed_audience: tuple[str, ...] = ()
    allowed_clients: tuple[str, ...] = ()
    allowed_scopes: tuple[str, ...] = ()
    custom_claims: tuple[CustomClaim, ...] = ()

    def __post_init__(self) -> None:
        if not re.fullmatch(_DISCOVERY_URL, self.discovery_url):
            raise AuthorizerError(
                f"discoveryUrl {quoted(self.discovery_url)} has to end in /.well-known/openid-configuration"
            )
        if not (self.allowed_audience or self.allowed_clients or self.allowed_scopes or self.custom_claims):
            raise AuthorizerError(
                f"the authorizer has no list: give at least one of {', '.join(_LISTS)}", Cause.NO_LIST
            )
        for name, values in (("allowedAudience", self.allowed_audience), ("allowedClients", self.allowed_clients)):
            if any(not value for value in values):
                raise AuthorizerError(f"{name} holds an empty value")
        for scope in self.allowed_scopes:
            if not re.fullmatch(_SCOPE, scope):
                raise AuthorizerError(
                    f"allowedScopes: {quoted(scope)} is not one scope: 1-255 characters without space, quote or "
                    "backslash; separate scopes are separate entries"
                )

    def to_api(self) -> dict[str, object]:
        """The customJWTAuthorizer as the API spells it; absent lists are left out."""
        lists = {
            "allowedAudience": list(self.allowed_audience),
            "allowedClients": list(self.allowed_clients),
            "allowedScopes": list(self.allowed_scopes),
            "customClaims": [claim.to_api() for claim in self.custom_claims],
        }
        return {"discoveryUrl": self.discovery_url, **{name: values for name, values in lists.items() if values}}

    @classmethod
    def from_api(cls, document: Mapping[str, object]) -> Authorizer:
        """From the API's spelling, bare or wrapped in customJWTAuthorizer and authorizerConfiguration.

        Raises AuthorizerError, also for unknown keys: AWS would refuse them.
        """
        for wrapper in _WRAPPERS:
            if wrapper in document:
                document = _mapping(document[wrapper], wrapper)
        unknown = sorted(set(document) - {"discoveryUrl", "advertisedScopeMapping", *_LISTS})
        if unknown:
            raise AuthorizerError(
                f"unknown key {', '.join(quoted(key) for key in unknown)}; valid are discoveryUrl, {', '.join(_LISTS)}"
            )
        empty = [name for name in _LISTS if document.get(name) == []]
        if empty and not any(document.get(name) for name in _LISTS):
            raise AuthorizerError(f"the authorizer has no list: {', '.join(empty)} is empty", Cause.NO_LIST)
        if empty:
            raise AuthorizerError(f"{', '.join(empty)} is empty: AWS wants at least one item, or the key left out")
        return cls(
            discovery_url=_text(document.get("discoveryUrl"), "discoveryUrl"),
            allowed_audience=_texts(document.get("allowedAudience", ()), "allowedAudience"),
            allowed_clients=_texts(document.get("allowedClients", ()), "allowedClients"),
            allowed_scopes=_texts(document.get("allowedScopes", ()), "allowedScopes"),
            custom_claims=tuple(
                CustomClaim.from_api(claim) for claim in _items(document.get("customClaims", ()), "customClaims")
            ),
        )


def _mapping(value: object, where: str) -> Mapping[str, object]:
    if not isinstance(value, Mapping):
        raise AuthorizerError(f"{where} has to be an object, not {quoted(value, 40)}")
    return cast("Mapping[str, object]", value)


def _text(value: object, where: str) -> str:
    if not isinstance(value, str):
        raise AuthorizerError(f"{where} has to be a text, not {quoted(value, 40)}")
    return value


def _items(value: object, where: str) -> Iterable[object]:
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise AuthorizerError(f"{where} has to be a list, not {quoted(value, 40)}")
    return cast("Sequence[object]", value)


def _texts(value: object, where: str) -> tuple[str, ...]:
    return tuple(_text(item, where) for item in _items(value, where))
