"""The stack: settings in, components wired, outputs out. What each part is, its own module says."""

from __future__ import annotations

from pathlib import Path

import pulumi

from components.arguments import Stack
from components.caller_policy import CallerPolicy
from components.client_secrets import ClientSecrets
from components.cross_account import CrossAccountAccess
from components.execution_role import ExecutionRole
from components.gateway import JwtGateway
from components.gateway_key import for_the_key_owner
from components.iam import current_scope
from components.target_backends import TargetBackends
from settings import read

settings = read(Path(__file__).parent)
name, names = settings.gateway.name, settings.gateway_names

stack = Stack(current_scope(settings.region), list(names.values()), settings.mode, settings.tags)
issuers = {key: each.create(names[key], settings.provider_context(key)) for key, each in settings.providers.items()}
backends = TargetBackends(name, stack, settings.targets, secret=settings.secret, documents=settings.documents)
role = ExecutionRole(name, stack, [*backends.permissions, *settings.permissions], settings.execution_role)
foreign = CrossAccountAccess(name, settings.foreign_functions(stack.scope.account), role.arn, settings.assume_role_arns)
gateways = {
    key: JwtGateway(
        names[key],
        authorizer=issuer.authorizer(settings.mode),
        role_arn=role.arn,
        targets=backends.targets,
        permissions=[*role.policies, *foreign.permissions],
        options=settings.gateway,
        access=settings.access_to(key),
        statement=issuer.statement,
        tags=settings.tags,
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
)
stored = settings.client_secrets == "secretsManager"
clients = {
    key: ClientSecrets(names[key], issuer.applications, secrets_manager=stored, tags=settings.tags).outputs
    for key, issuer in issuers.items()
}

pulumi.export("gateways", {key: gateway.outputs for key, gateway in gateways.items()})
pulumi.export("identityProviders", {key: issuer.outputs(clients[key]) for key, issuer in issuers.items()})
pulumi.export("executionRoleArn", role.arn)
pulumi.export("callerPolicyArn", callers.arn)
pulumi.export("crossAccountStatements", foreign.statements)
pulumi.export("keyPolicyStatements", for_the_key_owner(stack, role.arn, settings.gateway.kms_key_arn))
