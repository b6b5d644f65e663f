"""A stack's outputs, typed in both directions: the program writes them, and callers of the gateways read them.

Written they hold values that a deployment makes (`pulumi.Output[str]`), read they hold text. What is read also has the
name that it is found under; whoever writes it chooses that. A document comes in no fixed order: names are read in the
order of the stack file, or else sorted.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar, cast

from agentcore_auth.authorizer.model import V_co

_Entry = TypeVar("_Entry")
MASKED = "[secret]"
"""What `pulumi stack output` writes in place of a secret."""


class OutputsError(Exception):
    """The outputs cannot be had, or are not there; the message is for the user. `reached` is False for the former."""

    def __init__(self, message: str, *, reached: bool = True) -> None:
        super().__init__(message)
        self.reached = reached


def deploying(stack: str) -> str:
    """The command that deploys a stack: the sandbox's where that is what the environment leads to."""
    return f"python -m sandbox up --stack {stack}" if os.environ.get("SANDBOX_FOLDER") else f"make up STACK={stack}"


def masked(where: str) -> OutputsError:
    """The error for outputs that were saved without their secrets."""
    return OutputsError(
        f"{where} is {MASKED} in these outputs: save them with pulumi stack output --json --show-secrets"
    )


@dataclass(frozen=True)
class Client(Generic[V_co]):
    """One application of a provider; the secret is given, or the ARN that it is stored under."""

    client_id: V_co
    scopes: Sequence[str] = ()
    secret: V_co | None = None
    secret_arn: V_co | None = None
    name: str = ""

    def to_document(self) -> dict[str, object]:
        """As the outputs have it, below its name."""
        return _given(
            clientId=self.client_id,
            scopes=list(self.scopes),
            clientSecret=self.secret,
            clientSecretArn=self.secret_arn,
        )

    @staticmethod
    def from_document(name: str, fields: Mapping[str, object]) -> Client[str]:
        """From the outputs. Raises OutputsError."""
        return Client(
            _text(fields, "clientId"),
            _texts(fields, "scopes"),
            _optional_text(fields, "clientSecret"),  # a mask stays: whoever needs no secret reads the rest
            _optional_text(fields, "clientSecretArn"),
            name,
        )


@dataclass(frozen=True)
class Provider(Generic[V_co]):
    """An identity provider of the stack: the output `identityProviders.<name>`."""

    discovery_url: V_co
    issuer: V_co
    token_endpoint: V_co | None = None
    audience: V_co | None = None
    scopes: Sequence[str] = ()
    clients: Mapping[str, Client[V_co]] = field(default_factory=dict[str, Client[Any]])
    name: str = ""

    def client(self, name: str | None) -> Client[V_co]:
        """The client of that name; without one, `default` or the only one. Raises OutputsError."""
        if not self.clients:
            raise OutputsError(
                f"{self.name} has no client of this stack (nothing is created at an issuer under oidc): take the token "
                "from there, or put its client into .env"
            )
        wanted = name or ("default" if "default" in self.clients else next(iter(self.clients)))
        if wanted not in self.clients or (name is None and wanted != "default" and len(self.clients) > 1):
            valid = ", ".join(self.clients)
            problem = f"{self.name} has no client {name}" if name else f"{self.name} has several clients"
            raise OutputsError(f"{problem}; valid for --client: {valid}")
        return self.clients[wanted]

    def to_document(self) -> dict[str, object]:
        """As the outputs have it, below its name; what it does not have is left out."""
        return _given(
            discoveryUrl=self.discovery_url,
            issuer=self.issuer,
            tokenEndpoint=self.token_endpoint,
            audience=self.audience,
            scopes=list(self.scopes),
            clients={name: client.to_document() for name, client in self.clients.items()},
        )

    @staticmethod
    def from_document(name: str, fields: Mapping[str, object]) -> Provider[str]:
        """From the outputs. Raises OutputsError."""
        clients = _mapping(fields.get("clients") or {}, f"identityProviders.{name}.clients")
        return Provider(
            _text(fields, "discoveryUrl"),
            _text(fields, "issuer"),
            _optional_text(fields, "tokenEndpoint"),
            _optional_text(fields, "audience"),
            _texts(fields, "scopes"),
            {
                client: Client.from_document(client, _mapping(entry, f"identityProviders.{name}.clients.{client}"))
                for client, entry in sorted(clients.items())
            },
            name,
        )


@dataclass(frozen=True)
class Gateway(Generic[V_co]):
    """A gateway of the stack: the output `gateways.<provider>`. `authorizer` is spelled as the API spells it, and empty
    where the gateway takes AWS signatures.
    """

    url: V_co
    mcp_url: V_co
    authorizer: Mapping[str, object]
    name: V_co | None = None
    id: V_co | None = None
    arn: V_co | None = None
    access_mode: str | None = None
    #: The policies that decide over calls, by name, as Cedar text; None where everybody may call everything.
    policies: Mapping[str, V_co] | None = None
    #: The name of the log group that its logs are delivered to.
    log_group: V_co | None = None
    provider: str = ""

    def require_tokens(self) -> None:
        """Raises OutputsError where no token opens the gateway."""
        if not self.authorizer:
            raise OutputsError(
                f"the gateway of {self.provider} takes AWS signatures, so there is no token for it: call it with "
                "agentcore-auth call, or with a client that signs (SigV4, service bedrock-agentcore)"
            )

    @property
    def region(self: Gateway[str]) -> str:
        """Where it is, since signatures are for one region; empty where the outputs do not say it."""
        return f"{self.arn or ''}:::".split(":")[3]

    def to_document(self) -> dict[str, object]:
        """As the outputs have it, below its provider's name."""
        return _given(
            name=self.name,
            id=self.id,
            arn=self.arn,
            url=self.url,
            mcpUrl=self.mcp_url,
            authorizer=self.authorizer,
            accessMode=self.access_mode,
            policies=self.policies,
            logGroup=self.log_group,
        )

    @staticmethod
    def from_document(provider: str, fields: Mapping[str, object]) -> Gateway[str]:
        """From the outputs. Raises OutputsError."""
        return Gateway(
            _text(fields, "url"),
            _text(fields, "mcpUrl"),
            _mapping(fields.get("authorizer"), f"gateways.{provider}.authorizer"),
            *(_optional_text(fields, key) for key in ("name", "id", "arn")),
            access_mode=_optional_text(fields, "accessMode"),
            policies=_policies(fields, provider),
            log_group=_optional_text(fields, "logGroup"),
            provider=provider,
        )


class Outputs:
    """A stack's outputs, by name. Raises OutputsError where they have not the form that the program gives them."""

    def __init__(self, document: Mapping[str, object], stack: str, *, order: Sequence[str] = ()) -> None:
        """`order`: the stack's identity providers as its file lists them."""
        self._document = document
        self.stack = stack
        self._order = {name: place for place, name in enumerate(order)}

    @property
    def gateways(self) -> dict[str, Gateway[str]]:
        return self._entries("gateways", Gateway.from_document)

    @property
    def providers(self) -> dict[str, Provider[str]]:
        """Those that issue tokens."""
        if self._signed and not self._document.get("identityProviders"):
            return {}
        return self._entries("identityProviders", Provider.from_document)

    @property
    def admissions(self) -> dict[str, str]:
        """Functions of other accounts -> the command by which their owners let the execution role in."""
        listed = self._document.get("crossAccountStatements")
        entries = cast("list[object]", listed) if isinstance(listed, list) else []
        fields = [_mapping(entry, "crossAccountStatements") for entry in entries]
        return {_text(entry, "functionArn"): _text(entry, "command") for entry in fields}

    def gateway(self, provider: str | None) -> Gateway[str]:
        """The gateway of that provider; without one, the only one. Raises OutputsError."""
        return _choose(self.gateways, provider, "--gateway", f"stack {self.stack}")

    def provider(self, name: str | None) -> Provider[str]:
        """The identity provider of that name; without one, the only one. Raises OutputsError."""
        if signed := self.signed_gateway(name):
            signed.require_tokens()
        return _choose(self.providers, name, "--idp", f"stack {self.stack}")

    def signed_gateway(self, name: str | None) -> Gateway[str] | None:
        """The gateway of that name, if it takes AWS signatures; without a name, that of a stack without issuers."""
        signed = self._signed
        return next(iter(signed.values()), None) if name is None and not self.providers else signed.get(name)

    @property
    def _signed(self) -> dict[str | None, Gateway[str]]:
        """The gateways that take AWS signatures: those without an issuer."""
        issuers = cast("Mapping[str, object]", self._document.get("identityProviders") or {})
        gateways = cast("Mapping[str, object]", self._document.get("gateways") or {})
        found = {
            name: cast("Mapping[str, object]", entry)
            for name, entry in gateways.items()
            if name not in issuers and _is_signed(entry)
        }
        return {name: Gateway.from_document(name, entry) for name, entry in found.items()}

    def _entries(self, key: str, read: Callable[[str, Mapping[str, object]], _Entry]) -> dict[str, _Entry]:
        section = self._document.get(key)
        if not isinstance(section, Mapping) or not section:
            raise OutputsError(f"stack {self.stack} has no output {key}: is it deployed? ({deploying(self.stack)})")
        entries = cast("Mapping[str, object]", section)
        names = sorted(entries, key=lambda name: (self._order.get(name, len(self._order)), name))
        return {name: read(name, _mapping(entries[name], f"{key}.{name}")) for name in names}


def _is_signed(entry: object) -> bool:
    return isinstance(entry, Mapping) and cast("Mapping[str, object]", entry).get("authorizer") == {}


def _choose(entries: Mapping[str, _Entry], name: str | None, option: str, where: str) -> _Entry:
    if name is None and len(entries) == 1:
        return next(iter(entries.values()))
    if name is None or name not in entries:
        problem = f"{where} has no {name}" if name else f"{where} has several providers"
        raise OutputsError(f"{problem}; valid for {option}: {', '.join(entries)}")
    return entries[name]


def _policies(fields: Mapping[str, object], provider: str) -> Mapping[str, str] | None:
    if "policies" not in fields:
        return None
    policies = _mapping(fields["policies"], f"gateways.{provider}.policies")
    return {name: _text(policies, name) for name in sorted(policies)}


def _given(**fields: object) -> dict[str, object]:
    return {name: value for name, value in fields.items() if value is not None}


def _mapping(value: object, where: str) -> Mapping[str, object]:
    if value == MASKED:
        raise masked(where)
    if not isinstance(value, Mapping):
        raise OutputsError(f"{where} is no object of outputs")
    return cast("Mapping[str, object]", value)


def _text(entry: Mapping[str, object], key: str) -> str:
    value = entry.get(key)
    if not isinstance(value, str):
        raise OutputsError(f"the stack's outputs have no text {key} where it should be: deploy again with this version")
    return value


def _texts(entry: Mapping[str, object], key: str) -> tuple[str, ...]:
    values = entry.get(key)
    return tuple(str(value) for value in cast("list[object]", values)) if isinstance(values, list) else ()


def _optional_text(entry: Mapping[str, object], key: str) -> str | None:
    value = entry.get(key)
    return value if isinstance(value, str) and value else None
