"""Calls that show an API key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from agentcore_auth import iam
from components.targets.base import TargetContext
from components.targets.credentials.vault import VaultCredentials

if TYPE_CHECKING:
    import pulumi

    from components.targets.base import CredentialArguments


class ApiKey(VaultCredentials, frozen=True):
    """A key that the gateway sends with every call: `secretRef`, `secretArn` or `providerArn`."""

    kind: ClassVar[iam.CredentialKind] = iam.API_KEY

    type: Literal["apiKey"]
    location: Literal["HEADER", "QUERY_PARAMETER"] = Field(default="HEADER", description="Where the key is sent.")
    parameter_name: Annotated[str, Field(min_length=1, max_length=64)] = Field(
        default="Authorization", description="Name of the header or query parameter."
    )
    prefix: Annotated[str, Field(min_length=1, max_length=64)] | None = Field(
        default=None, description="What stands before the key, such as `Bearer`."
    )

    def created(
        self, name: str, secret: pulumi.Output[str] | None, context: TargetContext
    ) -> tuple[pulumi.Output[str], pulumi.Output[str]]:
        import pulumi_aws as aws  # noqa: PLC0415 - sections are read without Pulumi

        provider = aws.bedrock.AgentcoreApiKeyCredentialProvider(
            name,
            api_key=secret,
            api_key_secret_source="EXTERNAL" if self.secret_arn else None,
            api_key_secret_config={"secret_id": self.secret_arn, "json_key": self.secret_json_key}
            if self.secret_arn and self.secret_json_key
            else None,
            tags=context.tags,
            opts=context.child(),
        )
        secrets = provider.api_key_secret_arns.apply(lambda arns: arns[0].secret_arn)
        return provider.credential_provider_arn, secrets

    def named(self, provider_arn: pulumi.Input[str]) -> CredentialArguments:
        return {
            "api_key": {
                "provider_arn": provider_arn,
                "credential_location": self.location,
                "credential_parameter_name": self.parameter_name,
                "credential_prefix": self.prefix,
            }
        }
