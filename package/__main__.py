"""The plugin: Pulumi's engine starts it where `PulumiPlugin.yaml` lies, with the engine's address as an argument."""

from __future__ import annotations

import sys
from pathlib import Path

# The project, which the components are a part of, in the place of this folder, whose modules have common names.
sys.path.pop(0)
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from pulumi.provider import main

from package.plugin import Package

main(Package(), sys.argv[1:])
