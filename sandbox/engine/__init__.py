"""A small deployment engine for machines without the `pulumi` CLI, behind Pulumi's ResourceMonitor protocol.

It stands in for the CLI's: same program, same provider protocol, same state files. What it does not support, it refuses
by name.
"""

from sandbox.engine.digest import preview_digest
from sandbox.engine.errors import DeploymentError
from sandbox.engine.operations import outputs, run
from sandbox.engine.steps import Event, Result, Step
from sandbox.engine.values import UNKNOWN, Secret

__all__ = ["UNKNOWN", "DeploymentError", "Event", "Result", "Secret", "Step", "outputs", "preview_digest", "run"]
