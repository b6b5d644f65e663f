"""A stateful Okta org: management API, authorization servers with token endpoints, discovery and keys."""

from sandbox.tenants.okta.org import API_TOKEN, DOMAIN, OktaOrg

__all__ = ["API_TOKEN", "DOMAIN", "OktaOrg"]
