"""The two roles that GitHub's workflows assume, as IAM documents.

Pure; nothing is created. GitHub's OIDC provider has to exist in the account. The trust
policies compare the token's subject, which holds repository and event: previews run for pull requests of the
repository's own branches (and for the daily drift check), deployments in the GitHub environment that has the stack's
name and asks for an approval. Sources: GitHub, "About security hardening with OpenID Connect"; IAM user guide, "OIDC
federation".
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from agentcore_auth.iam.statements import AwsScope, Document, Statement, allow, bucket_arn, document, global_arn

_ISSUER = "token.actions.githubusercontent.com"
_READING = ("Get", "List", "Describe")
# Reading them is reading what they hold, and a preview has no need of it.
_CONTENTS = ("secretsmanager:GetSecretValue", "s3:GetObject")


@dataclass(frozen=True)
class State:
    """Where a self-managed backend keeps the state of one stack of a project: a bucket, and its secrets' KMS key."""

    project: str
    stack: str
    bucket: str | None = None
    key_arn: str | None = None

    def objects(self) -> list[str]:
        """Patterns of the objects that are this stack's alone: as Pulumi's `diy` backend lays them, by project."""
        place = f"{self.project}/{self.stack}"
        own = [f"{folder}/{place}/*" for folder in ("history", "backups", "locks/organization")]
        return [f".pulumi/{each}" for each in (f"stacks/{place}.json*", f"stacks/{place}.pulumi-tags", *own)]


def trust(scope: AwsScope, subjects: Sequence[str]) -> Document:
    """Who may assume a role: jobs whose OIDC token has one of these subjects, and nobody else."""
    return document(
        [
            {
                "Sid": "AssumedByWorkflows",
                "Effect": "Allow",
                "Principal": {"Federated": global_arn(scope, f"oidc-provider/{_ISSUER}")},
                "Action": "sts:AssumeRoleWithWebIdentity",
                "Condition": {
                    "StringEquals": {f"{_ISSUER}:aud": "sts.amazonaws.com", f"{_ISSUER}:sub": list(subjects)}
                },
            }
        ]
    )


def preview_subjects(repositories: Sequence[str], branch: str) -> list[str]:
    """The subjects of previews: pull requests, and the drift check, which runs on the main branch.

    A repository is `owner/name` or, with the ids that nobody else can ever have, `owner@id/name@id`: GitHub's default
    for repositories that were created or renamed since July 2026.
    """
    jobs = ("pull_request", f"ref:refs/heads/{branch}")
    return [f"repo:{repository}:{job}" for repository in repositories for job in jobs]


def deployment_subjects(repositories: Sequence[str], stack: str) -> list[str]:
    """The subject of a deployment: a job in the environment that is named after the stack."""
    return [f"repo:{repository}:environment:{stack}" for repository in repositories]


def read_only(policy: Document) -> Document:
    """The part of a policy that looks and does not touch, without what secrets and objects hold."""
    statements: list[Statement] = []
    for statement in policy["Statement"]:
        reading = [
            action
            for action in statement["Action"]
            if action.partition(":")[2].startswith(_READING) and action not in _CONTENTS
        ]
        if reading:
            statements.append({**statement, "Sid": f"{statement['Sid']}ReadOnly", "Action": reading})
    return document(statements)


def state_statements(scope: AwsScope, state: State, *, writes: bool) -> Iterator[Statement]:
    """What using the state asks for. A preview takes no lock and writes nothing.

    Names of other stacks' objects can be listed: without that right S3 answers 403 instead of 404 for an object that is
    not there, and Pulumi stops. What they hold is out of reach.
    """
    if state.bucket:
        bucket = bucket_arn(scope, state.bucket)
        actions = ["s3:GetObject", *(["s3:DeleteObject", "s3:PutObject"] if writes else [])]
        yield allow("ListState", ["s3:ListBucket"], [bucket])
        yield allow("ReadLayoutOfState", ["s3:GetObject"], [f"{bucket}/.pulumi/meta.yaml"])
        yield allow("UseState", actions, [f"{bucket}/{each}" for each in state.objects()])
    if state.key_arn:
        yield allow("UseStateKey", ["kms:Decrypt", *(["kms:Encrypt"] if writes else [])], [state.key_arn])


def role_documents(
    scope: AwsScope, deployment: Document, state: State, *, repositories: Sequence[str], branch: str
) -> dict[str, Document]:
    """Title -> document, for both roles; `deployment` is what deploying the stack asks of AWS."""
    reading = [*read_only(deployment)["Statement"], *state_statements(scope, state, writes=False)]
    deploying = [*deployment["Statement"], *state_statements(scope, state, writes=True)]
    return {
        "Preview role: who may assume it": trust(scope, preview_subjects(repositories, branch)),
        "Preview role: what it may do": document(reading),
        "Deploy role: who may assume it": trust(scope, deployment_subjects(repositories, state.stack)),
        "Deploy role: what it may do": document(deploying),
    }
