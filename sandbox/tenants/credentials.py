"""The names of the tenants, and the credentials that open them, which each process makes at random.

Commands get them from `Services.environment`, in the variables that the plugins of pulumi-auth0 and pulumi-okta read.
"""

from __future__ import annotations

import secrets

AUTH0_DOMAIN = "sandbox-tenant.us.auth0.com"
AUTH0_API_TOKEN = secrets.token_urlsafe(30)
AUTH0_CLIENT_ID = "sandboxDeployerApplication000000"
AUTH0_CLIENT_SECRET = secrets.token_urlsafe(30)
OKTA_ORG_NAME = "sandbox-org"
OKTA_BASE_URL = "okta.com"
OKTA_DOMAIN = f"{OKTA_ORG_NAME}.{OKTA_BASE_URL}"
OKTA_API_TOKEN = secrets.token_urlsafe(30)

ENVIRONMENT = {
    "AUTH0_DOMAIN": AUTH0_DOMAIN,
    "AUTH0_API_TOKEN": AUTH0_API_TOKEN,
    "OKTA_ORG_NAME": OKTA_ORG_NAME,
    "OKTA_BASE_URL": OKTA_BASE_URL,
    "OKTA_API_TOKEN": OKTA_API_TOKEN,
}
