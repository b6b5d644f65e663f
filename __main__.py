"""The stack: settings in, components wired, outputs out. What each part is, its own module says."""

from __future__ import annotations

from pathlib import Path

import pulumi

import idp
from components.caller_policy import CallerPolicy
from components.client_secrets import ClientSecrets
from components.cross_account import CrossAccountAccess
from components.execution_role import ExecutionRole
from components.gateway import JwtGateway
from components.place import current
from components.targets import TargetBackends
from settings import read

settings = read(Path(__file__).parent)
name, tags = settings.gateway.name, settings.tags

scope = current(settings.region)
providers = {provider: idp.create(provider, settings) for provider in settings.identity_providers}
backends = TargetBackends(name, settings, scope)
role = ExecutionRole(name, settings, scope, backends.permissions)
access = CrossAccountAccess(name, settings, scope.account, role_arn=role.arn)
gateways = {
    provider: JwtGateway(
        settings.gateway_names[provider],
        settings.gateway,
        authorizer=issuer.authorizer(settings.mode),
        role_arn=role.arn,
        permissions=[*role.policies, *access.permissions],
        backends=backends,
        tags=tags,
    )
    for provider, issuer in providers.items()
}
callers = CallerPolicy(name, settings, scope, role_arn=role.arn, schema_buckets=backends.schema_buckets)
clients = {
    provider: ClientSecrets(settings.gateway_names[provider], settings.client_secrets, issuer.applications, tags)
    for provider, issuer in providers.items()
}

pulumi.export("gateways", {provider: gateway.outputs for provider, gateway in gateways.items()})
pulumi.export(
    "identityProviders",
    {provider: issuer.outputs(clients[provider].outputs) for provider, issuer in providers.items()},
)
pulumi.export("executionRoleArn", role.arn)
pulumi.export("callerPolicyArn", callers.arn)
pulumi.export("crossAccountStatements", access.statements)
