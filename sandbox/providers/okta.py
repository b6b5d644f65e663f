"""The provider server for `okta`: it sends the org the requests that pulumi-okta's plugin sends, in the same order."""

from __future__ import annotations

import zlib
from urllib.parse import urlencode

from sandbox.providers.arguments import Mistakes, mistake, only
from sandbox.providers.base import FunctionType, ProviderError
from sandbox.providers.rest import Collection, RestClient, RestProvider
from sandbox.providers.values import Properties
from sandbox.tenants.tenant import Tenant

_GRANT = "client_credentials"
_SETTINGS = "/internal/apps/{}/settings/oauth/idToken"


class OktaClient(RestClient):
    """Sends an API token (`SSWS …`), which is tried at once, or an access token (`Bearer …`)."""

    base = "/api/v1"

    def __init__(self, tenant: Tenant, config: Properties, variables: Properties) -> None:
        org = config.get("orgName") or variables.get("orgName")
        base = config.get("baseUrl") or variables.get("baseUrl") or "okta.com"
        if not org:
            raise ProviderError("okta: no org: set okta:orgName or OKTA_ORG_NAME")
        super().__init__(tenant, f"{org}.{base}", f"okta: the sandbox has no org {{}}: its org is {tenant.domain}")
        self._authorization = _authorization(config, variables)
        self.has_api_token = self._authorization.startswith("SSWS ")
        if self.has_api_token:
            for _ in range(2):  # each of the plugin's two client libraries asks who it is
                self.get("/users/me")

    def authorization(self) -> str:
        return self._authorization

    def said(self, document: Properties) -> str:
        causes = "; ".join(cause["errorSummary"] for cause in document["errorCauses"])
        said = f"the API returned an error: {document['errorSummary']}"
        return f"{said}. Causes: {causes}" if causes else said


def _authorization(config: Properties, variables: Properties) -> str:
    """The Authorization header, from the configuration or the variables; raises ProviderError without credentials."""
    for source in (config, variables):
        if source.get("privateKey") or source.get("apiPrivateKey"):
            raise ProviderError(
                "okta: the sandbox does not take okta:privateKey: set okta:apiToken or okta:accessToken"
            )
        for name, scheme in (("accessToken", "Bearer"), ("apiToken", "SSWS")):
            if source.get(name):
                return f"{scheme} {source[name]}"
    raise ProviderError("okta: no credentials: set okta:apiToken, or okta:accessToken")


class _Apps(Collection[OktaClient]):
    """The secret is told when an app is made or changed, and not again."""

    def create(self, client: OktaClient, inputs: Properties) -> tuple[str, Properties]:
        made = client.send("POST", f"{self.path}?activate=true", self.body(inputs))
        if client.has_api_token:
            client.send("POST", _SETTINGS.format(made["id"]), {"issuerMode": "ORG_URL"})
        return made["id"], self.fetch(client, made["id"], self.outputs(made, inputs))

    def fetch(self, client: OktaClient, key: str, known: Properties) -> Properties:
        found = client.get(self.url({}, key))
        client.http.get("/.well-known/okta-organization")
        if client.has_api_token:
            client.get(_SETTINGS.format(key))
        return self.outputs(found, known) | {"clientSecret": known["clientSecret"]}

    def read(self, client: OktaClient, key: str, state: Properties) -> Properties | None:
        """An app that was deleted outside is an error, as it is with the plugin."""
        return self.fetch(client, key, state)

    def update(self, client: OktaClient, key: str, old: Properties, new: Properties) -> Properties:
        body = self.body(new)
        body["credentials"]["oauthClient"] |= {"client_id": old["clientId"], "client_secret": old["clientSecret"]}
        replaced = client.send("PUT", self.url({}, key), body)
        for policy in client.get("/policies?type=ACCESS_POLICY"):
            client.send("PUT", f"{self.url({}, key)}/policies/{policy['id']}", {})
        return self.fetch(client, key, self.outputs(replaced, new))


def _validate(inputs: Properties) -> Mistakes:
    mistakes = only("type", "service", what="applications of type ")(inputs)
    if _GRANT not in inputs.get("grantTypes", ()):
        mistakes.append(mistake("grantTypes", f"an application of type service needs {_GRANT}"))
    return mistakes


APP = _Apps(
    "okta:app/oAuth:OAuth",
    path="/apps",
    properties="label type grantTypes responseTypes tokenEndpointAuthMethod",
    also_computed="clientId status",
    names={
        "type": "settings.oauthClient.application_type",
        "grantTypes": "settings.oauthClient.grant_types",
        "responseTypes": "settings.oauthClient.response_types",
        "tokenEndpointAuthMethod": "credentials.oauthClient.token_endpoint_auth_method",
        "clientId": "credentials.oauthClient.client_id",
        "clientSecret": "credentials.oauthClient.client_secret",
    },
    document={
        "accessibility": {},
        "credentials": {
            "oauthClient": {"autoKeyRotation": True, "pkce_required": False},
            "userNameTemplate": {"template": "${source.login}", "type": "BUILT_IN"},
        },
        "name": "oidc_client",
        "settings": {
            "notes": {},
            "oauthClient": {
                "consent_method": "TRUSTED",
                "dpop_bound_access_tokens": False,
                "idp_initiated_login": {"default_scope": [], "mode": "DISABLED"},
                "issuer_mode": "ORG_URL",
                "wildcard_redirect": "DISABLED",
            },
        },
        "signOnMode": "OPENID_CONNECT",
        "visibility": {"hide": {"iOS": True, "web": True}},
    },
    deactivated_first=True,
    defaults={"responseTypes": ["token"], "tokenEndpointAuthMethod": "client_secret_basic"},
    secrets="clientSecret",
    replaces="type",
    validate=_validate,
)


SERVER = Collection[OktaClient](
    "okta:auth/server:Server",
    path="/authorizationServers",
    properties="name audiences description issuerMode",
    also_computed="status credentialsRotationMode",
    names={
        "kid": "credentials.signing.kid",
        "credentialsRotationMode": "credentials.signing.rotationMode",
        "credentialsLastRotated": "credentials.signing.lastRotated",
        "credentialsNextRotation": "credentials.signing.nextRotation",
    },
    document={"credentials": {"signing": {"rotationMode": "AUTO"}}, "description": ""},
    defaults={"issuerMode": "ORG_URL"},
    auto_name=("name", 255),
    missing_is_deleted=True,
    deactivated_first=True,
)

SCOPE = Collection[OktaClient](
    "okta:auth/serverScope:ServerScope",
    path="/authorizationServers/{authServerId}/scopes",
    properties="authServerId name description displayName consent metadataPublish default optional",
    document={"description": "", "displayName": "", "default": False, "optional": False},
    defaults={"consent": "IMPLICIT", "metadataPublish": "ALL_CLIENTS", "default": False},
    auto_name=("name", 255),
    missing_is_deleted=True,
)

CLAIM = Collection[OktaClient](
    "okta:auth/serverClaim:ServerClaim",
    path="/authorizationServers/{authServerId}/claims",
    properties="authServerId name claimType value valueType alwaysIncludeInToken scopes",
    also_computed="status",
    names={"scopes": "conditions.scopes"},
    document={"conditions": {}, "status": "ACTIVE"},
    unless_empty="scopes",
    defaults={"valueType": "EXPRESSION", "alwaysIncludeInToken": True},
    auto_name=("name", 255),
)

POLICY = Collection[OktaClient](
    "okta:auth/serverPolicy:ServerPolicy",
    path="/authorizationServers/{authServerId}/policies",
    properties="authServerId name description priority clientWhitelists",
    also_computed="status",
    names={"clientWhitelists": "conditions.clients.include"},
    document={"status": "ACTIVE", "type": "OAUTH_AUTHORIZATION_POLICY"},
    auto_name=("name", 255),
)

RULE = Collection[OktaClient](
    "okta:auth/serverPolicyRule:ServerPolicyRule",
    path="/authorizationServers/{authServerId}/policies/{policyId}/rules",
    properties="authServerId policyId name priority grantTypeWhitelists scopeWhitelists accessTokenLifetimeMinutes",
    also_computed="status type refreshTokenLifetimeMinutes refreshTokenWindowMinutes",
    names={
        "grantTypeWhitelists": "conditions.grantTypes.include",
        "scopeWhitelists": "conditions.scopes.include",
        "accessTokenLifetimeMinutes": "actions.token.accessTokenLifetimeMinutes",
        "refreshTokenLifetimeMinutes": "actions.token.refreshTokenLifetimeMinutes",
        "refreshTokenWindowMinutes": "actions.token.refreshTokenWindowMinutes",
    },
    document={
        "actions": {"token": {"refreshTokenLifetimeMinutes": 0, "refreshTokenWindowMinutes": 10_080}},
        "conditions": {"people": {"groups": {}, "users": {}}, "scopes": {}},
        "status": "ACTIVE",
        "type": "RESOURCE_ACCESS",
    },
    unless_empty="scopeWhitelists",
    defaults={"accessTokenLifetimeMinutes": 60},
    auto_name=("name", 255),
)


def _get_server(client: OktaClient, arguments: Properties) -> Properties:
    """The authorization server of exactly this name."""
    name = arguments["name"]
    listed: list[Properties] = client.get(f"{SERVER.path}?{urlencode({'limit': 200, 'q': name})}")
    named = [server for server in listed if server["name"] == name]
    if not named:
        raise ProviderError(f"authorization server with name '{name}' does not exist")
    return SERVER.outputs(named[-1], {}) | {"id": named[-1]["id"]}


def _get_scopes(client: OktaClient, arguments: Properties) -> Properties:
    """Every scope of an authorization server; the id is a checksum over their names."""
    scopes: list[Properties] = client.get(SCOPE.path.format_map(arguments))
    checksum = zlib.crc32("".join(scope["name"] for scope in scopes).encode())
    listed = [SCOPE.outputs(scope, {}) | {"id": scope["id"]} for scope in scopes]
    server = arguments["authServerId"]
    return {"authServerId": server, "id": f"{server}.{checksum}", "scopes": listed}


class OktaProvider(RestProvider[OktaClient]):
    """Reaches one org."""

    package, sdk = "okta", "pulumi_okta"
    client = OktaClient
    resources = (APP, SERVER, SCOPE, CLAIM, POLICY, RULE)
    functions = (
        FunctionType("okta:auth/getServer:getServer", "name", _get_server),
        FunctionType("okta:auth/getServerScopes:getServerScopes", "authServerId", _get_scopes),
    )
