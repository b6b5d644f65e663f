"""IAM roles, their inline policies, managed policies, and the attachments of these to roles, users and groups."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

from sandbox.providers.aws.calls import forget, found, from_key_value_tags, key_value_tags, retag, same_document
from sandbox.providers.aws.client import AwsClient, complete_tags
from sandbox.providers.base import AutoName, Created, ResourceType
from sandbox.providers.values import Properties

_VERSIONS_OF_A_POLICY = 5


def _create_role(client: AwsClient, inputs: Properties) -> Created:
    request = {"RoleName": inputs["name"], "AssumeRolePolicyDocument": inputs["assumeRolePolicy"]}
    optional = {
        "Path": inputs.get("path"),
        "Description": inputs.get("description"),
        "MaxSessionDuration": inputs.get("maxSessionDuration"),
        "PermissionsBoundary": inputs.get("permissionsBoundary"),
        "Tags": key_value_tags(inputs["tags"]) if inputs.get("tags") else None,
    }
    given = {name: value for name, value in optional.items() if value is not None}
    role = client.api("iam").create_role(**request, **given)["Role"]
    return Created(inputs["name"], _role_outputs(role, inputs))


def _read_role(client: AwsClient, identifier: str, state: Properties) -> Properties | None:
    answer = found(client.api("iam").get_role, RoleName=identifier)
    if answer is None:
        return None
    role = answer["Role"]
    tags = from_key_value_tags(role.get("Tags", []))
    policy = same_document(state.get("assumeRolePolicy", ""), role["AssumeRolePolicyDocument"])
    live = {
        "name": role["RoleName"],
        "assumeRolePolicy": policy,
        "description": role.get("Description") or None,
        "permissionsBoundary": role.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn"),
        "tags": tags or None,
    }
    return live | _role_outputs(role, {"tags": tags})


def _update_role(client: AwsClient, identifier: str, old: Properties, new: Properties) -> Properties:
    iam = client.api("iam")
    if old.get("assumeRolePolicy") != new["assumeRolePolicy"]:
        iam.update_assume_role_policy(RoleName=identifier, PolicyDocument=new["assumeRolePolicy"])
    if (old.get("description"), old.get("maxSessionDuration")) != (
        new.get("description"),
        new.get("maxSessionDuration", 3600),
    ):
        seconds = new.get("maxSessionDuration", 3600)
        iam.update_role(RoleName=identifier, Description=new.get("description", ""), MaxSessionDuration=seconds)
    if "permissionsBoundary" in new:
        iam.put_role_permissions_boundary(RoleName=identifier, PermissionsBoundary=new["permissionsBoundary"])
    elif "permissionsBoundary" in old:
        iam.delete_role_permissions_boundary(RoleName=identifier)
    retag(
        old,
        new,
        lambda tags: iam.tag_role(RoleName=identifier, Tags=key_value_tags(tags)),
        lambda keys: iam.untag_role(RoleName=identifier, TagKeys=keys),
    )
    return _role_outputs(iam.get_role(RoleName=identifier)["Role"], new)


def _delete_role(client: AwsClient, identifier: str, state: Properties) -> None:
    del state
    forget(client.api("iam").delete_role, RoleName=identifier)


def _role_outputs(role: Mapping[str, Any], inputs: Properties) -> Properties:
    return {
        "arn": role["Arn"],
        "path": role["Path"],
        "uniqueId": role["RoleId"],
        "createDate": role["CreateDate"].isoformat(),
        "maxSessionDuration": role.get("MaxSessionDuration", 3600),
        "forceDetachPolicies": False,
        "tagsAll": inputs.get("tags", {}),
    }


def _put_role_policy(client: AwsClient, inputs: Properties) -> Created:
    client.api("iam").put_role_policy(
        RoleName=inputs["role"], PolicyName=inputs["name"], PolicyDocument=inputs["policy"]
    )
    return Created(f"{inputs['role']}:{inputs['name']}")


def _read_role_policy(client: AwsClient, identifier: str, state: Properties) -> Properties | None:
    role, _, name = identifier.partition(":")
    answer = found(client.api("iam").get_role_policy, RoleName=role, PolicyName=name)
    if answer is None:
        return None
    policy = same_document(state.get("policy", ""), answer["PolicyDocument"])
    return {"role": role, "name": name, "policy": policy}


def _update_role_policy(client: AwsClient, identifier: str, old: Properties, new: Properties) -> Properties:
    del identifier, old
    _put_role_policy(client, new)
    return {}


def _delete_role_policy(client: AwsClient, identifier: str, state: Properties) -> None:
    del state
    role, _, name = identifier.partition(":")
    forget(client.api("iam").delete_role_policy, RoleName=role, PolicyName=name)


def _create_policy(client: AwsClient, inputs: Properties) -> Created:
    optional = {
        "Path": inputs.get("path"),
        "Description": inputs.get("description"),
        "Tags": key_value_tags(inputs["tags"]) if inputs.get("tags") else None,
    }
    given = {name: value for name, value in optional.items() if value is not None}
    policy = client.api("iam").create_policy(PolicyName=inputs["name"], PolicyDocument=inputs["policy"], **given)
    return Created(policy["Policy"]["Arn"], _policy_outputs(policy["Policy"], inputs))


def _read_policy(client: AwsClient, identifier: str, state: Properties) -> Properties | None:
    answer = found(client.api("iam").get_policy, PolicyArn=identifier)
    if answer is None:
        return None
    policy = answer["Policy"]
    version = client.api("iam").get_policy_version(PolicyArn=identifier, VersionId=policy["DefaultVersionId"])
    tags = from_key_value_tags(policy.get("Tags", []))
    document = same_document(state.get("policy", ""), version["PolicyVersion"]["Document"])
    live = {"name": policy["PolicyName"], "policy": document, "tags": tags or None}
    return live | _policy_outputs(policy, {"tags": tags})


def _update_policy(client: AwsClient, identifier: str, old: Properties, new: Properties) -> Properties:
    iam = client.api("iam")
    if old.get("policy") != new["policy"]:
        versions = iam.list_policy_versions(PolicyArn=identifier)["Versions"]
        if len(versions) >= _VERSIONS_OF_A_POLICY:
            oldest = min((each for each in versions if not each["IsDefaultVersion"]), key=lambda v: v["CreateDate"])
            iam.delete_policy_version(PolicyArn=identifier, VersionId=oldest["VersionId"])
        iam.create_policy_version(PolicyArn=identifier, PolicyDocument=new["policy"], SetAsDefault=True)
    retag(
        old,
        new,
        lambda tags: iam.tag_policy(PolicyArn=identifier, Tags=key_value_tags(tags)),
        lambda keys: iam.untag_policy(PolicyArn=identifier, TagKeys=keys),
    )
    return _policy_outputs(iam.get_policy(PolicyArn=identifier)["Policy"], new)


def _delete_policy(client: AwsClient, identifier: str, state: Properties) -> None:
    del state
    iam = client.api("iam")
    versions = found(iam.list_policy_versions, PolicyArn=identifier) or {"Versions": []}
    for version in versions["Versions"]:
        if not version["IsDefaultVersion"]:
            iam.delete_policy_version(PolicyArn=identifier, VersionId=version["VersionId"])
    forget(iam.delete_policy, PolicyArn=identifier)


def _policy_outputs(policy: Mapping[str, Any], inputs: Properties) -> Properties:
    return {
        "arn": policy["Arn"],
        "path": policy["Path"],
        "policyId": policy["PolicyId"],
        "attachmentCount": policy["AttachmentCount"],
        "tagsAll": inputs.get("tags", {}),
    }


def _attach(kind: str, client: AwsClient, inputs: Properties) -> Created:
    call = getattr(client.api("iam"), f"attach_{kind}_policy")
    call(**{f"{kind.capitalize()}Name": inputs[kind], "PolicyArn": inputs["policyArn"]})
    return Created(f"{inputs[kind]}/{inputs['policyArn']}")


def _read_attachment(kind: str, client: AwsClient, identifier: str, state: Properties) -> Properties | None:
    del state
    owner, _, arn = identifier.partition("/")
    call = getattr(client.api("iam"), f"list_attached_{kind}_policies")
    answer = found(call, **{f"{kind.capitalize()}Name": owner})
    attached = [each["PolicyArn"] for each in answer["AttachedPolicies"]] if answer else []
    return {kind: owner, "policyArn": arn} if arn in attached else None


def _detach(kind: str, client: AwsClient, identifier: str, state: Properties) -> None:
    del state
    owner, _, arn = identifier.partition("/")
    call = getattr(client.api("iam"), f"detach_{kind}_policy")
    forget(call, **{f"{kind.capitalize()}Name": owner, "PolicyArn": arn})


def _attachment(kind: str) -> ResourceType[AwsClient]:
    name = f"{kind.capitalize()}PolicyAttachment"
    return ResourceType(
        f"aws:iam/{kind}PolicyAttachment:{name}",
        arguments=f"pulumi_aws.iam:{name}Args",
        properties=frozenset({kind, "policyArn"}),
        create=functools.partial(_attach, kind),
        read=functools.partial(_read_attachment, kind),
        delete=functools.partial(_detach, kind),
    )


RESOURCES = (
    ResourceType(
        "aws:iam/role:Role",
        arguments="pulumi_aws.iam:RoleArgs",
        properties=frozenset(
            {"name", "path", "assumeRolePolicy", "description", "maxSessionDuration", "permissionsBoundary", "tags"}
        ),
        computed=frozenset({"arn", "uniqueId", "createDate", "tagsAll"}),
        replace_on=frozenset({"name", "path"}),
        auto_name=AutoName("name", longest=64),
        complete=complete_tags,
        create=_create_role,
        read=_read_role,
        update=_update_role,
        delete=_delete_role,
    ),
    ResourceType(
        "aws:iam/rolePolicy:RolePolicy",
        arguments="pulumi_aws.iam:RolePolicyArgs",
        properties=frozenset({"name", "role", "policy"}),
        replace_on=frozenset({"name", "role"}),
        auto_name=AutoName("name", longest=128),
        create=_put_role_policy,
        read=_read_role_policy,
        update=_update_role_policy,
        delete=_delete_role_policy,
    ),
    ResourceType(
        "aws:iam/policy:Policy",
        arguments="pulumi_aws.iam:PolicyArgs",
        properties=frozenset({"name", "path", "description", "policy", "tags"}),
        computed=frozenset({"arn", "policyId", "attachmentCount", "tagsAll"}),
        replace_on=frozenset({"name", "path", "description"}),
        auto_name=AutoName("name", longest=128),
        complete=complete_tags,
        create=_create_policy,
        read=_read_policy,
        update=_update_policy,
        delete=_delete_policy,
    ),
    _attachment("role"),
    _attachment("user"),
    _attachment("group"),
)
