"""An Auth0 tenant and an Okta org on this machine: state, management API, token endpoint, keys and discovery.

They play what the project's resources and token clients use, refuse what the real services refuse, and refuse by name
what they do not play. They are ASGI apps: where they listen, and under which certificate, is not their business.
"""
