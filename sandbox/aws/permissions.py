"""Whether a role may do something, by the policies that moto holds: its own, its boundary, and the function's."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from moto.iam.models import ManagedPolicy, Role, iam_backends

from sandbox.aws.arns import Arn
from sandbox.aws.policies import Request, evaluate, evaluate_with_principal
from sandbox.functions import FunctionNotFoundError, find_function


class NoSuchRoleError(LookupError):
    """No role has this ARN."""


def is_allowed(role_arn: str, action: str, resource: str, context: Mapping[str, str] | None = None) -> bool:
    """Whether the role's session may perform the action on the resource (an ARN, or `*`).

    Within one account the role's policies or the resource's suffice; across accounts both have to allow it. Raises
    NoSuchRoleError, or UnsupportedPolicyError where a policy holds what the sandbox cannot evaluate.
    """
    role = find_role(role_arn)
    request = Request(action, resource, _principals(role_arn), context or {})
    by_identity = evaluate(identity_policies(role), request)
    by_resource = _by_resource_policy(request)
    if "deny" in (by_identity, by_resource) or not _within_boundary(role, request):
        return False
    if _same_account(role_arn, resource):
        return "allow" in (by_identity, by_resource)
    return by_identity == by_resource == "allow"


def identity_allows(role_arn: str, action: str, resource: str) -> bool:
    """Whether the role's own policies (and its boundary) allow it, whatever the resource's policy says."""
    role = find_role(role_arn)
    request = Request(action, resource)
    return evaluate(identity_policies(role), request) == "allow" and _within_boundary(role, request)


def trusts(role_arn: str, service: str, *, source_account: str, source_arn: str) -> bool:
    """Whether there is such a role, and its trust policy lets a service assume it for one resource of one account."""
    context = {"aws:SourceAccount": source_account, "aws:SourceArn": source_arn}
    return can_assume(role_arn, (("Service", service),), context)


def can_assume(role_arn: str, principals: tuple[tuple[str, str], ...], context: Mapping[str, str]) -> bool:
    """Whether there is such a role, and its trust policy lets one of the principals assume it."""
    try:
        trust = json.loads(find_role(role_arn).assume_role_policy_document)
    except NoSuchRoleError:
        return False
    return evaluate_with_principal(trust, Request("sts:AssumeRole", role_arn, principals, context)) == "allow"


def find_role(role_arn: str) -> Role:
    """The role of this ARN, in whichever account it is. Raises NoSuchRoleError."""
    arn = Arn.parse(role_arn)
    for role in iam_backends[arn.account][arn.partition].get_roles():
        if role.arn == role_arn:
            return role
    raise NoSuchRoleError(role_arn)


def identity_policies(role: Role) -> list[dict[str, Any]]:
    """The documents of a role's inline and attached policies."""
    inline = [json.loads(document) for document in role.policies.values()]
    attached = [json.loads(_default(policy)) for policy in role.managed_policies.values()]
    return inline + attached


def _default(policy: ManagedPolicy) -> str:
    return next(version.document for version in policy.versions if version.is_default)


def _within_boundary(role: Role, request: Request) -> bool:
    if not role.permissions_boundary_arn:
        return True
    boundary = iam_backends[role.account_id][Arn.parse(role.arn).partition].get_policy(role.permissions_boundary_arn)
    return evaluate([json.loads(_default(boundary))], request) == "allow"


def _by_resource_policy(request: Request) -> str:
    try:
        function = find_function(request.resource)
    except FunctionNotFoundError:
        return "none"  # functions are the only resources of the sandbox that carry a policy of their own
    return evaluate_with_principal({"Statement": function.policy.statements}, request)


def _principals(role_arn: str) -> tuple[tuple[str, str], ...]:
    arn = Arn.parse(role_arn)
    root = f"arn:{arn.partition}:iam::{arn.account}:root"
    return (("AWS", role_arn), ("AWS", arn.account), ("AWS", root))


def _same_account(role_arn: str, resource: str) -> bool:
    if not resource.startswith("arn:"):
        return True
    return Arn.parse(resource).account in ("", Arn.parse(role_arn).account)
