"""The resource types of AWS that the sandbox has."""

from __future__ import annotations

from sandbox.providers.aws import exceptions, gateways
from sandbox.providers.aws.tables import Table
from sandbox.providers.base import AutoName

_SECONDS_OF_A_SESSION = 3600
_ZONE_OF_CLOUDFRONT = "Z2FDTNDATAQYW2"
_CHOSEN_FOR_A_CLIENT = (
    "accessTokenValidity allowedOauthFlows allowedOauthFlowsUserPoolClient allowedOauthScopes enableTokenRevocation "
    "explicitAuthFlows idTokenValidity preventUserExistenceErrors refreshTokenValidity supportedIdentityProviders"
)


def _attachment(kind: str) -> Table:
    owner = kind.capitalize()
    return Table(
        f"aws:iam/{kind}PolicyAttachment:{owner}PolicyAttachment",
        f"iam {owner}Policy",
        properties=f"{kind} policyArn",
        id=f"{kind} policyArn",
        separator="/",
        names={kind: f"{owner}Name"},
        create=f"Attach{owner}Policy",
        read=f"ListAttached{owner}Policies",
        answer="AttachedPolicies",
        delete=f"Detach{owner}Policy",
    )


def _credential_provider(kind: str, *, properties: str, computed: str, replaces: str, secrets: str) -> Table:
    return Table(
        f"aws:bedrock/agentcore{kind}CredentialProvider:Agentcore{kind}CredentialProvider",
        f"bedrock-agentcore-control {kind}CredentialProvider",
        properties=f"name {properties} region tags",
        computed=f"credentialProviderArn {computed}",
        names={"oauth2ProviderConfig": "oauth2ProviderConfigInput"},
        replaces=replaces,
        secrets=secrets,
        auto_name=AutoName(longest=128),
    )


USER_POOL = Table(
    "aws:cognito/userPool:UserPool",
    "cognito-idp UserPool",
    properties="name deletionProtection userPoolTier adminCreateUserConfig accountRecoverySetting region tags",
    computed="arn creationDate lastModifiedDate endpoint estimatedNumberOfUsers domain customDomain mfaConfiguration",
    id="id",
    names={"name": "PoolName"},
    replaces="",
    optional_computed="userPoolTier adminCreateUserConfig accountRecoverySetting",
    derive=lambda _client, known, live: {
        "endpoint": f"cognito-idp.{known['region']}.amazonaws.com/{live['Id']}",
        "deletionProtection": live.get("DeletionProtection", "INACTIVE"),
    },
    auto_name=AutoName(longest=128),
)
RESOURCES = (
    Table(
        "aws:iam/role:Role",
        "iam Role",
        properties="name path assumeRolePolicy description maxSessionDuration permissionsBoundary tags",
        computed="arn uniqueId createDate",
        names={"uniqueId": "RoleId", "assumeRolePolicy": "AssumeRolePolicyDocument PolicyDocument"},
        replaces="name path",
        update="UpdateAssumeRolePolicy UpdateRole",
        own={"permissionsBoundary": ("PutRolePermissionsBoundary", "DeleteRolePermissionsBoundary")},
        cleared={"description": "", "maxSessionDuration": _SECONDS_OF_A_SESSION},
        derive=lambda _client, _known, live: {
            "permissionsBoundary": live.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn"),
            "maxSessionDuration": live.get("MaxSessionDuration", _SECONDS_OF_A_SESSION),
            "forceDetachPolicies": False,
        },
        auto_name=AutoName(longest=64),
    ),
    Table(
        "aws:iam/rolePolicy:RolePolicy",
        "iam RolePolicy",
        properties="name role policy",
        id="role name",
        separator=":",
        names={"name": "PolicyName", "role": "RoleName", "policy": "PolicyDocument"},
        replaces="name role",
        auto_name=AutoName(longest=128),
    ),
    Table(
        "aws:iam/policy:Policy",
        "iam Policy",
        properties="name path description policy tags",
        computed="arn policyId attachmentCount",
        id="arn",
        names={"policy": "PolicyDocument"},
        replaces="name path description",
        own={"policy": (exceptions.new_version, "")},
        derive=exceptions.policy_document,
        delete=exceptions.delete_policy,
        auto_name=AutoName(longest=128),
    ),
    *(_attachment(kind) for kind in ("role", "user", "group")),
    USER_POOL,
    Table(
        "aws:cognito/resourceServer:ResourceServer",
        "cognito-idp ResourceServer",
        properties="userPoolId identifier name scopes region",
        computed="scopeIdentifiers",
        id="userPoolId identifier",
        replaces="userPoolId identifier",
        derive=lambda _client, _known, live: {
            "scopeIdentifiers": [f"{live['Identifier']}/{scope['ScopeName']}" for scope in live.get("Scopes", [])]
        },
        auto_name=AutoName(longest=255),
    ),
    Table(
        "aws:cognito/userPoolClient:UserPoolClient",
        "cognito-idp UserPoolClient",
        properties=f"userPoolId name generateSecret tokenValidityUnits {_CHOSEN_FOR_A_CLIENT} region",
        computed="clientSecret",
        id="clientId",
        names={"name": "ClientName"},
        replaces="userPoolId generateSecret",
        optional_computed=_CHOSEN_FOR_A_CLIENT,
        secrets="clientSecret",
        auto_name=AutoName(longest=128),
    ),
    Table(
        "aws:cognito/userPoolDomain:UserPoolDomain",
        "cognito-idp UserPoolDomain",
        properties="userPoolId domain region",
        computed="awsAccountId cloudfrontDistribution cloudfrontDistributionArn cloudfrontDistributionZoneId s3Bucket "
        "version",
        id="domain",
        names={"cloudfrontDistributionArn": "CloudFrontDistribution"},
        answer="DomainDescription",
        derive=lambda client, _known, _live: {
            "awsAccountId": client.account,  # moto makes one up
            "cloudfrontDistributionZoneId": _ZONE_OF_CLOUDFRONT,
        },
    ),
    Table(
        "aws:lambda/function:Function",
        "lambda Function",
        properties="name code architectures description environment handler loggingConfig memorySize role runtime "
        "timeout region tags",
        computed="arn invokeArn qualifiedArn qualifiedInvokeArn responseStreamingInvokeArn codeSha256 sourceCodeHash "
        "sourceCodeSize lastModified version signingJobArn signingProfileVersionArn packageType",
        names={"code": "ZipFile", "sourceCodeHash": "CodeSha256", "sourceCodeSize": "CodeSize"},
        replaces="name",
        update="UpdateFunctionCode UpdateFunctionConfiguration",
        answer="Configuration",
        cleared={"description": "", "memorySize": 128, "timeout": 3, "environment": {"variables": {}}},
        optional_computed="architectures loggingConfig",
        derive=exceptions.function_arns,
        auto_name=AutoName(longest=64),
    ),
    Table(
        "aws:lambda/permission:Permission",
        "lambda Permission",
        properties="function statementId action principal sourceAccount sourceArn qualifier principalOrgId region",
        id="statementId",
        names={"function": "FunctionName"},
        read=exceptions.permission,
        auto_name=AutoName("statementId", longest=100),
    ),
    Table(
        "aws:cloudwatch/logGroup:LogGroup",
        "logs LogGroup",
        properties="name retentionInDays kmsKeyId region tags",
        computed="arn",
        names={"name": "logGroupName logGroupNamePrefix"},
        replaces="name kmsKeyId",
        read="DescribeLogGroups",
        answer="logGroups",
        own={"retentionInDays": ("PutRetentionPolicy", "DeleteRetentionPolicy")},
        auto_name=AutoName(longest=512),
    ),
    Table(
        "aws:bedrock/agentcoreGateway:AgentcoreGateway",
        "bedrock-agentcore-control Gateway",
        properties="name roleArn authorizerType authorizerConfiguration description exceptionLevel kmsKeyArn "
        "protocolConfiguration protocolType region tags",
        computed="gatewayArn gatewayId gatewayUrl workloadIdentityDetails",
        id="gatewayId",
        names={"gatewayId": "gatewayIdentifier"},
        replaces="name authorizerType",
        validate=gateways.validate_gateway,
        auto_name=AutoName(longest=48),
    ),
    Table(
        "aws:bedrock/agentcoreGatewayTarget:AgentcoreGatewayTarget",
        "bedrock-agentcore-control GatewayTarget",
        properties="name gatewayIdentifier description targetConfiguration credentialProviderConfiguration region",
        computed="targetId",
        id="targetId",
        names={"credentialProviderConfiguration": "credentialProviderConfigurations"},
        replaces="name gatewayIdentifier",
        replaces_also=gateways.replaces_target,
        forms={
            "targetConfiguration": gateways.target_configuration,
            "credentialProviderConfiguration": lambda given: [gateways.credentials(given)],
        },
        auto_name=AutoName(longest=100),
    ),
    _credential_provider("ApiKey", properties="apiKey", computed="apiKeySecretArns", replaces="name", secrets="apiKey"),
    _credential_provider(
        "Oauth2",
        properties="credentialProviderVendor oauth2ProviderConfig",
        computed="clientSecretArns callbackUrl",
        replaces="name credentialProviderVendor",
        secrets="oauth2ProviderConfig",
    ),
    Table(
        "aws:secretsmanager/secret:Secret",
        "secretsmanager Secret",
        properties="name description kmsKeyId recoveryWindowInDays region tags",
        computed="arn",
        id="arn",
        names={"arn": "SecretId"},
        replaces="name",
        delete=exceptions.delete_secret,
        cleared={"description": ""},
        auto_name=AutoName(longest=512),
    ),
    Table(  # there is no deleting it: it goes with its secret, or when a newer one has taken its stage
        "aws:secretsmanager/secretVersion:SecretVersion",
        "secretsmanager SecretValue",
        properties="secretId secretString region",
        computed="arn secretArn versionId hasSecretStringWo",
        id="secretId versionId",
        names={"secretArn": "ARN"},
        derive=lambda _client, _known, _live: {"hasSecretStringWo": False},
        secrets="secretString",
    ),
)
