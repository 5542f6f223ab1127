"""Runs a CDK app and prints, as JSON, how long it imported, defined constructs, and synthesized.

python benchmarks/stages.py app
"""

from __future__ import annotations

import json
import runpy
import sys
import time
from typing import Any

start = time.perf_counter()
import aws_cdk as cdk  # noqa: E402

loaded = time.perf_counter()
marks: dict[str, float] = {}


class App(cdk.App):
    """Notes when it is made, and how long its synthesis takes."""

    def __init__(self, **properties: Any) -> None:
        marks["made"] = time.perf_counter()
        super().__init__(**properties)

    def synth(self, **options: Any) -> Any:
        marks["synth"] = time.perf_counter()
        assembly = super().synth(**options)
        marks["done"] = time.perf_counter()
        return assembly


cdk.App = App  # type: ignore[misc]
runpy.run_module(sys.argv[1], run_name="__main__", alter_sys=True)
print(
    json.dumps(
        {
            "import CDK": loaded - start,
            "import the rest": marks["made"] - loaded,
            "define": marks["synth"] - marks["made"],
            "synthesize": marks["done"] - marks["synth"],
        }
    )
)
