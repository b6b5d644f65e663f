"""Checks that several providers ask for, and the section that several share."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Protocol

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from agentcore_auth.access.rules import TokenClaims
from agentcore_auth.authorizer.shapes import TokenShape
from agentcore_auth.placeholders import placeholder_in
from configuration import forms
from configuration.context import StackConfiguration
from configuration.mistakes import Mistake
from configuration.section import Section
from idp.provider import Callers


class Client(Section, frozen=True):
    """One application at Auth0 or Okta, with a secret of its own."""

    scopes: forms.Scopes | None = Field(default=None, description="Some of the provider's `scopes`; all by default.")


class AllowedClient(Section, frozen=True):
    """An existing application that comes in as well. Its id alone will do where its scopes are the provider's."""

    id: forms.ClientId = Field(description="The client id.")
    # Not strict: what went through `_by_id` is no JSON any more, where a list would pass for a tuple.
    scopes: Annotated[tuple[forms.Scope, ...], Field(min_length=1, strict=False), forms.DISTINCT] | None = Field(
        default=None, description="Its scopes as its tokens spell them; the provider's by default."
    )


def _by_id(value: object) -> object:
    return {"id": value} if isinstance(value, str) else value


def _distinct_ids(clients: tuple[AllowedClient, ...]) -> tuple[AllowedClient, ...]:
    ids = client_ids(clients)
    if repeated := sorted({each for each in ids if ids.count(each) > 1}):
        raise PydanticCustomError("repeated", "{values} stands there more than once", {"values": ", ".join(repeated)})
    return clients


AllowedClients = Annotated[
    tuple[Annotated[AllowedClient, BeforeValidator(_by_id, json_schema_input_type=str | AllowedClient)], ...],
    Field(min_length=1),
    AfterValidator(_distinct_ids),
]


def client_ids(clients: Sequence[AllowedClient] | None) -> list[str]:
    """The ids of existing applications."""
    return [client.id for client in clients or ()]


def scopes_of_all(scopes: Sequence[str], clients: Sequence[AllowedClient] | None) -> list[str]:
    """The provider's scopes, and those that existing applications have instead: a gateway takes any one of them."""
    return list(dict.fromkeys([*scopes, *(scope for client in clients or () for scope in client.scopes or ())]))


def callers(
    clients: Mapping[str, object],
    allowed: Sequence[AllowedClient] | None,
    scopes: Mapping[str, str],
    shape: TokenShape,
) -> Callers:
    """Whom a section with `clients` and `allowedClients` lets in; `scopes` are the section's, as tokens spell them."""
    spelled = {scope: scope for scope in scopes_of_all(tuple(scopes.values()), allowed)}
    return Callers([*clients, *client_ids(allowed)], {**scopes, **spelled}, TokenClaims.of_shape(shape))


def some_client(path: str, clients: Mapping[str, object], allowed: Sequence[AllowedClient] | None) -> Iterator[Mistake]:
    """A provider without clients would let nobody in."""
    if not clients and not allowed:
        yield Mistake(f"{path}.clients", "is empty, and there are no allowedClients: nobody would be let in")


class WithScopes(Protocol):
    """A client's section: its scopes are some of the provider's, or None for all of them."""

    @property
    def scopes(self) -> tuple[str, ...] | None: ...


def client_scopes(path: str, clients: Mapping[str, WithScopes], scopes: Sequence[str]) -> Iterator[Mistake]:
    """The scopes of clients that the provider does not have; `path` is the provider's section."""
    for name, client in clients.items():
        for scope in client.scopes or ():
            if scope not in scopes:
                yield Mistake(
                    f"{path}.clients.{name}.scopes",
                    f"{scope!r} is not among {path}.scopes; valid: {', '.join(scopes)}",
                )


def host_name(key: str, value: str | None, meaning: str) -> Iterator[Mistake]:
    """What is wrong with the value of a key that holds a host name, or a part of one."""
    if not value:
        yield Mistake(key, f"is required, and missing: {meaning}. pulumi config set {key} …")
    elif placeholder := placeholder_in(value):
        yield Mistake(key, f"{value!r} still has the placeholder {placeholder} in it; wanted: {meaning}")
    elif "/" in value or ":" in value:
        bare = value.split("://")[-1].split("/")[0]
        yield Mistake(key, f"{value!r} has a scheme or a path; write {bare}")
    elif not re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?", value):
        yield Mistake(key, f"{value!r} is not a host name; wanted: {meaning}")


def credentials(
    stack: StackConfiguration, key: str, meaning: str, choices: Sequence[Mapping[str, str]]
) -> Iterator[Mistake]:
    """Whether one of the ways to give the provider's package its credentials is complete, and no secret is plain text.

    Each choice has the keys that it takes, and for each the environment variable that does as well; `key` is where the
    mistake is shown.
    """
    if not any(all(stack.value(name, variable) for name, variable in choice.items()) for choice in choices):
        ways = ", or ".join(" and ".join(choice) for choice in choices)
        variables = " and ".join(choices[-1].values())
        yield Mistake(key, f"missing: {meaning}; set {ways} (pulumi config set --secret …; or {variables}, …)")
    for choice in choices:
        for name in choice:
            is_secret = name.endswith(("Token", "Secret", "Key"))
            if is_secret and name in stack.values and name not in stack.secret_keys:
                yield Mistake(name, f"stands in the stack file in plain text: pulumi config set --secret {name}")
