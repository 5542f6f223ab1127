"""Cases of node groups."""

from __future__ import annotations

from efa_constructs.rules import node_groups as rules

from ..templates import Template, all_of, data, drop, put, whole
from .case import Case
from .interfaces import layout
from .launch_templates import max_pods, mime, reservation, user_data

__all__ = ["NODE_GROUP_CASES"]

_GROUP = "NodeGroup"
_INSTANCE_TYPE = "LaunchTemplate.LaunchTemplateData.InstanceType"
_unplaced = drop("LaunchTemplate.LaunchTemplateData.Placement")
_market = data("InstanceMarketOptions", {"MarketType": "capacity-block"})
_of_a_block = put(f"{_GROUP}.CapacityType", "CAPACITY_BLOCK")
_block = all_of(_unplaced, reservation(), _market, _of_a_block)
_joins = user_data(
    mime(
        "application/node.eks.aws",
        "apiVersion: node.eks.aws/v1alpha1\nkind: NodeConfig\nspec: {cluster: {apiServerEndpoint: https://a}}",
    )
)
_image = all_of(data("ImageId", "ami-0123456789abcdef0"), _joins)
_custom = all_of(put(f"{_GROUP}.AmiType", "CUSTOM"), _image)
_g7 = layout("g7.24xlarge")
_TAINT = {"Key": "aws.amazon.com/efa", "Value": "true", "Effect": "NO_SCHEDULE"}


_VERSION = f"{_GROUP}.LaunchTemplate.Version"


def _without_efa(instance_type: str):
    """Nodes that nobody wants EFA of."""
    return all_of(
        put(_INSTANCE_TYPE, instance_type),
        put(f"{_GROUP}.AmiType", "AL2023_x86_64_STANDARD"),
        drop("LaunchTemplate.LaunchTemplateData.NetworkInterfaces"),
    )


def _version_parameter(template: Template) -> None:
    template["Parameters"]["Version"] = {"Type": "String", "Default": "1"}
    put(_VERSION, {"Ref": "Version"})(template)


def labels(**more: str):
    return lambda template: template["Resources"][_GROUP]["Properties"]["Labels"].update(
        {key.replace("__", "/").replace("_", "."): value for key, value in more.items()}
    )


def taints(*each: object):
    return put(f"{_GROUP}.Taints", list(each))


NODE_GROUP_CASES = (
    Case(rule=rules.SIZES_IN_ORDER, broken=put(f"{_GROUP}.ScalingConfig.DesiredSize", 4)),
    Case(
        rule=rules.SIZES_IN_ORDER,
        broken=put(f"{_GROUP}.ScalingConfig.MinSize", "3"),
        kept=put(f"{_GROUP}.ScalingConfig.MinSize", {"Ref": "Subnet"}),
    ),
    Case(
        rule=rules.ILL_FORMED_NAME,
        broken=put(f"{_GROUP}.NodegroupName", "my nodes"),
        kept=put(f"{_GROUP}.NodegroupName", "my-nodes"),
    ),
    Case(rule=rules.NO_SUBNET, broken=put(f"{_GROUP}.Subnets", [])),
    Case(
        rule=rules.SEVERAL_ZONES,
        broken=all_of(whole, put(f"{_GROUP}.Subnets", [{"Ref": "PrivateSubnet"}, {"Ref": "OtherSubnet"}])),
        kept=whole,
    ),
    Case(
        rule=rules.SEVERAL_SUBNETS,
        broken=put(f"{_GROUP}.Subnets", ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"]),
        kept=all_of(
            put(f"{_GROUP}.Subnets", ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"]),
            # Groups without EFA may go anywhere.
            layout("p4d.24xlarge", [(0, 0, "interface")]),
        ),
    ),
    Case(rule=rules.UNKNOWN_INSTANCE_TYPE, broken=put(_INSTANCE_TYPE, "p4d.24xlrge")),
    # Other sizes of a family are known, and a name without a size is none.
    Case(rule=rules.UNKNOWN_INSTANCE_TYPE, broken=put(_INSTANCE_TYPE, "p4d.48xlarge"), kept=_without_efa("m7i.large")),
    Case(rule=rules.UNKNOWN_INSTANCE_TYPE, broken=put(_INSTANCE_TYPE, "p4d24xlarge"), kept=_without_efa("t3.micro")),
    # It may be newer than the catalogue.
    Case(rule=rules.UNKNOWN_FAMILY, broken=put(_INSTANCE_TYPE, "p7.48xlarge"), kept=_without_efa("m7i.large")),
    Case(
        rule=rules.UNKNOWN_FAMILY,
        broken=put(_INSTANCE_TYPE, "p7-c300.48xlarge"),
        # EC2 has it, and another rule says that nothing else is known about it.
        kept=put(_INSTANCE_TYPE, "p6e-gb300.36xlarge"),
    ),
    Case(
        rule=rules.UNPUBLISHED_INSTANCE_TYPE,
        broken=put(_INSTANCE_TYPE, "p6e-gb300.36xlarge"),
        # Nobody knows this one at all.
        kept=put(_INSTANCE_TYPE, "p6e-gb300.37xlarge"),
    ),
    Case(rule=rules.UNPUBLISHED_INSTANCE_TYPE, broken=put(_INSTANCE_TYPE, "trn2-ac.24xlarge")),
    Case(rule=rules.FIXED_TEMPLATE_VERSION, broken=put(_VERSION, "1")),
    Case(rule=rules.FIXED_TEMPLATE_VERSION, broken=put(_VERSION, 1), kept=put(_VERSION, {"Ref": "Version"})),
    Case(
        rule=rules.FIXED_TEMPLATE_VERSION,
        broken=put(_VERSION, "$Latest"),
        # Whoever has made that template tells which versions there are.
        kept=put(f"{_GROUP}.LaunchTemplate", {"Id": "lt-0123456789abcdef0", "Version": "1"}),
    ),
    Case(rule=rules.FIXED_TEMPLATE_VERSION, broken=put(_VERSION, "$Default"), kept=_version_parameter),
    Case(rule=rules.FIXED_TEMPLATE_VERSION, broken=drop(_VERSION)),
    Case(
        rule=rules.FIXED_TEMPLATE_VERSION,
        broken=put(_VERSION, {"Fn::GetAtt": ["LaunchTemplate", "DefaultVersionNumber"]}),
        kept=put(_VERSION, {"Fn::Sub": "${LaunchTemplate.LatestVersionNumber}"}),
    ),
    Case(
        rule=rules.SEVERAL_INSTANCE_TYPES,
        broken=all_of(
            drop(_INSTANCE_TYPE),
            put(f"{_GROUP}.InstanceTypes", ["g6e.48xlarge", "g7e.48xlarge"]),
        ),
        kept=all_of(drop(_INSTANCE_TYPE), put(f"{_GROUP}.InstanceTypes", ["p4d.24xlarge"])),
    ),
    Case(
        rule=rules.OTHER_KIND,
        broken=all_of(drop(_INSTANCE_TYPE), put(f"{_GROUP}.InstanceTypes", ["p4d.24xlarge", "g6e.48xlarge"])),
        kept=all_of(drop(_INSTANCE_TYPE), put(f"{_GROUP}.InstanceTypes", ["p4d.24xlarge"])),
    ),
    Case(
        rule=rules.INSTANCE_TYPE_IN_TWO_PLACES,
        broken=put(f"{_GROUP}.InstanceTypes", ["p4d.24xlarge"]),
        kept=all_of(drop(_INSTANCE_TYPE), put(f"{_GROUP}.InstanceTypes", ["p4d.24xlarge"])),
    ),
    Case(
        rule=rules.TYPE_OF_NOBODY,
        broken=drop(_INSTANCE_TYPE),
        kept=all_of(drop(_INSTANCE_TYPE), put(f"{_GROUP}.InstanceTypes", {"Ref": "Subnet"})),
    ),
    Case(
        rule=rules.TYPE_OF_NOBODY,
        broken=all_of(drop(_INSTANCE_TYPE), put(f"{_GROUP}.InstanceTypes", [])),
        # Whoever deploys it says.
        kept=put(_INSTANCE_TYPE, {"Ref": "Subnet"}),
    ),
    Case(
        rule=rules.AMI_TOO_OLD,
        broken=all_of(_g7, put(f"{_GROUP}.ReleaseVersion", "1.36.1-20260916")),
        kept=all_of(_g7, put(f"{_GROUP}.ReleaseVersion", "1.36.1-20260917")),
    ),
    Case(
        rule=rules.AMI_TOO_OLD,
        broken=all_of(_g7, put(f"{_GROUP}.ReleaseVersion", "1.34-20250101")),
        kept=put(f"{_GROUP}.ReleaseVersion", "1.36.1-20250101"),
    ),
    Case(
        rule=rules.AMI_TOO_OLD,
        broken=all_of(_g7, put(f"{_GROUP}.ReleaseVersion", "1.36.1-20260101")),
        kept=all_of(_g7, put(f"{_GROUP}.ReleaseVersion", "1.60.0-0123abcd")),
    ),
    Case(rule=rules.AMI_TYPE_MISFIT, broken=put(f"{_GROUP}.AmiType", "AL2023_x86_64_STANDARD")),
    Case(rule=rules.AMI_TYPE_MISFIT, broken=put(f"{_GROUP}.AmiType", "AL2023_ARM_64_NVIDIA"), kept=_custom),
    Case(rule=rules.AMI_TYPE_OUT_OF_DATE, broken=put(f"{_GROUP}.AmiType", "AL2_x86_64_GPU")),
    Case(
        rule=rules.AMI_TYPE_RETIRED,
        broken=all_of(whole, put(f"{_GROUP}.AmiType", "AL2_x86_64_GPU")),
        kept=all_of(whole, put(f"{_GROUP}.AmiType", "AL2_x86_64_GPU"), put("Cluster.Version", "1.32")),
    ),
    Case(
        rule=rules.AMI_TYPE_UNNAMED,
        broken=drop(f"{_GROUP}.AmiType"),
        kept=all_of(drop(f"{_GROUP}.AmiType"), _image),
    ),
    Case(rule=rules.AMI_IN_TWO_PLACES, broken=_image, kept=_custom),
    Case(rule=rules.AMI_OF_NOBODY, broken=put(f"{_GROUP}.AmiType", "CUSTOM"), kept=_custom),
    Case(
        rule=rules.AMI_VERSION_WITH_IMAGE,
        broken=all_of(_custom, put(f"{_GROUP}.ReleaseVersion", "1.36.1-20261101")),
        kept=put(f"{_GROUP}.ReleaseVersion", "1.36.1-20261101"),
    ),
    Case(
        rule=rules.DISK_SIZE_WITH_TEMPLATE,
        broken=put(f"{_GROUP}.DiskSize", 300),
        kept=all_of(put(f"{_GROUP}.DiskSize", 300), drop(f"{_GROUP}.LaunchTemplate")),
    ),
    Case(
        rule=rules.REMOTE_ACCESS_WITH_TEMPLATE,
        broken=put(f"{_GROUP}.RemoteAccess", {"Ec2SshKey": "mine"}),
        kept=all_of(put(f"{_GROUP}.RemoteAccess", {"Ec2SshKey": "mine"}), drop(f"{_GROUP}.LaunchTemplate")),
    ),
    Case(
        rule=rules.UNAVAILABLE_TWICE,
        broken=put(f"{_GROUP}.UpdateConfig.MaxUnavailablePercentage", 50),
        kept=put(f"{_GROUP}.UpdateConfig", {"MaxUnavailablePercentage": 50}),
    ),
    Case(
        rule=rules.BLOCK_WITHOUT_MARKET,
        broken=all_of(_unplaced, reservation(), _of_a_block),
        kept=_block,
    ),
    Case(rule=rules.BLOCK_WITHOUT_RESERVATION, broken=all_of(_unplaced, _market, _of_a_block), kept=_block),
    Case(
        rule=rules.BLOCK_WITHOUT_INSTANCE_TYPE,
        broken=all_of(_block, drop(_INSTANCE_TYPE), put(f"{_GROUP}.InstanceTypes", ["p4d.24xlarge"])),
        kept=_block,
    ),
    Case(rule=rules.MARKET_OF_A_BLOCK, broken=all_of(_unplaced, reservation(), _market), kept=_block),
    Case(rule=rules.MARKET_OPTIONS, broken=data("InstanceMarketOptions", {"MarketType": "spot"}), kept=_block),
    Case(
        rule=rules.SPOT_WITH_RESERVATION,
        broken=all_of(_unplaced, reservation(), put(f"{_GROUP}.CapacityType", "SPOT")),
        kept=put(f"{_GROUP}.CapacityType", "SPOT"),
    ),
    Case(rule=rules.SPOT, broken=put(f"{_GROUP}.CapacityType", "SPOT")),
    Case(
        rule=rules.USAGE_CLASS,
        broken=all_of(
            layout("hpc7a.96xlarge"),
            put(f"{_GROUP}.AmiType", "AL2023_x86_64_STANDARD"),
            put(f"{_GROUP}.CapacityType", "SPOT"),
            max_pods(51),
        ),
        kept=put(f"{_GROUP}.CapacityType", "SPOT"),
        also=frozenset({"EFA-NG-026", "EFA-NET-008"}),  # it is Spot, after all, and not in us-east-1
    ),
    Case(rule=rules.LABELS_MISSING, broken=drop(f"{_GROUP}.Labels")),
    Case(
        rule=rules.LABELS_MISSING,
        broken=labels(nvidia_com__gpu_present="yes"),
        kept=put(f"{_GROUP}.Labels", {"Ref": "Subnet"}),
    ),
    Case(rule=rules.ILL_FORMED_NODE_KEY, broken=labels(team__a__b="x"), kept=labels(team="x")),
    Case(
        rule=rules.RESERVED_LABEL,
        broken=labels(eks_amazonaws_com__team="x"),
        kept=labels(node_kubernetes_io__team="x"),
    ),
    Case(rule=rules.ILL_FORMED_LABEL_VALUE, broken=labels(team="a team"), kept=labels(team="a-team")),
    Case(
        rule=rules.TOO_MANY_TAINTS,
        broken=taints(*({**_TAINT, "Key": f"key{number}"} for number in range(51))),
        kept=taints(*({**_TAINT, "Key": f"key{number}"} for number in range(50))),
    ),
    Case(
        rule=rules.TAINT_INCOMPLETE,
        broken=taints({"Key": "aws.amazon.com/efa"}),
        kept=taints({"Key": "aws.amazon.com/efa", "Effect": "NO_SCHEDULE"}),
    ),
    Case(
        rule=rules.SAME_TAINT,
        broken=taints(_TAINT, _TAINT),
        kept=taints(_TAINT, {**_TAINT, "Effect": "NO_EXECUTE"}),
    ),
    Case(
        rule=rules.VERSION_OF_ANOTHER,
        broken=all_of(whole, put(f"{_GROUP}.Version", "1.35")),
        kept=all_of(whole, put(f"{_GROUP}.Version", "1.36")),
    ),
)
