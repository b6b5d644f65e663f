"""What exists in the sandbox's AWS accounts, of the kinds that the program deploys."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from moto.awslambda.models import lambda_backends
from moto.bedrockagentcorecontrol.models import bedrockagentcorecontrol_backends
from moto.cognitoidp.models import cognitoidp_backends
from moto.iam.models import iam_backends
from moto.logs.models import logs_backends
from moto.secretsmanager.models import secretsmanager_backends

from sandbox.aws.accounts import every
from sandbox.aws.agentcore import AgentCoreBackend


def aws_resources() -> Iterator[str]:
    """The ARN of each, or what stands for one."""
    for backend in every(bedrockagentcorecontrol_backends):
        agentcore = cast("AgentCoreBackend", backend)
        yield from (gateway.gateway_arn for gateway in list(agentcore.gateways.values()))
        targets = list(agentcore.gateway_targets.values())
        yield from (f"target {target.name} of {target.gateway_arn}" for target in targets)
        yield from (*agentcore.api_keys.held, *agentcore.oauth_clients.held)
    for backend in every(cognitoidp_backends):
        yield from (pool.arn for pool in list(backend.user_pools.values()))
        yield from (f"cognito domain {domain}" for domain in list(backend.user_pool_domains))
    for backend in every(iam_backends):
        yield from (role.arn for role in list(backend.roles.values()))
        policies = list(backend.managed_policies.values())
        yield from (policy.arn for policy in policies if ":iam::aws:policy/" not in policy.arn)
    for backend in every(lambda_backends):
        yield from (function.function_arn for function in backend.list_functions())
    for backend in every(logs_backends):
        yield from (group.arn for group in list(backend.groups.values()))
    for backend in every(secretsmanager_backends):
        yield from (secret.arn for secret in list(backend.secrets.values()) if not secret.is_deleted())
