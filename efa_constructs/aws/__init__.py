"""AWS CDK constructs for nodes that talk over Elastic Fabric Adapter (EFA)."""

from .capacity import Capacity, CapacityType
from .cluster import EfaCluster
from .cluster_manifests import ClusterManifests
from .eks_image_registry import EksImageRegistry
from .kubectl_access import KubectlAccess
from .launch_template import EfaLaunchTemplate
from .network import EfaNetwork
from .node_group import EfaNodeGroup, EfaNodes
from .rule_validation import EfaRules
from .security_group import EfaSecurityGroup
from .user_data import MimePart

__all__ = [
    "Capacity",
    "CapacityType",
    "ClusterManifests",
    "EfaCluster",
    "EfaLaunchTemplate",
    "EfaNetwork",
    "EfaNodeGroup",
    "EfaNodes",
    "EfaRules",
    "EfaSecurityGroup",
    "EksImageRegistry",
    "KubectlAccess",
    "MimePart",
]
