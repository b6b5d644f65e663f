"""The provider server for `auth0`: what pulumi-auth0's plugin does, for the resources that the program uses.

It sends the tenant the requests that the plugin sends, in the same order, and waits for nothing in between.
"""

from __future__ import annotations

from sandbox.providers.auth0.apis import API, API_SCOPES, GET_API
from sandbox.providers.auth0.applications import CLIENT, CLIENT_CREDENTIALS, CLIENT_GRANT
from sandbox.providers.auth0.client import Auth0Client
from sandbox.providers.rest import RestProvider


class Auth0Provider(RestProvider[Auth0Client]):
    """Reaches one tenant."""

    package, sdk = "auth0", "pulumi_auth0"
    client = Auth0Client
    resources = (API, API_SCOPES, CLIENT, CLIENT_CREDENTIALS, CLIENT_GRANT)
    functions = (GET_API,)
