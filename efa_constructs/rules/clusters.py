"""Rules about EKS clusters, and who may get into them."""

from __future__ import annotations

from .rule import Rule, Severity

__all__ = [
    "CLUSTER_RULES",
    "CLUSTER_ZONES",
    "CNI_AFTER_NODES",
    "CNI_WITHOUT_EFA_ONLY",
    "ENTRIES_WITHOUT_API",
    "GROUPS_OF_NODES",
    "ILL_FORMED_VERSION",
    "KEY_OF_ANOTHER_REGION",
    "MANIFEST_BEFORE_ENTRY",
    "NODES_OUTSIDE_OF_RANGES",
    "NO_CONTROL_PLANE_LOGS",
    "NO_ENDPOINT",
    "NO_NETWORKING_ADD_ONS",
    "PUBLIC_ENDPOINT",
    "RANGES_WITHOUT_ENDPOINT",
    "RESERVED_KUBERNETES_GROUP",
    "SCOPE_WITHOUT_NAMESPACES",
    "SECRETS_WITHOUT_KEY",
    "SUBNETS_OF_TWO_VPCS",
    "SUPPORT_ENDED",
    "VERSION_NOT_OFFERED",
]

_ENDPOINT = "https://docs.aws.amazon.com/eks/latest/userguide/cluster-endpoint.html"
_VERSIONS = "https://docs.aws.amazon.com/eks/latest/userguide/kubernetes-versions.html"
_ENTRIES = "https://docs.aws.amazon.com/eks/latest/userguide/access-entries.html"

ENTRIES_WITHOUT_API = Rule(
    id="EFA-EKS-001",
    severity=Severity.ERROR,
    title="A cluster with access entries has an authentication mode that reads them",
    problem="the authentication mode of {cluster} is {mode}, and {entry} is an access entry for it",
    why="EKS refuses access entries of a cluster whose mode is CONFIG_MAP, and that is the mode where none is given.",
    fix="set AccessConfig.AuthenticationMode (authentication_mode of CDK's Cluster) to API, or to API_AND_CONFIG_MAP",
    source=_ENTRIES,
)
MANIFEST_BEFORE_ENTRY = Rule(
    id="EFA-EKS-002",
    severity=Severity.ERROR,
    title="Manifests are applied after the access entry that lets kubectl into the cluster",
    problem="{manifest} does not depend on {entry}, which lets kubectl's role into the cluster",
    why="CloudFormation may apply the manifest first, and the API server refuses it. CDK adds the dependency on its "
    "own clusters, and forgets it on imported ones.",
    fix="add the dependency (manifest.node.add_dependency(access_entry), DependsOn), or use KubectlAccess",
    source="https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-dependson.html",
)
PUBLIC_ENDPOINT = Rule(
    id="EFA-EKS-003",
    severity=Severity.WARNING,
    title="Not everybody reaches the API server",
    problem="the API server answers the whole internet (0.0.0.0/0)",
    why="Requests need credentials in any case. Stolen ones work from anywhere, though, and so does the next flaw of "
    "the API server.",
    fix="give PublicAccessCidrs, or a private endpoint alone (endpoint_access of CDK's Cluster: "
    "EndpointAccess.PUBLIC_AND_PRIVATE.only_from(...), or EndpointAccess.PRIVATE)",
    source=_ENDPOINT,
)
NO_ENDPOINT = Rule(
    id="EFA-EKS-004",
    severity=Severity.ERROR,
    title="The API server has an endpoint",
    problem="neither the public nor the private endpoint is on",
    why="EKS refuses the cluster: nobody could reach it.",
    fix="set EndpointPrivateAccess to true (endpoint_access of CDK's Cluster)",
    source=_ENDPOINT,
)
RANGES_WITHOUT_ENDPOINT = Rule(
    id="EFA-EKS-005",
    severity=Severity.WARNING,
    title="Ranges of a public endpoint are given only where there is one",
    problem="{where} is {cidrs}, but there is no public endpoint",
    why="EKS ignores the ranges: the endpoint is private, and answers only inside the VPC and what is connected to it.",
    fix="leave the ranges out, or turn the public endpoint on",
    source=_ENDPOINT,
)
NO_CONTROL_PLANE_LOGS = Rule(
    id="EFA-EKS-006",
    severity=Severity.NOTE,
    title="The control plane writes logs",
    problem="the control plane writes no {missing} logs",
    why="Without the audit log nobody can tell who changed what. They cost what Amazon CloudWatch Logs costs.",
    fix="turn on the logs in Logging.ClusterLogging.EnabledTypes (cluster_logging of CDK's Cluster)",
    source="https://docs.aws.amazon.com/eks/latest/userguide/control-plane-logs.html",
)
SECRETS_WITHOUT_KEY = Rule(
    id="EFA-EKS-007",
    severity=Severity.NOTE,
    title="Secrets are encrypted by a key of one's own",
    problem="Kubernetes secrets are encrypted by a key of AWS, not by one of yours",
    why="A key of one's own shows in AWS CloudTrail who used it, and can be taken away. EKS encrypts with one of its "
    "own since Kubernetes 1.28.",
    fix="give EncryptionConfig a KMS key (secrets_encryption_key of CDK's Cluster)",
    source="https://docs.aws.amazon.com/eks/latest/userguide/enable-kms.html",
)
VERSION_NOT_OFFERED = Rule(
    id="EFA-EKS-008",
    severity=Severity.ERROR,
    title="EKS offers the Kubernetes version",
    problem="{where} is {version}, which EKS does not offer any more",
    why="EKS refuses a new cluster of a version whose extended support has ended, and upgrades those that it has.",
    fix="use {newest}, or another that 'aws eks describe-cluster-versions' lists",
    source=_VERSIONS,
)
SUPPORT_ENDED = Rule(
    id="EFA-EKS-009",
    severity=Severity.NOTE,
    title="The Kubernetes version is in standard support",
    problem="standard support of {where} {version} ended on {end}",
    why="EKS charges several times as much for a cluster in extended support, and upgrades it when that ends.",
    fix="use {newest}",
    source=_VERSIONS,
)
ILL_FORMED_VERSION = Rule(
    id="EFA-EKS-010",
    severity=Severity.ERROR,
    title="A Kubernetes version is a minor version",
    problem="{where} must be a minor version such as '{newest}', got {version!r}",
    why="EKS refuses the cluster: it chooses the patch version.",
    fix="leave out the patch version, and quote it: YAML takes 1.30 for 1.3",
    source=_VERSIONS,
)
CLUSTER_ZONES = Rule(
    id="EFA-EKS-011",
    severity=Severity.ERROR,
    title="The subnets of a cluster are in two Availability Zones at least",
    problem="{where} must be at least two different zones, got {zones}",
    why="EKS refuses the cluster: its control plane runs in two zones. Nodes with EFA are in one all the same.",
    fix="add a subnet in another zone",
    source="https://docs.aws.amazon.com/eks/latest/userguide/network-reqs.html",
)
SUBNETS_OF_TWO_VPCS = Rule(
    id="EFA-EKS-012",
    severity=Severity.ERROR,
    title="The subnets of a cluster are in one VPC",
    problem="{where} has subnets of the VPCs {vpcs}",
    why="EKS refuses the cluster.",
    fix="keep the subnets of one VPC",
    source="https://docs.aws.amazon.com/eks/latest/userguide/network-reqs.html",
)
RESERVED_KUBERNETES_GROUP = Rule(
    id="EFA-EKS-013",
    severity=Severity.ERROR,
    title="The Kubernetes groups of an access entry are one's own",
    problem="{where} has {group}, and the prefix {prefix} is reserved",
    why="EKS refuses the access entry. Rights such as those of system:masters come from an access policy.",
    fix="use a group of your own, or an access policy such as AmazonEKSClusterAdminPolicy",
    source="https://docs.aws.amazon.com/eks/latest/APIReference/API_CreateAccessEntry.html",
)
GROUPS_OF_NODES = Rule(
    id="EFA-EKS-014",
    severity=Severity.ERROR,
    title="Access entries of nodes name no groups, users or access policies",
    problem="{where} is set, and the type of the access entry is {type}",
    why="EKS refuses the access entry: its type says already what nodes may do. Of the types for nodes, only EC2, "
    "which is EKS Auto Mode's, takes access policies.",
    fix="leave the property out, or use the type STANDARD",
    source="https://docs.aws.amazon.com/eks/latest/APIReference/API_CreateAccessEntry.html",
)
SCOPE_WITHOUT_NAMESPACES = Rule(
    id="EFA-EKS-015",
    severity=Severity.ERROR,
    title="An access policy for namespaces names them",
    problem="{where} is of the type namespace, and names none",
    why="EKS refuses the access policy.",
    fix="name the namespaces, or use the type cluster",
    source="https://docs.aws.amazon.com/eks/latest/APIReference/API_AccessScope.html",
)
CNI_WITHOUT_EFA_ONLY = Rule(
    id="EFA-EKS-016",
    severity=Severity.ERROR,
    title="The VPC CNI of a cluster whose nodes have efa-only interfaces knows them",
    problem="{where} is {version}, and node group {group} has efa-only interfaces, which need {minimum} or newer",
    why="Older versions of the VPC CNI take an efa-only interface, which has no address, for one of their own.",
    fix="use {minimum} or newer, or leave AddonVersion out",
    source="https://docs.aws.amazon.com/eks/latest/userguide/node-efa.html",
)
KEY_OF_ANOTHER_REGION = Rule(
    id="EFA-EKS-017",
    severity=Severity.ERROR,
    title="The KMS key of a cluster's secrets is in the Region of the cluster",
    problem="{where} is a key of {region}, and the stack is in {own}",
    why="EKS refuses the cluster: it encrypts with keys of its own Region alone. A multi-Region key has an ARN in each "
    "of its Regions.",
    fix="use a key of {own}; make or replicate one there",
    source="https://docs.aws.amazon.com/eks/latest/userguide/enable-kms.html",
)
NO_NETWORKING_ADD_ONS = Rule(
    id="EFA-EKS-018",
    severity=Severity.ERROR,
    title="A cluster has a network plugin, kube-proxy and CoreDNS",
    problem="BootstrapSelfManagedAddons is false, and these templates bring no {missing}",
    why="Without a network plugin no node becomes ready, and the node group ends with NodeCreationFailure. Without the "
    "others pods find no services and no names: mpirun reaches no worker.",
    fix="add an add-on (AWS::EKS::Addon) for each of {missing}, or leave BootstrapSelfManagedAddons "
    "(bootstrap_self_managed_addons of CDK's Cluster) out",
    source="https://docs.aws.amazon.com/eks/latest/APIReference/API_CreateCluster.html",
)
CNI_AFTER_NODES = Rule(
    id="EFA-EKS-020",
    severity=Severity.ERROR,
    title="The VPC CNI does not wait for nodes",
    problem="{add_on}, the VPC CNI of a cluster with BootstrapSelfManagedAddons false, is made after the node group "
    "{group}",
    why="A node is ready only once its network plugin runs, and CloudFormation waits for that: the node group ends "
    "with NodeCreationFailure before the add-on is made. It is different with CoreDNS, whose pods need a node.",
    fix="let the node group depend on {add_on} (node.add_dependency(), DependsOn), not the other way round",
    source="https://docs.aws.amazon.com/eks/latest/APIReference/API_CreateCluster.html",
)
NODES_OUTSIDE_OF_RANGES = Rule(
    id="EFA-EKS-019",
    severity=Severity.WARNING,
    title="Nodes reach the API server",
    problem="the API server has no private endpoint, and its public one answers {cidrs} alone, where the NAT gateway "
    "of {group} has no address yet",
    why="Nodes then leave the VPC to reach the API server, and are refused where the address of their NAT gateway is "
    "not in the ranges: they do not join, and the node group ends with NodeCreationFailure.",
    fix="turn the private endpoint on as well (EndpointPrivateAccess; endpoint_access of CDK's Cluster), or add the "
    "addresses of the NAT gateways to the ranges",
    source=_ENDPOINT,
)
CLUSTER_RULES = (
    ENTRIES_WITHOUT_API,
    MANIFEST_BEFORE_ENTRY,
    PUBLIC_ENDPOINT,
    NO_ENDPOINT,
    RANGES_WITHOUT_ENDPOINT,
    NO_CONTROL_PLANE_LOGS,
    SECRETS_WITHOUT_KEY,
    VERSION_NOT_OFFERED,
    SUPPORT_ENDED,
    ILL_FORMED_VERSION,
    CLUSTER_ZONES,
    SUBNETS_OF_TWO_VPCS,
    RESERVED_KUBERNETES_GROUP,
    GROUPS_OF_NODES,
    SCOPE_WITHOUT_NAMESPACES,
    CNI_WITHOUT_EFA_ONLY,
    KEY_OF_ANOTHER_REGION,
    NO_NETWORKING_ADD_ONS,
    NODES_OUTSIDE_OF_RANGES,
    CNI_AFTER_NODES,
)
