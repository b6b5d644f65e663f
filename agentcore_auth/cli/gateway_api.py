"""Gateways as AWS has them, with their policies and logs, by boto3 and the caller's own credentials."""

from __future__ import annotations

import importlib
import importlib.util
import re
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Any, cast

from agentcore_auth.authorizer.causes import one_line, quoted
from agentcore_auth.cli.terminal import REFUSED, UNREACHABLE, WRONG_USE, CommandError
from agentcore_auth.cli.tool import Policies
from agentcore_auth.iam import region_of
from agentcore_auth.tokens.repair import GATEWAY_ARN, KEPT


def read_gateway(arn: str) -> Mapping[str, object]:
    """What an update has to repeat of a gateway, and its ARN, by boto3 and the caller's own credentials.

    Raises CommandError: no gateway's ARN, no boto3, refused, not reached.
    """
    instead = (
        "save what the aws CLI prints, and name the file with --authorizer: aws bedrock-agentcore-control get-gateway"
    )
    with api_of(arn, instead) as (client, identifier):
        answer = cast("Mapping[str, object]", client.get_gateway(gatewayIdentifier=identifier))
    return {"gatewayArn": arn, **{key: answer[key] for key in KEPT if key in answer}}


@contextmanager
def api_of(arn: str, instead: str) -> Generator[tuple[Any, str]]:
    """A client of AgentCore's control plane in a gateway's region, and the gateway's id.

    `instead` is what can be done without boto3, up to the command's options. Raises CommandError: no gateway's ARN, no
    boto3, refused, not reached.
    """
    parts = re.fullmatch(GATEWAY_ARN, arn)
    if parts is None:
        raise CommandError(
            f"{quoted(arn)} is no gateway's ARN: that is arn:aws:bedrock-agentcore:REGION:ACCOUNT:gateway/ID", WRONG_USE
        )
    if importlib.util.find_spec("boto3") is None:
        raise CommandError(
            f"boto3 is not installed: pip install boto3, or {instead} --region {parts['region']} "
            f"--gateway-identifier {parts['id']}",
            WRONG_USE,
        )
    with _reading(arn, parts["region"]) as client:
        yield client, parts["id"]


def read_policies(gateway: Mapping[str, object]) -> Policies | None:
    """The policies of a gateway that was read; None where it has no policy engine. Raises CommandError."""
    configuration = cast("Mapping[str, str] | None", gateway.get("policyEngineConfiguration"))
    if configuration is None:
        return None
    arn = configuration["arn"]
    engine, statements = arn.rpartition("/")[2], dict[str, str]()
    with _reading(arn, region_of(arn)) as client:
        for page in client.get_paginator("list_policies").paginate(policyEngineId=engine):
            for policy in page["policies"]:
                found = client.get_policy(policyEngineId=engine, policyId=policy["policyId"])["definition"]
                if "cedar" in found:
                    statements[policy["name"]] = found["cedar"]["statement"]
    return Policies(statements, str(gateway["gatewayArn"]), configuration["mode"] == "LOG_ONLY")


@contextmanager
def logs_of(arn: str, group: str) -> Generator[Any]:
    """A client of CloudWatch Logs in a gateway's region, to read this log group.

    Raises CommandError: no boto3, refused, not reached.
    """
    region = region_of(arn)
    if importlib.util.find_spec("boto3") is None:
        raise CommandError(
            f"boto3 is not installed: pip install boto3, or read the log yourself: aws logs tail {group} "
            f"--region {region}",
            WRONG_USE,
        )
    with _reading(group, region, "logs") as client:
        yield client


@contextmanager
def _reading(arn: str, region: str, service: str = "bedrock-agentcore-control") -> Generator[Any]:
    """A service's API, by default AgentCore's; what it cannot do is told of the resource that is read."""
    boto3 = cast("Any", importlib.import_module("boto3"))
    exceptions = cast("Any", importlib.import_module("botocore.exceptions"))
    try:
        yield boto3.client(service, region_name=region)
    except exceptions.ClientError as error:
        raise CommandError(f"{arn} cannot be read: {one_line(error)}", REFUSED) from None
    except exceptions.BotoCoreError as error:
        raise CommandError(f"{arn} cannot be read: {one_line(error)}", UNREACHABLE) from None
