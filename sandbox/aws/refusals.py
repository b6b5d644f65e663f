"""The errors that the sandbox's backends answer with."""

from __future__ import annotations

from moto.core.exceptions import ServiceException


class Refusal(ServiceException):
    """An error of the service that is being called: its code (`ConflictException`) and its message.

    moto looks up the shape of an exception's code in the model of the service whose package defines it, which its own
    base class is not part of; a class from elsewhere it takes for an error of the service that was called.
    """
