"""The provider server for `aws`: the resource types that the program uses, against moto, with AWS's refusals."""

from __future__ import annotations

import re

from botocore.exceptions import BotoCoreError, ClientError

from sandbox.aws.installation import install
from sandbox.aws.policies import UnsupportedPolicyError
from sandbox.credentials import AWS_SECRET_KEY
from sandbox.providers.aws.client import AwsClient, require_region
from sandbox.providers.aws.resources import FUNCTIONS, RESOURCES
from sandbox.providers.base import Provider, ProviderError
from sandbox.providers.values import Properties
from sandbox.services import ACCOUNT

_SUPPORTED = frozenset({"region", "accessKey", "secretKey", "token", "assumeRoles", "defaultTags"})
_WITHOUT_EFFECT = frozenset({"version", "skipCredentialsValidation", "skipRegionValidation"})


class AwsProvider(Provider[AwsClient]):
    """Deploys into the moto of this process, reached at an endpoint URL."""

    package, sdk = "aws", "pulumi_aws"
    resources = RESOURCES
    functions = FUNCTIONS

    def __init__(self, endpoint_url: str) -> None:
        super().__init__()
        install()
        self._endpoint_url = endpoint_url

    def connect(self, config: Properties, peer: str) -> AwsClient:
        if unsupported := sorted(config.keys() - _SUPPORTED - _WITHOUT_EFFECT):
            raise ProviderError(f"aws:{unsupported[0]}: the sandbox does not support this setting of the provider")
        if "region" not in config:
            raise ProviderError("aws:region is missing: set it with `pulumi config set aws:region`")
        require_region(config["region"], "aws:region")
        credentials = (config.get("accessKey", ACCOUNT), config.get("secretKey", AWS_SECRET_KEY), config.get("token"))
        tags = config.get("defaultTags", {}).get("tags", {})
        client = AwsClient(self._endpoint_url, credentials, config["region"], tags)
        for role in config.get("assumeRoles", []):
            client = client.assuming(role)
        return client

    def explain(self, error: Exception) -> str | None:
        if isinstance(error, ClientError):  # without botocore's remark that it did not try again
            said = error.response.get("Error", {})
            code, message = said.get("Code"), readable(str(said.get("Message")))
            return f"An error occurred ({code}) when calling the {error.operation_name} operation: {message}"
        known = isinstance(error, BotoCoreError | UnsupportedPolicyError)
        return readable(str(error)) if known else super().explain(error)


def readable(message: str) -> str:
    """An error's message without the page of HTML that a failing server may have answered with."""
    before, page, _ = re.split(r"(<!doctype|<html|$)", message, maxsplit=1, flags=re.IGNORECASE)
    if not page:
        return message
    first = before.partition("\n")[0].rstrip("b'\" :")
    return first or "the answer is a page of HTML instead of an error that the service documents"
