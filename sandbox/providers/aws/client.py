"""One provider instance's way to AWS: boto3 with this instance's credentials and region."""

from __future__ import annotations

import dataclasses
import difflib
import functools
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import boto3
import botocore.session
from botocore.config import Config
from botocore.exceptions import ClientError

from sandbox.providers.aws.constraints import enforce
from sandbox.providers.base import ProviderError
from sandbox.providers.values import Properties, Unknown

_MISSING = frozenset({"NoSuchEntity", "ResourceNotFoundException"})


@dataclass(frozen=True)
class Credentials:
    """What requests are signed with. On the sandbox an access key id of twelve digits is that account's."""

    access_key: str
    secret_key: str = field(repr=False)
    token: str | None = field(default=None, repr=False)


class Sessions:
    """boto3 clients by credentials, service and region: building one costs more than most requests."""

    def __init__(self, endpoint_url: str) -> None:
        self._endpoint_url = endpoint_url
        self._lock = threading.Lock()  # boto3's sessions may not be shared between threads, its clients may
        self._session: Any = boto3.Session()
        self._built = functools.cache(self._build)

    def client(self, credentials: Credentials, service: str, region: str) -> Any:
        """A boto3 client that refuses malformed requests as AWS does."""
        with self._lock:
            return self._built(credentials, service, region)

    def _build(self, credentials: Credentials, service: str, region: str) -> Any:
        client = self._session.client(
            service,
            region_name=region,
            endpoint_url=self._endpoint_url,
            config=Config(retries={"max_attempts": 0}),
            aws_access_key_id=credentials.access_key,
            aws_secret_access_key=credentials.secret_key,
            aws_session_token=credentials.token,
        )
        client.meta.events.register("before-parameter-build", enforce)
        return client


@dataclass(frozen=True, eq=False)
class AwsClient:
    """What the handlers of one provider instance work with."""

    sessions: Sessions
    credentials: Credentials
    region: str
    default_tags: Mapping[str, str]

    def api(self, service: str, inputs: Mapping[str, Any] | None = None) -> Any:
        """The boto3 client of a service, in the region that a resource's inputs name, else in the provider's."""
        return self.sessions.client(self.credentials, service, (inputs or {}).get("region", self.region))

    @functools.cached_property
    def caller(self) -> Mapping[str, str]:
        """STS's answer to who is calling: Account, Arn, UserId."""
        return self.api("sts").get_caller_identity()

    @property
    def account(self) -> str:
        """The account that this instance deploys into."""
        return self.caller["Account"]

    @functools.cached_property
    def partition(self) -> str:
        """The partition of the region (`aws`, `aws-us-gov`, `aws-cn`)."""
        return str(boto3.Session().get_partition_for_region(self.region))

    def assuming(self, role: Mapping[str, Any]) -> AwsClient:
        """The same with the credentials of a role, an entry of the provider's `assumeRoles`."""
        unsupported = sorted(role.keys() - {"roleArn", "sessionName", "externalId"})
        if unsupported:
            raise ProviderError(f"assumeRoles: the sandbox does not support {unsupported[0]}")
        if not role.get("roleArn"):
            raise ProviderError("assumeRoles: roleArn is required")
        request = {"RoleArn": role["roleArn"], "RoleSessionName": role.get("sessionName", "pulumi")}
        if "externalId" in role:
            request["ExternalId"] = role["externalId"]
        given = self.api("sts").assume_role(**request)["Credentials"]
        credentials = Credentials(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
        return dataclasses.replace(self, credentials=credentials)


@functools.cache
def _regions() -> Sequence[str]:
    """All partitions' regions, as botocore lists them."""
    partitions = botocore.session.get_session().get_data("partitions")["partitions"]
    return [name for each in partitions for name in each["regions"] if not name.endswith("-global")]


def require_region(name: str | Unknown, where: str) -> None:
    """Raises ProviderError where AWS has no region of that name, naming those that are nearest."""
    if isinstance(name, str) and name not in _regions():  # in a preview it may be unknown
        near = difflib.get_close_matches(name, _regions(), n=3)
        raise ProviderError(f"{where}: AWS has no region {name}" + (f"; near it: {', '.join(near)}" if near else ""))


def complete(client: AwsClient, inputs: Properties, honoured: Collection[str]) -> Properties:
    """What the provider's configuration adds to a resource that has a region, or tags. Raises ProviderError."""
    completed: Properties = {}
    if "region" in honoured:
        completed["region"] = inputs.get("region", client.region)
        require_region(completed["region"], "region")
    tags = inputs.get("tags", {})
    if "tags" in honoured and client.default_tags and not isinstance(tags, Unknown):
        completed["tags"] = {**client.default_tags, **tags}
    return completed


def found(call: Callable[..., Any], *arguments: Any, **request: Any) -> Any | None:
    """The answer of a call about something (that deletes it, say); None where there is no such thing."""
    try:
        return call(*arguments, **request)
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") in _MISSING:
            return None
        raise
