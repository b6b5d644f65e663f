"""Identity providers: one folder for each, which this registry finds.

A folder's `__init__.py` is the provider's section of the stack file (a `Provider`), its `component.py` what the
program sets up there, with the same attributes for all (`idp.base.IdentityProvider`). A provider is added by its folder
and one line here.
"""

from __future__ import annotations

from idp.auth0 import Auth0
from idp.cognito import Cognito
from idp.iam import Iam
from idp.oidc import Oidc
from idp.okta import Okta
from idp.provider import Callers, Provider, ProviderContext

__all__ = ["PROVIDERS", "Callers", "Provider", "ProviderContext"]

#: Key of the stack file -> what stands under it.
PROVIDERS: dict[str, type[Provider]] = {
    "cognito": Cognito,
    "auth0": Auth0,
    "okta": Okta,
    "iam": Iam,
    "oidc": Oidc,
}
