"""A stateful Okta org: management API, authorization servers with token endpoints, discovery and keys."""
