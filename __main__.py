"""The stack: settings in, everything set up (`program.py`), outputs out. Settings first: a mistake is told at once."""

from __future__ import annotations

import atexit
import gc
import os
from pathlib import Path

# Next to everything that is imported and registered lives to the end: looking for garbage among it, and once more on
# the way out, takes a third of a preview's time.
gc.disable()
atexit.register(gc.freeze)

import pulumi

from settings import read

# Otherwise pydantic looks for plugins of its own in every package that is installed, before it checks anything.
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
settings = read(Path(__file__).parent)

from components.recovery import explain_lost_answers
from program import deploy

explain_lost_answers()
for name, output in deploy(settings).items():
    pulumi.export(name, output)
