"""The schema of the stack's configuration: every key, its type, its default, and what it is for.

`docs/configuration.md` is made from these models (`python -m configuration.reference`).
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from agentcore_auth.mode import Mode
from configuration import forms

PROJECT = "agentcore-auth"

TokenDialect: TypeAlias = Literal["access_token", "access_token_authz", "rfc9068_profile", "rfc9068_profile_authz"]
ClientSecrets: TypeAlias = Literal["output", "secretsManager"]


class Section(BaseModel):
    """A part of the configuration: camelCase keys, no unknown ones, no conversion of types, unchangeable."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        populate_by_name=True,
        extra="forbid",
        frozen=True,
        strict=True,
        hide_input_in_errors=True,
    )


class Gateway(Section):
    """What all gateways of the stack have in common."""

    name: forms.Name = Field(
        description="A gateway is named `<name>-<provider>`, together at most 48 characters. The execution role is "
        "named after it, so a name is for one stack of an account, in whatever region."
    )
    description: forms.Description | None = Field(default=None, description="1 to 200 characters.")
    exception_level: Literal["DEBUG"] | None = Field(
        default=None, description="`DEBUG` has tool errors explained to callers."
    )
    search_type: Literal["SEMANTIC"] | None = Field(
        default=None, description="`SEMANTIC` adds a tool that finds tools."
    )
    instructions: Annotated[str, Field(min_length=1, max_length=2048)] | None = Field(
        default=None, description="What the gateway tells an agent about its tools, up to 2,048 characters."
    )
    kms_key_arn: forms.KmsKeyArn | None = Field(
        default=None, description="A key of your own to encrypt the gateway's data."
    )


class CognitoClient(Section):
    """One application at Cognito, with a secret of its own."""

    scopes: forms.CognitoScopes | None = Field(
        default=None, description="Names from the provider's `scopes`; all by default."
    )


class Client(Section):
    """One application at Auth0 or Okta, with a secret of its own."""

    scopes: forms.Scopes | None = Field(default=None, description="Some of the provider's `scopes`; all by default.")


class Cognito(Section):
    """A user pool for machine-to-machine tokens."""

    resource_server: forms.ResourceServerId | None = Field(
        default=None,
        description="Identifier of the resource server, the part of a scope before the slash. Default `gateway.name`.",
    )
    scopes: forms.CognitoScopes = Field(
        default=("read", "write"), description="Scope names, without the resource server."
    )
    clients: dict[forms.ClientName, CognitoClient] = Field(
        default={"default": CognitoClient()}, description="One application for each name.", min_length=1
    )
    allowed_clients: forms.ClientIds | None = Field(
        default=None, description="Existing applications that come in as well."
    )
    domain_prefix: (
        Annotated[
            str, forms.matching(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", "a domain prefix: a-z, 0-9, hyphens, 63 at most")
        ]
        | None
    ) = Field(
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


class Auth0(Section):
    """An API of the tenant in `auth0:domain`, with applications that may call it."""

    audience: forms.Audience | None = Field(default=None, description="The API's identifier. Default `gateway.name`.")
    create_api: bool = Field(default=True, description="`false` where the API and its scopes exist already.")
    scopes: forms.Scopes = Field(
        default=("invoke:gateway", "read:gateway"), description="The API's scopes (permissions)."
    )
    clients: dict[forms.ClientName, Client] = Field(
        default={"default": Client()}, description="One application for each name.", min_length=1
    )
    allowed_clients: forms.ClientIds | None = Field(
        default=None, description="Existing applications that come in as well."
    )
    token_dialect: TokenDialect = Field(
        default="rfc9068_profile_authz",
        description="The API's token dialect; with an existing API, the one that it has.",
    )
    access_token_seconds: Annotated[int, Field(ge=1, le=2592000)] | None = Field(
        default=None, description="Lifetime of a token, up to 30 days; Auth0's default is one day."
    )


class Okta(Section):
    """Service applications of the org in `okta:orgName`, and an authorization server that issues their tokens."""

    authorization_server: Literal["default", "own"] = Field(
        default="default", description="`default`, or `own` to create one for this stack."
    )
    audience: forms.Audience = Field(
        default="api://default",
        description="The authorization server's audience; has to be given for a server of its own.",
    )
    scopes: forms.Scopes = Field(default=("InvokeGateway",), description="Scopes of the authorization server.")
    create_scopes: bool = Field(default=True, description="`false` where another stack of the same org made them.")
    clients: dict[forms.ClientName, Client] = Field(
        default={"default": Client()}, description="One application for each name.", min_length=1
    )
    allowed_clients: forms.ClientIds | None = Field(
        default=None, description="Existing applications that come in as well."
    )
    access_token_minutes: Annotated[int, Field(ge=5, le=1440)] = Field(default=60, description="5 minutes to 1 day.")


class Claim(Section):
    """One custom claim that a token must have."""

    name: forms.ClaimName = Field(description="The claim.")
    equals: forms.ClaimValue | None = Field(default=None, description="The claim is this string.")
    contains: forms.ClaimValue | None = Field(default=None, description="The claim is a list with this string in it.")
    contains_any: Annotated[tuple[forms.ClaimValue, ...], Field(min_length=1), forms.DISTINCT] | None = Field(
        default=None, description="The claim is a list with one of these strings in it."
    )


class Oidc(Section):
    """An issuer that exists already; nothing is created there. At least one of the lists has to be given."""

    discovery_url: forms.DiscoveryUrl = Field(description="The issuer's `/.well-known/openid-configuration`.")
    allowed_clients: forms.ClientIds | None = Field(default=None, description="Compared with the claim `client_id`.")
    allowed_audience: forms.Audiences | None = Field(default=None, description="Compared with the claim `aud`.")
    allowed_scopes: forms.Scopes | None = Field(default=None, description="Compared with the claim `scope`.")
    custom_claims: Annotated[tuple[Claim, ...], Field(min_length=1)] | None = Field(
        default=None, description="Further claims that a token must have."
    )


class NoCredentials(Section):
    """The tool asks for none."""

    type: Literal["none"] = "none"


class ApiKey(Section):
    """A key that the gateway sends with every call: `secretRef` or `providerArn`."""

    type: Literal["apiKey"]
    secret_ref: forms.SecretName | None = Field(
        default=None, description="Secret configuration key that holds the API key."
    )
    provider_arn: forms.CredentialProviderArn | None = Field(
        default=None, description="An existing API key credential provider."
    )
    location: Literal["HEADER", "QUERY_PARAMETER"] = Field(default="HEADER", description="Where the key is sent.")
    parameter_name: Annotated[str, Field(min_length=1, max_length=64)] = Field(
        default="Authorization", description="Name of the header or query parameter."
    )
    prefix: Annotated[str, Field(min_length=1, max_length=64)] | None = Field(
        default=None, description="What stands before the key, such as `Bearer`."
    )


class OAuth(Section):
    """Client credentials of the gateway's own: `discoveryUrl`, `clientId` and `secretRef`, or `providerArn`."""

    type: Literal["oauth"]
    discovery_url: forms.DiscoveryUrl | None = Field(default=None, description="The tool's issuer.")
    client_id: forms.ClientId | None = Field(default=None, description="The gateway's client id at that issuer.")
    secret_ref: forms.SecretName | None = Field(
        default=None, description="Secret configuration key with the client secret."
    )
    provider_arn: forms.CredentialProviderArn | None = Field(
        default=None, description="An existing OAuth2 credential provider."
    )
    scopes: Annotated[tuple[forms.TargetScope, ...], Field(max_length=100), forms.DISTINCT] = Field(
        description="Scopes to ask for, up to 100; may be empty."
    )


class Iam(Section):
    """Requests signed with the execution role: AgentCore Runtime and other endpoints that take AWS signatures."""

    type: Literal["iam"]
    service: Annotated[str, forms.matching(r"[a-zA-Z0-9._-]{1,64}", "a service's signing name")] = Field(
        description="The service's signing name, such as `bedrock-agentcore`."
    )
    region: forms.Region | None = Field(default=None, description="The endpoint's region. Default: the gateway's.")


class LambdaTarget(Section):
    """A Lambda function whose tools are described by `tools`, `toolsFile` or `toolsS3`."""

    type: Literal["lambda"]
    name: forms.TargetName = Field(description="Tools are called `<name>___<tool>`.")
    description: forms.Description | None = Field(default=None, description="1 to 200 characters.")
    function_arn: forms.FunctionArn = Field(
        description="The function. Another account's is allowed; so is another region's, as far as AWS's API says, but "
        "nobody on this project has tried it."
    )
    tools: tuple[dict[str, Any], ...] | None = Field(default=None, description="The tool schema itself.")
    tools_file: str | None = Field(default=None, description="A JSON file with it, relative to the project.")
    tools_s3: forms.S3Uri | None = Field(default=None, description="An object in S3 with it.")


class SmithyTarget(Section):
    """An AWS service, described by a Smithy model."""

    type: Literal["smithy"]
    name: forms.TargetName = Field(description="Tools are called `<name>___<operation>`.")
    description: forms.Description | None = Field(default=None, description="1 to 200 characters.")
    model: str = Field(description="A JSON AST file, relative to the project, or `s3://…`.")
    actions: tuple[forms.Action, ...] = Field(description="IAM actions that its operations need.", min_length=1)
    resources: tuple[forms.ResourceArn, ...] = Field(description="ARNs that they act on.", min_length=1)


class OpenApiTarget(Section):
    """A REST API, described by an OpenAPI document."""

    type: Literal["openapi"]
    name: forms.TargetName = Field(description="Tools are called `<name>___<operationId>`.")
    description: forms.Description | None = Field(default=None, description="1 to 200 characters.")
    document: str = Field(alias="schema", description="An OpenAPI file, relative to the project, or `s3://…`.")
    credentials: Annotated[NoCredentials | ApiKey | OAuth, Field(discriminator="type")] = Field(
        default=NoCredentials(), description="How the gateway shows who it is to the API."
    )


class McpTarget(Section):
    """An MCP server."""

    type: Literal["mcp"]
    name: forms.TargetName = Field(description="Tools are called `<name>___<tool>`.")
    description: forms.Description | None = Field(default=None, description="1 to 200 characters.")
    endpoint: forms.HttpsUrl = Field(description="The server's address.")
    credentials: Annotated[NoCredentials | OAuth | Iam, Field(discriminator="type")] = Field(
        default=NoCredentials(), description="How the gateway shows who it is to the server."
    )


class SampleTarget(Section):
    """A small echo function that the program deploys itself, so that a new account has a tool to call."""

    type: Literal["sample"]
    name: forms.TargetName = Field(description="Its tool is called `<name>___echo`.")
    description: forms.Description | None = Field(default=None, description="1 to 200 characters.")


Target: TypeAlias = LambdaTarget | SmithyTarget | OpenApiTarget | McpTarget | SampleTarget


class CrossAccount(Section):
    """Access to another account, to write a function's resource policy there."""

    assume_role_arn: forms.RoleArn = Field(description="A role of that account which the program may assume.")


class AttachTo(Section):
    """Who gets the caller policy, by name."""

    roles: forms.RoleOrUserNames = Field(default=(), description="IAM role names.")
    users: forms.RoleOrUserNames = Field(default=(), description="IAM user names.")
    groups: forms.GroupNames = Field(default=(), description="IAM group names.")


class Callers(Section):
    """The policy for those who administer and call the gateways."""

    attach_to: AttachTo = Field(default=AttachTo(), description="Whom the program attaches it to.")
    schema_buckets: tuple[forms.BucketName, ...] = Field(default=(), description="Further buckets with tool schemas.")


class ExecutionRole(Section):
    """The role that the gateways assume."""

    path: forms.RolePath = Field(default="/", description="The role's path.")
    permissions_boundary_arn: forms.PolicyArn | None = Field(
        default=None, description="The role's permissions boundary."
    )


class Schema(Section):
    """All keys of the project's configuration."""

    mode: Mode = Field(
        default="pinned",
        description="`pinned`: every claim that the provider's token offers is checked, least privilege in IAM. "
        "`tutorial`: the tutorial's documents and its single list.",
    )
    gateway: Gateway = Field(description="What all gateways of the stack have in common.")
    identity_providers: Annotated[tuple[str, ...], Field(min_length=1), forms.DISTINCT] = Field(
        description="The switch: some of `cognito`, `auth0`, `okta` and the names under `oidc`."
    )
    cognito: Cognito = Field(default=Cognito(), description="Amazon Cognito.")
    auth0: Auth0 = Field(
        default=Auth0(), description="Auth0. Tenant and credentials are pulumi-auth0's own `auth0:*` keys."
    )
    okta: Okta = Field(default=Okta(), description="Okta. Org and credentials are pulumi-okta's own `okta:*` keys.")
    oidc: dict[forms.Name, Oidc] = Field(
        default={}, description="Issuers that exist already, by a name of your choice."
    )
    targets: tuple[Annotated[Target, Field(discriminator="type")], ...] = Field(
        description="What the gateways offer.", min_length=1, max_length=100
    )
    cross_account: dict[forms.AccountId, CrossAccount] = Field(
        default={},
        description="Accounts in which the program may write a function's resource policy itself. The statement's id "
        "is fixed, so two stacks cannot do that for one function: have the owner admit the second one.",
    )
    callers: Callers = Field(
        default=Callers(), description="The policy for those who administer and call the gateways."
    )
    execution_role: ExecutionRole = Field(default=ExecutionRole(), description="The role that the gateways assume.")
    client_secrets: ClientSecrets = Field(
        default="output", description="Where client secrets go: encrypted stack outputs, or AWS Secrets Manager."
    )
    tags: dict[str, str] = Field(default={}, description="On everything that takes tags.")
