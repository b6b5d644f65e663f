"""What the sandbox's backends have beside moto's: the errors that they answer with, and moto's routes."""

from __future__ import annotations

import importlib
from typing import Any

from moto.core.exceptions import ServiceException


class Refusal(ServiceException):
    """An error of the service that is being called: its code (`ConflictException`) and its message.

    moto looks up the shape of an exception's code in the model of the service whose package defines it, which its own
    base class is not part of; a class from elsewhere it takes for an error of the service that was called.
    """


class WithMotosUrls:
    """A backend whose routes are those of the one that it refines: moto looks for them beside a backend's class."""

    @property
    def _url_module(self) -> Any:
        refined = next(base.__module__ for base in type(self).__mro__ if base.__module__.startswith("moto."))
        return importlib.import_module(refined.removesuffix("models") + "urls")
