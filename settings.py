"""The stack's configuration, typed and frozen: the only place that reads `pulumi.Config`.

`load` is pure; `read` takes what it needs from the running Pulumi program. Both raise `ConfigurationError` with all the
mistakes of a stack file in one message, before a resource is registered. The schema is in `configuration/schema.py`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Set
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

from pydantic import TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from configuration.checks import contradictions
from configuration.documents import read_documents
from configuration.mistakes import ConfigurationError, Mistake, mistakes_of, unknown_key
from configuration.outside import Outside
from configuration.schema import PROJECT, ClientSecrets, Mode, Schema
from configuration.target_checks import secret_references

if TYPE_CHECKING:
    import pulumi

__all__ = ["ConfigurationError", "Settings", "load", "read"]


class Settings(Schema):
    """A valid configuration, and what it depends on outside the project's own keys."""

    region: str
    #: Host names of the tenant and the org; empty where they are not configured.
    auth0_domain: str
    okta_host: str
    #: The text of every local tool document (tools, OpenAPI, Smithy) by the name of its target.
    documents: Mapping[str, str]

    @property
    def gateway_names(self) -> dict[str, str]:
        """Provider -> fixed name of its gateway, the same whatever other providers are switched on."""
        return {provider: f"{self.gateway.name}-{provider}" for provider in self.identity_providers}

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
    outside = Outside(configuration, secret_keys, environment)
    sections, mistakes = _sections(outside)
    documents, unreadable = read_documents(sections.get("targets", ()), project)
    mistakes += [*contradictions(sections, outside), *unreadable]
    if mistakes:
        count = len(set(mistakes))
        found = "a mistake" if count == 1 else f"{count} mistakes"
        raise ConfigurationError(f"The stack's configuration has {found}; nothing was changed:", mistakes)
    org = outside.value("okta:orgName", "OKTA_ORG_NAME")
    return Settings.model_construct(
        **sections,
        region=configuration["aws:region"],
        auth0_domain=outside.value("auth0:domain", "AUTH0_DOMAIN") or "",
        okta_host=f"{org}.{outside.value('okta:baseUrl', 'OKTA_BASE_URL') or 'okta.com'}" if org else "",
        documents=documents,
    )


def read(project: Path) -> Settings:
    """The running program's settings; `project` is the folder of `Pulumi.yaml`.

    Raises `pulumi.RunError`, which Pulumi shows without a traceback.
    """
    import pulumi  # noqa: PLC0415
    from pulumi.runtime import config  # noqa: PLC0415

    # `pulumi.Config` answers for one key at a time; only the whole map shows keys that do not exist.
    values = cast("dict[str, str]", config.CONFIG.get() or config.get_config_env())
    secret_keys = {key for key in values if config.is_config_secret(key)} | set(config.get_config_secret_keys_env())
    try:
        return load(values, secret_keys=secret_keys, environment=os.environ, project=project)
    except ConfigurationError as error:
        raise pulumi.RunError(str(error)) from None


def _sections(outside: Outside) -> tuple[dict[str, Any], list[Mistake]]:
    """Every section that is valid by itself, by field name, and the mistakes of the others."""
    sections: dict[str, Any] = {}
    mistakes: list[Mistake] = []
    fields = {field.alias or name: (name, field) for name, field in Schema.model_fields.items()}
    for key, (name, field) in fields.items():
        if key not in outside.own:
            if field.is_required():
                mistakes.append(Mistake(key, f"is required, and missing: {field.description}"))
            else:
                sections[name] = field.get_default()
        elif outside.is_secret(key):
            mistakes.append(Mistake(key, "is secret; put the secret into a key of its own and name that by secretRef"))
        else:
            annotation = _annotation(field)
            try:
                sections[name] = TypeAdapter(annotation).validate_json(_json(outside.own[key], field))
            except ValidationError as error:
                mistakes += mistakes_of(error, annotation, (key,))
    referenced = {name for _, name in secret_references(sections.get("targets", ()))}
    for key in outside.own:
        if key not in fields and key not in referenced:
            unused = "it is secret, and no secretRef names it; " if outside.is_secret(key) else ""
            mistakes.append(Mistake(key, unused + unknown_key(key, fields)))
    return sections, mistakes


def _annotation(field: FieldInfo) -> Any:
    annotation = cast("Any", field.annotation)
    return Annotated[(annotation, *field.metadata)] if field.metadata else annotation


def _json(text: str, field: FieldInfo) -> str:
    """Pulumi hands over plain strings as they are and structured values as JSON; make JSON of both."""
    if cast("Any", field.annotation) in {Mode, ClientSecrets}:
        return json.dumps(text)
    try:
        json.loads(text)
    except RecursionError:
        return text  # pydantic has a limit of its own, and says where it was reached
    except ValueError:
        return json.dumps(text)
    return text
