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
    """Where a self-managed backend keeps the stack's state: a bucket, and the KMS key of its secrets provider."""

    bucket: str | None = None
    key_arn: str | None = None


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


def preview_subjects(repository: str, branch: str) -> list[str]:
    """The subjects of previews: pull requests, and the drift check, which runs on the main branch."""
    return [f"repo:{repository}:pull_request", f"repo:{repository}:ref:refs/heads/{branch}"]


def deployment_subjects(repository: str, stack: str) -> list[str]:
    """The subject of a deployment: a job in the environment that is named after the stack."""
    return [f"repo:{repository}:environment:{stack}"]


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
    """What using the state asks for. A preview takes no lock and writes nothing."""
    if state.bucket:
        bucket = bucket_arn(scope, state.bucket)
        actions = ["s3:GetObject", *(["s3:DeleteObject", "s3:PutObject"] if writes else [])]
        yield allow("ListState", ["s3:ListBucket"], [bucket])
        yield allow("UseState", actions, [f"{bucket}/.pulumi/*"])
    if state.key_arn:
        yield allow("UseStateKey", ["kms:Decrypt", *(["kms:Encrypt"] if writes else [])], [state.key_arn])


def role_documents(
    scope: AwsScope, deployment: Document, state: State, *, repository: str, branch: str, stack: str
) -> dict[str, Document]:
    """Title -> document, for both roles; `deployment` is what deploying the stack asks of AWS."""
    reading = [*read_only(deployment)["Statement"], *state_statements(scope, state, writes=False)]
    deploying = [*deployment["Statement"], *state_statements(scope, state, writes=True)]
    return {
        "Preview role: who may assume it": trust(scope, preview_subjects(repository, branch)),
        "Preview role: what it may do": document(reading),
        "Deploy role: who may assume it": trust(scope, deployment_subjects(repository, stack)),
        "Deploy role: what it may do": document(deploying),
    }
