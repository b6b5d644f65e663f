"""The two roles that GitHub's workflows assume, as IAM documents: `python -m components.iam_pipeline`.

Pure but for the command line; nothing is created. GitHub's OIDC provider has to exist in the account. The trust
policies compare the token's subject, which holds repository and event: previews run for pull requests of the
repository's own branches (and for the daily drift check), deployments in the GitHub environment that has the stack's
name and asks for an approval. Sources: GitHub, "About security hardening with OpenID Connect"; IAM user guide, "OIDC
federation".
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from components import iam
from components.iam_deployment import deployment_policy
from components.policies import PROJECT, expected_place, read_stack_file, render
from settings import ConfigurationError, load

_ISSUER = "token.actions.githubusercontent.com"
_READING = ("Get", "List", "Describe")
# Reading them is reading what they hold, and a preview has no need of it.
_CONTENTS = ("secretsmanager:GetSecretValue", "s3:GetObject")
# No document depends on these, and who grants permissions may well have none of them.
_TOKENS = {"AUTH0_API_TOKEN": "<secret>", "OKTA_API_TOKEN": "<secret>"}


@dataclass(frozen=True)
class State:
    """Where a self-managed backend keeps the stack's state: a bucket, and the KMS key of its secrets provider."""

    bucket: str | None = None
    key_arn: str | None = None


def trust(place: iam.Place, subjects: Sequence[str]) -> iam.Document:
    """Who may assume a role: jobs whose OIDC token has one of these subjects, and nobody else."""
    return iam.document(
        [
            {
                "Sid": "AssumedByWorkflows",
                "Effect": "Allow",
                "Principal": {"Federated": f"arn:{place.partition}:iam::{place.account}:oidc-provider/{_ISSUER}"},
                "Action": "sts:AssumeRoleWithWebIdentity",
                "Condition": {
                    "StringEquals": {f"{_ISSUER}:aud": "sts.amazonaws.com", f"{_ISSUER}:sub": list(subjects)}
                },
            }
        ]
    )


def preview_subjects(repository: str, branch: str) -> list[str]:
    """The subjects of previews: pull requests, and the drift check, which runs on the main branch."""
    return [f"repo:{repository}:pull_request", f"repo:{repository}:ref:refs/heads/{branch}"]


def deployment_subjects(repository: str, stack: str) -> list[str]:
    """The subject of a deployment: a job in the environment that is named after the stack."""
    return [f"repo:{repository}:environment:{stack}"]


def read_only(document: iam.Document) -> iam.Document:
    """The part of a policy that looks and does not touch, without what secrets and objects hold."""
    statements: list[iam.Statement] = []
    for statement in document["Statement"]:
        reading = [
            action
            for action in statement["Action"]
            if action.partition(":")[2].startswith(_READING) and action not in _CONTENTS
        ]
        if reading:
            statements.append({**statement, "Sid": f"{statement['Sid']}ReadOnly", "Action": reading})
    return iam.document(statements)


def state_statements(place: iam.Place, state: State, *, writes: bool) -> Iterator[iam.Statement]:
    """What using the state asks for. A preview takes no lock and writes nothing."""
    if state.bucket:
        bucket = f"arn:{place.partition}:s3:::{state.bucket}"
        actions = ["s3:GetObject", *(["s3:DeleteObject", "s3:PutObject"] if writes else [])]
        yield iam.allow("ListState", ["s3:ListBucket"], [bucket])
        yield iam.allow("UseState", actions, [f"{bucket}/.pulumi/*"])
    if state.key_arn:
        yield iam.allow("UseStateKey", ["kms:Decrypt", *(["kms:Encrypt"] if writes else [])], [state.key_arn])


def documents(
    place: iam.Place, deployment: iam.Document, state: State, *, repository: str, branch: str, stack: str
) -> dict[str, iam.Document]:
    """Title -> document, for both roles; `deployment` is what deploying the stack asks of AWS."""
    reading = [*read_only(deployment)["Statement"], *state_statements(place, state, writes=False)]
    deploying = [*deployment["Statement"], *state_statements(place, state, writes=True)]
    return {
        "Preview role: who may assume it": trust(place, preview_subjects(repository, branch)),
        "Preview role: what it may do": iam.document(reading),
        "Deploy role: who may assume it": trust(place, deployment_subjects(repository, stack)),
        "Deploy role: what it may do": iam.document(deploying),
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; 0, or 1 after a message about the stack file."""
    options = _parser().parse_args(arguments)
    path = options.file or PROJECT / f"Pulumi.{options.stack}.yaml"
    stack = options.stack or path.name.removeprefix("Pulumi.").removesuffix(".yaml")
    try:
        flat, secret = read_stack_file(path)
        settings = load(flat, secret_keys=secret, environment=_TOKENS, project=PROJECT)
        place = expected_place(settings.region, options.account)
        role_arn = iam.execution_role_arn(place, settings.execution_role.path, settings.gateway.name)
        deployment = deployment_policy(settings, place, role_arn)
    except FileNotFoundError:
        sys.stderr.write(f"there is no {path.name} in {path.parent}: name another stack\n")
        return 1
    except (ConfigurationError, yaml.YAMLError) as error:
        sys.stderr.write(f"{path.name}: {error}\n")
        return 1
    state = State(options.state_bucket, options.state_key)
    found = documents(place, deployment, state, repository=options.repository, branch=options.branch, stack=stack)
    sys.stdout.write(render(found))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m components.iam_pipeline", description=(__doc__ or "").partition("\n")[0]
    )
    chosen = parser.add_mutually_exclusive_group(required=True)
    chosen.add_argument("--stack", help="a stack's name: the configuration is in Pulumi.<name>.yaml")
    chosen.add_argument("--file", type=Path, help="a stack file elsewhere")
    parser.add_argument("--repository", type=_repository, required=True, help="the repository on GitHub: OWNER/NAME")
    parser.add_argument("--account", required=True, help="the account id to put into ARNs")
    parser.add_argument("--branch", default="main", help="the branch that deployments and drift checks run on")
    parser.add_argument("--state-bucket", help="the bucket of `pulumi login s3://…`")
    parser.add_argument("--state-key", metavar="ARN", help="the key of `--secrets-provider awskms://…`")
    return parser


def _repository(text: str) -> str:
    # A wildcard here would be compared literally by StringEquals, and so let nobody in: say so now.
    if not re.fullmatch(r"[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+", text):
        raise argparse.ArgumentTypeError(f"{text!r} is not OWNER/NAME")
    return text


if __name__ == "__main__":
    raise SystemExit(main())
