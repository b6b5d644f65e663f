"""Requests signed with the caller's own AWS credentials (Signature Version 4), by botocore, which comes with boto3."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias, cast

from agentcore_auth.authorizer.causes import one_line

SERVICE = "bedrock-agentcore"
NOT_INVITED = "Attach the caller policy (callers.attachTo) to this caller; it permits InvokeGateway."
"""What to do where a gateway answers a signature with 403."""
Sign: TypeAlias = Callable[[str, bytes, Mapping[str, str]], Mapping[str, str]]
"""The headers that prove who sends a POST: to this URL, with this body and these other headers."""


class NoSignatureError(Exception):
    """Nothing can be signed; the message says why, in one line."""


@dataclass(frozen=True)
class Signer:
    """The caller's ARN, as AWS knows it, and how the caller signs."""

    arn: str
    sign: Sign


def signer(region: str) -> Signer:
    """The caller by boto3's own chain of credentials. Raises NoSignatureError: no boto3, no credentials, or refused."""
    if importlib.util.find_spec("boto3") is None:
        raise NoSignatureError("signing needs boto3, which is not installed: pip install boto3")
    boto3 = cast("Any", importlib.import_module("boto3"))
    exceptions = cast("Any", importlib.import_module("botocore.exceptions"))
    session = boto3.Session(region_name=region)
    try:
        credentials = session.get_credentials()
        if credentials is None:
            raise NoSignatureError("there are no AWS credentials to sign with: aws configure, or AWS_PROFILE")
        arn = str(session.client("sts").get_caller_identity()["Arn"])
    except (exceptions.ClientError, exceptions.BotoCoreError) as error:
        raise NoSignatureError(f"AWS does not say who the caller is: {one_line(error)}") from None
    return Signer(arn, signing(credentials, region))


def signing(credentials: Any, region: str) -> Sign:
    """How whoever has these credentials (botocore's) signs; they are asked anew each time, since some end early."""
    auth = cast("Any", importlib.import_module("botocore.auth"))
    requests = cast("Any", importlib.import_module("botocore.awsrequest"))

    def sign(url: str, body: bytes, headers: Mapping[str, str]) -> Mapping[str, str]:
        request = requests.AWSRequest("POST", url, dict(headers), body)
        auth.SigV4Auth(credentials.get_frozen_credentials(), SERVICE, region).add_auth(request)
        return dict(request.headers.items())

    return sign
