"""Ways into a VPC: what AgentCore does there as whoever creates or changes a target with a private endpoint.

AgentCore developer guide, "vpc-egress-private-endpoints". Nothing is set up: the sandbox has no VPCs. AWS asks for
CreateServiceLinkedRole only as long as the role is not there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agentcore_auth.iam import SERVICE, AwsScope, global_arn, regional_arn
from sandbox.aws.callers import require_of_caller

_LINKED_ROLE = f"role/aws-service-role/{SERVICE}/AWSServiceRoleForBedrockAgentCoreGatewayNetwork"


def require_private_endpoint(scope: AwsScope, endpoint: Mapping[str, Any]) -> None:
    """Raises Refusal where whoever sent the present request may not do one of the things that it takes."""
    if "managedVpcResource" in endpoint:
        context = {"iam:AWSServiceName": SERVICE}
        require_of_caller("iam:CreateServiceLinkedRole", global_arn(scope, _LINKED_ROLE), **context)
        for kind in ("SecurityGroups", "Subnets", "Vpcs"):
            require_of_caller(f"ec2:Describe{kind}", "*")
        managed = endpoint["managedVpcResource"]
        subnets = (f"subnet/{each}" for each in managed["subnetIds"])
        groups = (f"security-group/{each}" for each in managed.get("securityGroupIds") or "*")  # by default the VPC's
        made_of = ("network-interface/*", *subnets, *groups)
        require_of_caller("ec2:CreateNetworkInterface", *(regional_arn(scope, "ec2", part) for part in made_of))
    elif given := endpoint.get("selfManagedLatticeResource", {}).get("resourceConfigurationIdentifier"):
        named = regional_arn(scope, "vpc-lattice", f"resourceconfiguration/{given}")
        configuration = given if given.startswith("arn:") else named
        require_of_caller("vpc-lattice:GetResourceConfiguration", configuration)
        require_of_caller("vpc-lattice:CreateServiceNetworkResourceAssociation", configuration)
        require_of_caller("vpc-lattice:AssociateViaAWSService", "*")
