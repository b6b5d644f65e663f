"""Whether inputs are what a Pulumi SDK declares for a resource: mocks take any name and type, the plugins do not."""

from __future__ import annotations

import importlib
import inspect
import threading
from collections.abc import Iterator, Mapping
from typing import Any, Union, cast, get_args, get_origin

import pulumi
from pulumi import _types as sdk_types  # pyright: ignore[reportPrivateUsage]  the SDK has no public view of its types

_LOADING = threading.Lock()


def argument_class(module: str, name: str) -> type:
    """The class of a resource's arguments; `module` is imported only now, since the SDKs are slow to load."""
    # The SDKs load their modules lazily, and two threads that ask at once find one half loaded.
    with _LOADING:
        return cast("type", getattr(importlib.import_module(module), name))


def faults(arguments: type, inputs: Mapping[str, Any], path: str = "") -> Iterator[str]:
    """What a plugin would refuse: unknown properties, missing ones, and values of another type."""
    known = sdk_types.input_type_types(arguments)
    for name, value in inputs.items():
        where = f"{path}.{name}" if path else name
        yield from _value_faults(known[name], value, where) if name in known else [f"{where}: unknown property"]
    spelled = sdk_types.input_type_py_to_pulumi_names(arguments)
    parameters = inspect.signature(arguments).parameters.values()
    required = {spelled[each.name] for each in parameters if each.default is inspect.Parameter.empty}
    yield from (f"{path}.{name}: is required" for name in required - inputs.keys())


def _value_faults(declared: Any, value: Any, path: str) -> Iterator[str]:
    wanted = sdk_types.unwrap_type(declared)
    container, members = get_origin(wanted), get_args(wanted)
    if value is None or wanted is Any:
        return
    if container is Union:
        choices = [list(_value_faults(member, value, path)) for member in members if member is not type(None)]
        yield from min(choices, key=len)
    elif container is not None:
        pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        if not isinstance(value, dict if issubclass(container, Mapping) else list):
            yield f"{path}: {value!r} is no {container.__name__}"
        for key, inner in cast("Iterator[tuple[Any, Any]]", pairs):
            yield from _value_faults(members[-1], inner, f"{path}[{key}]")
    elif sdk_types.is_input_type(wanted):
        yield from faults(wanted, value, path) if isinstance(value, dict) else [f"{path}: {value!r} is no object"]
    elif not _is_of(value, wanted):
        yield f"{path}: {value!r} is no {wanted.__name__}"


def _is_of(value: Any, wanted: type) -> bool:
    if wanted in {int, float}:
        return isinstance(value, int | float) and not isinstance(value, bool)
    if issubclass(wanted, pulumi.Asset | pulumi.Archive):
        return isinstance(value, pulumi.Asset | pulumi.Archive)
    return isinstance(value, wanted)
