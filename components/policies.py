"""Every IAM document of a stack, without deploying it and without asking AWS: `python -m components.policies`.

What only the deployment knows stands in angle brackets: the account (unless `--account` says it), and the endings that
Pulumi and AWS add to names.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import yaml

from components import iam
from components.iam_deployment import deployment_policy
from configuration.context import partition_of
from configuration.section import PROJECT as PROJECT_NAME
from settings import ConfigurationError, Settings, load

PROJECT = Path(__file__).parents[1]
# No document depends on these, and who grants permissions may well have none of them.
_TOKENS = {"AUTH0_API_TOKEN": "<secret>", "OKTA_API_TOKEN": "<secret>"}
UNKNOWN_ACCOUNT = "<account>"
# IAM's quota for a managed policy, in characters without white space.
MANAGED_POLICY_CHARACTERS = 6144


def expected_place(region: str, account: str = UNKNOWN_ACCOUNT) -> iam.Place:
    """Where the stack will be, as far as its configuration tells."""
    return iam.Place(partition_of(region), account, region)


def read_stack_file(path: Path) -> tuple[dict[str, str], set[str]]:
    """A stack file in Pulumi's flat form (key -> text, JSON for structured values), and the keys that are secret.

    Secrets stay encrypted: their text here says only that there is one, and there is one for each `secretRef`.
    """
    configuration: Mapping[str, Any] = (yaml.safe_load(path.read_text(encoding="utf-8")) or {}).get("config") or {}
    flat: dict[str, str] = {}
    secret: set[str] = set()
    for key, value in configuration.items():
        if isinstance(value, Mapping) and "secure" in value:
            secret.add(key)
            flat[key] = "<secret>"
        else:
            flat[key] = value if isinstance(value, str) else json.dumps(value)
    for key in (f"{PROJECT_NAME}:{name}" for name in _secret_references(configuration)):
        if key not in flat:
            flat[key] = "<secret>"
            secret.add(key)
    return flat, secret


def _secret_references(value: object) -> Iterator[str]:
    """Every `secretRef` in a configuration, wherever it stands."""
    if isinstance(value, Mapping):
        for key, inner in cast("Mapping[str, object]", value).items():
            if key == "secretRef" and isinstance(inner, str):
                yield inner
            yield from _secret_references(inner)
    elif isinstance(value, list):
        for inner in cast("list[object]", value):
            yield from _secret_references(inner)


def documents(settings: Settings, place: iam.Place) -> dict[str, iam.Document]:
    """Title -> IAM document, for everything that the stack sets up or asks others to set up."""
    names = list(settings.gateway_names.values())
    role_arn = iam.execution_role_arn(place, settings.execution_role.path, settings.gateway.name)
    role = f"Execution role {iam.execution_role_name(settings.gateway.name)}"
    gateway_name = settings.gateway.name
    asked = [each for target in settings.targets for each in target.permissions(place, gateway_name)]
    buckets = [*settings.document_buckets, *settings.callers.schema_buckets]
    found = {
        f"{role}: who may assume it": iam.trust_policy(place, names, settings.mode),
        f"{role}: what it may do": iam.document(iam.execution_statements(place, names, asked, settings.mode)),
        "Caller policy: administer and call the gateways": iam.caller_policy(
            place, names, role_arn, buckets, settings.mode, settings.gateway.kms_key_arn
        ),
    }
    for target in settings.targets:
        found |= target.policies(place, gateway_name)
    for arn in settings.foreign_functions(place.account):
        title = f"Function {arn}: its own policy, unless it belongs to the gateways' account"
        found[title] = iam.document([iam.cross_account_statement(arn, role_arn)])
    found["Whoever deploys the stack"] = deployment_policy(settings, place, role_arn)
    return found


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
    """The command line; 0, or 1 after a message about the stack file."""
    parser = argparse.ArgumentParser(
        prog="python -m components.policies", description=(__doc__ or "").partition("\n")[0]
    )
    chosen = parser.add_mutually_exclusive_group(required=True)
    chosen.add_argument("--stack", help="a stack's name: the configuration is in Pulumi.<name>.yaml")
    chosen.add_argument("--file", type=Path, help="a stack file elsewhere, such as examples/Pulumi.okta.yaml")
    parser.add_argument("--account", default=UNKNOWN_ACCOUNT, help="the account id to put into ARNs")
    options = parser.parse_args(arguments)
    path: Path = options.file or PROJECT / f"Pulumi.{options.stack}.yaml"
    try:
        flat, secret = read_stack_file(path)
        settings = load(flat, secret_keys=secret, environment={**_TOKENS, **os.environ}, project=PROJECT)
        sys.stdout.write(render(documents(settings, expected_place(settings.region, options.account))))
    except FileNotFoundError:
        sys.stderr.write(
            f"there is no {path.name} in {path.parent}: name another stack, or make one with pulumi stack init\n"
        )
        return 1
    except (ConfigurationError, yaml.YAMLError) as error:
        sys.stderr.write(f"{path.name}: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
