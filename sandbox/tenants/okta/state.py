"""The applications and authorization servers of an Okta org, and the rules between them. No HTTP here.

A caller that shares a `State` between threads holds `State.lock` around a request.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import cast

from sandbox.tenants.okta.entities import App, Policy, Server
from sandbox.tenants.okta.errors import OktaError, invalid, missing
from sandbox.tenants.okta.servers import (
    AuthorizationServer,
    Json,
    LifecycleOperation,
    find,
    new_id,
    parse,
    timestamp,
    with_status,
)

DEFAULT_SERVER = "default"
DEFAULT_AUDIENCE = "api://default"
ALL_CLIENTS = "ALL_CLIENTS"


class State:
    """Apps by id, authorization servers by id, in order of creation. A new org has the server `default`, no policy."""

    def __init__(self, org_url: str) -> None:
        self.lock = threading.RLock()
        self.apps: dict[str, App] = {}
        self.servers: dict[str, AuthorizationServer] = {}
        self._org_url = org_url
        self._add_server(DEFAULT_SERVER, {"name": "default", "audiences": [DEFAULT_AUDIENCE], "default": True})

    def app(self, key: str) -> App:
        return find(self.apps, key, "AppInstance")

    def app_of(self, client_id: str) -> App | None:
        return next((app for app in self.apps.values() if app.client_id == client_id), None)

    def create_app(self, payload: Json, *, activate: bool) -> App:
        """A new app; its client id is its own id unless the payload has one."""
        app_id = new_id("0oa")
        created = parse(
            App, _with_credentials(payload, app_id, status="ACTIVE" if activate else "INACTIVE", client_id=app_id)
        )
        if self.app_of(created.client_id):
            raise invalid("credentials.oauthClient.client_id", f"{created.client_id} is already in use.")
        self.apps[app_id] = created
        return created

    def replace_app(self, key: str, payload: Json) -> App:
        """Replace everything but id, status and client id; a payload without a secret leaves the secret as it is."""
        current = self.app(key)
        changed = parse(
            App,
            _with_credentials(
                payload,
                key,
                status=current.status,
                client_id=current.client_id,
                client_secret=current.credentials.oauth_client.client_secret,
            ),
        )
        if changed.client_id != current.client_id:
            raise invalid("credentials.oauthClient.client_id", "The client id cannot be changed.")
        self.apps[key] = changed
        return changed

    def set_app_status(self, key: str, operation: LifecycleOperation) -> None:
        self.apps[key] = with_status(self.app(key), operation)

    def delete_app(self, key: str) -> None:
        app = self.app(key)
        if app.status == "ACTIVE":
            cause = "The application must be deactivated before deletion."
            raise OktaError(403, "E0000056", "Delete application forbidden.", (cause,))
        del self.apps[key]
        for server in self.servers.values():
            server.forget_client(app.client_id)

    def server(self, key: str) -> AuthorizationServer:
        if key not in self.servers:
            raise missing("AuthorizationServer", key)
        return self.servers[key]

    def list_servers(self, query: str) -> list[Server]:
        """Those whose name starts with `query`, or that have it as audience."""
        documents = [server.document for server in self.servers.values()]
        return [each for each in documents if each.name.startswith(query) or query in each.audiences]

    def create_server(self, payload: Json) -> Server:
        return self._add_server(new_id("aus"), {**payload, "default": False}).document

    def delete_server(self, key: str) -> None:
        server = self.server(key)
        if server.document.default:
            raise invalid("default", "The default authorization server cannot be deleted.")
        if server.is_active:
            raise invalid("status", "The authorization server must be deactivated before deletion.")
        del self.servers[key]

    def save_policy(self, server_id: str, payload: Json, key: str | None = None) -> Policy:
        """Create or replace a policy of a server; the clients that it names have to exist."""
        server = self.server(server_id)
        included = parse(Policy, {**payload, "id": ""}).conditions.clients.include
        unknown = [each for each in included if each != ALL_CLIENTS and self.app_of(each) is None]
        if unknown:
            raise invalid("conditions.clients.include", f"There is no client {', '.join(unknown)}.")
        return server.save_policy(payload, key)

    def _add_server(self, key: str, payload: Json) -> AuthorizationServer:
        kept = {"id": key, "issuer": f"{self._org_url}/oauth2/{key}", "status": "ACTIVE"}
        document = parse(Server, {**payload, **kept, "created": timestamp(datetime.now(timezone.utc))})
        self.servers[key] = AuthorizationServer(document)
        return self.servers[key]


def _with_credentials(
    payload: Json, app_id: str, *, status: str, client_id: str, client_secret: str | None = None
) -> dict[str, object]:
    credentials = _object(payload.get("credentials"))
    generated = {"client_id": client_id, "client_secret": client_secret or secrets.token_urlsafe(48)}
    oauth_client = {**generated, **_object(credentials.get("oauthClient"))}
    return {**payload, "id": app_id, "status": status, "credentials": {**credentials, "oauthClient": oauth_client}}


def _object(value: object) -> Mapping[str, object]:
    return cast("Mapping[str, object]", value) if isinstance(value, Mapping) else {}
