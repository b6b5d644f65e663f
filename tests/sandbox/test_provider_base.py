"""The frame of the provider servers, by a provider of shelves: names, secrets, unknowns, previews, failures."""

from __future__ import annotations

import logging
from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

import grpc
import pytest
from pulumi.runtime.proto import provider_pb2 as rpc
from pulumi.runtime.proto import provider_pb2_grpc

from sandbox.providers.base import FunctionType, Provider, ProviderError, ResourceType, serve
from sandbox.providers.values import UNKNOWN, Properties, Secret, decode, encode, plain

# The argument classes of a real SDK lend their names and types.
SECRET = "shelves:index:Secret"
GROUP = "shelves:index:Group"
FRAMED = "shelves:index:Framed"
Shelf = dict[str, Properties]


@dataclass(frozen=True, kw_only=True)
class Kind(ResourceType[Shelf]):
    lent: str
    framed: bool = False

    @property
    def arguments(self) -> str:
        return self.lent

    @property
    def framework(self) -> bool:
        return self.framed

    def create(self, client: Shelf, inputs: Properties) -> tuple[str, Properties]:
        if inputs.get("description") == "too heavy":
            raise ProviderError("this one is too heavy")
        if inputs.get("description") == "broken":
            raise ZeroDivisionError("by an author's mistake")
        client[inputs["name"]] = inputs
        return inputs["name"], {"arn": f"shelf/{inputs['name']}"}

    def read(self, client: Shelf, key: str, state: Properties) -> Properties | None:
        del state
        held = client.get(key)
        return None if held is None else {"tags": None, **held, "arn": f"shelf/{key}"}

    def update(self, client: Shelf, key: str, old: Properties, new: Properties) -> Properties:
        del old
        client[key] = new
        return {}

    def delete(self, client: Shelf, key: str, state: Properties) -> None:
        del state
        client.pop(key, None)


def _count(shelf: Shelf, inputs: Properties) -> Properties:
    del inputs
    return {"count": len(shelf)}


class Shelves(Provider[Shelf]):
    package, sdk = "shelves", "pulumi_aws"
    resources = (
        Kind(
            SECRET,
            lent="pulumi_aws.secretsmanager:SecretArgs",
            properties="name description tags",
            defaults={"description": "on a shelf"},
            auto_name=("name", 20),
            replaces="name tags.place",
            secrets="arn",
        ),
        Kind(GROUP, lent="pulumi_aws.cloudwatch:LogGroupArgs", properties="name", replaces=None),
        Kind(
            FRAMED,
            lent="pulumi_aws.cloudwatch:LogGroupArgs",
            properties="name",
            auto_name=("name", 255),
            framed=True,
            replaces=None,
        ),
    )
    functions = (FunctionType("shelves:index:count", "", _count),)

    def connect(self, config: Properties, peer: str) -> Shelf:
        del peer
        return {"spare": {"name": "spare", "note": config.get("accessKey", "")}}


class Caller:
    """One connection to the provider."""

    def __init__(self, port: int) -> None:
        options = [("grpc.use_local_subchannel_pool", 1), ("grpc.enable_http_proxy", 0)]
        self.channel = grpc.insecure_channel(f"127.0.0.1:{port}", options=options)
        self.stub = provider_pb2_grpc.ResourceProviderStub(self.channel)

    def configure(self, **config: Any) -> Caller:
        self.stub.Configure(rpc.ConfigureRequest(args=encode(config)))
        return self

    def check(self, inputs: Properties, old: Properties | None = None, seed: bytes = b"") -> Properties:
        request = rpc.CheckRequest(urn=_urn(SECRET), news=encode(inputs), olds=encode(old or {}), randomSeed=seed)
        return decode(self.stub.Check(request).inputs)

    def create(self, inputs: Properties, *, preview: bool = False) -> rpc.CreateResponse:
        properties = encode(self.check(inputs))
        return self.stub.Create(rpc.CreateRequest(urn=_urn(SECRET), properties=properties, preview=preview))


@pytest.fixture
def port() -> Generator[int]:
    server, port = serve(Shelves())
    yield port
    server.stop(0).wait()


@pytest.fixture
def caller(port: int) -> Generator[Caller]:
    caller = Caller(port).configure()
    yield caller
    caller.channel.close()


def _urn(token: str) -> str:
    return f"urn:pulumi:test::project::parent:index:Parent${token}::a-rather-long::name"


def test_a_name_is_made_from_the_logical_name_and_kept(caller: Caller) -> None:
    first = caller.check({}, seed=b"1")

    assert first["name"][:-7] == "a-rather-lon-"
    assert len(first["name"]) == 20
    assert caller.check({}, first, seed=b"2")["name"] == first["name"]
    assert caller.check({}, seed=b"2")["name"] != first["name"]
    assert caller.check({}, seed=b"1")["name"] == first["name"]


def test_a_name_that_the_program_took_back_is_made_anew(caller: Caller) -> None:
    given = caller.check({"name": "mine"})

    assert given["__defaults"] == ["description"]
    assert caller.check({}, given)["name"] != "mine"


def test_defaults_are_filled_in_and_secrets_kept_where_they_stand(caller: Caller) -> None:
    checked = caller.check({"name": "n", "tags": {"a": Secret("x"), "b": UNKNOWN}})

    assert checked.pop("__defaults") == ["description"]
    assert checked == {"name": "n", "description": "on a shelf", "tags": {"a": Secret("x"), "b": UNKNOWN}}


def test_an_output_is_secret_where_its_input_was_or_its_type_says_so(caller: Caller) -> None:
    state = decode(caller.create({"name": "n", "tags": {"a": Secret("x")}}).properties)

    assert state == {
        "name": "n",
        "description": "on a shelf",
        "tags": Secret({"a": "x"}),
        "arn": Secret("shelf/n"),
    }


def test_a_preview_answers_without_the_handler(caller: Caller) -> None:
    answer = caller.create({"name": "n", "description": "broken"}, preview=True)

    assert answer.id == ""
    assert decode(answer.properties) == {"name": "n", "description": "broken", "arn": UNKNOWN, "tagsAll": UNKNOWN}


def test_an_update_keeps_what_was_computed_at_creation(caller: Caller) -> None:
    made = caller.create({"name": "n"})
    for preview in (True, False):
        news = encode(caller.check({"name": "n", "description": "moved"}))
        request = rpc.UpdateRequest(urn=_urn(SECRET), id=made.id, olds=made.properties, news=news, preview=preview)
        state = decode(caller.stub.Update(request).properties)
        assert state == {"name": "n", "description": "moved", "arn": Secret("shelf/n")}

        read = rpc.ReadRequest(urn=_urn(SECRET), id=made.id, properties=made.properties, inputs=news)
        there = decode(caller.stub.Read(read).properties)["description"]
        assert there == ("on a shelf" if preview else "moved")


def test_a_refresh_brings_changes_from_outside_into_the_inputs(caller: Caller) -> None:
    made = caller.create({"name": "n"})
    inputs = encode({"name": "n", "description": "as the program wanted it"})

    answer = caller.stub.Read(rpc.ReadRequest(urn=_urn(SECRET), id=made.id, properties=made.properties, inputs=inputs))

    assert decode(answer.inputs)["description"] == "on a shelf"


def test_a_refresh_gives_objects_no_new_inputs_and_takes_a_changed_default_for_the_users_own(caller: Caller) -> None:
    block = {"name": "b", "computed": "c"}
    state = encode({"name": "n", "description": "d", "tags": {"a": "1", "b": "2"}, "blocks": [block, block]})
    caller.stub.Update(rpc.UpdateRequest(urn=_urn(SECRET), id="n", olds=encode({}), news=state))
    noted = {"__defaults": ["name", "description"], "name": "another", "description": "d"}
    inputs = {**noted, "tags": {"a": "0"}, "blocks": [{"__defaults": [], "name": "x"}]}

    answer = caller.stub.Read(rpc.ReadRequest(urn=_urn(SECRET), id="n", properties=state, inputs=encode(inputs)))

    assert decode(answer.inputs) == {
        "__defaults": ["description"],
        "name": "n",
        "description": "d",
        "tags": {"a": "1", "b": "2"},
        "blocks": [{"__defaults": [], "name": "b"}, block],
    }


@pytest.mark.parametrize(
    ("given", "found"), [({"tags": {}}, {"tags": {}}), ({"tags": {"a": "b"}}, {}), ({"tags": Secret({})}, {"tags": {}})]
)
def test_what_the_service_does_not_tell_is_gone_unless_it_was_empty(
    caller: Caller, given: Properties, found: Properties
) -> None:
    made = caller.create({"name": "n"})

    answer = caller.stub.Read(
        rpc.ReadRequest(urn=_urn(SECRET), id=made.id, properties=made.properties, inputs=encode(given))
    )

    assert plain(decode(answer.inputs)) == found


def test_a_default_is_kept_from_the_inputs_before(caller: Caller) -> None:
    before = {"name": "n", "description": "of an older version"}

    assert (
        caller.check({"name": "n"}, {**before, "__defaults": ["description"]})["description"] == before["description"]
    )
    assert caller.check({"name": "n"}, {**before, "__defaults": []})["description"] == "on a shelf"
    assert caller.check({"name": "n"}, before)["description"] == before["description"]


def test_a_type_of_the_plugin_framework_has_no_list_of_defaults(caller: Caller) -> None:
    request = rpc.CheckRequest(urn=_urn(FRAMED), news=encode({}), olds=encode({"name": "made-before"}))

    assert decode(caller.stub.Check(request).inputs) == {"name": "made-before"}


def test_what_is_gone_is_read_as_gone(caller: Caller) -> None:
    assert caller.stub.Read(rpc.ReadRequest(urn=_urn(SECRET), id="nothing")).id == ""


def test_a_diff_tells_paths_kinds_and_what_replaces(caller: Caller) -> None:
    kinds = rpc.PropertyDiff
    old = {"name": "n", "tags": {"place": "a", "note": "x"}}
    new = {"name": "n", "tags": {"place": "b"}, "description": "d"}
    answer = caller.stub.Diff(rpc.DiffRequest(urn=_urn(SECRET), old_inputs=encode(old), news=encode(new)))

    assert {path: entry.kind for path, entry in answer.detailedDiff.items()} == {
        "tags.place": kinds.UPDATE_REPLACE,
        "tags.note": kinds.DELETE,
        "description": kinds.ADD,
    }
    assert list(answer.replaces) == ["tags.place"]
    assert list(answer.diffs) == ["description", "tags"]
    assert answer.deleteBeforeReplace
    assert not any(entry.inputDiff for entry in answer.detailedDiff.values())


def test_a_diff_leaves_out_what_the_program_ignores(caller: Caller) -> None:
    old, new = encode({"name": "n", "tags": {"note": "x"}}), encode({"name": "n", "tags": {"note": "y"}})
    answers = [
        caller.stub.Diff(rpc.DiffRequest(urn=_urn(SECRET), old_inputs=old, news=new, ignoreChanges=ignored)).changes
        for ignored in ([], ["tags"])
    ]

    assert answers == [rpc.DiffResponse.DIFF_SOME, rpc.DiffResponse.DIFF_NONE]


def test_a_type_without_updates_is_replaced_and_never_updated(caller: Caller) -> None:
    old, new = encode({"name": "a"}), encode({"name": "b"})

    assert caller.stub.Diff(rpc.DiffRequest(urn=_urn(GROUP), old_inputs=old, news=new)).replaces == ["name"]
    with pytest.raises(grpc.RpcError, match="a change replaces it, it cannot be updated"):
        caller.stub.Update(rpc.UpdateRequest(urn=_urn(GROUP), id="a", olds=old, news=new))


def test_a_refusal_reaches_the_user_as_it_was_said(caller: Caller) -> None:
    with pytest.raises(grpc.RpcError) as refused:
        caller.create({"name": "n", "description": "too heavy"})

    assert refused.value.code() is grpc.StatusCode.UNKNOWN  # pyright: ignore[reportAttributeAccessIssue]  grpc's stubs
    assert refused.value.details() == "this one is too heavy"  # pyright: ignore[reportAttributeAccessIssue]


def test_a_defect_is_told_from_a_refusal_and_logged(caller: Caller, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR), pytest.raises(grpc.RpcError, match="defect in the sandbox: ZeroDivisionError"):
        caller.create({"name": "n", "description": "broken"})

    assert "by an author's mistake" in caplog.text


def test_what_the_protocol_has_besides_is_told_to_be_unimplemented(caller: Caller) -> None:
    with pytest.raises(grpc.RpcError) as refused:
        caller.stub.GetMapping(rpc.GetMappingRequest(key="terraform"))

    assert refused.value.code() is grpc.StatusCode.UNIMPLEMENTED  # pyright: ignore[reportAttributeAccessIssue]


def test_each_connection_has_a_configuration_of_its_own(port: int, caller: Caller) -> None:
    other = Caller(port)
    with pytest.raises(grpc.RpcError, match="the shelves provider was not configured on this connection"):
        other.create({"name": "n"})

    other.configure(accessKey=Secret("theirs"))
    caller.create({"name": "n"})

    counts = [
        decode(getattr(each.stub.Invoke(rpc.InvokeRequest(tok="shelves:index:count")), "return"))["count"]
        for each in (caller, other)
    ]
    assert counts == [2, 1]
    other.channel.close()


def test_the_server_says_what_it_is_and_what_it_has(caller: Caller) -> None:
    schema = caller.stub.GetSchema(rpc.GetSchemaRequest()).schema

    assert SECRET in schema
    assert caller.stub.Handshake(rpc.ProviderHandshakeRequest(engine_address="127.0.0.1:1")).accept_secrets
