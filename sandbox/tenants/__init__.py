"""An Auth0 tenant and an Okta org on this machine, as ASGI apps: state, management API, tokens, keys and discovery.

They play what the project's resources and token clients use, refuse what the real services refuse, and refuse by name
what they do not play.
"""
