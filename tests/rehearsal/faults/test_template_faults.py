"""Each fault in what CloudFormation makes is found, and told by its cause."""

from __future__ import annotations

from pathlib import Path

import pytest

from efa_constructs.cli.rehearsal_text import print_report
from tests.docs import shown

from .changed_assembly import rehearse_changed
from .judgement import assert_found
from .template_faults import FAULTS

# The one of which the documentation shows what is printed.
SHOWN = "no egress rule of the EFA group to itself"


@pytest.mark.parametrize("name", [name for name in FAULTS if name != SHOWN])
def test_says_why_the_app_would_not_run(default_app: Path, tmp_path: Path, name: str) -> None:
    assert_found(FAULTS[name], rehearse_changed(default_app, tmp_path, FAULTS[name].change))


def test_says_it_as_the_documentation_shows(
    default_app: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    result = rehearse_changed(default_app, tmp_path, FAULTS[SHOWN].change)
    assert_found(FAULTS[SHOWN], result)
    print_report(result)
    shown.FAULT_OF_THE_FABRIC.check(capsys.readouterr().out)
