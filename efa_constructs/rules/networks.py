"""Rules about VPCs, subnets and their routes."""

from __future__ import annotations

from .rule import Rule, Severity

__all__ = [
    "ACL_DROPS",
    "GROUP_OF_ANOTHER_VPC",
    "NETWORK_RULES",
    "NO_PUBLIC_ADDRESS",
    "NO_WAY_OUT",
    "PUBLIC_SUBNET",
    "SUBNET_OF_ANOTHER_VPC",
    "TOO_FEW_ADDRESSES",
    "TYPE_NOT_OFFERED",
    "VPC_WITHOUT_DNS",
    "ZONE_OF_ANOTHER_REGION",
]

_NETWORK = "https://docs.aws.amazon.com/eks/latest/userguide/network-reqs.html"

PUBLIC_SUBNET = Rule(
    id="EFA-NET-001",
    severity=Severity.ERROR,
    title="Nodes with several interfaces are in a private subnet",
    problem="{where} {subnet} is public, but nodes with several interfaces get no public address and could not reach "
    "the cluster from it",
    why="EC2 gives a public address only to an instance with one interface. Without it an internet gateway is no way "
    "out, and the node group ends with NodeCreationFailure.",
    fix="give a private subnet, with a route to a NAT gateway",
    source="https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/using-instance-addressing.html",
)
NO_PUBLIC_ADDRESS = Rule(
    id="EFA-NET-002",
    severity=Severity.ERROR,
    title="Nodes in a public subnet get a public address",
    problem="{where} {subnet} is public, and gives nodes no public address",
    why="EKS refuses to launch nodes there (Ec2SubnetInvalidConfiguration): they would not reach the cluster.",
    fix="give a private subnet, or set MapPublicIpOnLaunch of the subnet",
    source=_NETWORK,
)
NO_WAY_OUT = Rule(
    id="EFA-NET-003",
    severity=Severity.ERROR,
    title="Nodes have a way to EKS, Amazon EC2, Amazon ECR and Amazon S3",
    problem="{where} {subnet} has no route out of the VPC, and the VPC no endpoints",
    why="Nodes ask EKS for their cluster, and pull images. Without a way there they do not join.",
    fix="add a route to a NAT gateway, or VPC endpoints for these services and a private endpoint of the cluster",
    source="https://docs.aws.amazon.com/eks/latest/userguide/private-clusters.html",
)
SUBNET_OF_ANOTHER_VPC = Rule(
    id="EFA-NET-004",
    severity=Severity.ERROR,
    title="Nodes are in the VPC of their cluster",
    problem="{where} {subnet} is in the VPC of {vpc}, but {cluster} is in that of {cluster_vpc}",
    why="EKS refuses the node group, and EFA traffic does not cross VPCs.",
    fix="give a subnet of the cluster's VPC",
    source=_NETWORK,
)
GROUP_OF_ANOTHER_VPC = Rule(
    id="EFA-NET-005",
    severity=Severity.ERROR,
    title="Security groups are of the VPC of the nodes",
    problem="{group} is of the VPC {vpc}, and the nodes are in {nodes_vpc}",
    why="EC2 refuses to launch the instance.",
    fix="make the group in the VPC of the nodes",
    source="https://docs.aws.amazon.com/vpc/latest/userguide/vpc-security-groups.html",
)
ZONE_OF_ANOTHER_REGION = Rule(
    id="EFA-NET-006",
    severity=Severity.ERROR,
    title="Subnets are in zones of their stack's Region",
    problem="{where} is {zone}, which is no Availability Zone of {region}",
    why="EC2 refuses the subnet.",
    fix="choose a zone of {region}; 'aws ec2 describe-availability-zones' lists those of your account",
    source="https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/using-regions-availability-zones.html",
)
TOO_FEW_ADDRESSES = Rule(
    id="EFA-NET-007",
    severity=Severity.ERROR,
    title="The subnets of a node group have an address for each interface that takes one",
    problem="{where} have {free} addresses at most, and {nodes} nodes need {needed} for their interfaces alone",
    why="EC2 refuses to launch the instances (InsufficientFreeAddressesInSubnet). Every interface of type efa takes an "
    "address, 32 on p5.48xlarge; one of type efa-only takes none.",
    fix="use efa-only interfaces, or a larger subnet",
    source="https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html",
)
TYPE_NOT_OFFERED = Rule(
    id="EFA-NET-008",
    severity=Severity.WARNING,
    title="The Region and the Availability Zone of the nodes offer their instance type",
    problem="the nodes are in {place}, and EC2 offered {instance} in {offered} only when this was recorded",
    why="Where no host of the type is, EC2 launches no node. What is offered where grows, and the names of zones "
    "differ between accounts, so that only yours can tell for sure.",
    fix="ask your account ('efa instances {instance} --region {region}'), and choose a zone that has the type",
    source="https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstanceTypeOfferings.html",
)
ACL_DROPS = Rule(
    id="EFA-NET-009",
    severity=Severity.ERROR,
    title="Network ACLs let nodes, the control plane and AWS talk to each other",
    problem="{acl}, the network ACL of {subnet}, drops {traffic}: {purpose}",
    why="A network ACL drops what none of its rules allows, takes the first that matches, by number, and lets no "
    "answer pass by itself. Nodes do not join (NodeCreationFailure), or logs and exec of their pods time out, and "
    "nothing says why. What stays within a subnet does not pass it: EFA between the nodes of one subnet goes on.",
    fix="allow {traffic} in {acl}, with a lower number than a rule that denies it, and the answers in the other "
    "direction",
    source="https://docs.aws.amazon.com/vpc/latest/userguide/vpc-network-acls.html",
)
VPC_WITHOUT_DNS = Rule(
    id="EFA-NET-010",
    severity=Severity.ERROR,
    title="The VPC of nodes resolves names, and gives instances some",
    problem="{vpc} has {lacking} off, and the nodes of {group} are in it",
    why="EKS needs both: without them nodes do not register with the cluster, and the node group ends with "
    "NodeCreationFailure. CloudFormation leaves EnableDnsHostnames off where a template does not say.",
    fix="set EnableDnsSupport and EnableDnsHostnames of the VPC to true",
    source=_NETWORK,
)
NETWORK_RULES = (
    PUBLIC_SUBNET,
    NO_PUBLIC_ADDRESS,
    NO_WAY_OUT,
    SUBNET_OF_ANOTHER_VPC,
    GROUP_OF_ANOTHER_VPC,
    ZONE_OF_ANOTHER_REGION,
    TOO_FEW_ADDRESSES,
    TYPE_NOT_OFFERED,
    ACL_DROPS,
    VPC_WITHOUT_DNS,
)
