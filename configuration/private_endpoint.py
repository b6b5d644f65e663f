"""What only a VPC reaches: how AgentCore gets there, and what that asks of whoever sets it up.

AgentCore developer guide, "vpc-egress-private-endpoints", "identity-private-idp" and "service-linked-roles".
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from agentcore_auth import iam
from configuration import forms
from configuration.mistakes import Mistake, exactly_one
from configuration.section import Section


@dataclass(frozen=True)
class LinkedRole:
    """A service-linked role of AgentCore's: the Sid of the permission to make it, the service that has it, its name."""

    sid: str
    service: str
    name: str


TO_TOOLS = LinkedRole("MakeNetworkRole", iam.SERVICE, "AWSServiceRoleForBedrockAgentCoreGatewayNetwork")
TO_ISSUERS = LinkedRole(
    "MakeIdentityNetworkRole", f"identity-network.{iam.SERVICE}", "AWSServiceRoleForBedrockAgentCoreIdentity"
)


class ManagedVpcResource(Section, frozen=True):
    """A VPC that AgentCore makes a way into, by its service-linked role."""

    vpc_identifier: Annotated[str, forms.matching(r"vpc-([0-9a-z]{8}|[0-9a-z]{17})", "a VPC's id")] = Field(
        description="The VPC."
    )
    subnet_ids: Annotated[
        tuple[Annotated[str, forms.matching(r"subnet-[0-9a-zA-Z]{8,17}", "a subnet's id")], ...],
        Field(min_length=1),
        forms.DISTINCT,
    ] = Field(description="Subnets of it that reach the tool or the issuer.")
    endpoint_ip_address_type: Literal["IPV4", "IPV6"] = Field(default="IPV4", description="Of the address there.")
    security_group_ids: Annotated[
        tuple[Annotated[str, forms.matching(r"sg-([0-9a-z]{8}|[0-9a-z]{17})", "a security group's id")], ...],
        Field(max_length=5),
        forms.DISTINCT,
    ] = Field(default=(), description="Up to 5; the VPC's default one.")
    routing_domain: Annotated[str, Field(min_length=3, max_length=255)] | None = Field(
        default=None, description="A load balancer or VPC endpoint to go through, by its name."
    )


class SelfManagedLatticeResource(Section, frozen=True):
    """A resource configuration of VPC Lattice that exists."""

    resource_configuration_identifier: Annotated[
        str,
        forms.matching(
            rf"({forms.ARN}:vpc-lattice:[a-z0-9-]+:\d{{12}}:resourceconfiguration/)?rcfg-[0-9a-z]{{17}}",
            "a resource configuration's id or ARN",
        ),
    ] = Field(description="Its id or ARN.")


class PrivateEndpoint(Section, frozen=True):
    """The way into a VPC: one of the two."""

    managed_vpc_resource: ManagedVpcResource | None = Field(
        default=None, description="AgentCore makes and removes what it takes."
    )
    self_managed_lattice_resource: SelfManagedLatticeResource | None = Field(
        default=None, description="What exists is used, also another account's that is shared by AWS RAM."
    )

    def mistakes(self, path: str) -> Iterator[Mistake]:
        """What is wrong with it as a whole; `path` is its own."""
        yield from exactly_one(path, self, "managed_vpc_resource", "self_managed_lattice_resource")

    def statements(self, scope: iam.AwsScope, made: LinkedRole) -> Iterator[iam.Statement]:
        """What whoever sets it up has to be allowed: AgentCore acts as they. `made` is the role that it may make."""
        if managed := self.managed_vpc_resource:
            role = iam.global_arn(scope, f"role/aws-service-role/{made.service}/{made.name}")
            condition = {"StringEquals": {"iam:AWSServiceName": made.service}}
            yield {**iam.allow(made.sid, ["iam:CreateServiceLinkedRole"], [role]), "Condition": condition}
            looks = ["ec2:DescribeSecurityGroups", "ec2:DescribeSubnets", "ec2:DescribeVpcs"]
            yield iam.allow("LookAtNetwork", looks, ["*"])
            groups = managed.security_group_ids or ("*",)
            parts = [
                "network-interface/*",
                *(f"subnet/{each}" for each in managed.subnet_ids),
                *(f"security-group/{each}" for each in groups),
            ]
            arns = [iam.regional_arn(scope, "ec2", part) for part in parts]
            yield iam.allow("EnterNetwork", ["ec2:CreateNetworkInterface"], arns)
        if found := self.self_managed_lattice_resource:
            given = found.resource_configuration_identifier
            configuration = given if given.startswith("arn:") else _lattice(scope, f"resourceconfiguration/{given}")
            association = _lattice(scope, "servicenetworkresourceassociation/*")
            # The service network is AgentCore's own, in an account that nobody is told.
            network = f"arn:{scope.partition}:vpc-lattice:{scope.region}:*:servicenetwork/*"
            yield iam.allow("ReadResourceConfigurations", ["vpc-lattice:GetResourceConfiguration"], [configuration])
            creates = ["vpc-lattice:CreateServiceNetworkResourceAssociation"]
            yield iam.allow("AssociateResources", creates, [configuration, network, association])
            reads = ["vpc-lattice:GetServiceNetworkResourceAssociation"]
            yield iam.allow("ReadAssociations", reads, [association])
            lists = ["vpc-lattice:AssociateViaAWSService", "vpc-lattice:ListServiceNetworkResourceAssociations"]
            yield iam.allow("ListAssociations", lists, ["*"])


def _lattice(scope: iam.AwsScope, resource: str) -> str:
    return iam.regional_arn(scope, "vpc-lattice", resource)
