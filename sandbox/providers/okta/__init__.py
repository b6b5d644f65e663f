"""The provider server for `okta`: what pulumi-okta's plugin does, for the resources that the program uses.

It sends the org the requests that the plugin sends, in the same order.
"""

from __future__ import annotations

from collections.abc import Mapping

from sandbox.providers.base import ProviderError
from sandbox.providers.okta.apps import APP
from sandbox.providers.okta.client import OktaClient, authorization_of, domain_of
from sandbox.providers.okta.servers import CLAIM, GET_SCOPES, GET_SERVER, POLICY, RULE, SCOPE, SERVER
from sandbox.providers.rest import RestProvider
from sandbox.providers.values import Properties
from sandbox.tenants.credentials import ENVIRONMENT
from sandbox.tenants.in_process import InProcessHttp
from sandbox.tenants.okta import OktaOrg


class OktaProvider(RestProvider[OktaClient]):
    """Reaches one org."""

    package = "okta"
    distribution = "pulumi-okta"
    arguments = "pulumi_okta:ProviderArgs"
    resources = (APP, SERVER, SCOPE, CLAIM, POLICY, RULE)
    functions = (GET_SERVER, GET_SCOPES)

    def __init__(self, org: OktaOrg, environment: Mapping[str, str] = ENVIRONMENT) -> None:
        super().__init__(environment)
        self._org = org

    def reach(self, config: Properties, environment: Mapping[str, str]) -> OktaClient:
        domain = domain_of(config, environment)
        if domain != self._org.domain:
            raise ProviderError(f"okta: the sandbox has no org {domain}: its org is {self._org.domain}")
        http = InProcessHttp(self._org.app, f"https://{domain}")
        return OktaClient(http, authorization_of(config, environment))
