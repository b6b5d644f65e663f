"""Stack files as tests write them: a good one with changes, loaded, or the mistakes that are named in it."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from settings import ConfigurationError, Settings, load

ROLE = "arn:aws:iam::210987654321:role/deployer"
OTHER_ACCOUNT = "210987654321"
FUNCTION = "arn:aws:lambda:us-west-2:123456789012:function:lookup"
OTHER_FUNCTION = f"arn:aws:lambda:us-west-2:{OTHER_ACCOUNT}:function:lookup"
ISSUER = "https://login.example.com/.well-known/openid-configuration"
TOOL = {"name": "lookup", "description": "Looks a city up", "inputSchema": {"type": "object", "properties": {}}}
GOOD: dict[str, Any] = {
    "aws:region": "us-west-2",
    "gateway": {"name": "demo"},
    "identityProviders": ["cognito"],
    "targets": [{"name": "echo", "type": "sample"}],
}
AUTH0 = {"auth0:domain": "tenant.us.auth0.com", "auth0:apiToken": "t"}
OKTA = {"okta:orgName": "acme", "okta:apiToken": "t"}
SECRET = {"auth0:apiToken", "auth0:clientSecret", "okta:apiToken", "key"}
#: Changes, the path of a mistake that they make, and a part of its sentence.
Bad: TypeAlias = tuple[dict[str, Any], str, str]


def target(**keys: Any) -> dict[str, Any]:
    return {"targets": [{"name": "tool", **keys}]}


def function(arn: str) -> dict[str, Any]:
    return target(type="lambda", functionArn=arn, tools=[TOOL])


def loaded(changes: dict[str, Any], project: Path = Path(), *, secrets: Collection[str] = SECRET) -> Settings:
    """The settings of the good stack file with these changes; None takes a key out. `secrets`: its encrypted keys."""
    values = {key: value for key, value in {**GOOD, **changes}.items() if value is not None}
    flat = {
        key if ":" in key else f"agentcore-auth:{key}": value if isinstance(value, str) else json.dumps(value)
        for key, value in values.items()
    }
    secret_keys = {key if ":" in key else f"agentcore-auth:{key}" for key in secrets}
    return load(flat, secret_keys=secret_keys, environment={}, project=project)


def mistakes(changes: dict[str, Any], project: Path = Path()) -> dict[str, str]:
    """Path -> sentence of every mistake that the changes make."""
    with pytest.raises(ConfigurationError) as failure:
        loaded(changes, project)
    return {mistake.path: mistake.sentence for mistake in failure.value.mistakes}


def each_of(rows: Sequence[Bad]) -> pytest.MarkDecorator:
    """Run the test for each of the rows."""
    return pytest.mark.parametrize(
        ("changes", "path", "sentence"), rows, ids=[f"{path} {part}" for _, path, part in rows]
    )


def assert_named(changes: dict[str, Any], path: str, sentence: str) -> None:
    """These changes make a mistake at this path, and its message has this part."""
    found = mistakes(changes)
    assert path in found, found
    assert sentence in found[path], found[path]
