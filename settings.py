"""The stack's configuration, typed and frozen: the only place that reads `pulumi.Config`.

`load` is pure; `read` takes what it needs from the running Pulumi program. Both raise `ConfigurationError` with all the
mistakes of a stack file in one message, before a resource is registered. The keys are in `configuration/schema.py`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence, Set
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

from pydantic import TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from agentcore_auth import iam
from agentcore_auth.mode import AccessMode, Mode
from configuration.access import OwnPolicy, check_access, rules
from configuration.checks import contradictions, provider_sections, role_permissions, secret_references
from configuration.context import StackConfiguration
from configuration.documents import read_documents
from configuration.mistakes import ConfigurationError, Mistake, mistakes_of, unknown_key
from configuration.schema import ClientSecrets, StackFile, schema
from configuration.section import PROJECT
from idp import Provider, ProviderContext

if TYPE_CHECKING:
    import pulumi

    from components.access import GatewayAccess

__all__ = ["ConfigurationError", "Settings", "load", "read"]


class Settings(StackFile, frozen=True):
    """A valid configuration, and what it depends on outside the project's own keys."""

    region: str
    #: The sections of the providers that are switched on, and the host names of their tenants and orgs.
    providers: Mapping[str, Provider]
    hosts: Mapping[str, str]
    #: The text of every local tool document (tools, OpenAPI, Smithy) by the name of its target.
    documents: Mapping[str, str]
    #: The policies out of the files that `access.policies` names.
    own_policies: Sequence[OwnPolicy]

    @property
    def gateway_names(self) -> dict[str, str]:
        """Provider -> fixed name of its gateway, the same whatever other providers are switched on."""
        return {provider: f"{self.gateway.name}-{provider}" for provider in self.identity_providers}

    @property
    def upkeep(self) -> iam.Upkeep:
        """What setting up targets takes of whoever does it, but for credentials."""
        documents = dict.fromkeys(each for target in self.targets for each in target.s3_documents())
        return iam.Upkeep(tuple(documents), self.callers.schema_buckets, (), self.gateway.kms_key_arn)

    @property
    def permissions(self) -> list[iam.Permission]:
        """What the execution role needs besides what its targets' tools do."""
        return role_permissions(self.gateway, self.targets, has_access=self.access is not None)

    def foreign_functions(self, account: str) -> list[str]:
        """The ARNs of the targets' functions and of interceptors that belong to other accounts than `account`."""
        arns = [arn for target in self.targets for arn in target.function_arns()]
        arns += [arn for each in self.gateway.interceptors for arn in each.function_arns()]
        return list(dict.fromkeys(arn for arn in arns if iam.account_of(arn) != account))

    def caller_statements(self, scope: iam.AwsScope) -> list[iam.Statement]:
        """What setting up the gateways and their targets asks of callers, and of whoever deploys."""
        parts = (*self.providers.values(), *self.targets)
        return iam.merged(each for part in parts for each in part.caller_statements(scope))

    def check_account(self, account: str) -> None:
        """Refuse what the stack file has of other accounts and needs of this one. Raises `pulumi.RunError`."""
        import pulumi  # noqa: PLC0415

        mistakes = [
            mistake
            for index, target in enumerate(self.targets)
            for mistake in target.account_mistakes(f"targets[{index}]", account)
        ]
        if mistakes:
            raise pulumi.RunError(str(_refusal(mistakes)))

    def provider_context(self, provider: str) -> ProviderContext:
        """What the component of this provider may need of the stack."""
        return ProviderContext(self.gateway.name, self.region, self.mode, self.hosts[provider], self.tags)

    def access_to(self, provider: str) -> GatewayAccess | None:
        """Who may call what at this provider's gateway; None where everybody may that is let in."""
        if self.access is None:
            return None
        from components.access import GatewayAccess  # noqa: PLC0415 - imports Pulumi

        name = self.gateway_names[provider]
        found = rules(self.access, provider, self.providers[provider].callers(self.gateway.name))
        own = {each.name: each.policy.text for each in self.own_policies if each.gateway in ("", name)}
        return GatewayAccess(found, self.access_mode, own)

    @property
    def assume_role_arns(self) -> dict[str, str]:
        """The roles that the program may assume in other accounts, by account id."""
        return {account: access.assume_role_arn for account, access in self.cross_account.items()}

    def secret(self, key: str) -> pulumi.Output[str]:
        """The secret that a `secretRef` names; `load` has made sure that it is there."""
        import pulumi  # noqa: PLC0415 - `load`, and the tools that use it, run without Pulumi

        return pulumi.Config(PROJECT).require_secret(key)


def load(
    configuration: Mapping[str, str], *, secret_keys: Set[str], environment: Mapping[str, str], project: Path
) -> Settings:
    """Check a stack's configuration as a whole.

    `configuration` is Pulumi's flat form: `namespace:key` -> text, JSON text for structured values; `secret_keys` names
    those that are secret. `environment` matters only for the providers' own variables (`AUTH0_DOMAIN`, …); files are
    looked for in `project`. Raises `ConfigurationError`.
    """
    stack = StackConfiguration(configuration, secret_keys, environment)
    sections, mistakes = _sections(stack)
    described = provider_sections(sections)
    documents, unreadable = read_documents(sections.get("targets", ()), project)
    own, refused = check_access(sections, described, documents, project)
    mistakes += [*contradictions(sections, stack), *unreadable, *refused]
    if mistakes:
        raise _refusal(mistakes)
    providers = {name: described[name][1] for name in sections["identity_providers"]}
    return Settings.model_construct(
        **{key: value for key, value in sections.items() if key in StackFile.model_fields},
        region=stack.region,
        providers=providers,
        hosts={name: provider.host(stack) for name, provider in providers.items()},
        documents=documents,
        own_policies=own,
    )


def read(project: Path) -> Settings:
    """The running program's settings; `project` is the folder of `Pulumi.yaml`.

    Raises `pulumi.RunError`, which Pulumi shows without a traceback.
    """
    import pulumi  # noqa: PLC0415

    values, secret_keys = running_configuration()
    try:
        return load(values, secret_keys=secret_keys, environment=os.environ, project=project)
    except ConfigurationError as error:
        raise pulumi.RunError(str(error)) from None


def running_configuration() -> tuple[dict[str, str], set[str]]:
    """The running program's whole configuration in Pulumi's flat form, and its secret keys."""
    from pulumi.runtime import config  # noqa: PLC0415

    # `pulumi.Config` answers for one key at a time; only the whole map shows keys that do not exist.
    values = cast("dict[str, str]", config.CONFIG.get() or config.get_config_env())
    secret_keys = {key for key in values if config.is_config_secret(key)} | set(config.get_config_secret_keys_env())
    return dict(values), secret_keys


def _refusal(mistakes: Sequence[Mistake]) -> ConfigurationError:
    count = len(set(mistakes))
    found = "a mistake" if count == 1 else f"{count} mistakes"
    return ConfigurationError(f"The stack's configuration has {found}; nothing was changed:", mistakes)


def _sections(stack: StackConfiguration) -> tuple[dict[str, Any], list[Mistake]]:
    """Every section that is valid by itself, by field name, and the mistakes of the others."""
    sections: dict[str, Any] = {}
    mistakes: list[Mistake] = []
    fields = {field.alias or name: (name, field) for name, field in schema().model_fields.items()}
    for key, (name, field) in fields.items():
        if key not in stack.own:
            if field.is_required():
                mistakes.append(Mistake(key, f"is required, and missing: {field.description}"))
            else:
                sections[name] = field.get_default()
        elif stack.is_secret(key):
            mistakes.append(Mistake(key, "is secret; put the secret into a key of its own and name that by secretRef"))
        else:
            annotation = _annotation(field)
            try:
                sections[name] = TypeAdapter(annotation).validate_json(_json(stack.own[key], field))
            except ValidationError as error:
                mistakes += mistakes_of(error, annotation, (key,))
    referenced = {name for _, name in secret_references(sections.get("targets", ()))}
    for key in stack.own:
        if key not in fields and key not in referenced:
            unused = "it is secret, and no secretRef names it; " if stack.is_secret(key) else ""
            mistakes.append(Mistake(key, unused + unknown_key(key, fields)))
    return sections, mistakes


def _annotation(field: FieldInfo) -> Any:
    annotation = cast("Any", field.annotation)
    return Annotated[(annotation, *field.metadata)] if field.metadata else annotation


def _json(text: str, field: FieldInfo) -> str:
    """Pulumi hands over plain strings as they are and structured values as JSON; make JSON of both."""
    if cast("Any", field.annotation) in {Mode, ClientSecrets, AccessMode}:
        return json.dumps(text)
    try:
        json.loads(text)
    except RecursionError:
        return text  # pydantic has a limit of its own, and says where it was reached
    except ValueError:
        return json.dumps(text)
    return text
