"""Identity providers: one component for each, all with the same outputs (`idp.base.IdentityProvider`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi

from idp.base import IdentityProvider

if TYPE_CHECKING:
    from settings import Settings

__all__ = ["IdentityProvider", "create"]


def create(provider: str, settings: Settings, opts: pulumi.ResourceOptions | None = None) -> IdentityProvider:
    """Set up one provider that the configuration switches on.

    Each branch imports its own module, because the providers' packages cost up to half a second each: a stack pays only
    for those that it uses.
    """
    name = settings.gateway_names[provider]
    if provider == "cognito":
        from idp.cognito import CognitoProvider  # noqa: PLC0415

        return CognitoProvider(name, settings.cognito, settings.gateway.name, settings.region, settings.tags, opts)
    if provider == "auth0":
        from idp.auth0 import Auth0Provider  # noqa: PLC0415

        return Auth0Provider(name, settings.auth0, settings.gateway.name, settings.auth0_domain, opts)
    if provider == "okta":
        from idp.okta import OktaProvider  # noqa: PLC0415

        pinned = settings.mode == "pinned"
        return OktaProvider(name, settings.okta, settings.okta_host, tell_clients_apart=pinned, opts=opts)
    from idp.oidc import OidcProvider  # noqa: PLC0415

    return OidcProvider(name, settings.oidc[provider], opts)
