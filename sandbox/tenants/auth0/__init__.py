"""A stateful Auth0 tenant: Management API v2, token endpoint, discovery and keys."""

from sandbox.tenants.auth0.tenant import (
    API_TOKEN,
    DEPLOYER_CLIENT_ID,
    DEPLOYER_CLIENT_SECRET,
    DOMAIN,
    Auth0Tenant,
)

__all__ = ["API_TOKEN", "DEPLOYER_CLIENT_ID", "DEPLOYER_CLIENT_SECRET", "DOMAIN", "Auth0Tenant"]
