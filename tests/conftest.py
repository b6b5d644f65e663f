"""For all tests: nothing of the machine's own accounts and proxies reaches them."""

from __future__ import annotations

import os

import pytest

from sandbox.services import without_credentials


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:  # pyright: ignore[reportUnusedFunction]  # autouse
    for name in os.environ.keys() - without_credentials(os.environ).keys():
        monkeypatch.delenv(name)
