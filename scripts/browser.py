"""The browser that tests look at pages with: a Chromium or Chrome of this machine, or one installed for them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

_NAMES = (
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "microsoft-edge",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
_PACKAGE = "chromium-headless-shell"
_HINT = f"tests need Chromium or Chrome: install it (Debian: apt install {_PACKAGE}), then run this again"


def find() -> Path | None:
    """The browser on this machine, or else the one that Playwright keeps; None where there is neither."""
    found = next(filter(None, map(shutil.which, _NAMES)), None)
    if found is not None:
        return Path(found)
    from playwright.sync_api import sync_playwright  # noqa: PLC0415  # slow, and mostly not needed

    with sync_playwright() as playwright:
        kept = Path(playwright.chromium.executable_path)
    return kept if kept.is_file() else None


def main() -> int:
    """Install a browser where there is none: from the distribution as root, else by Playwright."""
    if find() is not None:
        return 0
    commands = [[sys.executable, "-m", "playwright", "install", "chromium"]]
    if shutil.which("apt-get") and os.geteuid() == 0:
        install = ["apt-get", "install", "--yes", "--no-install-recommends", _PACKAGE]
        commands = [["apt-get", "update"], install, *commands]
    for command in commands:
        subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)  # noqa: S603  # fixed
        if find() is not None:
            return 0
    sys.stderr.write(f"setup: {_HINT}\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
