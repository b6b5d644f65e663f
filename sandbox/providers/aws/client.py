"""One provider instance's way to AWS: boto3 with this instance's credentials and region."""

from __future__ import annotations

import dataclasses
import functools
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import boto3
import botocore.session
from botocore.config import Config
from botocore.exceptions import ClientError

from sandbox.providers.arguments import nearest
from sandbox.providers.aws.constraints import enforce
from sandbox.providers.base import ProviderError
from sandbox.providers.values import UNKNOWN

_SESSION: Any = boto3.Session()
_LOCK = threading.Lock()  # boto3's sessions may not be shared between threads, its clients may
Credentials = tuple[str, str, str | None]
"""Access key id (on the sandbox one of twelve digits is that account's), secret access key, session token."""
_MISSING = frozenset({"NoSuchEntity", "ResourceNotFoundException"})


@functools.cache
def _client(endpoint_url: str, credentials: Credentials, service: str, region: str) -> Any:
    key, secret, token = credentials
    client = _SESSION.client(
        service,
        region_name=region,
        endpoint_url=endpoint_url,
        config=Config(retries={"max_attempts": 0}),
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        aws_session_token=token,
    )
    client.meta.events.register("before-parameter-build", enforce)
    return client


@dataclass(frozen=True, eq=False)
class AwsClient:
    """What the handlers of one provider instance work with."""

    endpoint_url: str
    credentials: Credentials = field(repr=False)
    region: str
    default_tags: Mapping[str, str]

    def api(self, service: str, inputs: Mapping[str, Any] | None = None) -> Any:
        """A client that refuses malformed requests as AWS does, in the region of a resource's inputs or the provider's.

        Building one costs more than most requests, so it is kept.
        """
        with _LOCK:
            return _client(self.endpoint_url, self.credentials, service, (inputs or {}).get("region", self.region))

    @functools.cached_property
    def caller(self) -> Mapping[str, str]:
        """STS's answer to who is calling: Account, Arn, UserId."""
        return self.api("sts").get_caller_identity()

    @functools.cached_property
    def partition(self) -> str:
        """The partition of the region (`aws`, `aws-us-gov`, `aws-cn`)."""
        return str(_SESSION.get_partition_for_region(self.region))

    def assuming(self, role: Mapping[str, Any]) -> AwsClient:
        """The same with the credentials of a role, an entry of the provider's `assumeRoles`."""
        if unsupported := sorted(role.keys() - {"roleArn", "sessionName", "externalId"}):
            raise ProviderError(f"assumeRoles: the sandbox does not support {unsupported[0]}")
        if not role.get("roleArn"):
            raise ProviderError("assumeRoles: roleArn is required")
        request = {"RoleArn": role["roleArn"], "RoleSessionName": role.get("sessionName", "pulumi")}
        if "externalId" in role:
            request["ExternalId"] = role["externalId"]
        given = self.api("sts").assume_role(**request)["Credentials"]
        credentials = (given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
        return dataclasses.replace(self, credentials=credentials)


@functools.cache
def _regions() -> Sequence[str]:
    """All partitions' regions, as botocore lists them."""
    partitions = botocore.session.get_session().get_data("partitions")["partitions"]
    return [name for each in partitions for name in each["regions"] if not name.endswith("-global")]


def require_region(name: str, where: str) -> None:
    """Raises ProviderError where AWS has no region of that name; in a preview it may be unknown."""
    if name not in (UNKNOWN, *_regions()):
        raise ProviderError(f"{where}: AWS has no region {name}{nearest(name, _regions())}")


def found(call: Callable[..., Any], *arguments: Any, **request: Any) -> Any | None:
    """The answer of a call about something (that deletes it, say); None where there is no such thing."""
    try:
        return call(*arguments, **request)
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") in _MISSING:
            return None
        raise
