"""The AMI types of EKS managed node groups, and which of them fits an instance type."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from ..errors import InvalidArgumentError
from .instance_types import InstanceType
from .nearest import nearest
from .search import get

__all__ = [
    "AMI_TYPES",
    "AmiType",
    "AmiTypeMisfit",
    "ami_type_misfit",
    "check_ami_type",
    "chosen_ami_type",
    "default_ami_type",
]


class AmiType(NamedTuple):
    """An AMI type, under the name that the EKS API uses."""

    name: str
    # "AL2023", "BOTTLEROCKET", "AL2" or "WINDOWS"; None for CUSTOM.
    operating_system: str | None
    # "x86_64" or "arm64"; None for CUSTOM.
    architecture: str | None
    # The accelerators that it has a driver for: "nvidia" or "neuron".
    accelerator: str | None
    # Why it cannot be used for EFA nodes, with what to do about it; None: it can.
    refused: str | None = None
    # The device of the volume that images, logs and pods' files fill.
    volume_device: str | None = None
    # GiB of the AMI's snapshot of that volume: EC2 refuses a smaller one. None: not published.
    minimum_volume_gib: int | None = None

    @property
    def brings_nvidia_device_plugin(self) -> bool:
        """Whether NVIDIA's device plugin runs as a service of the node, so that a second one would disturb it."""
        # https://github.com/bottlerocket-os/bottlerocket/blob/develop/QUICKSTART-EKS.md, "aws-k8s-*-nvidia variants"
        return self.operating_system == "BOTTLEROCKET" and self.accelerator == "nvidia"


class AmiTypeMisfit(NamedTuple):
    """Why an AMI type does not fit an instance type."""

    # Goes on after the name of the AMI type.
    problem: str
    # The name of the AMI type to use.
    instead: str
    # Whether it has the right driver, and AWS publishes no more of it: nodes that have it go on working.
    retired: bool = False


def default_ami_type(instance_type: InstanceType | str, operating_system: str = "AL2023") -> AmiType:
    """Return the AMI type that has the driver of the instance type's accelerators.

    :param instance_type: An EFA instance type, or its name.
    :param operating_system: ``"AL2023"`` or ``"BOTTLEROCKET"``. Default: ``"AL2023"``.
    :raises InvalidArgumentError: No such operating system, or it has no AMI for the type.
    """
    if isinstance(instance_type, str):
        instance_type = get(instance_type)
    if operating_system not in ("AL2023", "BOTTLEROCKET"):
        raise InvalidArgumentError(f"'operating_system' must be AL2023 or BOTTLEROCKET, got '{operating_system}'")
    accelerator = _accelerator(instance_type)
    for ami_type in AMI_TYPES.values():
        if (ami_type.operating_system, ami_type.architecture, ami_type.accelerator) == (
            operating_system,
            instance_type.architecture,
            accelerator,
        ):
            return ami_type
    from ..rules.node_groups import AMI_TYPE_MISFIT

    raise InvalidArgumentError(
        AMI_TYPE_MISFIT.refusal(
            f"{operating_system} has no {instance_type.architecture} AMI with {_driver(accelerator)}, which "
            f"{instance_type.name} needs",
            instead="AL2023",
        )
    )


def check_ami_type(name: str, instance_type: InstanceType | str) -> AmiType:
    """Return the AMI type of this name if nodes of the instance type work with it.

    :raises InvalidArgumentError: They do not. Says why, and which AMI type to use.
    """
    if isinstance(instance_type, str):
        instance_type = get(instance_type)
    ami_type = AMI_TYPES.get(name)
    # Only here: these words would add to the start of every app.
    if ami_type is None:
        from ..rules.templates import UNKNOWN_VALUE

        raise InvalidArgumentError(
            UNKNOWN_VALUE.refusal(f"'ami_type' must be an AMI type of EKS, got '{name}'", _suggestion(name))
        )
    misfit = ami_type_misfit(ami_type, instance_type)
    if misfit is not None:
        from ..rules.node_groups import AMI_OF_NOBODY, AMI_TYPE_MISFIT, AMI_TYPE_OUT_OF_DATE

        if name == "CUSTOM":
            raise InvalidArgumentError(
                AMI_OF_NOBODY.refusal(f"'ami_type' CUSTOM {misfit.problem}", f"use {misfit.instead}")
            )
        rule = AMI_TYPE_OUT_OF_DATE if misfit.retired else AMI_TYPE_MISFIT
        raise InvalidArgumentError(
            rule.refusal(where="'ami_type'", ami_type=name, misfit=misfit.problem, instead=misfit.instead)
        )
    return ami_type


def chosen_ami_type(name: str | None, instance_type: InstanceType | str) -> AmiType:
    """Return the AMI type of this name, checked, or the default one where none is named.

    :raises InvalidArgumentError: Nodes of the instance type do not work with it.
    """
    return check_ami_type(name, instance_type) if name is not None else default_ami_type(instance_type)


def ami_type_misfit(ami_type: AmiType, instance_type: InstanceType) -> AmiTypeMisfit | None:
    """Say why nodes of the instance type would not work with the AMI type, if they would not."""
    right = default_ami_type(instance_type, _supported_system(ami_type, instance_type))
    # Of an AMI of one's own neither is known.
    known = ami_type.architecture is not None
    if known and ami_type.architecture != instance_type.architecture:
        machines = f"is for {ami_type.architecture}, and {instance_type.name} is {instance_type.architecture}"
        return AmiTypeMisfit(machines, right.name)
    if known and ami_type.accelerator != right.accelerator:
        needs = f"needs {_driver(right.accelerator)}" if right.accelerator else "has no accelerator for it"
        return AmiTypeMisfit(f"has {_driver(ami_type.accelerator)}, and {instance_type.name} {needs}", right.name)
    if ami_type.refused:
        retired = ami_type.operating_system == "AL2"
        return AmiTypeMisfit(f"is refused: {ami_type.refused}", right.name, retired)
    return None


def _accelerator(instance_type: InstanceType) -> str | None:
    if instance_type.has_nvidia_gpus:
        return "nvidia"
    return "neuron" if instance_type.has_neuron_devices else None


def _driver(accelerator: str | None) -> str:
    return {"nvidia": "the NVIDIA driver", "neuron": "the Neuron driver", None: "no accelerator driver"}[accelerator]


def _supported_system(ami_type: AmiType, instance_type: InstanceType) -> str:
    """The operating system to suggest: the wanted one if it can be had."""
    # No Bottlerocket AMI type is for Neuron, and the EKS User Guide advises against Bottlerocket on Inferentia.
    bottlerocket = ami_type.operating_system == "BOTTLEROCKET" and not instance_type.has_neuron_devices
    return "BOTTLEROCKET" if bottlerocket else "AL2023"


def _suggestion(name: str) -> str:
    usable = [ami_type.name for ami_type in AMI_TYPES.values() if not ami_type.refused]
    meant = nearest(name, usable)
    return f"did you mean {', '.join(meant)}?" if meant else f"use {', '.join(usable)}"


_AL2 = (
    "AWS stopped publishing EKS AMIs with Amazon Linux 2 on 2025-11-26, and a node without updates is no place for work"
)
_WINDOWS = "EFA does not work on Windows: there it is a plain network interface"
_CUSTOM = "an AMI of your own needs user data that joins the cluster, which is not written for you"

# AL2023 has one volume of 20 GiB: ami_block_device_mappings in
# https://github.com/awslabs/amazon-eks-ami/blob/main/templates/al2023/template.json
# Bottlerocket keeps its system on /dev/xvda and all the rest on /dev/xvdb, whose snapshot's size is not published:
# https://github.com/bottlerocket-os/bottlerocket, README, "Default Volumes"
_AL2023_VOLUME = ("/dev/xvda", 20)
_BOTTLEROCKET_VOLUME = ("/dev/xvdb", None)


def _ami_types() -> dict[str, AmiType]:
    rows: list[tuple[str, str | None, str | None, str | None, str | None]] = [
        ("AL2023_x86_64_STANDARD", "AL2023", "x86_64", None, None),
        ("AL2023_ARM_64_STANDARD", "AL2023", "arm64", None, None),
        ("AL2023_x86_64_NEURON", "AL2023", "x86_64", "neuron", None),
        ("AL2023_x86_64_NVIDIA", "AL2023", "x86_64", "nvidia", None),
        ("AL2023_ARM_64_NVIDIA", "AL2023", "arm64", "nvidia", None),
        ("BOTTLEROCKET_x86_64", "BOTTLEROCKET", "x86_64", None, None),
        ("BOTTLEROCKET_ARM_64", "BOTTLEROCKET", "arm64", None, None),
        ("BOTTLEROCKET_x86_64_NVIDIA", "BOTTLEROCKET", "x86_64", "nvidia", None),
        ("BOTTLEROCKET_ARM_64_NVIDIA", "BOTTLEROCKET", "arm64", "nvidia", None),
        ("BOTTLEROCKET_x86_64_FIPS", "BOTTLEROCKET", "x86_64", None, None),
        ("BOTTLEROCKET_ARM_64_FIPS", "BOTTLEROCKET", "arm64", None, None),
        ("BOTTLEROCKET_x86_64_NVIDIA_FIPS", "BOTTLEROCKET", "x86_64", "nvidia", None),
        ("BOTTLEROCKET_ARM_64_NVIDIA_FIPS", "BOTTLEROCKET", "arm64", "nvidia", None),
        ("AL2_x86_64", "AL2", "x86_64", None, _AL2),
        ("AL2_x86_64_GPU", "AL2", "x86_64", "nvidia", _AL2),
        ("AL2_ARM_64", "AL2", "arm64", None, _AL2),
        *(
            (f"WINDOWS_{edition}_{year}_x86_64", "WINDOWS", "x86_64", None, _WINDOWS)
            for year in (2019, 2022, 2025)
            for edition in ("CORE", "FULL")
        ),
        ("CUSTOM", None, None, None, _CUSTOM),
    ]
    volumes: dict[str | None, tuple[str, int | None]] = {"AL2023": _AL2023_VOLUME, "BOTTLEROCKET": _BOTTLEROCKET_VOLUME}
    result = {}
    for name, system, architecture, accelerator, refused in rows:
        device, minimum = volumes.get(system, (None, None))
        result[name] = AmiType(
            name=name,
            operating_system=system,
            architecture=architecture,
            accelerator=accelerator,
            refused=refused,
            volume_device=device,
            minimum_volume_gib=minimum,
        )
    return result


# Every value of AMITypes in the EKS API, by name. The first that fits is the default.
AMI_TYPES: Mapping[str, AmiType] = MappingProxyType(_ami_types())
