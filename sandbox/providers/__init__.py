"""Servers of Pulumi's ResourceProvider protocol: they stand in for the plugins of aws, auth0 and okta."""
