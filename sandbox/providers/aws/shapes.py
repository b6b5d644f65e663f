"""Carries properties between Pulumi's spelling and the API's, by the service model and the SDK's types on either side.

Pulumi writes `customJwtAuthorizer.allowedAudiences` where the API has `customJWTAuthorizer.allowedAudience`: the same
words but for letter case, and lists in the plural.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from sandbox.providers.base import ProviderError
from sandbox.providers.values import Properties

Shape = Any
OperationModel = Any
"""botocore's; it declares their members as the descriptors behind them, which no type checker follows."""


def operation(api: Any, name: str) -> OperationModel:
    """The model of an operation (`CreateGateway`) of a boto3 client."""
    return api.meta.service_model.operation_model(name)


def to_api(shape: Shape, value: Any, path: str = "") -> Any:
    """A value as the API spells it. Raises ProviderError for a property that the API does not have."""
    if shape.type_name == "structure" and isinstance(value, Mapping):
        spelt: Properties = {}
        for name, inner in cast("Mapping[str, Any]", value).items():
            where = f"{path}.{name}" if path else name
            member = member_of(shape, name)
            if member is None:
                raise ProviderError(f"{where}: {shape.name} of the AWS API has no such member")
            spelt[member] = to_api(shape.members[member], inner, where)
        return spelt
    if shape.type_name == "list" and isinstance(value, list):
        return [to_api(shape.member, inner, path) for inner in cast("list[Any]", value)]
    if shape.type_name == "map" and isinstance(value, Mapping):
        return {name: to_api(shape.value, inner, path) for name, inner in cast("Mapping[str, Any]", value).items()}
    return value


def member_of(shape: Shape, name: str) -> str | None:
    """The member of an API structure that a Pulumi property means."""
    members = {member.lower(): member for member in shape.members}
    lowered = name.lower()
    spellings = (lowered, lowered.removesuffix("s"), f"{lowered.removesuffix('ies')}y")
    return next((members[spelling] for spelling in spellings if spelling in members), None)


def as_known(shape: Shape, live: Any, known: Any) -> Any:
    """A live value of the API in the spelling of what the state knows; what the state does not know is left out."""
    if shape.type_name == "structure" and isinstance(live, Mapping) and isinstance(known, Mapping):
        fields = cast("Mapping[str, Any]", live)
        seen: Properties = {}
        for name, inner in cast("Mapping[str, Any]", known).items():
            member = member_of(shape, name)
            if member is not None and fields.get(member) is not None:
                seen[name] = as_known(shape.members[member], fields[member], inner)
        return seen
    if shape.type_name == "list" and isinstance(live, list) and isinstance(known, list):
        values, before = cast("list[Any]", live), cast("list[Any]", known)
        if len(values) != len(before):
            before = before[:1] * len(values)
        return [as_known(shape.member, *pair) for pair in zip(values, before, strict=True)] if before else values
    return live
