"""Pulumi mocks that refuse what the plugins would refuse, and record what the program registered."""

from __future__ import annotations

import asyncio
import functools
import gc
import json
import re
import runpy
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast
from unittest.mock import patch

import pulumi
from pulumi.runtime import mocks, rpc

from tests.unit.project import PROJECT
from tests.unit.sdk_arguments import argument_class, faults

PROGRAM = PROJECT / "__main__.py"
ACCOUNT = "123456789012"
_PACKAGE = {"aws": "pulumi_aws", "auth0": "pulumi_auth0", "okta": "pulumi_okta"}
_FUNCTIONS: Mapping[str, dict[str, Any]] = {
    "aws:index/getPartition:getPartition": {"partition": "aws"},
    "aws:index/getCallerIdentity:getCallerIdentity": {"accountId": ACCOUNT},
    "okta:auth/getServer:getServer": {"id": "default", "audiences": ["api://default"]},
}


class RefusedError(Exception):
    """A resource type, function or property that no plugin has."""


@dataclass(frozen=True)
class Registered:
    """One resource as the program registered it; `inputs` in the protocol's spelling."""

    type: str
    name: str
    inputs: Mapping[str, Any]


@dataclass
class Recorder(mocks.Mocks):
    """Answers as an engine would whose providers create everything at once; remembers it."""

    functions: Mapping[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    resources: list[Registered] = field(default_factory=list[Registered])
    #: The stack's outputs, with what they resolve to.
    outputs: dict[str, Any] = field(default_factory=dict[str, Any])
    #: Outputs of resources that come back empty, as `Type.output`.
    hidden: tuple[str, ...] = ()

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        inputs = _plain(args.inputs)
        self.resources.append(Registered(args.typ, args.name, inputs))
        if args.typ.startswith(("agentcore-auth:", "pulumi:")):
            return "", inputs
        found = list(faults(_argument_class(args.typ), inputs))
        if found:
            raise RefusedError(f"{args.typ} {args.name}: {'; '.join(found)}")
        outputs = {**{key: value for key, value in inputs.items() if key != "code"}, **_computed(args.typ, args.name)}
        outputs |= {"name": inputs["name"]} if "name" in inputs else {}
        kind = args.typ.rsplit(":", 1)[1]
        return f"{args.name}-id", {
            key: "" if f"{kind}.{key}" in self.hidden else value for key, value in outputs.items()
        }

    def call(self, args: pulumi.runtime.MockCallArgs) -> Any:
        answers = {**_FUNCTIONS, **self.functions}
        if args.token not in answers:
            raise RefusedError(f"no answer for the function {args.token}")
        return answers[args.token]

    def export(self, name: str, value: Any) -> None:
        """Stands in for `pulumi.export`, which mocks keep to themselves."""
        pulumi.Output.from_input(value).apply(lambda known: self.outputs.update({name: known}))

    def all(self, type_: str) -> list[Registered]:
        """Every resource of the type whose token ends in this, such as `:Role`, by name: they arrive in any order."""
        found = (resource for resource in self.resources if resource.type.endswith(type_))
        return sorted(found, key=lambda resource: resource.name)

    def one(self, type_: str) -> Mapping[str, Any]:
        """The inputs of the only resource of this type."""
        found = self.all(type_)
        assert len(found) == 1, f"{len(found)} resources of type …{type_}: {[each.name for each in found]}"
        return found[0].inputs


def deploy(
    configuration: Mapping[str, Any],
    *,
    secrets: Mapping[str, str] | None = None,
    functions: Mapping[str, dict[str, Any]] | None = None,
    recorder: Recorder | None = None,
    program: Path = PROGRAM,
) -> Recorder:
    """Run a program, `__main__.py` as it is, on the mocks; keys without a namespace are the project's own."""
    recorder = recorder or Recorder()
    recorder.functions = functions or {}
    everything = {"aws:region": "us-west-2", **configuration, **(secrets or {})}
    flat = {
        key if ":" in key else f"agentcore-auth:{key}": value if isinstance(value, str) else json.dumps(value)
        for key, value in everything.items()
    }
    secret_keys = [key if ":" in key else f"agentcore-auth:{key}" for key in secrets or {}]
    # Other tests leave this thread without an event loop. It is the same for all runs of the program, because the SDK's
    # worker threads outlive one of them.
    asyncio.set_event_loop(event_loop())
    pulumi.runtime.set_mocks(recorder, project="agentcore-auth", stack="test", preview=False)
    pulumi.runtime.set_all_config(flat, secret_keys)

    @pulumi.runtime.test
    def run() -> None:
        with patch.object(pulumi, "export", recorder.export):
            runpy.run_path(str(program))

    try:
        run()
    finally:
        gc.enable()  # the program switches it off, for a process of its own
    return recorder


@functools.cache
def event_loop() -> asyncio.AbstractEventLoop:
    return asyncio.new_event_loop()


def _argument_class(token: str) -> type:
    """`aws:iam/role:Role` -> `pulumi_aws.iam.RoleArgs`; RefusedError for other packages."""
    found = re.fullmatch(r"(\w+):(\w+)/\w+:(\w+)", token)
    if not found or found[1] not in _PACKAGE:
        raise RefusedError(f"no plugin has the type {token}")
    module = {"index": "", "lambda": ".lambda_"}.get(found[2], f".{found[2]}")
    return argument_class(f"{_PACKAGE[found[1]]}{module}", f"{found[3]}Args")


def _plain(value: Any) -> Any:
    """Secrets without their wrapping, everything else as it is."""
    if isinstance(value, dict):
        properties = cast("dict[str, Any]", value)
        if properties.get(rpc._special_sig_key) == rpc._special_secret_sig:  # pyright: ignore[reportPrivateUsage]  the protocol's mark
            return _plain(properties["value"])
        return {key: _plain(inner) for key, inner in properties.items()}
    return [_plain(inner) for inner in cast("list[Any]", value)] if isinstance(value, list) else value


def _computed(token: str, name: str) -> dict[str, Any]:
    """What only the provider knows; each of these is in the SDK's outputs for the type."""
    kind = token.rsplit(":", 1)[1]
    region = "us-west-2"
    vault = f"arn:aws:bedrock-agentcore:{region}:{ACCOUNT}:token-vault/default"
    return {
        "Role": {"arn": f"arn:aws:iam::{ACCOUNT}:role/{name}", "name": name},
        "Policy": {"arn": f"arn:aws:iam::{ACCOUNT}:policy/{name}"},
        "Function": {"arn": f"arn:aws:lambda:{region}:{ACCOUNT}:function:{name}"},
        "LogGroup": {"arn": f"arn:aws:logs:{region}:{ACCOUNT}:log-group:{name}", "name": name},
        "LogDeliveryDestination": {"arn": f"arn:aws:logs:{region}:{ACCOUNT}:delivery-destination:{name}"},
        "UserPoolClient": {"clientSecret": f"secret of {name}"},
        "AgentcoreGateway": {
            "gatewayArn": f"arn:aws:bedrock-agentcore:{region}:{ACCOUNT}:gateway/{name}-0123456789",
            "gatewayId": f"{name}-0123456789",
            "gatewayUrl": f"https://{name}-0123456789.gateway.bedrock-agentcore.{region}.amazonaws.com/mcp",
        },
        "AgentcorePolicyEngine": {
            "policyEngineArn": f"arn:aws:bedrock-agentcore:{region}:{ACCOUNT}:policy-engine/{name}",
            "policyEngineId": f"{name}-engine",
        },
        "Client": {"clientId": f"{name}-client"},
        "ClientCredentials": {"clientSecret": f"secret of {name}"},
        "OAuth": {"clientId": f"{name}-client", "clientSecret": f"secret of {name}"},
        "AgentcoreApiKeyCredentialProvider": {
            "credentialProviderArn": f"{vault}/apikeycredentialprovider/{name}",
            "apiKeySecretArns": [{"secretArn": f"arn:aws:secretsmanager:{region}:{ACCOUNT}:secret:{name}"}],
        },
        "AgentcoreOauth2CredentialProvider": {
            "credentialProviderArn": f"{vault}/oauth2credentialprovider/{name}",
            "clientSecretArns": [{"secretArn": f"arn:aws:secretsmanager:{region}:{ACCOUNT}:secret:{name}"}],
        },
        "SecretVersion": {"secretArn": f"arn:aws:secretsmanager:{region}:{ACCOUNT}:secret:{name}"},
    }.get(kind, {})
