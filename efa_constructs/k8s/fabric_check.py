"""The smallest proof that pods reach EFA: libfabric lists its endpoints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cdk8s_plus_27 import k8s
from constructs import Construct

from .. import catalogue
from ..argument_kinds import checks_kinds
from ..catalogue import EFA_RESOURCE, INSTANCE_TYPE_LABEL
from ..rules.jobs import NODES_TAKE_PODS
from .argument_kinds import KINDS
from .error_context import errors_about
from .images import check_image
from .names import check_label_name, check_labels, dashed
from .nccl_tests import NCCL_TESTS_IMAGE
from .node_selection import check_tolerated, check_tolerations, default_tolerations
from .quantities import check_range
from .security_contexts import unprivileged

__all__ = ["FabricCheck"]


class FabricCheck(Construct):
    """A Job that runs ``fi_info -p efa`` in a pod on each of some nodes, with all EFAs of the node.

    It completes where libfabric finds EFA, and fails where it does not. It needs no MPI Operator and no GPU.

    Source: Amazon EC2 User Guide, "Get started with EFA and MPI", step "Confirm that the EFA software components were
    successfully installed".
    """

    @checks_kinds(KINDS)
    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        instance_type: str,
        nodes: int = 1,
        image: str = NCCL_TESTS_IMAGE,
        name: str | None = None,
        namespace: str = "default",
        node_selector: Mapping[str, str] | None = None,
        tolerations: Sequence[k8s.Toleration] = (),
        node_taints: Sequence[k8s.Taint] = (),
    ) -> None:
        """
        :param instance_type: EFA instance type of the nodes.
        :param nodes: How many nodes to check at once. Default: 1
        :param image: With libfabric in ``/opt/amazon/efa``. Default: that of the NCCL tests.
        :param name: Name of the Job. Default: the id, in lower case with dashes.
        :param namespace: Default: ``"default"``
        :param node_selector: Further labels of the nodes. Default: only their instance type.
        :param tolerations: Beside those for the well-known taints of GPU and EFA nodes. Default: none.
        :param node_taints: Taints that the nodes have: the Job is refused if its pods would not tolerate one.
        :raises EfaConstructsError: the type has no EFA, or an argument would not work.
        """
        name = name or dashed(id)
        where = f"Job '{name}'"
        with errors_about(where):
            instance = catalogue.get(instance_type)
            check_range(where, "nodes", nodes, least=1)
            check_image("image", image)
            check_label_name("name", name)
            check_label_name("namespace", namespace)
            check_labels("node_selector", node_selector or {})
            check_tolerations(tolerations)
            all_tolerations = [*default_tolerations(), *tolerations]
            check_tolerated(where, node_taints, all_tolerations, NODES_TAKE_PODS)
        super().__init__(scope, id)
        # All of them: so no two pods share a node.
        limits = {
            EFA_RESOURCE: k8s.Quantity.from_number(instance.known_efa_interfaces),
            "memory": k8s.Quantity.from_string("512Mi"),
        }
        container = k8s.Container(
            name="fi-info",
            image=image,
            command=["/opt/amazon/efa/bin/fi_info", "-p", "efa", "-t", "FI_EP_RDM"],
            resources=k8s.ResourceRequirements(
                limits=limits, requests={**limits, "cpu": k8s.Quantity.from_string("100m")}
            ),
            security_context=unprivileged(),
        )
        self.job: k8s.KubeJob = k8s.KubeJob(
            self,
            "Resource",
            metadata=k8s.ObjectMeta(name=name, namespace=namespace),
            spec=k8s.JobSpec(
                completions=nodes,
                parallelism=nodes,
                backoff_limit=0,
                template=k8s.PodTemplateSpec(
                    spec=k8s.PodSpec(
                        containers=[container],
                        restart_policy="Never",
                        automount_service_account_token=False,
                        node_selector={INSTANCE_TYPE_LABEL: instance.name, **(node_selector or {})},
                        tolerations=all_tolerations,
                    )
                ),
            ),
        )
