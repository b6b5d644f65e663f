"""What targets ask of the execution role, as far as their configuration tells; the rest is known when deployed."""

from __future__ import annotations

from agentcore_auth import iam
from agentcore_auth.iam.endpoints import signed_call
from configuration.schema import ApiKey, Iam, LambdaTarget, McpTarget, OAuth, OpenApiTarget, SmithyTarget, Target


def known_permission(target: Target, scope: iam.AwsScope) -> iam.Permission | None:
    """What the target asks for, or None where only the deployment knows it, or there is none."""
    if isinstance(target, LambdaTarget):
        return iam.FunctionCall(target.function_arn)
    if isinstance(target, SmithyTarget):
        return iam.ServiceCalls(target.name, target.actions, target.resources)
    if isinstance(target, McpTarget) and isinstance(target.credentials, Iam):
        call = signed_call(target.endpoint)
        if call is None:
            raise AssertionError("the settings refuse a signed endpoint that does not tell its permission")
        return call.permission(target.name, scope)
    return None


def vault_credentials(target: Target) -> ApiKey | OAuth | None:
    """The credentials that the target takes out of the token vault, if it does."""
    if isinstance(target, OpenApiTarget | McpTarget) and isinstance(target.credentials, ApiKey | OAuth):
        return target.credentials
    return None


def credential_kind(credentials: ApiKey | OAuth) -> iam.CredentialKind:
    """The kind of credential provider that keeps them."""
    return iam.API_KEY if isinstance(credentials, ApiKey) else iam.OAUTH


def schema_buckets(targets: tuple[Target, ...]) -> list[str]:
    """The buckets that the targets' documents come from."""
    sources: list[str] = []
    for target in targets:
        if isinstance(target, LambdaTarget):
            sources.append(target.tools_s3 or "")
        elif isinstance(target, SmithyTarget):
            sources.append(target.model)
        elif isinstance(target, OpenApiTarget):
            sources.append(target.document)
    return iam.distinct(
        source.removeprefix("s3://").partition("/")[0] for source in sources if source.startswith("s3://")
    )


def foreign_functions(targets: tuple[Target, ...], account: str) -> list[str]:
    """The ARNs of the targets' functions that belong to other accounts than `account`."""
    arns = [target.function_arn for target in targets if isinstance(target, LambdaTarget)]
    return iam.distinct(arn for arn in arns if iam.account_of(arn) != account)
