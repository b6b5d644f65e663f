"""The resource types and lookups of AWS that the sandbox has."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sandbox.providers.aws import gateways
from sandbox.providers.aws.client import AwsClient, found
from sandbox.providers.aws.shapes import same_document
from sandbox.providers.aws.tables import Table
from sandbox.providers.base import FunctionType, ProviderError
from sandbox.providers.values import Properties

_SECONDS_OF_A_SESSION = 3600
_VERSIONS_OF_A_POLICY = 5
_ZONE_OF_CLOUDFRONT = "Z2FDTNDATAQYW2"


def _policy_document(client: AwsClient, known: Properties, live: Mapping[str, Any]) -> Properties:
    version = client.api("iam").get_policy_version(PolicyArn=live["Arn"], VersionId=live["DefaultVersionId"])
    return {"policy": same_document(known.get("policy", ""), version["PolicyVersion"]["Document"])}


def _new_version(client: AwsClient, policy: Properties) -> None:
    """Give a managed policy another document, in place of the oldest where IAM keeps no more."""
    _drop_versions(client, policy, keep=_VERSIONS_OF_A_POLICY - 1)
    client.api("iam").create_policy_version(PolicyArn=policy["arn"], PolicyDocument=policy["policy"], SetAsDefault=True)


def _delete_policy(client: AwsClient, policy: Properties) -> None:
    _drop_versions(client, policy, keep=1)
    found(client.api("iam").delete_policy, PolicyArn=policy["arn"])


def _drop_versions(client: AwsClient, policy: Properties, keep: int) -> None:
    """Delete the oldest versions of a policy; the last to go is the default one."""
    iam = client.api("iam")
    answer: Properties = found(iam.list_policy_versions, PolicyArn=policy["arn"]) or {"Versions": []}
    versions: list[Properties] = answer["Versions"]
    for version in sorted(versions, key=lambda each: (each["IsDefaultVersion"], each["CreateDate"]))[:-keep]:
        iam.delete_policy_version(PolicyArn=policy["arn"], VersionId=version["VersionId"])


def _permission(client: AwsClient, known: Properties) -> Properties | None:
    """The statement of a function's resource policy."""
    qualifier = {"Qualifier": known["qualifier"]} if "qualifier" in known else {}
    answer = found(client.api("lambda", known).get_policy, FunctionName=known["function"], **qualifier)
    statements = json.loads(answer["Policy"])["Statement"] if answer else []
    return known if any(each["Sid"] == known["statementId"] for each in statements) else None


def _function_arns(client: AwsClient, known: Properties, live: Mapping[str, Any]) -> Properties:
    arn, qualified = live["FunctionArn"], f"{live['FunctionArn']}:{live['Version']}"
    path = f"arn:{client.partition}:apigateway:{known['region']}:lambda:path"
    return {
        "invokeArn": f"{path}/2015-03-31/functions/{arn}/invocations",
        "qualifiedArn": qualified,
        "qualifiedInvokeArn": f"{path}/2015-03-31/functions/{qualified}/invocations",
        "responseStreamingInvokeArn": f"{path}/2021-11-15/functions/{arn}/response-streaming-invocations",
    }


def _delete_secret(client: AwsClient, state: Properties) -> None:
    """Delete a secret, at once or after its window of recovery."""
    days = state.get("recoveryWindowInDays", 30)
    when = {"RecoveryWindowInDays": days} if days else {"ForceDeleteWithoutRecovery": True}
    found(client.api("secretsmanager", state).delete_secret, SecretId=state["arn"], **when)


def _caller_identity(client: AwsClient, _inputs: Properties) -> Properties:
    caller = client.caller
    return {"accountId": caller["Account"], "arn": caller["Arn"], "userId": caller["UserId"], "id": caller["Account"]}


def _region(client: AwsClient, inputs: Properties) -> Properties:
    name = inputs.get("region") or inputs.get("name") or client.region
    return dict.fromkeys(("name", "region", "id", "description"), name) | {"endpoint": f"ec2.{name}.amazonaws.com"}


def _partition(client: AwsClient, _inputs: Properties) -> Properties:
    suffix = "amazonaws.com.cn" if client.partition == "aws-cn" else "amazonaws.com"
    reverse = ".".join(reversed(suffix.split(".")))
    return {"partition": client.partition, "id": client.partition, "dnsSuffix": suffix, "reverseDnsPrefix": reverse}


_USER_POOL = Table(
    "aws:cognito/userPool:UserPool",
    properties="name deletionProtection userPoolTier adminCreateUserConfig accountRecoverySetting region tags",
    also_computed="mfaConfiguration",
    id="id",
    names={"name": "PoolName"},
    replaces="",
    derive=lambda _client, known, live: {
        "endpoint": f"cognito-idp.{known['region']}.amazonaws.com/{live['Id']}",
        "deletionProtection": live.get("DeletionProtection", "INACTIVE"),
    },
    auto_name=("name", 128),
)

RESOURCES = (
    Table(
        "aws:iam/role:Role",
        properties="name path assumeRolePolicy description maxSessionDuration permissionsBoundary tags",
        names={"uniqueId": "RoleId", "assumeRolePolicy": "AssumeRolePolicyDocument PolicyDocument"},
        replaces="name path",
        updates="UpdateAssumeRolePolicy UpdateRole",
        own={"permissionsBoundary": ("PutRolePermissionsBoundary", "DeleteRolePermissionsBoundary")},
        cleared={"description": "", "maxSessionDuration": _SECONDS_OF_A_SESSION},
        derive=lambda _client, _known, live: {
            "permissionsBoundary": live.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn"),
            "maxSessionDuration": live.get("MaxSessionDuration", _SECONDS_OF_A_SESSION),
            "forceDetachPolicies": False,
        },
        auto_name=("name", 64),
    ),
    Table(
        "aws:iam/rolePolicy:RolePolicy",
        properties="name role policy",
        id="role:name",
        names={"name": "PolicyName", "role": "RoleName", "policy": "PolicyDocument"},
        replaces="name role",
        auto_name=("name", 128),
    ),
    Table(
        "aws:iam/policy:Policy",
        properties="name path description policy tags",
        id="arn",
        names={"policy": "PolicyDocument"},
        replaces="name path description",
        own={"policy": (_new_version, "")},
        derive=_policy_document,
        deletes=_delete_policy,
        auto_name=("name", 128),
    ),
    *(
        Table(
            f"aws:iam/{kind.lower()}PolicyAttachment:{kind}PolicyAttachment",
            properties=f"{kind.lower()} policyArn",
            id=f"{kind.lower()}/policyArn",
            creates=f"Attach{kind}Policy",
            reads=f"ListAttached{kind}Policies",
            answer="AttachedPolicies",
            names={kind.lower(): f"{kind}Name"},
            deletes=f"Detach{kind}Policy",
        )
        for kind in ("Role", "User", "Group")
    ),
    _USER_POOL,
    Table(
        "aws:cognito/resourceServer:ResourceServer",
        properties="userPoolId identifier name scopes region",
        id="userPoolId|identifier",
        replaces="userPoolId identifier",
        derive=lambda _client, _known, live: {
            "scopeIdentifiers": [f"{live['Identifier']}/{scope['ScopeName']}" for scope in live.get("Scopes", [])]
        },
        auto_name=("name", 255),
    ),
    Table(
        "aws:cognito/userPoolClient:UserPoolClient",
        properties="userPoolId name generateSecret tokenValidityUnits accessTokenValidity allowedOauthFlows "
        "allowedOauthFlowsUserPoolClient allowedOauthScopes enableTokenRevocation explicitAuthFlows idTokenValidity "
        "preventUserExistenceErrors refreshTokenValidity supportedIdentityProviders region",
        id="clientId",
        imported_by="userPoolId/clientId",
        names={"name": "ClientName"},
        replaces="userPoolId generateSecret",
        secrets="clientSecret",
        auto_name=("name", 128),
    ),
    Table(
        "aws:cognito/userPoolDomain:UserPoolDomain",
        properties="userPoolId domain region",
        id="domain",
        names={"cloudfrontDistributionArn": "CloudFrontDistribution"},
        answer="DomainDescription",
        derive=lambda client, _known, _live: {
            "awsAccountId": client.caller["Account"],  # moto makes one up
            "cloudfrontDistributionZoneId": _ZONE_OF_CLOUDFRONT,
        },
    ),
    Table(
        "aws:lambda/function:Function",
        properties="name code architectures description environment handler loggingConfig memorySize role runtime "
        "timeout region tags",
        also_computed="codeSha256 packageType sourceCodeHash",
        names={"code": "ZipFile", "sourceCodeHash": "CodeSha256", "sourceCodeSize": "CodeSize"},
        replaces="name",
        updates="UpdateFunctionCode UpdateFunctionConfiguration",
        answer="Configuration",
        cleared={"description": "", "memorySize": 128, "timeout": 3, "environment": {"variables": {}}},
        derive=_function_arns,
        auto_name=("name", 64),
    ),
    Table(
        "aws:lambda/permission:Permission",
        properties="function statementId action principal sourceAccount sourceArn qualifier principalOrgId region",
        id="statementId",
        imported_by="function/statementId",
        names={"function": "FunctionName"},
        reads=_permission,
        auto_name=("statementId", 100),
    ),
    Table(
        "aws:cloudwatch/logGroup:LogGroup",
        properties="name retentionInDays kmsKeyId region tags",
        names={"name": "logGroupName logGroupNamePrefix"},
        replaces="name kmsKeyId",
        reads="DescribeLogGroups",
        answer="logGroups",
        own={"retentionInDays": ("PutRetentionPolicy", "DeleteRetentionPolicy")},
        auto_name=("name", 512),
    ),
    Table(
        "aws:cloudwatch/logDeliverySource:LogDeliverySource",
        noun="DeliverySource",
        properties="name logType resourceArn region",
        replaces="name logType resourceArn",
        answer="deliverySource",
    ),
    Table(
        "aws:cloudwatch/logDeliveryDestination:LogDeliveryDestination",
        noun="DeliveryDestination",
        properties="name deliveryDestinationConfiguration deliveryDestinationType region",
        replaces="name deliveryDestinationType",
        answer="deliveryDestination",
    ),
    Table(
        "aws:cloudwatch/logDelivery:LogDelivery",
        noun="Delivery",
        properties="deliverySourceName deliveryDestinationArn region",
        id="id",
        answer="delivery",
    ),
    Table(
        "aws:cloudwatch/metricAlarm:MetricAlarm",
        properties="name alarmDescription comparisonOperator threshold evaluationPeriods metricQueries "
        "treatMissingData alarmActions region tags",
        names={"name": "AlarmName AlarmNames", "arn": "AlarmArn", "metricQueries": "Metrics"},
        replaces="name",
        reads="DescribeAlarms",
        answer="MetricAlarms",
        deletes="DeleteAlarms",
        auto_name=("name", 255),
    ),
    Table(
        "aws:bedrock/agentcoreGateway:AgentcoreGateway",
        properties="name roleArn authorizerType authorizerConfiguration description exceptionLevel "
        "interceptorConfigurations kmsKeyArn policyEngineConfiguration protocolConfiguration protocolType region tags",
        id="gatewayId",
        names={"gatewayId": "gatewayIdentifier"},
        replaces="name authorizerType",
        validate=gateways.validate_gateway,
        auto_name=("name", 48),
    ),
    Table(
        "aws:bedrock/agentcoreGatewayTarget:AgentcoreGatewayTarget",
        properties="name gatewayIdentifier description targetConfiguration credentialProviderConfiguration "
        "metadataConfiguration privateEndpoint region",
        id="targetId",
        imported_by="gatewayIdentifier,targetId",
        names={"credentialProviderConfiguration": "credentialProviderConfigurations"},
        replaces="name gatewayIdentifier",
        replaces_also=gateways.replaces_target,
        forms={
            "targetConfiguration": gateways.target_configuration,
            "credentialProviderConfiguration": lambda given: [gateways.credentials(given)],
        },
        auto_name=("name", 100),
    ),
    Table(
        "aws:bedrock/agentcorePolicyEngine:AgentcorePolicyEngine",
        properties="name description region tags",
        id="policyEngineId",
        replaces="name",
        updates="UpdatePolicyEngine",
        auto_name=("name", 48),
    ),
    Table(
        "aws:bedrock/agentcorePolicy:AgentcorePolicy",
        properties="name policyEngineId definition description region",
        id="policyEngineId,policyId",
        replaces="name policyEngineId",
        auto_name=("name", 48),
    ),
    Table(
        "aws:bedrock/agentcoreApiKeyCredentialProvider:AgentcoreApiKeyCredentialProvider",
        properties="name apiKey apiKeySecretConfig apiKeySecretSource region tags",
        replaces="name",
        secrets="apiKey",
        auto_name=("name", 128),
    ),
    Table(
        "aws:bedrock/agentcoreOauth2CredentialProvider:AgentcoreOauth2CredentialProvider",
        properties="name credentialProviderVendor oauth2ProviderConfig region tags",
        names={"oauth2ProviderConfig": "oauth2ProviderConfigInput"},
        replaces="name credentialProviderVendor",
        secrets="oauth2ProviderConfig",
        auto_name=("name", 128),
    ),
    Table(
        "aws:secretsmanager/secret:Secret",
        properties="name description kmsKeyId recoveryWindowInDays region tags",
        id="arn",
        names={"arn": "SecretId"},
        replaces="name",
        deletes=_delete_secret,
        cleared={"description": ""},
        auto_name=("name", 512),
    ),
    # A version cannot be deleted: it goes with its secret, or when a newer one has taken its stage.
    Table(
        "aws:secretsmanager/secretVersion:SecretVersion",
        noun="SecretValue",
        properties="secretId secretString region",
        id="secretId|versionId",
        names={"secretArn": "ARN"},
        derive=lambda _client, _known, _live: {"hasSecretStringWo": False},
        secrets="secretString",
    ),
)


def _user_pool(client: AwsClient, inputs: Properties) -> Properties:
    pool_id, region = inputs["userPoolId"], inputs.get("region", client.region)
    pool = _USER_POOL.read(client, pool_id, {"region": region})
    if pool is None:
        raise ProviderError(f"user pool {pool_id} does not exist in {region}")
    told = {name: value for name, value in pool.items() if name not in ("endpoint", "userPoolTier", "tagsAll")}
    tags = pool["tagsAll"]
    return told | {"id": pool_id, "userPoolId": pool_id, "region": region, "tags": tags, "userPoolTags": tags}


FUNCTIONS = (
    FunctionType("aws:index/getCallerIdentity:getCallerIdentity", "id", _caller_identity),
    FunctionType("aws:index/getRegion:getRegion", "endpoint id name region", _region),
    FunctionType("aws:index/getPartition:getPartition", "id", _partition),
    FunctionType("aws:cognito/getUserPool:getUserPool", "userPoolId region", _user_pool),
)
