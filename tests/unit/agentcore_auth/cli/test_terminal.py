"""What a terminal gets that a file does not: tones, and a word on what is waited for."""

from __future__ import annotations

import io
import sys
from threading import Event

import pytest

from agentcore_auth.cli.terminal import Tone, say, slowly, toned


class Screen(io.StringIO):
    """A terminal that tells when something is written."""

    def __init__(self) -> None:
        super().__init__()
        self.written = Event()

    def isatty(self) -> bool:
        return True

    def write(self, s: str, /) -> int:
        count = super().write(s)
        self.written.set()
        return count


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)


def test_a_tone_is_for_terminals() -> None:
    assert toned("fine", Tone.GOOD, Screen()) == "\033[32mfine\033[0m"
    assert toned("fine", Tone.GOOD, io.StringIO()) == "fine"


@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_whoever_wants_no_colour_gets_none(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    assert toned("fine", Tone.GOOD, Screen()) == "fine"


def test_a_note_stands_out_by_its_lead(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Screen()
    monkeypatch.setattr(sys, "stderr", screen)
    say(" the token is refused", lead="call:", tone=Tone.BAD)
    assert screen.getvalue() == "\033[31mcall:\033[0m the token is refused\n"


def test_what_takes_long_is_told_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Screen()
    monkeypatch.setattr(sys, "stderr", screen)
    with slowly("reading the outputs", after=0):
        assert screen.written.wait(60)
    assert screen.getvalue() == "reading the outputs …\n"


def test_what_ends_soon_is_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Screen()
    monkeypatch.setattr(sys, "stderr", screen)
    with slowly("reading the outputs", after=3600):
        pass
    assert screen.getvalue() == ""


def test_nothing_is_told_where_nobody_watches(monkeypatch: pytest.MonkeyPatch) -> None:
    written = io.StringIO()
    monkeypatch.setattr(sys, "stderr", written)
    with slowly("reading the outputs", after=0):
        pass
    assert written.getvalue() == ""
