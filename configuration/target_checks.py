"""Contradictions in targets and in the access to other accounts' functions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from pydantic.alias_generators import to_camel

from agentcore_auth.iam.endpoints import signed_call
from configuration.least_privilege import too_wide
from configuration.mistakes import Mistake
from configuration.outside import Outside
from configuration.schema import (
    ApiKey,
    CrossAccount,
    Iam,
    LambdaTarget,
    McpTarget,
    OAuth,
    OpenApiTarget,
    SmithyTarget,
    Target,
)


def target_mistakes(targets: Sequence[Target], outside: Outside, *, pinned: bool) -> Iterator[Mistake]:
    """What is wrong with targets as a whole, with one another, and with the secrets that they name."""
    for name, count in Counter(target.name for target in targets).items():
        if count > 1:
            yield Mistake("targets", f"{count} targets are named {name!r}; a target's name is unique in its gateway")
    for index, target in enumerate(targets):
        place = f"targets[{index}]"
        if isinstance(target, LambdaTarget):
            yield from _exactly_one(place, target, "tools", "tools_file", "tools_s3")
            yield from _function_arn(f"{place}.functionArn", target, outside)
        if isinstance(target, SmithyTarget) and pinned:
            yield from _wildcards(f"{place}.actions", target.actions)
            yield from _wildcards(f"{place}.resources", target.resources)
        if isinstance(target, OpenApiTarget | McpTarget):
            yield from _target_credentials(f"{place}.credentials", target.credentials)
        if isinstance(target, McpTarget):
            yield from _signed_endpoint(f"{place}.endpoint", target)
    yield from _secret_references(targets, outside)


def _wildcards(place: str, values: Iterable[str]) -> Iterator[Mistake]:
    for index, value in enumerate(values):
        if reason := too_wide(value):
            sentence = f"{value!r} is wider than least privilege, {reason}; name what the tools need, or mode: tutorial"
            yield Mistake(f"{place}[{index}]", sentence)


def _function_arn(place: str, target: LambdaTarget, outside: Outside) -> Iterator[Mistake]:
    partition = target.function_arn.split(":")[1]
    if outside.region and partition != outside.partition:
        yield Mistake(
            place,
            f"is a function of the partition {partition}, and aws:region {outside.region} is in {outside.partition}: "
            "no role reaches across",
        )


def cross_account_mistakes(accounts: Mapping[str, CrossAccount], targets: Sequence[Target] | None) -> Iterator[Mistake]:
    """What is wrong with `crossAccount`; `targets` is None where they have mistakes of their own."""
    functions = {
        index: target.function_arn for index, target in enumerate(targets or ()) if isinstance(target, LambdaTarget)
    }
    for account, access in accounts.items():
        place = f"crossAccount.{account}"
        owner = _account(access.assume_role_arn)
        if owner != account:
            yield Mistake(f"{place}.assumeRoleArn", f"is a role of the account {owner}, and stands under {account}")
        own = {index: arn for index, arn in functions.items() if _account(arn) == account}
        if targets is not None and not own:
            found = ", ".join(sorted({_account(arn) for arn in functions.values()})) or "none"
            yield Mistake(place, f"no target's function belongs to that account; accounts of functions here: {found}")
        for index, arn in own.items():
            if arn.endswith(":$LATEST"):
                yield Mistake(
                    f"targets[{index}].functionArn",
                    "ends in :$LATEST, which takes no policy of its own, so another account cannot be let in: leave "
                    ":$LATEST out, or name a version or an alias",
                )


def _account(arn: str) -> str:
    return arn.split(":")[4]


def _signed_endpoint(place: str, target: McpTarget) -> Iterator[Mistake]:
    if isinstance(target.credentials, Iam) and signed_call(target.endpoint) is None:
        yield Mistake(
            place,
            "does not tell which permission a signed call needs; known are AgentCore Runtime (the runtime's ARN in the "
            "path, percent-encoded), AgentCore gateways and stages of API Gateway",
        )


def _target_credentials(place: str, credentials: object) -> Iterator[Mistake]:
    if isinstance(credentials, ApiKey):
        yield from _exactly_one(place, credentials, "secret_ref", "provider_arn")
        kind = "/apikeycredentialprovider/"
    elif isinstance(credentials, OAuth):
        kind = "/oauth2credentialprovider/"
        own = {"discoveryUrl": credentials.discovery_url, "clientId": credentials.client_id}
        own["secretRef"] = credentials.secret_ref
        if credentials.provider_arn:
            for key in (key for key, value in own.items() if value is not None):
                yield Mistake(f"{place}.{key}", "does not go with providerArn, which has it already")
        else:
            for key in (key for key, value in own.items() if value is None):
                yield Mistake(f"{place}.{key}", "is required, and missing (or give providerArn)")
    else:
        return
    if credentials.provider_arn and kind not in credentials.provider_arn:
        yield Mistake(f"{place}.providerArn", f"is not the ARN of a provider of this type (…{kind}…)")


def _exactly_one(place: str, section: object, *fields: str) -> Iterator[Mistake]:
    given = [field for field in fields if getattr(section, field) is not None]
    if len(given) != 1:
        keys = ", ".join(to_camel(field) for field in fields)
        yield Mistake(place, f"needs exactly one of {keys}" + ("; it has none" if not given else ""))


def secret_references(targets: Iterable[Target]) -> Iterator[tuple[str, str]]:
    """The secret keys that targets name: (path of the reference, name of the key)."""
    for index, target in enumerate(targets):
        credentials = getattr(target, "credentials", None)
        if isinstance(credentials, ApiKey | OAuth) and credentials.secret_ref:
            yield f"targets[{index}].credentials.secretRef", credentials.secret_ref


def _secret_references(targets: Iterable[Target], outside: Outside) -> Iterator[Mistake]:
    for place, name in secret_references(targets):
        if name not in outside.own:
            yield Mistake(place, f"there is no key {name!r}: pulumi config set --secret {name} …")
        elif not outside.is_secret(name):
            yield Mistake(place, f"the key {name!r} is not secret: pulumi config set --secret {name} …")
