"""Properties between the wire and the handlers."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.struct_pb2 import Struct

from sandbox.providers.values import (
    UNKNOWN,
    Archive,
    Asset,
    ProviderError,
    Secret,
    decode,
    encode,
    plain,
)

SIGNATURE = "4dabf18193072939515e22adb298388d"


@pytest.mark.parametrize(
    "value",
    [
        "text",
        "",
        3,
        -2.5,
        True,
        [1, ["a"]],
        {"x": {"y": []}},
        UNKNOWN,
        Secret("s"),
        Secret({"k": [Secret(1), UNKNOWN]}),
    ],
)
def test_what_goes_out_comes_back(value: Any) -> None:
    assert decode(encode({"p": value})) == {"p": value}


def test_archives_come_back_with_their_files_and_hashes() -> None:
    sent = {
        "code": Archive({"index.py": Asset(text="x = 1", hash="a"), "lib": Archive({"a.py": Asset(text="")})}, hash="b")
    }

    received = decode(encode(sent))

    assert received == sent
    assert received["code"].files() == {"index.py": b"x = 1", "lib/a.py": b""}


def test_what_an_engine_sends_as_a_hash_alone_stays_so() -> None:
    old_state = {"code": Archive(hash="abc"), "note": Asset(hash="def")}

    assert decode(encode(old_state)) == old_state


def test_whole_numbers_are_integers_and_nulls_in_maps_are_left_out() -> None:
    struct = Struct()
    struct.update({"n": 60.0, "gone": None, "inner": {"gone": None, "kept": [None]}})

    assert decode(struct) == {"n": 60, "inner": {"kept": [None]}}
    assert isinstance(decode(struct)["n"], int)


def test_plain_values_hold_no_secret_at_any_depth() -> None:
    assert plain({"a": Secret([Secret("x")]), "b": {"c": Secret(None)}}) == {"a": ["x"], "b": {"c": None}}


def test_secrets_do_not_show_in_messages() -> None:
    assert "hunter2" not in repr({"password": Secret("hunter2")})


def test_a_folder_and_a_zip_file_of_the_same_files_hold_the_same_code(tmp_path: Path) -> None:
    folder = tmp_path / "code"
    (folder / "lib").mkdir(parents=True)
    (folder / "index.py").write_text("x = 1")
    (folder / "lib" / "a.py").write_text("y = 2")
    with zipfile.ZipFile(tmp_path / "code.zip", "w") as archive:
        archive.write(folder / "index.py", "index.py")
        archive.write(folder / "lib" / "a.py", "lib/a.py")

    from_folder, from_zip = Archive(path=str(folder)), Archive(path=str(tmp_path / "code.zip"))

    assert from_folder.files() == from_zip.files() == {"index.py": b"x = 1", "lib/a.py": b"y = 2"}


@pytest.mark.parametrize("signed", [{SIGNATURE: "5cf8f73096256a8f31e491e813e4eb8e", "urn": "urn:x"}])
def test_other_signed_values_are_refused(signed: dict[str, str]) -> None:
    struct = Struct()
    struct.update({"p": signed})

    with pytest.raises(ProviderError, match="not supported by the sandbox"):
        decode(struct)


def test_an_archive_that_is_neither_folder_nor_zip_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ProviderError, match="nothing-here: a FileArchive has to be"):
        Archive(path=str(tmp_path / "nothing-here")).files()
