"""Where EFA reads and writes the memory of GPUs by itself: GPUDirect RDMA.

DescribeInstanceTypes does not say it. That a type has RDMA does not mean it: g6e has RDMA, and no GPUDirect RDMA.
Sources: https://github.com/aws/aws-ofi-nccl, src/platform-aws.cpp (``gdr_required``), issue 547 ("the only instance
types in EC2 that support GPUDirect RDMA are the P-series starting with p4d", August 2025), pull request 1057
(g7e.8xlarge).
"""

from __future__ import annotations

from .instance_types import InstanceType

__all__ = ["has_gpu_direct_rdma"]

_WITH = frozenset(("p4d", "p4de", "p5", "p5e", "p5en", "p6-b200", "p6-b300", "p6e-gb200"))
_WITHOUT = frozenset(("g4dn", "g5", "g6", "g6e", "gr6", "p3dn"))
_TYPES_WITHOUT = frozenset(("g7e.8xlarge",))
# The plugin takes it with GPUDirect RDMA or without it.
_UNKNOWN_TYPES = frozenset(("p5.4xlarge",))


def has_gpu_direct_rdma(instance_type: InstanceType) -> bool | None:
    """Whether NCCL gets GPUDirect RDMA over EFA on this type. None: no source says it.

    A type without NVIDIA GPUs has none.
    """
    if not instance_type.has_nvidia_gpus or instance_type.family in _WITHOUT or instance_type.name in _TYPES_WITHOUT:
        return False
    if instance_type.family in _WITH and instance_type.name not in _UNKNOWN_TYPES:
        return True
    return None
