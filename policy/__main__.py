"""The pack itself: hands the rules to the engine (`pulumi preview --policy-pack policy`)."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

# The engine runs this file as a program of its own: the project's folder is not on its path.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import pulumi
from pulumi_policy import (
    EnforcementLevel,
    PolicyPack,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    StackValidationArgs,
    StackValidationPolicy,
)

from agentcore_auth.resource_types import GATEWAY, ROLE
from policy import rules
from policy.properties import keep_secrets, plain

_STACK = "pulumi:pulumi:Stack"


def jwt_gateways_have_a_constraint(args: ResourceValidationArgs, report: ReportViolation) -> None:
    if args.resource_type == GATEWAY:
        _report(rules.constraint(plain(args.props)), report)


def no_wildcards_in_policies(args: ResourceValidationArgs, report: ReportViolation) -> None:
    if pulumi.Config("agentcore-auth").get("mode") != "tutorial":
        properties = plain(args.props)
        for document in rules.documents(args.resource_type, properties):
            _report(rules.no_wildcards(document), report)
        if args.resource_type.startswith("aws:iam/"):
            _report(rules.no_policies_of_aws(properties), report)


def resources_are_closed(args: ResourceValidationArgs, report: ReportViolation) -> None:
    _report(rules.closed_resource(args.resource_type, plain(args.props)), report)


def trust_stays_within(args: StackValidationArgs, report: ReportViolation) -> None:
    resources = [(resource.resource_type, plain(resource.props)) for resource in args.resources]
    accounts = rules.accounts_of(resources)
    for kind, properties in resources:
        if kind == ROLE:
            _report(rules.trust_within(properties.get("assumeRolePolicy"), accounts), report)


def no_debug_in_production(args: ResourceValidationArgs, report: ReportViolation) -> None:
    if args.resource_type == GATEWAY:
        _report(rules.no_debug(plain(args.props)), report)


def trust_is_conditioned(args: ResourceValidationArgs, report: ReportViolation) -> None:
    if args.resource_type == ROLE:
        _report(rules.conditioned_trust(plain(args.props).get("assumeRolePolicy")), report)


def client_secrets_are_never_plain_outputs(args: StackValidationArgs, report: ReportViolation) -> None:
    properties = [(resource.resource_type, plain(resource.props)) for resource in args.resources]
    values = [made.get(rules.CLIENTS[kind]) for kind, made in properties if kind in rules.CLIENTS]
    client_secrets = [value.value if isinstance(value, rules.Secret) else value for value in values]
    for kind, outputs in properties:
        if kind == _STACK:
            _report(rules.secret_outputs(outputs, [text for text in client_secrets if isinstance(text, str)]), report)


def _report(violations: Iterable[str], report: ReportViolation) -> None:
    for violation in violations:
        report(violation, None)


keep_secrets()
PolicyPack(
    "agentcore-auth",
    [
        ResourceValidationPolicy(
            "jwt-gateways-have-a-constraint",
            "A gateway's authorizer checks the client, the audience, the scopes or a claim of each token.",
            jwt_gateways_have_a_constraint,
        ),
        ResourceValidationPolicy(
            "no-wildcards-in-policies",
            "IAM policies allow named actions on named resources (stacks with mode tutorial excepted).",
            no_wildcards_in_policies,
        ),
        ResourceValidationPolicy(
            "no-debug-in-production",
            "Gateways with the tag environment: production do not explain their errors to callers.",
            no_debug_in_production,
        ),
        ResourceValidationPolicy(
            "trust-is-conditioned",
            "AgentCore assumes a role only for gateways of the same account.",
            trust_is_conditioned,
        ),
        ResourceValidationPolicy(
            "resources-are-closed",
            "The policies of functions, buckets, keys, secrets, queues and topics admit named principals.",
            resources_are_closed,
        ),
        StackValidationPolicy(
            "trust-stays-within",
            "Roles are assumed from the stack's own accounts, or from others under a condition.",
            trust_stays_within,
        ),
        StackValidationPolicy(
            "client-secrets-are-never-plain-outputs",
            "Client secrets leave the stack encrypted, or not at all.",
            client_secrets_are_never_plain_outputs,
        ),
    ],
    EnforcementLevel.MANDATORY,
)
