"""What exists in the sandbox's AWS accounts before anything is deployed: functions and a schedule for targets to reach.

The second account owns a function of its own, and a role there that lets the first one change that function's policy.
"""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import boto3

from sandbox.credentials import AWS_SECRET_KEY
from sandbox.services import ACCOUNT, OTHER_ACCOUNT

REGION = "us-west-2"
ORDERS_FUNCTION = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:orders"

_ORDERS = '''
def handler(event, context):
    """Knows every order, and takes every one."""
    tool = context.client_context.custom["bedrockAgentCoreToolName"].rpartition("___")[2]
    return {"order": event.get("order", "1018"), "state": "placed" if tool == "place_order" else "shipped"}
'''
_BILLING = """
def handler(event, context):
    return {"order": event["order"], "total": "19.90 EUR", "account": context.invoked_function_arn.split(":")[4]}
"""


def plant(endpoint_url: str) -> None:
    """Create it all, through AWS's own API."""
    ours, theirs = _Account(endpoint_url, ACCOUNT), _Account(endpoint_url, OTHER_ACCOUNT)
    ours.function("orders", _ORDERS)
    theirs.function("billing", _BILLING)
    theirs.role("agentcore-deployer", {"AWS": f"arn:aws:iam::{ACCOUNT}:root"})
    theirs.allow("agentcore-deployer", "lambda:AddPermission", "lambda:GetPolicy", "lambda:RemovePermission")
    ours.api("scheduler").create_schedule(
        Name="restock",
        ScheduleExpression="rate(1 day)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={"Arn": ORDERS_FUNCTION, "RoleArn": f"arn:aws:iam::{ACCOUNT}:role/orders"},
    )


class _Account:
    def __init__(self, endpoint_url: str, account: str) -> None:
        self._endpoint_url = endpoint_url
        self._session = boto3.Session(account, AWS_SECRET_KEY, region_name=REGION)

    def api(self, service: str) -> Any:
        return self._session.client(service, endpoint_url=self._endpoint_url)

    def role(self, name: str, principal: dict[str, str]) -> str:
        statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
        trust = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        return str(self.api("iam").create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"])

    def allow(self, role: str, *actions: str) -> None:
        statement = {"Effect": "Allow", "Action": actions, "Resource": f"arn:aws:lambda:{REGION}:*:function:*"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        self.api("iam").put_role_policy(RoleName=role, PolicyName="functions", PolicyDocument=document)

    def function(self, name: str, code: str) -> None:
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as files:
            files.writestr("index.py", code)
        self.api("lambda").create_function(
            FunctionName=name,
            Runtime="python3.13",
            Handler="index.handler",
            Role=self.role(name, {"Service": "lambda.amazonaws.com"}),
            Code={"ZipFile": archive.getvalue()},
            Timeout=60,
        )
