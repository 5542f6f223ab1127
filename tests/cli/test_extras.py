"""Commands say which extra they need, where it is not installed."""

from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (["status"], "efa status"),
        (["counters", "--job", "a"], "efa counters"),
        (["verify", "--job", "a"], "efa verify --job"),
    ],
)
def test_what_asks_a_cluster_needs_the_extra(arguments: list[str], what: str) -> None:
    # As an environment without it: nothing of that name is found.
    program = (
        "import sys\n"
        "class Without:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.partition('.')[0] in ('kr8s', 'httpx', 'httpx_ws', 'yaml'):\n"
        "            raise ModuleNotFoundError(name)\n"
        "sys.meta_path.insert(0, Without())\n"
        "import importlib.util\n"
        "found = importlib.util.find_spec\n"
        "importlib.util.find_spec = lambda name, *rest: None if name == 'kr8s' else found(name, *rest)\n"
        f"sys.argv = ['efa', *{arguments!r}]\n"
        "from efa_constructs.cli import main\n"
        "main()\n"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert ended.stderr == f"error: '{what}' needs the extra 'cluster': pip install 'efa-constructs[cluster]'\n"
