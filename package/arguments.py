"""What each component of the package takes, as models: sections of the stack file, and what has no place in one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field, create_model

from agentcore_auth.mode import Mode
from components.arguments import ExecutionRole, GatewayOptions
from components.targets.lambda_ import LambdaTarget
from configuration import forms
from configuration.schema import schema
from configuration.section import Section
from idp import PROVIDERS, Provider

Tags = Annotated[dict[str, str], Field(default_factory=dict, description="On everything that takes tags.")]
Region = Annotated[forms.Region | None, Field(description="By default the stack's `aws:region`.")]
_MODE = "`pinned`: every claim that the provider's token offers is checked. `tutorial`: the single list of AWS's."


def of_everything() -> type[Section]:
    """What `Gateways` takes: all keys of a stack file, a region, and secrets."""
    secrets = Field(
        default={},
        description="The secrets that a `secretRef` names.",
        json_schema_extra={"input": True, "secret": True},
    )
    return create_model(
        "Gateways",
        __base__=schema(),
        __doc__="Everything: identity providers, the execution role, a gateway for each provider, its targets, and the "
        "policy for callers.",
        region=(Region, None),
        secrets=(dict[str, str], secrets),
    )


class Placed(Section, frozen=True):
    """Where a provider's component belongs."""

    gateway_name: forms.Name = Field(description="The name that all gateways of the program begin with.")
    mode: Mode = Field(default="pinned", description=_MODE)
    region: Region = None
    tags: Tags


class Role(ExecutionRole, frozen=True):
    """The role that gateways assume to call functions."""

    gateway_names: Annotated[tuple[forms.Name, ...], Field(min_length=1)] = Field(
        description="The full names of the gateways that may assume it."
    )
    function_arns: tuple[str, ...] = Field(
        default=(), description="The functions that it may call.", json_schema_extra={"input": True}
    )
    mode: Mode = Field(default="pinned", description="`tutorial`: the documents of AWS's tutorial, without conditions.")
    region: Region = None
    tags: Tags


def of_function() -> type[Section]:
    """A function behind one gateway: a target without what only several gateways or kinds need."""
    left_out = {"type", "providers"}
    fields: dict[str, Any] = {
        name: (field.annotation, field) for name, field in LambdaTarget.model_fields.items() if name not in left_out
    }
    return create_model("FunctionTarget", __base__=Section, __doc__="A Lambda function behind a gateway.", **fields)


if TYPE_CHECKING:
    FunctionTarget = LambdaTarget
else:
    FunctionTarget = of_function()


class Gateway(GatewayOptions, frozen=True):
    """One gateway, of the name of the resource, with functions as its targets; other kinds of targets: `Gateways`."""

    authorizer: dict[str, Any] = Field(
        description="What it checks, as the API spells it (customJWTAuthorizer): a provider's `authorizer`.",
        json_schema_extra={"input": True},
    )
    role_arn: str = Field(description="The execution role.", json_schema_extra={"input": True})
    targets: Annotated[tuple[FunctionTarget, ...], Field(min_length=1, max_length=100)] = Field(
        description="What the gateway offers."
    )
    region: Region = None
    tags: Tags


def of_provider(section: type[Provider]) -> type[Section]:
    """What a provider's component takes: its section, and where it belongs."""
    return create_model(section.__name__, __base__=(section, Placed), __doc__=section.__doc__)


COMPONENTS: dict[str, type[Section]] = {
    "Gateways": of_everything(),
    **{f"{section.__name__}Provider": of_provider(section) for section in PROVIDERS.values() if section.issues_tokens},
    "ExecutionRole": Role,
    "JwtGateway": Gateway,
}
"""Component -> what it takes."""
