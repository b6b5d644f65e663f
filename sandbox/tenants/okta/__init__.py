"""A stateful Okta org: management API, authorization servers with token endpoints, discovery and keys."""

from sandbox.tenants.okta.org import OktaOrg as OktaOrg
