"""What targets ask of the execution role, as far as their configuration tells; the rest is known when deployed."""

from __future__ import annotations

from agentcore_auth.documents.endpoints import permission_for
from components import iam
from configuration.schema import ApiKey, Iam, LambdaTarget, McpTarget, OAuth, OpenApiTarget, SmithyTarget, Target


def known_need(target: Target, place: iam.Place) -> iam.Need | None:
    """The target's need, or None where only the deployment knows it, or there is none."""
    if isinstance(target, LambdaTarget):
        return iam.FunctionCall(target.function_arn)
    if isinstance(target, SmithyTarget):
        return iam.ServiceCalls(target.name, target.actions, target.resources)
    if isinstance(target, McpTarget) and isinstance(target.credentials, Iam):
        permission = permission_for(target.endpoint)
        if permission is None:
            raise AssertionError("the settings refuse a signed endpoint that does not tell its permission")
        return iam.ServiceCalls(target.name, (permission.action,), permission.arns(place.partition, place.account))
    return None


def vault_credentials(target: Target) -> ApiKey | OAuth | None:
    """The credentials that the target takes out of the token vault, if it does."""
    if isinstance(target, OpenApiTarget | McpTarget) and isinstance(target.credentials, ApiKey | OAuth):
        return target.credentials
    return None


def vault_need(credentials: ApiKey | OAuth, provider_arn: str, secret_arn: str) -> iam.Need:
    """The need of a target whose credential this provider keeps."""
    kind = iam.ApiKeyUse if isinstance(credentials, ApiKey) else iam.OAuthUse
    return kind(provider_arn, secret_arn)


def vault_secret_arn(provider_arn: str) -> str:
    """The ARN of the secret that the vault keeps for an existing provider; its last six characters are AWS's choice.

    AgentCore names the secret after the provider, `bedrock-agentcore-identity!<vault>/<apikey|oauth2>/<name>`.
    """
    _, partition, _, region, account, resource = provider_arn.split(":", 5)
    _, vault, kind, name = resource.split("/")
    folder = kind.removesuffix("credentialprovider")
    secret = f"bedrock-agentcore-identity!{vault}/{folder}/{name}-??????"
    return f"arn:{partition}:secretsmanager:{region}:{account}:secret:{secret}"


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
