"""What would carry the traffic of a cluster's jobs, where that is not EFA."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from ... import catalogue
from ...cluster.diagnosis.cause import Cause, Owner
from ...cluster.diagnosis.cluster_objects import ClusterObjects
from ...cluster.finding import Level
from ...cluster.snapshot import KubernetesObject
from ...rules import RULES
from ...rules.jobs import WHOLE_NODES_HAVE_THEIR_EFAS
from ..twin.launcher import Transport
from ..twin.outcomes import FABRIC_ANNOTATION

__all__ = ["EFA_DOES_NOT_PASS", "about_fabrics"]

# The code of a job whose workers have EFAs that packets do not pass.
EFA_DOES_NOT_PASS = "efa-does-not-pass"

# By which a job says that it wants sockets: NCCL's and libfabric's own words.
_SOCKETS = {"NCCL_NET": ("Socket",), "FI_PROVIDER": ("tcp", "sockets"), "NCCL_NET_PLUGIN": ("none",)}

_RULES = {rule.id: rule for rule in RULES}


def about_fabrics(objects: ClusterObjects) -> Iterator[Cause]:
    """Say of each job what carries its traffic, where that is not EFA."""
    for job, item in objects.mpi_jobs.items():
        for launcher in objects.launchers(job):
            told = (launcher["metadata"].get("annotations") or {}).get(FABRIC_ANNOTATION)
            fabric = json.loads(told) if told else {}
            match fabric.get("transport"):
                case Transport.TCP_INSTEAD:
                    yield _tcp_instead(job, fabric["findings"])
                case Transport.TCP if not _wants_sockets(item):
                    yield Cause(
                        code="no-efa-requested",
                        level=Level.WARNING,
                        problem=f"{job} runs over TCP, for its workers ask for no {catalogue.EFA_RESOURCE}",
                        fix=f"let the workers ask for {catalogue.EFA_RESOURCE}, or set NCCL_NET=Socket in a job "
                        "that is there for comparison",
                        rule=WHOLE_NODES_HAVE_THEIR_EFAS,
                    )


def _tcp_instead(job: Owner, findings: list[dict[str, Any]]) -> Cause:
    return Cause(
        code=EFA_DOES_NOT_PASS,
        # One way of two nodes says it for the other, and for the other nodes.
        problem=f"{job} would run over TCP, although its workers have EFAs: {findings[0]['problem']}",
        fix="; ".join(dict.fromkeys(finding["fix"] for finding in findings)),
        rule=_RULES.get(findings[0]["rule"]),
        explains=(job,),
    )


def _wants_sockets(job: KubernetesObject) -> bool:
    return any(
        variable.get("value") in _SOCKETS.get(variable["name"], ())
        for replicas in job["spec"]["mpiReplicaSpecs"].values()
        for container in replicas["template"]["spec"]["containers"]
        for variable in container.get("env") or ()
    )
