"""What an MPI job is: worked out, and checked, before any object is defined."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cdk8s_plus_27 import k8s

from .. import catalogue
from ..catalogue import InstanceType
from ..manifest_size import check_manifest_sizes
from ..rules.jobs import MPI_JOBS_ARE_SOUND
from . import mpi_job_checks as checks
from .environment import default_environment, open_mpi_5_environment
from .finished_pods import FinishedPods
from .gang_scheduling import GangScheduling
from .images import check_image
from .kueue import Kueue
from .launcher import Launcher
from .mpi_implementation import MpiImplementation, mpirun
from .mpi_job_doubts import doubts_about
from .mpi_job_pods import LAUNCHER_CONTAINER, WORKER_CONTAINER, PodParts, launcher_template, worker_template
from .node_room import NodeRoom
from .pod_checks import check_pods
from .pod_overrides import Overrides, merged
from .quantities import check_range
from .run_policy import RunPolicy
from .worker_resources import ResolvedResources, WorkerResources

__all__ = ["MpiJobPlan"]


@dataclass(frozen=True, kw_only=True)
class MpiJobPlan:
    """The job and what is known of it."""

    instance: InstanceType
    processes: int
    resources: ResolvedResources
    # "spec" of the MPIJob.
    spec: Mapping[str, Any]
    # What is accepted and will perhaps not do what was meant: a name in kebab-case, and a sentence.
    doubts: Sequence[tuple[str, str]]

    @staticmethod
    def make(
        where: str,
        *,
        instance_type: str,
        nodes: int,
        image: str,
        command: Sequence[str],
        launcher_command: Sequence[str],
        mpirun_arguments: Sequence[str],
        name: str,
        namespace: str,
        processes_per_node: int | None,
        mpi_implementation: MpiImplementation,
        resources: WorkerResources,
        resource_claim_template: str | None,
        operating_system: str,
        launcher: Launcher,
        run_policy: RunPolicy,
        gang_scheduling: GangScheduling | None,
        kueue: Kueue | None,
        environment: Mapping[str, str | k8s.EnvVarSource],
        base_environment: Mapping[str, str] | None,
        volumes: Mapping[str, k8s.Volume],
        service_account: str | None,
        node_selector: Mapping[str, str],
        tolerations: Sequence[k8s.Toleration],
        node_taints: Sequence[k8s.Taint],
        pod_labels: Mapping[str, str],
        pod_annotations: Mapping[str, str],
        ssh_auth_mount_path: str,
        worker_overrides: Overrides,
        launcher_overrides: Overrides,
    ) -> MpiJobPlan:
        """Work it out. For the arguments see :class:`~efa_constructs.k8s.MpiJob`.

        :param where: Which job, for messages.
        :raises EfaConstructsError: the job could not run.
        """
        instance = catalogue.get(instance_type)
        check_range(where, "nodes", nodes, least=1, rule=MPI_JOBS_ARE_SOUND)
        checks.check_name(where, name, nodes)
        check_image("image", image)
        if resource_claim_template is not None:
            checks.check_claims(where, resources)
        resolved = ResolvedResources.of(
            resources, instance, launcher=launcher, operating_system=operating_system, where=where
        )
        slots = checks.ranks_per_node(where, processes_per_node, resolved)
        checks.check_commands(where, command, launcher_command, mpirun_arguments, slots * nodes)
        if base_environment is None:
            base_environment = default_environment(instance, mpi_implementation=mpi_implementation.operator_name)
        own_variables = open_mpi_5_environment() if mpi_implementation is MpiImplementation.OPEN_MPI_5 else {}
        checks.check_environment(where, own_variables, environment, base_environment)
        parts = PodParts(
            image=image,
            resources=resolved if resource_claim_template is None else resolved.without_devices(),
            resource_claim_template=resource_claim_template,
            launcher=launcher,
            environment={**base_environment, **environment, **own_variables},
            volumes=volumes,
            service_account=service_account,
            node_selector=node_selector,
            tolerations=tolerations,
            labels=pod_labels,
            annotations=pod_annotations,
            kueue=kueue,
        )
        checks.check_names(namespace, parts)
        checks.check_queueing(where, kueue, gang_scheduling, parts.annotations)
        checks.check_pods_labels(where, parts.labels)
        checks.check_volumes(where, volumes, ssh_auth_mount_path)
        checks.check_launcher_affinity(where, launcher, launcher_overrides)
        start = launcher_command or _mpirun(parts, mpi_implementation, slots, nodes, mpirun_arguments, command)
        pods = _pods(parts, start, worker_overrides, launcher_overrides, ssh_auth_mount_path, own_variables)
        room = NodeRoom.of(instance, operating_system=operating_system)
        if resource_claim_template is not None:
            checks.check_allocation(where, pods.worker)
        checks.check_scheduler(where, gang_scheduling, pods)
        check_pods(where, pods, room, node_taints)
        doubts = doubts_about(
            pods,
            room,
            slots=slots,
            processes=slots * nodes,
            launcher_command=launcher_command,
            run_policy=run_policy,
            base_environment=base_environment,
        )
        spec = {
            "slotsPerWorker": slots,
            "mpiImplementation": mpi_implementation.operator_name,
            "launcherCreationPolicy": "WaitForWorkersReady" if launcher.wait_for_workers else "AtStartup",
            "sshAuthMountPath": ssh_auth_mount_path,
            "runPolicy": _run_policy(run_policy, kueue, gang_scheduling, nodes, launcher),
            "mpiReplicaSpecs": _replicas(pods, run_policy, nodes),
        }
        check_manifest_sizes([{"kind": "MPIJob", "metadata": {"name": name}, "spec": spec}])
        return MpiJobPlan(
            instance=instance, processes=slots * nodes, resources=resolved, spec=spec, doubts=list(doubts)
        )


def _mpirun(
    parts: PodParts,
    implementation: MpiImplementation,
    slots: int,
    nodes: int,
    arguments: Sequence[str],
    program: Sequence[str],
) -> list[str]:
    return mpirun(
        implementation,
        processes=slots * nodes,
        processes_per_node=slots,
        # Ranks that feed an accelerator need more than one core.
        bind_to="none" if parts.resources.instance.accelerators else "core",
        # The image's paths, and what the job sets: sshd starts ranks with neither.
        environment=dict.fromkeys(["PATH", "LD_LIBRARY_PATH", *parts.environment]),
        arguments=arguments,
        program=program,
    )


def _pods(
    parts: PodParts,
    start: Sequence[str],
    worker_overrides: Overrides,
    launcher_overrides: Overrides,
    ssh_auth_mount_path: str,
    own_variables: Mapping[str, str],
) -> FinishedPods:
    return FinishedPods(
        launcher=merged(
            launcher_template(parts, start),
            launcher_overrides,
            argument="launcher_overrides",
            container=LAUNCHER_CONTAINER,
            ssh_auth_mount_path=ssh_auth_mount_path,
            own_variables=own_variables,
        ),
        worker=merged(
            worker_template(parts),
            worker_overrides,
            argument="worker_overrides",
            container=WORKER_CONTAINER,
            ssh_auth_mount_path=ssh_auth_mount_path,
            own_variables=own_variables,
        ),
        placement=parts.launcher.placement,
    )


def _run_policy(
    run_policy: RunPolicy, kueue: Kueue | None, gang_scheduling: GangScheduling | None, nodes: int, launcher: Launcher
) -> dict[str, Any]:
    policy = run_policy.to_spec()
    if kueue is not None:
        # Kueue's webhook sets it too; where that is absent, the job waits instead of passing the queue by.
        policy["suspend"] = True
    if gang_scheduling is not None:
        policy["schedulingPolicy"] = gang_scheduling.to_spec(workers=nodes, wait_for_workers=launcher.wait_for_workers)
    return policy


def _replicas(pods: FinishedPods, run_policy: RunPolicy, nodes: int) -> dict[str, Any]:
    return {
        "Launcher": {
            "replicas": 1,
            "restartPolicy": run_policy.launcher_restart_policy.value,
            "template": pods.launcher,
        },
        "Worker": {
            "replicas": nodes,
            "restartPolicy": run_policy.worker_restart_policy.value,
            "template": pods.worker,
        },
    }
