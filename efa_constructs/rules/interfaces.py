"""Rules about the network interfaces of nodes."""

from __future__ import annotations

from .rule import Rule, Severity

__all__ = [
    "CARD_CANNOT_CARRY",
    "CARD_MISSING",
    "DEVICE_BEYOND_LIMIT",
    "EFA_ONLY_ADDRESS",
    "EFA_ONLY_PRIMARY",
    "INTERFACE_RULES",
    "NO_EFA_INTERFACE",
    "NO_PRIMARY",
    "NO_SUCH_CARD",
    "ONE_EFA_A_CARD",
    "PUBLIC_ADDRESS",
    "SAME_PLACE",
    "SUBNET_IN_TEMPLATE",
    "TOO_FEW_EFAS",
    "TOO_MANY_EFAS",
    "TYPE_WITHOUT_EFA",
    "UNKNOWN_INTERFACE_TYPE",
]

_EFA = "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/efa.html"
_LAYOUTS = "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/efa-acc-inst-types.html"
_CARDS = "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/using-eni.html#network-cards"
_REQUEST = (
    "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/"
    "API_LaunchTemplateInstanceNetworkInterfaceSpecificationRequest.html"
)
_LAUNCH_TEMPLATES = "https://docs.aws.amazon.com/eks/latest/userguide/launch-templates.html"

UNKNOWN_INTERFACE_TYPE = Rule(
    id="EFA-NI-001",
    severity=Severity.ERROR,
    title="The type of an interface is interface, efa or efa-only",
    problem="{where} has the interface type {type}, which EC2 does not know",
    why="EC2 takes any text into a launch template, and refuses it when it launches the first node.",
    fix="use efa-only, efa or interface",
    source=_REQUEST,
)
SAME_PLACE = Rule(
    id="EFA-NI-002",
    severity=Severity.ERROR,
    title="No two interfaces have the same device index on the same network card",
    problem="{where} has device index {device} on network card {card}, and {other} has it already",
    why="EC2 refuses to launch the instance.",
    fix="give every interface of a network card a device index of its own, as 'efa instances TYPE' shows them",
    source=_CARDS,
)
CARD_MISSING = Rule(
    id="EFA-NI-003",
    severity=Severity.ERROR,
    title="Where there are several interfaces, each names its network card",
    problem="{where} names no network card, so EC2 puts it on card 0, which has no place for it",
    why="Without NetworkCardIndex an interface goes to card 0. There it takes another one's place, or is a second EFA, "
    "and EC2 refuses to launch the instance.",
    fix="give it a NetworkCardIndex, as 'efa instances TYPE' shows them",
    source=_CARDS,
)
NO_PRIMARY = Rule(
    id="EFA-NI-004",
    severity=Severity.ERROR,
    title="An interface has device index 0 on network card 0",
    problem="no interface has device index 0 on network card 0, which is the primary one",
    why="EC2 launches no instance without a primary interface.",
    fix="put an interface of type interface, or efa, on device 0 of card 0",
    source=_CARDS,
)
EFA_ONLY_PRIMARY = Rule(
    id="EFA-NI-005",
    severity=Severity.ERROR,
    title="The primary interface is not efa-only",
    problem="{where} is the primary interface, and of type efa-only",
    why="An efa-only interface has no IP address. EC2 refuses to launch an instance without one.",
    fix="make it an interface, and put efa-only on device 1 of card 0 if the card has room for it",
    source=_EFA,
)
NO_SUCH_CARD = Rule(
    id="EFA-NI-006",
    severity=Severity.ERROR,
    title="The instance type has the network card of each interface",
    problem="{where} is on network card {card}, and {instance} has cards 0 to {last}",
    why="EC2 refuses to launch the instance.",
    fix="use the interfaces that 'efa instances {instance}' shows",
    source=_CARDS,
)
DEVICE_BEYOND_LIMIT = Rule(
    id="EFA-NI-007",
    severity=Severity.ERROR,
    title="A network card has room for each device index",
    problem="{where} has device index {device}, and network card {card} of {instance} takes {limit} interfaces, with "
    "device indices from 0",
    why="EC2 refuses to launch the instance. What works on p4d.24xlarge, whose cards take 15, does not on p5.48xlarge, "
    "whose cards take 2.",
    fix="use the interfaces that 'efa instances {instance}' shows",
    source=_CARDS,
)
CARD_CANNOT_CARRY = Rule(
    id="EFA-NI-008",
    severity=Severity.ERROR,
    title="A network card supports the type of its interfaces",
    problem="{where} is of type {type}, and network card {card} of {instance} supports {supported} only",
    why="EC2 refuses to launch the instance. Card 0 of p6-b300.48xlarge, for example, carries no EFA.",
    fix="use the interfaces that 'efa instances {instance}' shows",
    source=_LAYOUTS,
)
ONE_EFA_A_CARD = Rule(
    id="EFA-NI-009",
    severity=Severity.ERROR,
    title="A network card has one EFA interface at most",
    problem="{where} is another EFA interface on network card {card}, which {other} has already",
    why="EC2 refuses to launch the instance.",
    fix="use the interfaces that 'efa instances TYPE' shows",
    source=_EFA,
)
TOO_MANY_EFAS = Rule(
    id="EFA-NI-010",
    severity=Severity.ERROR,
    title="An instance has no more EFA interfaces than its type supports",
    problem="{count} interfaces have EFA, and {instance} can have {limit}",
    why="EC2 refuses to launch the instance. The number of network cards is not the limit: p6-b300.48xlarge has 17 "
    "cards and 16 EFA interfaces.",
    fix="use the interfaces that 'efa instances {instance}' shows",
    source=_LAYOUTS,
)
TOO_FEW_EFAS = Rule(
    id="EFA-NI-011",
    severity=Severity.WARNING,
    title="An instance has all EFA interfaces that its type supports",
    problem="{count} interfaces have EFA, and {instance} can have {limit}: part of the fabric is not used",
    why="Every EFA interface adds the bandwidth of its network card. NCCL uses those that are there, and is slower.",
    fix="use the interfaces that 'efa instances {instance}' shows",
    source=_LAYOUTS,
)
NO_EFA_INTERFACE = Rule(
    id="EFA-NI-012",
    severity=Severity.WARNING,
    title="Nodes of a type that has EFA have EFA interfaces",
    problem="no interface of the nodes has EFA, although {instance} can have it",
    why="Without an EFA interface jobs of several nodes go over TCP. A group of nodes that do not train together may "
    "do without.",
    fix="give the launch template the interfaces that 'efa instances {instance}' shows",
    source=_LAYOUTS,
)
TYPE_WITHOUT_EFA = Rule(
    id="EFA-NI-013",
    severity=Severity.ERROR,
    title="The instance type of EFA interfaces has EFA",
    problem="{where} is of type {type}, and {instance} has no EFA",
    why="EC2 refuses to launch the instance.",
    fix="choose a type that 'efa instances' lists",
    source="https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/efa.html#efa-instance-types",
)
PUBLIC_ADDRESS = Rule(
    id="EFA-NI-014",
    severity=Severity.ERROR,
    title="An instance with several interfaces asks for no public address",
    problem="{where} asks for a public address, and EC2 gives none to an instance with {count} interfaces",
    why="EC2 refuses to launch the instance.",
    fix="leave AssociatePublicIpAddress out, and use a private subnet",
    source="https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/using-instance-addressing.html",
)
EFA_ONLY_ADDRESS = Rule(
    id="EFA-NI-015",
    severity=Severity.ERROR,
    title="An efa-only interface asks for no address",
    problem="{where} is efa-only, and has {setting}",
    why="An efa-only interface has no IP addresses. EC2 refuses to launch the instance.",
    fix="leave {setting} out",
    source=_EFA,
)
SUBNET_IN_TEMPLATE = Rule(
    id="EFA-NI-016",
    severity=Severity.ERROR,
    title="The launch template of a managed node group names no subnet",
    problem="{where} names a subnet",
    why="EKS refuses the node group: the subnets of the node group are used.",
    fix="leave SubnetId out, and give the node group the subnet",
    source=_LAUNCH_TEMPLATES,
)
INTERFACE_RULES = (
    UNKNOWN_INTERFACE_TYPE,
    SAME_PLACE,
    CARD_MISSING,
    NO_PRIMARY,
    EFA_ONLY_PRIMARY,
    NO_SUCH_CARD,
    DEVICE_BEYOND_LIMIT,
    CARD_CANNOT_CARRY,
    ONE_EFA_A_CARD,
    TOO_MANY_EFAS,
    TOO_FEW_EFAS,
    NO_EFA_INTERFACE,
    TYPE_WITHOUT_EFA,
    PUBLIC_ADDRESS,
    EFA_ONLY_ADDRESS,
    SUBNET_IN_TEMPLATE,
)
