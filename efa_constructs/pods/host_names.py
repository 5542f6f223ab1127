"""The host names that the MPI Operator gives the workers of a job.

Source: https://github.com/kubeflow/mpi-operator, pkg/controller/mpi_job_controller.go.
"""

from __future__ import annotations

import re

__all__ = ["LONGEST_HOST_NAME", "is_host_name", "worker_host_name"]

# Kubernetes documentation, "Object Names and IDs", "RFC 1035 Label Names"
_HOST_NAME = re.compile(r"[a-z]([a-z0-9-]*[a-z0-9])?")
LONGEST_HOST_NAME = 63


def worker_host_name(job: str, index: int) -> str:
    """The host name of a job's worker, counted from 0."""
    return f"{job}-worker-{index}"


def is_host_name(name: str) -> bool:
    """Whether the characters of a name are those of a host name, of whatever length."""
    return _HOST_NAME.fullmatch(name) is not None
