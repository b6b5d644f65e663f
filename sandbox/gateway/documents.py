"""Schemas and models that targets carry inline or take from S3."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from moto.s3.models import s3_backends

from sandbox.gateway.deployed import Gateway
from sandbox.gateway.invocation import CallFailedError


def read_schema(gateway: Gateway, configuration: Mapping[str, Any]) -> str:
    """The document of an openApiSchema or smithyModel. Raises CallFailedError."""
    if "inlinePayload" in configuration:
        return str(configuration["inlinePayload"])
    return read_object(gateway, str(configuration["s3"]["uri"]))


def read_object(gateway: Gateway, uri: str) -> str:
    """The object at `s3://bucket/key`, as far as the gateway's account has it. Raises CallFailedError."""
    place = urlsplit(uri)
    for backend in list(s3_backends[gateway.account].values()):
        bucket = backend.buckets.get(place.netloc)
        stored = bucket.keys.get(place.path.removeprefix("/")) if bucket else None
        if stored is not None:
            return bytes(stored.value).decode()
    raise CallFailedError(f"There is no object {uri}.")
