"""What callers of AWS's API may do: a request signed by a role's session is held against the role's policies.

An account's own access key may do everything. S3's API is open to all; what AgentCore reads there is checked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from typing import Any

from moto.core.common_types import TYPE_RESPONSE
from moto.core.responses import ActionResult, BaseResponse
from moto.core.utils import get_service_model
from moto.iam.models import Role, iam_backends
from moto.sts.models import AssumedRole, sts_backends

from agentcore_auth.iam import SERVICE, AwsScope
from sandbox.aws.accounts import every
from sandbox.aws.permissions import find_role, identity_allows, user_allows
from sandbox.aws.reference import action_of, resources_of
from sandbox.aws.refusals import Refusal

_caller: ContextVar[Role | None] = ContextVar("caller", default=None)
_PASSED = {"roleArn": SERVICE, "Role": "lambda.amazonaws.com"}
"""Arguments by which a role is handed to a service."""
Asked = tuple[str, str, Mapping[str, str]]
"""An action, a resource, and what conditions may compare."""


def checked(call_action: Callable[[BaseResponse], TYPE_RESPONSE]) -> Callable[[BaseResponse], TYPE_RESPONSE]:
    """moto's dispatch, which refuses first what the caller may not do."""

    def call(response: BaseResponse) -> TYPE_RESPONSE:
        _caller.set(_role_of(response.access_key))
        try:
            for action, resource, context in _asked(response) if _caller.get() else ():
                require_of_caller(action, resource, **context)
        except Refusal as refusal:
            status, headers, body = response.serialized(ActionResult(refusal))
            return status, {**headers, "status": status}, body
        return call_action(response)

    return call


def require_of_caller(action: str, *resources: str, **context: str) -> None:
    """Raises Refusal where whoever sent the present request may not do this on every one of the resources."""
    role = _caller.get()
    for resource in resources if role else ():
        if role and not identity_allows(role.arn, action, resource, context):
            raise denied(role.arn, action, resource)


def denied(role_arn: str, action: str, resource: str, kind: str = "identity-based") -> Refusal:
    """AWS's words for a role whose policies (or the resource's) do not allow something."""
    session = role_arn.replace(":iam:", ":sts:").replace(":role/", ":assumed-role/") + "/session"
    code = "AccessDenied" if action.startswith(("iam:", "sts:")) else "AccessDeniedException"
    return Refusal(code, not_authorized(session, action, resource, kind))


def not_authorized(user: str, action: str, resource: str, kind: str = "identity-based") -> str:
    """AWS's words to a session or user whose policies (or the resource's) do not allow something."""
    on = "" if resource == "*" else f" on resource: {resource}"
    reason = f"because no {kind} policy allows the {action} action"
    return f"User: {user} is not authorized to perform: {action}{on} {reason}"


def may_call(access_key: str, action: str, resource: str) -> tuple[str, bool]:
    """The ARN of whose access key this is, and whether its policies allow this on a resource of its own account."""
    _, partition, _, region, owner, _ = resource.split(":", 5)
    session = _session_of(access_key)
    if session:
        allowed = session.account_id == owner and identity_allows(session.role_arn, action, resource)
        return session.arn, allowed
    user = next(filter(None, (each.get_user_from_access_key_id(access_key) for each in every(iam_backends))), None)
    if user:
        return user.arn, user.account_id == owner and user_allows(user, action, resource)
    _, arn, _ = sts_backends[access_key][partition].get_caller_identity(access_key, region)  # an account's own
    return arn, access_key == owner


def _role_of(access_key: str) -> Role | None:
    session = _session_of(access_key)
    return find_role(session.role_arn) if session else None


def _session_of(access_key: str) -> AssumedRole | None:
    sessions = (session for backend in every(sts_backends) for session in backend.assumed_roles)
    return next((session for session in sessions if session.access_key_id == access_key), None)


def _asked(response: BaseResponse) -> Iterator[Asked]:
    service = str(get_service_model(response.boto3_service_name).signing_name)
    operation = response._get_action()  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  # nothing else tells
    if operation == "GetCallerIdentity":  # which nobody needs a permission for
        return
    response.parse_parameters(response.normalized_request)
    arguments: dict[str, Any] = dict(response.params)
    scope = AwsScope(response.partition, response.current_account, response.region)
    action = action_of(service, operation)
    context: dict[str, str] = {}
    if service == "iam":
        roles = iam_backends[response.current_account][response.partition].get_roles()
        role = next((role for role in roles if role.name == arguments.get("RoleName")), None)
        context = _of_iam(role, arguments)
        arguments |= _paths(role, arguments)
    for resource in resources_of(action, scope, arguments):
        yield action, resource, context
    for argument, passed_to in _PASSED.items():
        if argument in arguments and service in ("lambda", "bedrock-agentcore"):
            yield "iam:PassRole", arguments[argument], {"iam:PassedToService": passed_to}


def _paths(role: Role | None, arguments: Mapping[str, Any]) -> dict[str, str]:
    """What stands behind `role/` and `policy/` in the ARNs of what a request names without a path."""
    path = role.path if role else arguments.get("Path", "/")
    return {f"{kind}NameWithPath": f"{path}{arguments.get(f'{kind}Name')}"[1:] for kind in ("Role", "Policy")}


def _of_iam(role: Role | None, arguments: Mapping[str, Any]) -> dict[str, str]:
    """IAM's own condition keys: the boundary that a role gets or has, and the policy that is attached."""
    boundary = arguments.get("PermissionsBoundary") or (role.permissions_boundary_arn if role else None)
    given = {"iam:PermissionsBoundary": boundary, "iam:PolicyARN": arguments.get("PolicyArn")}
    return {key: value for key, value in given.items() if value}
