"""Output in the documentation, by the test that holds it against what is really printed.

Two rehearsals differ by ids, names, times and by the node that a pod went to. So lines are compared without these, each
with any of the lines that were printed; a line of "..." stands for any number of lines.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from .pages import ROOT, Block, all_blocks


@dataclass(frozen=True)
class Shown:
    """A block that a test of another folder checks, where what it shows happens anyway."""

    page: str
    # How its first line begins.
    begins: str
    # File of the test, which calls check() or block() of this.
    test: str

    @property
    def block(self) -> Block:
        """The block; it is only one."""
        (found,) = (each for each in all_blocks() if is_shown(self, each))
        return found

    def check(self, printed: str) -> None:
        """Fail if the block has a line that was not printed."""
        _, output = command_and_output(self.block)
        check_lines(output, printed)


# Each is checked by the test that it names.
README = Shown("README.md", "$ make rehearse", "tests/rehearsal/test_rehearse.py")
TUTORIAL_STACKS = Shown("docs/tutorial.md", "3 stacks with", "tests/rehearsal/test_rehearse.py")
TUTORIAL_INTERFACES = Shown("docs/tutorial.md", "  network card | device", "tests/rehearsal/test_rehearse.py")
TUTORIAL_TRAFFIC = Shown("docs/tutorial.md", "EFA traffic", "tests/rehearsal/test_rehearse.py")
TUTORIAL_CLUSTER = Shown("docs/tutorial.md", "On cluster", "tests/rehearsal/test_rehearse.py")
OF_THE_DEFAULT_APP = (README, TUTORIAL_STACKS, TUTORIAL_INTERFACES, TUTORIAL_TRAFFIC, TUTORIAL_CLUSTER)

TUTORIAL_PREFLIGHT = Shown("docs/tutorial.md", "$ efa preflight", "tests/rehearsal/faults/test_no_fault.py")
TUTORIAL_LOOKUP = Shown("docs/tutorial.md", "$ efa lookup", "tests/rehearsal/faults/test_no_fault.py")
TUTORIAL_STATUS = Shown("docs/tutorial.md", "$ efa status", "tests/rehearsal/faults/test_no_fault.py")
TUTORIAL_VERIFY = Shown("docs/tutorial.md", "$ efa verify", "tests/rehearsal/faults/test_no_fault.py")
STATUS_GUIDE = Shown("docs/how-to/read-the-state.md", "$ efa status", "tests/rehearsal/faults/test_no_fault.py")
OF_A_KEPT_REHEARSAL = (TUTORIAL_PREFLIGHT, TUTORIAL_LOOKUP, TUTORIAL_STATUS, TUTORIAL_VERIFY, STATUS_GUIDE)

FAULT_OF_THE_FABRIC = Shown(
    "docs/how-to/rehearse-any-app.md", "EFA traffic", "tests/rehearsal/faults/test_template_faults.py"
)
FAULT_OF_A_JOB = Shown("docs/troubleshooting.md", "  fault: 2 workers of", "tests/rehearsal/faults/test_job_faults.py")
REFUSED_OBJECT = Shown(
    "docs/how-to/rehearse-any-app.md", "  refused: 1-job.yaml", "tests/rehearsal/manifests/test_application.py"
)
MANIFEST_FILES = Shown("docs/how-to/apply-manifests.md", "manifests/cluster/", "tests/test_manifests.py")
BUILD_PROGRESS = Shown(
    "docs/how-to/control-plane-programs.md", "compiling kube-apiserver", "tests/rehearsal/control_plane/test_build.py"
)
CEILING = Shown("docs/explanation/bandwidth.md", "bus bandwidth <= ", "tests/docs/test_bandwidth_page.py")
LAYOUT = Shown("CONTRIBUTING.md", "app.py  ", "tests/docs/test_contributing.py")
IMPORTS = Shown("CONTRIBUTING.md", "errors, rules <- ", "tests/docs/test_contributing.py")

SHOWN = (
    *OF_THE_DEFAULT_APP,
    *OF_A_KEPT_REHEARSAL,
    FAULT_OF_THE_FABRIC,
    FAULT_OF_A_JOB,
    REFUSED_OBJECT,
    MANIFEST_FILES,
    BUILD_PROGRESS,
    CEILING,
    LAYOUT,
    IMPORTS,
)


def is_shown(shown: Shown, block: Block) -> bool:
    return block.page == ROOT / shown.page and block.text.startswith(shown.begins)


def command_and_output(block: Block) -> tuple[str, str]:
    """What is typed after the dollar sign, without it, and what follows. A block without a dollar sign is output."""
    if not block.text.startswith("$ "):
        return "", block.text
    command, _, output = block.text.partition("\n")
    while command.endswith("\\"):
        following, _, output = output.partition("\n")
        command = command.removesuffix("\\") + following
    return command.removeprefix("$ "), output


# What Kubernetes takes for the ends of generated names.
_LETTERS = "[bcdfghjklmnpqrstvwxz2456789]"
_VARYING = (
    (r"\b(sg|i|subnet|vpc|nat|igw|ami|lt)-[0-9a-f]{8,17}\b", r"\1-"),
    # The end of a name that CloudFormation generates.
    (r"-[0-9A-Z]{12,13}\b", "-"),
    # Of a pod, and of its ReplicaSet.
    (rf"(?:-{_LETTERS}{{8,10}})?-{_LETTERS}{{5}}\b", "-"),
    (r"\b10[.-]0[.-]\d+[.-]\d+\b", "10.0"),
    (r"\b\d\d:\d\d:\d\d\b", "00:00:00"),
    (r"\b\d+\.\d s\b", "0.0 s"),
    (r"\b\d+ free\b", "0 free"),
    (r" +", " "),
)
# Which pods are on a node beside those that matter, and the end of that list on a line of its own.
_OTHERS = re.compile(r"^( +others ).*|^ +(?:\d+ )?more\)$")


def comparable(line: str) -> str:
    """A line without what differs from run to run."""
    line = _OTHERS.sub(r"\1", line.rstrip())
    for pattern, replacement in _VARYING:
        line = re.sub(pattern, replacement, line)
    return line.rstrip()


def check_lines(documented: str, printed: str) -> None:
    """Fail if a documented line was not printed."""
    lines = [line for line in documented.splitlines() if line.strip() not in ("", "...")]
    assert lines
    there = set(map(comparable, printed.splitlines()))
    missing = [line for line in lines if comparable(line) not in there | {""}]
    assert missing == [], f"not printed: {missing}, but:\n{printed}"
