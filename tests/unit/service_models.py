"""AWS's own service models, as botocore ships them: the source of rules that the project repeats."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from botocore.loaders import Loader


@lru_cache
def _shapes(service: str) -> dict[str, Any]:
    return Loader().load_service_model(service, "service-2")["shapes"]


def shape(service: str, name: str) -> dict[str, Any]:
    """The shape `name` of `service`, as JSON."""
    return _shapes(service)[name]
