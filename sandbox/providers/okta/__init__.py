"""The provider server for `okta`: what pulumi-okta's plugin does, for the resources that the program uses.

It sends the org the requests that the plugin sends, in the same order.
"""

from __future__ import annotations

from sandbox.providers.okta.apps import APP
from sandbox.providers.okta.client import OktaClient
from sandbox.providers.okta.servers import CLAIM, GET_SCOPES, GET_SERVER, POLICY, RULE, SCOPE, SERVER
from sandbox.providers.rest import RestProvider


class OktaProvider(RestProvider[OktaClient]):
    """Reaches one org."""

    package, sdk = "okta", "pulumi_okta"
    client = OktaClient
    resources = (APP, SERVER, SCOPE, CLAIM, POLICY, RULE)
    functions = (GET_SERVER, GET_SCOPES)
