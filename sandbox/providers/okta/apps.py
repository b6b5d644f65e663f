"""Service applications (`app.OAuth`)."""

from __future__ import annotations

from sandbox.providers.arguments import Mistake, only
from sandbox.providers.base import Created
from sandbox.providers.okta.client import OktaClient
from sandbox.providers.rest import Collection
from sandbox.providers.values import Properties

_GRANT = "client_credentials"


class _Apps(Collection[OktaClient]):
    """The secret is told when an app is made or changed, and not again."""

    def create(self, client: OktaClient, inputs: Properties) -> Created:
        made = client.send("POST", f"{self.path}?activate=true", self.body(inputs))
        if client.has_api_token:
            client.send("POST", _id_token_settings(made["id"]), {"issuerMode": "ORG_URL"})
        return Created(made["id"], self.fetch(client, made["id"], self.outputs(made, inputs)))

    def fetch(self, client: OktaClient, key: str, known: Properties) -> Properties:
        found = client.get(self.url({}, key))
        client.http.request("GET", "/.well-known/okta-organization")
        if client.has_api_token:
            client.get(_id_token_settings(key))
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


def _id_token_settings(key: str) -> str:
    return f"/internal/apps/{key}/settings/oauth/idToken"


def _validate(inputs: Properties) -> list[Mistake]:
    mistakes = only("type", "service", what="applications of type ")(inputs)
    if _GRANT not in inputs.get("grantTypes", ()):
        mistakes.append(Mistake("grantTypes", f"an application of type service needs {_GRANT}"))
    return mistakes


APP = _Apps(
    "okta:app/oAuth:OAuth",
    path="/apps",
    properties="label type grantTypes responseTypes tokenEndpointAuthMethod",
    computed="clientId clientSecret name signOnMode status",
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
