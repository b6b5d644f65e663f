"""The package as Pulumi's engine sees it: a schema, and the construction of a component from its inputs."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar, cast

import pulumi
from pulumi.provider import ConstructResult, Provider
from pydantic import TypeAdapter, ValidationError

from agentcore_auth import iam
from agentcore_auth.authorizer.model import Authorizer, whole
from agentcore_auth.documents import tools
from components.arguments import ExecutionRole as RoleOptions
from components.arguments import GatewayOptions, Interceptor, Stack
from components.client_secrets import client_outputs
from components.execution_role import ExecutionRole
from components.gateway import JwtGateway
from components.iam import current_scope
from components.targets.lambda_ import LambdaTarget, function_target
from configuration import forms
from configuration.context import CheckContext, StackConfiguration, secrets_named
from configuration.documents import read_documents
from configuration.mistakes import ConfigurationError, Mistake, mistakes_of
from configuration.section import PROJECT, Section
from idp import PROVIDERS, ProviderContext
from package.arguments import COMPONENTS, Placed
from package.inputs import Given, given
from package.schema import NAME, VERSION, package_schema
from program import deploy
from settings import load, running_configuration

_SECTIONS = {f"{section.__name__}Provider": key for key, section in PROVIDERS.items() if section.issues_tokens}


class Package(Provider):
    """Constructs the components of the schema; what is wrong with their inputs is told by property, all at once."""

    def __init__(self) -> None:
        super().__init__(VERSION, json.dumps(package_schema()))

    def construct(
        self,
        name: str,
        resource_type: str,
        inputs: Mapping[str, Any],
        options: pulumi.ResourceOptions | None = None,
    ) -> ConstructResult:
        """Set a component up. Raises pulumi.InputPropertiesError, and RunError where only the cloud shows a mistake."""
        component = resource_type.rpartition(":")[2]
        try:
            if component == "Gateways":
                made, state = _everything(name, dict(inputs), options)
            elif component in _SECTIONS:
                made, state = _provider(name, _SECTIONS[component], _checked(component, inputs), options)
            elif component == "ExecutionRole":
                made, state = _role(name, dict(inputs), options)
            else:
                made, state = _gateway(name, dict(inputs), options)
        except ConfigurationError as error:
            errors = [{"property_path": each.path, "reason": each.sentence} for each in error.mistakes]
            raise pulumi.InputPropertiesError(f"{component} {name}", cast("Any", errors)) from None
        return ConstructResult(made.urn, state)


_Made = tuple[pulumi.ComponentResource, dict[str, Any]]
_Options = TypeVar("_Options", bound=GatewayOptions)


class Gateways(pulumi.ComponentResource):
    """What the program makes of a stack file, as one component."""

    def __init__(self, name: str, opts: pulumi.ResourceOptions | None) -> None:
        super().__init__(f"{NAME}:index:Gateways", name, None, opts)


class _LaterFunction(LambdaTarget, frozen=True):
    """A function whose ARN is an output: whose account it is does not show, so it is taken to be this one."""

    def function_arns(self) -> Sequence[str]:
        return ()


class _LaterInterceptor(Interceptor, frozen=True):
    """The same of a gateway's own."""

    def function_arns(self) -> Sequence[str]:
        return ()

    def permission(self) -> Any:
        return pulumi.Output.from_input(self.function_arn).apply(iam.FunctionCall)


def _everything(name: str, inputs: dict[str, Any], options: pulumi.ResourceOptions | None) -> _Made:
    secrets = pulumi.Output.from_input(inputs.pop("secrets", {}))
    found = _given("Gateways", inputs)
    document = dict(found.document)
    referenced = sorted(set(secrets_named(document.get("targets", []))))
    values, secret_keys = running_configuration()
    flat = {key: value for key, value in values.items() if not key.startswith(f"{PROJECT}:")}
    flat |= {"aws:region": document.pop("region")} if "region" in document else {}
    flat |= {
        f"{PROJECT}:{key}": value if isinstance(value, str) else json.dumps(value) for key, value in document.items()
    }
    flat |= {f"{PROJECT}:{key}": "" for key in referenced}
    secret_keys |= {f"{PROJECT}:{key}" for key in referenced}
    settings = load(flat, secret_keys=secret_keys, environment=os.environ, project=Path.cwd())
    component = Gateways(name, options)
    later = {
        "targets": _with_outputs(found, "targets", settings.targets, _LaterFunction),
        "gateway": _with_interceptors(settings.gateway, found),
    }
    outputs = deploy(
        settings.model_copy(update=later),
        secret=lambda key: pulumi.Output.secret(secrets.apply(lambda known: _secret(known, key))),
        parent=component,
    )
    component.register_outputs(outputs)
    return component, outputs


def _with_outputs(found: Given, which: str, sections: Sequence[Any], later: type[Section]) -> tuple[Any, ...]:
    """The list's sections, with the outputs as ARNs that are outputs."""
    arns = found.function_arns
    return tuple(
        later.model_construct(None, **{**dict(each), "function_arn": arns[which, place]})
        if (which, place) in arns
        else each
        for place, each in enumerate(sections)
    )


def _with_interceptors(options: _Options, found: Given) -> _Options:
    interceptors = _with_outputs(found, "interceptors", options.interceptors, _LaterInterceptor)
    return options.model_copy(update={"interceptors": interceptors})


def _secret(known: Mapping[str, str] | None, key: str) -> str:
    if known is None or key not in known:
        raise pulumi.RunError(f"secrets: there is none of the name {key!r}, which a secretRef names")
    return known[key]


def _provider(name: str, key: str, document: dict[str, Any], options: pulumi.ResourceOptions | None) -> _Made:
    placed = _section(
        Placed, {each: document.pop(each) for each in ("gatewayName", "mode", "region", "tags") if each in document}
    )
    section = _section(PROVIDERS[key], document)
    values, secret_keys = running_configuration()
    values |= {"aws:region": placed.region} if placed.region else {}
    stack = StackConfiguration(values, secret_keys, os.environ)
    pinned = placed.mode == "pinned"
    unavailable = PROVIDERS[key].unavailable(stack)
    _refuse(
        [
            *section.mistakes(key, CheckContext(stack, pinned, placed.gateway_name)),
            *([Mistake("region", unavailable)] if unavailable else []),
        ]
    )
    region = _region(placed.region)
    context = ProviderContext(placed.gateway_name, region, placed.mode, section.host(stack), placed.tags)
    component = section.create(name, context, options)
    clients = client_outputs(name, component.applications)
    authorizer = component.authorizer(placed.mode)
    return component, {**component.outputs(clients), "authorizer": authorizer.to_api() if authorizer else {}}


def _role(name: str, inputs: dict[str, Any], options: pulumi.ResourceOptions | None) -> _Made:
    functions = _items("functionArns", inputs.pop("functionArns", []))
    document = _checked("ExecutionRole", inputs)
    names, mode = document.pop("gatewayNames"), document.pop("mode", "pinned")
    region, tags = _region(document.pop("region", None)), document.pop("tags", {})
    existing = _section(RoleOptions, document)
    _refuse(existing.mistakes(""))
    scope = current_scope(region, existing.arn, None if options is None else options.parent)
    stack = Stack(scope, names, mode, tags)
    permissions = [pulumi.Output.from_input(arn).apply(iam.FunctionCall) for arn in functions]
    component = ExecutionRole(name, stack, permissions, existing, options)
    # A gateway that is given the ARN waits for what the role may do.
    arn = pulumi.Output.all(component.arn, *(policy.urn for policy in component.policies)).apply(
        lambda known: str(known[0])
    )
    return component, {"arn": arn, "statements": component.statements}


class _LaterAuthorizer:
    """An authorizer whose lists are known once the provider is made."""

    def __init__(self, document: pulumi.Input[Mapping[str, Any]]) -> None:
        self._authorizer = pulumi.Output.from_input(document).apply(whole)

    def to_pulumi(self) -> pulumi.Output[Any]:
        return self._authorizer.apply(lambda known: known.to_pulumi())

    def to_api(self) -> pulumi.Output[Any]:
        return self._authorizer.apply(lambda known: known.to_api())


def _gateway(name: str, inputs: dict[str, Any], opts: pulumi.ResourceOptions | None) -> _Made:
    later = {key: inputs.pop(key) for key in ("authorizer", "roleArn")}
    found = _given("JwtGateway", inputs)
    document = dict(found.document)
    targets = [_section(LambdaTarget, {**each, "type": "lambda"}) for each in document.pop("targets")]
    documents, unreadable = read_documents(targets, Path.cwd())
    tags, region = document.pop("tags", {}), document.pop("region", None)
    options = _section(GatewayOptions, document)
    values, secret_keys = running_configuration()
    values |= {"aws:region": region} if region else {}
    stack = StackConfiguration(values, secret_keys, os.environ)
    context = CheckContext(stack, True, name)
    _refuse(
        [
            *unreadable,
            *_problems(TypeAdapter(forms.Name), forms.Name, name, "name"),
            *options.mistakes("", stack),
            *(each for place, target in enumerate(targets) for each in target.mistakes(f"targets[{place}]", context)),
        ]
    )
    component = JwtGateway(
        name,
        authorizer=cast("Authorizer[pulumi.Input[str]]", _LaterAuthorizer(later["authorizer"])),
        role_arn=later["roleArn"],
        targets=[
            target.completed(function_target(target.name, target.function_arn, _described(target, documents)))
            for target in _with_outputs(found, "targets", targets, _LaterFunction)
        ],
        options=_with_interceptors(options, found),
        tags=tags,
        opts=opts,
    )
    return component, dict(component.outputs)


def _described(target: LambdaTarget, documents: Mapping[str, str]) -> Any:
    if target.tools_s3:
        return target.document_arguments(None)
    return tools.parse(documents[target.name], target.tools_file or "tools")


def _checked(component: str, inputs: Mapping[str, Any]) -> dict[str, Any]:
    return _given(component, inputs).document


def _given(component: str, inputs: Mapping[str, Any]) -> Given:
    region = inputs.get("region") or running_configuration()[0].get("aws:region", "")
    found = given(COMPONENTS[component], inputs, iam.partition_of(region) if isinstance(region, str) else "aws")
    _refuse(found.mistakes)
    return found


def _section(model: type[Any], document: Mapping[str, Any]) -> Any:
    _refuse(_problems(model, model, document, ""))
    return model.model_validate_json(json.dumps(document))


def _problems(model: Any, annotation: Any, document: object, at: str) -> list[Mistake]:
    text = json.dumps(document)
    try:
        model.validate_json(text) if isinstance(model, TypeAdapter) else model.model_validate_json(text)
    except ValidationError as error:
        return list(mistakes_of(error, annotation, (at,) if at else ()))
    return []


def _refuse(mistakes: Iterable[Mistake]) -> None:
    if found := list(mistakes):
        raise ConfigurationError("The inputs have mistakes:", found)


def _items(key: str, value: Any) -> list[Any]:
    if not isinstance(value, list):
        _refuse([Mistake(key, "has to be a list, whose items may be outputs")])
    return cast("list[Any]", value)


def _region(given_region: str | None) -> str:
    region = given_region or running_configuration()[0].get("aws:region", "")
    _refuse([] if region else [Mistake("region", "is missing here, and aws:region in the stack's configuration")])
    return region
