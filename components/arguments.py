"""Arguments that several components take, and those that a stack file spells in the same way (sections of it)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from agentcore_auth import iam
from agentcore_auth.mode import Mode
from configuration import forms
from configuration.context import StackConfiguration
from configuration.mistakes import Mistake
from configuration.section import Section


@dataclass(frozen=True)
class Stack:
    """What the components of a stack have in common: where it is, its gateways' names, how strict it is, its tags."""

    scope: iam.AwsScope
    gateway_names: Sequence[str]
    mode: Mode = "pinned"
    tags: Mapping[str, str] = field(default_factory=dict[str, str])


class Interceptor(Section, frozen=True):
    """A Lambda function that sees what passes the gateway, and may change or refuse it."""

    function_arn: forms.FunctionArn = Field(description="The function; another account's is allowed.")
    at: Annotated[tuple[Literal["request", "response"], ...], Field(min_length=1), forms.DISTINCT] = Field(
        description="`request`: before a tool is called; `response`: before the caller gets the answer."
    )
    pass_headers: bool = Field(
        default=False,
        description="`true` has the function see the request's headers, and so the caller's token.",
    )

    def function_arns(self) -> Sequence[str]:
        """The function; it may be another account's."""
        return (self.function_arn,)

    def permission(self) -> iam.Permission:
        """What the execution role has to be allowed."""
        return iam.FunctionCall(self.function_arn)


def _one_for_each_point(given: tuple[Interceptor, ...]) -> tuple[Interceptor, ...]:
    """AgentCore developer guide, "gateway-interceptors". Raises ValueError."""
    points = [point for each in given for point in each.at]
    if twice := sorted({point for point in points if points.count(point) > 1}):
        raise ValueError(f"more than one is at {' and at '.join(twice)}; a gateway takes one for each point")
    return given


class GatewayLogs(Section, frozen=True):
    """What the gateways deliver to CloudWatch."""

    # PutRetentionPolicy of CloudWatch Logs takes these and no others.
    retention_days: Literal[
        1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653
    ] = Field(description="How many days CloudWatch keeps the logs.")
    traces: bool = Field(default=False, description="`true` also delivers traces, to X-Ray.")
    alarm_topic_arn: forms.TopicArn | None = Field(
        default=None, description="An SNS topic of this region, which is told when many calls are refused."
    )
    alarm_threshold: Annotated[int, Field(ge=1)] = Field(
        default=10, description="How many refused calls within five minutes raise the alarm."
    )

    def mistakes(self, path: str, stack: StackConfiguration) -> Iterator[Mistake]:
        """What is wrong with the section as a whole; `path` is the section's."""
        if self.alarm_topic_arn is None:
            if self.alarm_threshold != GatewayLogs.model_fields["alarm_threshold"].default:  # see ExecutionRole
                yield Mistake(f"{path}.alarmThreshold", "is for an alarm, and there is none without alarmTopicArn")
        elif stack.region and (region := iam.region_of(self.alarm_topic_arn)) != stack.region:
            yield Mistake(
                f"{path}.alarmTopicArn",
                f"is a topic of {region}, and aws:region is {stack.region}: an alarm reaches only topics of its own",
            )


class GatewayOptions(Section, frozen=True):
    """What a gateway is like, whoever may call it and whatever it offers."""

    description: forms.Description | None = Field(default=None, description="1 to 200 characters.")
    exception_level: Literal["DEBUG"] | None = Field(
        default=None, description="`DEBUG` has tool errors explained to callers."
    )
    search_type: Literal["SEMANTIC"] | None = Field(
        default=None, description="`SEMANTIC` adds a tool that finds tools."
    )
    instructions: Annotated[str, Field(min_length=1, max_length=2048)] | None = Field(
        default=None, description="What the gateway tells an agent about its tools, up to 2,048 characters."
    )
    kms_key_arn: forms.KmsKeyArn | None = Field(
        default=None, description="A key of your own to encrypt the gateway's data."
    )
    interceptors: Annotated[tuple[Interceptor, ...], AfterValidator(_one_for_each_point)] = Field(
        default=(), description="Functions that see every MCP request and answer, one for each of the two points."
    )
    logs: GatewayLogs | None = Field(
        default=None, description="Delivers logs, and raises an alarm on refused calls (docs/refusals.md)."
    )

    def mistakes(self, path: str, stack: StackConfiguration) -> Iterator[Mistake]:
        """What is wrong with the options as a whole; `path` is the section's, with a dot at its end."""
        if self.kms_key_arn and stack.region and (region := iam.region_of(self.kms_key_arn)) != stack.region:
            yield Mistake(f"{path}kmsKeyArn", f"is a key of {region}, and aws:region is {stack.region}: take one there")
        for index, each in enumerate(self.interceptors):
            if beyond := stack.beyond_reach(each.function_arn):
                yield Mistake(f"{path}interceptors[{index}].functionArn", beyond)
        if self.logs:
            yield from self.logs.mistakes(f"{path}logs", stack)


class ExecutionRole(Section, frozen=True):
    """The role that the gateways assume."""

    arn: forms.RoleArn | None = Field(
        default=None,
        description="A role that exists. What it needs is printed by `make policies`, and in the stack's outputs with "
        "the command for its owner.",
    )
    path: forms.RolePath = Field(default="/", description="The role's path.")
    permissions_boundary_arn: forms.PolicyArn | None = Field(
        default=None, description="The role's permissions boundary."
    )

    def mistakes(self, path: str) -> Iterator[Mistake]:
        """What is wrong with the section as a whole; `path` is the section's, with a dot at its end."""
        # Other values than the defaults: an SDK that is made from the package's schema gives those as if they were set.
        given = {"path": self.path != "/", "permissionsBoundaryArn": self.permissions_boundary_arn is not None}
        for key in (key for key, is_given in given.items() if self.arn and is_given):
            yield Mistake(f"{path}{key}", "is for a role that the program makes, and arn names one that exists")


class AttachTo(Section, frozen=True):
    """Who gets the caller policy, by name."""

    roles: forms.RoleOrUserNames = Field(default=(), description="IAM role names.")
    users: forms.RoleOrUserNames = Field(default=(), description="IAM user names.")
    groups: forms.GroupNames = Field(default=(), description="IAM group names.")
