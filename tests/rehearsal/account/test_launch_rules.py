"""What EC2 and EKS refuse about node groups: each rule by one change to a healthy group."""

from __future__ import annotations

import base64
import copy
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from efa_constructs import catalogue
from efa_constructs.rehearsal.account.hardware import hardware, regions_offering
from efa_constructs.rehearsal.account.launch_rules import (
    Launch,
    LaunchSurroundings,
    NodeGroup,
    SubnetFacts,
    check_launch,
    check_node_group,
    health_issue,
)
from efa_constructs.rehearsal.account.resource_type import AwsError

from .training_account import p4d

ROLE = "arn:aws:iam::123456789012:role/nodes"
TYPES = (
    "p4d.24xlarge",
    "p5.48xlarge",
    "p6-b300.48xlarge",
    "t3.medium",
    "hpc7g.16xlarge",
    "trn1.32xlarge",
    "t4g.medium",
)
MIME = (
    'MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="//"\n\n--//\n'
    "Content-Type: application/node.eks.aws\n\n---\nkind: NodeConfig\n--//--\n"
)


@dataclass
class Scene:
    """A healthy node group of p4d.24xlarge, to be spoilt."""

    template: dict[str, Any] = field(default_factory=p4d)
    request: dict[str, Any] = field(
        default_factory=lambda: {
            "nodegroupName": "p4d",
            "nodeRole": ROLE,
            "subnets": ["subnet-1"],
            "amiType": "AL2023_x86_64_NVIDIA",
            "scalingConfig": {"minSize": 1, "desiredSize": 2, "maxSize": 3},
            "launchTemplate": {"id": "lt-1", "name": "efa", "version": "1"},
        }
    )
    kubernetes_version: str = "1.34"
    subnet: SubnetFacts = field(
        default_factory=lambda: SubnetFacts(
            id="subnet-1", vpc_id="vpc-1", availability_zone="us-east-1a", free_addresses=250
        )
    )
    count: int = 2

    def __post_init__(self) -> None:
        for interface in self.interfaces:
            interface["Groups"] = ["sg-cluster", "sg-efa"]
        self.template["Placement"] = {"GroupName": "together"}
        self.template["UserData"] = _base64(MIME)

    @property
    def interfaces(self) -> list[dict[str, Any]]:
        interfaces: list[dict[str, Any]] = self.template["NetworkInterfaces"]
        return interfaces

    @property
    def group(self) -> NodeGroup:
        return NodeGroup(
            request=self.request, template=self.template, kubernetes_version=self.kubernetes_version, vpc_id="vpc-1"
        )

    def around(self) -> LaunchSurroundings:
        other = SubnetFacts(id="subnet-other", vpc_id="vpc-2", availability_zone="us-east-1a", free_addresses=250)
        found = {name: hardware(name) for name in TYPES}
        return LaunchSurroundings(
            subnets={"subnet-1": self.subnet, "subnet-other": other},
            security_groups={"sg-cluster": "vpc-1", "sg-efa": "vpc-1", "sg-other": "vpc-2"},
            placement_groups={"together": "cluster", "apart": "spread"},
            roles={ROLE: True, f"{ROLE}-of-lambda": False},
            offered_zones={"p4d.24xlarge": frozenset({"us-east-1a", "us-east-1b"})},
            hardware={name: value for name, value in found.items() if value is not None},
        )

    def launch(self) -> None:
        launch = Launch(
            instance_type=self.group.instance_types[0], template=self.template, subnet=self.subnet, count=self.count
        )
        check_launch(launch, self.around())

    def create(self) -> None:
        check_node_group(self.group, self.around())


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


Mutation = Callable[[Scene], None]


def _interface(index: int, **changes: Any) -> Mutation:
    return lambda scene: scene.interfaces[index].update(changes)


def _template(**changes: Any) -> Mutation:
    return lambda scene: scene.template.update(changes)


def _request(**changes: Any) -> Mutation:
    return lambda scene: scene.request.update(changes)


def _scaling(**changes: int) -> Mutation:
    return lambda scene: scene.request["scalingConfig"].update(changes)


def _both(*mutations: Mutation) -> Mutation:
    def apply(scene: Scene) -> None:
        for mutation in mutations:
            mutation(scene)

    return apply


def _without(*keys: str) -> Mutation:
    return lambda scene: [scene.template.pop(key) for key in keys] and None


def _subnet(**changes: Any) -> Mutation:
    def apply(scene: Scene) -> None:
        scene.subnet = replace(scene.subnet, **changes)

    return apply


def _more_efas(scene: Scene) -> None:
    # i7ie has two cards that carry EFA, and room for one EFA.
    scene.template["InstanceType"] = "p4d.24xlarge"
    scene.interfaces.append({"NetworkCardIndex": 1, "DeviceIndex": 1, "InterfaceType": "efa"})


def _reservation(identifier: str) -> Mutation:
    target = {"CapacityReservationTarget": {"CapacityReservationId": identifier}}
    return _template(CapacityReservationSpecification=target)


def _volume(**changes: Any) -> Mutation:
    return lambda scene: scene.template["BlockDeviceMappings"][0]["Ebs"].update(changes)


_MARKET = {"InstanceMarketOptions": {"MarketType": "capacity-block"}}
_TARGET = {
    "CapacityReservationSpecification": {"CapacityReservationTarget": {"CapacityReservationId": "cr-0123456789abcdef0"}}
}

REFUSED_BY_EC2: list[tuple[Mutation, str, str]] = [
    (_interface(4, NetworkCardIndex=4), "InvalidParameterValue", "'4' for the network card index exceeds"),
    (
        _interface(4, DeviceIndex=15),
        "InvalidParameterValue",
        "The specified number '15' for the device index exceeds the maximum number of network interfaces supported by "
        "the network card at network card index 3. The maximum devices for this network card is 15. Specify a number "
        "from 0 to 14, and try again.",
    ),
    (
        _interface(2, NetworkCardIndex=0, DeviceIndex=1),
        "InvalidParameterCombination",
        "The device index '1' is used by 2",
    ),
    (_more_efas, "InvalidParameterCombination", "You can attach only one Elastic Fabric Adapter per network card"),
    (
        _interface(0, InterfaceType="efa-only"),
        "InvalidParameterCombination",
        "EFA-only network interface cannot be the",
    ),
    (_interface(0, DeviceIndex=2), "InvalidParameterValue", "The primary network interface is missing"),
    (_interface(1, InterfaceType="effa"), "InvalidParameterValue", "Invalid value 'effa' for InterfaceType"),
    (
        _template(InstanceType="t3.medium"),
        "InvalidParameterCombination",
        "t3.medium instances do not support Elastic Fabric",
    ),
    (_without("InstanceType"), "InvalidParameterCombination", "t3.medium instances do not support Elastic Fabric"),
    (
        _template(InstanceType="p6-b300.48xlarge"),
        "InvalidParameterCombination",
        "does not support network interfaces of",
    ),
    (
        _interface(0, AssociatePublicIpAddress=True),
        "InvalidParameterCombination",
        "The associatePublicIPAddress parameter cannot be specified when launching with multiple network interfaces.",
    ),
    (
        _interface(1, SecondaryPrivateIpAddressCount=1),
        "InvalidParameterValue",
        "cannot be specified for a network interface",
    ),
    (
        _template(SecurityGroupIds=["sg-efa"]),
        "InvalidParameterCombination",
        "Network interfaces and an instance-level security groups may not be specified on the same request",
    ),
    (_interface(2, Groups=["sg-gone"]), "InvalidGroup.NotFound", "The security group 'sg-gone' does not exist"),
    (_interface(2, Groups=["sg-other"]), "InvalidParameter", "belong to different networks"),
    (
        _template(Placement={"GroupName": "gone"}),
        "InvalidPlacementGroup.Unknown",
        "The Placement Group 'gone' is unknown.",
    ),
    (
        _both(
            _template(InstanceType="t3.medium"),
            lambda scene: scene.interfaces.__delitem__(slice(1, None)),
        ),
        "InvalidParameterCombination",
        "Cluster placement groups are not supported by the 't3.medium' instance type",
    ),
    (_template(**_MARKET), "InvalidParameterCombination", "A placement group cannot be specified"),
    (
        _both(
            _template(**_MARKET, InstanceType="hpc7g.16xlarge"),
            _without("Placement"),
            lambda s: s.interfaces.__delitem__(slice(1, None)),
        ),
        "Unsupported",
        "does not support capacity-block",
    ),
    (
        _subnet(availability_zone="us-east-1f"),
        "Unsupported",
        "Your requested instance type (p4d.24xlarge) is not supported in your requested Availability Zone (us-east-1f)."
        " Please retry your request by not specifying an Availability Zone or choosing us-east-1a, us-east-1b (zone "
        "names differ between AWS accounts, and these are of another one: a cluster facts file has the offerings of "
        "yours).",
    ),
    (
        _template(BlockDeviceMappings=[{"DeviceName": name} for name in ("/dev/xvda", "/dev/sdb", "/dev/xvda")]),
        "InvalidBlockDeviceMapping",
        "The device '/dev/xvda' is used in more than one block-device mapping",
    ),
    (_subnet(free_addresses=1), "InsufficientFreeAddressesInSubnet", "not enough free addresses in subnet 'subnet-1'"),
    (
        # An EFA interface of the old kind needs an address, too: two nodes, two addresses each.
        _both(_interface(1, InterfaceType="efa"), _subnet(free_addresses=3)),
        "InsufficientFreeAddressesInSubnet",
        "not enough free addresses in subnet 'subnet-1'",
    ),
    (_template(InstanceType="p4d.2xlarge"), "InvalidInstanceType", "do not exist: [p4d.2xlarge]"),
    (_reservation("my-reservation"), "InvalidCapacityReservationId.Malformed", 'Invalid id: "my-reservation"'),
    (
        _volume(VolumeSize=65_537),
        "InvalidParameterValue",
        "Volume of 65537GiB is too large for volume type gp3; maximum is",
    ),
    (
        _volume(VolumeType="standard", VolumeSize=2000),
        "InvalidParameterValue",
        "volume type standard; maximum is 1024GiB",
    ),
    (_volume(VolumeType="st1", VolumeSize=100), "InvalidParameterValue", "100GiB is too small for volume type st1"),
    (_volume(VolumeType="gp4"), "InvalidParameterValue", "Value (gp4) for parameter volumeType is invalid."),
    (_volume(Iops=80_001), "InvalidParameterValue", "Volume iops of 80001 is too high for volume type gp3; maximum is"),
    (_volume(Iops=100), "InvalidParameterValue", "Volume iops of 100 is too low for volume type gp3; minimum is 3000"),
    (
        _volume(VolumeSize=20, Iops=15_000),
        "InvalidParameterValue",
        "Iops to volume size ratio of 750.000000 is too high; maximum is 500",
    ),
    (
        _volume(Iops=3000, Throughput=1000),
        "InvalidParameterValue",
        "Throughput (MiBps) to iops ratio of 0.333333 is too high; maximum is 0.250000 MiBps per iops",
    ),
    (_volume(Throughput=2001), "InvalidParameterValue", "Volume throughput of 2001 is too high for volume type gp3"),
    (
        _volume(VolumeType="io2", Iops=3000, Throughput=500),
        "InvalidParameterCombination",
        "specified for volumeType gp3",
    ),
    (_volume(VolumeType="gp2", Iops=3000), "InvalidParameterCombination", "iops is not supported for gp2 volumes"),
    (_volume(VolumeType="io1"), "MissingParameter", "The parameter iops must be specified for io1 volumes."),
    (
        _template(MetadataOptions={"HttpPutResponseHopLimit": 65}),
        "InvalidParameterValue",
        "Value (65) for parameter HttpPutResponseHopLimit is invalid. Specify a value from 1 to 64.",
    ),
    (_template(UserData=_base64("x" * 16_385)), "InvalidParameterValue", "User data is limited to 16384 bytes"),
]

REFUSED_BY_EKS: list[tuple[Mutation, str]] = [
    (_scaling(minSize=3), "Minimum capacity 3 can't be greater than desired size 2"),
    (_scaling(desiredSize=4), "desiredSize can't be greater than maxSize"),
    (_request(nodeRole="arn:aws:iam::123456789012:role/gone"), "The role with name gone cannot be found."),
    (
        _request(nodeRole=f"{ROLE}-of-lambda"),
        "Following required service principals [ec2.amazonaws.com] were not found",
    ),
    (_request(subnets=[]), "Subnets cannot be empty"),
    (_request(subnets=["subnet-gone"]), "The subnet ID 'subnet-gone' does not exist"),
    (_request(subnets=["subnet-other"]), "Subnet subnet-other is not in the VPC of the cluster"),
    (_request(instanceTypes=["p4d.24xlarge"]), "Cannot specify instance types in launch template and API request"),
    (_template(InstanceType="p4d.24xlrge"), "The following supplied instance types do not exist: [p4d.24xlrge]"),
    (_request(diskSize=300), "Disk size must be specified within the launch template."),
    (
        _request(remoteAccess={"ec2SshKey": "key"}),
        "Remote access configuration cannot be specified with a launch template.",
    ),
    (_template(ImageId="ami-1"), "You cannot specify an AMI Type when specifying an image id"),
    (_request(amiType="CUSTOM"), "You must specify an image id in your launch template"),
    (
        _both(_template(ImageId="ami-1"), _request(amiType="CUSTOM", version="1.34")),
        "You cannot specify the field releaseVersion or version when specifying an image id",
    ),
    (_interface(1, SubnetId="subnet-1"), "Launch template efa should not specify a subnet"),
    (
        _template(IamInstanceProfile={"Name": "nodes"}),
        "Launch template efa should not specify an instance profile. The noderole in your request will be used to "
        "construct an instance profile.",
    ),
    (_template(InstanceInitiatedShutdownBehavior="terminate"), "should not specify an instance shutdown behavior"),
    (_template(HibernationOptions={"Configured": True}), "should not specify hibernation options"),
    (
        _template(InstanceMarketOptions={"MarketType": "spot"}),
        "Instance market options are not supported with the launch template.",
    ),
    (_template(**_MARKET), "The capacity type must be CAPACITY_BLOCK"),
    (_request(capacityType="CAPACITY_BLOCK"), "must specify the market type capacity-block"),
    (
        _both(_request(capacityType="CAPACITY_BLOCK"), _template(**_MARKET)),
        "must specify a capacity reservation target",
    ),
    (
        _both(
            _request(capacityType="CAPACITY_BLOCK", instanceTypes=["p4d.24xlarge", "p5.48xlarge"]),
            _template(**_MARKET, **_TARGET),
            _without("InstanceType"),
        ),
        "must specify exactly one instance type",
    ),
    (
        _both(
            _request(capacityType="SPOT", amiType="AL2023_ARM_64_STANDARD"), _template(InstanceType="hpc7g.16xlarge")
        ),
        "The instance type hpc7g.16xlarge does not support the capacity type SPOT.",
    ),
    (
        _request(amiType="AL2_x86_64_GPU"),
        "AMI Type AL2_x86_64_GPU is only supported for kubernetes versions 1.32 or earlier",
    ),
    (
        _request(amiType="AL2023_ARM_64_NVIDIA"),
        "[p4d.24xlarge] is not a valid instance type for requested amiType AL2023_ARM_64_NVIDIA",
    ),
    (
        _request(amiType="AL2023_x86_64_NEURON"),
        "[p4d.24xlarge] is not a valid instance type for requested amiType AL2023_x86_64_NEURON",
    ),
    (_request(labels={"bad key": "x"}), "Label key bad key is not a valid Kubernetes label key"),
    (_request(labels={"team": "not valid!"}), "Label value not valid! is not a valid"),
    (_request(labels={"kubernetes.io/role": "x"}), "reserved prefixes"),
    (_request(labels={"eks.amazonaws.com/nodegroup": "x"}), "eks.amazonaws.com/]: eks.amazonaws.com/nodegroup"),
    (_request(labels={"team": ""}), "Label value  is not a valid"),
    (_request(labels={"d" * 32 + "/" + "n" * 31: "x"}), "is not a valid Kubernetes label key"),
    (_request(taints=[{"key": "t" * 64, "effect": "NO_SCHEDULE"}]), "is not a valid Kubernetes taint key"),
    (_request(taints=[{"key": "t", "value": "v" * 64, "effect": "NO_SCHEDULE"}]), "not a valid Kubernetes taint value"),
    (_request(taints=[{"key": "a b", "effect": "NO_SCHEDULE"}]), "Taint key a b is not a valid"),
    (_request(taints=[{"key": "a", "effect": "NO_SCHEDULE"}] * 2), "specified more than once"),
    (_request(taints=[{"key": f"t{n}", "effect": "NO_SCHEDULE"} for n in range(51)]), "cannot exceed 50"),
]

FOUND_LATER: list[tuple[Mutation, str, str]] = [
    (
        _template(UserData=_base64("#!/bin/bash\necho hello\n")),
        "Ec2LaunchTemplateInvalidConfiguration",
        "User data was not in the MIME multipart format.",
    ),
    (
        _template(UserData="not base64!"),
        "Ec2LaunchTemplateInvalidConfiguration",
        "Invalid BASE64 encoding of user data.",
    ),
    (
        _template(BlockDeviceMappings=[{"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 10}}]),
        "AsgInstanceLaunchFailures",
        "Volume of size 10GB is smaller than snapshot of the image, expect size >= 20GB",
    ),
    (
        # A MIME document.
        _request(amiType="BOTTLEROCKET_x86_64_NVIDIA"),
        "Ec2LaunchTemplateInvalidConfiguration",
        "User data was not a TOML format that could be processed.",
    ),
    (
        _subnet(public=True),
        "Ec2SubnetInvalidConfiguration",
        "One or more Amazon EC2 Subnets of [subnet-1] for node group p4d does not automatically assign public IP",
    ),
]


def test_accepts_the_healthy_group() -> None:
    scene = Scene()
    scene.create()
    scene.launch()
    assert health_issue(scene.group, scene.around()) is None


def test_accepts_what_is_just_within_the_limits() -> None:
    scene = Scene()
    _volume(VolumeSize=65_536, Iops=80_000, Throughput=2000)(scene)
    _template(KeyName="mine", MetadataOptions={"HttpPutResponseHopLimit": 64})(scene)
    around = replace(scene.around(), key_pairs=frozenset({"mine"}))
    check_launch(Launch(instance_type="p4d.24xlarge", template=scene.template, subnet=scene.subnet), around)


def test_accepts_settings_of_bottlerocket() -> None:
    scene = Scene()
    _request(amiType="BOTTLEROCKET_x86_64_NVIDIA")(scene)
    _template(UserData=_base64('[settings.kernel.sysctl]\n"vm.nr_hugepages" = "5128"\n'))(scene)
    assert health_issue(scene.group, scene.around()) is None


@pytest.mark.parametrize(("mutation", "code", "message"), REFUSED_BY_EC2)
def test_ec2_refuses_a_launch(mutation: Mutation, code: str, message: str) -> None:
    scene = Scene()
    mutation(scene)
    with pytest.raises(AwsError) as refusal:
        scene.launch()
    assert refusal.value.code == code
    assert message in refusal.value.message


def test_says_nothing_of_other_accounts_where_the_offerings_are_those_of_this_one() -> None:
    scene = Scene()
    _subnet(availability_zone="us-east-1f")(scene)
    around = replace(scene.around(), own_offerings=frozenset({"p4d.24xlarge"}))
    launch = Launch(instance_type="p4d.24xlarge", template=scene.template, subnet=scene.subnet)
    with pytest.raises(AwsError) as refusal:
        check_launch(launch, around)
    assert refusal.value.message.endswith("or choosing us-east-1a, us-east-1b.")


def test_names_the_regions_that_offer_a_type_where_no_zone_of_this_one_does() -> None:
    scene = Scene()
    around = replace(
        scene.around(),
        offered_zones={"p4d.24xlarge": frozenset()},
        offering_regions={"p4d.24xlarge": ("us-east-2", "us-west-2")},
    )
    launch = Launch(instance_type="p4d.24xlarge", template=scene.template, subnet=scene.subnet)
    with pytest.raises(AwsError, match="or choosing one of the Regions us-east-2, us-west-2 "):
        check_launch(launch, around)


def test_knows_the_regions_that_offer_a_type() -> None:
    assert {"us-east-1", "us-west-2"} <= set(regions_offering("p4d.24xlarge"))
    assert "us-west-1" not in regions_offering("p4d.24xlarge")
    assert regions_offering("p4d.2xlarge") == ()


@pytest.mark.parametrize(("mutation", "message"), REFUSED_BY_EKS)
def test_eks_refuses_a_node_group(mutation: Mutation, message: str) -> None:
    scene = Scene()
    mutation(scene)
    with pytest.raises(AwsError) as refusal:
        scene.create()
    assert message in refusal.value.message
    assert refusal.value.service == "Eks"


@pytest.mark.parametrize(("mutation", "code", "message"), FOUND_LATER)
def test_eks_finds_a_bad_template_while_it_works(mutation: Mutation, code: str, message: str) -> None:
    scene = Scene()
    mutation(scene)
    issue = health_issue(scene.group, scene.around())
    assert issue is not None and issue.code == code
    assert message in issue.message


def test_limits_the_efa_interfaces_of_the_whole_instance() -> None:
    # Two cards that carry EFA, one EFA: the only types where the card's own limits do not say it already.
    found = hardware("i7ie.48xlarge")
    assert found is not None and found.maximum_efa_interfaces == 1
    scene = Scene(template={"InstanceType": "i7ie.48xlarge", "NetworkInterfaces": [{"DeviceIndex": 0}]})
    scene.interfaces.extend({"NetworkCardIndex": card, "DeviceIndex": 1, "InterfaceType": "efa"} for card in (0, 1))
    around = replace(scene.around(), hardware={"i7ie.48xlarge": found})
    with pytest.raises(AwsError, match="EFA interface count 2 exceeds the limit of 1"):
        check_launch(Launch(instance_type="i7ie.48xlarge", template=scene.template, subnet=scene.subnet), around)


@pytest.mark.parametrize("layout", list(catalogue.InterfaceLayout))
def test_accepts_every_layout_of_the_catalogue(layout: catalogue.InterfaceLayout) -> None:
    scene = Scene()
    surroundings = scene.around()
    accepted = 0
    for instance_type in catalogue.all_instance_types():
        found = hardware(instance_type.name)
        assert found is not None
        try:
            interfaces = catalogue.network_interfaces(instance_type, layout)
        except ValueError:
            # A layout that the type cannot have.
            continue
        template: dict[str, Any] = {
            "NetworkInterfaces": [
                {
                    "NetworkCardIndex": interface.network_card_index,
                    "DeviceIndex": interface.device_index,
                    "InterfaceType": interface.interface_type,
                }
                for interface in interfaces
            ]
        }
        if "on-demand" not in instance_type.usage_classes:
            template |= _MARKET
        around = replace(surroundings, hardware={instance_type.name: found})
        check_launch(Launch(instance_type=instance_type.name, template=template, subnet=scene.subnet), around)
        accepted += 1
    assert accepted > 290


def test_a_complete_capacity_block_is_accepted() -> None:
    scene = Scene()
    _both(_request(capacityType="CAPACITY_BLOCK"), _template(**_MARKET, **_TARGET), _without("Placement"))(scene)
    scene.create()
    scene.launch()


def test_bottlerocket_user_data_need_not_be_mime() -> None:
    scene = Scene()
    _both(_request(amiType="BOTTLEROCKET_x86_64_NVIDIA"), _template(UserData=_base64("[settings]\n")))(scene)
    assert health_issue(scene.group, scene.around()) is None


def test_the_longest_user_data_is_accepted() -> None:
    scene = Scene()
    _template(UserData=_base64(MIME.replace("---\n", "---\n" + "#" * (16_384 - len(MIME)))))(scene)
    assert len(base64.b64decode(scene.template["UserData"])) == 16_384
    scene.launch()


def test_rules_leave_what_they_are_asked_about_alone() -> None:
    scene = Scene()
    before = copy.deepcopy((scene.template, scene.request))
    scene.create()
    scene.launch()
    assert before == (scene.template, scene.request)


@pytest.mark.parametrize(
    "name",
    [
        "p4d.24xlarge",
        "p4de.24xlarge",
        "p5.48xlarge",
        "p5e.48xlarge",
        "p5en.48xlarge",
        "p6-b200.48xlarge",
        "p6-b300.48xlarge",
        "g6e.48xlarge",
        "trn1.32xlarge",
        "trn2.48xlarge",
        "hpc7a.96xlarge",
        "hpc6id.32xlarge",
        "hpc7g.16xlarge",
    ],
)
def test_accepts_a_group_of_each_type_with_its_own_ami_type(name: str) -> None:
    found = hardware(name)
    assert found is not None
    interfaces = [
        {
            "NetworkCardIndex": interface.network_card_index,
            "DeviceIndex": interface.device_index,
            "InterfaceType": interface.interface_type,
        }
        for interface in catalogue.network_interfaces(name, catalogue.InterfaceLayout.DEFAULT)
    ]
    scene = Scene(template={"InstanceType": name, "NetworkInterfaces": interfaces})
    scene.request["amiType"] = catalogue.default_ami_type(name).name
    around = replace(scene.around(), hardware={name: found}, offered_zones={})
    check_node_group(scene.group, around)
    check_launch(Launch(instance_type=name, template=scene.template, subnet=scene.subnet), around)
