"""Up or destroy in a process of its own, which a fault can kill.

usage: python -m tests.faults.apart FOLDER PORTS PROJECT OPERATION
"""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

from sandbox.services import read
from sandbox.stack import DeploymentError, Stack
from tests.faults.deployments import NAME

folder, ports, project, operation = sys.argv[1:]
stack = Stack(replace(read(Path(folder)), providers=json.loads(ports)), Path(project), NAME)
try:
    getattr(stack, operation)()
except DeploymentError as error:
    sys.exit(str(error))
