"""What exists in the sandbox's AWS accounts, of the kinds that the program deploys."""

from __future__ import annotations

from collections.abc import Iterator

from moto.awslambda.models import lambda_backends
from moto.cognitoidp.models import cognitoidp_backends
from moto.iam.models import iam_backends
from moto.logs.models import logs_backends
from moto.secretsmanager.models import secretsmanager_backends

from sandbox.aws.accounts import every
from sandbox.aws.agentcore import agentcore_backends


def aws_resources() -> Iterator[str]:
    """The ARN of each, or what stands for one."""
    for backend in every(agentcore_backends):
        for kind in (backend.gateways, backend.policy_engines, backend.api_keys, backend.oauth_clients):
            yield from (each[kind.arn_member] for each in kind)
        for gateway in backend.gateways:
            targets = backend.gateways.inside(gateway)
            yield from (f"target {target['name']} of {target['gatewayArn']}" for target in targets)
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
