"""The names under which the tenants are reached, and the credentials that open them: nothing but the sandbox's own.

The environment variables are those that the plugins of pulumi-auth0 and pulumi-okta read.
"""

from __future__ import annotations

AUTH0_DOMAIN = "sandbox-tenant.us.auth0.com"
AUTH0_API_TOKEN = "sandbox-auth0-api-token"  # noqa: S105  opens nothing but the sandbox
AUTH0_CLIENT_ID = "sandboxDeployerApplication000000"
AUTH0_CLIENT_SECRET = "sandbox-auth0-deployer-secret"  # noqa: S105  opens nothing but the sandbox

OKTA_ORG_NAME = "sandbox-org"
OKTA_BASE_URL = "okta.com"
OKTA_DOMAIN = f"{OKTA_ORG_NAME}.{OKTA_BASE_URL}"
OKTA_API_TOKEN = "sandbox-okta-api-token"  # noqa: S105  opens nothing but the sandbox

ENVIRONMENT = {
    "AUTH0_DOMAIN": AUTH0_DOMAIN,
    "AUTH0_API_TOKEN": AUTH0_API_TOKEN,
    "OKTA_ORG_NAME": OKTA_ORG_NAME,
    "OKTA_BASE_URL": OKTA_BASE_URL,
    "OKTA_API_TOKEN": OKTA_API_TOKEN,
}
"""What a deployment without `auth0:*` and `okta:*` configuration of its own needs to reach the tenants."""
