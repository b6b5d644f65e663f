"""Property values as Pulumi's protocol carries them, and what the engine does to them.

Inside the engine a value is plain JSON-like data with two additions: `Secret(value)` and `UNKNOWN`. Assets, archives and
resource references stay what they are on the wire: an object with a signature. The protocol is described in
`pulumi/provider.proto` and the signatures in Pulumi's `sdk/go/common/resource/sig`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from google.protobuf import struct_pb2

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SIGNATURE: Final = "4dabf18193072939515e22adb298388d"
SECRET: Final = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 (a signature of the protocol, not a secret)
OUTPUT: Final = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
RESOURCE: Final = "5cf8f73096256a8f31e491e813e4eb8e"
ASSETS: Final = frozenset({"c44067f5952c0a294b673a41bacd8c17", "0def7320c3a5731c473e5ecbe6d01bc7"})
UNKNOWN_STRING: Final = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
_UNKNOWNS: Final = frozenset(
    {
        UNKNOWN_STRING,
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",  # bool
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",  # number
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",  # array
        "030794c1-ac77-496b-92df-f27374a8bd58",  # asset
        "e48ece36-62e2-4504-bad9-02848725956a",  # archive
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",  # object
    }
)

Properties = dict[str, Any]


@dataclass(frozen=True)
class Secret:
    """A value that is encrypted in the state and hidden in whatever is shown."""

    value: Any

    def __repr__(self) -> str:
        return "[secret]"


class _Unknown:
    """What is only known once a resource exists."""

    def __repr__(self) -> str:
        return "[unknown]"


UNKNOWN: Final = _Unknown()


def from_struct(struct: struct_pb2.Struct) -> Properties:
    """The properties in a protobuf struct."""
    return {key: _from_value(value) for key, value in struct.fields.items()}


def _from_value(value: struct_pb2.Value) -> Any:
    match value.WhichOneof("kind"):
        case "string_value":
            return UNKNOWN if value.string_value in _UNKNOWNS else value.string_value
        case "number_value":
            number = value.number_value
            return int(number) if number.is_integer() else number
        case "bool_value":
            return value.bool_value
        case "list_value":
            return [_from_value(item) for item in value.list_value.values]
        case "struct_value":
            return _from_object(from_struct(value.struct_value))
        case _:
            return None


def _from_object(fields: Properties) -> Any:
    match fields.get(SIGNATURE):
        case _ if SIGNATURE not in fields:
            return fields
        case s if s == SECRET:
            return Secret(fields.get("value"))
        case s if s == OUTPUT:
            value = fields.get("value", UNKNOWN)
            return Secret(value) if fields.get("secret") else value
        case _:
            return fields


def to_struct(properties: Mapping[str, Any], *, secrets: bool = True, resources: bool = True) -> struct_pb2.Struct:
    """A protobuf struct of properties; for a peer that does not take secrets or resource references, without them."""
    struct = struct_pb2.Struct()
    struct.update(plain(properties, secrets=secrets, resources=resources))
    return struct


def plain(value: Any, *, secrets: bool, resources: bool = True) -> Any:
    """A value as JSON: secrets marked by their signature, or bare; what is unknown by its marker."""
    match value:
        case Secret(inner):
            bare = plain(inner, secrets=secrets, resources=resources)
            return {SIGNATURE: SECRET, "value": bare} if secrets else bare
        case _Unknown():
            return UNKNOWN_STRING
        case dict():
            if not resources and value.get(SIGNATURE) == RESOURCE:
                return value.get("id", value.get("urn"))
            return {key: plain(item, secrets=secrets, resources=resources) for key, item in value.items()}
        case list():
            return [plain(item, secrets=secrets, resources=resources) for item in value]
        case _:
            return value


def redact(value: Any) -> Any:
    """A value for people to see: `[secret]` in place of each secret."""
    match value:
        case Secret():
            return "[secret]"
        case _Unknown():
            return UNKNOWN_STRING
        case dict():
            return {key: redact(item) for key, item in value.items()}
        case list():
            return [redact(item) for item in value]
        case _:
            return value


def bare(value: Any) -> Any:
    """A value without its secret marks."""
    match value:
        case Secret(inner):
            return bare(inner)
        case dict():
            return {key: bare(item) for key, item in value.items()}
        case list():
            return [bare(item) for item in value]
        case _:
            return value


def _leaves(value: Any) -> Iterator[Any]:
    yield value
    match value:
        case Secret(inner):
            yield from _leaves(inner)
        case dict():
            for item in value.values():
                yield from _leaves(item)
        case list():
            for item in value:
                yield from _leaves(item)
        case _:
            pass


def has_unknowns(value: Any) -> bool:
    """Whether anything in a value is unknown yet."""
    return any(leaf is UNKNOWN for leaf in _leaves(value))


def has_secrets(value: Any) -> bool:
    """Whether anything in a value is secret."""
    return any(isinstance(leaf, Secret) for leaf in _leaves(value))


def mark_secrets(properties: Properties, like: Mapping[str, Any]) -> Properties:
    """Properties with those marked secret that are secret in `like`: for a provider that cannot carry the mark."""
    marked = dict(properties)
    for key in properties.keys() & like.keys():
        value, model = properties[key], like[key]
        if isinstance(value, dict) and isinstance(model, dict):
            marked[key] = mark_secrets(value, model)
        elif not isinstance(value, Secret) and has_secrets(model):
            marked[key] = Secret(value)
    return marked


def output_dependencies(value: struct_pb2.Value) -> set[str]:
    """The URNs that the output values inside a value come from."""
    match value.WhichOneof("kind"):
        case "list_value":
            return {urn for item in value.list_value.values for urn in output_dependencies(item)}
        case "struct_value":
            fields = value.struct_value.fields
            urns = {urn for item in fields.values() for urn in output_dependencies(item)}
            if SIGNATURE in fields and fields[SIGNATURE].string_value == OUTPUT and "dependencies" in fields:
                urns.update(item.string_value for item in fields["dependencies"].list_value.values)
            return urns
        case _:
            return set()
