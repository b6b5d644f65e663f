"""Commands for the owners of what a stack uses and does not change: a KMS key's policy, a role that exists.

For a shell with the `aws` CLI and `python3`. AWS takes such a policy as a whole, so it is read first, and statements of
the same ids are replaced: a command may run again. Every value is quoted.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence

from agentcore_auth.iam.statements import Statement, document, region_of

# A program for the owner's shell: the policy comes in, and the statements are the argument.
_WITH_STATEMENTS = (
    "import json, sys; policy, added = json.load(sys.stdin), json.loads(sys.argv[1]); "
    'sids = {each["Sid"] for each in added}; '
    'policy["Statement"] = [each for each in policy["Statement"] if each.get("Sid") not in sids] + added; '
    "print(json.dumps(policy))"
)


def key_owners_command(key_arn: str, statements: Sequence[Statement]) -> str:
    """Puts the statements into the policy of a KMS key."""
    of_key = ["--region", region_of(key_arn), "--key-id", key_arn, "--policy-name", "default"]
    read = ["aws", "kms", "get-key-policy", *of_key, "--query", "Policy", "--output", "text"]
    write = ["aws", "kms", "put-key-policy", *of_key, "--policy"]
    return _changed(read, statements, write, "key-policy.json")


def role_owners_command(role_arn: str, policy_name: str, trust: Statement, statements: Sequence[Statement]) -> str:
    """Lets a role that exists be assumed as `trust` says, and gives it the statements as a policy of this name."""
    role = ["--role-name", role_arn.rpartition("/")[2]]
    read = ["aws", "iam", "get-role", *role, "--query", "Role.AssumeRolePolicyDocument", "--output", "json"]
    write = ["aws", "iam", "update-assume-role-policy", *role, "--policy-document"]
    trusting = _changed(read, [trust], write, "trust-policy.json")
    put = ["aws", "iam", "put-role-policy", *role, "--policy-name", policy_name, "--policy-document"]
    return f"{trusting} && {shlex.join([*put, _text(document(statements))])}" if statements else trusting


def sid_ending(name: str) -> str:
    """What makes a statement's id that of a gateway or target; most ids take letters and digits only."""
    return "".join(part[:1].upper() + part[1:] for part in name.split("-"))


def _changed(read: Sequence[str], statements: Sequence[Statement], write: Sequence[str], file: str) -> str:
    change = shlex.join(["python3", "-c", _WITH_STATEMENTS, _text(list(statements))])
    return f"{shlex.join(read)} | {change} > {file} && {shlex.join([*write, f'file://{file}'])}"


def _text(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))
