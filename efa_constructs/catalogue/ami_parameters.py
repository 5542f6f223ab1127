"""Where AWS publishes which AMI an AMI type stands for.

Sources: EKS User Guide, "Retrieve recommended Amazon Linux AMI IDs" and "Retrieve recommended Bottlerocket AMI IDs".
"""

from __future__ import annotations

from .ami_types import AmiType

__all__ = ["ami_parameter"]


def ami_parameter(ami_type: AmiType, kubernetes_version: str) -> str | None:
    """Return the public parameter of Systems Manager that holds the id of the current AMI.

    :param kubernetes_version: Minor version, such as ``"1.36"``.
    :returns: None: there is none, as for an AMI of one's own.
    """
    if ami_type.operating_system == "AL2023":
        variant = ami_type.accelerator or "standard"
        return (
            f"/aws/service/eks/optimized-ami/{kubernetes_version}/amazon-linux-2023/{ami_type.architecture}/{variant}"
            "/recommended/image_id"
        )
    if ami_type.operating_system == "BOTTLEROCKET":
        variant = f"aws-k8s-{kubernetes_version}"
        variant += "-nvidia" if ami_type.accelerator == "nvidia" else ""
        variant += "-fips" if ami_type.name.endswith("_FIPS") else ""
        return f"/aws/service/bottlerocket/{variant}/{ami_type.architecture}/latest/image_id"
    return None
