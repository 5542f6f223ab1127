"""Cases of launch templates."""

from __future__ import annotations

import base64

from efa_constructs.rules import launch_templates as rules

from ..templates import Change, add, all_of, data, drop, interface, put, whole
from .case import Case
from .interfaces import layout

__all__ = ["LAUNCH_TEMPLATE_CASES"]

_VOLUME = "LaunchTemplate.LaunchTemplateData.BlockDeviceMappings.0.Ebs"
_DEVICE = "LaunchTemplate.LaunchTemplateData.BlockDeviceMappings.0.DeviceName"
_TYPE = "LaunchTemplate.LaunchTemplateData.InstanceType"
_RESERVATION = "cr-0123456789abcdef0"
_RESERVATIONS = "arn:aws:resource-groups:us-west-2:123456789012:group/training"


def user_data(text: object) -> Change:
    return data("UserData", {"Fn::Base64": text})


def mime(kind: str, body: str) -> str:
    head = 'MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="//"\n\n'
    return f"{head}--//\nContent-Type: {kind}\n\n{body}\n--//--\n"


def reservation(identifier: object = _RESERVATION, group: object = None) -> Change:
    target = {"CapacityReservationId": identifier, "CapacityReservationResourceGroupArn": group}
    given = {name: value for name, value in target.items() if value is not None}
    return data("CapacityReservationSpecification", {"CapacityReservationTarget": given})


_unplaced = drop("LaunchTemplate.LaunchTemplateData.Placement")
_block = all_of(
    reservation(),
    data("InstanceMarketOptions", {"MarketType": "capacity-block"}),
    put("NodeGroup.CapacityType", "CAPACITY_BLOCK"),
)
_vt1 = all_of(
    layout("vt1.24xlarge", [(0, 0, "efa")]),
    put("NodeGroup.AmiType", "AL2023_x86_64_STANDARD"),
)
_script = mime("text/x-shellscript", "#!/bin/bash\ntrue")

_p5 = layout("p5.48xlarge")


def max_pods(told: object, kind: str = "text/x-shellscript") -> Change:
    config = f"kind: NodeConfig\nspec:\n  kubelet:\n    config:\n      maxPods: {told}"
    return user_data(mime(kind, f"#!/bin/bash\ncat > /etc/eks/nodeadm.d/1.yaml <<END\n{config}\nEND"))


def cni(values: object) -> Change:
    return add("Cni", "AWS::EKS::Addon", AddonName="vpc-cni", ClusterName="training", ConfigurationValues=values)


_bottlerocket = all_of(
    put("NodeGroup.AmiType", "BOTTLEROCKET_x86_64_NVIDIA"),
    put(_DEVICE, "/dev/xvdb"),
    # Its AMI brings NVIDIA's plugin.
    lambda template: template["Resources"]["NodeGroup"]["Properties"]["Labels"].update(
        {"nvidia.com/gpu.deploy.device-plugin": "false"}
    ),
)

_bottlerocket_p5 = all_of(_bottlerocket, _p5)
_KEY = f"{_VOLUME}.KmsKeyId"
_KEY_ARN = "arn:aws:kms:{}:123456789012:key/01234567-89ab-cdef-0123-456789abcdef"

_image = data("ImageId", "ami-0123456789abcdef0")
_own = all_of(put("NodeGroup.AmiType", "CUSTOM"), _image)
_JOINING = "apiVersion: node.eks.aws/v1alpha1\nkind: NodeConfig\nspec:\n  cluster:\n    apiServerEndpoint: https://a"
_KUBELET = "apiVersion: node.eks.aws/v1alpha1\nkind: NodeConfig\nspec:\n  kubelet: {}"
_of_reservation = all_of(_unplaced, reservation({"Ref": "Reservation"}))


def reserved(**changed: object) -> Change:
    """A reservation of the templates, for the nodes."""
    whole_one = {
        "InstanceCount": 2,
        "InstancePlatform": "Linux/UNIX",
        "InstanceType": "p4d.24xlarge",
        "AvailabilityZone": "us-east-1a",
    }
    return add("Reservation", "AWS::EC2::CapacityReservation", **{**whole_one, **changed})


def preferring(preference: object) -> Change:
    return data("CapacityReservationSpecification.CapacityReservationPreference", preference)


LAUNCH_TEMPLATE_CASES = (
    Case(
        rule=rules.IMAGE_WITHOUT_CLUSTER,
        broken=_own,
        kept=all_of(_own, user_data(mime("application/node.eks.aws", _JOINING))),
    ),
    Case(
        rule=rules.IMAGE_WITHOUT_CLUSTER,
        broken=all_of(_own, user_data(mime("application/node.eks.aws", _KUBELET))),
        kept=all_of(_own, user_data(_script)),
    ),
    Case(
        rule=rules.IMAGE_WITHOUT_CLUSTER,
        broken=all_of(_own, user_data("")),
        # The one may be left empty, and the other may say more.
        kept=all_of(_own, data("ImageId", {"Ref": "Subnet"})),
    ),
    Case(
        rule=rules.IMAGE_WITHOUT_CLUSTER,
        broken=_own,
        kept=all_of(_own, user_data({"Fn::Sub": mime("application/node.eks.aws", f"{_KUBELET} # ${{Subnet}}")})),
    ),
    Case(
        rule=rules.IMAGE_WITHOUT_CLUSTER,
        broken=_own,
        kept=all_of(_own, user_data(mime("application/node.eks.aws", f"{_KUBELET} # see /etc/eks/nodeadm.d"))),
    ),
    Case(rule=rules.VOLUME_OF_ANOTHER_DEVICE, broken=put(_DEVICE, "/dev/sda1")),
    Case(
        rule=rules.VOLUME_OF_ANOTHER_DEVICE,
        broken=all_of(_bottlerocket, put(_DEVICE, "/dev/xvda"), user_data("[settings.kubernetes]\n")),
        kept=_bottlerocket,
    ),
    Case(
        rule=rules.VOLUME_OF_ANOTHER_DEVICE,
        broken=put(_DEVICE, "/dev/sdb"),
        # A script may have containerd use it.
        kept=all_of(put(_DEVICE, "/dev/sdb"), user_data(_script)),
    ),
    Case(
        rule=rules.VOLUME_OF_ANOTHER_DEVICE,
        broken=put(_DEVICE, "/dev/xvdz"),
        kept=all_of(put(_DEVICE, {"Ref": "Subnet"})),
    ),
    Case(
        rule=rules.VOLUME_OF_ANOTHER_DEVICE,
        broken=put(_DEVICE, "/dev/xvdz"),
        # Nobody means the one that has the images.
        kept=all_of(put(_DEVICE, "/dev/xvdz"), put(f"{_VOLUME}.VolumeSize", 10)),
    ),
    *(
        Case(
            rule=rules.VOLUME_OF_ANOTHER_DEVICE,
            broken=put(_DEVICE, "/dev/sda1"),
            kept=all_of(put(_DEVICE, "/dev/sda1"), kept),
        )
        for kept in (
            put("NodeGroup.AmiType", {"Ref": "Subnet"}),
            _own,
            data("ImageId", "ami-0123456789abcdef0"),
            data("BlockDeviceMappings", []),
            data("UserData", {"Ref": "Subnet"}),
        )
    ),
    *(
        Case(
            rule=rules.RESERVATION_OF_OTHERS,
            broken=all_of(_of_reservation, reserved(InstanceType="p4de.24xlarge")),
            kept=all_of(whole, _of_reservation, kept),
        )
        for kept in (
            reserved(),
            reserved(AvailabilityZone={"Ref": "Subnet"}),
            all_of(reserved(), put("NodeGroup.ScalingConfig.DesiredSize", {"Ref": "Subnet"})),
            all_of(reserved(InstanceType="p4de.24xlarge"), put(_TYPE, {"Ref": "Subnet"})),
            all_of(reserved(AvailabilityZone="us-east-1b"), put("NodeGroup.Subnets", [])),
        )
    ),
    Case(
        rule=rules.RESERVATION_OF_OTHERS,
        broken=all_of(_of_reservation, reserved(InstanceType="p4de.24xlarge")),
        kept=all_of(_of_reservation, reserved()),
    ),
    Case(
        rule=rules.RESERVATION_OF_OTHERS,
        broken=all_of(whole, _of_reservation, reserved(AvailabilityZone="us-east-1b")),
        kept=all_of(_of_reservation, reserved(AvailabilityZone="us-east-1b")),
    ),
    Case(
        rule=rules.RESERVATION_OF_OTHERS,
        broken=all_of(_of_reservation, reserved(InstanceCount="1")),
        kept=all_of(_of_reservation, reserved(InstanceCount={"Ref": "Subnet"}, InstanceType={"Ref": "Subnet"})),
    ),
    Case(
        rule=rules.RESERVATION_NOT_PREFERRED,
        broken=all_of(_unplaced, reservation(), preferring("open")),
        kept=all_of(_unplaced, reservation(), preferring("capacity-reservations-only")),
    ),
    Case(
        rule=rules.RESERVATION_NOT_PREFERRED,
        broken=all_of(_unplaced, reservation(None, _RESERVATIONS), preferring("none")),
        kept=preferring("none"),
    ),
    Case(
        rule=rules.KEY_OF_ANOTHER_REGION,
        broken=put(_KEY, _KEY_ARN.format("us-west-2")),
        kept=put(_KEY, _KEY_ARN.format("us-east-1")),
    ),
    Case(
        rule=rules.KEY_OF_ANOTHER_REGION,
        broken=put(_KEY, {"Fn::Sub": "arn:${AWS::Partition}:kms:eu-west-1:${AWS::AccountId}:alias/nodes"}),
        # An id or an alias is of the volume's Region.
        kept=put(_KEY, "alias/nodes"),
    ),
    Case(
        rule=rules.KEY_OF_ANOTHER_REGION,
        broken=put(_KEY, {"Fn::Sub": "arn:aws:kms:us-gov-west-1:${Subnet}:key/1"}),
        kept=put(_KEY, {"Fn::Sub": "arn:aws:kms:${Subnet}:123456789012:key/1"}),
    ),
    # Two interfaces fit on card 0 of a p5.48xlarge, and one is efa-only: (2 - 1) * 49 + 2 addresses are left.
    Case(rule=rules.MAX_PODS, broken=_p5, kept=all_of(_p5, max_pods(51))),
    Case(rule=rules.MAX_PODS, broken=all_of(_p5, max_pods(52)), kept=all_of(_p5, max_pods("$(reckon)"))),
    Case(
        rule=rules.MAX_PODS,
        broken=all_of(_p5, user_data(_script)),
        kept=all_of(_p5, max_pods(51, "application/node.eks.aws")),
    ),
    Case(
        rule=rules.MAX_PODS,
        broken=all_of(_bottlerocket_p5, user_data("[settings.kubernetes]\nmax-pods = 100\n")),
        kept=all_of(_bottlerocket_p5, user_data("[settings.kubernetes]\nmax-pods = 51\n")),
    ),
    # eksctl's layout, whose every interface has addresses.
    Case(
        rule=rules.MAX_PODS,
        broken=all_of(_p5, cni('{"env": {"WARM_ENI_TARGET": "0"}}')),
        kept=layout("p5.48xlarge", [(0, 0, "efa"), *((card, 1, "efa") for card in range(1, 32))]),
    ),
    Case(
        rule=rules.MAX_PODS,
        broken=all_of(_p5, put("NodeGroup.InstanceTypes", ["p5.48xlarge"]), drop(_TYPE)),
        kept=all_of(_p5, cni('{"env": {"ENABLE_PREFIX_DELEGATION": "true"}}')),
    ),
    Case(rule=rules.MAX_PODS, broken=_p5, kept=all_of(_p5, cni({"Ref": "CniSettings"}))),
    Case(rule=rules.MAX_PODS, broken=_p5, kept=all_of(_p5, interface(0, Ipv4PrefixCount=4))),
    Case(
        rule=rules.MAX_PODS,
        broken=all_of(whole, _p5, put("Cluster.KubernetesNetworkConfig", {"IpFamily": "ipv4"})),
        kept=all_of(whole, _p5, put("Cluster.KubernetesNetworkConfig", {"IpFamily": "ipv6"})),
    ),
    Case(
        rule=rules.MAX_PODS,
        broken=all_of(whole, _p5),
        kept=all_of(whole, _p5, add("Chart", "Custom::AWSCDK-EKS-HelmChart", Chart="aws-vpc-cni")),
    ),
    Case(rule=rules.MAX_PODS, broken=_p5, kept=all_of(_p5, user_data("${Rest}"), data("UserData", {"Ref": "Rest"}))),
    Case(
        rule=rules.MAX_PODS,
        broken=_p5,
        kept=all_of(_p5, put("NodeGroup.AmiType", "CUSTOM"), data("ImageId", "ami-0123456789abcdef0")),
    ),
    Case(
        rule=rules.INSTANCE_PROFILE,
        broken=data("IamInstanceProfile", {"Name": "nodes"}),
        kept=all_of(data("IamInstanceProfile", {"Name": "nodes"}), drop("NodeGroup")),
    ),
    Case(rule=rules.SHUTDOWN_BEHAVIOUR, broken=data("InstanceInitiatedShutdownBehavior", "terminate")),
    Case(
        rule=rules.GROUPS_IN_TWO_PLACES,
        broken=data("SecurityGroupIds", ["sg-0123456789abcdef0"]),
        kept=all_of(
            data("SecurityGroupIds", ["sg-0123456789abcdef0"]),
            drop("LaunchTemplate.LaunchTemplateData.NetworkInterfaces"),
        ),
    ),
    Case(
        rule=rules.USER_DATA_NOT_BASE64,
        broken=data("UserData", _script),
        kept=data("UserData", base64.b64encode(_script.encode()).decode()),
    ),
    Case(rule=rules.USER_DATA_FORMAT, broken=user_data("#!/bin/bash\ntrue"), kept=user_data(_script)),
    Case(
        rule=rules.USER_DATA_FORMAT,
        broken=all_of(_bottlerocket, user_data(_script)),
        kept=all_of(_bottlerocket, user_data("[settings.kubernetes]\n")),
    ),
    Case(
        rule=rules.USER_DATA_TOO_LONG,
        broken=user_data(mime("text/x-shellscript", "#!/bin/bash\n" + "#" * 16_384)),
        kept=user_data(mime("text/x-shellscript", "#!/bin/bash\n" + "#" * 16_000)),
    ),
    Case(
        rule=rules.UNREAD_PART,
        broken=user_data(mime("text/x-shell-script", "#!/bin/bash")),
        kept=user_data(mime("text/cloud-config", "runcmd: []")),
    ),
    Case(
        rule=rules.SCRIPT_WITHOUT_SHELL,
        broken=user_data(mime("text/x-shellscript", "true")),
        kept=user_data(_script),
    ),
    Case(
        rule=rules.NODE_CONFIG_WITHOUT_KIND,
        broken=user_data(mime("application/node.eks.aws", "spec: {}")),
        kept=user_data(mime("application/node.eks.aws", _KUBELET)),
    ),
    Case(
        rule=rules.NODE_CONFIG_WITHOUT_KIND,
        # Tabs are no YAML.
        broken=user_data(mime("application/node.eks.aws", _KUBELET.replace("  ", "\t"))),
        kept=user_data(mime("application/node.eks.aws", f"---\n{_KUBELET}\n")),
    ),
    Case(
        rule=rules.NODE_CONFIG_WITHOUT_KIND,
        broken=user_data(mime("application/node.eks.aws", "kind: NodeConfig\nspec: {}")),
        kept=user_data({"Fn::Sub": mime("application/node.eks.aws", "kind: ${Subnet}")}),
    ),
    Case(rule=rules.HOP_LIMIT, broken=data("MetadataOptions.HttpPutResponseHopLimit", 65)),
    Case(rule=rules.METADATA_WITHOUT_TOKENS, broken=data("MetadataOptions.HttpTokens", "optional")),
    Case(
        rule=rules.METADATA_WITHOUT_TOKENS,
        broken=drop("LaunchTemplate.LaunchTemplateData.MetadataOptions"),
        kept=data("MetadataOptions", {"HttpEndpoint": "disabled"}),
    ),
    Case(rule=rules.METADATA_REACHES_PODS, broken=data("MetadataOptions.HttpPutResponseHopLimit", 2)),
    Case(
        rule=rules.UNENCRYPTED_VOLUME,
        broken=put(f"{_VOLUME}.Encrypted", False),
        kept=put(f"{_VOLUME}.Encrypted", "true"),
    ),
    Case(
        rule=rules.DEVICE_NAMED_TWICE,
        broken=lambda template: _mappings(template).append(_mappings(template)[0]),
        kept=lambda template: _mappings(template).append({**_mappings(template)[0], "DeviceName": "/dev/sdf"}),
    ),
    Case(
        rule=rules.VOLUME_TOO_SMALL,
        broken=put(f"{_VOLUME}.VolumeSize", 10),
        kept=put(f"{_VOLUME}.VolumeSize", 20),
    ),
    Case(
        rule=rules.VOLUME_MISFIT,
        broken=put(f"{_VOLUME}.VolumeSize", 100_000),
        kept=put(f"{_VOLUME}.VolumeSize", 65_536),
    ),
    Case(
        rule=rules.VOLUME_MISFIT,
        broken=all_of(put(f"{_VOLUME}.VolumeType", "gp2"), put(f"{_VOLUME}.Throughput", 500)),
        kept=put(f"{_VOLUME}.Throughput", 500),
    ),
    Case(
        rule=rules.IOPS_MISSING,
        broken=put(f"{_VOLUME}.VolumeType", "io2"),
        kept=all_of(put(f"{_VOLUME}.VolumeType", "io2"), put(f"{_VOLUME}.Iops", 3000)),
    ),
    Case(rule=rules.NO_PLACEMENT_GROUP, broken=_unplaced, kept=all_of(_unplaced, reservation())),
    Case(rule=rules.NOT_CLUSTERED, broken=put("PlacementGroup.Strategy", "spread")),
    Case(
        rule=rules.STRATEGY_NOT_SUPPORTED,
        broken=_vt1,
        kept=all_of(_vt1, put("PlacementGroup.Strategy", "partition")),
    ),
    Case(rule=rules.BLOCK_IN_PLACEMENT_GROUP, broken=_block, kept=all_of(_block, _unplaced)),
    Case(
        rule=rules.RESERVATION_IN_NEW_PLACEMENT_GROUP,
        broken=reservation(),
        kept=all_of(
            reservation({"Ref": "Reservation"}),
            add(
                "Reservation",
                "AWS::EC2::CapacityReservation",
                InstanceCount=2,
                InstancePlatform="Linux/UNIX",
                InstanceType="p4d.24xlarge",
                AvailabilityZone="us-east-1a",
                PlacementGroupArn={"Fn::Sub": "arn:aws:ec2:us-east-1:123456789012:placement-group/${PlacementGroup}"},
            ),
        ),
    ),
    Case(
        rule=rules.ILL_FORMED_RESERVATION,
        broken=all_of(_unplaced, reservation("training")),
        kept=all_of(_unplaced, reservation(None, _RESERVATIONS)),
    ),
    Case(
        rule=rules.TWO_RESERVATIONS,
        broken=all_of(_unplaced, reservation(_RESERVATION, _RESERVATIONS)),
        kept=all_of(_unplaced, reservation()),
    ),
)


def _mappings(template):
    return template["Resources"]["LaunchTemplate"]["Properties"]["LaunchTemplateData"]["BlockDeviceMappings"]
