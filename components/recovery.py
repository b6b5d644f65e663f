"""What to do about a resource that may exist although the state does not have it: the answer to its creation was lost.

Pulumi passes on what the service said and forgets the resource; the next deployment would make a second one, or be told
that the name is taken. A program that calls `explain_lost_answers` is told as well how the one that exists is taken in.
"""

from __future__ import annotations

import json
import re
import shlex
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pulumi
from pulumi.runtime.mocks import MockMonitor
from pulumi.runtime.proto.resource_pb2 import RESOURCE_MONITOR_FEATURE_ERROR_HOOKS
from pulumi.runtime.settings import get_monitor, monitor_supports_feature

Outcome = Literal["refused", "exists", "unknown"]

_EXISTS = re.compile(
    r"already (exists|in use)|AlreadyExists|ResourceExists|(Resource)?Conflict(Exception)?\b|\b409\b", re.IGNORECASE
)
_UNKNOWN = re.compile(
    r"\bEOF\b|StatusCode: (0|5\d\d)\b|(?<![\d,.])50[0234]\b|connection reset|broken pipe|request send failed|"
    r"time(d )?out|deadline exceeded|Internal(Server|Failure|Error|Service)|ServiceUnavailable|transport is closing",
    re.IGNORECASE,
)
_NAMES = ("name", "domain", "identifier", "label", "statementId")
"""Inputs that a service shows as a resource's name."""
_IDS: Mapping[str, str] = {
    "aws:bedrock/agentcoreApiKeyCredentialProvider:AgentcoreApiKeyCredentialProvider": "{name}",
    "aws:bedrock/agentcoreGatewayTarget:AgentcoreGatewayTarget": "{gatewayIdentifier},ID",
    "aws:bedrock/agentcoreOauth2CredentialProvider:AgentcoreOauth2CredentialProvider": "{name}",
    "aws:cloudwatch/logGroup:LogGroup": "{name}",
    "aws:cognito/resourceServer:ResourceServer": "{userPoolId}|{identifier}",
    "aws:cognito/userPoolClient:UserPoolClient": "{userPoolId}/ID",
    "aws:cognito/userPoolDomain:UserPoolDomain": "{domain}",
    "aws:iam/groupPolicyAttachment:GroupPolicyAttachment": "{group}/{policyArn}",
    "aws:iam/role:Role": "{name}",
    "aws:iam/rolePolicy:RolePolicy": "{role}:{name}",
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": "{role}/{policyArn}",
    "aws:iam/userPolicyAttachment:UserPolicyAttachment": "{user}/{policyArn}",
    "aws:lambda/function:Function": "{name}",
    "aws:lambda/permission:Permission": "{function}/{statementId}",
    "aws:secretsmanager/secretVersion:SecretVersion": "{secretId}|ID",
    "auth0:index/clientCredentials:ClientCredentials": "{clientId}",
    "auth0:index/resourceServerScopes:ResourceServerScopes": "{resourceServerIdentifier}",
    "okta:auth/serverClaim:ServerClaim": "{authServerId}/ID",
    "okta:auth/serverPolicy:ServerPolicy": "{authServerId}/ID",
    "okta:auth/serverPolicyRule:ServerPolicyRule": "{authServerId}/{policyId}/ID",
    "okta:auth/serverScope:ServerScope": "{authServerId}/ID",
}
"""Import ids by type (each type's page in the Pulumi registry, section "Import"): inputs, and ID for what only the
service knows. Of other types, that is all."""
_TOLD_ONCE = frozenset({"okta:app/oAuth:OAuth"})
"""Types whose secret the service tells only when it makes one: what nobody heard is of no use."""


@dataclass(frozen=True)
class Creation:
    """A resource that was to be created: its type, logical name, inputs, and the URNs of parent and provider."""

    kind: str
    name: str
    inputs: Mapping[str, Any]
    parent: str | None = None
    provider: str | None = None
    """None: the default one."""


def explain_lost_answers() -> None:
    """Have every resource that this program registers from now on explain a creation that may have succeeded.

    Without effect where nothing is created (a preview), where there is no state to take anything into (the SDK's mock
    monitor), and on an engine that knows no error hooks.
    """
    if pulumi.runtime.is_dry_run() or isinstance(get_monitor(), MockMonitor):
        return
    if not monitor_supports_feature(RESOURCE_MONITOR_FEATURE_ERROR_HOOKS):
        return
    options: dict[tuple[str, str], pulumi.ResourceOptions] = {}

    async def explain(failed: Any) -> bool:
        if failed.failed_operation == "create":
            given = options.get((failed.type, failed.name), pulumi.ResourceOptions())
            parent = await given.parent.urn.future() if given.parent else None
            provider = await given.provider.urn.future() if given.provider else None
            creation = Creation(failed.type, failed.name, failed.new_inputs or {}, parent, provider)
            if advice := advise(creation, failed.errors, pulumi.get_stack()):
                pulumi.log.error(advice)
        return False

    hook = pulumi.ErrorHook("explain-lost-answers", explain)
    hooks = pulumi.ResourceOptions(hooks=pulumi.ResourceHookBinding(on_error=[hook]))

    def watch(made: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult | None:
        if not isinstance(made.resource, pulumi.CustomResource):
            return None
        options[made.type_, made.name] = made.opts
        return pulumi.ResourceTransformationResult(made.props, pulumi.ResourceOptions.merge(made.opts, hooks))

    pulumi.runtime.register_stack_transformation(watch)


def outcome(errors: Sequence[str]) -> Outcome:
    """What the errors of a creation, newest first, say of the resource: not made, there already, or nobody knows."""
    newest = errors[0] if errors else ""
    if _EXISTS.search(newest):
        return "exists"
    return "unknown" if _UNKNOWN.search(newest) else "refused"


def import_id(kind: str, inputs: Mapping[str, Any]) -> str:
    """The id by which `pulumi import` finds a resource; ID stands for what only the service knows."""
    known = {name: value if isinstance(value, str) else "ID" for name, value in inputs.items()}
    return re.sub(r"\{(\w+)\}", lambda part: known.get(part[1], "ID"), _IDS.get(kind, "ID"))


def advise(creation: Creation, errors: Sequence[str], stack: str) -> str | None:
    """What to do about a creation that failed with these errors; None where the service refused it."""
    found = outcome(errors)
    if found == "refused":
        return None
    name, inputs, shown = creation.name, creation.inputs, _shown(creation)
    if creation.kind in _TOLD_ONCE:
        return f"{name}: if {shown} is there, delete it before you deploy again: its secret was told once, to nobody"
    identifier = import_id(creation.kind, inputs)
    if found == "exists":
        said = f"{name}: if an interrupted deployment made this {shown}, take it into the stack, and deploy again"
    else:
        said = f"{name}: nobody knows whether {shown} was made. If it exists, take it in before you deploy again"
    placed = ", with its id for ID" if re.search(r"\bID\b", identifier) else ""
    command = ["pulumi", "import", "--stack", stack, creation.kind, name, identifier]
    command += ["--parent", f"parent={creation.parent}"] if creation.parent else []
    command += ["--provider", f"provider={creation.provider}"] if creation.provider else []
    return f"{said}{placed}:\n  {shlex.join(command)} --protect=false --generate-code=false"


def _shown(creation: Creation) -> str:
    """The name under which the service shows the resource."""
    names = (creation.inputs.get(each) for each in _NAMES)
    return next((name for name in names if isinstance(name, str)), creation.name)


def advise_on_pending(deployment: Mapping[str, Any], stack: str) -> list[str]:
    """The same for every creation that a killed CLI has left pending in a deployment, as `stack export` gives it."""
    there = {each["urn"] for each in deployment.get("resources") or []}
    pending = [each["resource"] for each in deployment.get("pending_operations") or [] if each["type"] == "creating"]
    begun = [each for each in pending if each.get("custom")]
    advice = [advise(_creation_of(each), ["EOF"], stack) for each in begun if each["urn"] not in there]
    return [each for each in advice if each] + [
        f"{_creation_of(each).name}: its replacement was begun; if {_shown(_creation_of(each))} exists, delete it"
        for each in begun
        if each["urn"] in there
    ]


def _creation_of(state: Mapping[str, Any]) -> Creation:
    provider = str(state.get("provider", "")).rpartition("::")[0]
    is_default = provider.rpartition("::")[2].startswith("default")
    name = str(state["urn"]).rpartition("::")[2]
    return Creation(state["type"], name, state.get("inputs", {}), state.get("parent"), None if is_default else provider)


def main() -> int:
    """Print the advice on a stack: `pulumi stack export --stack dev | python -m components.recovery dev`."""
    try:
        advice = advise_on_pending(json.load(sys.stdin)["deployment"], *sys.argv[1:])
    except (ValueError, TypeError, KeyError, AttributeError):
        sys.stderr.write("usage: pulumi stack export --stack dev | python -m components.recovery dev\n")
        return 2
    sys.stdout.write("".join(f"{each}\n" for each in advice) or "no creation is pending\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
