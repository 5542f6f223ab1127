"""The checks of all rules, one file a topic."""

from __future__ import annotations

from ..check import Check
from .access import ACCESS_CHECKS
from .acknowledgements import ACKNOWLEDGEMENT_CHECKS
from .amis import AMI_CHECKS
from .capacity import CAPACITY_CHECKS
from .clusters import CLUSTER_CHECKS
from .definitions import DEFINITION_CHECKS
from .device_plugins import DEVICE_PLUGIN_CHECKS
from .gangs import GANG_CHECKS
from .iam import IAM_CHECKS
from .interfaces import INTERFACE_CHECKS
from .labels_and_taints import LABEL_AND_TAINT_CHECKS
from .launch_templates import LAUNCH_TEMPLATE_CHECKS
from .manifests import MANIFEST_CHECKS
from .max_pods import MAX_PODS_CHECKS
from .mpi_jobs import MPI_JOB_CHECKS
from .mpi_operator import MPI_OPERATOR_CHECKS
from .names import NAME_CHECKS
from .networks import NETWORK_CHECKS
from .node_groups import NODE_GROUP_CHECKS
from .operators_own import OPERATORS_OWN_CHECKS
from .placement import PLACEMENT_CHECKS
from .pods import POD_CHECKS
from .queues import QUEUE_CHECKS
from .repeated_objects import REPEATED_OBJECT_CHECKS
from .scheduling import SCHEDULING_CHECKS
from .security_groups import SECURITY_GROUP_CHECKS
from .templates import TEMPLATE_CHECKS
from .user_data import USER_DATA_CHECKS

__all__ = ["CHECKS"]

CHECKS: tuple[Check, ...] = (
    *SECURITY_GROUP_CHECKS,
    *INTERFACE_CHECKS,
    *LAUNCH_TEMPLATE_CHECKS,
    *USER_DATA_CHECKS,
    *MAX_PODS_CHECKS,
    *PLACEMENT_CHECKS,
    *NODE_GROUP_CHECKS,
    *AMI_CHECKS,
    *CAPACITY_CHECKS,
    *LABEL_AND_TAINT_CHECKS,
    *CLUSTER_CHECKS,
    *ACCESS_CHECKS,
    *IAM_CHECKS,
    *NETWORK_CHECKS,
    *TEMPLATE_CHECKS,
    *ACKNOWLEDGEMENT_CHECKS,
    *DEVICE_PLUGIN_CHECKS,
    *MANIFEST_CHECKS,
    *DEFINITION_CHECKS,
    *MPI_OPERATOR_CHECKS,
    *SCHEDULING_CHECKS,
    *MPI_JOB_CHECKS,
    *GANG_CHECKS,
    *QUEUE_CHECKS,
    *OPERATORS_OWN_CHECKS,
    *REPEATED_OBJECT_CHECKS,
    *NAME_CHECKS,
    *POD_CHECKS,
)
