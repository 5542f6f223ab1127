"""What users import is what is promised."""

from __future__ import annotations

import subprocess
import sys

import efa_constructs.aws


def test_promises_exactly_the_public_classes():
    public = {name for name, value in vars(efa_constructs.aws).items() if isinstance(value, type)}
    assert public == set(efa_constructs.aws.__all__)


def test_starts_no_jsii_for_the_package_itself():
    program = (
        "import efa_constructs, efa_constructs.catalogue, efa_constructs.lookups, sys; assert 'jsii' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
