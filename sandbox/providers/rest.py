"""Resources of a REST API as tables: where they lie, and what each property is called in the API's documents."""

from __future__ import annotations

import contextlib
import copy
import functools
import os
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, TypeVar

import psutil
from starlette.testclient import TestClient

from sandbox.credentials import ENVIRONMENT
from sandbox.providers.base import Provider, ProviderError, ResourceType, parts
from sandbox.providers.values import Properties
from sandbox.tenants.tenant import Tenant

RestT = TypeVar("RestT", bound="RestClient")


class ApiError(ProviderError):
    """An error answer of the service: its HTTP status, and what it says."""

    def __init__(self, status: int, said: str) -> None:
        super().__init__(said)
        self.status = status


class RestClient(ABC):
    """Authorized requests below one path of a tenant's API; a subclass reads what it needs of a configuration.

    `elsewhere` is what is said against any other domain than the tenant's, whose name goes into it.
    """

    base: ClassVar[str]

    def __init__(self, tenant: Tenant, domain: str, elsewhere: str) -> None:
        if domain != tenant.domain:
            raise ProviderError(elsewhere.format(domain))
        self.domain = domain
        self.http = TestClient(tenant.app, f"https://{domain}")  # Starlette's client for apps of the same process

    @abstractmethod
    def authorization(self) -> str:
        """The Authorization header."""

    @abstractmethod
    def said(self, document: Properties) -> str:
        """What an error answer says, in the words in which the real plugin passes it on."""

    def send(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """The document of the answer; `path` is taken as it stands, escapes and query included. Raises ApiError."""
        headers = {"Authorization": self.authorization(), "Content-Type": "application/json"}
        answer = self.http.request(method, self.base + path, headers=headers, json=body)
        if answer.is_error:
            raise ApiError(answer.status_code, self.said(answer.json()))
        return answer.json() if answer.content else {}

    def get(self, path: str) -> Any:
        return self.send("GET", path)

    def find(self, path: str) -> Properties | None:
        """Like `get`, but None for what does not exist."""
        try:
            return self.get(path)
        except ApiError as error:
            if error.status == 404:
                return None
            raise


class RestProvider(Provider[RestT]):
    """A provider that is configured like its plugin: by the program, else by variables of the command that runs it.

    The plugin is a child of that command and inherits them; here they are read from the process that connects.
    `environment` stands in for them where it has none (`AUTH0_…`, `OKTA_…`).
    """

    client: Callable[[Tenant, Properties, Properties], RestT]
    """Makes one from configuration and variables, both by the names that settings have in a configuration.

    Raises ProviderError where they are of no use.
    """

    def __init__(self, tenant: Tenant, environment: Mapping[str, str] = ENVIRONMENT) -> None:
        super().__init__()
        self._tenant = tenant
        self._environment = environment

    def connect(self, config: Properties, peer: str) -> RestT:
        own = _variables_of(int(peer.rpartition(":")[2]))
        return self.client(self._tenant, config, self._settings(own) or self._settings(self._environment))

    def _settings(self, environment: Mapping[str, str]) -> Properties:
        """`apiToken` for `AUTH0_API_TOKEN`."""
        prefix = f"{self.package.upper()}_"
        given = {name.removeprefix(prefix): value for name, value in environment.items() if name.startswith(prefix)}
        return {name[0].lower() + name.title().replace("_", "")[1:]: value for name, value in given.items() if value}


def _variables_of(port: int) -> Mapping[str, str]:
    """The variables of the process that connects from a port of this machine; none of this process's own."""
    for pid in sorted(psutil.pids(), reverse=True):
        with contextlib.suppress(psutil.Error):
            process = psutil.Process(pid)
            if any(each.raddr and each.laddr.port == port for each in process.net_connections("tcp")):
                return {} if pid == os.getpid() else process.environ()
    return {}


@dataclass(frozen=True, kw_only=True)
class Collection(ResourceType[RestT]):
    """A resource that is posted to its collection, and read, replaced (or patched) and deleted below it by its id.

    It is read again after each change, since its outputs are what the service says then. A type that does otherwise
    overrides the method in question.
    """

    path: str
    """What stands in braces is a property: `/authorizationServers/{authServerId}/scopes`."""
    names: Mapping[str, str] = field(default_factory=dict[str, str])
    """Places in a document (`conditions.scopes`) of properties and outputs that `place` does not tell."""
    document: Properties = field(default_factory=dict[str, Any])
    """What is sent unless an input says otherwise."""
    unless_empty: str = ""
    """Inputs that are not sent where they hold nothing."""
    key: str = "id"
    """The field that the service gives a resource's id in."""
    update_by: Literal["PUT", "PATCH"] = "PUT"
    missing_is_deleted: bool = False
    """Whether the plugin takes it for a success that what it deletes is not there."""
    deactivated_first: bool = False

    def imported(self, identifier: str) -> tuple[str, Properties]:
        """An import's id has those of the resources above it before its own."""
        found = parts("/".join([*re.findall(r"\{(\w+)\}", self.path), "id"]), identifier)
        return found.pop("id"), found

    def place(self, name: str) -> str:
        """The place of a property or output in a document."""
        return self.names.get(name, name)

    def url(self, properties: Properties, key: str) -> str:
        return f"{self.path.format_map(properties)}/{key}"

    def body(self, inputs: Properties) -> Properties:
        """The document that says what the inputs say."""
        made = copy.deepcopy(self.document)
        for name in self._fields():
            if name in inputs and (inputs[name] or name not in self.unless_empty.split()):
                *outer, last = self.place(name).split(".")
                within = functools.reduce(lambda at, step: at.setdefault(step, {}), outer, made)
                within[last] = inputs[name]
        return made

    def outputs(self, found: Properties, known: Properties) -> Properties:
        """What a document of the service says; `known` are inputs or state."""
        return {name: _at(found, self.place(name)) for name in self._fields() + self.computed}

    def create(self, client: RestT, inputs: Properties) -> tuple[str, Properties]:
        made = client.send("POST", self.path.format_map(inputs), self.body(inputs))
        return made[self.key], self.fetch(client, made[self.key], inputs)

    def fetch(self, client: RestT, key: str, known: Properties) -> Properties:
        return self.outputs(client.get(self.url(known, key)), known)

    def read(self, client: RestT, key: str, state: Properties) -> Properties | None:
        found = client.find(self.url(state, key))
        return None if found is None else self.outputs(found, state)

    def update(self, client: RestT, key: str, old: Properties, new: Properties) -> Properties:
        """Below another parent there is no resource of this id: like the plugins, this fails with 404."""
        fixed = (self.replaces or "").split()
        body = self.body({name: value for name, value in new.items() if name not in fixed})
        client.send(self.update_by, self.url(new, key), body)
        return self.fetch(client, key, new)

    def delete(self, client: RestT, key: str, state: Properties) -> None:
        url = self.url(state, key)
        try:
            if self.deactivated_first:
                client.send("POST", f"{url}/lifecycle/deactivate")
            client.send("DELETE", url)
        except ApiError as error:
            if error.status != 404 or not self.missing_is_deleted:
                raise

    def _fields(self) -> list[str]:
        """The inputs that are part of a document; the others are part of the path."""
        return [name for name in self.properties.split() if f"{{{name}}}" not in self.path]


def snake(name: str) -> str:
    """`tokenDialect` as `token_dialect`."""
    return re.sub(r"(?=[A-Z])", "_", name).lower()


def _at(document: Any, place: str) -> Any:
    for step in place.split("."):
        document = (document or {}).get(step)
    return document
