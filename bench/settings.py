"""Stack files of the size that people may come with, checked without Pulumi."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from bench.measuring import Bench, Figure, Limit
from bench.preview import lambda_targets
from sandbox.project import write_stack_file
from sandbox.services import PROJECT

_BASE: Mapping[str, Any] = {"gateway": {"name": "bench"}, "identityProviders": ["cognito"]}
OPERATIONS = 16_000
"""Of the 400 services whose models AWS publishes: 40 each."""
_MODELS = 40
"""Files that these are spread over: a target has a model of at most a megabyte."""


def checked(bench: Bench) -> Iterator[Figure]:
    folder = bench.folder / "settings"
    folder.mkdir()
    (folder / "openapi.json").write_text(openapi())
    for number, text in enumerate(models()):
        (folder / f"smithy{number}.json").write_text(text)
    api = {"name": "api", "type": "openapi", "schema": "openapi.json"}
    arn = "arn:aws:dynamodb:us-west-2:123456789012:table/orders"
    smithy = {"type": "smithy", "actions": ["dynamodb:GetItem"], "resources": [arn]}
    services = [{"name": f"service{number}", "model": f"smithy{number}.json", **smithy} for number in range(_MODELS)]
    mistaken = [*lambda_targets(99), {"name": "last", "type": "lambda"}]
    for name, subject, targets, seconds, code in (
        ("targets", "100 targets", lambda_targets(100), 1, 0),
        ("openapi", "an OpenAPI document of 1 MB", [api], 2, 0),
        ("smithy", f"Smithy models with {OPERATIONS:,} operations", services, 4, 0),
        ("mistaken", "100 targets, the last with a mistake", mistaken, 1, 1),
    ):
        write_stack_file(folder, name, {**_BASE, "targets": targets})
        command = [sys.executable, "-m", "bench.settings_check", str(folder), name]
        runs = [bench.command(*command, cwd=PROJECT, code=code) for _ in range(bench.rounds)]
        yield Figure(f"settings: {subject}", [run.cpu for run in runs], "s", Limit(at_most=seconds))


def openapi() -> str:
    """A document of just under a megabyte, most of it schemas that operations refer to."""
    text = {"type": "string", "description": "A value that says something about the article"}
    schema = {"type": "object", "properties": {f"field{number}": text for number in range(10)}}
    paths: dict[str, Any] = {}
    schemas: dict[str, Any] = {}
    for number in range(720):
        reference = {"$ref": f"#/components/schemas/Article{number}"}
        answer = {"description": "An article", "content": {"application/json": {"schema": reference}}}
        parameter = {"name": "sku", "in": "path", "required": True, "schema": {"type": "string"}}
        operation = {"operationId": f"get{number}", "parameters": [parameter], "responses": {"200": answer}}
        paths[f"/articles{number}/{{sku}}"] = {"get": operation}
        schemas[f"Article{number}"] = schema
    return json.dumps(
        {
            "openapi": "3.0.3",
            "info": {"title": "Articles", "version": "1"},
            "servers": [{"url": "https://api.example.com"}],
            "paths": paths,
            "components": {"schemas": schemas},
        }
    )


def models() -> list[str]:
    """Smithy models that have all the operations together."""
    return [_smithy(OPERATIONS // _MODELS)] * _MODELS


def _smithy(operations: int) -> str:
    """A service of so many operations, each with an input and an output of its own."""
    shapes: dict[str, Any] = {
        "bench#Service": {
            "type": "service",
            "version": "2026-01-01",
            "operations": [{"target": f"bench#Get{number}"} for number in range(operations)],
            "traits": {
                "aws.api#service": {"sdkId": "Bench", "arnNamespace": "bench", "endpointPrefix": "bench"},
                "aws.auth#sigv4": {"name": "bench"},
                "aws.protocols#restJson1": {},
            },
        },
    }
    text = {"target": "smithy.api#String"}
    for number in range(operations):
        shapes[f"bench#Get{number}"] = {
            "type": "operation",
            "input": {"target": f"bench#Get{number}Input"},
            "output": {"target": f"bench#Get{number}Output"},
            "traits": {
                "smithy.api#documentation": "Gets an article",
                "smithy.api#http": {"method": "POST", "uri": f"/get{number}", "code": 200},
            },
        }
        shapes[f"bench#Get{number}Input"] = {"type": "structure", "members": {"sku": text, "place": text, "row": text}}
        shapes[f"bench#Get{number}Output"] = {"type": "structure", "members": {"stock": text, "unit": text}}
    return json.dumps({"smithy": "2.0", "shapes": shapes})
