"""Carries properties between Pulumi's spelling and the API's: the same words but for case, and lists in the plural.

Pulumi writes `customJwtAuthorizer.allowedAudiences` where the API has `customJWTAuthorizer.allowedAudience`.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, cast

from sandbox.providers.base import ProviderError
from sandbox.providers.values import Archive, Properties

Shape = Any
OperationModel = Any
"""botocore's; it declares their members as the descriptors behind them, which no type checker follows."""

_SAME_FOR_ALL: Final = (1980, 1, 1, 0, 0, 0)  # the zip format's earliest time: equal code makes equal archives
_POLICY: Final = "policyDocumentType"


def to_api(shape: Shape, value: Any, path: str = "") -> Any:
    """A value as the API spells it. Raises ProviderError for a property that the API does not have."""
    if isinstance(value, Archive):
        return _package(value) if shape.type_name == "blob" else {"ZipFile": _package(value)}
    if shape.type_name == "structure" and isinstance(value, Mapping):
        spelt: Properties = {}
        for name, inner in cast("Mapping[str, Any]", value).items():
            where = f"{path}.{name}" if path else name
            member = member_of(shape, name)
            if member is None:
                raise ProviderError(f"{where}: {shape.name} of the AWS API has no such member")
            spelt[member] = to_api(shape.members[member], inner, where)
        return spelt
    if shape.type_name == "structure" and shape.members.keys() == {"optionalValue"}:
        return {"optionalValue": value}
    if shape.type_name == "list" and isinstance(value, Mapping) and _of_tags(shape):
        return [{"Key": key, "Value": inner} for key, inner in sorted(cast("Mapping[str, str]", value).items())]
    if shape.type_name == "list":  # where the API takes several and Pulumi has one
        several = cast("list[Any]", value) if isinstance(value, list) else [value]
        return [to_api(shape.member, inner, path) for inner in several]
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
    """A live value of the API in the spelling of what the state knows.

    Of a structure, what the state does not know is left out; one of which it knows nothing is spelt by rule.
    """
    if shape.type_name == "structure" and isinstance(live, Mapping):
        fields = cast("Mapping[str, Any]", live)
        if not isinstance(known, Mapping):
            known = {f"{member[0].lower()}{member[1:]}": None for member in fields}
        seen: Properties = {}
        for name, inner in cast("Mapping[str, Any]", known).items():
            member = member_of(shape, name)
            if member is not None and fields.get(member) is not None:
                seen[name] = as_known(shape.members[member], fields[member], inner)
        return seen
    if shape.type_name == "list" and isinstance(live, list):
        values, before = cast("list[Any]", live), cast("list[Any]", known) if isinstance(known, list) else []
        if _of_tags(shape):
            return {tag["Key"]: tag["Value"] for tag in values}
        if len(values) != len(before):
            before = (before[:1] or [None]) * len(values)
        return [as_known(shape.member, *pair) for pair in zip(values, before, strict=True)]
    if shape.name == _POLICY:
        return same_document(known or "", live)
    return live.isoformat() if isinstance(live, datetime) else live


def same_document(known: str, live: Any) -> str:
    """The known text of a policy document where the live one (text or parsed) says the same, else the live one."""
    document = json.loads(live) if isinstance(live, str) else live
    try:
        same = json.loads(known) == document
    except ValueError:
        same = False
    return known if same else json.dumps(document)


def _of_tags(shape: Shape) -> bool:
    """Whether a list holds tags as the older services want them."""
    return shape.member.type_name == "structure" and shape.member.members.keys() == {"Key", "Value"}


def _package(code: Archive) -> bytes:
    """The deployment package of an archive."""
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in code.files().items():
            entry = zipfile.ZipInfo(name, _SAME_FOR_ALL)
            entry.external_attr = 0o644 << 16  # readable for the user that Lambda runs the code as
            archive.writestr(entry, content)
    return package.getvalue()
