"""The compute capability of NVIDIA's GPUs: which programs of CUDA they run."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from .instance_types import InstanceType

__all__ = ["compute_capability"]

# By the model that DescribeInstanceTypes names. https://developer.nvidia.com/cuda-gpus
_BY_MODEL: Mapping[str, tuple[int, int]] = MappingProxyType(
    {
        "V100": (7, 0),
        "T4": (7, 5),
        "A100": (8, 0),
        "A10G": (8, 6),
        "L4": (8, 9),
        "L40S": (8, 9),
        "H100": (9, 0),
        "H200": (9, 0),
        "B200": (10, 0),
        "GB200": (10, 0),
        "B300": (10, 3),
        "RTX PRO 4500": (12, 0),
        "RTX PRO Server 6000": (12, 0),
    }
)


def compute_capability(instance: InstanceType) -> tuple[int, int] | None:
    """The compute capability of the type's NVIDIA GPUs, as major and minor version. None: it has none, or unknown ones.

    A GPU runs machine code that was compiled for its major version, and for its minor version or a lower one: CUDA C++
    Programming Guide, "Binary Compatibility".
    """
    models = (accelerator.model for accelerator in instance.accelerators if accelerator.manufacturer == "NVIDIA")
    return next((_BY_MODEL[model] for model in models if model in _BY_MODEL), None)
