"""Amazon Cognito: its section of the stack file, its checks, and what deploying it asks of IAM."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from agentcore_auth import iam
from agentcore_auth.authorizer.shapes import COGNITO
from configuration import forms
from configuration.context import CheckContext, StackConfiguration
from configuration.mistakes import Mistake
from configuration.section import Section
from idp import checks
from idp.provider import Callers, Provider, ProviderContext

if TYPE_CHECKING:
    import pulumi

    from idp.cognito.component import CognitoProvider

# Words that Amazon keeps for itself in Cognito's domain prefixes.
RESERVED_WORDS = ("aws", "amazon", "cognito")
# Cognito puts the resource server's identifier and a slash before a scope's name.
Scope = Annotated[
    str,
    forms.matching(
        r"[\x21\x23-\x2E\x30-\x5B\x5D-\x7E]{1,127}",
        "a Cognito scope name: 1 to 127 characters, no slash, space, quote or backslash",
    ),
]
Scopes = Annotated[tuple[Scope, ...], Field(min_length=1), forms.DISTINCT]
ResourceServerId = Annotated[
    str,
    forms.matching(
        r"[\x21\x23-\x5B\x5D-\x7E]{1,127}",
        "a resource server's identifier: 1 to 127 characters, no space, quote, backslash",
    ),
]

_POOL_ACTIONS = ("DeleteUserPool", "UpdateUserPool", "SetUserPoolMfaConfig", "TagResource", "UntagResource")
_IN_POOL_ACTIONS = (
    "CreateResourceServer",
    "CreateUserPoolClient",
    "CreateUserPoolDomain",
    "DeleteResourceServer",
    "DeleteUserPoolClient",
    "DeleteUserPoolDomain",
    "DescribeResourceServer",
    "DescribeUserPool",
    "DescribeUserPoolClient",
    "GetUserPoolMfaConfig",
    "ListTagsForResource",
    "UpdateResourceServer",
    "UpdateUserPoolClient",
    "UpdateUserPoolDomain",
)

_PREFIX_FORM = "a domain prefix: a-z, 0-9 and hyphens, 63 at most (a pool's id goes without its underscore, lower case)"


class CognitoClient(Section, frozen=True):
    """One application at Cognito, with a secret of its own."""

    scopes: Scopes | None = Field(default=None, description="Names from the provider's `scopes`; all by default.")


class Cognito(Provider, frozen=True):
    """A user pool for machine-to-machine tokens."""

    summary: ClassVar[str] = "Amazon Cognito."

    resource_server: ResourceServerId | None = Field(
        default=None,
        description="Identifier of the resource server, the part of a scope before the slash. Default `gateway.name`.",
    )
    create_resource_server: bool = Field(
        default=True, description="`false` where the resource server and its scopes exist in the pool of `userPoolId`."
    )
    scopes: Scopes = Field(default=("read", "write"), description="Scope names, without the resource server.")
    clients: dict[forms.ClientName, CognitoClient] = Field(
        default={"default": CognitoClient.model_construct()},
        description="One application for each name; `{}` where all exist already.",
    )
    allowed_clients: checks.AllowedClients | None = Field(
        default=None, description="Existing applications that come in as well: ids, or `{id, scopes}`."
    )
    domain_prefix: Annotated[str, forms.matching(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", _PREFIX_FORM)] | None = Field(
        default=None,
        description="Unique in its region across all accounts. Default: the pool's id, lower case, no underscore.",
    )
    access_token_minutes: Annotated[int, Field(ge=5, le=1440)] = Field(default=60, description="5 minutes to 1 day.")
    deletion_protection: bool = Field(default=False, description="`true` has AWS refuse to delete the pool.")
    tier: Literal["LITE", "ESSENTIALS", "PLUS"] | None = Field(
        default=None, description="Feature plan of the pool; AWS's default."
    )
    user_pool_id: (
        Annotated[str, forms.matching(r"[a-z0-9-]+_[0-9a-zA-Z]+", "a user pool's id, <region>_<letters and digits>")]
        | None
    ) = Field(
        default=None,
        description="An existing pool, in which the rest is created; its domain serves unless `domainPrefix` is given.",
    )

    @classmethod
    def unavailable(cls, stack: StackConfiguration) -> str | None:
        if stack.partition == "aws":
            return None
        return (
            f"this program does not know the addresses of Cognito's token endpoint in {stack.region}; choose another "
            "provider, or another aws:region"
        )

    def mistakes(self, path: str, context: CheckContext) -> Iterator[Mistake]:
        yield from checks.client_scopes(path, self.clients, self.scopes)
        yield from checks.some_client(path, self.clients, self.allowed_clients)
        if self.allowed_clients and not self.clients and not self.user_pool_id:
            yield Mistake(
                f"{path}.allowedClients", "a new pool has no clients that exist: set userPoolId, or describe clients"
            )
        for word in RESERVED_WORDS:
            if self.domain_prefix and word in self.domain_prefix:
                yield Mistake(
                    f"{path}.domainPrefix", f"contains {word!r}, a word that AWS reserves; choose another prefix"
                )
        if not self.create_resource_server and not self.user_pool_id:
            yield Mistake(
                f"{path}.createResourceServer", "a new pool has no resource server yet: leave it out, or set userPoolId"
            )
        if self.user_pool_id:
            region = context.stack.region
            if region and not self.user_pool_id.startswith(f"{region}_"):
                pool_region = self.user_pool_id.split("_")[0]
                yield Mistake(f"{path}.userPoolId", f"is a pool of {pool_region}, and aws:region is {region}")
            for field, key in (("deletion_protection", "deletionProtection"), ("tier", "tier")):
                if field in self.model_fields_set:
                    yield Mistake(
                        f"{path}.{key}", "is a property of the pool, which exists already (userPoolId): leave it out"
                    )

    def callers(self, gateway_name: str) -> Callers:
        server = self.resource_server or gateway_name
        spelled = {scope: f"{server}/{scope}" for scope in self.scopes}
        return checks.callers(self.clients, self.allowed_clients, spelled, COGNITO)

    def deployment_statements(self, scope: iam.AwsScope) -> Iterator[iam.Statement]:
        """AWS gives pools ids of its own, so a new one is scoped by its region only."""
        pool = iam.regional_arn(scope, "cognito-idp", f"userpool/{self.user_pool_id or f'{scope.region}_*'}")
        actions = [
            action
            for action in _IN_POOL_ACTIONS
            if self.create_resource_server or not action.endswith("ResourceServer")
        ]
        yield iam.allow("ManageInUserPool", iam.prefixed("cognito-idp", actions), [pool])
        if self.user_pool_id:
            yield iam.allow("FindUserPoolDomain", ["cognito-idp:DescribeUserPoolDomain"], ["*"])
        else:
            anywhere = ["cognito-idp:CreateUserPool", "cognito-idp:DescribeUserPoolDomain"]
            yield iam.allow("CreateUserPool", anywhere, ["*"])
            yield iam.allow("ManageUserPool", iam.prefixed("cognito-idp", _POOL_ACTIONS), [pool])

    def create(
        self, name: str, context: ProviderContext, opts: pulumi.ResourceOptions | None = None
    ) -> CognitoProvider:
        from idp.cognito.component import CognitoProvider  # noqa: PLC0415 - imports Pulumi

        resource_server = self.resource_server or context.gateway_name
        return CognitoProvider(
            name, self, resource_server=resource_server, region=context.region, tags=context.tags, opts=opts
        )
