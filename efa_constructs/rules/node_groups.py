"""Rules about managed node groups of EKS."""

from __future__ import annotations

from .rule import Rule, Severity

__all__ = [
    "AMI_IN_TWO_PLACES",
    "AMI_OF_NOBODY",
    "AMI_TOO_OLD",
    "AMI_TYPE_MISFIT",
    "AMI_TYPE_OUT_OF_DATE",
    "AMI_TYPE_RETIRED",
    "AMI_TYPE_UNNAMED",
    "AMI_VERSION_WITH_IMAGE",
    "BLOCK_WITHOUT_INSTANCE_TYPE",
    "BLOCK_WITHOUT_MARKET",
    "BLOCK_WITHOUT_RESERVATION",
    "DISK_SIZE_WITH_TEMPLATE",
    "FIXED_TEMPLATE_VERSION",
    "ILL_FORMED_LABEL_VALUE",
    "ILL_FORMED_NAME",
    "ILL_FORMED_NODE_KEY",
    "INSTANCE_TYPE_IN_TWO_PLACES",
    "LABELS_MISSING",
    "MARKET_OF_A_BLOCK",
    "MARKET_OPTIONS",
    "NODE_GROUP_RULES",
    "NO_SUBNET",
    "OTHER_KIND",
    "REMOTE_ACCESS_WITH_TEMPLATE",
    "RESERVED_LABEL",
    "SAME_TAINT",
    "SEVERAL_INSTANCE_TYPES",
    "SEVERAL_SUBNETS",
    "SEVERAL_ZONES",
    "SIZES_IN_ORDER",
    "SPOT",
    "SPOT_WITH_RESERVATION",
    "TAINT_INCOMPLETE",
    "TOO_MANY_TAINTS",
    "TYPE_OF_NOBODY",
    "UNAVAILABLE_TWICE",
    "UNKNOWN_FAMILY",
    "UNKNOWN_INSTANCE_TYPE",
    "UNPUBLISHED_INSTANCE_TYPE",
    "USAGE_CLASS",
    "VERSION_OF_ANOTHER",
]

_LAUNCH_TEMPLATES = "https://docs.aws.amazon.com/eks/latest/userguide/launch-templates.html"
_CREATE = "https://docs.aws.amazon.com/eks/latest/APIReference/API_CreateNodegroup.html"
_EFA = "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/efa.html"
_EFA_ON_EKS = "https://docs.aws.amazon.com/eks/latest/userguide/node-efa.html"
_BLOCKS = "https://docs.aws.amazon.com/eks/latest/userguide/capacity-blocks-mng.html"
_AMIS = "https://docs.aws.amazon.com/eks/latest/userguide/ml-eks-optimized-ami.html"
_LABELS = "https://docs.aws.amazon.com/eks/latest/APIReference/API_Nodegroup.html"
_TAINTS = "https://docs.aws.amazon.com/eks/latest/userguide/node-taints-managed-node-groups.html"

SIZES_IN_ORDER = Rule(
    id="EFA-NG-001",
    severity=Severity.ERROR,
    title="The desired size of a node group lies between its minimum and its maximum",
    problem="{where} is {minimum} at least, {desired} desired and {maximum} at most",
    why="EKS refuses the node group.",
    fix="choose sizes in this order: smallest, desired, largest",
    source="https://docs.aws.amazon.com/eks/latest/APIReference/API_NodegroupScalingConfig.html",
)
ILL_FORMED_NAME = Rule(
    id="EFA-NG-002",
    severity=Severity.ERROR,
    title="A node group has a name that EKS takes",
    problem="{where} is {name!r}, which is no name of a node group",
    why="EKS refuses the node group.",
    fix="use at most 63 letters, digits, '-' and '_', beginning with a letter or digit",
    source=_CREATE,
)
NO_SUBNET = Rule(
    id="EFA-NG-003",
    severity=Severity.ERROR,
    title="A node group has a subnet",
    problem="{where} is empty",
    why="EKS refuses the node group.",
    fix="give the one private subnet that all the nodes go to",
    source=_CREATE,
)
SEVERAL_ZONES = Rule(
    id="EFA-NG-004",
    severity=Severity.ERROR,
    title="The nodes of a group with EFA are in one Availability Zone",
    problem="{where} has {count} subnets (zones {zones}), but EFA traffic does not cross zones",
    why="EKS spreads the nodes over all subnets. Those in different zones do not reach each other over EFA.",
    fix="give exactly one subnet",
    source=_EFA,
)
SEVERAL_SUBNETS = Rule(
    id="EFA-NG-005",
    severity=Severity.WARNING,
    title="A node group with EFA has one subnet",
    problem="{where} has {count} subnets, and whether they are in one zone cannot be seen here",
    why="EKS spreads the nodes over all subnets, and EFA traffic does not cross Availability Zones.",
    fix="give exactly one subnet",
    source=_EFA,
)
UNKNOWN_INSTANCE_TYPE = Rule(
    id="EFA-NG-006",
    severity=Severity.ERROR,
    title="EC2 has the instance type",
    problem="{where} is {name}, which is no instance type that the catalogue knows",
    why="EC2 refuses a type that does not exist: the catalogue knows other sizes of the family, or it is no name of a "
    "type at all. Nothing else can be checked about a type that is not known.",
    fix="choose one that it knows: {hint}",
    source="https://docs.aws.amazon.com/ec2/latest/instancetypes/instance-types.html",
)
SEVERAL_INSTANCE_TYPES = Rule(
    id="EFA-NG-007",
    severity=Severity.WARNING,
    title="A node group with EFA has one instance type",
    problem="{where} has several instance types: {names}",
    why="One launch template gives all of them the same interfaces, which fit one of them, and a job waits for its "
    "slowest node.",
    fix="keep one instance type, and make a node group for each other one",
    source=_EFA_ON_EKS,
)
OTHER_KIND = Rule(
    id="EFA-NG-008",
    severity=Severity.ERROR,
    title="P4d, P4de and DL1 are in a node group with EFA by themselves",
    problem="{where} has {own} and {others}, which do not exchange EFA traffic",
    why="P4d, P4de and DL1 exchange EFA traffic only with their own kind.",
    fix="keep one instance type",
    source=_EFA,
)
INSTANCE_TYPE_IN_TWO_PLACES = Rule(
    id="EFA-NG-009",
    severity=Severity.ERROR,
    title="The instance type is in the node group or in its launch template, not in both",
    problem="{where} names {names}, and the launch template names {in_template}",
    why="EKS refuses the node group.",
    fix="keep the instance type in the launch template, whose interfaces fit it",
    source=_LAUNCH_TEMPLATES,
)
AMI_TYPE_MISFIT = Rule(
    id="EFA-NG-010",
    severity=Severity.ERROR,
    title="The AMI type fits the instance type",
    problem="{where} {ami_type} {misfit}",
    why="Nodes of the wrong architecture do not start, those without the driver offer no accelerators, and on Windows "
    "an EFA is a plain network interface.",
    fix="use {instead}",
    source=_AMIS,
)
AMI_TYPE_OUT_OF_DATE = Rule(
    id="EFA-NG-011",
    severity=Severity.WARNING,
    title="AWS still publishes AMIs of the AMI type",
    problem="{where} is {ami_type}, of which AWS has published no AMI since 2025-11-26",
    why="Nodes get no security updates any more, and EKS takes the type up to Kubernetes 1.32 only.",
    fix="use {instead}",
    source="https://docs.aws.amazon.com/eks/latest/userguide/eks-ami-deprecation-faqs.html",
)
AMI_TYPE_RETIRED = Rule(
    id="EFA-NG-012",
    severity=Severity.ERROR,
    title="EKS has AMIs of the AMI type for the cluster's Kubernetes version",
    problem="{where} is {ami_type}, and EKS has none for Kubernetes {version}: 1.32 was the last",
    why="EKS refuses the node group.",
    fix="use {instead}",
    source="https://docs.aws.amazon.com/eks/latest/userguide/eks-ami-deprecation-faqs.html",
)
AMI_TYPE_UNNAMED = Rule(
    id="EFA-NG-013",
    severity=Severity.WARNING,
    title="A node group of accelerated instances names its AMI type",
    problem="the node group names no AMI type, and {instance} needs one with the driver of its accelerators",
    why="What EKS takes where nothing is named has changed over time. Without the driver nodes offer no accelerators.",
    fix="set AmiType to {instead}",
    source=_AMIS,
)
AMI_IN_TWO_PLACES = Rule(
    id="EFA-NG-014",
    severity=Severity.ERROR,
    title="The AMI is named in the node group or in its launch template, not in both",
    problem="{where} is {ami_type}, and the launch template names an image",
    why="EKS refuses the node group.",
    fix="leave ImageId out of the launch template, or AmiType out of the node group",
    source=_LAUNCH_TEMPLATES,
)
AMI_OF_NOBODY = Rule(
    id="EFA-NG-015",
    severity=Severity.ERROR,
    title="A node group of the AMI type CUSTOM has its image in the launch template",
    problem="{where} is CUSTOM, and no launch template names an image",
    why="EKS refuses the node group.",
    fix="put ImageId into the launch template, or use another AMI type",
    source=_LAUNCH_TEMPLATES,
)
AMI_VERSION_WITH_IMAGE = Rule(
    id="EFA-NG-016",
    severity=Severity.ERROR,
    title="A node group whose image is in the launch template names no version",
    problem="{where} is set, and the launch template names an image",
    why="EKS refuses the node group: the image has its version.",
    fix="leave {where} out",
    source=_LAUNCH_TEMPLATES,
)
DISK_SIZE_WITH_TEMPLATE = Rule(
    id="EFA-NG-017",
    severity=Severity.ERROR,
    title="A node group with a launch template has the size of its disks there",
    problem="{where} is set beside a launch template",
    why="EKS refuses the node group.",
    fix="put the size into BlockDeviceMappings of the launch template",
    source=_LAUNCH_TEMPLATES,
)
REMOTE_ACCESS_WITH_TEMPLATE = Rule(
    id="EFA-NG-018",
    severity=Severity.ERROR,
    title="A node group with a launch template has its key pair there",
    problem="{where} is set beside a launch template",
    why="EKS refuses the node group.",
    fix="use Session Manager, or put KeyName and a security group for SSH into the launch template",
    source=_LAUNCH_TEMPLATES,
)
UNAVAILABLE_TWICE = Rule(
    id="EFA-NG-019",
    severity=Severity.ERROR,
    title="How many nodes an update may take is a number or a percentage, not both",
    problem="{where} has both MaxUnavailable and MaxUnavailablePercentage",
    why="EKS refuses the node group.",
    fix="keep one of them",
    source="https://docs.aws.amazon.com/eks/latest/APIReference/API_NodegroupUpdateConfig.html",
)
BLOCK_WITHOUT_MARKET = Rule(
    id="EFA-NG-020",
    severity=Severity.ERROR,
    title="The launch template of a Capacity Block has the market type capacity-block",
    problem="{where} is CAPACITY_BLOCK, and the launch template's market type is not capacity-block",
    why="EKS refuses the node group.",
    fix="set InstanceMarketOptions.MarketType to capacity-block in the launch template",
    source=_BLOCKS,
)
BLOCK_WITHOUT_RESERVATION = Rule(
    id="EFA-NG-021",
    severity=Severity.ERROR,
    title="A node group of a Capacity Block names its reservation",
    problem="{where} is {value}, but a Capacity Block needs the id of its reservation (cr-...)",
    why="EKS refuses the node group.",
    fix="give it, in CapacityReservationTarget of a launch template: 'aws ec2 describe-capacity-reservations' lists it",
    source=_BLOCKS,
)
BLOCK_WITHOUT_INSTANCE_TYPE = Rule(
    id="EFA-NG-022",
    severity=Severity.ERROR,
    title="A node group of a Capacity Block has its instance type in the launch template",
    problem="{where} is CAPACITY_BLOCK, and the launch template names no instance type",
    why="EKS refuses the node group.",
    fix="move the instance type into the launch template",
    source=_BLOCKS,
)
MARKET_OF_A_BLOCK = Rule(
    id="EFA-NG-023",
    severity=Severity.ERROR,
    title="A launch template of the market type capacity-block belongs to a node group of a Capacity Block",
    problem="the launch template's market type is capacity-block, and {where} is {capacity_type}",
    why="EKS refuses the node group.",
    fix="set CapacityType to CAPACITY_BLOCK",
    source=_BLOCKS,
)
MARKET_OPTIONS = Rule(
    id="EFA-NG-024",
    severity=Severity.ERROR,
    title="The launch template of a managed node group does not ask for Spot Instances",
    problem="{where} is {market}, and EKS takes capacity-block only",
    why="EKS refuses the node group: it sets the market of Spot Instances itself.",
    fix="leave InstanceMarketOptions out, and set CapacityType to SPOT",
    source=_LAUNCH_TEMPLATES,
)
SPOT_WITH_RESERVATION = Rule(
    id="EFA-NG-025",
    severity=Severity.ERROR,
    title="Spot Instances come from no reservation",
    problem="{where} is SPOT, which cannot use the reservation {reservation}",
    why="Reservations are of On-Demand Instances. The reservation is paid for and not used, or EC2 refuses the launch.",
    fix="use ON_DEMAND (Capacity.reservation()) or CAPACITY_BLOCK (Capacity.capacity_block())",
    source="https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-capacity-reservations.html",
)
SPOT = Rule(
    id="EFA-NG-026",
    severity=Severity.NOTE,
    title="Jobs of several nodes survive the end of one",
    problem="{where} is SPOT: an interruption of one node ends every job that spans it",
    why="EC2 takes Spot Instances back with two minutes' notice, often several of a placement group at once.",
    fix="write checkpoints, or use On-Demand Instances, a reservation or a Capacity Block",
    source="https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/spot-interruptions.html",
)
USAGE_CLASS = Rule(
    id="EFA-NG-027",
    severity=Severity.ERROR,
    title="EC2 offers the instance type in the way that the node group asks for",
    problem="{where} is {capacity_type}, but EC2 offers {instance} as {offered} only",
    why="EKS refuses the node group, or EC2 the launch.",
    fix="use a capacity type of the instance type, or another instance type",
    source="https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_InstanceTypeInfo.html",
)
LABELS_MISSING = Rule(
    id="EFA-NG-028",
    severity=Severity.WARNING,
    title="Nodes carry the labels by which device plugins find them",
    problem="{where} lacks {missing}, by which the device plugins select their nodes",
    why="Where a plugin does not run, nodes have interfaces and accelerators, and offer none to pods: jobs stay "
    "pending. Plugins that find their nodes by something else do not need the labels.",
    fix="set the labels to these values",
    source=_EFA_ON_EKS,
)
ILL_FORMED_NODE_KEY = Rule(
    id="EFA-NG-029",
    severity=Severity.ERROR,
    title="Labels and taints have keys that EKS takes",
    problem="{where} has the key '{key}', which is none",
    why="EKS refuses the node group.",
    fix="a key is [domain/]name of at most 63 letters, digits, '-', '_' and '.', beginning and ending with a letter or "
    "digit",
    source=_LABELS,
)
RESERVED_LABEL = Rule(
    id="EFA-NG-030",
    severity=Severity.ERROR,
    title="Labels have keys of one's own",
    problem="{where} has the key '{key}', but {domain} is reserved for EKS and Kubernetes",
    why="EKS refuses the node group, or the API server the node.",
    fix="use a domain of yours, or none",
    source="https://github.com/eksctl-io/eksctl/issues/4007",
)
ILL_FORMED_LABEL_VALUE = Rule(
    id="EFA-NG-031",
    severity=Severity.ERROR,
    title="Labels and taints have values that EKS takes",
    problem="{where} has the value '{value}' for '{key}', which EKS does not take",
    why="EKS refuses the node group. Unlike Kubernetes, it takes no empty value of a label.",
    fix="use at most 63 letters, digits, '-', '_' and '.', beginning and ending with a letter or digit, such as 'true'",
    source=_LABELS,
)
TOO_MANY_TAINTS = Rule(
    id="EFA-NG-032",
    severity=Severity.ERROR,
    title="A node group has no more taints than EKS takes",
    problem="{where} has {count} entries, but EKS accepts at most {maximum}",
    why="EKS refuses the node group.",
    fix="keep those that pods tolerate",
    source=_TAINTS,
)
TAINT_INCOMPLETE = Rule(
    id="EFA-NG-033",
    severity=Severity.ERROR,
    title="A taint has a key and an effect",
    problem="{where} has an entry without key or effect ({key!r})",
    why="EKS refuses the node group.",
    fix="give both",
    source=_TAINTS,
)
SAME_TAINT = Rule(
    id="EFA-NG-034",
    severity=Severity.ERROR,
    title="No taint stands twice",
    problem="{where} has '{key}' twice with the same effect",
    why="EKS refuses the node group.",
    fix="keep one of them",
    source=_TAINTS,
)
VERSION_OF_ANOTHER = Rule(
    id="EFA-NG-035",
    severity=Severity.WARNING,
    title="A new node group has the Kubernetes version of its cluster",
    problem="{where} is {version}, and the cluster's is {cluster_version}",
    why="EKS refuses to create a node group of another version. One that is there may stay behind its cluster while "
    "that is upgraded.",
    fix="leave Version out",
    source=_CREATE,
)
UNKNOWN_FAMILY = Rule(
    id="EFA-NG-036",
    severity=Severity.WARNING,
    title="The catalogue knows the family of the instance type",
    problem="{where} is {name}, of a family that the catalogue of {recorded} does not know: nothing about EFA was "
    "checked for it",
    why="A name that is misspelt EC2 refuses. A family that is newer than the catalogue may be right: but nobody has "
    "looked at its network cards, interfaces, AMI type, zones and pods here.",
    fix="correct it if you meant {hint}; otherwise see that EC2 has it ('aws ec2 describe-instance-types "
    "--instance-types {name}'), and use a newer efa-constructs, or check by hand",
    source="https://docs.aws.amazon.com/ec2/latest/instancetypes/instance-types.html",
)
UNPUBLISHED_INSTANCE_TYPE = Rule(
    id="EFA-NG-038",
    severity=Severity.WARNING,
    title="AWS publishes what EFA needs to be known about the instance type",
    problem="{where} is {name}: {unpublished}",
    why="The constructs refuse the type, for nobody can tell which interfaces it takes. A template with it may be "
    "right, but nothing about EFA was checked for it.",
    fix="use {alternatives}, or see that its interfaces are right ('aws ec2 describe-instance-types --instance-types "
    "{name}')",
    source="https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/efa-acc-inst-types.html",
)
FIXED_TEMPLATE_VERSION = Rule(
    id="EFA-NG-037",
    severity=Severity.WARNING,
    title="A node group gets the latest version of the launch template that is deployed with it",
    problem="{where} is {version}, so a change of {template} reaches no node",
    why="CloudFormation makes a new version of a launch template whenever that changes, and updates the node group "
    "only if its own properties change. A number stays what it is; EKS looks up $Latest and $Default once, when it "
    "makes or updates the group; and the default version, which counts where none is named, CloudFormation cannot set. "
    "Nodes go on with the old interfaces, security groups and user data, and nothing says so.",
    fix="set it to Fn::GetAtt {template}.LatestVersionNumber (attr_latest_version_number)",
    source="https://docs.aws.amazon.com/eks/latest/APIReference/API_LaunchTemplateSpecification.html",
)
TYPE_OF_NOBODY = Rule(
    id="EFA-NG-039",
    severity=Severity.ERROR,
    title="A node group with EFA names its instance type",
    problem="neither the node group nor its launch template names an instance type, and EKS takes {default} then, "
    "which has no EFA",
    why="EC2 refuses to launch an instance with interfaces that its type does not take, and the node group ends with "
    "AsgInstanceLaunchFailures.",
    fix="name the instance type in the launch template, whose interfaces fit it",
    source="https://docs.aws.amazon.com/eks/latest/APIReference/API_CreateNodegroup.html",
)
AMI_TOO_OLD = Rule(
    id="EFA-NG-040",
    severity=Severity.ERROR,
    title="The AMI release has the driver of the instance type",
    problem="{where} is {release}, and {instance} needs {driver}, which {ami_type} has since {oldest}",
    why="Nodes start and join, and offer no accelerators: pods that ask for them stay Pending.",
    fix="use the release of {oldest} or a newer one, or leave ReleaseVersion out",
    source="https://docs.aws.amazon.com/eks/latest/userguide/ml-eks-optimized-ami.html",
)
NODE_GROUP_RULES = (
    SIZES_IN_ORDER,
    ILL_FORMED_NAME,
    NO_SUBNET,
    SEVERAL_ZONES,
    SEVERAL_SUBNETS,
    UNKNOWN_INSTANCE_TYPE,
    SEVERAL_INSTANCE_TYPES,
    OTHER_KIND,
    INSTANCE_TYPE_IN_TWO_PLACES,
    AMI_TYPE_MISFIT,
    AMI_TYPE_OUT_OF_DATE,
    AMI_TYPE_RETIRED,
    AMI_TYPE_UNNAMED,
    AMI_IN_TWO_PLACES,
    AMI_OF_NOBODY,
    AMI_VERSION_WITH_IMAGE,
    DISK_SIZE_WITH_TEMPLATE,
    REMOTE_ACCESS_WITH_TEMPLATE,
    UNAVAILABLE_TWICE,
    BLOCK_WITHOUT_MARKET,
    BLOCK_WITHOUT_RESERVATION,
    BLOCK_WITHOUT_INSTANCE_TYPE,
    MARKET_OF_A_BLOCK,
    MARKET_OPTIONS,
    SPOT_WITH_RESERVATION,
    SPOT,
    USAGE_CLASS,
    LABELS_MISSING,
    ILL_FORMED_NODE_KEY,
    RESERVED_LABEL,
    ILL_FORMED_LABEL_VALUE,
    TOO_MANY_TAINTS,
    TAINT_INCOMPLETE,
    SAME_TAINT,
    VERSION_OF_ANOTHER,
    UNKNOWN_FAMILY,
    FIXED_TEMPLATE_VERSION,
    UNPUBLISHED_INSTANCE_TYPE,
    TYPE_OF_NOBODY,
    AMI_TOO_OLD,
)
