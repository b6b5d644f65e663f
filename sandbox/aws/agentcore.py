"""AgentCore's control plane with the real one's rules; of moto's own, the routes and the tags are left.

Messages marked `seen` are those that users of the real service report; where none is known it says what is wrong.
"""

# what moto holds as objects is documents here
# pyright: reportIncompatibleVariableOverride=false
from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from functools import partial, partialmethod
from itertools import product
from typing import Any, Final, cast

from moto.bedrockagentcorecontrol.models import BedrockAgentCoreControlBackend, bedrockagentcorecontrol_backends
from moto.bedrockagentcorecontrol.responses import BedrockAgentCoreControlResponse
from moto.core.base_backend import BackendDict
from moto.core.responses import ActionResult

from agentcore_auth.authorizer.model import RESERVED_CLAIM_NAME
from agentcore_auth.iam import SERVICE, AwsScope, regional_arn
from sandbox.aws.callers import denied, require_of_caller
from sandbox.aws.credential_providers import API_KEY, OAUTH, CredentialProviders
from sandbox.aws.documents import Document, Documents
from sandbox.aws.permissions import identity_allows, is_allowed, owner_of, trusts
from sandbox.aws.policy_engines import PolicyEngines
from sandbox.aws.private_endpoints import require_private_endpoint
from sandbox.aws.refusals import Refusal

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
    """One account's gateways in one region, and what these use."""

    gateways: Gateways

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.scope = AwsScope(self.partition, account_id, region_name)
        self.api_keys = CredentialProviders(self.scope, API_KEY)
        self.oauth_clients = CredentialProviders(self.scope, OAUTH)
        self.gateways = Gateways(self)
        self.policy_engines = PolicyEngines(self.scope, self.gateways)

    def providers_of(self, arn: str) -> CredentialProviders:
        """Those of the kind that a credential provider's ARN says."""
        return self.oauth_clients if "/oauth2credentialprovider/" in arn else self.api_keys


agentcore_backends = cast("BackendDict[AgentCoreBackend]", bedrockagentcorecontrol_backends)
"""By account and region, as `install` makes them."""


class Gateways(Documents):
    """Those of one account in one region."""

    status, id_form = "READY", "{lowered}-{random}"

    def __init__(self, backend: AgentCoreBackend) -> None:
        super().__init__("gateway", regional_arn(backend.scope, "bedrock-agentcore", "gateway"))
        self._backend, self._scope = backend, backend.scope

    def update(self, request: Document) -> Document:
        held = self.get(request)
        if any(request[member] != held[member] for member in ("name", "authorizerType")):
            raise _invalid("Gateway name and authorizer type cannot be changed.")
        return super().update(request)

    def delete(self, request: Document) -> Document:
        if self.inside(request).held:
            raise _invalid(  # seen
                f"Gateway {request['gatewayIdentifier']} has targets associated with it. "
                "Delete all targets before deleting the gateway.",
            )
        return super().delete(request)

    def _inner(self, held: Document) -> Documents:
        return Targets(self._backend, held)

    def _made(self, identifier: str) -> Document:
        path = f"workload-identity-directory/default/workload-identity/{identifier}"
        identity = {"workloadIdentityArn": regional_arn(self._scope, "bedrock-agentcore", path)}
        url = f"https://{identifier}.gateway.bedrock-agentcore.{self._scope.region}.amazonaws.com"
        return {**super()._made(identifier), "gatewayUrl": url, "workloadIdentityDetails": identity}

    def _check(self, document: Document) -> None:
        role_arn, arn, account = document["roleArn"], document["gatewayArn"], self._scope.account
        _check_authorizer(document["authorizerType"], document.get("authorizerConfiguration"))
        if not trusts(role_arn, SERVICE, source_account=account, source_arn=arn):
            raise _invalid(  # the wording is that of CreateAgentRuntime; CreateGateway's own is not known
                f"Role validation failed for '{role_arn}'. Please verify that the role exists and its trust policy "
                f"allows assumption by this service (source account {account}, source ARN {arn})"
            )
        if engine := document.get("policyEngineConfiguration", {}).get("arn"):
            self._backend.policy_engines.get({"policyEngineId": engine.rpartition("/")[2]})
            for action in ("AuthorizeAction", "PartiallyAuthorizeActions", "GetPolicyEngine"):
                if not identity_allows(role_arn, f"bedrock-agentcore:{action}", engine):
                    message = f"Gateway execution role lacks permission to access policy engine {engine} ({action})."
                    raise _invalid(message)
        if key_arn := document.get("kmsKeyArn"):
            self._check_key(key_arn, role_arn, arn)

    def _check_key(self, key_arn: str, role_arn: str, gateway_arn: str) -> None:
        """Developer guide, "gateway-encryption": the role has to be able to use the key, as the key's policy says too.

        That the caller has to be as well follows from what AWS's own policy BedrockAgentCoreFullAccess allows.
        """
        context = {
            "kms:ViaService": f"bedrock-agentcore.{self._scope.region}.amazonaws.com",
            "kms:EncryptionContext:aws:bedrock-agentcore-gateway:arn": gateway_arn,
            "kms:GrantConstraintType": "EncryptionContextSubset",
            "kms:GrantOperations": "Decrypt",
        }
        for action in ("kms:DescribeKey", "kms:CreateGrant", "kms:GenerateDataKey", "kms:Decrypt"):
            require_of_caller(action, key_arn, **context)
            if not is_allowed(role_arn, action, key_arn, context):
                by_role = identity_allows(role_arn, action, key_arn, context)
                raise denied(role_arn, action, key_arn, "resource-based" if by_role else "identity-based")


class Targets(Documents):
    """Those of one gateway."""

    status, id_form = "READY", "{random}"

    def __init__(self, backend: AgentCoreBackend, gateway: Document) -> None:
        super().__init__("target", gateway["gatewayArn"])
        self._backend, self._scope = backend, backend.scope
        self._gateway = partial(backend.gateways.get, gateway)

    def synchronize(self, request: Document) -> Document:
        """Only MCP servers have tools that may have changed since (message seen)."""
        targets = [self.get({"targetId": target_id}) for target_id in request["targetIdList"]]
        for target in targets:
            kind = _kind(target["targetConfiguration"])
            if kind != "mcpServer":
                raise _invalid(f"Target type {kind} is not supported for synchronization.")
            self._check_synchronization(target)
            target["updatedAt"] = datetime.now(timezone.utc)  # whose tools are asked for anew
        return {"targets": targets}

    def _made(self, identifier: str) -> Document:
        return {"targetId": identifier, "gatewayArn": self._arn}

    def _check(self, document: Document) -> None:
        require_private_endpoint(self._scope, document.get("privateEndpoint", {}))
        kind, role_arn = _kind(document["targetConfiguration"]), self._gateway()["roleArn"]
        [credential] = document.setdefault("credentialProviderConfigurations", []) or [{}]
        shown = credential.get("credentialProviderType", "")
        if shown not in _CREDENTIALS.get(kind, ()):
            raise _invalid(f"A target of type {kind} does not take the credential provider {shown or '(none)'}.")
        for settings in credential.get("credentialProvider", {}).values():
            if arn := settings.get("providerArn"):
                self._backend.providers_of(arn).find(arn)
        configuration = document["targetConfiguration"]["mcp"][kind]
        if stored := (configuration.get("toolSchema") or configuration).get("s3"):
            self._check_stored(stored, role_arn)
        if kind == "mcpServer" and configuration.get("listingMode") != "DYNAMIC":
            self._check_synchronization(document)
        if kind == "apiGateway":  # whose operations AgentCore gets by GetExport, in a form that is not documented
            apis = f"arn:{self._scope.partition}:apigateway:{self._scope.region}::/restapis"
            export = f"{configuration['restApiId']}/stages/{configuration['stage']}/exports/oas30"
            require_of_caller("apigateway:GET", f"{apis}/{export}")
        if kind == "lambda":
            function = configuration["lambdaArn"]
            if not identity_allows(role_arn, "lambda:InvokeFunction", function):
                raise _invalid(  # seen
                    f"Gateway execution role lacks permission to invoke Lambda function {function}. "
                    "Update the permission and retry",
                )

    def _check_stored(self, stored: Mapping[str, str], role_arn: str) -> None:
        """Whether role and caller may read a document in S3. Which of them AgentCore reads as is not known."""
        arn = f"arn:{self._scope.partition}:s3:::{stored['uri'].removeprefix('s3://')}"
        owner = owner_of(arn)
        if owner != stored.get("bucketOwnerAccountId", self._scope.account):
            raise _invalid(
                f"The object {stored['uri']} cannot be read: its bucket does not exist, or is not of the account "
                "that bucketOwnerAccountId says (by default the gateway's)."
            )
        require_of_caller("s3:GetObject", arn, **{"s3:ResourceAccount": owner})
        if not is_allowed(role_arn, "s3:GetObject", arn, {"s3:ResourceAccount": owner}):
            raise denied(role_arn, "s3:GetObject", arn)

    def _check_synchronization(self, target: Document) -> None:
        identity = self._gateway()["workloadIdentityDetails"]["workloadIdentityArn"]
        identities = (identity, identity.partition("/workload-identity/")[0])
        [credential] = target["credentialProviderConfigurations"] or [{}]
        for kind, settings in credential.get("credentialProvider", {}).items():
            of_identity, of_provider = _TO_GET.get(kind, ((), ()))
            for action in of_identity:
                require_of_caller(f"bedrock-agentcore:{action}", *identities)
            for action in of_provider:
                arn = settings["providerArn"]
                require_of_caller(f"bedrock-agentcore:{action}", *identities, arn, arn.rsplit("/", 2)[0])
                providers = self._backend.providers_of(arn)
                require_of_caller("secretsmanager:GetSecretValue", providers.secret_arn(providers.find(arn)))


_UNDER_WAY = {"create": "CREATING", "update": "UPDATING", "delete": "DELETING"}


class AgentCoreResponse(BedrockAgentCoreControlResponse):
    """moto calls the method of an operation's name in snake case."""

    @property
    def backend(self) -> AgentCoreBackend:
        return cast("AgentCoreBackend", super().backend)

    def in_collection(self, name: str, verb: str) -> ActionResult:
        request = self._get_params()
        collection = _COLLECTIONS[name](self.backend, request)
        document: Document = getattr(collection, verb)(request)
        if request.get("tags"):
            self.backend.tag_resource(document[collection.arn_member], request["tags"])
        if "status" in document and verb in _UNDER_WAY:
            document = {**document, "status": _UNDER_WAY[verb]}
        return ActionResult(document)

    def list_workload_identities(self) -> ActionResult:
        """One for each gateway, made and removed with it."""
        identities = [{"name": each["gatewayId"], **each["workloadIdentityDetails"]} for each in self.backend.gateways]
        return ActionResult({"workloadIdentities": identities})


_COLLECTIONS: Mapping[str, Callable[[AgentCoreBackend, Document], Documents]] = {
    "gateway": lambda backend, _: backend.gateways,
    "gateway_target": lambda backend, request: backend.gateways.inside(request),
    "policy_engine": lambda backend, _: backend.policy_engines,
    "policy": lambda backend, request: backend.policy_engines.inside(request),
    "api_key_credential_provider": lambda backend, _: backend.api_keys,
    "oauth2_credential_provider": lambda backend, _: backend.oauth_clients,
}
"""What the operations of these names create, read, update and delete."""
_OPERATIONS = {
    **{f"{verb}_{name}": (name, verb) for name, verb in product(_COLLECTIONS, ("create", "get", "update", "delete"))},
    "list_gateways": ("gateway", "list"),
    "list_gateway_targets": ("gateway_target", "list"),
    "list_policies": ("policy", "list"),
    "synchronize_gateway_targets": ("gateway_target", "synchronize"),
}
for _operation, _asked in _OPERATIONS.items():
    setattr(AgentCoreResponse, _operation, partialmethod(AgentCoreResponse.in_collection, *_asked))


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
