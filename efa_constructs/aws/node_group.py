"""A managed node group whose nodes reach each other over EFA."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import jsii
from aws_cdk import Annotations, Size, Token
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_eks_v2 as eks
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from ..argument_kinds import checks_kinds
from ..catalogue import InstanceType, efa_interface_count, node_labels
from ..catalogue.identifiers import NODE_GROUP_NAME
from ..errors import InvalidArgumentError
from ..rules.networks import PUBLIC_SUBNET, SUBNET_OF_ANOTHER_VPC
from ..rules.node_groups import ILL_FORMED_NAME, LABELS_MISSING, NO_SUBNET, SEVERAL_ZONES, SIZES_IN_ORDER
from ..rules.templates import OUT_OF_LIMITS
from .any_cluster import check_network_is_known
from .argument_kinds import KINDS
from .capacity import Capacity, CapacityType
from .labels_and_taints import check_labels, check_taints
from .launch_plan import LaunchPlan
from .launch_template import EfaLaunchTemplate
from .lost_properties import IntactProperties, Properties
from .security_group import EfaSecurityGroup
from .user_data import MimePart

if TYPE_CHECKING:
    from .any_cluster import AnyCluster

__all__ = ["EfaNodeGroup", "EfaNodes"]

# Amazon EKS User Guide, "Amazon EKS node IAM role".
_NODE_POLICIES = ("AmazonEKSWorkerNodePolicy", "AmazonEC2ContainerRegistryPullOnly", "AmazonEKS_CNI_Policy")
# Session Manager is how people reach the nodes. AWS Systems Manager User Guide, "Create a custom IAM role for Session
# Manager": AmazonSSMManagedInstanceCore would let every node read all parameters of the account as well.
_SESSION_MANAGER_ACTIONS = (
    "ssm:UpdateInstanceInformation",
    "ssmmessages:CreateControlChannel",
    "ssmmessages:CreateDataChannel",
    "ssmmessages:OpenControlChannel",
    "ssmmessages:OpenDataChannel",
)


@jsii.implements(ec2.IConnectable, iam.IGrantable)
class EfaNodes(Construct):
    """EFA nodes, whether this app defines them or another one does."""

    node_group_name: str
    security_group: ec2.ISecurityGroup
    role: iam.IRole

    # jsii finds the members of an interface on the class: these two must be properties.
    @property
    def connections(self) -> ec2.Connections:
        """Network access to and from the nodes."""
        return self.security_group.connections

    @property
    def grant_principal(self) -> iam.IPrincipal:
        """The node role, so that ``bucket.grant_read(nodes)`` works."""
        return self.role.grant_principal


class EfaNodeGroup(EfaNodes):
    """A managed node group of one EFA instance type, in one private subnet, every EFA interface attached.

    It defines, unless they are given: a cluster placement group, a security group that lets EFA traffic pass, the
    launch template, and the node role. Nodes carry the labels that this package's device plugins select on
    (:func:`efa_constructs.catalogue.node_labels`).

    Sources: Amazon EKS User Guide, "Run machine learning training on Amazon EKS with Elastic Fabric Adapter" and
    "Customize managed nodes with launch templates".
    """

    @checks_kinds(KINDS)
    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        cluster: AnyCluster,
        instance_type: str,
        subnet: ec2.ISubnet,
        min_size: int = 1,
        desired_size: int = 2,
        max_size: int = 3,
        node_group_name: str | None = None,
        interface_layout: str = "default",
        ami_type: str | None = None,
        capacity: Capacity | None = None,
        placement_group: ec2.IPlacementGroup | None = None,
        security_group: ec2.ISecurityGroup | None = None,
        role: iam.IRole | None = None,
        volume_size: Size | None = None,
        volume_key: kms.IKey | None = None,
        block_devices: Sequence[ec2.BlockDevice] = (),
        instance_store_raid0: bool = True,
        user_data: Sequence[MimePart] = (),
        key_pair: ec2.IKeyPair | None = None,
        labels: Mapping[str, str] | None = None,
        taints: Sequence[eks.TaintSpec] = (),
        node_repair: bool = True,
    ) -> None:
        """
        :param cluster: The cluster that the nodes join, of ``aws_eks_v2`` or ``aws_eks``. An imported one must know its
            VPC and its cluster security group.
        :param instance_type: An EFA instance type, such as ``"p4d.24xlarge"``.
        :param subnet: The private subnet of all the nodes: EFA traffic does not cross Availability Zones,
            and EKS would spread the nodes over several subnets.
        :param min_size: Smallest number of nodes. Default: 1
        :param desired_size: Number of nodes at the start. Default: 2
        :param max_size: Largest number of nodes. Default: 3
        :param node_group_name: Default: a generated name.
        :param interface_layout: Which interfaces a node has: ``"default"``, ``"bandwidth"`` or ``"classic"``, see
            :class:`~efa_constructs.catalogue.InterfaceLayout`. Default: ``"default"``.
        :param ami_type: EKS AMI type. Default: Amazon Linux 2023, with NVIDIA or Neuron drivers if the type has such
            accelerators.
        :param capacity: On-Demand, Spot, a reservation or a Capacity Block. Default: On-Demand.
        :param placement_group: Where the instances go. Default: a new cluster placement group; none where a reservation
            or Capacity Block decides, or where the type cannot be in one.
        :param security_group: On every interface, beside the cluster's own. One of yours must let all traffic in from
            and out to itself. Default: a new :class:`~efa_constructs.aws.EfaSecurityGroup`.
        :param role: Role of the nodes. Default: a new one that may join the cluster, pull images, attach addresses and
            be reached through Session Manager.
        :param volume_size: Size of the encrypted gp3 root volume. Default: 300 GiB
        :param volume_key: Customer managed key of the volumes: see :class:`~efa_constructs.aws.EfaLaunchTemplate`.
            Default: the AWS managed key of EBS.
        :param block_devices: Further volumes. Default: none.
        :param instance_store_raid0: Join the instance store's disks for the kubelet and containerd. Default: True
        :param user_data: Further MIME parts, which run before the node joins. Default: none.
        :param key_pair: For SSH. Default: no key.
        :param labels: Further Kubernetes labels. Default: only those that the device plugins select on.
        :param taints: Kubernetes taints. Default: none.
        :param node_repair: Let EKS replace nodes that it finds broken: those that are not ready, and where the add-on
            ``eks-node-monitoring-agent`` runs, those with GPU faults. Default: True
        :raises EfaConstructsError: an argument would not work; nothing has been defined then.
        """
        super().__init__(scope, id)
        plan = LaunchPlan.make(
            instance_type=instance_type,
            ami_type=ami_type,
            interface_layout=interface_layout,
            capacity=capacity,
            placement_group=placement_group,
            volume_size=volume_size,
            volume_key=volume_key,
            block_devices=block_devices,
            instance_store_raid0=instance_store_raid0,
            user_data=user_data,
        )
        _check_sizes(min_size, desired_size, max_size)
        _check_name(node_group_name)
        check_network_is_known(cluster)
        _check_subnet(subnet, cluster)
        check_labels(labels or {})
        check_taints(taints)
        own_labels = node_labels(plan.instance, has_efa=efa_interface_count(plan.interfaces) > 0, ami_type=plan.ami)
        _check_own_labels(own_labels, labels or {})

        if plan.instance.ami_limitation is not None:
            Annotations.of(self).add_warning_v2(
                "efa-constructs:ami-limitation", f"{plan.instance.name}: {plan.instance.ami_limitation}"
            )
        if plan.capacity.capacity_type is CapacityType.CAPACITY_BLOCK and desired_size != 0:
            Annotations.of(self).add_warning_v2(
                "efa-constructs:capacity-block-times",
                f"Capacity Block {plan.capacity.capacity_reservation_id} has instances only between its start and end: "
                "deploy in that time, or with 'min_size' and 'desired_size' 0",
            )
        self.instance: InstanceType = plan.instance
        self.labels: Mapping[str, str] = own_labels | dict(labels or {})
        self.taints: tuple[eks.TaintSpec, ...] = tuple(taints)
        self.security_group: ec2.ISecurityGroup = security_group or EfaSecurityGroup(
            self, "SecurityGroup", vpc=cluster.vpc
        )
        # A reservation or Capacity Block places its instances itself: a new placement group would have no room in it.
        if placement_group is None and not plan.capacity.is_reserved and _can_be_clustered(plan.instance):
            placement_group = ec2.PlacementGroup(self, "PlacementGroup", strategy=ec2.PlacementGroupStrategy.CLUSTER)
        self.placement_group: ec2.IPlacementGroup | None = placement_group
        self.launch_template: EfaLaunchTemplate = EfaLaunchTemplate(
            self,
            "LaunchTemplate",
            instance_type=instance_type,
            security_groups=[cluster.cluster_security_group, self.security_group],
            ami_type=plan.ami.name,
            interface_layout=interface_layout,
            placement_group=placement_group,
            capacity=capacity,
            volume_size=volume_size,
            volume_key=volume_key,
            block_devices=block_devices,
            instance_store_raid0=instance_store_raid0,
            user_data=user_data,
            key_pair=key_pair,
        )
        self.role: iam.IRole = role or _node_role(self)
        # Not the Nodegroup of aws_eks_v2: its list of GPU types is closed, and refuses p5, p6 and trn with their AMIs.
        resource = eks.CfnNodegroup(
            self,
            "Resource",
            cluster_name=cluster.cluster_name,
            nodegroup_name=node_group_name,
            node_role=self.role.role_arn,
            subnets=[subnet.subnet_id],
            ami_type=plan.ami.name,
            capacity_type=plan.capacity.capacity_type.value,
            scaling_config=eks.CfnNodegroup.ScalingConfigProperty(
                min_size=min_size, desired_size=desired_size, max_size=max_size
            ),
            update_config=_update_config(plan.capacity),
            launch_template=eks.CfnNodegroup.LaunchTemplateSpecificationProperty(
                id=self.launch_template.launch_template_id, version=self.launch_template.latest_version_number
            ),
            labels=self.labels,
            taints=[
                eks.CfnNodegroup.TaintProperty(
                    key=taint.key, value=taint.value, effect=taint.effect and taint.effect.value
                )
                for taint in taints
            ]
            or None,
            node_repair_config=eks.CfnNodegroup.NodeRepairConfigProperty(enabled=node_repair),
        )
        self.node.add_validation(IntactProperties(resource, _lost_settings))
        self.node_group_name: str = resource.attr_nodegroup_name
        self.node_group_arn: str = resource.attr_arn

    @staticmethod
    def from_node_group_attributes(
        scope: Construct,
        id: str,
        *,
        node_group_name: str,
        security_group: ec2.ISecurityGroup,
        role: iam.IRole,
    ) -> EfaNodes:
        """Refer to a node group that another app defines."""
        nodes = EfaNodes(scope, id)
        nodes.node_group_name, nodes.security_group, nodes.role = node_group_name, security_group, role
        return nodes


def _can_be_clustered(instance: InstanceType) -> bool:
    return "cluster" in instance.placement_strategies


def _node_role(scope: Construct) -> iam.Role:
    return iam.Role(
        scope,
        "Role",
        assumed_by=iam.ServicePrincipal("ec2.amazonaws.com"),
        managed_policies=[iam.ManagedPolicy.from_aws_managed_policy_name(name) for name in _NODE_POLICIES],
        inline_policies={
            "SessionManager": iam.PolicyDocument(
                # None of these is of a resource that could be named.
                statements=[iam.PolicyStatement(actions=list(_SESSION_MANAGER_ACTIONS), resources=["*"])]
            )
        },
    )


def _update_config(capacity: Capacity) -> eks.CfnNodegroup.UpdateConfigProperty:
    """EKS launches a new node before it ends an old one; a reservation that is used up has no room for that."""
    strategy = "MINIMAL" if capacity.is_reserved else "DEFAULT"
    return eks.CfnNodegroup.UpdateConfigProperty(max_unavailable=1, update_strategy=strategy)


def _lost_settings(properties: Properties) -> Iterator[str]:
    """What escape hatches have lost without leaving an empty object. Tokens are not looked into."""
    for name, fields in (("scalingConfig", ("minSize", "maxSize")), ("launchTemplate", ("id", "version"))):
        value = properties.get(name, {})
        if isinstance(value, Mapping):
            lost = [field for field in fields if field not in value]
            if value and lost:
                yield f"'{name}' was set to an object without {' and '.join(lost)}"
    taints = properties.get("taints", [])
    for taint in taints if isinstance(taints, Sequence) else ():
        if isinstance(taint, Mapping) and not {"key", "effect"} <= set(taint):
            yield "'taints' was set to one without key or effect"


def _check_sizes(min_size: int, desired_size: int, max_size: int) -> None:
    sizes = {"min_size": min_size, "desired_size": desired_size, "max_size": max_size}
    known = {name: size for name, size in sizes.items() if not Token.is_unresolved(size)}
    for name, size in known.items():
        lowest = 1 if name == "max_size" else 0
        if size < lowest:
            raise InvalidArgumentError(
                OUT_OF_LIMITS.refusal(where=f"'{name}'", limit=f"must be at least {lowest}", value=size)
            )
    for smaller, larger in itertools.pairwise(known):
        if known[smaller] > known[larger]:
            minimum, desired, maximum = (known.get(name, "not known") for name in sizes)
            raise InvalidArgumentError(
                SIZES_IN_ORDER.refusal(
                    where=f"'{smaller}' is greater than '{larger}': the size",
                    minimum=minimum,
                    desired=desired,
                    maximum=maximum,
                )
            )


def _check_own_labels(own: Mapping[str, str], given: Mapping[str, str]) -> None:
    for key, value in given.items():
        if own.get(key, value) != value:
            raise InvalidArgumentError(
                LABELS_MISSING.refusal(where=f"'labels' has '{key}={value}', so it", missing=f"{key}={own[key]}")
            )


def _check_name(name: str | None) -> None:
    if name is not None and not Token.is_unresolved(name) and not NODE_GROUP_NAME.fullmatch(name):
        raise InvalidArgumentError(ILL_FORMED_NAME.refusal(where="'node_group_name'", name=name))


def _check_subnet(subnet: object, cluster: AnyCluster) -> None:
    """Refuse what people pass for one private subnet: none, several, or a public one."""
    if not subnet:
        raise InvalidArgumentError(NO_SUBNET.refusal(where="'subnet'"))
    if isinstance(subnet, Sequence) and not isinstance(subnet, str):
        zones = ", ".join(item.availability_zone for item in subnet if hasattr(item, "availability_zone"))
        raise InvalidArgumentError(SEVERAL_ZONES.refusal(where="'subnet'", count=len(subnet), zones=zones))
    if not hasattr(subnet, "subnet_id"):
        raise InvalidArgumentError(f"'subnet' is {subnet!r}, which is not a subnet: give an ec2.ISubnet")
    _check_vpc(subnet, cluster)
    public = cluster.vpc.public_subnets
    if any(subnet.subnet_id == other.subnet_id for other in public):
        raise InvalidArgumentError(PUBLIC_SUBNET.refusal(where="'subnet'", subnet=subnet.subnet_id))


def _check_vpc(subnet: Any, cluster: AnyCluster) -> None:
    """Refuse a subnet of another VPC. Which one it is of, only the VPC construct tells that it is defined in."""
    scope = subnet.node.scope
    if not hasattr(scope, "vpc_id"):
        return
    names = (scope.vpc_id, cluster.vpc.vpc_id)
    # Two that only deployment knows may be one VPC, unless the app defines both.
    known = not any(map(Token.is_unresolved, names)) or all(isinstance(vpc, ec2.Vpc) for vpc in (scope, cluster.vpc))
    if known and names[0] != names[1]:
        raise InvalidArgumentError(
            SUBNET_OF_ANOTHER_VPC.refusal(
                where="'subnet'",
                subnet=subnet.subnet_id,
                vpc=scope.node.path,
                cluster=cluster.cluster_name,
                cluster_vpc=cluster.vpc.node.path,
            )
        )
