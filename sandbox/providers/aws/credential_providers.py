"""AgentCore Identity's credential providers: an API key, or an OAuth client of any issuer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.providers.aws.calls import forget, found, retag
from sandbox.providers.aws.client import AwsClient, complete_region_and_tags
from sandbox.providers.aws.shapes import operation, to_api
from sandbox.providers.base import AutoName, Created, ResourceType
from sandbox.providers.values import Properties

_SERVICE = "bedrock-agentcore-control"


def _create_api_key(client: AwsClient, inputs: Properties) -> Created:
    api = client.api(_SERVICE, inputs)
    made = api.create_api_key_credential_provider(name=inputs["name"], apiKey=inputs.get("apiKey", ""), **_tags(inputs))
    return Created(inputs["name"], _api_key_outputs(made, inputs))


def _read_api_key(client: AwsClient, identifier: str, state: Properties) -> Properties | None:
    live = found(client.api(_SERVICE, state).get_api_key_credential_provider, name=identifier)
    return None if live is None else {"name": identifier} | _api_key_outputs(live, state)


def _update_api_key(client: AwsClient, identifier: str, old: Properties, new: Properties) -> Properties:
    api = client.api(_SERVICE, new)
    live = api.update_api_key_credential_provider(name=identifier, apiKey=new.get("apiKey", ""))
    _retag(api, live, old, new)
    return _api_key_outputs(live, new)


def _delete_api_key(client: AwsClient, identifier: str, state: Properties) -> None:
    forget(client.api(_SERVICE, state).delete_api_key_credential_provider, name=identifier)


def _create_oauth(client: AwsClient, inputs: Properties) -> Created:
    api = client.api(_SERVICE, inputs)
    made = api.create_oauth2_credential_provider(name=inputs["name"], **_oauth_config(api, inputs), **_tags(inputs))
    return Created(inputs["name"], _oauth_outputs(made, inputs))


def _read_oauth(client: AwsClient, identifier: str, state: Properties) -> Properties | None:
    live = found(client.api(_SERVICE, state).get_oauth2_credential_provider, name=identifier)
    return None if live is None else {"name": identifier} | _oauth_outputs(live, state)


def _update_oauth(client: AwsClient, identifier: str, old: Properties, new: Properties) -> Properties:
    api = client.api(_SERVICE, new)
    live = api.update_oauth2_credential_provider(name=identifier, **_oauth_config(api, new))
    _retag(api, live, old, new)
    return _oauth_outputs(live, new)


def _delete_oauth(client: AwsClient, identifier: str, state: Properties) -> None:
    forget(client.api(_SERVICE, state).delete_oauth2_credential_provider, name=identifier)


def _oauth_config(api: Any, inputs: Properties) -> Properties:
    shape = operation(api, "CreateOauth2CredentialProvider").input_shape.members["oauth2ProviderConfigInput"]
    return {
        "credentialProviderVendor": inputs["credentialProviderVendor"],
        "oauth2ProviderConfigInput": to_api(shape, inputs.get("oauth2ProviderConfig", {}), "oauth2ProviderConfig"),
    }


def _api_key_outputs(live: Mapping[str, Any], inputs: Properties) -> Properties:
    return {
        "credentialProviderArn": live["credentialProviderArn"],
        "apiKeySecretArns": [{"secretArn": live["apiKeySecretArn"]["secretArn"]}],
        "tagsAll": inputs.get("tags", {}),
    }


def _oauth_outputs(live: Mapping[str, Any], inputs: Properties) -> Properties:
    return {
        "credentialProviderArn": live["credentialProviderArn"],
        "clientSecretArns": [{"secretArn": live["clientSecretArn"]["secretArn"]}],
        "callbackUrl": live["callbackUrl"],
        "tagsAll": inputs.get("tags", {}),
    }


def _tags(inputs: Properties) -> Properties:
    return {"tags": inputs["tags"]} if inputs.get("tags") else {}


def _retag(api: Any, live: Mapping[str, Any], old: Properties, new: Properties) -> None:
    arn = live["credentialProviderArn"]
    retag(
        old,
        new,
        lambda tags: api.tag_resource(resourceArn=arn, tags=tags),
        lambda keys: api.untag_resource(resourceArn=arn, tagKeys=keys),
    )


RESOURCES = (
    ResourceType(
        "aws:bedrock/agentcoreApiKeyCredentialProvider:AgentcoreApiKeyCredentialProvider",
        arguments="pulumi_aws.bedrock:AgentcoreApiKeyCredentialProviderArgs",
        properties=frozenset({"name", "apiKey", "region", "tags"}),
        computed=frozenset({"credentialProviderArn", "apiKeySecretArns", "tagsAll"}),
        replace_on=frozenset({"name", "region"}),
        secret_outputs=frozenset({"apiKey"}),
        auto_name=AutoName("name", longest=128),
        complete=complete_region_and_tags,
        create=_create_api_key,
        read=_read_api_key,
        update=_update_api_key,
        delete=_delete_api_key,
    ),
    ResourceType(
        "aws:bedrock/agentcoreOauth2CredentialProvider:AgentcoreOauth2CredentialProvider",
        arguments="pulumi_aws.bedrock:AgentcoreOauth2CredentialProviderArgs",
        properties=frozenset({"name", "credentialProviderVendor", "oauth2ProviderConfig", "region", "tags"}),
        computed=frozenset({"credentialProviderArn", "clientSecretArns", "callbackUrl", "tagsAll"}),
        replace_on=frozenset({"name", "credentialProviderVendor", "region"}),
        secret_outputs=frozenset({"oauth2ProviderConfig"}),
        auto_name=AutoName("name", longest=128),
        complete=complete_region_and_tags,
        create=_create_oauth,
        read=_read_oauth,
        update=_update_oauth,
        delete=_delete_oauth,
    ),
)
