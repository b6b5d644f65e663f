"""Makes `docs/stack.schema.json`, by which editors complete and check stack files, from the schema.

usage: python -m configuration.editors > docs/stack.schema.json

An editor sees the keys and their types; what is wrong beyond that, a preview says.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from configuration.schema import schema
from configuration.section import PROJECT

# What a structured value never is: the CLI encrypts top-level keys as a whole.
_SECRET = {
    "type": "object",
    "properties": {"secure": {"type": "string"}},
    "required": ["secure"],
    "additionalProperties": False,
}


def document() -> dict[str, Any]:
    """The JSON schema of a file `Pulumi.<stack>.yaml` of this project."""
    models = schema().model_json_schema(by_alias=True)
    own = {f"{PROJECT}:{key}": shape for key, shape in models["properties"].items()}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"A stack of {PROJECT}",
        "description": "Made from the schema by `python -m configuration.editors`.",
        "type": "object",
        "properties": {
            "config": {
                "type": "object",
                "properties": own,
                # Other packages' keys, and secrets of the project's own, whose names the user chooses.
                "patternProperties": {f"^(?!{PROJECT}:)[A-Za-z0-9-]+:": {}},
                "additionalProperties": _SECRET,
            },
        },
        "$defs": models["$defs"],
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(document(), indent=1, sort_keys=True) + "\n")
