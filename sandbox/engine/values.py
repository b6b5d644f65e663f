"""Property values as Pulumi's protocol carries them.

Inside the engine a value is plain JSON-like data with two additions: `Secret(value)` and `UNKNOWN`. Assets, archives
and resource references stay what they are on the wire: objects with a signature (Pulumi's
`sdk/go/common/resource/sig`, `sdk/go/common/resource/plugin/rpc.go`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from google.protobuf import struct_pb2

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

SIGNATURE: Final = "4dabf18193072939515e22adb298388d"
SECRET: Final = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 (a signature of the protocol, not a secret)
_OUTPUT: Final = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
_REFERENCE: Final = "5cf8f73096256a8f31e491e813e4eb8e"
UNKNOWN_MARK: Final = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
_UNKNOWN_MARKS: Final = frozenset(
    {
        UNKNOWN_MARK,
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",  # a bool
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",  # a number
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",  # an array
        "030794c1-ac77-496b-92df-f27374a8bd58",  # an asset
        "e48ece36-62e2-4504-bad9-02848725956a",  # an archive
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",  # an object
    }
)

Properties = dict[str, Any]


@dataclass(frozen=True)
class Secret:
    """A value that is encrypted in the state and hidden in whatever is shown."""

    value: Any

    def __repr__(self) -> str:
        return "[secret]"


class Unknown:
    """The type of `UNKNOWN`: what is only known once a resource exists."""

    def __repr__(self) -> str:
        return "[unknown]"


UNKNOWN: Final = Unknown()


def from_struct(struct: struct_pb2.Struct) -> Properties:
    """The properties in a protobuf struct."""
    return {key: _from_value(value) for key, value in struct.fields.items()}


def _from_value(value: struct_pb2.Value) -> Any:
    match value.WhichOneof("kind"):
        case "string_value":
            return UNKNOWN if value.string_value in _UNKNOWN_MARKS else value.string_value
        case "number_value":
            return int(value.number_value) if value.number_value.is_integer() else value.number_value
        case "bool_value":
            return value.bool_value
        case "list_value":
            return [_from_value(item) for item in value.list_value.values]
        case "struct_value":
            return _from_object(from_struct(value.struct_value))
        case _:
            return None


def _from_object(fields: Properties) -> Any:
    signature = fields.get(SIGNATURE)
    if signature == SECRET:
        return Secret(fields["value"])
    if signature == _OUTPUT:
        value = fields.get("value", UNKNOWN)
        return Secret(value) if fields.get("secret") else value
    return fields


def output_dependencies(value: struct_pb2.Value) -> set[str]:
    """The URNs that the output values inside a value come from."""
    fields = value.struct_value.fields
    urns = {urn for item in [*value.list_value.values, *fields.values()] for urn in output_dependencies(item)}
    if SIGNATURE in fields and fields[SIGNATURE].string_value == _OUTPUT and "dependencies" in fields:
        urns.update(item.string_value for item in fields["dependencies"].list_value.values)
    return urns


def to_struct(properties: Mapping[str, Any], *, secrets: bool = True, references: bool = True) -> struct_pb2.Struct:
    """A protobuf struct of properties, without secret marks or resource references for a peer that takes none."""

    def encode(secret: Secret) -> Any:
        inner = as_json(secret.value, encode, references=references)
        return {SIGNATURE: SECRET, "value": inner} if secrets else inner

    struct = struct_pb2.Struct()
    struct.update(as_json(properties, encode, references=references))
    return struct


def as_json(value: Any, encode: Callable[[Secret], Any], *, references: bool = True) -> Any:
    """A value as JSON, each secret as `encode` has it, and what is unknown as the protocol's mark."""
    match value:
        case Secret():
            return encode(value)
        case Unknown():
            return UNKNOWN_MARK
        case dict():
            if not references and value.get(SIGNATURE) == _REFERENCE:
                return value.get("id", value["urn"])
            return {key: as_json(item, encode, references=references) for key, item in value.items()}
        case list():
            return [as_json(item, encode, references=references) for item in value]
        case _:
            return value


def bare(value: Any) -> Any:
    """A value as JSON, its secrets in plain text."""
    return as_json(value, lambda secret: bare(secret.value))


def redact(value: Any) -> Any:
    """A value as JSON for people to see, with `[secret]` in place of each secret."""
    return as_json(value, lambda _: "[secret]")


def has(kind: type[Secret | Unknown], value: Any) -> bool:
    """Whether something secret, or something unknown, is in a value."""
    if isinstance(value, Secret):
        return kind is Secret or has(kind, value.value)
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return isinstance(value, kind) or any(has(kind, item) for item in items)


def mark_secrets(properties: Properties, like: Mapping[str, Any]) -> Properties:
    """Properties with those marked secret that are secret in `like`: for a provider that cannot carry the mark."""
    marked = dict(properties)
    for key in properties.keys() & like.keys():
        value, model = properties[key], like[key]
        if isinstance(value, dict) and isinstance(model, dict):
            marked[key] = mark_secrets(value, model)
        elif not isinstance(value, Secret) and has(Secret, model):
            marked[key] = Secret(value)
    return marked
