"""A stateful Auth0 tenant: Management API v2, token endpoint, discovery and keys."""

from sandbox.tenants.auth0.tenant import Auth0Tenant as Auth0Tenant
