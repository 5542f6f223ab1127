"""What EFA can do on each EC2 instance type: data, and pure functions over it.

    from efa_constructs import catalogue

    catalogue.get("p5.48xlarge").maximum_efa_interfaces     # 32
    catalogue.network_interfaces("p5.48xlarge", "default")   # an ENA interface and 32 EFA-only ones

Nothing here asks AWS: the data is generated (``python -m efa_constructs.catalogue.generate``) and committed.
"""

from __future__ import annotations

from .allocatable import (
    DAEMON_SETS_CPU_MILLICORES,
    DAEMON_SETS_MEMORY_MIB,
    HUGEPAGES_RESOURCE,
    Allocatable,
    allocatable,
    node_allocatable,
)
from .ami_parameters import ami_parameter
from .ami_types import AMI_TYPES, AmiType, AmiTypeMisfit, ami_type_misfit, check_ami_type, default_ami_type
from .availability_zones import AvailabilityZone, availability_zones, region_of_zone, regions
from .compute_capabilities import compute_capability
from .device_plugins import DevicePlugin, DevicePluginNeed, device_plugins_needed
from .extended_resources import (
    DEVICE_CLASSES,
    DEVICE_RESOURCES,
    EFA_RESOURCE,
    GPU_RESOURCE,
    NEURON_CORE_RESOURCE,
    NEURON_RESOURCE,
    accelerator_resource,
)
from .gpu_direct import has_gpu_direct_rdma
from .image_registries import EKS_IMAGE_REGISTRIES, eks_image_registry
from .instance_types import Accelerator, InstanceStore, InstanceType, NetworkCard
from .interfaces import (
    EFA_INTERFACE_TYPES,
    InterfaceLayout,
    MaxPods,
    NetworkInterface,
    efa_interface_count,
    ipv4_addresses_used,
    managed_pod_limit,
    max_pods,
    network_interfaces,
)
from .labels import (
    EFA_LABEL,
    GPU_LABEL,
    INSTANCE_TYPE_LABEL,
    NEURON_LABEL,
    NODE_GROUP_LABEL,
    NVIDIA_DEVICE_PLUGIN_LABEL,
    node_labels,
)
from .node_group_health import HealthIssueMeaning, health_issue_meaning
from .published_runs import PublishedRun, published_runs
from .search import all_instance_types, find, get
from .vcpu_quotas import VcpuQuota, vcpu_quota
from .vpc_cni import (
    MINIMUM_WITH_EFA,
    MINIMUM_WITH_EFA_ONLY,
    supports_efa,
    supports_efa_only,
    warm_pool_addresses,
)

__all__ = [
    "AMI_TYPES",
    "DAEMON_SETS_CPU_MILLICORES",
    "DAEMON_SETS_MEMORY_MIB",
    "DEVICE_CLASSES",
    "DEVICE_RESOURCES",
    "EFA_INTERFACE_TYPES",
    "EFA_LABEL",
    "EFA_RESOURCE",
    "EKS_IMAGE_REGISTRIES",
    "GPU_LABEL",
    "GPU_RESOURCE",
    "HUGEPAGES_RESOURCE",
    "INSTANCE_TYPE_LABEL",
    "MINIMUM_WITH_EFA",
    "MINIMUM_WITH_EFA_ONLY",
    "NEURON_CORE_RESOURCE",
    "NEURON_LABEL",
    "NEURON_RESOURCE",
    "NODE_GROUP_LABEL",
    "NVIDIA_DEVICE_PLUGIN_LABEL",
    "Accelerator",
    "Allocatable",
    "AmiType",
    "AmiTypeMisfit",
    "AvailabilityZone",
    "DevicePlugin",
    "DevicePluginNeed",
    "HealthIssueMeaning",
    "InstanceStore",
    "InstanceType",
    "InterfaceLayout",
    "MaxPods",
    "NetworkCard",
    "NetworkInterface",
    "PublishedRun",
    "VcpuQuota",
    "accelerator_resource",
    "all_instance_types",
    "allocatable",
    "ami_parameter",
    "ami_type_misfit",
    "availability_zones",
    "check_ami_type",
    "compute_capability",
    "default_ami_type",
    "device_plugins_needed",
    "efa_interface_count",
    "eks_image_registry",
    "find",
    "get",
    "has_gpu_direct_rdma",
    "health_issue_meaning",
    "ipv4_addresses_used",
    "managed_pod_limit",
    "max_pods",
    "network_interfaces",
    "node_allocatable",
    "node_labels",
    "published_runs",
    "region_of_zone",
    "regions",
    "supports_efa",
    "supports_efa_only",
    "vcpu_quota",
    "warm_pool_addresses",
]
