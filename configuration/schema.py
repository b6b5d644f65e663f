"""The schema of the stack's configuration: every key, its type, its default, and what it is for.

The sections of providers and targets stand beside them, and are found through their registries; `schema` puts all of it
together. `docs/configuration.md` is made from it (`python -m configuration.reference`).
"""

from __future__ import annotations

import functools
from typing import Annotated, Any, Literal, TypeAlias, Union

from pydantic import Field, create_model

from agentcore_auth.mode import AccessMode, Mode
from components.arguments import AttachTo, ExecutionRole, GatewayOptions
from components.targets import KINDS, Target
from configuration import forms
from configuration.access import Access
from configuration.section import Section
from idp import PROVIDERS, Provider

ClientSecrets: TypeAlias = Literal["output", "secretsManager"]


class Named(Section, frozen=True):
    """What has a name in the stack file; of its own, so that the name is a section's first key."""

    name: forms.Name = Field(
        description="A gateway is named `<name>-<provider>`, together at most 48 characters. The execution role is "
        "named after it, so a name is for one stack of an account, in whatever region."
    )


class Gateway(GatewayOptions, Named, frozen=True):
    """What all gateways of the stack have in common."""


class CrossAccount(Section, frozen=True):
    """Access to another account, to write a function's resource policy there."""

    assume_role_arn: forms.RoleArn = Field(description="A role of that account which the program may assume.")


class Callers(Section, frozen=True):
    """The policy for those who administer and call the gateways."""

    attach_to: AttachTo = Field(default=AttachTo.model_construct(), description="Whom the program attaches it to.")
    schema_buckets: tuple[forms.BucketName, ...] = Field(default=(), description="Further buckets with tool schemas.")


class StackFile(Section, frozen=True):
    """All keys of the project's configuration, but for those of the providers."""

    mode: Mode = Field(
        default="pinned",
        description="`pinned`: every claim that the provider's token offers is checked, least privilege in IAM. "
        "`tutorial`: the tutorial's documents and its single list.",
    )
    gateway: Gateway = Field(description="What all gateways of the stack have in common.")
    identity_providers: Annotated[tuple[str, ...], Field(min_length=1), forms.DISTINCT] = Field(
        description="The switch: some of `cognito`, `auth0`, `okta`, `iam` and the names under `oidc`."
    )
    targets: tuple[Target, ...] = Field(description="What the gateways offer.", min_length=1, max_length=100)
    access: Access | None = Field(
        default=None,
        description="Who may call which tool, by policies of a policy engine: "
        "`{<provider>: {<client>: [<target>___<tool>, <target> or {scope, tools}]}}`. A client without an entry may "
        "call nothing. Without this key, who is let in may call everything.",
    )
    access_mode: AccessMode = Field(
        default="enforce", description="`enforce`, or `logOnly`: refusals are logged, and every call let through."
    )
    cross_account: dict[forms.AccountId, CrossAccount] = Field(
        default={},
        description="Accounts in which the program may write a function's resource policy itself, as a statement of "
        "this stack's own (with `mode: tutorial` its id is fixed, so that two such stacks cannot have one function).",
    )
    callers: Callers = Field(
        default=Callers.model_construct(), description="The policy for those who administer and call the gateways."
    )
    execution_role: ExecutionRole = Field(
        default=ExecutionRole.model_construct(), description="The role that the gateways assume."
    )
    client_secrets: ClientSecrets = Field(
        default="output", description="Where client secrets go: encrypted stack outputs, or AWS Secrets Manager."
    )
    tags: dict[str, str] = Field(default={}, description="On everything that takes tags.")


def schema() -> type[Section]:
    """All keys of the project's configuration, with what the registries of providers and kinds of targets have."""
    return _schema(tuple(PROVIDERS.items()), tuple(KINDS))


@functools.cache
def _schema(providers: tuple[tuple[str, type[Provider]], ...], kinds: tuple[type[Target], ...]) -> type[Section]:
    keys: dict[str, Any] = {}
    for name, field in StackFile.model_fields.items():
        keys[name] = (field.annotation, field)
        if name == "identity_providers":
            keys |= {key: _provider_key(provider) for key, provider in providers}
    target = Annotated[Union[kinds], Field(discriminator="type")]  # noqa: UP007 - of as many as there are
    keys["targets"] = (tuple[target, ...], StackFile.model_fields["targets"])
    return create_model("Schema", __base__=Section, __doc__="All keys of the project's configuration.", **keys)


def _provider_key(provider: type[Provider]) -> tuple[Any, Any]:
    if provider.named:
        return dict[forms.Name, provider], Field(default={}, description=provider.summary)
    return provider, Field(default=provider.model_construct(), description=provider.summary)
