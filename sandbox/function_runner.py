"""The process in which a Lambda function runs: reads a request from standard input, calls the handler, writes a result.

Started by `sandbox.functions`, by path and in isolated mode, so that the function sees its own code and no project.
"""

from __future__ import annotations

import importlib
import json
import sys
import time
import traceback
from pathlib import Path
from types import SimpleNamespace
from typing import Any


def main() -> None:
    request: dict[str, Any] = json.load(sys.stdin)
    sys.path.insert(0, str(Path.cwd()))
    try:
        answer = {"failed": False, "payload": _call(request)}
        text = json.dumps(answer)
    except Exception as error:  # whatever the function raises is its answer
        text = json.dumps({"failed": True, "payload": _error_document(error)})
    Path(request["result"]).write_text(text)


def _call(request: dict[str, Any]) -> object:
    module, _, function = request["handler"].rpartition(".")
    handler = getattr(importlib.import_module(module.replace("/", ".")), function)
    return handler(request["event"], _context(request))


def _context(request: dict[str, Any]) -> SimpleNamespace:
    fields = request["context"]
    deadline = time.monotonic() + fields.pop("timeout")
    return SimpleNamespace(
        **fields,
        identity=None,
        client_context=SimpleNamespace(custom=request["custom"], env={}, client=None),
        get_remaining_time_in_millis=lambda: max(0, int((deadline - time.monotonic()) * 1000)),
    )


def _error_document(error: Exception) -> dict[str, object]:
    return {
        "errorMessage": str(error),
        "errorType": type(error).__name__,
        "stackTrace": traceback.format_tb(error.__traceback__),
    }


if __name__ == "__main__":
    main()
