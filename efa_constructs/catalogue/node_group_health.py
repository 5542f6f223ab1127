"""What EKS says of a managed node group's health, and what to do about it.

The codes are those of "Issue" in the EKS API Reference. What EC2 Auto Scaling said of a launch stands in the message of
``AsgInstanceLaunchFailures``, in EC2's words: "Error codes for the Amazon EC2 API" in the EC2 Developer Guide, and
"Troubleshoot instance launch issues" in the EC2 User Guide.
"""

from __future__ import annotations

import re
from typing import NamedTuple

__all__ = ["HealthIssueMeaning", "health_issue_meaning"]


class HealthIssueMeaning(NamedTuple):
    """A health issue in plain words."""

    # A fact.
    meaning: str
    # An imperative.
    fix: str


_CAPACITY = HealthIssueMeaning(
    "EC2 has too few of these instances in the zone right now",
    "try another zone, or later; large accelerated types are hardly to be had without a capacity reservation or a "
    "Capacity Block",
)
_QUOTA = HealthIssueMeaning(
    "the account may not run as many vCPUs of this family, or as many instances",
    "ask for a higher quota in Service Quotas (On-Demand and Spot have quotas of their own), or lower the desired size",
)
_ADDRESSES = HealthIssueMeaning(
    "the subnet has too few free addresses for the nodes and their pods",
    "use a larger subnet in the same zone, or free addresses of this one",
)

# In the message of AsgInstanceLaunchFailures, the first that fits.
_LAUNCH_FAILURES = (
    (r"InsufficientInstanceCapacity|do not have sufficient .*capacity", _CAPACITY),
    (
        r"ReservationCapacityExceeded|capacity reservation.*(?:insufficient|exceeded)",
        HealthIssueMeaning(
            "the capacity reservation has no room for another instance",
            "lower the desired size to what is reserved, or enlarge the reservation",
        ),
    ),
    (
        r"capacity block|CapacityReservation\S* .*(?:not active|expired|not found)|InvalidCapacityReservationId",
        HealthIssueMeaning(
            "the Capacity Block or reservation is not active, not in this zone, or of another type",
            "see its state, zone and type with 'aws ec2 describe-capacity-reservations', and its start time",
        ),
    ),
    (r"VcpuLimitExceeded|InstanceLimitExceeded|MaxSpotInstanceCountExceeded|more vCPU capacity than", _QUOTA),
    (r"InsufficientFreeAddressesInSubnet|not enough free addresses", _ADDRESSES),
    (
        r"Unsupported|not supported in your requested Availability Zone|UnsupportedOperation",
        HealthIssueMeaning(
            "the zone or the launch template does not go with the instance type",
            "choose a zone that offers the type, and the interfaces that 'efa instances' shows for it",
        ),
    ),
    (
        r"InvalidParameterCombination|InvalidNetworkInterface|AttachmentLimitExceeded|network interface",
        HealthIssueMeaning(
            "the launch template has interfaces that the instance type does not take",
            "give it the interfaces that 'efa instances' shows for the type",
        ),
    ),
    (
        r"InvalidPlacementGroup|placement group",
        HealthIssueMeaning(
            "the placement group is gone, or does not take the instances",
            "make a placement group of strategy cluster, and use one instance type in it",
        ),
    ),
    (
        r"UnauthorizedOperation|not authorized|Client\.InternalError|kms",
        HealthIssueMeaning(
            "Auto Scaling's service-linked role may not do something that the launch needs, such as use the KMS key of "
            "the volume",
            "let AWSServiceRoleForAutoScaling use the key, in its key policy",
        ),
    ),
)

_CODES = {
    "AccessDenied": HealthIssueMeaning(
        "EKS or the nodes may not sign in to the cluster's API server",
        "give the node role its access entry (type EC2_LINUX) back, or its entry in the ConfigMap aws-auth",
    ),
    "AmiIdNotFound": HealthIssueMeaning(
        "the AMI of the launch template is gone, or not shared with this account",
        "name an AMI that is there, or leave it out for EKS to choose",
    ),
    "AsgInstanceLaunchFailures": HealthIssueMeaning(
        "EC2 Auto Scaling could not launch instances",
        "mend what EC2 says; the activity of the Auto Scaling group has every try",
    ),
    "AutoScalingGroupInvalidConfiguration": HealthIssueMeaning(
        "somebody changed the node group's Auto Scaling group", "change it back, or make the node group anew"
    ),
    "AutoScalingGroupNotFound": HealthIssueMeaning(
        "somebody deleted the node group's Auto Scaling group", "make the node group anew"
    ),
    "ClusterUnreachable": HealthIssueMeaning(
        "EKS or the nodes do not reach the cluster's API server",
        "see the endpoint's access settings, the security groups and the routes of the nodes' subnet",
    ),
    "Ec2InstanceTypeDoesNotExist": HealthIssueMeaning(
        "the Region does not have the instance type", "choose a type of the Region: 'efa instances --region'"
    ),
    "Ec2LaunchTemplateInvalidConfiguration": HealthIssueMeaning(
        "EC2 does not take the launch template", "mend what the message names, and update the node group"
    ),
    "Ec2LaunchTemplateNotFound": HealthIssueMeaning(
        "the launch template that EKS made for the node group is gone", "make the node group anew"
    ),
    "Ec2LaunchTemplateVersionMismatch": HealthIssueMeaning(
        "the Auto Scaling group uses another version of the launch template than EKS made",
        "set the version that EKS made again; changes go through the node group",
    ),
    "Ec2SecurityGroupDeletionFailure": HealthIssueMeaning(
        "the node group's security group for remote access could not be deleted", "take it out of what still uses it"
    ),
    "Ec2SecurityGroupNotFound": HealthIssueMeaning("the cluster's security group is gone", "make the cluster anew"),
    "Ec2SubnetInvalidConfiguration": HealthIssueMeaning(
        "a subnet does not give instances the public address that they need there",
        "use a private subnet with a way out; instances with several network interfaces never get a public address",
    ),
    "Ec2SubnetNotFound": HealthIssueMeaning("a subnet of the node group is gone", "make the node group anew"),
    "IamInstanceProfileNotFound": HealthIssueMeaning(
        "the node group's instance profile is gone", "make it again with the same name, or make the node group anew"
    ),
    "IamLimitExceeded": HealthIssueMeaning(
        "IAM's quota is used up", "ask for a higher quota, or delete what is unused"
    ),
    "IamNodeRoleNotFound": HealthIssueMeaning(
        "the node role is gone", "make it again with the same name and policies, or make the node group anew"
    ),
    "InstanceLimitExceeded": _QUOTA,
    "InsufficientFreeAddresses": _ADDRESSES,
    "InternalFailure": HealthIssueMeaning("something went wrong within EKS", "try again, and then ask AWS Support"),
    "NodeCreationFailure": HealthIssueMeaning(
        "instances run and did not join the cluster",
        "see that they reach the API server, ECR and S3 (a NAT gateway or VPC endpoints), that the node role has "
        "AmazonEKSWorkerNodePolicy, and what nodeadm wrote ('journalctl -u nodeadm-run' by Session Manager)",
    ),
    "NodeTerminationFailure": HealthIssueMeaning(
        "instances could not be ended", "see the activity of the Auto Scaling group"
    ),
    "PodEvictionFailure": HealthIssueMeaning(
        "pods did not leave a node in time",
        "see their PodDisruptionBudgets, end jobs before an update, or force the update",
    ),
    "SourceEc2LaunchTemplateNotFound": HealthIssueMeaning(
        "the launch template that was given to the node group is gone", "make the node group anew with another one"
    ),
}


def health_issue_meaning(code: str, message: str = "") -> HealthIssueMeaning | None:
    """Say what a health issue means.

    :param code: EKS's, such as ``AsgInstanceLaunchFailures``.
    :param message: EKS's, in which EC2's own error stands. Default: none.
    :return: None for a code that EKS says nothing about.
    """
    if code == "AsgInstanceLaunchFailures":
        for pattern, meaning in _LAUNCH_FAILURES:
            if re.search(pattern, message, re.IGNORECASE):
                return meaning
    return _CODES.get(code)
