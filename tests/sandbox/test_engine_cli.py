"""The sandbox's engine and the real one: same program, same provider, same steps, same states."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.engine import preview_digest
from sandbox.engine.secrets import crypter_of
from tests.sandbox.playroom import PASSPHRASE, SALT, Playroom, box, secure, shelf
from tests.sandbox.toys import serving

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [
    pytest.mark.skipif(shutil.which("pulumi") is None, reason="compares with the pulumi CLI, which is not on PATH"),
    pytest.mark.timeout(600),
]

_CODE = {"files": {"z.txt": "one", "a/b.py": "two\n" * 150}}
_History = list[tuple[list[dict[str, Any]], dict[str, Any]]]
_HISTORY: _History = [
    (
        [
            shelf("wide", place="hall"),
            box("on", color="red", on="$wide.serial", nested={"key": "$wide.key", "list": [1, 2.5, True, None, "x"]}),
            box("alone", color="red", size=1, code=_CODE, nothing={"files": {}}),
        ],
        {"lookup": True, "paint": secure("blue <&>")},
    ),
    (
        [shelf("wide", place="kitchen"), box("on", color="$wide.serial"), box("alone", color="green", size=1)],
        {"account": "one"},
    ),
    (
        [
            shelf("wide", place="kitchen"),
            box("on", color="$wide.serial"),
            box("alone", color="green", size=2, _ignore_changes=["size"]),
        ],
        {"account": "one", "toys__account": secure("hush"), "deep": {"list": [1, secure("hush")], "text": "yes"}},
    ),
    (
        [
            shelf("wide", place="cellar"),
            box("on", color="$wide.serial"),
            box("last", color="$on.serial", _depends_on=["wide"]),
            box("alone", color="green", size=2, _replace_on_changes=["size"]),
        ],
        {"account": "two"},
    ),
    (
        [
            shelf("wide", place="attic", _delete_before_replace=False),
            box("last", color="blue", _protect=True),
            box("first", color="x", _delete_before_replace=True),
        ],
        {"account": "two"},
    ),
    (
        [
            shelf("wide", place="loft"),
            box("under", color="$wide.serial"),
            box("last", color="blue"),
            box("first", color="y", _delete_before_replace=True),
        ],
        {"account": "two"},
    ),
    ([shelf("wide", place="roof"), box("under", color="$wide.serial"), box("beside", color="$under.serial")], {}),
    ([], {}),
]


class _WithCli(Playroom):
    """A playroom that the CLI deploys."""

    def pulumi(self, *arguments: str) -> str:
        environment = {
            **os.environ,
            "PULUMI_BACKEND_URL": f"file://{self.backend}",
            "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE,
            "PULUMI_DEBUG_PROVIDERS": f"toys:{self.port}",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_HOME": str(self.folder / "home"),
        }
        command = ["pulumi", *arguments, "--stack", "dev", "--non-interactive"]
        done = subprocess.run(command, cwd=self.project, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def pulumi_preview(self) -> dict[str, Any]:
        return json.loads(self.pulumi("preview", "--json", "--show-sames"))


@pytest.mark.parametrize(
    ("accept_secrets", "history"), [(True, _HISTORY), (False, _HISTORY[:3])], ids=["secrets", "no_secrets"]
)
def test_both_engines_do_the_same_and_open_each_others_states(
    tmp_path: Path, accept_secrets: bool, history: _History
) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    second.mkdir()
    with serving(accept_secrets=accept_secrets) as one, serving(accept_secrets=accept_secrets) as other:
        _play(history, _WithCli(first, *one), _WithCli(second, *other))


def _play(history: _History, theirs: _WithCli, ours: _WithCli) -> None:
    theirs.pulumi("stack", "init")
    for things, config in history:
        theirs.furnish(*things, **config)
        ours.furnish(*things, **config)
        assert _comparable(preview_digest(ours.run("preview"))) == _comparable(theirs.pulumi_preview())
        theirs.toys.calls.clear()
        theirs.pulumi("up", "--yes", "--skip-preview")
        ours.run("up")
        assert sorted(ours.toys.calls) == sorted(theirs.toys.calls)
        assert _state(ours) == _state(theirs)
        assert ours.pulumi_preview()["changeSummary"] == {"same": len(ours.run("preview").steps)}
        assert theirs.run("preview").is_unchanged
    ours.pulumi("destroy", "--yes", "--skip-preview")
    theirs.run("destroy")
    assert not {**theirs.toys.things, **ours.toys.things}


_RANDOM_ID = re.compile(r"(?!04da6b54)[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_INCIDENTAL = {"stackTrace", "sourcePosition", "created", "modified", "duration"}


def _comparable(value: Any) -> Any:
    """A document without what differs from run to run: times, random ids, and the order of what has none."""
    match value:
        case dict():
            kept = {key: _comparable(item) for key, item in value.items() if key not in _INCIDENTAL}
            for key in kept.keys() & {"steps", "resources"}:
                kept[key] = sorted(kept[key], key=lambda item: (item["urn"], item.get("delete", False)))
            dependencies = kept.get("propertyDependencies", {})
            kept["propertyDependencies"] = {key: sorted(urns) for key, urns in dependencies.items()}
            return {key: sorted(item) if key == "dependencies" else item for key, item in kept.items()}
        case list():
            return [_comparable(item) for item in value]
        case str():
            return _RANDOM_ID.sub("<id>", value)
        case _:
            return value


def _state(playroom: Playroom) -> Any:
    document = json.loads(playroom.state.read_text())
    del document["checkpoint"]["latest"]["manifest"]
    return _comparable(_revealed(document))


def _revealed(value: Any) -> Any:
    match value:
        case {"ciphertext": str(ciphertext)}:
            return {"secret": json.loads(crypter_of(PASSPHRASE, SALT).decrypt(ciphertext))}
        case dict():
            # The CLI leaves a list of no resources out.
            return {key: _revealed(item) for key, item in value.items() if not (key == "resources" and not item)}
        case list():
            return [_revealed(item) for item in value]
        case _:
            return value
