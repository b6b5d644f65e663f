"""AgentCore's control plane as moto has it, with the real one's rules, and with AgentCore Identity, which moto lacks.

Messages marked `seen` are those that users of the real service report; where none is known it says what is wrong.
"""

# moto passes all arguments by name
# pyright: reportIncompatibleMethodOverride=false
from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from functools import partialmethod
from itertools import product
from typing import Any, Final, cast

from moto.bedrockagentcorecontrol.models import BedrockAgentCoreControlBackend, Gateway, GatewayTarget
from moto.bedrockagentcorecontrol.responses import BedrockAgentCoreControlResponse
from moto.bedrockagentcorecontrol.urls import url_bases
from moto.core.responses import ActionResult

from agentcore_auth.authorizer.model import RESERVED_CLAIM_NAME
from agentcore_auth.iam import SERVICE, AwsScope, regional_arn
from sandbox.aws.callers import denied, require_of_caller
from sandbox.aws.credential_providers import API_KEY, OAUTH, CredentialProviders, Document
from sandbox.aws.permissions import identity_allows, is_allowed, owner_of, trusts
from sandbox.aws.policy_engines import Documents, PolicyEngines
from sandbox.aws.private_endpoints import require_private_endpoint
from sandbox.aws.refusals import Refusal

TARGETS_PER_GATEWAY = 100
_ROLE: Final = "GATEWAY_IAM_ROLE"
_CREDENTIALS: Mapping[str, frozenset[str]] = {
    "lambda": frozenset({_ROLE}),
    "smithyModel": frozenset({_ROLE, "OAUTH"}),
    "openApiSchema": frozenset({"", _ROLE, "OAUTH", "API_KEY"}),
    "mcpServer": frozenset({"", _ROLE, "OAUTH", "API_KEY"}),
    "apiGateway": frozenset({"", _ROLE, "API_KEY"}),
}
"""What goes with which kind of target (developer guide, "gateway-outbound-auth"); empty: nothing."""
_TO_GET: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "apiKeyCredentialProvider": (("GetWorkloadAccessToken",), ("GetResourceApiKey",)),
    "oauthCredentialProvider": (
        ("GetWorkloadAccessToken", "GetWorkloadAccessTokenForUserId"),
        ("GetResourceOauth2Token", "CompleteResourceTokenAuth"),
    ),
}
"""What getting a credential takes (developer guide, "gateway-target-MCPservers"): of the workload identity, and of that
and the provider.
"""
_CONSTRAINTS = ("allowedAudience", "allowedClients", "allowedScopes", "customClaims")


class AgentCoreBackend(BedrockAgentCoreControlBackend):
    """One account's gateways in one region."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.private_endpoints: dict[str, Mapping[str, Any]] = {}
        """By the id of the target that has it."""
        self.scope = AwsScope(self.partition, account_id, region_name)
        self.api_keys = CredentialProviders(self.scope, API_KEY)
        self.oauth_clients = CredentialProviders(self.scope, OAUTH)
        self.policy_engines = PolicyEngines(self.scope, self)

    def providers_of(self, arn: str) -> CredentialProviders:
        """Those of the kind that a credential provider's ARN says."""
        return self.oauth_clients if "/oauth2credentialprovider/" in arn else self.api_keys

    @property
    def _url_module(self) -> Any:
        return _Urls

    def create_gateway(self, **request: Any) -> Gateway:
        name, tags = str(request["name"]), request.pop("tags", None)
        if any(gateway.name == name for gateway in self.gateways.values()):
            raise Refusal("ConflictException", f"A gateway with name {name} already exists in this account.")
        _check_authorizer(request["authorizer_type"], request["authorizer_configuration"])
        gateway = super().create_gateway(**request, tags=None)
        del self.gateways[gateway.gateway_id]
        identifier = f"{name.lower()}-{gateway.gateway_id}"  # moto's are without the name
        identity = f"workload-identity-directory/default/workload-identity/{identifier}"
        gateway.gateway_id = identifier
        gateway.gateway_arn = regional_arn(self.scope, "bedrock-agentcore", f"gateway/{identifier}")
        gateway.gateway_url = f"https://{identifier}.gateway.bedrock-agentcore.{self.region_name}.amazonaws.com"
        identity_arn = regional_arn(self.scope, "bedrock-agentcore", identity)
        gateway.workload_identity_details = {"workloadIdentityArn": identity_arn}
        self._check_role(gateway.role_arn, gateway)
        self._check_engine(gateway.role_arn, request["policy_engine_configuration"])
        self._check_key(gateway.kms_key_arn, gateway.role_arn, gateway)
        self.gateways[gateway.gateway_id] = gateway
        if tags:
            self.tag_resource(gateway.gateway_arn, tags)
        return gateway

    def update_gateway(self, gateway_identifier: str, **request: Any) -> Gateway:
        gateway = self._get_gateway(gateway_identifier)
        if request["name"] != gateway.name or request["authorizer_type"] != gateway.authorizer_type:
            raise _invalid("Gateway name and authorizer type cannot be changed.")
        _check_authorizer(request["authorizer_type"], request["authorizer_configuration"])
        self._check_role(request["role_arn"], gateway)
        self._check_engine(request["role_arn"], request["policy_engine_configuration"])
        self._check_key(request["kms_key_arn"], request["role_arn"], gateway)
        vars(gateway).update(request)  # the real update replaces everything; moto's keeps what is left out
        return super().update_gateway(gateway_identifier, **request)

    def delete_gateway(self, gateway_identifier: str) -> Gateway:
        if self.list_gateway_targets(gateway_identifier):
            raise _invalid(  # seen
                f"Gateway {gateway_identifier} has targets associated with it. "
                "Delete all targets before deleting the gateway.",
            )
        return super().delete_gateway(gateway_identifier)

    def create_gateway_target(self, gateway_identifier: str, name: str, **request: Any) -> GatewayTarget:
        present = self.list_gateway_targets(gateway_identifier)
        if any(target.name == name for target in present):
            raise Refusal(
                "ConflictException", f"A target with name {name} already exists in gateway {gateway_identifier}."
            )
        if len(present) >= TARGETS_PER_GATEWAY:
            raise Refusal("ServiceQuotaExceededException", f"A gateway takes at most {TARGETS_PER_GATEWAY} targets.")
        self._check_target(self._get_gateway(gateway_identifier), request)
        return super().create_gateway_target(gateway_identifier, name=name, **request)

    def update_gateway_target(self, gateway_identifier: str, target_id: str, **request: Any) -> GatewayTarget:
        target = self._get_gateway_target(gateway_identifier, target_id)
        self._check_target(self._get_gateway(gateway_identifier), request)
        vars(target).update(request)  # as for gateways
        return super().update_gateway_target(gateway_identifier, target_id, **request)

    def synchronize_gateway_targets(self, gateway_identifier: str, target_ids: list[str]) -> list[GatewayTarget]:
        """Only MCP servers have tools that may have changed since (message seen)."""
        targets = [self._get_gateway_target(gateway_identifier, target_id) for target_id in target_ids]
        for target in targets:
            kind = _kind(target.target_configuration)
            if kind != "mcpServer":
                raise _invalid(f"Target type {kind} is not supported for synchronization.")
            [credential] = target.credential_provider_configurations or [{}]
            self._check_synchronization(self._get_gateway(gateway_identifier), credential)
            target.updated_at = datetime.now(timezone.utc)  # whose tools are asked for anew
        return targets

    def _check_role(self, role_arn: str, gateway: Gateway) -> None:
        if not trusts(role_arn, SERVICE, source_account=self.account_id, source_arn=gateway.gateway_arn):
            raise _invalid(  # the wording is that of CreateAgentRuntime; CreateGateway's own is not known
                f"Role validation failed for '{role_arn}'. Please verify that the role exists and its trust policy "
                f"allows assumption by this service (source account {self.account_id}, source ARN "
                f"{gateway.gateway_arn})"
            )

    def _check_engine(self, role_arn: str, configuration: Mapping[str, str] | None) -> None:
        if configuration:
            arn = configuration["arn"]
            self.policy_engines.get({"policyEngineId": arn.rpartition("/")[2]})
            for action in ("AuthorizeAction", "PartiallyAuthorizeActions", "GetPolicyEngine"):
                if not identity_allows(role_arn, f"bedrock-agentcore:{action}", arn):
                    raise _invalid(f"Gateway execution role lacks permission to access policy engine {arn} ({action}).")

    def _check_key(self, key_arn: str | None, role_arn: str, gateway: Gateway) -> None:
        """Developer guide, "gateway-encryption": the role has to be able to use the key, as the key's policy says too.

        That the caller has to be as well follows from what AWS's own policy BedrockAgentCoreFullAccess allows.
        """
        if key_arn is None:
            return
        context = {
            "kms:ViaService": f"bedrock-agentcore.{self.region_name}.amazonaws.com",
            "kms:EncryptionContext:aws:bedrock-agentcore-gateway:arn": gateway.gateway_arn,
            "kms:GrantConstraintType": "EncryptionContextSubset",
            "kms:GrantOperations": "Decrypt",
        }
        for action in ("kms:DescribeKey", "kms:CreateGrant", "kms:GenerateDataKey", "kms:Decrypt"):
            require_of_caller(action, key_arn, **context)
            if not is_allowed(role_arn, action, key_arn, context):
                by_role = identity_allows(role_arn, action, key_arn, context)
                raise denied(role_arn, action, key_arn, "resource-based" if by_role else "identity-based")

    def _check_document(self, document: Mapping[str, str], role_arn: str) -> None:
        """Whether role and caller may read a document in S3. Which of them AgentCore reads as is not known."""
        arn = f"arn:{self.partition}:s3:::{document['uri'].removeprefix('s3://')}"
        owner = owner_of(arn)
        if owner != document.get("bucketOwnerAccountId", self.account_id):
            raise _invalid(
                f"The object {document['uri']} cannot be read: its bucket does not exist, or is not of the account "
                "that bucketOwnerAccountId says (by default the gateway's)."
            )
        require_of_caller("s3:GetObject", arn, **{"s3:ResourceAccount": owner})
        if not is_allowed(role_arn, "s3:GetObject", arn, {"s3:ResourceAccount": owner}):
            raise denied(role_arn, "s3:GetObject", arn)

    def _check_synchronization(self, gateway: Gateway, credential: Mapping[str, Any]) -> None:
        identity = gateway.workload_identity_details["workloadIdentityArn"]
        identities = (identity, identity.partition("/workload-identity/")[0])
        for kind, settings in credential.get("credentialProvider", {}).items():
            of_identity, of_provider = _TO_GET.get(kind, ((), ()))
            for action in of_identity:
                require_of_caller(f"bedrock-agentcore:{action}", *identities)
            for action in of_provider:
                arn = settings["providerArn"]
                require_of_caller(f"bedrock-agentcore:{action}", *identities, arn, arn.rsplit("/", 2)[0])
                require_of_caller("secretsmanager:GetSecretValue", self.providers_of(arn).find(arn).secret_arn)

    def _check_target(self, gateway: Gateway, request: Mapping[str, Any]) -> None:
        kind = _kind(request["target_configuration"])
        [credential] = request["credential_provider_configurations"] or [{}]
        shown = credential.get("credentialProviderType", "")
        if shown not in _CREDENTIALS.get(kind, ()):
            raise _invalid(f"A target of type {kind} does not take the credential provider {shown or '(none)'}.")
        for settings in credential.get("credentialProvider", {}).values():
            if arn := settings.get("providerArn"):
                self.providers_of(arn).find(arn)
        configuration = request["target_configuration"]["mcp"][kind]
        if document := (configuration.get("toolSchema") or configuration).get("s3"):
            self._check_document(document, gateway.role_arn)
        if kind == "mcpServer" and configuration.get("listingMode") != "DYNAMIC":
            self._check_synchronization(gateway, credential)
        if kind == "apiGateway":  # whose operations AgentCore gets by GetExport, in a form that is not documented
            export = f"/restapis/{configuration['restApiId']}/stages/{configuration['stage']}/exports/oas30"
            require_of_caller("apigateway:GET", f"arn:{self.partition}:apigateway:{self.region_name}::{export}")
        if kind == "lambda":
            function = configuration["lambdaArn"]
            if not identity_allows(gateway.role_arn, "lambda:InvokeFunction", function):
                raise _invalid(  # seen
                    f"Gateway execution role lacks permission to invoke Lambda function {function}. "
                    "Update the permission and retry",
                )


class AgentCoreResponse(BedrockAgentCoreControlResponse):
    """moto calls the method of an operation's name in snake case."""

    @property
    def backend(self) -> AgentCoreBackend:
        return cast("AgentCoreBackend", super().backend)

    def _get_params(self) -> dict[str, Any]:
        return {"protocolType": None, **super()._get_params()}  # moto takes it for compulsory

    def synchronize_gateway_targets(self) -> ActionResult:
        params = self._get_params()
        targets = self.backend.synchronize_gateway_targets(params["gatewayIdentifier"], params["targetIdList"])
        return ActionResult({"targets": [target.to_dict() for target in targets]})

    def create_gateway_target(self) -> ActionResult:
        return self._put_target(super().create_gateway_target)

    def update_gateway_target(self) -> ActionResult:
        return self._put_target(super().update_gateway_target)

    def get_gateway_target(self) -> ActionResult:
        return self._with_endpoint(super().get_gateway_target())

    def _put_target(self, put: Callable[[], ActionResult]) -> ActionResult:
        """moto keeps nothing of a private endpoint, which is replaced as a whole like the rest of a target."""
        endpoint = self._get_params().get("privateEndpoint", {})
        require_private_endpoint(self.backend.scope, endpoint)
        answer = put()
        self.backend.private_endpoints[cast("dict[str, Any]", answer.result)["targetId"]] = endpoint
        return self._with_endpoint(answer)

    def _with_endpoint(self, answer: ActionResult) -> ActionResult:
        target = cast("dict[str, Any]", answer.result)
        endpoint = self.backend.private_endpoints[target["targetId"]]
        return ActionResult({**target, "privateEndpoint": endpoint} if endpoint else target)

    def list_workload_identities(self) -> ActionResult:
        """One for each gateway, made and removed with it."""
        gateways = self.backend.gateways.values()
        return ActionResult(
            {"workloadIdentities": [{"name": each.gateway_id, **each.workload_identity_details} for each in gateways]}
        )

    def in_collection(self, name: str, verb: str) -> ActionResult:
        request = self._get_params()
        collection = _COLLECTIONS[name](self.backend, request)
        document: Document = getattr(collection, verb)(request)
        if request.get("tags"):
            self.backend.tag_resource(document[collection.arn_member], request["tags"])
        return ActionResult(document)

    def list_policies(self) -> ActionResult:
        return ActionResult({"policies": list(self.backend.policy_engines.policies(self._get_params()).held.values())})


_COLLECTIONS: Mapping[str, Callable[[AgentCoreBackend, Document], Documents | CredentialProviders]] = {
    "policy_engine": lambda backend, _: backend.policy_engines,
    "policy": lambda backend, request: backend.policy_engines.policies(request),
    "api_key_credential_provider": lambda backend, _: backend.api_keys,
    "oauth2_credential_provider": lambda backend, _: backend.oauth_clients,
}
"""What moto lacks: documents that are created, read, updated and deleted by the operations of these names."""


for _name, _verb in product(_COLLECTIONS, ("create", "get", "update", "delete")):
    setattr(AgentCoreResponse, f"{_verb}_{_name}", partialmethod(AgentCoreResponse.in_collection, _name, _verb))


class _Urls:
    url_bases = url_bases
    url_paths: Mapping[str, Callable[..., Any]] = {"{0}/.*$": AgentCoreResponse.dispatch}


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
