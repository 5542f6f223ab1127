"""Cases of network interfaces."""

from __future__ import annotations

from efa_constructs import catalogue
from efa_constructs.rules import interfaces as rules

from ..templates import Change, Template, all_of, data, drop, interface, put
from .case import Case

__all__ = ["INTERFACE_CASES"]

_GROUPS = [{"Ref": "ClusterSecurityGroup"}, {"Fn::GetAtt": ["SecurityGroup", "GroupId"]}]


def layout(name: str, interfaces: object = None) -> Change:
    """The nodes are of another type, with its own interfaces or those given as (card, device, type)."""
    given = catalogue.network_interfaces(name) if interfaces is None else interfaces

    def change(template: Template) -> None:
        launch = template["Resources"]["LaunchTemplate"]["Properties"]["LaunchTemplateData"]
        launch["InstanceType"] = name
        launch["NetworkInterfaces"] = [
            {"NetworkCardIndex": card, "DeviceIndex": device, "InterfaceType": kind, "Groups": _GROUPS}
            for card, device, kind in given  # type: ignore[attr-defined]
        ]

    return change


def one_more(card: int, device: int, kind: str) -> Change:
    def change(template: Template) -> None:
        launch = template["Resources"]["LaunchTemplate"]["Properties"]["LaunchTemplateData"]
        launch["NetworkInterfaces"].append(
            {"NetworkCardIndex": card, "DeviceIndex": device, "InterfaceType": kind, "Groups": _GROUPS}
        )

    return change


_type_of_node_group = all_of(
    drop("LaunchTemplate.LaunchTemplateData.InstanceType"), put("NodeGroup.InstanceTypes", ["p4d.24xlarge"])
)
_AMI = put("NodeGroup.AmiType", "AL2023_x86_64_STANDARD")
_ONE_EFA = (0, 0, "efa")

INTERFACE_CASES = (
    Case(rule=rules.UNKNOWN_INTERFACE_TYPE, broken=interface(2, InterfaceType="effa")),
    Case(rule=rules.SAME_PLACE, broken=one_more(0, 1, "interface"), kept=one_more(0, 2, "interface")),
    Case(rule=rules.CARD_MISSING, broken=interface(2, NetworkCardIndex=None), kept=interface(0, NetworkCardIndex=None)),
    Case(rule=rules.NO_PRIMARY, broken=interface(0, DeviceIndex=2), kept=interface(0, DeviceIndex=None)),
    Case(
        rule=rules.EFA_ONLY_PRIMARY,
        broken=layout("c5n.18xlarge", [(0, 0, "efa-only")]),
        kept=all_of(layout("c5n.18xlarge", [_ONE_EFA]), _AMI),
        also=frozenset({"EFA-NG-010"}),  # c5n has no GPU
    ),
    Case(rule=rules.NO_SUCH_CARD, broken=interface(4, NetworkCardIndex=99)),
    Case(rule=rules.NO_SUCH_CARD, broken=all_of(_type_of_node_group, interface(4, NetworkCardIndex=99))),
    Case(
        rule=rules.DEVICE_BEYOND_LIMIT,
        broken=layout("p5.48xlarge", [(0, 0, "efa"), *((card, card, "efa") for card in range(1, 32))]),
        kept=layout("p5.48xlarge"),
    ),
    Case(
        rule=rules.CARD_CANNOT_CARRY,
        broken=layout("p6-b300.48xlarge", [(0, 0, "efa"), *((card, 0, "efa-only") for card in range(1, 17))]),
        kept=layout("p6-b300.48xlarge"),
    ),
    Case(rule=rules.ONE_EFA_A_CARD, broken=one_more(1, 1, "efa"), kept=one_more(1, 1, "interface")),
    Case(
        rule=rules.TOO_MANY_EFAS,
        broken=all_of(layout("i7ie.48xlarge", [_ONE_EFA, (1, 0, "efa-only")]), _AMI, put("NodeGroup.Labels", {})),
        kept=all_of(layout("i7ie.48xlarge", [_ONE_EFA]), _AMI),
        also=frozenset({"EFA-NG-028"}),  # the template has no labels
    ),
    Case(
        rule=rules.TOO_FEW_EFAS,
        broken=drop("LaunchTemplate.LaunchTemplateData.NetworkInterfaces.4"),
        # Another may be one with EFA, when it is deployed.
        kept=all_of(
            drop("LaunchTemplate.LaunchTemplateData.NetworkInterfaces.4"),
            interface(0, InterfaceType={"Ref": "Subnet"}),
        ),
    ),
    Case(
        rule=rules.NO_EFA_INTERFACE,
        broken=drop("LaunchTemplate.LaunchTemplateData.NetworkInterfaces"),
        kept=all_of(data("InstanceType", "g5.2xlarge"), drop("LaunchTemplate.LaunchTemplateData.NetworkInterfaces")),
    ),
    Case(rule=rules.TYPE_WITHOUT_EFA, broken=data("InstanceType", "g5.2xlarge")),
    Case(
        rule=rules.TYPE_WITHOUT_EFA,
        broken=all_of(_type_of_node_group, put("NodeGroup.InstanceTypes", ["g5.2xlarge"])),
        kept=_type_of_node_group,
    ),
    Case(
        rule=rules.PUBLIC_ADDRESS,
        broken=interface(0, AssociatePublicIpAddress=True),
        kept=interface(0, AssociatePublicIpAddress=False),
    ),
    Case(
        rule=rules.EFA_ONLY_ADDRESS,
        broken=interface(1, SecondaryPrivateIpAddressCount=2),
        kept=interface(0, SecondaryPrivateIpAddressCount=2),
    ),
    Case(rule=rules.SUBNET_IN_TEMPLATE, broken=interface(0, SubnetId={"Ref": "Subnet"})),
)
