"""Puts the sandbox's backends in place of moto's."""

from __future__ import annotations

from typing import Any

from moto.awslambda.models import lambda_backends
from moto.bedrockagentcorecontrol.models import bedrockagentcorecontrol_backends
from moto.cognitoidp.models import cognitoidp_backends
from moto.core.base_backend import BackendDict
from moto.core.errors import COMMON_ERROR_CODES
from moto.iam.models import iam_backends
from moto.secretsmanager.models import secretsmanager_backends
from moto.sts.models import sts_backends

from sandbox.aws.agentcore import AgentCoreBackend
from sandbox.aws.functions import FunctionsBackend
from sandbox.aws.iam import PoliciesBackend, TokensBackend
from sandbox.aws.secrets import SecretsBackend
from sandbox.aws.user_pools import UserPoolsBackend

_COMMON_ERROR = "AccessDenied"
"""In every service's list of common errors, and not in moto's, which warns of what it does not know."""


_REPLACED: tuple[tuple[BackendDict[Any], type[Any]], ...] = (
    (bedrockagentcorecontrol_backends, AgentCoreBackend),
    (cognitoidp_backends, UserPoolsBackend),
    (lambda_backends, FunctionsBackend),
    (iam_backends, PoliciesBackend),
    (sts_backends, TokensBackend),
    (secretsmanager_backends, SecretsBackend),
)


def install() -> None:
    """Make moto in this process refuse what AWS refuses. Comes before moto's first request; again, it does nothing."""
    for backends, kind in _REPLACED:
        if backends.backend is not kind:
            backends.clear()
            backends.backend = kind
    if _COMMON_ERROR not in COMMON_ERROR_CODES:
        COMMON_ERROR_CODES.append(_COMMON_ERROR)
