"""Lambda functions (their code from archives, as Pulumi sends them) and the statements of their resource policies."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from typing import Any

from sandbox.providers.aws.calls import forget, found, retag
from sandbox.providers.aws.client import AwsClient, complete_region, complete_region_and_tags
from sandbox.providers.aws.shapes import as_known, operation, to_api
from sandbox.providers.base import AutoName, Created, ResourceType
from sandbox.providers.values import Archive, Properties

_SETTINGS = (
    "architectures",
    "description",
    "environment",
    "handler",
    "loggingConfig",
    "memorySize",
    "role",
    "runtime",
    "timeout",
)
_OF_CONFIGURATION = tuple(name for name in _SETTINGS if name != "architectures")
_SAME_FOR_ALL = (1980, 1, 1, 0, 0, 0)  # the zip format's earliest time: equal code makes equal archives
_STATEMENT = ("action", "principal", "sourceAccount", "sourceArn", "qualifier", "principalOrgId")


def _create(client: AwsClient, inputs: Properties) -> Created:
    api = client.api("lambda", inputs)
    settings = to_api(operation(api, "CreateFunction").input_shape, _given(inputs, _SETTINGS))
    tags = {"Tags": inputs["tags"]} if inputs.get("tags") else {}
    api.create_function(FunctionName=inputs["name"], Code={"ZipFile": zipped(inputs["code"])}, **settings, **tags)
    return Created(inputs["name"], _outputs(client, inputs["name"], inputs))


def _read(client: AwsClient, identifier: str, state: Properties) -> Properties | None:
    api = client.api("lambda", state)
    answer = found(api.get_function, FunctionName=identifier)
    if answer is None:
        return None
    shape = operation(api, "GetFunction").output_shape.members["Configuration"]
    live = as_known(shape, answer["Configuration"], _given(state, _SETTINGS))
    if "loggingConfig" in state:
        live["loggingConfig"] = state["loggingConfig"]  # moto takes it and forgets it
    tags = answer.get("Tags") or None
    return live | {"name": identifier, "tags": tags} | _outputs(client, identifier, {**state, "tags": tags or {}})


def _update(client: AwsClient, identifier: str, old: Properties, new: Properties) -> Properties:
    api = client.api("lambda", new)
    if old["code"].digest() != new["code"].digest() or old.get("architectures") != new.get("architectures"):
        architectures = {"Architectures": new["architectures"]} if "architectures" in new else {}
        api.update_function_code(FunctionName=identifier, ZipFile=zipped(new["code"]), **architectures)
    settings = to_api(operation(api, "UpdateFunctionConfiguration").input_shape, _given(new, _OF_CONFIGURATION))
    api.update_function_configuration(FunctionName=identifier, **{"Description": "", **settings})
    arn = old["arn"]
    retag(
        old,
        new,
        lambda tags: api.tag_resource(Resource=arn, Tags=tags),
        lambda keys: api.untag_resource(Resource=arn, TagKeys=keys),
    )
    return _outputs(client, identifier, new)


def _delete(client: AwsClient, identifier: str, state: Properties) -> None:
    forget(client.api("lambda", state).delete_function, FunctionName=identifier)


def zipped(code: Archive) -> bytes:
    """The deployment package of an archive."""
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in code.files().items():
            entry = zipfile.ZipInfo(name, _SAME_FOR_ALL)
            entry.external_attr = 0o644 << 16  # readable for the user that Lambda runs the code as
            archive.writestr(entry, content)
    return package.getvalue()


def _given(inputs: Properties, names: tuple[str, ...]) -> Properties:
    return {name: inputs[name] for name in names if name in inputs}


def _outputs(client: AwsClient, name: str, inputs: Properties) -> Properties:
    live: Mapping[str, Any] = client.api("lambda", inputs).get_function(FunctionName=name)["Configuration"]
    arn = live["FunctionArn"]
    invoke = f"arn:{client.partition}:apigateway:{inputs['region']}:lambda:path/2015-03-31/functions"
    streaming = invoke.replace("2015-03-31", "2021-11-15")
    return {
        "arn": arn,
        "invokeArn": f"{invoke}/{arn}/invocations",
        "qualifiedArn": f"{arn}:{live['Version']}",
        "qualifiedInvokeArn": f"{invoke}/{arn}:{live['Version']}/invocations",
        "responseStreamingInvokeArn": f"{streaming}/{arn}/response-streaming-invocations",
        "codeSha256": live["CodeSha256"],
        "sourceCodeHash": live["CodeSha256"],
        "sourceCodeSize": live["CodeSize"],
        "lastModified": live["LastModified"],
        "version": live["Version"],
        "signingJobArn": live.get("SigningJobArn") or "",
        "signingProfileVersionArn": live.get("SigningProfileVersionArn") or "",
        "packageType": live["PackageType"],
        "memorySize": live["MemorySize"],
        "timeout": live["Timeout"],
        "tagsAll": inputs.get("tags", {}),
    }


def _add_permission(client: AwsClient, inputs: Properties) -> Created:
    api = client.api("lambda", inputs)
    statement = to_api(operation(api, "AddPermission").input_shape, _given(inputs, _STATEMENT))
    api.add_permission(FunctionName=inputs["function"], StatementId=inputs["statementId"], **statement)
    return Created(inputs["statementId"])


def _read_permission(client: AwsClient, identifier: str, state: Properties) -> Properties | None:
    qualifier = _qualifier(state)
    answer = found(client.api("lambda", state).get_policy, FunctionName=state["function"], **qualifier)
    statements = json.loads(answer["Policy"])["Statement"] if answer else []
    present = any(statement["Sid"] == identifier for statement in statements)
    return _given(state, ("function", "statementId", *_STATEMENT)) if present else None


def _remove_permission(client: AwsClient, identifier: str, state: Properties) -> None:
    api = client.api("lambda", state)
    forget(api.remove_permission, FunctionName=state["function"], StatementId=identifier, **_qualifier(state))


def _qualifier(state: Properties) -> dict[str, str]:
    return {"Qualifier": state["qualifier"]} if "qualifier" in state else {}


RESOURCES = (
    ResourceType(
        "aws:lambda/function:Function",
        arguments="pulumi_aws.lambda_:FunctionArgs",
        properties=frozenset({"name", "code", "region", "tags", *_SETTINGS}),
        computed=frozenset(
            {"arn", "invokeArn", "qualifiedArn", "qualifiedInvokeArn", "responseStreamingInvokeArn", "tagsAll"}
            | {"codeSha256", "sourceCodeHash", "sourceCodeSize", "lastModified", "version"}
            | {"signingJobArn", "signingProfileVersionArn"}
        ),
        replace_on=frozenset({"name", "region"}),
        auto_name=AutoName("name", longest=64),
        complete=complete_region_and_tags,
        create=_create,
        read=_read,
        update=_update,
        delete=_delete,
    ),
    ResourceType(
        "aws:lambda/permission:Permission",
        arguments="pulumi_aws.lambda_:PermissionArgs",
        properties=frozenset({"function", "statementId", "region", *_STATEMENT}),
        auto_name=AutoName("statementId", longest=100),
        complete=complete_region,
        create=_add_permission,
        read=_read_permission,
        delete=_remove_permission,
    ),
)
