"""Checks a resource's inputs against the argument class that its Pulumi SDK declares: names, types, what is compulsory.

A property that passes here is one that the real plugin knows as well, spelt the same and of the same type.
"""

from __future__ import annotations

import difflib
import functools
import importlib
import inspect
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import Enum
from typing import Any, Union, cast, get_args, get_origin

import pulumi
from pulumi import _types as sdk_types  # pyright: ignore[reportPrivateUsage]  the SDK has no public view of its types
from pulumi.runtime.proto.provider_pb2 import CheckFailure

from sandbox.providers.values import DEFAULTS, UNKNOWN, Archive, Asset, Secret, plain

Mistakes = list[CheckFailure]
_LOADING = threading.Lock()
_HELD: Mapping[type, Any] = {
    int: int | float,
    float: int | float,
    Mapping: dict,
    Sequence: list,
    pulumi.Archive: Archive,
    pulumi.Asset: Asset,
}
"""What values are here of the types that SDKs declare."""
_NAMES: Mapping[type, str] = {
    **dict.fromkeys((int, float), "a number"),
    **dict.fromkeys((list, Sequence), "a list"),
    str: "a string",
    bool: "a boolean",
    Mapping: "a map",
    dict: "an object",
}


def mistake(path: str, reason: str) -> CheckFailure:
    """What is said against the property of a path."""
    return CheckFailure(property=path, reason=f"{path}: {reason}")


def only(name: str, *values: str, what: str = "") -> Callable[[Mapping[str, Any]], Mistakes]:
    """A check that the input of a name has one of the values; the message has `what` before them."""
    refusal = mistake(name, f"the sandbox plays {what}{' and '.join(values)} only")
    return lambda inputs: [] if inputs.get(name) in values else [refusal]


def check(arguments: str, inputs: Mapping[str, Any]) -> Mistakes:
    """The mistakes in inputs (secrets and unknowns may stand anywhere) for an argument class named `module:Class`.

    Raises ImportError or AttributeError where there is no such class.
    """
    return list(_check_object("", plain(inputs), argument_class(arguments)))


@functools.cache
def argument_class(arguments: str) -> type:
    """The class named `module:Class`; the module is imported only now, since the SDKs are slow to load."""
    module, _, name = arguments.partition(":")
    # The SDKs load their modules lazily, and two threads that ask at once find one half loaded.
    with _LOADING:
        return cast("type", getattr(importlib.import_module(module), name))


@functools.cache
def properties(arguments: type) -> Mapping[str, Any]:
    """The type of each property of an argument class, by its name in the protocol."""
    return sdk_types.input_type_types(arguments)


@functools.cache
def outputs(arguments: str) -> list[str]:
    """The properties that the resource of an argument class has and the class has not."""
    resource = argument_class(arguments.removesuffix("Args"))
    declared = sdk_types.resource_types(resource).keys() - properties(argument_class(arguments)).keys()
    return sorted(declared - {"id", "urn"})


@functools.cache
def computed(arguments: str) -> frozenset[str]:
    """The properties that may be left out and have a value all the same: in Terraform, optional and computed.

    The SDK tells them by their types: optional as an argument, and never missing in the resource.
    """
    taken, resource = argument_class(arguments), argument_class(arguments.removesuffix("Args"))
    hints = sdk_types._raw_return_hints(resource)  # pyright: ignore[reportPrivateUsage]  # noqa: SLF001  as above
    given = {name for name, hint in hints.items() if type(None) not in get_args(get_args(hint)[0])}
    return frozenset(given & properties(taken).keys() - _required(taken))


def noting_defaults(value: Any, declared: Any) -> Any:
    """The value with an empty list of defaults in every object, as the bridge notes them; maps have none.

    `declared`: its type, an argument class or what `properties` gives.
    """
    wanted = sdk_types.unwrap_type(declared)
    if isinstance(value, Secret):
        return Secret(noting_defaults(value.value, wanted))
    if isinstance(value, Mapping) and sdk_types.is_input_type(wanted):
        known, given = properties(wanted), cast("Mapping[str, Any]", value)
        return {DEFAULTS: []} | {name: noting_defaults(inner, known.get(name)) for name, inner in given.items()}
    if isinstance(value, list) and get_origin(wanted) is not Union:
        return [noting_defaults(inner, get_args(wanted)[-1]) for inner in cast("list[Any]", value)]
    return value


@functools.cache
def _required(arguments: type) -> frozenset[str]:
    names = sdk_types.input_type_py_to_pulumi_names(arguments)
    parameters = list(inspect.signature(arguments).parameters.values())
    return frozenset(names[each.name] for each in parameters if each.default is inspect.Parameter.empty)


def nearest(name: str, valid: Sequence[str]) -> str:
    """`; did you mean "x"?` where one of the valid names is close, else the list of them."""
    close = difflib.get_close_matches(name, valid, n=1)
    return f'; did you mean "{close[0]}"?' if close else f"; valid are {', '.join(sorted(valid))}"


def _check(path: str, value: Any, declared: Any) -> Iterator[CheckFailure]:
    wanted = sdk_types.unwrap_type(declared)
    inner = get_args(wanted)
    if value is None or value == UNKNOWN or wanted is Any:
        return
    if get_origin(wanted) is Union:
        if all(list(_check(path, value, member)) for member in inner if member is not type(None)):
            yield mistake(path, f"{_called(type(value))} is of none of the types that it may have")
    elif not _is_of(value, kind := get_origin(wanted) or wanted):
        yield mistake(path, f"{_called(kind)} is needed, not {_called(type(value))}")
    elif sdk_types.is_input_type(wanted):
        yield from _check_object(path, value, wanted)
    elif kind is Mapping:
        for name, member in cast("Mapping[str, Any]", value).items():
            yield from _check(f"{path}.{name}", member, inner[-1])
    elif kind is Sequence:
        for index, member in enumerate(cast("list[Any]", value)):
            yield from _check(f"{path}[{index}]", member, inner[-1])


def _check_object(path: str, value: Mapping[str, Any], arguments: type) -> Iterator[CheckFailure]:
    given = {name: inner for name, inner in value.items() if not name.startswith("__")}
    known, prefix = properties(arguments), f"{path}." if path else ""
    for name, inner in given.items():
        if name in known:
            yield from _check(f"{prefix}{name}", inner, known[name])
        else:
            yield mistake(f"{prefix}{name}", f"unknown property{nearest(name, list(known))}")
    for name in sorted(_required(arguments) - given.keys()):
        yield mistake(f"{prefix}{name}", "is required")


def _is_of(value: Any, wanted: type) -> bool:
    if issubclass(wanted, Enum):
        return value in [member.value for member in wanted]
    if isinstance(value, bool):
        return wanted is bool
    return isinstance(value, dict if sdk_types.is_input_type(wanted) else _HELD.get(wanted, wanted))


def _called(kind: type) -> str:
    return _NAMES.get(kind, "an object" if sdk_types.is_input_type(kind) else f"a {kind.__name__}")
