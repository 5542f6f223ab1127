"""Rules about the security groups of nodes."""

from __future__ import annotations

from .rule import Rule, Severity

__all__ = [
    "CLUSTER_GROUP_MISSING",
    "CLUSTER_GROUP_MISSING_ON_PRIMARY",
    "EFA_DOES_NOT_PASS",
    "EGRESS_TO_ITSELF",
    "INGRESS_FROM_ITSELF",
    "LET_EFA_PASS",
    "NO_SECURITY_GROUP",
    "ONLY_THE_CLUSTER_GROUP",
    "OPEN_TO_THE_WORLD",
    "SECURITY_GROUP_RULES",
    "SEVERAL_CLUSTER_TAGS",
    "SSH_OPEN_TO_THE_WORLD",
    "UNKNOWN_PROTOCOL",
]

_EFA_GUIDE = "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/efa-start.html#efa-start-security"
_LAUNCH_TEMPLATES = "https://docs.aws.amazon.com/eks/latest/userguide/launch-templates.html"
_GROUP_RULES = "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/security-group-rules.html"

EGRESS_TO_ITSELF = Rule(
    id="EFA-SG-001",
    severity=Severity.ERROR,
    title="A security group of EFA interfaces lets all traffic out to itself",
    problem="{group} lets EFA traffic in, and has no rule that lets all traffic out to itself",
    why="EFA traffic is matched by security group, never by address: a rule that lets everything out to 0.0.0.0/0 does "
    "not cover it. Without the rule, EFA carries nothing, and NCCL goes on over TCP, or hangs.",
    fix="add an egress rule of all protocols (-1) whose destination is the group itself, or use EfaSecurityGroup",
    source=_EFA_GUIDE,
)
INGRESS_FROM_ITSELF = Rule(
    id="EFA-SG-002",
    severity=Severity.ERROR,
    title="A security group of EFA interfaces lets all traffic in from itself",
    problem="{group} lets EFA traffic out, and has no rule that lets all traffic in from itself",
    why="EFA traffic is matched by security group, never by address. Without the rule, EFA carries nothing.",
    fix="add an ingress rule of all protocols (-1) whose source is the group itself, or use EfaSecurityGroup",
    source=_EFA_GUIDE,
)
EFA_DOES_NOT_PASS = Rule(
    id="EFA-SG-003",
    severity=Severity.ERROR,
    title="The security groups of EFA interfaces let EFA traffic pass from each to each",
    problem="EFA does not pass from {sender} to {receiver}: no rule of all protocols between their security groups "
    "({groups}) lets it {half}",
    why="EFA traffic is matched by security group, never by address, and what is sent must be let out at one end and "
    "in at the other. Without that, EFA carries nothing, and NCCL goes on over TCP, or hangs.",
    fix="put one group on every EFA interface that lets all traffic (-1) in from and out to itself, or use "
    "EfaSecurityGroup",
    source=_EFA_GUIDE,
)
LET_EFA_PASS = f"{EFA_DOES_NOT_PASS.mend()}: a rule for 0.0.0.0/0 does not cover EFA; and have all nodes in one subnet"
"""What to do where one node does not reach the EFA of another, whichever of it is the reason."""
ONLY_THE_CLUSTER_GROUP = Rule(
    id="EFA-SG-004",
    severity=Severity.WARNING,
    title="EFA passes by a security group that is meant for it, not by the cluster's alone",
    problem="EFA passes only by what EKS wrote into the cluster's own security group: {group} has no rule that lets "
    "all traffic {half} itself",
    why="EKS lets members of the group that it makes for a cluster exchange all traffic. Who looks for the rules of "
    "EFA does not find them there, and a node without the cluster's group loses EFA.",
    fix="add both rules to {group}: all protocols (-1), itself at the other end; or acknowledge that the group is not "
    "there for EFA",
    source="https://docs.aws.amazon.com/eks/latest/userguide/sec-group-reqs.html",
)
CLUSTER_GROUP_MISSING_ON_PRIMARY = Rule(
    id="EFA-SG-005",
    severity=Severity.ERROR,
    title="The primary interface of a node carries the cluster's security group, or one that the cluster lets in",
    problem="{where} carries neither the cluster's security group nor one that its rules let in: the node and the "
    "control plane would not reach each other",
    why="EKS adds the cluster's group only where a launch template names no security group. Without it the kubelet and "
    "the API server do not reach each other, and the node group ends with NodeCreationFailure.",
    fix="list the cluster's security group beside the group for EFA",
    source=_LAUNCH_TEMPLATES,
)
CLUSTER_GROUP_MISSING = Rule(
    id="EFA-SG-006",
    severity=Severity.WARNING,
    title="Every interface of a node carries the cluster's security group",
    problem="{where} carries not the cluster's security group, which the primary interface has",
    why="Pods may get addresses of every interface that has some, and what the control plane may do then depends on "
    "which one they got.",
    fix="list the same security groups on every interface",
    source=_LAUNCH_TEMPLATES,
)
NO_SECURITY_GROUP = Rule(
    id="EFA-SG-007",
    severity=Severity.ERROR,
    title="Every interface names its security groups",
    problem="{where} has no security group",
    why="EC2 gives an interface that names no group the VPC's default group, which lets neither EFA nor the control "
    "plane through to the others.",
    fix="give the group for EFA and the cluster's security group",
    source=_LAUNCH_TEMPLATES,
)
SSH_OPEN_TO_THE_WORLD = Rule(
    id="EFA-SG-008",
    severity=Severity.ERROR,
    title="Nobody reaches SSH of a node from the whole internet",
    problem="{group} lets {traffic} in from {cidr}, and so SSH from everywhere",
    why="Every host of the internet may try keys on the nodes, and whoever gets in has the node role and what its jobs "
    "have.",
    fix="remove the rule and use Session Manager, or name a security group or a range of your own as its source",
    source=_GROUP_RULES,
)
OPEN_TO_THE_WORLD = Rule(
    id="EFA-SG-009",
    severity=Severity.WARNING,
    title="Nodes accept nothing from the whole internet",
    problem="{group} lets {traffic} in from {cidr}",
    why="Nodes that train serve nobody outside. Once one has a public address, whatever listens there is everybody's.",
    fix="name a security group or a range of your own as the source",
    source=_GROUP_RULES,
)
UNKNOWN_PROTOCOL = Rule(
    id="EFA-SG-010",
    severity=Severity.ERROR,
    title="A rule of a security group names a protocol that EC2 knows",
    problem="{where} is {protocol}, which is no protocol",
    why="EC2 refuses the rule. All protocols together are -1, never 'all'.",
    fix="use -1 for all protocols, a number of IANA's, or tcp, udp, icmp or icmpv6",
    source="https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_IpPermission.html",
)
SEVERAL_CLUSTER_TAGS = Rule(
    id="EFA-SG-011",
    severity=Severity.WARNING,
    title="Of the security groups of an interface one has the tag of the cluster",
    problem="{group} has the tag {tag}, as {other} has, and {where} carries both",
    why="EKS tags the group that it makes for a cluster, and load balancers open that one to their targets. Where an "
    "interface carries two with the tag, the AWS Load Balancer Controller opens neither ('expected exactly one "
    "securityGroup tagged with kubernetes.io/cluster/...'): no load balancer reaches a pod of the node.",
    fix="take the tag off {group}: EFA needs none",
    source="https://github.com/eksctl-io/eksctl/issues/8556",
)
SECURITY_GROUP_RULES = (
    EGRESS_TO_ITSELF,
    INGRESS_FROM_ITSELF,
    EFA_DOES_NOT_PASS,
    ONLY_THE_CLUSTER_GROUP,
    CLUSTER_GROUP_MISSING_ON_PRIMARY,
    CLUSTER_GROUP_MISSING,
    NO_SECURITY_GROUP,
    SSH_OPEN_TO_THE_WORLD,
    OPEN_TO_THE_WORLD,
    UNKNOWN_PROTOCOL,
    SEVERAL_CLUSTER_TAGS,
)
