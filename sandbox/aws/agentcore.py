"""AgentCore's control plane as moto has it, with the rules of the real one for names, roles, authorizers and targets.

Messages marked `seen` are those that users of the real service report; where none is known it says what is wrong.
"""

from __future__ import annotations

import secrets
import string
from collections.abc import Mapping
from typing import Any

from moto.bedrockagentcorecontrol.models import BedrockAgentCoreControlBackend, Gateway, GatewayTarget

from agentcore_auth.authorizer.model import RESERVED_CLAIM_NAME
from sandbox.aws.credential_providers import CredentialProviders
from sandbox.aws.permissions import identity_allows, trusts
from sandbox.aws.refusals import Refusal

SERVICE = "bedrock-agentcore.amazonaws.com"
TARGETS_PER_GATEWAY = 100
_CONSTRAINTS = ("allowedAudience", "allowedClients", "allowedScopes", "customClaims")
_SIGNED_BY_ROLE = ("lambda", "smithyModel")
"""Kinds of targets that are AWS services, called with the execution role's credentials."""


class AgentCoreBackend(BedrockAgentCoreControlBackend):
    """One account's gateways in one region."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.workload_identities: dict[str, str] = {}
        """ARNs by name: one for each gateway, made and removed with it."""
        self.credential_providers = CredentialProviders(region_name, account_id)

    @property
    def _url_module(self) -> Any:
        from sandbox.aws import agentcore_api  # noqa: PLC0415  it imports this module

        return agentcore_api

    def create_gateway(self, **request: Any) -> Gateway:  # pyright: ignore[reportIncompatibleMethodOverride]  moto passes all by name
        name, tags = str(request["name"]), request.pop("tags", None)
        if any(gateway.name == name for gateway in self.gateways.values()):
            raise Refusal("ConflictException", f"A gateway with name {name} already exists in this account.")
        _check_authorizer(request["authorizer_type"], request["authorizer_configuration"])
        gateway = super().create_gateway(**request, tags=None)
        del self.gateways[gateway.gateway_id]
        self._identify(gateway)
        self._check_role(gateway.role_arn, gateway)
        self.gateways[gateway.gateway_id] = gateway
        self.workload_identities[gateway.gateway_id] = gateway.workload_identity_details["workloadIdentityArn"]
        if tags:
            self.tag_resource(gateway.gateway_arn, tags)
        return gateway

    def update_gateway(  # pyright: ignore[reportIncompatibleMethodOverride]  moto passes all by name
        self, gateway_identifier: str, **request: Any
    ) -> Gateway:
        gateway = self._get_gateway(gateway_identifier)
        if request["name"] != gateway.name or request["authorizer_type"] != gateway.authorizer_type:
            raise _invalid("Gateway name and authorizer type cannot be changed.")
        _check_authorizer(request["authorizer_type"], request["authorizer_configuration"])
        self._check_role(request["role_arn"], gateway)
        for name in ("description", "protocol_configuration", "authorizer_configuration", "kms_key_arn"):
            setattr(gateway, name, None)  # the real update replaces everything; moto's keeps what is left out
        for name in ("interceptor_configurations", "policy_engine_configuration", "exception_level"):
            setattr(gateway, name, None)
        return super().update_gateway(gateway_identifier, **request)

    def delete_gateway(self, gateway_identifier: str) -> Gateway:
        if self.list_gateway_targets(gateway_identifier):
            raise _invalid(  # seen
                f"Gateway {gateway_identifier} has targets associated with it. "
                "Delete all targets before deleting the gateway.",
            )
        self.workload_identities.pop(gateway_identifier, None)
        return super().delete_gateway(gateway_identifier)

    def create_gateway_target(  # pyright: ignore[reportIncompatibleMethodOverride]  moto passes all by name
        self, gateway_identifier: str, name: str, **request: Any
    ) -> GatewayTarget:
        present = self.list_gateway_targets(gateway_identifier)
        if any(target.name == name for target in present):
            raise Refusal(
                "ConflictException", f"A target with name {name} already exists in gateway {gateway_identifier}."
            )
        if len(present) >= TARGETS_PER_GATEWAY:
            raise Refusal("ServiceQuotaExceededException", f"A gateway takes at most {TARGETS_PER_GATEWAY} targets.")
        self._check_target(gateway_identifier, request)
        return super().create_gateway_target(gateway_identifier, name=name, **request)

    def update_gateway_target(  # pyright: ignore[reportIncompatibleMethodOverride]  moto passes all by name
        self, gateway_identifier: str, target_id: str, **request: Any
    ) -> GatewayTarget:
        target = self._get_gateway_target(gateway_identifier, target_id)
        self._check_target(gateway_identifier, request)
        target.description, target.credential_provider_configurations = "", []
        target.metadata_configuration = None
        return super().update_gateway_target(gateway_identifier, target_id, **request)

    def synchronize_gateway_targets(self, gateway_identifier: str, target_ids: list[str]) -> list[GatewayTarget]:
        """Only MCP servers have tools that may have changed since (message seen)."""
        targets = [self._get_gateway_target(gateway_identifier, target_id) for target_id in target_ids]
        for target in targets:
            kind = _kind(target.target_configuration)
            if kind != "mcpServer":
                raise _invalid(f"Target type {kind} is not supported for synchronization.")
        return targets

    def _identify(self, gateway: Gateway) -> None:
        """moto's ids are ten characters; the real ones are the name in lower case, a hyphen and ten characters."""
        alphabet = string.ascii_lowercase + string.digits
        suffix = "".join(secrets.choice(alphabet) for _ in range(10))
        identifier = f"{gateway.name.lower()}-{suffix}"
        prefix = f"arn:{self.partition}:bedrock-agentcore:{self.region_name}:{self.account_id}"
        directory = f"{prefix}:workload-identity-directory/default/workload-identity"
        gateway.gateway_id = identifier
        gateway.gateway_arn = f"{prefix}:gateway/{identifier}"
        gateway.gateway_url = f"https://{identifier}.gateway.bedrock-agentcore.{self.region_name}.amazonaws.com"
        gateway.workload_identity_details = {"workloadIdentityArn": f"{directory}/{identifier}"}

    def _check_role(self, role_arn: str, gateway: Gateway) -> None:
        if not trusts(role_arn, SERVICE, source_account=self.account_id, source_arn=gateway.gateway_arn):
            raise _invalid(  # the wording is that of CreateAgentRuntime; CreateGateway's own is not known
                f"Role validation failed for '{role_arn}'. Please verify that the role exists and its trust policy "
                f"allows assumption by this service (source account {self.account_id}, source ARN "
                f"{gateway.gateway_arn})"
            )

    def _check_target(self, gateway_identifier: str, request: Mapping[str, Any]) -> None:
        kind = _kind(request["target_configuration"])
        credentials: list[dict[str, Any]] = request["credential_provider_configurations"] or []
        kinds = {each["credentialProviderType"] for each in credentials}
        if kind in _SIGNED_BY_ROLE and kinds != {"GATEWAY_IAM_ROLE"}:
            raise _invalid(f"A target of type {kind} needs the credential provider GATEWAY_IAM_ROLE.")
        for each in credentials:
            for configuration in each.get("credentialProvider", {}).values():
                if "providerArn" in configuration:
                    self.credential_providers.find(configuration["providerArn"])
        if kind == "lambda":
            function = request["target_configuration"]["mcp"]["lambda"]["lambdaArn"]
            if not identity_allows(self._get_gateway(gateway_identifier).role_arn, "lambda:InvokeFunction", function):
                raise _invalid(  # seen
                    f"Gateway execution role lacks permission to invoke Lambda function {function}. "
                    "Update the permission and retry",
                )


def _check_authorizer(authorizer_type: str, configuration: Mapping[str, Any] | None) -> None:
    if authorizer_type != "CUSTOM_JWT":
        if configuration:
            raise _invalid(f"Authorizer type {authorizer_type} takes no authorizer configuration.")
        return
    document = (configuration or {}).get("customJWTAuthorizer")
    if document is None:
        raise _invalid("Authorizer type CUSTOM_JWT needs a customJWTAuthorizer.")
    if not any(document.get(name) for name in _CONSTRAINTS):
        raise _invalid(f"At least one of {', '.join(_CONSTRAINTS)} must be given in customJWTAuthorizer.")
    if any(claim["inboundTokenClaimName"] == RESERVED_CLAIM_NAME for claim in document.get("customClaims") or ()):
        raise _invalid(f"The claim name {RESERVED_CLAIM_NAME} is reserved: use allowedClients.")


def _invalid(message: str) -> Refusal:
    return Refusal("ValidationException", message)


def _kind(target_configuration: Mapping[str, Any]) -> str:
    if "mcp" not in target_configuration:
        raise _invalid("The sandbox serves targets of the MCP protocol only.")
    [kind] = target_configuration["mcp"]
    return str(kind)
