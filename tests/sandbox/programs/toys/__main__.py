"""Deploys toys as the stack's configuration lists them: `things: [{name, kind, <inputs>, ...}]`.

An input `$<name>.<output>` is another thing's output, `{files: {<name>: <text>}}` an archive. Inputs that begin with
`_` are resource options.
"""

from __future__ import annotations

from typing import Any

import pulumi


class Thing(pulumi.CustomResource):
    serial: pulumi.Output[str]
    key: pulumi.Output[str]

    def __init__(self, kind: str, name: str, inputs: dict[str, Any], opts: pulumi.ResourceOptions) -> None:
        hidden = pulumi.ResourceOptions(additional_secret_outputs=["key"], version="1.2.3")
        super().__init__(f"toys:index:{kind}", name, {**inputs, "serial": None, "key": None}, hidden.merge(opts))


class Room(pulumi.ComponentResource):
    def __init__(self, name: str, things: list[dict[str, Any]], opts: pulumi.ResourceOptions) -> None:
        super().__init__("toys:index:Room", name, opts=opts)
        self.things: dict[str, Thing] = {}
        for entry in things:
            self.things[entry["name"]] = self.place(**entry)
        self.register_outputs({"serials": {key: thing.serial for key, thing in self.things.items()}})

    def place(self, name: str, kind: str, **entry: Any) -> Thing:
        options = {key[1:]: entry.pop(key) for key in list(entry) if key.startswith("_")}
        if "depends_on" in options:
            options["depends_on"] = [self.things[other] for other in options["depends_on"]]
        inputs = {key: self.resolve(value) for key, value in entry.items()}
        return Thing(kind, name, inputs, pulumi.ResourceOptions(parent=self, **options))

    def resolve(self, value: Any) -> Any:
        if isinstance(value, str) and value.startswith("$"):
            other, _, output = value[1:].partition(".")
            return getattr(self.things[other], output)
        if isinstance(value, dict) and value.keys() == {"files"}:
            files = {name: pulumi.StringAsset(text) for name, text in value["files"].items()}
            return pulumi.AssetArchive({**files, "more": pulumi.AssetArchive(dict(files))})
        if isinstance(value, dict):
            return {key: self.resolve(item) for key, item in value.items()}
        return value


config = pulumi.Config()
if message := config.get("refuse"):
    raise pulumi.RunError(message)
if config.get_bool("crash"):
    raise KeyError("a mistake in the program")

provider = None
if account := config.get("account"):
    provider = pulumi.ProviderResource(
        "toys", "explicit", {"account": account}, pulumi.ResourceOptions(version="1.2.3")
    )
room = Room(
    "room",
    config.get_object("things") or [],
    pulumi.ResourceOptions(providers=[provider] if provider else None),
)
if paint := config.get_secret("paint"):
    pulumi.export("paint", paint)
if config.get_bool("lookup"):
    pulumi.export("color", pulumi.runtime.invoke("toys:index:colorOf", {"name": "ball"}).value["color"])
for name, thing in room.things.items():
    pulumi.export(name, {"serial": thing.serial, "key": thing.key})
pulumi.info(f"{len(room.things)} things")
