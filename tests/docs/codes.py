"""The stable codes of what the commands say, from the code that says it."""

from __future__ import annotations

import re

from efa_constructs.cluster.diagnosis.device_plugin_causes import DEVICE_PLUGIN_MISSING, PLUGIN_CRASHES
from efa_constructs.cluster.diagnosis.mpi_job_causes import REMEDIES
from efa_constructs.cluster.diagnosis.mpi_operator_causes import MPI_JOB_KIND_MISSING, OPERATOR_FORBIDDEN
from efa_constructs.cluster.node_group_findings import LABEL_MISSING, NOT_ACTIVE
from efa_constructs.verify.causes import CAUSES, WITHOUT_MPI
from efa_constructs.verify.verdict import Verdict

from .pages import ROOT

_PACKAGE = ROOT / "efa_constructs"


def _found(pattern: str, *files: str) -> set[str]:
    texts = [path.read_text() for glob in files for path in _PACKAGE.glob(glob)]
    assert texts, files
    return set(re.findall(pattern, "".join(texts)))


def fabric_codes() -> set[str]:
    """Of findings about node groups and the fabric."""
    found = _found(r'code=f?"([^"]+)"', "cluster/fabric.py", "cluster/*_findings.py")
    return found - {"no-{direction}-rule"} | {"no-ingress-rule", "no-egress-rule", LABEL_MISSING, NOT_ACTIVE}


def cluster_codes() -> set[str]:
    """Of findings of ``efa status`` beside those."""
    found = _found(r'code="([a-z-]+)"', "cluster/node_group_health.py", "cluster/diagnosis/*.py")
    found |= {DEVICE_PLUGIN_MISSING, MPI_JOB_KIND_MISSING, OPERATOR_FORBIDDEN, PLUGIN_CRASHES}
    return found | {"workers-do-not-resolve", *(code for _, code, _ in REMEDIES), "launcher-failed"}


def rehearsal_codes() -> set[str]:
    """Of findings that only a rehearsal has."""
    return _found(r'(?:code=|EFA_DOES_NOT_PASS = )"([a-z-]+)"', "rehearsal/fabric_causes.py", "rehearsal/*.py")


def preflight_ids() -> set[str]:
    """Of the rows of ``efa preflight``."""
    return _found(r'Check\(\s*"([a-z-]+)"', "preflight/*.py")


def verify_codes() -> set[str]:
    """Of the causes and verdicts of ``efa verify``."""
    return {cause.code for cause in (*CAUSES, WITHOUT_MPI)} | {verdict.value for verdict in Verdict}
