"""The deployment engine over a fictional provider."""

from __future__ import annotations

import json
import os
import socket
from typing import TYPE_CHECKING

import pytest

from sandbox.engine import UNKNOWN, DeploymentError, preview_digest
from tests.sandbox.playroom import Playroom, box, operations, secure, shelf
from tests.sandbox.toys import serving

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path


@pytest.fixture
def playroom(tmp_path: Path) -> Generator[Playroom]:
    with serving() as (toys, port):
        yield Playroom(tmp_path, toys, port)


def test_a_preview_creates_nothing_and_knows_what_it_cannot_know(playroom: Playroom) -> None:
    playroom.furnish(shelf("wide", place="hall"), box("toys", color="red", stands_on="$wide.serial"))
    result = playroom.run("preview")
    assert result.changes == {"create": 4}
    assert result.outputs["wide"]["serial"] is UNKNOWN
    assert not playroom.toys.calls
    assert not playroom.state.exists()


def test_up_creates_in_the_order_of_dependencies(playroom: Playroom) -> None:
    playroom.furnish(shelf("wide", place="hall"), box("toys", color="red", stands_on="$wide.serial"))
    playroom.run("up")
    assert playroom.toys.calls == [("create", "wide"), ("create", "toys")]
    assert playroom.toys.things["toys-1"][1]["stands_on"] == "serial-wide-1"
    assert playroom.outputs()["wide"] == {"serial": "serial-wide-1", "key": "key-wide-1"}


def test_nothing_changes_where_nothing_has_changed(playroom: Playroom) -> None:
    playroom.furnish(box("toys", color="red", lid={"files": {"lid.txt": "closed"}}), lookup=True)
    playroom.run("up")
    assert playroom.run("preview").is_unchanged
    assert playroom.run("up").is_unchanged
    assert not playroom.toys.calls


def test_components_and_default_providers_are_in_the_state(playroom: Playroom) -> None:
    playroom.furnish(box("toys", color="red"), toys__account="one")
    playroom.run("up")
    stack, room, provider, thing = playroom.resources()
    assert stack["type"] == "pulumi:pulumi:Stack"
    assert (room["parent"], thing["parent"]) == (stack["urn"], room["urn"])
    assert thing["urn"] == "urn:pulumi:dev::playroom::toys:index:Room$toys:index:Box::toys"
    assert provider["urn"] == "urn:pulumi:dev::playroom::pulumi:providers:toys::default_1_2_3"
    assert provider["inputs"] == {"account": "one", "version": "1.2.3", "__internal": {}}
    assert thing["provider"] == f"{provider['urn']}::{provider['id']}"


def test_a_change_updates_and_says_what_it_changes(playroom: Playroom) -> None:
    playroom.furnish(box("toys", color="red", size=1))
    playroom.run("up")
    playroom.furnish(box("toys", color="red", size=2))
    (step,) = (step for step in playroom.run("up").steps if step.op != "same")
    assert (step.op, step.name, step.changed) == ("update", "toys", ["size"])
    assert step.old
    assert step.new
    assert (step.old.inputs["size"], step.new.inputs["size"]) == (1, 2)


def test_a_replacement_comes_before_what_it_replaces_goes(playroom: Playroom) -> None:
    playroom.furnish(box("old", color="red"), box("other", color="red", near="$old.serial"))
    playroom.run("up")
    playroom.furnish(box("old", color="blue"), box("other", color="red", near="$old.serial"))
    assert operations(playroom.run("up")) == {"old": "replace", "other": "update"}
    assert playroom.toys.calls == [("create", "old"), ("update", "other"), ("delete", "old")]
    assert list(playroom.toys.things) == ["other-1", "old-2"]


def test_what_has_to_go_first_takes_along_those_that_cannot_stay(playroom: Playroom) -> None:
    def furnish(place: str) -> None:
        playroom.furnish(
            shelf("wide", place=place),
            box("painted", color="$wide.serial"),
            box("inside", color="$painted.serial"),
            box("leaning", color="red", on="$wide.serial"),
        )

    furnish("hall")
    playroom.run("up")
    furnish("kitchen")
    expected = {"wide": "replace", "painted": "replace", "inside": "replace", "leaning": "update"}
    assert operations(playroom.run("preview")) == expected
    assert operations(playroom.run("up")) == expected
    deletions = [("delete", "inside"), ("delete", "painted"), ("delete", "wide"), ("create", "wide")]
    assert playroom.toys.calls[:4] == deletions
    assert playroom.run("preview").is_unchanged


def test_the_program_decides_whether_the_old_one_goes_first(playroom: Playroom) -> None:
    playroom.furnish(box("toys", color="red", _delete_before_replace=True))
    playroom.run("up")
    playroom.furnish(box("toys", color="blue", _delete_before_replace=True))
    playroom.run("up")
    assert playroom.toys.calls == [("delete", "toys"), ("create", "toys")]


def test_what_the_program_no_longer_names_is_deleted_dependents_first(playroom: Playroom) -> None:
    playroom.furnish(shelf("wide", place="hall"), box("one", on="$wide.serial"), box("two", _depends_on=["one"]))
    playroom.run("up")
    playroom.furnish()
    assert operations(playroom.run("preview")) == {"two": "delete", "one": "delete", "wide": "delete"}
    playroom.run("up")
    assert playroom.toys.calls == [("delete", "two"), ("delete", "one"), ("delete", "wide")]


def test_destroy_leaves_nothing(playroom: Playroom) -> None:
    playroom.furnish(shelf("wide", place="hall"), box("toys", on="$wide.serial"), account="one")
    playroom.run("up")
    assert playroom.run("destroy").changes == {"delete": 5}
    assert not playroom.toys.things
    assert playroom.resources() == []


def test_ignored_changes_change_nothing_and_others_can_be_made_to_replace(playroom: Playroom) -> None:
    playroom.furnish(box("left", size=1), box("right", size=1))
    playroom.run("up")
    playroom.furnish(box("left", size=2, _ignore_changes=["size"]), box("right", size=2, _replace_on_changes=["size"]))
    assert operations(playroom.run("up")) == {"right": "replace"}


@pytest.mark.parametrize("accept_secrets", [True, False])
def test_secrets_are_nowhere_in_plain_text(tmp_path: Path, accept_secrets: bool) -> None:
    with serving(accept_secrets=accept_secrets) as (toys, port):
        playroom = Playroom(tmp_path, toys, port)
        playroom.furnish(
            box("toys", color="red"),
            box("copy", note="$toys.key", nested={"deep": "$toys.key"}),
            paint=secure("azure"),
            toys__password=secure("hush"),
        )
        preview = json.dumps(preview_digest(playroom.run("preview")))
        result = playroom.run("up")
        shown = (
            f"{preview} {result} {playroom.events} {playroom.outputs(show_secrets=False)} {playroom.state.read_text()}"
        )
        assert not [text for text in ("azure", "hush", "key-toys-1") if text in shown]
        assert playroom.outputs()["paint"] == "azure"
        assert playroom.outputs(show_secrets=False)["paint"] == "[secret]"
        assert toys.things["copy-1"][1]["nested"]["deep"] == (
            "key-toys-1" if not accept_secrets else _secret("key-toys-1")
        )
        assert playroom.run("preview").is_unchanged


def _secret(value: str) -> dict[str, str]:
    return {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "value": value}


def test_a_secret_does_not_show_in_an_error(playroom: Playroom) -> None:
    playroom.furnish(paint=secure("azure"), refuse="no azure here")
    with pytest.raises(DeploymentError, match=r"^no \[secret\] here$"):
        playroom.run("up")


def test_each_provider_instance_has_a_connection_and_a_configuration_of_its_own(playroom: Playroom) -> None:
    playroom.furnish(box("ours", color="red"), account="theirs", toys__account="mine", lookup=True)
    playroom.run("up")
    peers = playroom.toys.connections
    assert playroom.toys.configurations[peers["ours"]]["account"] == "theirs"
    assert playroom.toys.configurations[peers["ball"]]["account"] == "mine"


def test_another_account_replaces_what_the_provider_has_made(playroom: Playroom) -> None:
    playroom.furnish(box("toys", color="red"), account="one")
    playroom.run("up")
    playroom.furnish(box("toys", color="red"), account="two")
    assert operations(playroom.run("up")) == {"explicit": "replace", "toys": "replace"}
    assert playroom.run("preview").is_unchanged


def test_a_failed_create_leaves_what_was_made_and_the_next_run_goes_on(playroom: Playroom) -> None:
    playroom.furnish(box("good", color="red"), box("bad", fail="create", _depends_on=["good"]))
    with pytest.raises(DeploymentError, match=r"^toys:index:Box `bad`: the toy broke on create$"):
        playroom.run("up")
    assert [event.step.name for event in playroom.events if event.kind == "failed" and event.step] == ["bad"]
    assert playroom.resources()[-1]["id"] == "good-1"
    playroom.furnish(box("good", color="red"), box("bad", _depends_on=["good"]))
    assert operations(playroom.run("up")) == {"bad": "create"}


def test_independent_resources_come_about_at_the_same_time(playroom: Playroom) -> None:
    playroom.furnish(box("one", meets=True), box("other", meets=True))
    assert operations(playroom.run("up"))["one"] == "create"


def test_what_is_under_way_when_something_fails_is_finished_and_in_the_state(playroom: Playroom) -> None:
    playroom.furnish(box("bad", meets=True, fail="create"), box("slow", meets=True, dawdles=0.5))
    with pytest.raises(DeploymentError, match="`bad`: the toy broke on create"):
        playroom.run("up")
    assert playroom.resources()[-1]["id"] == "slow-1"


def test_a_resource_that_does_not_become_ready_is_in_the_state_and_updated_next(playroom: Playroom) -> None:
    playroom.furnish(box("slow", fail="start"))
    with pytest.raises(DeploymentError, match=r"`slow`: it never started$"):
        playroom.run("up")
    assert playroom.resources()[-1]["initErrors"] == ["it never started"]
    playroom.furnish(box("slow", fail=""))
    assert operations(playroom.run("up")) == {"slow": "update"}
    assert "initErrors" not in playroom.resources()[-1]


def test_a_failed_delete_is_tried_again(playroom: Playroom) -> None:
    playroom.furnish(box("stuck", color="red", fail="delete"))
    playroom.run("up")
    playroom.furnish(box("stuck", color="blue"))
    with pytest.raises(
        DeploymentError, match=r"^toys:index:Box `stuck` could not be deleted: the toy broke on delete$"
    ):
        playroom.run("up")
    assert [resource.get("delete") for resource in playroom.resources()[-2:]] == [None, True]
    kind, inputs = playroom.toys.things["stuck-1"]
    playroom.toys.things["stuck-1"] = (kind, {**inputs, "repaired": True})
    assert playroom.run("up").is_unchanged
    assert list(playroom.toys.things) == ["stuck-2"]


def test_a_replacement_that_failed_half_way_is_finished_by_the_next_run(playroom: Playroom) -> None:
    playroom.furnish(shelf("wide", place="hall"), box("painted", color="$wide.serial"))
    playroom.run("up")
    playroom.furnish(shelf("wide", place="attic", fail="create"), box("painted", color="$wide.serial"))
    with pytest.raises(DeploymentError, match="the toy broke on create"):
        playroom.run("up")
    assert not playroom.toys.things
    playroom.furnish(shelf("wide", place="attic"), box("painted", color="$wide.serial"))
    assert operations(playroom.run("up")) == {"wide": "replace", "painted": "replace"}
    assert playroom.toys.calls == [("create", "wide"), ("create", "painted")]
    assert playroom.run("preview").is_unchanged


def test_refused_inputs_are_named(playroom: Playroom) -> None:
    playroom.furnish(box("empty", size=0))
    with pytest.raises(DeploymentError, match=r"^toys:index:Box `empty`: size: a box of size 0 holds nothing$"):
        playroom.run("preview")


def test_what_is_protected_is_neither_deleted_nor_replaced(playroom: Playroom) -> None:
    playroom.furnish(box("dear", color="red", _protect=True))
    playroom.run("up")
    playroom.furnish(box("dear", color="blue", _protect=True))
    with pytest.raises(DeploymentError, match="`dear`: it is protected and would have to be replaced"):
        playroom.run("up")
    playroom.furnish()
    with pytest.raises(DeploymentError, match="Box::dear is protected and cannot be deleted"):
        playroom.run("up")
    with pytest.raises(DeploymentError, match="Box::dear is protected and cannot be deleted"):
        playroom.run("destroy")
    assert list(playroom.toys.things) == ["dear-1"]


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("retain_on_delete", True),
        ("import_", "some-id"),
        ("custom_timeouts", {"create": "1h"}),
        ("hide_diffs", ["size"]),
    ],
)
def test_what_the_engine_does_not_do_is_refused_by_name(playroom: Playroom, option: str, value: object) -> None:
    playroom.furnish(box("other"), box("toys", **{f"_{option}": value}))
    with pytest.raises(DeploymentError, match=r"`toys`: the sandbox's engine does not support `[a-zA-Z]+`"):
        playroom.run("preview")
    assert not playroom.toys.things


@pytest.mark.parametrize(
    ("use", "message"),
    [
        ("get", "to read a resource with `get`: the sandbox's engine does not support it"),
        ("transform", "a transform of all resources: the sandbox's engine does not support it"),
        ("hook", "a resource hook: the sandbox's engine does not support it"),
    ],
)
def test_so_are_the_protocols_other_methods(playroom: Playroom, use: str, message: str) -> None:
    playroom.furnish(box("toys"), use=use)
    with pytest.raises(DeploymentError, match=f"^{message}; the pulumi CLI does.$"):
        playroom.run("preview")


def test_an_alias_of_something_deployed_is_refused(playroom: Playroom) -> None:
    playroom.furnish(box("before"))
    playroom.run("up")
    playroom.furnish(box("after", _aliases=["before"]))
    with pytest.raises(DeploymentError, match=r"it was urn:pulumi:dev::.*::before; .* does not follow aliases"):
        playroom.run("up")


def test_two_resources_of_one_name_are_refused(playroom: Playroom) -> None:
    playroom.furnish(box("twin"), box("twin"))
    with pytest.raises(DeploymentError, match="`twin`: two resources of one type and parent have this name"):
        playroom.run("preview")


def test_a_mistake_of_the_user_has_no_traceback(playroom: Playroom) -> None:
    playroom.furnish(refuse="config: `colour` is no key; did you mean `color`?")
    with pytest.raises(DeploymentError, match=r"^config: `colour` is no key; did you mean `color`\?$"):
        playroom.run("up")


def test_a_mistake_in_the_program_shows_the_programs_own_frames(playroom: Playroom) -> None:
    playroom.furnish(crash=True)
    with pytest.raises(DeploymentError, match="KeyError: 'a mistake in the program'") as failure:
        playroom.run("up")
    assert "__main__.py" in str(failure.value)
    assert "runpy" not in str(failure.value)


def test_a_program_that_just_ends_is_asked_for_its_last_words(playroom: Playroom) -> None:
    (playroom.project / "__main__.py").write_text("import sys\n\nprint('and now?')\nsys.exit(3)\n")
    with pytest.raises(DeploymentError, match=r"^The program ended with exit code 3: and now\?$"):
        playroom.run("up")


def test_a_provider_that_is_not_there_is_named(playroom: Playroom) -> None:
    playroom.furnish(box("toys"))
    playroom.port = _unused_port()
    with pytest.raises(DeploymentError, match=f"the provider `toys` does not answer on port {playroom.port}"):
        playroom.run("preview")


def _unused_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_another_passphrase_is_refused(playroom: Playroom) -> None:
    playroom.furnish(paint=secure("azure"))
    with pytest.raises(DeploymentError, match="The passphrase is not this stack's"):
        playroom.run("preview", passphrase="open barley")


def test_two_runs_at_once_are_refused_and_a_dead_run_is_not_in_the_way(playroom: Playroom) -> None:
    locks = playroom.backend / ".pulumi" / "locks" / "organization" / "playroom" / "dev"
    locks.mkdir(parents=True)
    owner = {"pid": os.getppid(), "username": "someone", "hostname": socket.gethostname(), "timestamp": "today"}
    (locks / "other.json").write_text(json.dumps(owner))
    with pytest.raises(DeploymentError, match=r"The stack `dev` is locked by someone@.* \(pid \d+, since today\)"):
        playroom.run("up")
    assert playroom.run("preview").changes == {"create": 2}
    (locks / "other.json").write_text(json.dumps({**owner, "pid": 2**22 + 1}))
    playroom.run("up")
    assert not list(locks.iterdir())
