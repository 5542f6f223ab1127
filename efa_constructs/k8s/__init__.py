"""cdk8s constructs for what multi-node training needs on a cluster: device plugins, MPI Operator, MPI jobs."""

from .gang_scheduling import GangScheduling
from .manifest_size import check_manifest_sizes
from .mpi_job_schema import CrdMode
from .mpi_operator import MpiOperator

__all__ = ["CrdMode", "GangScheduling", "MpiOperator", "check_manifest_sizes"]
