"""Client secrets that the stack keeps in AWS Secrets Manager (`clientSecrets: secretsManager`)."""

from __future__ import annotations

import importlib
import importlib.util
import shutil
import subprocess
from typing import Any, cast

from agentcore_auth.authorizer.causes import one_line
from agentcore_auth.outputs import OutputsError
from agentcore_auth.pulumi_cli import complaint


def read_secret(arn: str) -> str:
    """The secret's text, by boto3 where it is installed, or else by the `aws` CLI. Raises OutputsError."""
    region = arn.split(":")[3] if arn.count(":") >= 6 else ""
    if importlib.util.find_spec("boto3") is not None:
        return _by_boto3(arn, region)
    aws = shutil.which("aws")
    if aws is None:
        raise OutputsError(
            f"the client secret is in Secrets Manager ({arn}): install the aws CLI or boto3, or put it into .env",
            reached=False,
        )
    command = [aws, "secretsmanager", "get-secret-value", "--secret-id", arn, "--region", region]
    command += ["--query", "SecretString", "--output", "text"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)  # noqa: S603  # as it is
    except (OSError, subprocess.TimeoutExpired) as error:
        raise OutputsError(f"the aws CLI did not answer: {error.__class__.__name__}", reached=False) from None
    if done.returncode != 0:
        raise OutputsError(f"{arn} cannot be read: {complaint(done.stderr)}", reached=False)
    return done.stdout.rstrip("\n")


def _by_boto3(arn: str, region: str) -> str:
    boto3 = cast("Any", importlib.import_module("boto3"))
    exceptions = cast("Any", importlib.import_module("botocore.exceptions"))
    try:
        client = boto3.client("secretsmanager", region_name=region)
        return str(client.get_secret_value(SecretId=arn)["SecretString"])
    except (exceptions.BotoCoreError, exceptions.ClientError) as error:
        raise OutputsError(f"{arn} cannot be read: {one_line(error)}", reached=False) from None
