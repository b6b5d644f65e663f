"""Small helpers around boto3 calls that the resource types share."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from botocore.exceptions import ClientError

_MISSING = frozenset({"NoSuchEntity", "ResourceNotFoundException"})


def found(call: Callable[..., Any], **request: Any) -> Any | None:
    """The answer of a call that reads something; None where there is no such thing."""
    try:
        return call(**request)
    except ClientError as error:
        if _code(error) in _MISSING:
            return None
        raise


def forget(call: Callable[..., Any], **request: Any) -> None:
    """Delete something; that it is gone already is as good."""
    found(call, **request)


def key_value_tags(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """Tags as most older services want them."""
    return [{"Key": key, "Value": value} for key, value in sorted(tags.items())]


def from_key_value_tags(tags: list[dict[str, str]]) -> dict[str, str]:
    """The inverse."""
    return {tag["Key"]: tag["Value"] for tag in tags}


def retag(
    old: Mapping[str, Any],
    new: Mapping[str, Any],
    tag: Callable[[dict[str, str]], object],
    untag: Callable[[list[str]], object],
) -> None:
    """Bring the tags of a resource from those of its old properties to those of its new ones."""
    before, after = old.get("tags", {}), new.get("tags", {})
    removed = sorted(before.keys() - after.keys())
    changed = {key: value for key, value in after.items() if before.get(key) != value}
    if removed:
        untag(removed)
    if changed:
        tag(changed)


def same_document(known: str, live: Any) -> str:
    """The known text of a policy document where the live one (text or parsed) says the same, else the live one."""
    document = json.loads(live) if isinstance(live, str) else live
    try:
        same = json.loads(known) == document
    except ValueError:
        same = False
    return known if same else json.dumps(document)


def readable(message: str) -> str:
    """An error's message without the page of HTML that a failing server may have answered with."""
    before, page, _ = re.split(r"(<!doctype|<html|$)", message, maxsplit=1, flags=re.IGNORECASE)
    if not page:
        return message
    first = before.partition("\n")[0].rstrip("b'\" :")
    return first or "the answer is a page of HTML instead of an error that the service documents"


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))
