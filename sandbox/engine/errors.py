"""The one exception that leaves the engine."""


class DeploymentError(Exception):
    """A deployment that cannot go on; the message is for the user: what is wrong, where, and what to do."""
