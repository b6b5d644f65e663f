"""Every IAM document of a stack, without deploying it and without asking AWS: `python -m configuration.policies`.

With `--pipeline OWNER/NAME` the two roles that the workflows of that repository assume, instead. What only the
deployment knows stands in angle brackets: the account (unless `--account` says it), and the endings that Pulumi and AWS
add to names.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any

import yaml
from pydantic import TypeAdapter, ValidationError

from agentcore_auth import iam
from agentcore_auth.cli.parsing import Parser
from agentcore_auth.files import UnreadableError
from agentcore_auth.iam import deployment
from agentcore_auth.iam.pipeline import State, role_documents
from configuration import forms
from configuration.section import PROJECT as PROJECT_NAME
from configuration.stack_file import read_settings
from settings import ConfigurationError, Settings

PROJECT = Path(__file__).parents[1]
UNKNOWN_ACCOUNT = "<account>"
# IAM's quota for a managed policy, in characters without white space.
MANAGED_POLICY_CHARACTERS = 6144


def expected_scope(region: str, account: str = UNKNOWN_ACCOUNT) -> iam.AwsScope:
    """Where the stack will be, as far as its configuration tells."""
    return iam.AwsScope(iam.partition_of(region), account, region)


def documents(settings: Settings, scope: iam.AwsScope) -> dict[str, iam.Document]:
    """Title -> IAM document, for everything that the stack sets up or asks others to set up."""
    names = list(settings.gateway_names.values())
    role_arn = _role_arn(settings, scope)
    role = f"Execution role {role_arn.rpartition('/')[2]}"
    asked = [each for target in settings.targets for each in target.permissions(scope, settings.gateway.name)]
    asked += settings.permissions
    upkeep = _upkeep(settings, scope)
    may = iam.document(iam.execution_statements(scope, names, asked, settings.mode))
    found = {
        f"{role}: who may assume it": iam.trust_policy(scope, names, settings.mode),
        f"{role}: what it may do": _patterned(may) if settings.execution_role.arn else may,
        "Caller policy: administer and call the gateways": iam.caller_policy(
            scope, names, role_arn, settings.mode, upkeep, settings.caller_statements(scope)
        ),
    }
    for target in settings.targets:
        found |= target.policies(scope, settings.gateway.name)
    if key := settings.gateway.kms_key_arn:
        found[f"Key {key}: its own policy, unless it leaves access to IAM"] = iam.document(
            iam.key_policy_statements(scope, names, role_arn)
        )
    sid = iam.cross_account_sid(settings.gateway.name, settings.mode)
    for arn in settings.foreign_functions(scope.account):
        title = f"Function {arn}: its own policy, unless it belongs to the gateways' account"
        found[title] = iam.document([iam.cross_account_statement(arn, role_arn, sid)])
    for account, access in settings.cross_account.items():
        theirs = [arn for arn in settings.foreign_functions(scope.account) if iam.account_of(arn) == account]
        functions = iam.distinct([*theirs, *(":".join(arn.split(":")[:7]) for arn in theirs)])  # without an alias, too
        found[f"Role {access.assume_role_arn}: what it may do there"] = iam.document(
            [iam.allow("WriteFunctionPolicies", iam.FUNCTION_POLICY_ACTIONS, functions)]
        )
    found["Whoever deploys the stack"] = deployment_policy(settings, scope)
    return found


def deployment_policy(settings: Settings, scope: iam.AwsScope) -> iam.Document:
    """What deploying, changing and removing this stack asks of AWS."""
    role_arn = _role_arn(settings, scope)
    name, names = settings.gateway.name, list(settings.gateway_names.values())
    attach_to = settings.callers.attach_to
    parts: list[Iterable[iam.Statement]] = [
        deployment.gateways(scope, names, role_arn, replace(_upkeep(settings, scope), buckets=())),
        deployment.caller_policy(
            scope, name, {"Role": attach_to.roles, "User": attach_to.users, "Group": attach_to.groups}
        ),
    ]
    if not settings.execution_role.arn:
        parts.append(deployment.execution_role(role_arn, settings.execution_role.permissions_boundary_arn))
    parts += [settings.caller_statements(scope)]
    if settings.access:
        wildcards = any(not own.policy.actions for own in settings.own_policies)
        parts.append(deployment.policy_engines(scope, names, has_wildcards=wildcards))
    if logs := settings.gateway.logs:
        alarm = bool(logs.alarm_topic_arn)
        parts.append(deployment.gateway_logs(scope, names, traces=logs.traces, alarm=alarm))
    parts += [target.deployment_statements(scope, name) for target in settings.targets]
    parts += [provider.deployment_statements(scope) for provider in settings.providers.values()]
    if settings.client_secrets == "secretsManager":
        parts.append(deployment.client_secrets(scope, names))
    accounts = {iam.account_of(arn) for arn in settings.foreign_functions(scope.account)}
    roles = [found.assume_role_arn for account, found in settings.cross_account.items() if account in accounts]
    parts.append(deployment.other_accounts(roles))
    return _patterned(iam.document(iam.merged(chain.from_iterable(parts))))


def _upkeep(settings: Settings, scope: iam.AwsScope) -> iam.Upkeep:
    synchronized = (target for target in settings.targets if target.synchronized)
    return settings.upkeep.having(
        each for target in synchronized for each in target.permissions(scope, settings.gateway.name)
    )


def _patterned(found: iam.Document) -> iam.Document:
    """For those who grant it before there is a deployment: patterns in place of the endings that it gives to names."""
    return json.loads(json.dumps(found).replace("<assigned>", "*"))


def _role_arn(settings: Settings, scope: iam.AwsScope) -> str:
    made = iam.execution_role_arn(scope, settings.execution_role.path, settings.gateway.name)
    return settings.execution_role.arn or made


def render(found: Mapping[str, iam.Document]) -> str:
    """The documents as text: a title with a number sign before each, and a word where one outgrows a managed policy."""
    parts: list[str] = []
    for title, document in found.items():
        size = len(json.dumps(document, separators=(",", ":")))
        over = size > MANAGED_POLICY_CHARACTERS
        note = (
            f"\n# {size:,} characters; a managed policy holds {MANAGED_POLICY_CHARACTERS:,}: split it" if over else ""
        )
        parts.append(f"# {title}{note}\n{json.dumps(document, indent=2)}\n")
    return "\n".join(parts)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; 0, or 1 after a message about the stack file. Raises SystemExit for wrong use."""
    options = _options(arguments)
    path: Path = options.file or PROJECT / f"Pulumi.{options.stack}.yaml"
    try:
        settings, _ = read_settings(path, PROJECT)
    except (ConfigurationError, yaml.YAMLError) as error:
        sys.stderr.write(f"{path.name}: {error}\n")
        return 1
    except UnreadableError as error:
        begin = f"cp examples/Pulumi.cognito.yaml {path.name}"
        absent = f"there is no {path.name} in {path.parent}: name another stack, or begin with {begin}"
        sys.stderr.write(f"{error if path.exists() else absent}\n")
        return 1
    scope = expected_scope(settings.region, options.account or UNKNOWN_ACCOUNT)
    sys.stdout.write(render(_pipeline(settings, scope, options) if options.pipeline else documents(settings, scope)))
    return 0


def _pipeline(settings: Settings, scope: iam.AwsScope, options: argparse.Namespace) -> dict[str, iam.Document]:
    stack = options.stack or options.file.name.removeprefix("Pulumi.").removesuffix(".yaml")
    return role_documents(
        scope,
        deployment_policy(settings, scope),
        State(PROJECT_NAME, stack, options.state_bucket, options.state_key),
        repositories=options.pipeline,
        branch=options.branch,
    )


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = Parser(prog="python -m configuration.policies", description=(__doc__ or "").partition("\n")[0])
    chosen = parser.add_mutually_exclusive_group(required=True)
    chosen.add_argument("--stack", help="a stack's name: the configuration is in Pulumi.<name>.yaml")
    chosen.add_argument("--file", type=Path, help="a stack file elsewhere, such as examples/Pulumi.okta.yaml")
    parser.add_argument("--account", type=_account, metavar="ID", help="the account id to put into ARNs")
    pipeline = parser.add_argument_group("the roles of GitHub's workflows, instead of the stack's own documents")
    pipeline.add_argument(
        "--pipeline",
        type=_repository,
        action="append",
        metavar="OWNER/NAME",
        help="the repository on GitHub, as its tokens' subjects have it: with ids, OWNER@ID/NAME@ID, where "
        "`gh api repos/OWNER/NAME/actions/oidc/customization/sub` shows them; twice for both forms",
    )
    pipeline.add_argument("--branch", default="main", help="the branch that deployments and drift checks run on")
    pipeline.add_argument("--state-bucket", type=_bucket, metavar="NAME", help="the bucket of `pulumi login s3://…`")
    pipeline.add_argument("--state-key", type=_key, metavar="ARN", help="the key of `--secrets-provider awskms://…`")
    options = parser.parse_args(arguments)
    if options.pipeline and not options.account:
        parser.error("--pipeline needs --account: these documents are of no use without the account's id")
    return options


def _form(form: Any, what: str) -> Callable[[str], str]:
    """A check of an argument by the form that the stack file's keys have: a wildcard would reach further."""

    def check(text: str) -> str:
        try:
            return TypeAdapter[str](form).validate_python(text)
        except ValidationError:
            raise argparse.ArgumentTypeError(f"{text!r} is no {what}") from None

    return check


_account = _form(forms.AccountId, "account id: 12 digits")
_bucket = _form(forms.BucketName, "bucket's name: without s3://, path and wildcards")
_key = _form(forms.KmsKeyArn, "KMS key's ARN, arn:aws:kms:<region>:<account>:key/<id>: no alias, no wildcards")


def _repository(text: str) -> str:
    # A wildcard here would be compared literally by StringEquals, and so let nobody in: say so now.
    name = r"[A-Za-z0-9_.-]+"
    if not re.fullmatch(rf"{name}/{name}|{name}@[0-9]+/{name}@[0-9]+", text):
        raise argparse.ArgumentTypeError(f"{text!r} is not OWNER/NAME, or OWNER@ID/NAME@ID")
    return text


if __name__ == "__main__":
    raise SystemExit(main())
