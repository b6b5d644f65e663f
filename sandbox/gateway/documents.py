"""Schemas and models that a target takes from S3."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from moto.s3.models import s3_backends

from sandbox.gateway.deployed import Gateway
from sandbox.gateway.invocation import CallFailedError


def read_document(gateway: Gateway, place: Mapping[str, Any]) -> bytes:
    """The object at `place.uri` (`s3://bucket/key`), read in the gateway's account. Raises CallFailedError."""
    uri = urlsplit(str(place["uri"]))
    key = uri.path.removeprefix("/")
    for backend in list(s3_backends[gateway.account].values()):
        bucket = backend.buckets.get(uri.netloc)
        stored = bucket.keys.get(key) if bucket else None
        if stored is not None:
            return bytes(stored.value)
    raise CallFailedError(f"There is no object {place['uri']}.")
