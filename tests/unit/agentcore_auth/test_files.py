"""What is read of what a user names: files and pipes to their end, and nothing that has none."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from agentcore_auth import files
from agentcore_auth.files import UnreadableError, read_bytes, read_text


def test_a_file_is_read_to_its_limit_and_no_further(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"x" * 2048)
    assert read_bytes(file, 2048) == b"x" * 2048
    with pytest.raises(UnreadableError, match=r"file cannot be read: it is longer than 1 KB"):
        read_bytes(file, 1024)


def test_a_pipe_is_read_until_its_writer_is_done(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    content = b"x" * 300_000  # more than a pipe holds at a time
    writer = threading.Thread(target=lambda: pipe.write_bytes(content))
    writer.start()
    assert read_bytes(pipe, 1024**2) == content
    writer.join()


def test_a_pipe_that_nobody_writes_to_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "PIPE_SECONDS", 0.001)
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(UnreadableError, match="pipe that nobody writes to"):
        read_bytes(pipe, 1024)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("/dev/zero", "longer than 1 MB"),
        ("absent", "No such file"),
        (".", "Is a directory"),
        ("nul\0", "null"),
        ("x" * 5000, "File name too long"),
    ],
)
def test_what_cannot_be_read_is_named(name: str, reason: str) -> None:
    with pytest.raises(UnreadableError, match=reason):
        read_bytes(name, 1024**2)


def test_text_is_utf_8(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes("é".encode())
    assert read_text(file) == "é"
    file.write_bytes(b"\xff")
    with pytest.raises(UnreadableError, match="no text in UTF-8"):
        read_text(file)
