"""Cognito user pools, their resource servers, clients and domains, and the lookup of a pool that exists."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.providers.aws.calls import forget, found
from sandbox.providers.aws.client import AwsClient, complete_region, complete_region_and_tags
from sandbox.providers.aws.shapes import as_known, operation, to_api
from sandbox.providers.base import AutoName, Created, FunctionType, ProviderError, ResourceType
from sandbox.providers.values import Properties

_POOL_SETTINGS = ("deletionProtection", "userPoolTier", "adminCreateUserConfig", "accountRecoverySetting")
_CLIENT_SETTINGS = (
    "accessTokenValidity",
    "allowedOauthFlows",
    "allowedOauthFlowsUserPoolClient",
    "allowedOauthScopes",
    "enableTokenRevocation",
    "explicitAuthFlows",
    "idTokenValidity",
    "preventUserExistenceErrors",
    "refreshTokenValidity",
    "supportedIdentityProviders",
    "tokenValidityUnits",
)


def _settings(api: Any, operation_name: str, inputs: Properties, names: tuple[str, ...]) -> Properties:
    shape = operation(api, operation_name).input_shape
    return to_api(shape, {name: inputs[name] for name in names if name in inputs})


def _create_pool(client: AwsClient, inputs: Properties) -> Created:
    api = client.api("cognito-idp", inputs)
    settings = _settings(api, "CreateUserPool", inputs, _POOL_SETTINGS)
    tags = {"UserPoolTags": inputs["tags"]} if inputs.get("tags") else {}
    pool = api.create_user_pool(PoolName=inputs["name"], **settings, **tags)["UserPool"]
    return Created(pool["Id"], _pool_outputs(pool, inputs))


def _read_pool(client: AwsClient, identifier: str, state: Properties) -> Properties | None:
    api = client.api("cognito-idp", state)
    answer = found(api.describe_user_pool, UserPoolId=identifier)
    if answer is None:
        return None
    pool = answer["UserPool"]
    known = {name: state[name] for name in _POOL_SETTINGS if name in state}
    live = as_known(operation(api, "DescribeUserPool").output_shape.members["UserPool"], pool, known)
    tags = pool.get("UserPoolTags") or None
    return live | {"name": pool["Name"], "tags": tags} | _pool_outputs(pool, {**state, "tags": tags or {}})


def _update_pool(client: AwsClient, identifier: str, old: Properties, new: Properties) -> Properties:
    del old
    api = client.api("cognito-idp", new)
    settings = _settings(api, "UpdateUserPool", new, _POOL_SETTINGS)
    tags = new.get("tags", {})
    api.update_user_pool(UserPoolId=identifier, PoolName=new["name"], UserPoolTags=tags, **settings)
    return _pool_outputs(api.describe_user_pool(UserPoolId=identifier)["UserPool"], new)


def _delete_pool(client: AwsClient, identifier: str, state: Properties) -> None:
    forget(client.api("cognito-idp", state).delete_user_pool, UserPoolId=identifier)


def _pool_outputs(pool: Mapping[str, Any], inputs: Properties) -> Properties:
    return {
        "arn": pool["Arn"],
        "creationDate": pool["CreationDate"].isoformat(),
        "lastModifiedDate": pool["LastModifiedDate"].isoformat(),
        "endpoint": f"cognito-idp.{inputs['region']}.amazonaws.com/{pool['Id']}",
        "estimatedNumberOfUsers": pool.get("EstimatedNumberOfUsers", 0),
        "domain": pool.get("Domain", ""),
        "customDomain": pool.get("CustomDomain", ""),
        "deletionProtection": pool.get("DeletionProtection", "INACTIVE"),
        "tagsAll": inputs.get("tags", {}),
    }


def _create_resource_server(client: AwsClient, inputs: Properties) -> Created:
    api = client.api("cognito-idp", inputs)
    api.create_resource_server(**_resource_server(api, inputs))
    return Created(f"{inputs['userPoolId']}|{inputs['identifier']}", _scope_identifiers(inputs))


def _read_resource_server(client: AwsClient, identifier: str, state: Properties) -> Properties | None:
    api = client.api("cognito-idp", state)
    pool, _, name = identifier.partition("|")
    answer = found(api.describe_resource_server, UserPoolId=pool, Identifier=name)
    if answer is None:
        return None
    live = answer["ResourceServer"]
    scopes = [
        {"scopeName": each["ScopeName"], "scopeDescription": each["ScopeDescription"]}
        for each in live.get("Scopes", [])
    ]
    seen = {"userPoolId": pool, "identifier": name, "name": live["Name"], "scopes": scopes or None}
    return seen | _scope_identifiers({"identifier": name, "scopes": scopes})


def _update_resource_server(client: AwsClient, identifier: str, old: Properties, new: Properties) -> Properties:
    del identifier, old
    api = client.api("cognito-idp", new)
    api.update_resource_server(**_resource_server(api, new))
    return _scope_identifiers(new)


def _delete_resource_server(client: AwsClient, identifier: str, state: Properties) -> None:
    pool, _, name = identifier.partition("|")
    forget(client.api("cognito-idp", state).delete_resource_server, UserPoolId=pool, Identifier=name)


def _resource_server(api: Any, inputs: Properties) -> Properties:
    names = ("userPoolId", "identifier", "name", "scopes")
    return _settings(api, "CreateResourceServer", inputs, names)


def _scope_identifiers(inputs: Properties) -> Properties:
    scopes = inputs.get("scopes") or []
    return {"scopeIdentifiers": [f"{inputs['identifier']}/{scope['scopeName']}" for scope in scopes]}


def _create_client(client: AwsClient, inputs: Properties) -> Created:
    api = client.api("cognito-idp", inputs)
    settings = _settings(api, "CreateUserPoolClient", inputs, ("userPoolId", "generateSecret", *_CLIENT_SETTINGS))
    made = api.create_user_pool_client(ClientName=inputs["name"], **settings)["UserPoolClient"]
    return Created(made["ClientId"], {"clientSecret": made.get("ClientSecret", "")})


def _read_client(client: AwsClient, identifier: str, state: Properties) -> Properties | None:
    api = client.api("cognito-idp", state)
    answer = found(api.describe_user_pool_client, UserPoolId=state["userPoolId"], ClientId=identifier)
    if answer is None:
        return None
    live = answer["UserPoolClient"]
    known = {name: state[name] for name in _CLIENT_SETTINGS if name in state}
    shape = operation(api, "DescribeUserPoolClient").output_shape.members["UserPoolClient"]
    return as_known(shape, live, known) | {"name": live["ClientName"], "clientSecret": live.get("ClientSecret", "")}


def _update_client(client: AwsClient, identifier: str, old: Properties, new: Properties) -> Properties:
    del old
    api = client.api("cognito-idp", new)
    settings = _settings(api, "UpdateUserPoolClient", new, ("userPoolId", *_CLIENT_SETTINGS))
    api.update_user_pool_client(ClientId=identifier, ClientName=new["name"], **settings)
    return {}


def _delete_client(client: AwsClient, identifier: str, state: Properties) -> None:
    api = client.api("cognito-idp", state)
    forget(api.delete_user_pool_client, UserPoolId=state["userPoolId"], ClientId=identifier)


def _create_domain(client: AwsClient, inputs: Properties) -> Created:
    api = client.api("cognito-idp", inputs)
    api.create_user_pool_domain(Domain=inputs["domain"], UserPoolId=inputs["userPoolId"])
    live = _domain(api, inputs["domain"])
    if live is None:
        raise ProviderError(f"domain {inputs['domain']} is gone right after its creation")
    return Created(inputs["domain"], live | {"awsAccountId": client.account})


def _read_domain(client: AwsClient, identifier: str, state: Properties) -> Properties | None:
    live = _domain(client.api("cognito-idp", state), identifier)
    return None if live is None else live | {"awsAccountId": client.account}


def _delete_domain(client: AwsClient, identifier: str, state: Properties) -> None:
    api = client.api("cognito-idp", state)
    forget(api.delete_user_pool_domain, Domain=identifier, UserPoolId=state["userPoolId"])


def _domain(api: Any, domain: str) -> Properties | None:
    live = api.describe_user_pool_domain(Domain=domain)["DomainDescription"]
    if not live:
        return None
    return {
        "domain": domain,
        "userPoolId": live["UserPoolId"],
        "cloudfrontDistribution": live["CloudFrontDistribution"],
        "cloudfrontDistributionArn": live["CloudFrontDistribution"],
        "cloudfrontDistributionZoneId": "Z2FDTNDATAQYW2",  # of every CloudFront distribution
        "s3Bucket": live.get("S3Bucket") or "",
        "version": live.get("Version") or "",
    }


def _get_pool(client: AwsClient, inputs: Properties) -> Properties:
    api = client.api("cognito-idp", inputs)
    answer = found(api.describe_user_pool, UserPoolId=inputs["userPoolId"])
    if answer is None:
        raise ProviderError(f"user pool {inputs['userPoolId']} does not exist in {api.meta.region_name}")
    pool = answer["UserPool"]
    return {
        "id": pool["Id"],
        "userPoolId": pool["Id"],
        "name": pool["Name"],
        "arn": pool["Arn"],
        "domain": pool.get("Domain", ""),
        "customDomain": pool.get("CustomDomain", ""),
        "deletionProtection": pool.get("DeletionProtection", "INACTIVE"),
        "creationDate": pool["CreationDate"].isoformat(),
        "lastModifiedDate": pool["LastModifiedDate"].isoformat(),
        "estimatedNumberOfUsers": pool.get("EstimatedNumberOfUsers", 0),
        "mfaConfiguration": pool.get("MfaConfiguration", "OFF"),
        "region": api.meta.region_name,
        "tags": pool.get("UserPoolTags", {}),
        "userPoolTags": pool.get("UserPoolTags", {}),
    }


RESOURCES = (
    ResourceType(
        "aws:cognito/userPool:UserPool",
        arguments="pulumi_aws.cognito:UserPoolArgs",
        properties=frozenset({"name", "region", "tags", *_POOL_SETTINGS}),
        computed=frozenset(
            {"arn", "creationDate", "lastModifiedDate", "endpoint", "estimatedNumberOfUsers", "domain", "customDomain"}
            | {"tagsAll"}
        ),
        replace_on=frozenset({"region"}),
        auto_name=AutoName("name", longest=128),
        complete=complete_region_and_tags,
        create=_create_pool,
        read=_read_pool,
        update=_update_pool,
        delete=_delete_pool,
    ),
    ResourceType(
        "aws:cognito/resourceServer:ResourceServer",
        arguments="pulumi_aws.cognito:ResourceServerArgs",
        properties=frozenset({"userPoolId", "identifier", "name", "scopes", "region"}),
        computed=frozenset({"scopeIdentifiers"}),
        replace_on=frozenset({"userPoolId", "identifier", "region"}),
        auto_name=AutoName("name", longest=255),
        complete=complete_region,
        create=_create_resource_server,
        read=_read_resource_server,
        update=_update_resource_server,
        delete=_delete_resource_server,
    ),
    ResourceType(
        "aws:cognito/userPoolClient:UserPoolClient",
        arguments="pulumi_aws.cognito:UserPoolClientArgs",
        properties=frozenset({"userPoolId", "name", "generateSecret", "region", *_CLIENT_SETTINGS}),
        computed=frozenset({"clientSecret"}),
        replace_on=frozenset({"userPoolId", "generateSecret", "region"}),
        secret_outputs=frozenset({"clientSecret"}),
        auto_name=AutoName("name", longest=128),
        complete=complete_region,
        create=_create_client,
        read=_read_client,
        update=_update_client,
        delete=_delete_client,
    ),
    ResourceType(
        "aws:cognito/userPoolDomain:UserPoolDomain",
        arguments="pulumi_aws.cognito:UserPoolDomainArgs",
        properties=frozenset({"userPoolId", "domain", "region"}),
        computed=frozenset(
            {"awsAccountId", "cloudfrontDistribution", "cloudfrontDistributionArn", "cloudfrontDistributionZoneId"}
            | {"s3Bucket", "version"}
        ),
        complete=complete_region,
        create=_create_domain,
        read=_read_domain,
        delete=_delete_domain,
    ),
)
FUNCTIONS = (FunctionType("aws:cognito/getUserPool:getUserPool", frozenset({"userPoolId", "region"}), _get_pool),)
