"""One provider instance's way to AWS: boto3 with this instance's credentials and region."""

from __future__ import annotations

import difflib
import functools
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import boto3
import botocore.session
from botocore.config import Config

from sandbox.providers.aws.constraints import enforce
from sandbox.providers.base import ProviderError
from sandbox.providers.values import Properties, Unknown


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
        self._clients: dict[tuple[Credentials, str, str], Any] = {}

    def client(self, credentials: Credentials, service: str, region: str) -> Any:
        """A boto3 client that refuses malformed requests as AWS does."""
        key = (credentials, service, region)
        with self._lock:
            if key not in self._clients:
                self._clients[key] = self._build(credentials, service, region)
            return self._clients[key]

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


class AwsClient:
    """What the handlers of one provider instance work with."""

    def __init__(
        self, sessions: Sessions, credentials: Credentials, region: str, default_tags: Mapping[str, str]
    ) -> None:
        self._sessions = sessions
        self._credentials = credentials
        self.region = region
        self.default_tags = dict(default_tags)

    def api(self, service: str, inputs: Mapping[str, Any] | None = None) -> Any:
        """The boto3 client of a service, in the region that a resource's inputs name, else in the provider's."""
        return self._sessions.client(self._credentials, service, (inputs or {}).get("region", self.region))

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
        return AwsClient(self._sessions, credentials, self.region, self.default_tags)


@functools.cache
def _regions() -> Sequence[str]:
    """All partitions' regions, as botocore lists them."""
    partitions = botocore.session.get_session().get_data("partitions")["partitions"]
    return [name for each in partitions for name in each["regions"] if not name.endswith("-global")]


def require_region(name: str, where: str) -> None:
    """Raises ProviderError where AWS has no region of that name, naming those that are nearest."""
    if name not in _regions():
        near = difflib.get_close_matches(name, _regions(), n=3)
        raise ProviderError(f"{where}: AWS has no region {name}" + (f"; near it: {', '.join(near)}" if near else ""))


def complete_region(client: AwsClient, inputs: Properties) -> Properties:
    """The region of a regional resource: the provider's, unless it names its own. Raises ProviderError."""
    region = inputs.get("region", client.region)
    if isinstance(region, str):
        require_region(region, "region")
    return {"region": region}


def complete_tags(client: AwsClient, inputs: Properties) -> Properties:
    """The resource's tags over the provider's default tags."""
    given = inputs.get("tags", {})
    if not client.default_tags or isinstance(given, Unknown):
        return {}
    return {"tags": client.default_tags | given}


def complete_region_and_tags(client: AwsClient, inputs: Properties) -> Properties:
    """Both of the above."""
    return complete_region(client, inputs) | complete_tags(client, inputs)
