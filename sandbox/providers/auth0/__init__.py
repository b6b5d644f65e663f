"""The provider server for `auth0`: what pulumi-auth0's plugin does, for the resources that the program uses.

It sends the tenant the requests that the plugin sends, in the same order, and waits for nothing in between.
"""

from __future__ import annotations

from collections.abc import Mapping

from sandbox.providers.auth0.apis import API, API_SCOPES, GET_API
from sandbox.providers.auth0.applications import CLIENT, CLIENT_CREDENTIALS, CLIENT_GRANT
from sandbox.providers.auth0.client import ManagementClient, settings_of
from sandbox.providers.base import Provider, ProviderError
from sandbox.providers.values import Properties
from sandbox.tenants.auth0 import Auth0Tenant
from sandbox.tenants.credentials import ENVIRONMENT
from sandbox.tenants.in_process import InProcessHttp


class Auth0Provider(Provider[ManagementClient]):
    """Reaches one tenant. `environment` stands in for the variables that the plugin would find."""

    package = "auth0"
    distribution = "pulumi-auth0"
    arguments = "pulumi_auth0:ProviderArgs"
    resources = (API, API_SCOPES, CLIENT, CLIENT_CREDENTIALS, CLIENT_GRANT)
    functions = (GET_API,)

    def __init__(self, tenant: Auth0Tenant, environment: Mapping[str, str] = ENVIRONMENT) -> None:
        super().__init__()
        self._tenant = tenant
        self._environment = environment

    def connect(self, config: Properties) -> ManagementClient:
        settings = settings_of(config, self._environment)
        domain = settings["domain"]
        if domain != self._tenant.domain:
            raise ProviderError(f"auth0: the sandbox has no tenant {domain}: set auth0:domain to {self._tenant.domain}")
        return ManagementClient(InProcessHttp(self._tenant.app, f"https://{domain}"), domain, settings)
