"""What EKS refuses about a managed node group, before it asks EC2 for instances.

Sources: "Customize managed nodes with launch templates" and "Create a managed node group with Capacity Blocks" of the
Amazon EKS User Guide, the reference of CreateNodegroup, and the public reports named below.
"""

from __future__ import annotations

import base64
import binascii
import email
import tomllib
from collections.abc import Callable, Mapping

from ....catalogue import AMI_TYPES
from ..eks_refusals import invalid_parameter, invalid_request
from ..resource_type import AwsError
from . import labels_and_taints
from .facts import LaunchSurroundings, NodeGroup

__all__ = ["check_node_group", "check_scaling", "health_issue"]


def check_node_group(group: NodeGroup, around: LaunchSurroundings) -> None:
    """Raise the error with which CreateNodegroup or UpdateNodegroupVersion would refuse this node group."""
    for rule in _RULES:
        rule(group, around)
    labels_and_taints.check(group.request)


def health_issue(group: NodeGroup, around: LaunchSurroundings) -> AwsError | None:
    """What EKS finds wrong only once it works on the node group, or None. The error's code is the issue's."""
    return (
        _lost_subnet_issue(group, around)
        or _user_data_issue(group)
        or _root_volume_issue(group)
        or _public_subnet_issue(group, around)
    )


def check_scaling(scaling: Mapping[str, int]) -> None:
    """Refuse sizes that are out of order."""
    smallest, desired, largest = scaling["minSize"], scaling["desiredSize"], scaling["maxSize"]
    if smallest > desired:
        # Quoted: terraform-aws-modules/terraform-aws-eks#2508, #3521.
        raise invalid_parameter(f"Minimum capacity {smallest} can't be greater than desired size {desired}")
    if desired > largest:
        # Quoted: ministryofjustice/cloud-platform-infrastructure#4595.
        raise invalid_parameter("desiredSize can't be greater than maxSize")


def _sizes_are_in_order(group: NodeGroup, around: LaunchSurroundings) -> None:
    check_scaling(group.request["scalingConfig"])


def _role_is_for_ec2(group: NodeGroup, around: LaunchSurroundings) -> None:
    arn = group.request["nodeRole"]
    if arn not in around.roles:
        raise invalid_parameter(f"The role with name {arn.rpartition('/')[2]} cannot be found.")
    if not around.roles[arn]:
        raise invalid_parameter(
            "Following required service principals [ec2.amazonaws.com] were not found in the trust relationships of "
            f"nodeRole {arn}"
        )


def _subnets_are_in_the_vpc(group: NodeGroup, around: LaunchSurroundings) -> None:
    if not group.request["subnets"]:
        raise invalid_parameter("Subnets cannot be empty")
    for subnet_id in group.request["subnets"]:
        if subnet_id not in around.subnets:
            raise invalid_parameter(f"The subnet ID '{subnet_id}' does not exist")
        if around.subnets[subnet_id].vpc_id != group.vpc_id:
            raise invalid_parameter(f"Subnet {subnet_id} is not in the VPC of the cluster, {group.vpc_id}")


def _instance_types_in_one_place(group: NodeGroup, around: LaunchSurroundings) -> None:
    if group.request.get("instanceTypes") and (group.template or {}).get("InstanceType"):
        # Quoted: terraform-aws-modules/terraform-aws-eks#1386, #1545.
        raise invalid_request("Cannot specify instance types in launch template and API request")


def _instance_types_exist(group: NodeGroup, around: LaunchSurroundings) -> None:
    unknown = [name for name in group.instance_types if name not in around.hardware]
    if unknown:
        raise invalid_parameter(f"The following supplied instance types do not exist: [{', '.join(unknown)}]")


def _settings_in_one_place(group: NodeGroup, around: LaunchSurroundings) -> None:
    if group.template is None:
        return
    if "diskSize" in group.request:
        # Quoted: crossplane-contrib/provider-upjet-aws#866.
        raise invalid_parameter("Disk size must be specified within the launch template.")
    if "remoteAccess" in group.request:
        # Quoted: moto's EKS has it so (getmoto/moto, moto/eks/models.py).
        raise invalid_parameter("Remote access configuration cannot be specified with a launch template.")
    if group.template.get("ImageId") and group.request.get("amiType", "CUSTOM") != "CUSTOM":
        raise invalid_parameter("You cannot specify an AMI Type when specifying an image id in your launch template.")
    if group.request.get("amiType") == "CUSTOM" and not group.template.get("ImageId"):
        raise invalid_parameter("You must specify an image id in your launch template when the AMI Type is CUSTOM.")
    if group.template.get("ImageId") and (group.request.get("version") or group.request.get("releaseVersion")):
        raise invalid_parameter(
            "You cannot specify the field releaseVersion or version when specifying an image id in your launch "
            "template."
        )


def _nothing_forbidden_in_the_template(group: NodeGroup, around: LaunchSurroundings) -> None:
    template, name = group.template or {}, group.template_name
    if any(interface.get("SubnetId") for interface in template.get("NetworkInterfaces") or ()):
        raise invalid_parameter(
            f"Launch template {name} should not specify a subnet. The subnets in your request will be used."
        )
    if template.get("IamInstanceProfile"):
        # Quoted in many public reports of aws_eks_node_group.
        raise invalid_parameter(
            f"Launch template {name} should not specify an instance profile. The noderole in your request will be "
            "used to construct an instance profile."
        )
    for setting, words in _FORBIDDEN.items():
        if template.get(setting):
            raise invalid_parameter(f"Launch template {name} should not specify {words}.")


_FORBIDDEN = {
    "InstanceInitiatedShutdownBehavior": "an instance shutdown behavior",
    "HibernationOptions": "hibernation options",
}


def _market_fits_the_capacity_type(group: NodeGroup, around: LaunchSurroundings) -> None:
    market = (group.template or {}).get("InstanceMarketOptions", {}).get("MarketType")
    if market and market != "capacity-block":
        # Quoted: hashicorp/terraform-provider-aws#15118.
        raise invalid_parameter("Instance market options are not supported with the launch template.")
    if market == "capacity-block" and group.capacity_type != "CAPACITY_BLOCK":
        raise invalid_parameter(
            "The capacity type must be CAPACITY_BLOCK when the market type in the launch template is capacity-block."
        )


def _capacity_block_is_complete(group: NodeGroup, around: LaunchSurroundings) -> None:
    if group.capacity_type != "CAPACITY_BLOCK":
        return
    template = group.template or {}
    if template.get("InstanceMarketOptions", {}).get("MarketType") != "capacity-block":
        raise invalid_parameter(
            "The launch template must specify the market type capacity-block when the capacity type is CAPACITY_BLOCK."
        )
    target = template.get("CapacityReservationSpecification", {}).get("CapacityReservationTarget", {})
    if not (target.get("CapacityReservationId") or target.get("CapacityReservationResourceGroupArn")):
        raise invalid_parameter(
            "The launch template must specify a capacity reservation target when the capacity type is CAPACITY_BLOCK."
        )
    if len(group.request.get("instanceTypes") or ()) > 1 or not template.get("InstanceType"):
        raise invalid_parameter(
            "The launch template must specify exactly one instance type when the capacity type is CAPACITY_BLOCK."
        )


def _capacity_type_is_offered(group: NodeGroup, around: LaunchSurroundings) -> None:
    market = {"SPOT": "spot", "CAPACITY_BLOCK": "capacity-block"}.get(group.capacity_type)
    for name in group.instance_types:
        classes = around.hardware[name].usage_classes
        if market and classes and market not in classes:
            raise invalid_parameter(
                f"The instance type {name} does not support the capacity type {group.capacity_type}."
            )


def _ami_type_is_alive(group: NodeGroup, around: LaunchSurroundings) -> None:
    minor = int(group.kubernetes_version.split(".")[1])
    if group.ami_type.startswith("AL2_") and minor >= 33:
        # Quoted: scylladb/scylla-cluster-tests#12524.
        raise invalid_parameter(f"AMI Type {group.ami_type} is only supported for kubernetes versions 1.32 or earlier")


def _ami_type_fits_the_instance_types(group: NodeGroup, around: LaunchSurroundings) -> None:
    ami_type = AMI_TYPES[group.ami_type]
    if ami_type.architecture is None:
        return
    unfit = [
        name
        for name in group.instance_types
        if ami_type.architecture not in around.hardware[name].architectures
        # An image without a driver runs on any type, as users of their own drivers expect.
        or (ami_type.accelerator is not None and ami_type.accelerator != around.hardware[name].accelerator)
    ]
    if unfit:
        # Quoted for the architecture: eksctl-io/eksctl#7754.
        raise invalid_parameter(
            f"[{', '.join(unfit)}] is not a valid instance type for requested amiType {group.ami_type}"
        )


Rule = Callable[[NodeGroup, LaunchSurroundings], None]

_RULES: tuple[Rule, ...] = (
    _sizes_are_in_order,
    _role_is_for_ec2,
    _subnets_are_in_the_vpc,
    _instance_types_in_one_place,
    _instance_types_exist,
    _settings_in_one_place,
    _nothing_forbidden_in_the_template,
    _market_fits_the_capacity_type,
    _capacity_block_is_complete,
    _capacity_type_is_offered,
    _ami_type_is_alive,
    _ami_type_fits_the_instance_types,
)


def _lost_subnet_issue(group: NodeGroup, around: LaunchSurroundings) -> AwsError | None:
    lost = [subnet_id for subnet_id in group.request["subnets"] if subnet_id not in around.subnets]
    if not lost:
        return None
    return _issue("Ec2SubnetNotFound", f"The subnets [{', '.join(lost)}] of the node group do not exist.")


def _user_data_issue(group: NodeGroup) -> AwsError | None:
    user_data = (group.template or {}).get("UserData")
    # EKS merges nothing into the user data of a custom AMI; that of Windows is a script.
    if not user_data or not group.ami_type.startswith(("AL2_", "AL2023_", "BOTTLEROCKET_")):
        return None
    try:
        text = base64.b64decode(str(user_data), validate=True).decode("utf-8", "replace")
    except binascii.Error:
        return _issue("Ec2LaunchTemplateInvalidConfiguration", "Invalid BASE64 encoding of user data.")
    if group.ami_type.startswith("BOTTLEROCKET_"):
        return _toml_issue(text)
    if email.message_from_string(text).is_multipart():
        return None
    # Quoted: terraform-aws-modules/terraform-aws-eks#1875, #2955.
    return _issue("Ec2LaunchTemplateInvalidConfiguration", "User data was not in the MIME multipart format.")


def _toml_issue(text: str) -> AwsError | None:
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        # Quoted: terraform-aws-modules/terraform-aws-eks#1729, #3205.
        return _issue(
            "Ec2LaunchTemplateInvalidConfiguration", "User data was not a TOML format that could be processed."
        )
    return None


def _root_volume_issue(group: NodeGroup) -> AwsError | None:
    ami_type = AMI_TYPES[group.ami_type]
    if group.template is None or ami_type.minimum_volume_gib is None:
        return None
    for mapping in group.template.get("BlockDeviceMappings") or ():
        size = mapping.get("Ebs", {}).get("VolumeSize")
        if mapping.get("DeviceName") != ami_type.volume_device or size is None:
            continue
        if int(size) < ami_type.minimum_volume_gib:
            return _issue(
                "AsgInstanceLaunchFailures",
                f"Could not launch On-Demand Instances. InvalidBlockDeviceMapping - Volume of size {size}GB is smaller "
                f"than snapshot of the image, expect size >= {ami_type.minimum_volume_gib}GB. Launching EC2 instance "
                "failed.",
            )
    return None


def _public_subnet_issue(group: NodeGroup, around: LaunchSurroundings) -> AwsError | None:
    given = [
        interface.get("AssociatePublicIpAddress") for interface in (group.template or {}).get("NetworkInterfaces", ())
    ]
    if any(given):
        return None
    subnets = [around.subnets[subnet_id] for subnet_id in group.request["subnets"]]
    lacking = ", ".join(subnet.id for subnet in subnets if subnet.public and not subnet.maps_public_addresses)
    if not lacking:
        return None
    name = group.request["nodegroupName"]
    return _issue(
        "Ec2SubnetInvalidConfiguration",
        f"One or more Amazon EC2 Subnets of [{lacking}] for node group {name} does not automatically assign public IP "
        "addresses to instances launched into it. If you want your instances to be assigned a public IP address, then "
        "you need to enable auto-assign public IP address for the subnet.",
    )


def _issue(code: str, message: str) -> AwsError:
    return AwsError(code, message, service="Eks")
