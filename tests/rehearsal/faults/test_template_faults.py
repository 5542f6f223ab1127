"""Each fault in what CloudFormation makes is found, and told by its cause."""

from __future__ import annotations

from pathlib import Path

import pytest

from .changed_assembly import Fault, rehearse_changed
from .judgement import assert_found
from .template_faults import FAULTS


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_says_why_the_app_would_not_run(default_app: Path, tmp_path: Path, fault: Fault) -> None:
    assert_found(fault, rehearse_changed(default_app, tmp_path, fault.change))
