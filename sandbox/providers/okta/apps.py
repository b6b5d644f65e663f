"""Service applications (`app.OAuth`)."""

from __future__ import annotations

from typing import Any

from sandbox.providers.arguments import Mistake
from sandbox.providers.base import Created, ResourceType
from sandbox.providers.okta.client import ManagementClient
from sandbox.providers.values import Properties

_GRANT = "client_credentials"


def _create(client: ManagementClient, inputs: Properties) -> Created:
    made = client.post("/apps?activate=true", _body(inputs, {}))
    if client.has_api_token:
        client.post(f"/internal/apps/{made['id']}/settings/oauth/idToken", {"issuerMode": "ORG_URL"})
    found = _fetch(client, made["id"])
    return Created(made["id"], _outputs(found) | {"clientSecret": _secret(made)})


def _read(client: ManagementClient, key: str, state: Properties) -> Properties | None:
    """An app that was deleted outside is an error, as it is with the plugin. The secret is not told again."""
    return _outputs(_fetch(client, key)) | {"clientSecret": state["clientSecret"]}


def _update(client: ManagementClient, key: str, old: Properties, new: Properties) -> Properties:
    credentials = {"client_id": old["clientId"], "client_secret": old["clientSecret"]}
    replaced = client.put(f"/apps/{key}", _body(new, credentials))
    for policy in client.list("/policies?type=ACCESS_POLICY"):
        client.put(f"/apps/{key}/policies/{policy['id']}", {})
    return _outputs(_fetch(client, key)) | {"clientSecret": _secret(replaced)}


def _delete(client: ManagementClient, key: str, state: Properties) -> None:
    del state
    client.post(f"/apps/{key}/lifecycle/deactivate")
    client.delete(f"/apps/{key}")


def _fetch(client: ManagementClient, key: str) -> Properties:
    found = client.get(f"/apps/{key}")
    client.organization()
    if client.has_api_token:
        client.get(f"/internal/apps/{key}/settings/oauth/idToken")
    return found


def _secret(app: Properties) -> str:
    return str(app["credentials"]["oauthClient"]["client_secret"])


def _body(inputs: Properties, credentials: dict[str, str]) -> dict[str, Any]:
    return {
        "accessibility": {},
        "credentials": {
            "oauthClient": {
                "autoKeyRotation": True,
                "pkce_required": False,
                "token_endpoint_auth_method": inputs["tokenEndpointAuthMethod"],
                **credentials,
            },
            "userNameTemplate": {"template": "${source.login}", "type": "BUILT_IN"},
        },
        "label": inputs["label"],
        "name": "oidc_client",
        "settings": {
            "notes": {},
            "oauthClient": {
                "application_type": inputs["type"],
                "consent_method": "TRUSTED",
                "dpop_bound_access_tokens": False,
                "grant_types": inputs["grantTypes"],
                "idp_initiated_login": {"default_scope": [], "mode": "DISABLED"},
                "issuer_mode": "ORG_URL",
                "response_types": inputs["responseTypes"],
                "wildcard_redirect": "DISABLED",
            },
        },
        "signOnMode": "OPENID_CONNECT",
        "visibility": {"hide": {"iOS": True, "web": True}},
    }


def _outputs(app: Properties) -> Properties:
    credentials: Properties = app["credentials"]["oauthClient"]
    settings: Properties = app["settings"]["oauthClient"]
    return {
        "label": app["label"],
        "type": settings["application_type"],
        "grantTypes": settings["grant_types"],
        "responseTypes": settings["response_types"],
        "tokenEndpointAuthMethod": credentials["token_endpoint_auth_method"],
        "clientId": credentials["client_id"],
        "name": app["name"],
        "signOnMode": app["signOnMode"],
        "status": app["status"],
    }


def _validate(inputs: Properties) -> list[Mistake]:
    mistakes: list[Mistake] = []
    if inputs.get("type") != "service":
        mistakes.append(Mistake("type", "the sandbox plays applications of type service only"))
    if _GRANT not in inputs.get("grantTypes", ()):
        mistakes.append(Mistake("grantTypes", f"an application of type service needs {_GRANT}"))
    return mistakes


APP: ResourceType[ManagementClient] = ResourceType(
    token="okta:app/oAuth:OAuth",  # noqa: S106  a type token
    arguments="pulumi_okta.app:OAuthArgs",
    properties=frozenset({"label", "type", "grantTypes", "responseTypes", "tokenEndpointAuthMethod"}),
    computed=frozenset({"clientId", "clientSecret", "name", "signOnMode", "status"}),
    defaults={"responseTypes": ["token"], "tokenEndpointAuthMethod": "client_secret_basic"},
    secret_outputs=frozenset({"clientSecret"}),
    replace_on=frozenset({"type"}),
    validate=_validate,
    create=_create,
    read=_read,
    update=_update,
    delete=_delete,
)
