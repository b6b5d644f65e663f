"""What opens the sandbox's accounts: each process makes it at random, so only the one that plays the cloud knows it.

Commands get it from `Services.environment`, in the variables that the plugins read, never by importing this.
"""

from __future__ import annotations

import secrets

AWS_SECRET_KEY = secrets.token_urlsafe(30)
"""The secret access key of every account's access key, whose id is the account's number."""
AUTH0_DOMAIN = "sandbox-tenant.us.auth0.com"
AUTH0_API_TOKEN = secrets.token_urlsafe(30)
AUTH0_CLIENT_ID = "sandboxDeployerApplication000000"
AUTH0_CLIENT_SECRET = secrets.token_urlsafe(30)
OKTA_ORG_NAME = "sandbox-org"
OKTA_BASE_URL = "okta.com"
OKTA_DOMAIN = f"{OKTA_ORG_NAME}.{OKTA_BASE_URL}"
OKTA_API_TOKEN = secrets.token_urlsafe(30)

ENVIRONMENT = {
    "AWS_SECRET_ACCESS_KEY": AWS_SECRET_KEY,
    "AUTH0_DOMAIN": AUTH0_DOMAIN,
    "AUTH0_API_TOKEN": AUTH0_API_TOKEN,
    "OKTA_ORG_NAME": OKTA_ORG_NAME,
    "OKTA_BASE_URL": OKTA_BASE_URL,
    "OKTA_API_TOKEN": OKTA_API_TOKEN,
}
