"""Rules about launch templates: what their nodes are launched with, and where."""

from __future__ import annotations

from .rule import Rule, Severity

__all__ = [
    "BLOCK_IN_PLACEMENT_GROUP",
    "DEVICE_NAMED_TWICE",
    "GROUPS_IN_TWO_PLACES",
    "HOP_LIMIT",
    "ILL_FORMED_RESERVATION",
    "IMAGE_WITHOUT_CLUSTER",
    "INSTANCE_PROFILE",
    "IOPS_MISSING",
    "KEY_OF_ANOTHER_REGION",
    "LAUNCH_TEMPLATE_RULES",
    "MAX_PODS",
    "METADATA_REACHES_PODS",
    "METADATA_WITHOUT_TOKENS",
    "NODE_CONFIG_WITHOUT_KIND",
    "NOT_CLUSTERED",
    "NO_PLACEMENT_GROUP",
    "RESERVATION_IN_NEW_PLACEMENT_GROUP",
    "RESERVATION_NOT_PREFERRED",
    "RESERVATION_OF_OTHERS",
    "SCRIPT_WITHOUT_SHELL",
    "SHUTDOWN_BEHAVIOUR",
    "STRATEGY_NOT_SUPPORTED",
    "TWO_RESERVATIONS",
    "UNENCRYPTED_VOLUME",
    "UNREAD_PART",
    "USER_DATA_FORMAT",
    "USER_DATA_NOT_BASE64",
    "USER_DATA_TOO_LONG",
    "VOLUME_MISFIT",
    "VOLUME_OF_ANOTHER_DEVICE",
    "VOLUME_TOO_SMALL",
]

_LAUNCH_TEMPLATES = "https://docs.aws.amazon.com/eks/latest/userguide/launch-templates.html"
_USER_DATA = "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/user-data.html"
_METADATA = (
    "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_LaunchTemplateInstanceMetadataOptionsRequest.html"
)
_VOLUMES = "https://docs.aws.amazon.com/ebs/latest/userguide/ebs-volume-types.html"
_PLACEMENT = "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/placement-strategies.html"
_RESERVATIONS = "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-capacity-reservations.html"
_BLOCKS = "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-capacity-blocks.html"

INSTANCE_PROFILE = Rule(
    id="EFA-LT-001",
    severity=Severity.ERROR,
    title="The launch template of a managed node group names no instance profile",
    problem="{where} names an instance profile",
    why="EKS refuses the node group: it makes a profile of the node role.",
    fix="leave IamInstanceProfile out, and give the node group the role",
    source=_LAUNCH_TEMPLATES,
)
SHUTDOWN_BEHAVIOUR = Rule(
    id="EFA-LT-002",
    severity=Severity.ERROR,
    title="The launch template of a managed node group says nothing about shutdown and hibernation",
    problem="{where} sets {setting}",
    why="EKS refuses the node group.",
    fix="leave {setting} out",
    source=_LAUNCH_TEMPLATES,
)
GROUPS_IN_TWO_PLACES = Rule(
    id="EFA-LT-003",
    severity=Severity.ERROR,
    title="A launch template with interfaces has its security groups there",
    problem="the template has {setting} beside NetworkInterfaces",
    why="EC2 refuses to launch an instance whose security groups are named in both places.",
    fix="leave {setting} out, and list the groups on every interface",
    source=_LAUNCH_TEMPLATES,
)
USER_DATA_NOT_BASE64 = Rule(
    id="EFA-LT-004",
    severity=Severity.ERROR,
    title="User data is encoded in base64",
    problem="{where} is not encoded in base64",
    why="EC2 refuses the launch template.",
    fix="put Fn::Base64 around it",
    source=_USER_DATA,
)
USER_DATA_FORMAT = Rule(
    id="EFA-LT-005",
    severity=Severity.ERROR,
    title="User data is in the format that the AMI type takes",
    problem="{where} starts with {start} and is no {format}, which nodes of {ami_type} need",
    why="EKS merges its own part into the user data of a managed node group, and cannot merge it into anything else.",
    fix="write MIME multi-part for Amazon Linux (MimePart.shell_script(), MimePart.node_config()), TOML for "
    "Bottlerocket",
    source=_LAUNCH_TEMPLATES + "#launch-template-user-data",
)
USER_DATA_TOO_LONG = Rule(
    id="EFA-LT-006",
    severity=Severity.ERROR,
    title="User data is no longer than EC2 takes",
    problem="{where} makes a document of {size} bytes, but EC2 takes {maximum}",
    why="EC2 refuses the launch template.",
    fix="keep scripts in Amazon S3, and fetch them in a short one",
    source=_USER_DATA,
)
UNREAD_PART = Rule(
    id="EFA-LT-007",
    severity=Severity.ERROR,
    title="Nodes read every part of the user data",
    problem="{where} is {type}, but cloud-init and nodeadm read: {allowed}",
    why="cloud-init passes over a part of a type that it does not know, and what it should do does not happen.",
    fix="give the part its own content type",
    source="https://cloudinit.readthedocs.io/en/latest/explanation/format.html",
)
SCRIPT_WITHOUT_SHELL = Rule(
    id="EFA-LT-008",
    severity=Severity.ERROR,
    title="A script of the user data names its shell",
    problem="{where} starts with {start}, where a script starts with '#!' and its shell",
    why="cloud-init cannot run it, and what it should do does not happen.",
    fix="begin with #!/bin/bash",
    source=_USER_DATA,
)
NODE_CONFIG_WITHOUT_KIND = Rule(
    id="EFA-LT-009",
    severity=Severity.ERROR,
    title="What nodeadm gets is a NodeConfig",
    problem="{where} is no YAML with an apiVersion of node.eks.aws and 'kind: NodeConfig'",
    why="nodeadm refuses the document, and the node does not join its cluster.",
    fix="write apiVersion: node.eks.aws/v1alpha1 and kind: NodeConfig",
    source="https://awslabs.github.io/amazon-eks-ami/nodeadm/",
)
HOP_LIMIT = Rule(
    id="EFA-LT-010",
    severity=Severity.ERROR,
    title="The hop limit of instance metadata is one that EC2 takes",
    problem="{where} must be from 1 to {maximum}, got {limit}",
    why="EC2 refuses the launch template.",
    fix="use 1, or 2 where pods need instance metadata",
    source=_METADATA,
)
METADATA_WITHOUT_TOKENS = Rule(
    id="EFA-LT-011",
    severity=Severity.WARNING,
    title="Instance metadata wants a session token (IMDSv2)",
    problem="{where} is {tokens}, so instance metadata may answer without a session token",
    why="A program that can be made to fetch an address then gives the node role's credentials away. Where the "
    "template says nothing, the AMI and the account decide.",
    fix="set HttpTokens to required",
    source=_METADATA,
)
METADATA_REACHES_PODS = Rule(
    id="EFA-LT-012",
    severity=Severity.NOTE,
    title="Pods do not get the credentials of the node role",
    problem="{where} is {limit}: pods that are not on the host network get the credentials of the node role, too",
    why="With more than one hop, instance metadata answers in containers. Jobs then may do what nodes may.",
    fix="use 1, and give pods roles of their own (EKS Pod Identity)",
    source="https://docs.aws.amazon.com/eks/latest/best-practices/identity-and-access-management.html",
)
UNENCRYPTED_VOLUME = Rule(
    id="EFA-LT-013",
    severity=Severity.WARNING,
    title="Volumes are encrypted",
    problem="{where} does not ask for encryption",
    why="Unless the account encrypts by default, images, checkpoints and data lie there unencrypted.",
    fix="set Encrypted to true",
    source="https://docs.aws.amazon.com/ebs/latest/userguide/ebs-encryption.html",
)
DEVICE_NAMED_TWICE = Rule(
    id="EFA-LT-014",
    severity=Severity.ERROR,
    title="Every block device is named once",
    problem="{where} has {device}, which is taken",
    why="EC2 refuses to launch the instance.",
    fix="name every device once",
    source="https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/block-device-mapping-concepts.html",
)
VOLUME_TOO_SMALL = Rule(
    id="EFA-LT-015",
    severity=Severity.ERROR,
    title="The root volume has room for the AMI's snapshot",
    problem="{where} is {size} GiB, but the snapshot of {ami_type} needs at least {smallest} GiB",
    why="EC2 refuses to launch the instance, and the node group ends with AsgInstanceLaunchFailures.",
    fix="give it {smallest} GiB or more; images of training containers alone take tens",
    source="https://github.com/awslabs/amazon-eks-ami/blob/main/templates/al2023/template.json",
)
VOLUME_MISFIT = Rule(
    id="EFA-LT-016",
    severity=Severity.ERROR,
    title="A volume is as its type allows",
    problem="{where} is {value}, but a {type} volume can have {allowed}",
    why="EC2 refuses to launch the instance.",
    fix="stay within the limits of the type, or use gp3",
    source=_VOLUMES,
)
IOPS_MISSING = Rule(
    id="EFA-LT-017",
    severity=Severity.ERROR,
    title="A volume of type io1 or io2 says how many IOPS it has",
    problem="{where} is of type {type}, and does not say how many IOPS it has",
    why="EC2 refuses to launch the instance.",
    fix="give the number of IOPS, or use gp3, which has 3000",
    source=_VOLUMES,
)
NO_PLACEMENT_GROUP = Rule(
    id="EFA-LT-018",
    severity=Severity.WARNING,
    title="Nodes with EFA are in a cluster placement group, or come from a reservation",
    problem="the nodes are in no placement group, so they may land far from each other",
    why="A cluster placement group puts nodes close together in the network. Without one, latency is higher, and "
    "bandwidth between some of them lower. A reservation or Capacity Block places its nodes itself.",
    fix="name a placement group of strategy cluster in the launch template",
    source=_PLACEMENT,
)
NOT_CLUSTERED = Rule(
    id="EFA-LT-019",
    severity=Severity.WARNING,
    title="The placement group of nodes with EFA has the strategy cluster",
    problem="the strategy of {group} is {strategy}, which keeps nodes apart",
    why="Nodes that are apart have higher latency, and less bandwidth between each other.",
    fix="use the strategy cluster",
    source=_PLACEMENT,
)
STRATEGY_NOT_SUPPORTED = Rule(
    id="EFA-LT-020",
    severity=Severity.ERROR,
    title="The instance type supports the strategy of its placement group",
    problem="{group} has the strategy {strategy}, and {instance} supports {supported}",
    why="EC2 refuses to launch the instance.",
    fix="leave the placement group out, or choose another instance type",
    source=_PLACEMENT,
)
BLOCK_IN_PLACEMENT_GROUP = Rule(
    id="EFA-LT-021",
    severity=Severity.ERROR,
    title="Nodes of a Capacity Block are in no placement group",
    problem="{where} is {group}, but a Capacity Block decides where its instances are placed",
    why="EC2 places a Capacity Block in an UltraCluster, and refuses to launch it into a placement group.",
    fix="leave the placement group out",
    source=_BLOCKS,
)
RESERVATION_IN_NEW_PLACEMENT_GROUP = Rule(
    id="EFA-LT-022",
    severity=Severity.WARNING,
    title="Nodes of a reservation are in no placement group but the reservation's own",
    problem="{group} is a new placement group, and the nodes come from a reservation, which has no instances in it",
    why="A reservation that was made outside of the placement group may lie elsewhere. Nodes then fail with "
    "InsufficientInstanceCapacity although the reservation has room.",
    fix="leave the placement group out, or name the one that the reservation was made in",
    source="https://github.com/eksctl-io/eksctl/issues/7949",
)
ILL_FORMED_RESERVATION = Rule(
    id="EFA-LT-023",
    severity=Severity.ERROR,
    title="A capacity reservation is named by its id, a group of them by its ARN",
    problem="{where} is {value}, which is not of the form {example}",
    why="EC2 refuses to launch the instance.",
    fix="copy it from 'aws ec2 describe-capacity-reservations', or from the console",
    source=_RESERVATIONS,
)
TWO_RESERVATIONS = Rule(
    id="EFA-LT-024",
    severity=Severity.ERROR,
    title="Nodes come from a reservation, or from a group of reservations",
    problem="{where} names the reservation {reservation} and the group of reservations {group}, which exclude each "
    "other",
    why="EC2 refuses the launch template.",
    fix="give one of them",
    source=_RESERVATIONS,
)
MAX_PODS = Rule(
    id="EFA-LT-025",
    severity=Severity.WARNING,
    title="Nodes take no more pods than they have addresses for",
    problem="nodes of {group} take {taken} pods, and the interfaces of {instance} leave addresses for {usable}",
    why="The kubelet of Amazon Linux 2023 and Bottlerocket counts an address for every interface that fits on network "
    "card 0, also where an efa-only interface stands, which has none. Pods beyond stay in ContainerCreating, for the "
    "VPC CNI has no address for them. It has more where it hands out prefixes (ENABLE_PREFIX_DELEGATION) or uses all "
    "cards (ENABLE_MULTI_NIC), which the templates do not say.",
    fix="let a script of the user data write 'maxPods: {usable}' in a NodeConfig into /etc/eks/nodeadm.d "
    "(Bottlerocket: settings.kubernetes.max-pods), as EfaLaunchTemplate does; a NodeConfig part may lose to "
    "EKS's own",
    source="https://github.com/awslabs/amazon-eks-ami/blob/main/nodeadm/internal/kubelet/eni_max_pods.go",
)
KEY_OF_ANOTHER_REGION = Rule(
    id="EFA-LT-026",
    severity=Severity.ERROR,
    title="The KMS key of a volume is in the Region of the volume",
    problem="{where} is a key of {region}, and the stack is in {own}",
    why="Amazon EBS encrypts with keys of its own Region alone: no instance starts. A multi-Region key has an ARN in "
    "each of its Regions.",
    fix="use a key of {own}; make or replicate one there",
    source="https://docs.aws.amazon.com/kms/latest/developerguide/multi-region-keys-overview.html",
)
IMAGE_WITHOUT_CLUSTER = Rule(
    id="EFA-LT-027",
    severity=Severity.WARNING,
    title="Nodes of an image of one's own are told their cluster",
    problem="the image of the nodes is {image}, and {told}",
    why="EKS adds nothing to the user data of a launch template that names its image: unless the image itself knows "
    "its cluster, the nodes start and do not join, and the node group ends with NodeCreationFailure.",
    fix="give the name, API server endpoint, certificate authority and service range of the cluster in a NodeConfig "
    "(Bottlerocket: settings.kubernetes), or leave ImageId out and name an AMI type",
    source="https://docs.aws.amazon.com/eks/latest/userguide/launch-templates.html#launch-template-custom-ami",
)
VOLUME_OF_ANOTHER_DEVICE = Rule(
    id="EFA-LT-028",
    severity=Severity.WARNING,
    title="The volume that is made larger is the one that images and pods fill",
    problem="the launch template has volumes at {devices}, and nodes of {ami_type} keep images, logs and files of pods "
    "at {own}, which stays as small as the AMI has it",
    why="The volume at another device is there, empty, and costs money. An image of a training container alone may "
    "fill the other one: the kubelet then evicts pods (DiskPressure).",
    fix="name the volume {own}",
    source="https://docs.aws.amazon.com/eks/latest/userguide/launch-templates.html",
)
RESERVATION_OF_OTHERS = Rule(
    id="EFA-LT-029",
    severity=Severity.ERROR,
    title="A reservation is of the instance type and the zone of its nodes, and has room for them",
    problem="the reservation {reservation} is {reserved}, and node group {group} {wants}",
    why="EC2 launches no instance into a reservation of something else, nor more than it is for: nodes are missing, "
    "and the node group ends with AsgInstanceLaunchFailures. The reservation costs money all the same.",
    fix="reserve what the nodes are: the instance type, the zone of the subnet, and as many as DesiredSize",
    source="https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-capacity-reservations.html",
)
RESERVATION_NOT_PREFERRED = Rule(
    id="EFA-LT-030",
    severity=Severity.ERROR,
    title="A launch template that names a reservation prefers no other capacity",
    problem="{where} is {preference}, and the launch template names the reservation {reservation}",
    why="EC2 takes both only where the preference is capacity-reservations-only, and refuses the launch otherwise.",
    fix="leave CapacityReservationPreference out, or set it to capacity-reservations-only",
    source="https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CapacityReservationSpecification.html",
)
LAUNCH_TEMPLATE_RULES = (
    INSTANCE_PROFILE,
    SHUTDOWN_BEHAVIOUR,
    GROUPS_IN_TWO_PLACES,
    USER_DATA_NOT_BASE64,
    USER_DATA_FORMAT,
    USER_DATA_TOO_LONG,
    UNREAD_PART,
    SCRIPT_WITHOUT_SHELL,
    NODE_CONFIG_WITHOUT_KIND,
    HOP_LIMIT,
    METADATA_WITHOUT_TOKENS,
    METADATA_REACHES_PODS,
    UNENCRYPTED_VOLUME,
    DEVICE_NAMED_TWICE,
    VOLUME_TOO_SMALL,
    VOLUME_MISFIT,
    IOPS_MISSING,
    NO_PLACEMENT_GROUP,
    NOT_CLUSTERED,
    STRATEGY_NOT_SUPPORTED,
    BLOCK_IN_PLACEMENT_GROUP,
    RESERVATION_IN_NEW_PLACEMENT_GROUP,
    ILL_FORMED_RESERVATION,
    TWO_RESERVATIONS,
    MAX_PODS,
    KEY_OF_ANOTHER_REGION,
    IMAGE_WITHOUT_CLUSTER,
    VOLUME_OF_ANOTHER_DEVICE,
    RESERVATION_OF_OTHERS,
    RESERVATION_NOT_PREFERRED,
)
