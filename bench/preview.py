"""The program under Pulumi's engine, on a sandbox: against a flat one, and as the number of gateways grows."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from bench.measuring import MEGABYTE, Bench, BenchError, Cost, Figure, Limit, in_turn, last_cost, ratios
from sandbox.project import copy, write_stack_file
from sandbox.services import PROJECT, Services
from sandbox.stack import Result, Stack, pulumi_command

_FLAT = Path(__file__).parent / "programs" / "flat"
_COMPONENT = "agentcore-auth:index:"
_STACK = "pulumi:pulumi:Stack"
_DISCOVERY = "https://login.example.com/{}/.well-known/openid-configuration"
_MANY, _OFTEN = 100, 3
TARGETS = 10
CALLERS = 10
"""Of each gateway."""


@dataclass(frozen=True)
class Program:
    """Stack `dev` of a program's copy whose Python notes what it costs."""

    stack: Stack
    record: Path

    @classmethod
    def at(cls, folder: Path, bench: Bench, services: Services) -> Program:
        return cls(Stack(services, folder, "dev", pulumi_command()), bench.python_at(folder / ".venv"))

    def preview(self) -> Cost:
        """What the program's own process costs. Raises DeploymentError."""
        self.stack.preview()
        return last_cost(self.record)

    def previewed(self) -> tuple[Cost, str]:
        """The same, and the preview as JSON."""
        document = self.stack.preview_document()
        return last_cost(self.record), document


def against_a_flat_program(bench: Bench, services: Services) -> Iterator[Figure]:
    """Stack `dev`, of the same resources. Raises BenchError where they are others."""
    ours = Program.at(copy(PROJECT, bench.folder / "structured"), bench, services)
    flat = Program.at(Path(shutil.copytree(_FLAT, bench.folder / "flat")), bench, services)
    there, wanted = (_resources(program.stack.preview()) for program in (ours, flat))
    if there != wanted:
        differing = (there - wanted) + (wanted - there)
        raise BenchError(f"bench/programs/flat has not the resources of stack dev: {', '.join(differing)}")
    costs = in_turn(bench.rounds, ours.preview, flat.preview)
    seconds, memory = ([[getattr(each, of) for each in program] for program in costs] for of in ("cpu", "memory"))
    yield Figure("program: preview of stack dev", seconds[0], "s")
    yield Figure("program: a flat one with the same resources", seconds[1], "s")
    yield Figure("program: dev / flat, CPU time", ratios(*seconds), "x", Limit(at_most=1.15))
    yield Figure("program: dev / flat, memory", ratios(*memory), "x", Limit(at_most=1.15))


def _resources(result: Result) -> Counter[str]:
    """How many of each type, but for components."""
    return Counter(step.type for step in result.steps if not step.type.startswith((_COMPONENT, _STACK)))


def growing(bench: Bench, services: Services) -> Iterator[Figure]:
    """With 1, 10 and 100 gateways; the last preview of 100 stays in `growth.json`."""
    program = Program.at(copy(PROJECT, bench.folder / "growing"), bench, services)

    def preview(gateways: int) -> Cost:
        write_stack_file(program.stack.project, "dev", many(gateways))
        cost, document = program.previewed()
        if gateways == _MANY:
            (bench.folder / "growth.json").write_text(document)
        return cost

    def few() -> list[tuple[float, float]]:
        return [(preview(1).cpu, preview(10).cpu) for _ in range(_OFTEN)]

    first: list[float] = []
    later: list[float] = []
    memory: list[float] = []
    for _ in range(max(2, bench.rounds // 2)):
        # In pairs, and on both sides of the many, since a difference of two is small beside what the machine's speed
        # does to each of them.
        earlier, hundred, afterwards = few(), preview(_MANY), few()
        pairs = earlier + afterwards
        first.append(median(ten - one for one, ten in pairs) / 9)
        later.append((hundred.cpu - median(ten for _, ten in pairs)) / 90)
        memory.append(hundred.memory / MEGABYTE)
    yield Figure("growth: a further gateway, from 1 to 10", first, "s")
    yield Figure("growth: a further gateway, from 10 to 100", later, "s")
    yield Figure("growth: the latter / the former", ratios(later, first), "x", Limit(at_most=1.2))
    yield Figure("growth: memory with 100 gateways", memory, "MB", Limit(at_most=400))


def many(gateways: int) -> dict[str, Any]:
    """A configuration with so many gateways, each with an issuer of its own, callers, and the stack's targets."""
    issuers = {f"issuer{number:03}": _issuer(number) for number in range(gateways)}
    return {
        "gateway": {"name": "bench"},
        "identityProviders": list(issuers),
        "oidc": issuers,
        "targets": lambda_targets(TARGETS),
    }


def _issuer(number: int) -> Mapping[str, Any]:
    return {
        "discoveryUrl": _DISCOVERY.format(number),
        "allowedClients": [f"client-{number:03}-{caller}" for caller in range(CALLERS)],
        "allowedScopes": ["tools:read", "tools:write"],
    }


def lambda_targets(count: int) -> list[dict[str, Any]]:
    """Targets with one tool each, of a middling size."""
    field = {"type": "string", "description": "What is looked for"}
    schema = {"type": "object", "properties": {f"field{number}": field for number in range(5)}, "required": ["field0"]}
    function = "arn:aws:lambda:us-west-2:123456789012:function:{}"
    return [
        {
            "name": f"target{number:03}",
            "type": "lambda",
            "functionArn": function.format(f"target{number}"),
            "tools": [{"name": "find", "description": "Finds what is looked for", "inputSchema": schema}],
        }
        for number in range(count)
    ]


def changed(document: str) -> str:
    """A preview in which everything is there already, and gateways that list clients take another one."""
    preview = json.loads(document)
    for step in preview["steps"]:
        step["oldState"] = json.loads(json.dumps(step["newState"]))
        inputs = step["newState"].get("inputs", {})
        step["op"] = "same"
        lists = inputs.get("authorizerConfiguration", {}).get("customJwtAuthorizer", {})
        if lists.get("allowedClients"):
            step["op"], step["diffReasons"] = "update", ["authorizerConfiguration"]
            lists["allowedClients"][0] = "somebody-else"
    operations = Counter(step["op"] for step in preview["steps"])
    return json.dumps({**preview, "changeSummary": dict(operations)})
