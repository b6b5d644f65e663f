"""Whether a role may do something, by the policies that moto holds: its own, its boundary, and the resource's."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from moto.iam.models import Group, ManagedPolicy, Role, User, iam_backends
from moto.kms.models import kms_backends
from moto.s3.models import FakeBucket, s3_backends

from agentcore_auth.iam import account_of
from sandbox.aws.accounts import every
from sandbox.aws.policies import Effect, Request, evaluate, evaluate_with_principal
from sandbox.functions import FunctionNotFoundError, find_function


class NoSuchRoleError(LookupError):
    """No role has this ARN."""


def is_allowed(role_arn: str, action: str, resource: str, context: Mapping[str, str] = MappingProxyType({})) -> bool:
    """Whether the role's session may perform the action on the resource (an ARN, or `*`).

    Within one account the role's policies or the resource's suffice; across accounts both have to allow it. Raises
    NoSuchRoleError, or UnsupportedPolicyError where a policy holds what the sandbox cannot evaluate.
    """
    role = find_role(role_arn)
    root = f"arn:{role.partition}:iam::{role.account_id}:root"
    given = {"aws:PrincipalArn": role_arn, **context}
    request = Request(action, resource, (("AWS", role_arn), ("AWS", role.account_id), ("AWS", root)), given)
    effects = (_by_identity(role, request), _by_resource(request))
    if "deny" in effects:
        return False
    if action.startswith("kms:"):
        # A key's policy has the last word, and may leave it to the IAM policies of an account.
        by_name = _by_resource(replace(request, principals=(("AWS", role_arn),)))
        owned = account_of(resource) == role.account_id
        return effects == ("allow", "allow") or (owned and by_name == "allow")
    if not resource.startswith("arn:") or owner_of(resource) in ("", role.account_id):
        return "allow" in effects
    return effects == ("allow", "allow")


def identity_allows(
    role_arn: str, action: str, resource: str, context: Mapping[str, str] = MappingProxyType({})
) -> bool:
    """Whether the role's own policies (and its boundary) allow it, whatever the resource's policy says."""
    return _by_identity(find_role(role_arn), Request(action, resource, context=context)) == "allow"


def owner_of(resource: str) -> str:
    """The account that a resource belongs to: an ARN of S3 does not say it; empty where there is no such bucket."""
    bucket = bucket_of(resource)
    return bucket.account_id if bucket else account_of(resource)


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
    partition = role_arn.split(":")[1]
    for role in iam_backends[account_of(role_arn)][partition].get_roles():
        if role.arn == role_arn:
            return role
    raise NoSuchRoleError(role_arn)


def user_allows(user: User, action: str, resource: str) -> bool:
    """Whether a user's own policies, and those of its groups, allow it."""
    return _by_identity(user, Request(action, resource, context={"aws:PrincipalArn": user.arn})) == "allow"


def _by_identity(identity: Role | User, request: Request) -> Effect:
    """By its inline and attached policies, and those of its groups; what a role's boundary does not allow is denied."""
    backend = iam_backends[identity.account_id][identity.arn.split(":")[1]]
    if isinstance(identity, Role) and identity.permissions_boundary_arn:
        boundary = backend.get_policy(identity.permissions_boundary_arn)
        if evaluate([_document(boundary)], request) != "allow":
            return "deny"
    groups = [group for group in backend.groups.values() if identity in group.users]
    return evaluate([document for holder in (identity, *groups) for document in _documents(holder)], request)


def _documents(holder: Role | User | Group) -> list[dict[str, Any]]:
    """Inline and attached policies."""
    inline = [json.loads(document) for document in holder.policies.values()]
    return inline + [_document(policy) for policy in holder.managed_policies.values()]


def _document(policy: ManagedPolicy) -> dict[str, Any]:
    return json.loads(next(version.document for version in policy.versions if version.is_default))


def _by_resource(request: Request) -> Effect:
    """By the policy of a function, a bucket or a key: the only resources of the sandbox that carry one."""
    if bucket := bucket_of(request.resource):
        return evaluate_with_principal(json.loads(bucket.policy or b"{}"), request)
    if request.action.startswith("kms:"):
        _, _, _, region, account, key = request.resource.split(":", 5)
        keys = kms_backends[account][region].keys
        found = keys.get(key.removeprefix("key/"))
        return evaluate_with_principal(json.loads(found.policy), request) if found else "none"
    try:
        function = find_function(request.resource)
    except FunctionNotFoundError:
        return "none"
    return evaluate_with_principal({"Statement": function.policy.statements}, request)


def bucket_of(resource: str) -> FakeBucket | None:
    """The bucket that an ARN of S3 means, in whichever account it is."""
    _, _, found = resource.partition(":s3:::")
    name = found.partition("/")[0]
    return next((each.buckets[name] for each in every(s3_backends) if name in each.buckets), None)
