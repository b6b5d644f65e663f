"""Who may call which tool of a gateway: a policy engine, and the policies in it.

The gateway names the engine, and the policies name the gateway, so the engine comes first and the policies last: AWS
validates them against the tools that the gateway has by then.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TypeAlias

import pulumi
import pulumi_aws as aws

from agentcore_auth.access.rules import Rule
from agentcore_auth.iam import policy_engine_name
from agentcore_auth.mode import AccessMode

Statement: TypeAlias = Callable[[Rule, pulumi.Input[str]], pulumi.Output[str]]
"""A rule as Cedar text, for the gateway of this ARN."""
_MODES: Mapping[AccessMode, str] = {"enforce": "ENFORCE", "logOnly": "LOG_ONLY"}


@dataclass(frozen=True)
class GatewayAccess:
    """What callers of one gateway may call; nothing else, unless `mode` says that refusals are logged only.

    `own` are policies of the user's by name, as Cedar text that calls the gateway by whatever name.
    """

    rules: Sequence[Rule]
    mode: AccessMode = "enforce"
    own: Mapping[str, str] = field(default_factory=dict[str, str])


class PolicyEngine(pulumi.ComponentResource):
    """The engine of one gateway, in `configuration` as the gateway names it."""

    def __init__(
        self, name: str, mode: AccessMode, tags: Mapping[str, str], opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """`name` is the gateway's."""
        super().__init__("agentcore-auth:index:PolicyEngine", name, None, opts)
        engine = aws.bedrock.AgentcorePolicyEngine(
            name,
            # Pulumi's own endings have a hyphen, which AWS does not take here.
            name=policy_engine_name(name),
            description=f"Who may call which tool of the gateway {name}",
            tags=tags,
            # Another name comes with another gateway's. The old engine goes last: AWS keeps one that a gateway names.
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.id = engine.policy_engine_id
        self.configuration: aws.bedrock.AgentcoreGatewayPolicyEngineConfigurationArgsDict = {
            "arn": engine.policy_engine_arn,
            "mode": _MODES[mode],
        }
        self.register_outputs({"id": self.id})


class AccessPolicies(pulumi.ComponentResource):
    """The policies of one gateway: `statements` has their text by name."""

    def __init__(
        self,
        name: str,
        access: GatewayAccess,
        *,
        engine_id: pulumi.Input[str],
        gateway_arn: pulumi.Output[str],
        statement: Statement,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("agentcore-auth:index:AccessPolicies", name, None, opts)
        rules = {rule.name: (rule.description, statement(rule, gateway_arn)) for rule in access.rules}
        own = {
            key: (f"Out of a file: {key}", gateway_arn.apply(partial(_naming, text)))
            for key, text in access.own.items()
        }
        self.statements = {key: text for key, (_, text) in (rules | own).items()}
        for key, (description, text) in (rules | own).items():
            aws.bedrock.AgentcorePolicy(
                f"{name}-{key}",
                name=key,
                policy_engine_id=engine_id,
                description=description,
                definition={"cedar": {"statement": text}},
                # A new engine has none of the old one's policies, so names cannot collide.
                opts=pulumi.ResourceOptions(parent=self),
            )
        if not self.statements and access.mode == "enforce":
            pulumi.log.warn(f"access: no policy is for the gateway {name}, so nobody may call its tools", self)
        self.register_outputs({})


def _naming(text: str, gateway_arn: str) -> str:
    from agentcore_auth.access.policies import renamed  # noqa: PLC0415 - only who has such files pays for Cedar

    return renamed(text, gateway_arn)
