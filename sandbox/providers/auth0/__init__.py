"""The provider server for `auth0`: what pulumi-auth0's plugin does, for the resources that the program uses.

It sends the tenant the requests that the plugin sends, in the same order, and waits for nothing in between.
"""

from __future__ import annotations

from collections.abc import Mapping

from sandbox.providers.auth0.apis import API, API_SCOPES, GET_API
from sandbox.providers.auth0.applications import CLIENT, CLIENT_CREDENTIALS, CLIENT_GRANT
from sandbox.providers.auth0.client import Auth0Client, settings_of
from sandbox.providers.base import ProviderError
from sandbox.providers.rest import RestProvider
from sandbox.providers.values import Properties
from sandbox.tenants.auth0 import Auth0Tenant
from sandbox.tenants.credentials import ENVIRONMENT
from sandbox.tenants.in_process import InProcessHttp


class Auth0Provider(RestProvider[Auth0Client]):
    """Reaches one tenant."""

    package = "auth0"
    distribution = "pulumi-auth0"
    arguments = "pulumi_auth0:ProviderArgs"
    resources = (API, API_SCOPES, CLIENT, CLIENT_CREDENTIALS, CLIENT_GRANT)
    functions = (GET_API,)

    def __init__(self, tenant: Auth0Tenant, environment: Mapping[str, str] = ENVIRONMENT) -> None:
        super().__init__(environment)
        self._tenant = tenant

    def reach(self, config: Properties, environment: Mapping[str, str]) -> Auth0Client:
        settings = settings_of(config, environment)
        domain = settings["domain"]
        if domain != self._tenant.domain:
            raise ProviderError(f"auth0: the sandbox has no tenant {domain}: set auth0:domain to {self._tenant.domain}")
        return Auth0Client(InProcessHttp(self._tenant.app, f"https://{domain}"), settings)
