"""cdk8s constructs for what multi-node training needs on a cluster: device plugins, MPI Operator, MPI jobs."""

from __future__ import annotations

from .environment import EnvironmentFinding, default_environment, judge_environment, open_mpi_5_environment

__all__ = ["EnvironmentFinding", "default_environment", "judge_environment", "open_mpi_5_environment"]
