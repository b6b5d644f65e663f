"""What the engine keeps: checkpoints, the ledger, and what paths and hashes are about."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.engine import DeploymentError, outputs
from sandbox.engine.assets import with_hashes
from sandbox.engine.ledger import Ledger
from sandbox.engine.paths import restore
from sandbox.engine.provider import Diff
from sandbox.engine.state import Checkpoint, Resource, make_urn

if TYPE_CHECKING:
    from pathlib import Path

_SIGNATURE = "4dabf18193072939515e22adb298388d"


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        (["a"], {"a": 1, "b": {"c": 20, "e": 50}, "l": [{"x": 9}, {"x": 8}]}),
        (["b.c"], {"a": 10, "b": {"c": 2, "e": 50}, "l": [{"x": 9}, {"x": 8}]}),
        (['b["d"]', "b.e"], {"a": 10, "b": {"c": 20, "d": 3}, "l": [{"x": 9}, {"x": 8}]}),
        (["l[0].x"], {"a": 10, "b": {"c": 20, "e": 50}, "l": [{"x": 7}, {"x": 8}]}),
        (["l[*].x"], {"a": 10, "b": {"c": 20, "e": 50}, "l": [{"x": 7}, {"x": 7}]}),
        (["b.*"], {"a": 10, "b": {"c": 2, "d": 3}, "l": [{"x": 9}, {"x": 8}]}),
        (["a.b.c", "l[5].x"], {"a": 10, "b": {"c": 20, "e": 50}, "l": [{"x": 9}, {"x": 8}]}),
    ],
)
def test_ignored_changes_are_taken_back(paths: list[str], expected: dict[str, Any]) -> None:
    olds = {"a": 1, "b": {"c": 2, "d": 3}, "l": [{"x": 7}, {"x": 7}]}
    news = {"a": 10, "b": {"c": 20, "e": 50}, "l": [{"x": 9}, {"x": 8}]}
    assert restore(news, olds, paths) == expected


@pytest.mark.parametrize(
    ("paths", "replace_keys", "kind"),
    [
        ([], [], "update"),
        (["a"], ["a"], "update-replace"),
        (["*"], ["a", "b"], "update-replace"),
        (["ab"], [], "update"),
    ],
)
def test_changes_can_be_made_to_replace(paths: list[str], replace_keys: list[str], kind: str) -> None:
    diff = Diff(True, ["a", "b"], [], {"a[0].x": {"kind": "update", "inputDiff": True}})
    judged = diff.replacing_on(paths)
    assert judged.replace_keys == replace_keys
    assert judged.detailed == {"a[0].x": {"kind": kind, "inputDiff": True}}
    assert judged.replaces is bool(replace_keys)


def test_the_hash_of_an_archive_is_the_clis() -> None:
    asset = {_SIGNATURE: "c44067f5952c0a294b673a41bacd8c17", "text": "one"}
    archive = {_SIGNATURE: "0def7320c3a5731c473e5ecbe6d01bc7", "assets": {"z.txt": asset}}
    hashed = with_hashes({"code": archive})["code"]
    assert hashed["assets"]["z.txt"]["hash"] == "7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed"
    assert hashed["hash"] == "a7990dc9c430866ee6fa456576bcf7b4e73656dd7aeb67c08bdbfddda16eee72"


@pytest.mark.parametrize("entry", [{"path": "code.zip"}, {"uri": "https://example.com/code.zip"}])
@pytest.mark.parametrize("kind", ["c44067f5952c0a294b673a41bacd8c17", "0def7320c3a5731c473e5ecbe6d01bc7"])
def test_other_assets_are_refused(kind: str, entry: dict[str, str]) -> None:
    with pytest.raises(DeploymentError, match="no path or URI"):
        with_hashes({"code": {_SIGNATURE: kind, **entry}})


def test_a_urn_names_the_types_of_its_parents_but_not_the_stacks() -> None:
    stack = make_urn("dev", "shop", "", "pulumi:pulumi:Stack", "shop-dev")
    room = make_urn("dev", "shop", stack, "shop:index:Room", "room")
    assert room == "urn:pulumi:dev::shop::shop:index:Room::room"
    inner = make_urn("dev", "shop", room, "shop:index:Room", "inner::room")
    assert inner == "urn:pulumi:dev::shop::shop:index:Room$shop:index:Room::inner::room"
    assert Resource(urn=inner, custom=False, type="shop:index:Room").name == "inner::room"


def _resource(name: str, *dependencies: str, custom: bool = True) -> Resource:
    return Resource(urn=name, custom=custom, type="shop:index:Toy", dependencies=list(dependencies))


def test_those_that_fall_with_a_resource_are_found_through_those_that_stay() -> None:
    olds = [
        _resource("root"),
        _resource("stays", "root"),
        _resource("component", "stays", custom=False),
        _resource("falls", "component"),
        _resource("settled", "root"),
        _resource("apart"),
    ]
    ledger = Ledger(olds, lambda _: None)
    falling = ledger.falling_with(olds[0], {"settled"}, lambda resource, _: resource.urn != "stays")
    assert [resource.urn for resource in falling] == ["falls", "root"]


def test_a_ledger_saves_new_resources_before_old_ones() -> None:
    saved: list[list[str]] = []
    olds = [_resource("one"), _resource("two")]
    ledger = Ledger(olds, lambda resources: saved.append([resource.urn for resource in resources]))
    ledger.record(_resource("new"), None, save=True)
    ledger.record(_resource("two"), olds[1], save=True)
    assert saved == [["new", "one", "two"], ["new", "two", "one"]]


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ("{", "is not a stack's checkpoint"),
        ("[]", "is not a stack's checkpoint"),
        ({"version": 4, "checkpoint": {}}, "holds a checkpoint of version 4"),
        (
            {"version": 3, "checkpoint": {"latest": {"pending_operations": [{}]}}},
            "pending operations; .* `pulumi refresh`",
        ),
    ],
)
def test_a_state_file_that_cannot_be_used_is_said(tmp_path: Path, document: Any, message: str) -> None:
    path = tmp_path / ".pulumi" / "stacks" / "shop" / "dev.json"
    path.parent.mkdir(parents=True)
    path.write_text(document if isinstance(document, str) else json.dumps(document))
    with pytest.raises(DeploymentError, match=message):
        Checkpoint(tmp_path, "shop", "dev")


def test_what_the_cli_can_and_the_engine_cannot_is_said(tmp_path: Path) -> None:
    path = tmp_path / ".pulumi" / "stacks" / "shop" / "dev.json"
    path.parent.mkdir(parents=True)
    resource = {"urn": "urn:x", "custom": True, "type": "a:b:C", "retainOnDelete": True}
    path.write_text(json.dumps({"version": 3, "checkpoint": {"latest": {"resources": [resource]}}}))
    with pytest.raises(DeploymentError, match=r"urn:x: .* does not support `retainOnDelete`"):
        Checkpoint(tmp_path, "shop", "dev").resources(str)


def test_the_outputs_of_a_stack_that_is_not_there_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DeploymentError, match="There is no stack `dev` of `shop`"):
        outputs("shop", "dev", tmp_path, show_secrets=False)
