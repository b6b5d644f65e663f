"""The stack: settings in, everything set up (`program.py`), outputs out."""

from __future__ import annotations

from pathlib import Path

import pulumi

from components.recovery import explain_lost_answers
from program import deploy
from settings import read

explain_lost_answers()
for name, output in deploy(read(Path(__file__).parent)).items():
    pulumi.export(name, output)
