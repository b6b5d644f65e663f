"""Requests signed with Signature Version 4: by whom, if the signature is right."""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from moto.iam.models import iam_backends

from sandbox.aws.accounts import every
from sandbox.credentials import AWS_SECRET_KEY

ACCOUNT = re.compile(r"\d{12}")
_AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<key>[^/]+)/(?P<date>[^/]+)/(?P<region>[^/]+)/(?P<service>[^/]+)/aws4_request, ?"
    r"SignedHeaders=(?P<signed>[^,]+), ?Signature=(?P<signature>[0-9a-f]{64})"
)


class SignatureError(Exception):
    """Not signed, or not rightly: AWS's code and words."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Signed:
    """Whose key signed, and for which service."""

    access_key: str
    service: str


def signed_by(method: str, target: str, headers: Mapping[str, str], body: bytes) -> Signed:
    """Who signed a request; `target` is path and query as they were sent, headers go by lower-case names.

    Raises SignatureError.
    """
    asked = _AUTHORIZATION.fullmatch(headers.get("authorization", ""))
    if asked is None:
        raise SignatureError("MissingAuthenticationToken", "Missing Authentication Token")
    secret = _secret_of(asked["key"])
    if secret is None:
        raise SignatureError("InvalidClientTokenId", "The security token included in the request is invalid.")
    if not hmac.compare_digest(_signature(method, target, headers, body, asked, secret), asked["signature"]):
        raise SignatureError(
            "SignatureDoesNotMatch",
            "The request signature we calculated does not match the signature you provided. "
            "Check your AWS Secret Access Key and signing method.",
        )
    return Signed(asked["key"], asked["service"])


def _secret_of(access_key: str) -> str | None:
    if ACCOUNT.fullmatch(access_key):
        return AWS_SECRET_KEY
    for backend in every(iam_backends):
        if access_key in backend.access_keys:
            return str(backend.access_keys[access_key].secret_access_key)
    return None


def _signature(
    method: str, target: str, headers: Mapping[str, str], body: bytes, asked: re.Match[str], secret: str
) -> str:
    """The signature that a client with this secret makes for the request, by botocore's own signer."""
    signed = {name: headers.get(name, "") for name in asked["signed"].split(";")}
    request = AWSRequest(method, f"http://{headers.get('host', '')}{target}", signed, body)
    request.context["timestamp"] = signed.get("x-amz-date", "")
    kind = S3SigV4Auth if asked["service"] == "s3" else SigV4Auth
    signer: Any = kind(Credentials(asked["key"], secret), asked["service"], asked["region"])
    return str(signer.signature(signer.string_to_sign(request, signer.canonical_request(request)), request))
