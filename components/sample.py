"""The sample target's function: a tool to call in an account that has none yet.

It is deployed like any function should be: a role of its own that may write its own log and nothing else, and a log
group that goes with it. It is not an example of a useful tool.
"""

from __future__ import annotations

from collections.abc import Mapping

import pulumi
import pulumi_aws as aws

from components.iam import policy_json
from components.targets.sample import FOLDER, function_policy, function_trust_policy

_LOG_DAYS = 14


class SampleFunction(pulumi.ComponentResource):
    """The function, in `arn`."""

    def __init__(self, name: str, tags: Mapping[str, str], opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("agentcore-auth:index:SampleFunction", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        log = aws.cloudwatch.LogGroup(name, retention_in_days=_LOG_DAYS, tags=tags, opts=child)
        role = aws.iam.Role(
            name,
            description="Assumed by the sample function of an AgentCore gateway",
            assume_role_policy=policy_json(function_trust_policy()),
            tags=tags,
            opts=child,
        )
        logging = aws.iam.RolePolicy(
            name,
            role=role.name,
            policy=policy_json(log.arn.apply(function_policy)),
            opts=child,
        )
        function = aws.lambda_.Function(
            name,
            description="Echo, the sample tool of an AgentCore gateway",
            runtime="python3.13",
            handler="echo.handler",
            # The text and not the path: a stack must not change because its folder has another name elsewhere.
            code=pulumi.AssetArchive({"echo.py": pulumi.StringAsset((FOLDER / "echo.py").read_text())}),
            role=role.arn,
            timeout=10,
            memory_size=128,
            logging_config={"log_format": "JSON", "log_group": log.name},
            tags=tags,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[logging]),
        )
        self.arn = function.arn
        self.register_outputs({"arn": self.arn})
