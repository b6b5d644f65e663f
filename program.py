"""What the program makes of its settings: the components wired, and the outputs. What each is, its own module says.

`__main__.py` deploys it as a stack; `package/` as one component of other programs.
"""

from __future__ import annotations

from collections.abc import Callable

import pulumi

from agentcore_auth import iam
from components.arguments import Stack
from components.caller_policy import CallerPolicy
from components.client_secrets import client_outputs
from components.cross_account import admission
from components.execution_role import ExecutionRole
from components.gateway import JwtGateway
from components.gateway_key import for_the_key_owner
from components.iam import current_scope
from components.target_backends import TargetBackends
from settings import Settings


def deploy(
    settings: Settings,
    *,
    secret: Callable[[str], pulumi.Output[str]] | None = None,
    parent: pulumi.Resource | None = None,
) -> dict[str, object]:
    """Set everything up, and give the outputs by their names. `secret` finds the secret that a `secretRef` names, by
    default in the stack file; all becomes children of `parent`, by default of the stack.
    """
    name, names, opts = settings.gateway.name, settings.gateway_names, pulumi.ResourceOptions(parent=parent)
    scope = current_scope(settings.region, settings.execution_role.arn, parent)
    settings.check_account(scope.account)
    stack = Stack(scope, list(names.values()), settings.mode, settings.tags)
    issuers = {
        key: each.create(names[key], settings.provider_context(key), opts) for key, each in settings.providers.items()
    }
    backends = TargetBackends(
        name, stack, settings.targets, secret=secret or settings.secret, documents=settings.documents, opts=opts
    )
    role = ExecutionRole(name, stack, [*backends.permissions, *settings.permissions], settings.execution_role, opts)
    foreign, sid = settings.foreign_functions(scope.account), iam.cross_account_sid(name, settings.mode)
    admitted = admission(name, foreign, role.arn, sid, settings.assume_role_arns, opts)
    gateways = {
        key: JwtGateway(
            names[key],
            authorizer=issuer.authorizer(settings.mode),
            role_arn=role.arn,
            targets=backends.offered_at(key),
            permissions=[*role.policies, *admitted.permissions],
            options=settings.gateway,
            access=settings.access_to(key),
            statement=issuer.statement,
            tags=settings.tags,
            opts=opts,
        )
        for key, issuer in issuers.items()
    }
    callers = CallerPolicy(
        name,
        stack,
        role_arn=role.arn,
        upkeep=settings.upkeep,
        synchronized=backends.synchronized,
        attach_to=settings.callers.attach_to,
        target_statements=settings.caller_statements(scope),
        opts=opts,
    )
    stored = settings.client_secrets == "secretsManager"
    clients = {
        key: client_outputs(names[key], issuer.applications, secrets_manager=stored, tags=settings.tags, opts=opts)
        for key, issuer in issuers.items()
    }
    return {
        "gateways": {key: gateway.outputs for key, gateway in gateways.items()},
        "identityProviders": {
            key: described for key, issuer in issuers.items() if (described := issuer.outputs(clients[key]))
        },
        "executionRoleArn": role.arn,
        "callerPolicyArn": callers.arn,
        "crossAccountStatements": admitted.statements,
        "executionRoleStatements": role.statements,
        "keyPolicyStatements": for_the_key_owner(stack, role.arn, settings.gateway.kms_key_arn),
    }
