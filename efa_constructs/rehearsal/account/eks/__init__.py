"""Amazon EKS in the emulated account: clusters and what belongs to them, served as boto3 and the AWS CLI ask for it.

moto has an EKS of its own, but it drops what a node group is configured with and makes up what it shows.
"""

from __future__ import annotations

from .api import OPERATIONS, call, handle
from .state import Cluster, EksState, Manifest, eks_state

__all__ = ["OPERATIONS", "Cluster", "EksState", "Manifest", "call", "eks_state", "handle"]
