"""Runs a function's handler in a process of its own, as Lambda's runtime for Python does.

Started as a program, with the handler ("index.handler"), the file of the event and the file for what comes of it.
"""

from __future__ import annotations

import importlib
import json
import logging
import os
import sys
import traceback
from pathlib import Path
from typing import Any

__all__ = ["main"]


def main() -> None:
    """Run the handler, and write what it returns, or the error that it raises, as Lambda would report it."""
    handler, event_file, result_file = sys.argv[1:]
    # As Lambda's runtime does; whoever logs at level INFO wants to be read.
    logging.basicConfig(stream=sys.stdout, format="[%(levelname)s] %(message)s")
    try:
        result = {"answer": _run(handler, json.loads(Path(event_file).read_text(encoding="utf-8")))}
        text = json.dumps(result)
    except Exception as error:
        traceback.print_exc(file=sys.stdout)
        text = json.dumps({"errorMessage": str(error), "errorType": type(error).__name__})
    Path(result_file).write_text(text, encoding="utf-8")


def _run(handler: str, event: Any) -> Any:
    path = os.environ["PATH"]
    sys.path.insert(0, os.environ["LAMBDA_TASK_ROOT"])
    module, _, name = handler.rpartition(".")
    function = getattr(importlib.import_module(module.replace("/", ".")), name)
    # The handler's modules put /opt first, where Lambda has the layers. Here that is somebody else's folder.
    os.environ["PATH"] = path
    return function(event, None)


if __name__ == "__main__":
    main()
