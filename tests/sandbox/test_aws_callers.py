"""A caller with a role's credentials may do what the role's policies allow: the program's own documents suffice for it,
and without one of their statements AWS refuses in its words.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from agentcore_auth import iam
from agentcore_auth.iam import deployment
from components.targets.api_gateway import ApiGatewayTarget
from configuration.private_endpoint import TO_TOOLS, PrivateEndpoint
from tests.sandbox.aws_fixtures import REGION, Aws, account, aws, trust

__all__ = ["account", "aws"]  # fixtures

NAME, GATEWAY = "demo", "demo-cognito"
BOUNDARY = "boundary"
ISSUER = "https://issuer.example/.well-known/openid-configuration"
TOOLS = json.dumps([{"name": "t", "description": "d", "inputSchema": {"type": "object"}}])


@dataclass
class Cloud:
    """One account: its own clients, which may do everything, and those of the role `caller`."""

    endpoint: Aws
    scope: iam.AwsScope

    @property
    def role_arn(self) -> str:
        return iam.execution_role_arn(self.scope, "/", NAME)

    def own(self, service: str, account: str | None = None) -> Any:
        return self.endpoint.client(service, account or self.scope.account)

    def caller(self, service: str, statements: Sequence[iam.Statement]) -> Any:
        """A client of the role, which may do this and nothing else."""
        api = self.own("iam")
        try:
            root = {"AWS": f"arn:aws:iam::{self.scope.account}:root"}
            assumed = iam.document([{"Effect": "Allow", "Principal": root, "Action": "sts:AssumeRole"}])
            api.create_role(RoleName="caller", AssumeRolePolicyDocument=json.dumps(assumed))
        except api.exceptions.EntityAlreadyExistsException:
            pass
        policy = json.dumps(iam.document(statements or [iam.allow("Nothing", ["s3:ListAllMyBuckets"], ["*"])]))
        api.put_role_policy(RoleName="caller", PolicyName="p", PolicyDocument=policy)
        arn = f"arn:aws:iam::{self.scope.account}:role/caller"
        given = self.own("sts").assume_role(RoleArn=arn, RoleSessionName="session")["Credentials"]
        return boto3.client(
            service,
            region_name=REGION,
            endpoint_url=self.endpoint.endpoint_url,
            aws_access_key_id=given["AccessKeyId"],
            aws_secret_access_key=given["SecretAccessKey"],
            aws_session_token=given["SessionToken"],
        )

    def execution_role(self, permissions: Sequence[iam.Permission] = ()) -> None:
        self.own("iam").create_role(RoleName=iam.execution_role_name(NAME), AssumeRolePolicyDocument=trust(iam.SERVICE))
        if permissions:
            self.allow_role(iam.execution_statements(self.scope, [GATEWAY], permissions, "pinned"))

    def allow_role(self, statements: Sequence[iam.Statement]) -> None:
        document = json.dumps(iam.document(statements))
        self.own("iam").put_role_policy(RoleName=iam.execution_role_name(NAME), PolicyName="p", PolicyDocument=document)

    def gateway(self, api: Any, **more: Any) -> str:
        """Create the gateway; its id."""
        jwt = {"customJWTAuthorizer": {"discoveryUrl": ISSUER, "allowedClients": ["c"]}}
        request = {"name": GATEWAY, "roleArn": self.role_arn, "authorizerType": "CUSTOM_JWT", "protocolType": "MCP"}
        return api.create_gateway(**request, authorizerConfiguration=jwt, **more)["gatewayId"]

    def needed(self, upkeep: iam.Upkeep) -> list[iam.Statement]:
        """What whoever deploys is given for the gateway and its targets."""
        return list(deployment.gateways(self.scope, [GATEWAY], self.role_arn, upkeep))


@pytest.fixture
def cloud(aws: Aws, account: str) -> Cloud:
    return Cloud(aws, iam.AwsScope("aws", account, REGION))


def without(sid: str, statements: Sequence[iam.Statement]) -> list[iam.Statement]:
    kept = [each for each in statements if each["Sid"] != sid]
    assert len(kept) == len(statements) - 1, f"no statement {sid}"
    return kept


def refused(action: str, kind: str = "identity-based") -> Any:
    """AWS's words for an action that no policy allows."""
    said = rf"not authorized to perform: {re.escape(action)}.* because no {kind} policy allows the {re.escape(action)}"
    return pytest.raises(ClientError, match=said)


def test_an_account_s_own_key_may_do_everything(cloud: Cloud) -> None:
    cloud.execution_role()
    assert cloud.gateway(cloud.own("bedrock-agentcore-control")).startswith(GATEWAY)


def test_who_deploys_passes_the_execution_role_to_agentcore_only(cloud: Cloud) -> None:
    cloud.execution_role()
    needed = cloud.needed(iam.Upkeep())
    with refused("bedrock-agentcore:CreateGateway"):
        cloud.gateway(cloud.caller("bedrock-agentcore-control", without("CreateGateways", needed)))
    with refused("iam:PassRole"):
        cloud.gateway(cloud.caller("bedrock-agentcore-control", without("PassExecutionRole", needed)))
    elsewhere = [*without("PassExecutionRole", needed), iam.pass_role("P", cloud.role_arn, "lambda.amazonaws.com")]
    with refused("iam:PassRole"):
        cloud.gateway(cloud.caller("bedrock-agentcore-control", elsewhere))
    assert cloud.gateway(cloud.caller("bedrock-agentcore-control", needed))


def test_gateways_of_another_name_are_out_of_reach(cloud: Cloud) -> None:
    cloud.execution_role()
    gateway = cloud.gateway(cloud.own("bedrock-agentcore-control"))
    other = deployment.gateways(cloud.scope, ["other-cognito"], cloud.role_arn, iam.Upkeep())
    with refused("bedrock-agentcore:GetGateway"):
        cloud.caller("bedrock-agentcore-control", list(other)).get_gateway(gatewayIdentifier=gateway)
    api = cloud.caller("bedrock-agentcore-control", cloud.needed(iam.Upkeep()))
    assert api.get_gateway(gatewayIdentifier=gateway)["name"] == GATEWAY
    assert (
        api.list_tags_for_resource(resourceArn=api.get_gateway(gatewayIdentifier=gateway)["gatewayArn"])["tags"] == {}
    )


def test_who_deploys_cannot_make_the_execution_role_without_its_boundary(cloud: Cloud) -> None:
    name = iam.execution_role_name(NAME)
    allowed = iam.document([iam.allow("A", ["s3:GetObject"], ["*"])])
    made = cloud.own("iam").create_policy(PolicyName=BOUNDARY, PolicyDocument=json.dumps(allowed))
    boundary = made["Policy"]["Arn"]
    api = cloud.caller("iam", list(deployment.execution_role(cloud.role_arn, boundary)))
    role = {"RoleName": name, "AssumeRolePolicyDocument": trust(iam.SERVICE)}
    policy = {"RoleName": name, "PolicyName": "p", "PolicyDocument": json.dumps(allowed)}
    with refused("iam:CreateRole"):
        api.create_role(**role)
    api.create_role(**role, PermissionsBoundary=boundary)
    api.put_role_policy(**policy)
    with refused("iam:DeleteRolePermissionsBoundary"):
        api.delete_role_permissions_boundary(RoleName=name)
    with refused("iam:PutRolePermissionsBoundary"):
        api.put_role_permissions_boundary(RoleName=name, PermissionsBoundary=f"{boundary}-2")
    cloud.own("iam").delete_role_permissions_boundary(RoleName=name)
    with refused("iam:PutRolePolicy"):
        api.put_role_policy(**policy)
    api.put_role_permissions_boundary(RoleName=name, PermissionsBoundary=boundary)
    api.delete_role_policy(RoleName=name, PolicyName="p")
    api.delete_role(RoleName=name)


def target(kind: Mapping[str, Any], **credential: Any) -> dict[str, Any]:
    shown = {
        "credentialProviderConfigurations": [{"credentialProviderType": "OAUTH", "credentialProvider": credential}]
    }
    return {"name": "t", "targetConfiguration": {"mcp": kind}, **(shown if credential else {})}


def put_document(cloud: Cloud, owner: str | None = None, bucket: str = "schemas") -> str:
    """An object in S3 with tools; gives the bucket's name, which is this account's alone."""
    name = f"{bucket}-{cloud.scope.account}"
    api = cloud.own("s3", owner)
    api.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    api.put_object(Bucket=name, Key="tools.json", Body=TOOLS)
    return name


def test_a_document_in_s3_is_read_as_the_role_and_as_the_caller(cloud: Cloud) -> None:
    document = iam.ToolDocument(f"s3://{put_document(cloud)}/tools.json")
    needed = cloud.needed(iam.Upkeep([document]))
    cloud.execution_role([document])
    gateway = cloud.gateway(cloud.own("bedrock-agentcore-control"))
    request = target({"openApiSchema": {"s3": {"uri": document.uri}}})
    with refused("s3:GetObject"):
        api = cloud.caller("bedrock-agentcore-control", without("ReadToolDocuments", needed))
        api.create_gateway_target(gatewayIdentifier=gateway, **request)
    api = cloud.caller("bedrock-agentcore-control", needed)
    role = iam.execution_statements(cloud.scope, [GATEWAY], [document], "pinned")
    cloud.allow_role([iam.allow("Other", ["s3:GetObject"], ["arn:aws:s3:::another/tools.json"])])
    with refused("s3:GetObject"):
        api.create_gateway_target(gatewayIdentifier=gateway, **request)
    cloud.allow_role(role)
    assert api.create_gateway_target(gatewayIdentifier=gateway, **request)["targetId"]


def test_another_account_s_bucket_is_read_with_its_owner_s_name_and_leave(cloud: Cloud) -> None:
    owner = str(int(cloud.scope.account) // 10 + 10**11)
    bucket = put_document(cloud, owner)
    document = iam.ToolDocument(f"s3://{bucket}/tools.json", owner)
    cloud.execution_role([document])
    api = cloud.own("bedrock-agentcore-control")
    gateway = cloud.gateway(api)
    named = target({"openApiSchema": {"s3": {"uri": document.uri, "bucketOwnerAccountId": owner}}})
    with pytest.raises(ClientError, match="bucketOwnerAccountId says"):
        api.create_gateway_target(gatewayIdentifier=gateway, **target({"openApiSchema": {"s3": {"uri": document.uri}}}))
    with refused("s3:GetObject"):
        api.create_gateway_target(gatewayIdentifier=gateway, **named)
    reading = {**iam.allow("R", ["s3:GetObject"], [document.arn(cloud.scope)]), "Principal": {"AWS": cloud.role_arn}}
    cloud.own("s3", owner).put_bucket_policy(Bucket=bucket, Policy=json.dumps(iam.document([reading])))
    assert api.create_gateway_target(gatewayIdentifier=gateway, **named)["targetId"]


SYNCHRONIZATION = [
    ("GetWorkloadTokens", "bedrock-agentcore:GetWorkloadAccessToken"),
    ("GetOAuthTokens", "bedrock-agentcore:GetResourceOauth2Token"),
    ("CompleteTokens", "bedrock-agentcore:CompleteResourceTokenAuth"),
    ("ReadCredentials", "secretsmanager:GetSecretValue"),
]


def test_creating_an_mcp_target_with_oauth_takes_what_its_synchronization_takes(cloud: Cloud) -> None:
    cloud.execution_role()
    own = cloud.own("bedrock-agentcore-control")
    gateway = cloud.gateway(own)
    config = {
        "customOauth2ProviderConfig": {
            "oauthDiscovery": {"discoveryUrl": ISSUER},
            "clientId": "c",
            "clientSecret": "s",
        }
    }
    made = own.create_oauth2_credential_provider(
        name="crm", credentialProviderVendor="CustomOauth2", oauth2ProviderConfigInput=config
    )
    provider = made["credentialProviderArn"]
    use = iam.CredentialUse(iam.OAUTH, provider, made["clientSecretArn"]["secretArn"])
    needed = cloud.needed(iam.Upkeep(credentials=[use]))
    oauth = {"providerArn": provider, "scopes": []}
    request = target({"mcpServer": {"endpoint": "https://mcp.example/mcp"}}, oauthCredentialProvider=oauth)
    for sid, action in SYNCHRONIZATION:
        api = cloud.caller("bedrock-agentcore-control", without(sid, needed))
        with refused(action):
            api.create_gateway_target(gatewayIdentifier=gateway, **request)
    server = {"endpoint": "https://mcp.example/mcp", "listingMode": "DYNAMIC"}
    asked_every_time = {**target({"mcpServer": server}, oauthCredentialProvider=oauth), "name": "dynamic"}
    api = cloud.caller("bedrock-agentcore-control", cloud.needed(iam.Upkeep()))
    assert api.create_gateway_target(gatewayIdentifier=gateway, **asked_every_time)["targetId"]
    api = cloud.caller("bedrock-agentcore-control", needed)
    target_id = api.create_gateway_target(gatewayIdentifier=gateway, **request)["targetId"]
    assert api.synchronize_gateway_targets(gatewayIdentifier=gateway, targetIdList=[target_id])["targets"]
    api = cloud.caller("bedrock-agentcore-control", without("GetOAuthTokens", needed))
    with refused("bedrock-agentcore:GetResourceOauth2Token"):
        api.synchronize_gateway_targets(gatewayIdentifier=gateway, targetIdList=[target_id])


def test_an_api_s_operations_are_exported_as_whoever_creates_or_changes_the_target(cloud: Cloud) -> None:
    cloud.execution_role()
    gateway = cloud.gateway(cloud.own("bedrock-agentcore-control"))
    filters = [{"path": "/orders", "methods": ["GET"]}]
    api = {"type": "apiGateway", "name": "t", "restApiId": "a1", "stage": "prod", "filters": filters}
    section = ApiGatewayTarget.model_validate_json(json.dumps(api))
    needed = [*cloud.needed(iam.Upkeep()), *section.caller_statements(cloud.scope)]
    chosen = {"toolFilters": [{"filterPath": "/orders", "methods": ["GET"]}]}
    api_target = target({"apiGateway": {"restApiId": "a1", "stage": "prod", "apiGatewayToolConfiguration": chosen}})
    other_stage = target({"apiGateway": {"restApiId": "a1", "stage": "test", "apiGatewayToolConfiguration": chosen}})
    api = cloud.caller("bedrock-agentcore-control", without("ExportRestApis", needed))
    with refused("apigateway:GET"):
        api.create_gateway_target(gatewayIdentifier=gateway, **api_target)
    api = cloud.caller("bedrock-agentcore-control", needed)
    with refused("apigateway:GET"):
        api.create_gateway_target(gatewayIdentifier=gateway, **other_stage)
    target_id = api.create_gateway_target(gatewayIdentifier=gateway, **api_target)["targetId"]
    api = cloud.caller("bedrock-agentcore-control", without("ExportRestApis", needed))
    with refused("apigateway:GET"):
        api.update_gateway_target(gatewayIdentifier=gateway, targetId=target_id, **api_target)


VPC = {"vpcIdentifier": "vpc-01234567", "subnetIds": ["subnet-01234567"], "endpointIpAddressType": "IPV4"}
MANAGED = {"managedVpcResource": {**VPC, "securityGroupIds": ["sg-01234567"]}}
LATTICE = {"selfManagedLatticeResource": {"resourceConfigurationIdentifier": "rcfg-0123456789abcdefg"}}


@pytest.mark.parametrize(
    ("endpoint", "needed"),
    [
        (
            MANAGED,
            {
                "MakeNetworkRole": "iam:CreateServiceLinkedRole",
                "LookAtNetwork": "ec2:DescribeSecurityGroups",
                "EnterNetwork": "ec2:CreateNetworkInterface",
            },
        ),
        ({"managedVpcResource": VPC}, {"EnterNetwork": "ec2:CreateNetworkInterface"}),
        (
            LATTICE,
            {
                "ReadResourceConfigurations": "vpc-lattice:GetResourceConfiguration",
                "AssociateResources": "vpc-lattice:CreateServiceNetworkResourceAssociation",
                "ListAssociations": "vpc-lattice:AssociateViaAWSService",
            },
        ),
    ],
)
def test_a_way_into_a_vpc_takes_what_agentcore_does_there(
    cloud: Cloud, endpoint: dict[str, Any], needed: dict[str, str]
) -> None:
    cloud.execution_role()
    own = cloud.own("bedrock-agentcore-control")
    gateway = cloud.gateway(own)
    request = {**target({"mcpServer": {"endpoint": "https://mcp.example/mcp"}}), "privateEndpoint": endpoint}
    section = PrivateEndpoint.model_validate_json(json.dumps(endpoint))
    printed = [*cloud.needed(iam.Upkeep()), *section.statements(cloud.scope, TO_TOOLS)]
    for sid, action in needed.items():
        api = cloud.caller("bedrock-agentcore-control", without(sid, printed))
        with refused(action):
            api.create_gateway_target(gatewayIdentifier=gateway, **request)
    assert own.list_gateway_targets(gatewayIdentifier=gateway)["items"] == []
    api = cloud.caller("bedrock-agentcore-control", printed)
    made = api.create_gateway_target(gatewayIdentifier=gateway, **request)["targetId"]
    assert api.get_gateway_target(gatewayIdentifier=gateway, targetId=made)["privateEndpoint"] == endpoint


def test_a_gateway_s_key_is_used_as_the_role_and_as_the_key_s_policy_allow(cloud: Cloud) -> None:
    kms = cloud.own("kms")
    key = kms.create_key()["KeyMetadata"]["Arn"]
    needed = cloud.needed(iam.Upkeep(kms_key_arn=key))
    cloud.execution_role([iam.KeyUse(key)])
    statements = iam.execution_statements(cloud.scope, [GATEWAY], [iam.KeyUse(key)], "pinned")
    with refused("kms:DescribeKey"):
        cloud.gateway(cloud.caller("bedrock-agentcore-control", without("UseGatewayKey", needed)), kmsKeyArn=key)
    api = cloud.caller("bedrock-agentcore-control", needed)
    for sid, action in (
        ("DescribeGatewayKey", "kms:DescribeKey"),
        ("GrantGatewayKey", "kms:CreateGrant"),
        ("EncryptGateways", "kms:GenerateDataKey"),
    ):
        cloud.allow_role(without(sid, statements))
        with refused(action):
            cloud.gateway(api, kmsKeyArn=key)
    cloud.allow_role(statements)
    owner_only = {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::210987654321:root"}, "Action": "kms:*"}
    kms.put_key_policy(
        KeyId=key, PolicyName="default", Policy=json.dumps(iam.document([{**owner_only, "Resource": "*"}]))
    )
    with refused("kms:DescribeKey", "resource-based"):
        cloud.gateway(api, kmsKeyArn=key)
    exported = iam.key_policy_statements(cloud.scope, [GATEWAY], cloud.role_arn)
    kms.put_key_policy(KeyId=key, PolicyName="default", Policy=json.dumps(iam.document(exported)))
    assert cloud.gateway(api, kmsKeyArn=key)


def test_a_credential_is_kept_with_the_rights_of_whoever_brings_it(cloud: Cloud) -> None:
    needed = list(deployment.credential_providers(cloud.scope, iam.API_KEY, ["demo-t-*"]))
    request = {"name": "demo-t-1a2b", "apiKey": "k"}
    with refused("secretsmanager:CreateSecret"):
        api = cloud.caller("bedrock-agentcore-control", without("KeepApiKeySecrets", needed))
        api.create_api_key_credential_provider(**request)
    api = cloud.caller("bedrock-agentcore-control", needed)
    api.create_api_key_credential_provider(**request)
    api.delete_api_key_credential_provider(name="demo-t-1a2b")
    with refused("bedrock-agentcore:CreateApiKeyCredentialProvider"):
        api.create_api_key_credential_provider(name="other", apiKey="k")
