"""AgentCore Gateway's customJWTAuthorizer: what it may hold, and every spelling of it.

It is the same type wherever there is one: of plain text (the tools, the API), of values that a deployment makes (the
program), of text that may be unknown (a preview). What is not text yet is taken as it is; text is checked.

Rules: botocore's service model `bedrock-agentcore-control` (CustomJWTAuthorizerConfiguration), and the developer
guide's "inbound-jwt-authorizer": at least one of the four lists, and all that are given must hold.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Generic, Literal, TypeAlias, TypeGuard, TypeVar, cast

from agentcore_auth.authorizer.causes import Cause, quoted
from agentcore_auth.authorizer.shapes import host_of

ValueType = Literal["STRING", "STRING_ARRAY"]
Operator = Literal["EQUALS", "CONTAINS", "CONTAINS_ANY"]

DISCOVERY_URL = r"[^\s?#]+/\.well-known/(openid-configuration|oauth-authorization-server)(/[^\s?#]+)?"
# The form that pulumi-aws and the older AWS documents ask for.
OPENID_DISCOVERY_URL = r"https://[^\s?#]+/\.well-known/openid-configuration"
SCOPE_CHARACTERS = r"[\x21\x23-\x5B\x5D-\x7E]"
SCOPE = rf"{SCOPE_CHARACTERS}{{1,255}}"
# AWS's model has no word of it, and its own CLI refuses the name (@aws/agentcore: RESERVED_CLAIM_NAMES).
RESERVED_CLAIM_NAME = "client_id"
CLAIM_NAME = rf"(?!{RESERVED_CLAIM_NAME}$)[A-Za-z0-9_./:]{{1,255}}"
CLAIM_VALUE = r"[A-Za-z0-9_.-]{1,255}"

T = TypeVar("T")
V_co = TypeVar("V_co", covariant=True)
Reader: TypeAlias = Callable[[object], T | None]
"""Reads a single value out of a document; None for what is none."""


@dataclass(frozen=True)
class _Spelling:
    """What the API and pulumi-aws name differently; all other names they share, but for the case of Python's."""

    wrapper: str
    audience: str
    several_values: str

    @property
    def lists(self) -> tuple[str, ...]:
        return (self.audience, "allowedClients", "allowedScopes", "customClaims")


_API = _Spelling("customJWTAuthorizer", "allowedAudience", "matchValueStringList")
_PULUMI = _Spelling("customJwtAuthorizer", "allowedAudiences", "matchValueStringLists")
_STACK_KEYS: Mapping[Operator, str] = {"EQUALS": "equals", "CONTAINS": "contains", "CONTAINS_ANY": "containsAny"}
_STACK_OTHERS = {
    "privateEndpoint": "privateEndpoint",
    "privateEndpointOverrides": "privateEndpointOverrides",
    "allowedWorkloads": "allowedWorkloadConfiguration",
}
_API_WRAPPER = "authorizerConfiguration"
JUDGED_KEYS = ("discoveryUrl", *_API.lists)
"""What a token is judged by."""
OTHER_KEYS = (
    "advertisedScopeMapping",
    "privateEndpoint",
    "privateEndpointOverrides",
    "certificateConfigurations",
    "allowedWorkloadConfiguration",
)
"""What else the API takes (botocore 1.44.5): how the issuer is reached, and from where callers may come."""
_NOT_IN_PULUMI = ("advertisedScopeMapping", "certificateConfigurations")  # pulumi-aws 7.51.1
PULUMI_LISTS = _PULUMI.lists
"""The lists as pulumi-aws names them."""


def is_discovery_url(url: str) -> bool:
    """Whether the API takes `url` as discoveryUrl."""
    return url.startswith("https://") and re.fullmatch(DISCOVERY_URL, url) is not None


class AuthorizerError(ValueError):
    """AWS would refuse this authorizer. `cause` is NO_LIST or AUTHORIZER_INVALID."""

    def __init__(self, message: str, cause: Cause = Cause.AUTHORIZER_INVALID) -> None:
        super().__init__(message)
        self.message = message
        self.cause = cause


@dataclass(frozen=True)
class CustomClaim(Generic[V_co]):
    """One claim that a token must have: a string that EQUALS one value, or a list that CONTAINS one, or one of several.

    Raises AuthorizerError for what AWS refuses.
    """

    name: str
    values: tuple[V_co, ...]
    operator: Operator = "EQUALS"

    def __post_init__(self) -> None:
        if self.name == RESERVED_CLAIM_NAME:
            raise AuthorizerError(f"customClaims: AWS refuses the name {self.name} there: use allowedClients")
        if not re.fullmatch(CLAIM_NAME, self.name):
            raise AuthorizerError(
                f"customClaims: claim name {quoted(self.name)} may hold only letters, digits and _ . / : (at most 255)"
            )
        if not self.values:
            raise AuthorizerError(f"customClaims: {quoted(self.name)} has an empty list of values")
        if self.operator != "CONTAINS_ANY" and len(self.values) != 1:
            raise AuthorizerError(f"customClaims: {quoted(self.name)}: {self.operator} takes one value")
        for value in self.values:
            if isinstance(value, str) and not re.fullmatch(CLAIM_VALUE, value):
                raise AuthorizerError(
                    f"customClaims: {quoted(self.name)} cannot be compared with {quoted(value)}: AWS takes 1-255 "
                    "letters, digits and _ . - there, so no / : @ or space"
                )

    @property
    def value(self) -> V_co | list[V_co]:
        """As it is written: one value, or the list of those of which one has to be there."""
        return list(self.values) if self.operator == "CONTAINS_ANY" else self.values[0]

    @property
    def value_type(self) -> ValueType:
        """What the claim has to be in the token."""
        return "STRING" if self.operator == "EQUALS" else "STRING_ARRAY"


@dataclass(frozen=True)
class AllowedList(Generic[V_co]):
    """One list of an authorizer: the token's claim that it is compared with, and the values of which that needs one.

    `name` is the API's, of a custom claim `customClaims.<claim>`; `custom` is that claim.
    """

    name: str
    claim: str
    values: tuple[V_co, ...]
    custom: CustomClaim[V_co] | None = None

    @property
    def is_of_one_value(self) -> bool:
        """Whether the claim is one string in a token, and no list."""
        return self.claim == "client_id" or (self.custom is not None and self.custom.value_type == "STRING")

    def of(self, values: tuple[T, ...]) -> AllowedList[T]:
        """The same list with other values. Raises AuthorizerError where its claim cannot hold them."""
        custom = CustomClaim(self.custom.name, values, self.custom.operator) if self.custom else None
        return AllowedList(self.name, self.claim, values, custom)


@dataclass(frozen=True)
class Authorizer(Generic[V_co]):
    """A customJWTAuthorizer. Making one raises AuthorizerError where AWS would refuse it.

    `others` has what is no list (OTHER_KEYS), as the API spells it; no token is judged by it.
    """

    discovery_url: V_co
    allowed_audience: tuple[V_co, ...] = ()
    allowed_clients: tuple[V_co, ...] = ()
    allowed_scopes: tuple[V_co, ...] = ()
    custom_claims: tuple[CustomClaim[V_co], ...] = ()
    others: Mapping[str, object] = field(default_factory=dict[str, object], hash=False)

    def __post_init__(self) -> None:
        url = self.discovery_url
        if isinstance(url, str) and not (re.fullmatch(DISCOVERY_URL, url) and host_of(url)):
            raise AuthorizerError(
                f"discoveryUrl {quoted(self.discovery_url)} has to end in /.well-known/openid-configuration"
            )
        if not self.lists:
            raise AuthorizerError(
                f"the authorizer has no list: give at least one of {', '.join(_API.lists)}", Cause.NO_LIST
            )
        for name, values in (("allowedAudience", self.allowed_audience), ("allowedClients", self.allowed_clients)):
            if any(isinstance(value, str) and not value for value in values):
                raise AuthorizerError(f"{name} holds an empty value")
        for scope in self.allowed_scopes:
            if isinstance(scope, str) and not re.fullmatch(SCOPE, scope):
                raise AuthorizerError(
                    f"allowedScopes: {quoted(scope)} is not one scope: 1-255 characters without space, quote or "
                    "backslash; separate scopes are separate entries"
                )

    @property
    def lists(self) -> tuple[AllowedList[V_co], ...]:
        """The lists that are given, each with the claim that it is compared with."""
        found = (
            AllowedList("allowedClients", "client_id", self.allowed_clients),
            AllowedList("allowedAudience", "aud", self.allowed_audience),
            AllowedList("allowedScopes", "scope", self.allowed_scopes),
            *(
                AllowedList(f"customClaims.{claim.name}", claim.name, claim.values, claim)
                for claim in self.custom_claims
            ),
        )
        return tuple(allowed for allowed in found if allowed.values)

    def list_named(self, name: str) -> AllowedList[V_co] | None:
        """The list of this name (of a custom claim: `customClaims.<claim>`), if it is given."""
        return next((allowed for allowed in self.lists if allowed.name == name), None)

    def to_api(self) -> dict[str, object]:
        """The customJWTAuthorizer as the API spells it; absent lists are left out."""
        return self._spelled(_API)

    def to_pulumi(self) -> dict[str, Any]:
        """The argument `authorizer_configuration` of pulumi-aws's gateway.

        Raises AuthorizerError for what that has no argument for, lest it be lost.
        """
        if lost := [key for key in _NOT_IN_PULUMI if key in self.others]:
            raise AuthorizerError(f"{', '.join(lost)}: the AWS plugin cannot set it; leave it out")
        return cast("dict[str, Any]", _with_python_names({_PULUMI.wrapper: self._spelled(_PULUMI)}))

    def to_stack_file(self) -> dict[str, object]:
        """As an entry below the stack file's `oidc`; absent lists are left out, and so is what it has no key for."""
        claims = [{"name": claim.name, _STACK_KEYS[claim.operator]: claim.value} for claim in self.custom_claims]
        entry = {key: value for key, value in self.to_api().items() if key not in self.others}
        others = {key: self.others[name] for key, name in _STACK_OTHERS.items() if name in self.others}
        return {**entry, **({"customClaims": claims} if claims else {}), **others}

    def _spelled(self, spelling: _Spelling) -> dict[str, object]:
        claims = [
            {
                "inboundTokenClaimName": claim.name,
                "inboundTokenClaimValueType": claim.value_type,
                "authorizingClaimMatchValue": {
                    "claimMatchOperator": claim.operator,
                    "claimMatchValue": {
                        spelling.several_values if claim.operator == "CONTAINS_ANY" else "matchValueString": claim.value
                    },
                },
            }
            for claim in self.custom_claims
        ]
        lists = (list(self.allowed_audience), list(self.allowed_clients), list(self.allowed_scopes), claims)
        given = {name: values for name, values in zip(spelling.lists, lists, strict=True) if values}
        return {"discoveryUrl": self.discovery_url, **given, **self.others}

    @staticmethod
    def from_api(document: Mapping[str, object]) -> Authorizer[str]:
        """From the API's spelling, bare or wrapped in customJWTAuthorizer and authorizerConfiguration.

        Raises AuthorizerError, also for unknown keys: AWS would refuse them.
        """
        document = _unwrapped(document)
        unknown = sorted(set(document) - {*JUDGED_KEYS, *OTHER_KEYS})
        if unknown:
            valid = ", ".join(_API.lists)
            raise AuthorizerError(
                f"unknown key {', '.join(quoted(key) for key in unknown)}; valid are discoveryUrl, {valid}"
            )
        empty = [name for name in _API.lists if document.get(name) == []]
        if empty and not any(document.get(name) for name in _API.lists):
            raise AuthorizerError(f"the authorizer has no list: {', '.join(empty)} is empty", Cause.NO_LIST)
        if empty:
            raise AuthorizerError(f"{', '.join(empty)} is empty: AWS wants at least one item, or the key left out")
        return _read(document, _API, _plain)

    @staticmethod
    def from_pulumi(configuration: Mapping[str, object], read: Reader[T]) -> Authorizer[T]:
        """From `authorizerConfiguration` as pulumi-aws has it among a gateway's properties.

        `read` is asked about each value, and about a list that may be unknown as a whole. Raises AuthorizerError.
        """
        fields = _mapping(configuration.get(_PULUMI.wrapper), _PULUMI.wrapper)
        return _read({name: found for name, found in fields.items() if found is not None}, _PULUMI, read)

    @staticmethod
    def from_stack_file(entry: Mapping[str, Any]) -> Authorizer[str]:
        """From a valid entry below the stack file's `oidc`; its keys for other things are passed over."""
        claims = (
            CustomClaim(claim["name"], _one_or_several(claim[key]), operator)
            for claim in entry.get("customClaims", ())
            for operator, key in _STACK_KEYS.items()
            if key in claim
        )
        audience, clients, scopes = (tuple(entry.get(name, ())) for name in _API.lists[:3])
        others = {name: entry[key] for key, name in _STACK_OTHERS.items() if key in entry}
        return Authorizer(entry["discoveryUrl"], audience, clients, scopes, tuple(claims), others)


def whole(document: Mapping[str, object]) -> Authorizer[str]:
    """As `Authorizer.from_api`, with what is no list carried along, for whoever is to set all of it."""
    found = _unwrapped(document)
    return replace(Authorizer.from_api(found), others={key: found[key] for key in OTHER_KEYS if key in found})


def not_judged(document: Mapping[str, object]) -> tuple[str, ...]:
    """The keys of an API's document, bare or wrapped, that say something else than what a token has to hold."""
    found = _unwrapped(document)
    return tuple(key for key in OTHER_KEYS[1:] if key in found)


def _unwrapped(document: Mapping[str, object]) -> Mapping[str, object]:
    for wrapper in (_API_WRAPPER, _API.wrapper):
        if wrapper in document:
            document = _mapping(document[wrapper], wrapper)
    return document


def may_have_list(configuration: object, unknown: object) -> bool:
    """Whether `authorizerConfiguration` among a gateway's properties has a list, whatever is in it.

    `unknown` marks what only the deployment makes: it may have one.
    """
    fields = configuration.get(_PULUMI.wrapper) if _is_object(configuration) else configuration
    if _is_object(fields):
        return any(fields.get(name) for name in _PULUMI.lists)
    return fields is unknown


def _read(document: Mapping[str, object], spelling: _Spelling, read: Reader[T]) -> Authorizer[T]:
    audience, clients, scopes = (_values(document, name, read) for name in spelling.lists[:3])
    claims = tuple(_claim(claim, spelling, read) for claim in _items(document.get("customClaims", ()), "customClaims"))
    return Authorizer(_value(document.get("discoveryUrl"), "discoveryUrl", read), audience, clients, scopes, claims)


def _claim(document: object, spelling: _Spelling, read: Reader[T]) -> CustomClaim[T]:
    claim = _mapping(document, "customClaims")
    match = _mapping(claim.get("authorizingClaimMatchValue"), "customClaims.authorizingClaimMatchValue")
    wanted = _mapping(match.get("claimMatchValue"), "customClaims.authorizingClaimMatchValue.claimMatchValue")
    name = _text(claim.get("inboundTokenClaimName"), "customClaims.inboundTokenClaimName")
    value_type = _text(claim.get("inboundTokenClaimValueType"), "inboundTokenClaimValueType")
    operator = _text(match.get("claimMatchOperator"), "claimMatchOperator")
    valid = {"STRING": ("EQUALS",), "STRING_ARRAY": ("CONTAINS", "CONTAINS_ANY")}.get(value_type, ())
    if operator not in valid:
        raise AuthorizerError(
            f"customClaims: {quoted(name)} compares {value_type} with {operator}; valid are "
            "STRING with EQUALS, STRING_ARRAY with CONTAINS or CONTAINS_ANY"
        )
    keys = ("matchValueString", spelling.several_values)
    key, other = reversed(keys) if operator == "CONTAINS_ANY" else keys
    if wanted.get(key) is None or wanted.get(other):
        raise AuthorizerError(
            f"customClaims: {quoted(name)}: CONTAINS_ANY takes a list of values (matchValueStringList), "
            "EQUALS and CONTAINS one (matchValueString)"
        )
    values = _values(wanted, key, read) if operator == "CONTAINS_ANY" else (_value(wanted[key], key, read),)
    return CustomClaim(name, values, cast("Operator", operator))


def _values(document: Mapping[str, object], name: str, read: Reader[T]) -> tuple[T, ...]:
    found = document.get(name, ())
    whole = None if isinstance(found, str) else read(found)
    return (whole,) if whole is not None else tuple(_value(item, name, read) for item in _items(found, name))


def _value(found: object, where: str, read: Reader[T]) -> T:
    value = read(found)
    if value is None:
        raise AuthorizerError(f"{where} has to be a text, not {quoted(found, 40)}")
    return value


def _plain(found: object) -> str | None:
    return found if isinstance(found, str) else None


def _text(found: object, where: str) -> str:
    return _value(found, where, _plain)


def _mapping(found: object, where: str) -> Mapping[str, object]:
    if not _is_object(found):
        raise AuthorizerError(f"{where} has to be an object, not {quoted(found, 40)}")
    return found


def _is_object(found: object) -> TypeGuard[Mapping[str, object]]:
    return isinstance(found, Mapping)


def _items(found: object, where: str) -> Iterable[object]:
    if isinstance(found, str) or not isinstance(found, Sequence):
        raise AuthorizerError(f"{where} has to be a list, not {quoted(found, 40)}")
    return cast("Sequence[object]", found)


def _one_or_several(value: str | Sequence[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def _with_python_names(value: object) -> object:
    """What pulumi-aws's Python arguments call the keys of its properties."""
    if isinstance(value, dict):
        fields = cast("dict[str, object]", value)
        return {
            re.sub("[A-Z]", lambda found: f"_{found[0].lower()}", key): inner
            if key == "tags"  # its keys are the user's own
            else _with_python_names(inner)
            for key, inner in fields.items()
        }
    return [_with_python_names(item) for item in cast("list[object]", value)] if isinstance(value, list) else value
