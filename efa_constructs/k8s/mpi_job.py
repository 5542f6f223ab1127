"""A job whose ranks on many nodes talk MPI or NCCL over EFA."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypedDict

from cdk8s import ApiObject, ApiObjectMetadata, JsonPatch
from cdk8s_plus_27 import k8s
from constructs import Construct

from ..argument_kinds import checks_kinds
from ..catalogue import InstanceType
from ..pods.mpi_job_schema import API_VERSION
from ..tree_warnings import add_warning
from .argument_kinds import KINDS
from .error_context import errors_about
from .gang_scheduling import GangScheduling
from .kueue import Kueue
from .launcher import Launcher
from .mpi_implementation import MpiImplementation
from .mpi_job_plan import MpiJobPlan
from .names import dashed
from .pod_overrides import Overrides
from .run_policy import RunPolicy
from .worker_resources import ResolvedResources, WorkerResources

__all__ = ["MpiJob", "MpiJobOptions"]


class MpiJobOptions(TypedDict, total=False):
    """The arguments of :class:`MpiJob` that say where and when a job runs, whatever it runs."""

    name: str | None
    namespace: str
    operating_system: str
    launcher: Launcher | None
    run_policy: RunPolicy | None
    gang_scheduling: GangScheduling | None
    kueue: Kueue | None
    volumes: Mapping[str, k8s.Volume] | None
    service_account: str | None
    node_selector: Mapping[str, str] | None
    tolerations: Sequence[k8s.Toleration]
    node_taints: Sequence[k8s.Taint]
    pod_labels: Mapping[str, str] | None
    pod_annotations: Mapping[str, str] | None
    worker_overrides: Overrides | None
    launcher_overrides: Overrides | None


class MpiJob(Construct):
    """An MPIJob for a number of nodes of one EFA instance type, which the MPI Operator runs.

    From the type follow the GPUs, EFAs, hugepages, memory and CPUs of a worker, the number of ranks, node selector,
    tolerations and environment. A job that no node could run, or that the operator would not start, is refused.

    Sources: https://github.com/kubeflow/mpi-operator (v0.8.2); Amazon EKS User Guide, "Run machine learning training on
    Amazon EKS with Elastic Fabric Adapter".
    """

    @checks_kinds(KINDS)
    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        instance_type: str,
        nodes: int,
        image: str,
        command: Sequence[str] = (),
        launcher_command: Sequence[str] = (),
        mpirun_arguments: Sequence[str] = (),
        name: str | None = None,
        namespace: str = "default",
        processes_per_node: int | None = None,
        mpi_implementation: MpiImplementation = MpiImplementation.OPEN_MPI,
        resources: WorkerResources | None = None,
        resource_claim_template: str | None = None,
        operating_system: str = "AL2023",
        launcher: Launcher | None = None,
        run_policy: RunPolicy | None = None,
        gang_scheduling: GangScheduling | None = None,
        kueue: Kueue | None = None,
        environment: Mapping[str, str | k8s.EnvVarSource] | None = None,
        base_environment: Mapping[str, str] | None = None,
        volumes: Mapping[str, k8s.Volume] | None = None,
        service_account: str | None = None,
        node_selector: Mapping[str, str] | None = None,
        tolerations: Sequence[k8s.Toleration] = (),
        node_taints: Sequence[k8s.Taint] = (),
        pod_labels: Mapping[str, str] | None = None,
        pod_annotations: Mapping[str, str] | None = None,
        ssh_auth_mount_path: str = "/root/.ssh",
        worker_overrides: Overrides | None = None,
        launcher_overrides: Overrides | None = None,
    ) -> None:
        """
        :param instance_type: EFA instance type of the nodes, such as ``"p4d.24xlarge"``.
        :param nodes: How many nodes, each with one worker.
        :param image: Container image of launcher and workers, with sshd set up as the operator expects.
        :param command: What every rank runs; mpirun is put before it.
        :param launcher_command: In place of ``command``: the launcher's whole command, with a mpirun of your own.
        :param mpirun_arguments: Further arguments of the mpirun that is put before ``command``. Default: none.
        :param name: Name of the MPIJob. Default: the id, in lower case with dashes.
        :param namespace: Default: ``"default"``
        :param processes_per_node: Ranks on each node. Default: one for each GPU or NeuronCore (on Trainium2, where the
            Neuron runtime makes one of two, each logical one), on types without accelerators for each physical core.
        :param mpi_implementation: Which MPI the image has. Default: Open MPI 4, as the EFA installer brings it.
        :param resources: What a worker asks for. Default: all that a node has.
        :param resource_claim_template: Take accelerators and EFAs by dynamic resource allocation, from a
            ``ResourceClaimTemplate`` of this name, instead of from device plugins. Default: from device plugins.
        :param operating_system: Of the nodes' AMI, ``"AL2023"`` or ``"BOTTLEROCKET"``: they reserve hugepages
            differently. Default: ``"AL2023"``
        :param launcher: Where and when the launcher runs. Default: on a worker's node, once every worker is ready.
        :param run_policy: When the job starts and what stays of it. Default: at once; workers end with the launcher.
        :param gang_scheduling: Default: none.
        :param kueue: Default: no queue.
        :param environment: What every rank gets beside ``base_environment``: values, or sources such as a secret.
        :param base_environment: Default: what the type's accelerators need for EFA today,
            :func:`~efa_constructs.k8s.default_environment`.
        :param volumes: By mount path, in launcher and workers. Default: none.
        :param service_account: Of launcher and workers. Default: the namespace's, without its token.
        :param node_selector: Further labels of the workers' nodes. Default: only their instance type.
        :param tolerations: Beside those for the well-known taints of GPU and EFA nodes. Default: none.
        :param node_taints: Taints that the nodes have: the job is refused if its pods would not tolerate one.
        :param pod_labels: Of launcher and workers. Default: none.
        :param pod_annotations: Of launcher and workers. Default: none but that Istio adds no proxy.
        :param ssh_auth_mount_path: Where the operator puts SSH keys; for an image with another user than root, the
            ``.ssh`` of its home. Default: ``"/root/.ssh"``
        :param worker_overrides: Further fields of the workers' pod template, in Kubernetes' own names; None removes a
            field that the job writes.
        :param launcher_overrides: The same for the launcher's.
        :raises EfaConstructsError: the job could not run; no object has been defined then.
        """
        name = name or dashed(id)
        where = f"MPIJob '{name}'"
        with errors_about(where):
            plan = MpiJobPlan.make(
                where,
                instance_type=instance_type,
                nodes=nodes,
                image=image,
                command=command,
                launcher_command=launcher_command,
                mpirun_arguments=mpirun_arguments,
                name=name,
                namespace=namespace,
                processes_per_node=processes_per_node,
                mpi_implementation=mpi_implementation,
                resources=resources or WorkerResources(),
                resource_claim_template=resource_claim_template,
                operating_system=operating_system,
                launcher=launcher or Launcher(),
                run_policy=run_policy or RunPolicy(),
                gang_scheduling=gang_scheduling,
                kueue=kueue,
                environment=environment or {},
                base_environment=base_environment,
                volumes=volumes or {},
                service_account=service_account,
                node_selector=node_selector or {},
                tolerations=tolerations,
                node_taints=node_taints,
                pod_labels=pod_labels or {},
                pod_annotations=pod_annotations or {},
                ssh_auth_mount_path=ssh_auth_mount_path,
                worker_overrides=worker_overrides or {},
                launcher_overrides=launcher_overrides or {},
            )
        super().__init__(scope, id)
        self.name: str = name
        self.instance: InstanceType = plan.instance
        self.nodes: int = nodes
        self.processes: int = plan.processes
        self.resources: ResolvedResources = plan.resources
        self.api_object: ApiObject = ApiObject(
            self,
            "Resource",
            api_version=API_VERSION,
            kind="MPIJob",
            metadata=ApiObjectMetadata(
                name=name, namespace=namespace, labels=kueue.job_labels() if kueue is not None else None
            ),
        )
        self.api_object.add_json_patch(JsonPatch.add("/spec", plan.spec))
        for doubt, message in plan.doubts:
            add_warning(self, f"efa-constructs:{doubt}", f"{where}: {message}")
