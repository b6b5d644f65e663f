"""Resource types of AWS as tables: where their names, operations and outputs differ from what botocore's models say.

The models say which operations there are (`CreateUserPoolClient`, `DescribeUserPoolClient`, …), which of the properties
go into a request, and which members of an answer are outputs.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore import xform_name

from sandbox.providers import arguments
from sandbox.providers.aws.client import AwsClient, found, require_region
from sandbox.providers.aws.shapes import Shape, as_known, member_of, to_api
from sandbox.providers.base import ProviderError, ResourceType, parts
from sandbox.providers.diffs import decide
from sandbox.providers.values import UNKNOWN, Properties

_SERVICES = {
    "bedrock": "bedrock-agentcore-control",
    "cloudwatch": "logs",
    "cloudwatch/metricAlarm": "cloudwatch",
    "cognito": "cognito-idp",
}
"""Modules of the SDK, or types in them, that botocore calls otherwise."""
_NESTED = frozenset({"structure", "list", "map"})
_UNTOLD = {"string": "", "integer": 0, "long": 0}
"""What a computed output is that the service does not tell."""


@dataclass(frozen=True, kw_only=True)
class Table(ResourceType[AwsClient]):
    """One resource type. Where an operation is not enough, a function stands in its place.

    Regions, default tags and tagging follow from the properties `region` and `tags`.
    """

    noun: str = ""
    """What its operations are called after, unless it is the type's name."""
    id: str = "name"
    """The properties that make its id, with the sign that stands between them."""
    imported_by: str = ""
    """The same of an import's id, where that is another; the id comes last."""
    names: Mapping[str, str] = field(default_factory=dict[str, str])
    """The API's, where they are not as `shapes.member_of` expects. Several where operations differ: the first that an
    operation has is meant."""
    replaces: str | None = None
    replaces_also: Callable[[Properties, Properties], list[str]] | None = None
    """Takes old and new inputs, gives properties whose change replaces this once; unknowns may stand in the new."""
    creates: str = ""
    reads: str | Callable[[AwsClient, Properties], Properties | None] = ""
    """A function takes the properties that are known, gives those that are live; None: there is no such thing."""
    updates: str = ""
    """Of several operations those are called that take something which has changed."""
    deletes: str | Callable[[AwsClient, Properties], object] = ""
    own: Mapping[str, tuple[str | Callable[[AwsClient, Properties], object], str]] = field(default_factory=dict)
    """Properties with operations of their own, to set and to remove them."""
    answer: str = ""
    """The member of an answer that holds the resource (or a list in which it is), unless it is called as the noun."""
    cleared: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """What an update sends for properties that are no longer given, where leaving them out would leave them set."""
    forms: Mapping[str, Callable[[Any], Any]] = field(default_factory=dict)
    """Properties that the API has in another form altogether, and what gives that form."""
    derive: Callable[[AwsClient, Properties, Mapping[str, Any]], Properties] = lambda _client, _known, _live: {}
    """Takes the properties that are known and the API's answer, gives outputs that no member of it is."""

    @property
    def framework(self) -> bool:
        return self.token.startswith(
            ("aws:bedrock/agentcore", "aws:cloudwatch/logDelivery", "aws:cognito/userPoolClient:")
        )

    def imported(self, identifier: str) -> tuple[str, Properties]:
        if not self.imported_by:
            return super().imported(identifier)
        found = parts(self.imported_by, identifier)
        return found.popitem()[1], found

    def replaced_by(self, old: Properties, new: Properties) -> list[str]:
        also = self.replaces_also(old, new) if self.replaces_also else []
        return [*super().replaced_by(old, new), "region", *also]

    def complete(self, client: AwsClient, inputs: Properties) -> Properties:
        completed: Properties = {}
        if "region" in self.properties.split():
            completed["region"] = inputs.get("region", client.region)
            require_region(completed["region"], "region")
        tags = inputs.get("tags", {})
        if self._tagged and client.default_tags and tags != UNKNOWN:
            completed["tags"] = {**client.default_tags, **tags}
        return completed

    def read(self, client: AwsClient, key: str, state: Properties) -> Properties | None:
        api, known = self._api(client, state), state | parts(self.id, key)
        if callable(self.reads):
            outputs = self.reads(client, known)
        else:
            operation = self.reads or self._operation(api, "Get", "Describe")
            shape, live = found(self._call, api, operation, known) or (None, {})
            # The date is that of a secret's deletion, which waits for the end of its recovery window.
            outputs = self._outputs(client, shape, live, known) if live and "DeletedDate" not in live else None
        if outputs is None or not self._tagged:
            return outputs
        if "tags" not in outputs:
            shape, answer = self._call_by_arn(api, ("ListTagsForResource", "ListTags"), known | outputs)
            outputs |= self._seen(shape, answer, known, ["tags"])
        return outputs | {"tagsAll": outputs["tags"] or {}}

    def create(self, client: AwsClient, inputs: Properties) -> tuple[str, Properties]:
        api = self._api(client, inputs)
        operation = self.creates or self._operation(api, "Create", "Put", "Add")
        shape, live = self._call(api, operation, {k: v for k, v in inputs.items() if k != "tags" or v})
        for name, (put, _) in self.own.items():
            if inputs.get(name) and isinstance(put, str) and not self._takes(api, operation, [name]):
                self._call(api, put, inputs)
        identity = inputs | self._seen(shape, live, inputs, re.findall(r"\w+", self.id))
        identifier = re.sub(r"\w+", lambda name: identity[name[0]], self.id)
        outputs = self._outputs(client, shape, live, inputs)
        if not outputs.keys() >= {*self.computed}:
            outputs = self.read(client, identifier, inputs)
        if outputs is None:
            raise ProviderError(f"{identifier} is gone right after its creation")
        return identifier, _told(outputs)

    def update(self, client: AwsClient, key: str, old: Properties, new: Properties) -> Properties:
        api, identity = self._api(client, new), parts(self.id, key)
        held = {name: value for name, value in old.items() if name in self.properties.split()}
        kept = {name: value for name, value in held.items() if name in arguments.computed(self.arguments)}
        wanted, before = {"tags": {}, **self.cleared, **kept, **new}, {"tags": {}, **self.cleared, **held}
        changed = {*decide(before, wanted).diffs}
        for operation in self.updates.split() or [self._operation(api, "Update", "Put")]:
            if operation and self._takes(api, operation, changed):
                self._call(api, operation, wanted | identity)
                changed -= {"tags"} if self._takes(api, operation, ["tags"]) else set()
        for name in changed & self.own.keys():
            put, remove = self.own[name]
            if callable(put):
                put(client, wanted | identity)
            else:
                self._call(api, put if wanted.get(name) else remove, wanted | identity)
        if "tags" in changed:
            if gone := sorted(before["tags"].keys() - wanted["tags"].keys()):
                self._call_by_arn(api, ("UntagResource", "Untag"), old | identity | {"tagKeys": gone})
            if tagged := {k: v for k, v in wanted["tags"].items() if before["tags"].get(k) != v}:
                self._call_by_arn(api, ("TagResource", "Tag"), old | identity | {"tags": tagged})
        return _told(self.read(client, key, kept | new) or {})

    def delete(self, client: AwsClient, key: str, state: Properties) -> None:
        api, known = self._api(client, state), state | parts(self.id, key)
        if callable(self.deletes):
            self.deletes(client, known)
        elif operation := self.deletes or self._operation(api, "Delete", "Remove"):
            found(self._call, api, operation, known)

    @property
    def _tagged(self) -> bool:
        return "tags" in self.properties.split()

    @property
    def _noun(self) -> str:
        return self.noun or self.token.rpartition(":")[2].removeprefix("Agentcore")

    def _api(self, client: AwsClient, inputs: Properties) -> Any:
        kind = self.token.split(":")[1]
        module = kind.partition("/")[0]
        return client.api(_SERVICES.get(kind) or _SERVICES.get(module, module), inputs)

    def _operation(self, api: Any, *verbs: str) -> str:
        """The first operation that the service has of a verb and the noun, or called as the verb alone."""
        offered = api.meta.service_model.operation_names
        return next((each for verb in verbs for each in (verb + self._noun, verb) if each in offered), "")

    def _takes(self, api: Any, operation: str, names: Iterable[str]) -> bool:
        shape = api.meta.service_model.operation_model(operation).input_shape
        return any(self._member(shape, name) for name in names)

    def _member(self, shape: Shape, name: str) -> str | None:
        spellings = (*self.names.get(name, "").split(), self._noun + name, name)
        return next((member for each in spellings if (member := member_of(shape, each))), None)

    def _call(self, api: Any, operation: str, values: Properties) -> tuple[Shape, Mapping[str, Any]]:
        """Ask with as many of the values as the operation takes; gives what of the answer holds the resource."""
        model = api.meta.service_model.operation_model(operation)
        request: Properties = {}
        for name, value in values.items():
            if member := self._member(model.input_shape, name):
                form = self.forms.get(name)
                request[member] = form(value) if form else to_api(model.input_shape.members[member], value, name)
        answer, held = getattr(api, xform_name(operation))(**request), self.answer or self._noun
        if held not in answer:
            return model.output_shape, answer
        shape = model.output_shape.members[held]
        if shape.type_name != "list":
            return shape, answer[held]
        wanted = {m: values[name] for name in re.findall(r"\w+", self.id) if (m := self._member(shape.member, name))}
        return shape.member, next((each for each in answer[held] if wanted.items() <= each.items()), {})

    def _call_by_arn(self, api: Any, verbs: Iterable[str], values: Properties) -> tuple[Shape, Mapping[str, Any]]:
        """The operations about tags take a resource's ARN where they are not called after the kind of resource."""
        arn = values[min((name for name in self.computed if name.lower().endswith("arn")), key=len)]
        return self._call(api, self._operation(api, *verbs), values | {"resource": arn, "resourceArn": arn})

    def _outputs(self, client: AwsClient, shape: Shape, live: Mapping[str, Any], known: Properties) -> Properties:
        names = self.properties.split() + self.computed
        total = {"tagsAll": known.get("tags", {})} if "tagsAll" in names else {}
        return total | self._seen(shape, live, known, names) | self.derive(client, known, live)

    def _seen(self, shape: Shape, live: Mapping[str, Any], known: Properties, names: Iterable[str]) -> Properties:
        """What an answer tells of properties and outputs; None for a property that it could tell and does not."""
        seen: Properties = {}
        members = {name: self._member(shape, name) for name in names} if shape else {}
        for name, member in members.items():
            if not member:
                continue
            inner, value, given = shape.members[member], live.get(member), known.get(name)
            if name in self.forms:
                same = given == value or (isinstance(given, Mapping) and self.forms[name](given) == value)
                seen[name] = given if same else value or None
            elif name in self.computed:
                output = _UNTOLD.get(inner.type_name) if value is None else as_known(inner, value, None)
                seen[name] = [output] if inner.type_name == "structure" else output
            elif name == "tags" or inner.type_name not in _NESTED:
                empty = "" if given == "" else None
                seen[name] = empty if value in ("", None, [], {}) else as_known(inner, value, given)
            elif given is not None and value is not None:
                seen[name] = as_known(inner, value, given)
        return seen


def _told(outputs: Properties) -> Properties:
    """Where a change is not told back, its inputs stand."""
    return {name: value for name, value in outputs.items() if value is not None}
