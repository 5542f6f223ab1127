"""The pods of an MPI job: the launcher's and the workers' templates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cdk8s_plus_27 import k8s

from ..catalogue import EFA_LABEL, INSTANCE_TYPE_LABEL
from .kueue import Kueue
from .launcher import Launcher, LauncherPlacement
from .node_selection import default_tolerations
from .worker_resources import ResolvedResources

__all__ = [
    "LAUNCHER_CONTAINER",
    "SHARED_MEMORY_PATH",
    "SHARED_MEMORY_VOLUME",
    "WORKER_CONTAINER",
    "PodParts",
    "launcher_template",
    "worker_template",
]

LAUNCHER_CONTAINER = "launcher"
WORKER_CONTAINER = "worker"

_SSH_PORT = 22
_CLAIM = "devices"
SHARED_MEMORY_VOLUME = "shared-memory"
SHARED_MEMORY_PATH = "/dev/shm"
# Where a cluster has Istio, its proxy would stand between mpirun and sshd.
# https://github.com/kubeflow/mpi-operator, deploy/v2beta1/mpi-operator.yaml
_NO_PROXY = {"sidecar.istio.io/inject": "false"}


@dataclass(frozen=True, kw_only=True)
class PodParts:
    """What the pods of a job are made of. For each field see :class:`~efa_constructs.k8s.MpiJob`."""

    image: str
    resources: ResolvedResources
    resource_claim_template: str | None
    launcher: Launcher
    environment: Mapping[str, str | k8s.EnvVarSource]
    volumes: Mapping[str, k8s.Volume]
    service_account: str | None
    node_selector: Mapping[str, str]
    tolerations: Sequence[k8s.Toleration]
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    kueue: Kueue | None

    @property
    def all_tolerations(self) -> list[k8s.Toleration]:
        """The well-known ones, and those given."""
        return [*default_tolerations(), *self.tolerations]

    @property
    def worker_node_selector(self) -> dict[str, str]:
        """By the type alone: that a node has EFAs free, the scheduler knows from what it offers."""
        return {INSTANCE_TYPE_LABEL: self.resources.instance.name, **self.node_selector}


def worker_template(parts: PodParts) -> dict[str, Any]:
    """The workers' pod template. It has no command: the operator starts sshd in such a container."""
    shared_memory = k8s.Volume(
        name=SHARED_MEMORY_VOLUME,
        empty_dir=k8s.EmptyDirVolumeSource(
            medium="Memory", size_limit=k8s.Quantity.from_string(f"{parts.resources.shared_memory_mib}Mi")
        ),
    )
    claims = None if parts.resource_claim_template is None else [k8s.ResourceClaim(name=_CLAIM)]
    container = k8s.Container(
        name=WORKER_CONTAINER,
        image=parts.image,
        resources=parts.resources.requirements(claims=claims),
        # The launcher waits for ready workers, and only a ready one has a name in DNS.
        readiness_probe=k8s.Probe(
            tcp_socket=k8s.TcpSocketAction(port=k8s.IntOrString.from_number(_SSH_PORT)), period_seconds=2
        ),
        # libfabric registers memory with the EFA, which locks it: the default limit of a container is 64 KiB.
        # https://github.com/awslabs/awsome-distributed-ai/issues/647
        # No profile of seccomp: containerd's keeps programs from binding memory to NUMA nodes.
        # https://github.com/containerd/containerd/issues/13610
        security_context=k8s.SecurityContext(
            allow_privilege_escalation=False, capabilities=k8s.Capabilities(add=["IPC_LOCK"])
        ),
        volume_mounts=[k8s.VolumeMount(name=SHARED_MEMORY_VOLUME, mount_path=SHARED_MEMORY_PATH), *_mounts(parts)],
    )
    template = _template(
        parts,
        k8s.PodSpec(
            containers=[container],
            volumes=[shared_memory, *_volumes(parts)],
            node_selector=parts.worker_node_selector,
            tolerations=parts.all_tolerations,
            **_account(parts),
        ),
        parts.kueue.worker_annotations() if parts.kueue is not None else {},
    )
    if parts.resource_claim_template is not None:
        # The typed class has the shape that Kubernetes had before 1.31.
        template["spec"]["resourceClaims"] = [
            {"name": _CLAIM, "resourceClaimTemplateName": parts.resource_claim_template}
        ]
    return template


def launcher_template(parts: PodParts, command: Sequence[str]) -> dict[str, Any]:
    """The launcher's pod template."""
    memory = k8s.Quantity.from_string(f"{parts.launcher.memory_mib}Mi")
    container = k8s.Container(
        name=LAUNCHER_CONTAINER,
        image=parts.image,
        command=list(command),
        env=[_variable(name, value) for name, value in parts.environment.items()] or None,
        resources=k8s.ResourceRequirements(
            limits={"memory": memory},
            requests={
                "memory": memory,
                "cpu": k8s.Quantity.from_string(f"{parts.launcher.cpu_millicores}m"),
            },
        ),
        security_context=k8s.SecurityContext(allow_privilege_escalation=False),
        volume_mounts=_mounts(parts) or None,
    )
    on_worker_node = parts.launcher.placement is LauncherPlacement.WORKER_NODE
    return _template(
        parts,
        k8s.PodSpec(
            containers=[container],
            volumes=_volumes(parts) or None,
            node_selector=parts.worker_node_selector if on_worker_node else None,
            affinity=None if on_worker_node else _away_from_efa(),
            tolerations=parts.all_tolerations if on_worker_node else (list(parts.tolerations) or None),
            **_account(parts),
        ),
        parts.kueue.launcher_annotations() if parts.kueue is not None else {},
    )


def _template(parts: PodParts, spec: k8s.PodSpec, annotations: Mapping[str, str]) -> dict[str, Any]:
    metadata = k8s.ObjectMeta(
        labels=dict(parts.labels) or None, annotations={**_NO_PROXY, **parts.annotations, **annotations}
    )
    # As plain JSON: no typed class knows an MPIJob.
    manifest = k8s.KubePodTemplate.manifest(template=k8s.PodTemplateSpec(metadata=metadata, spec=spec))
    return dict(manifest["template"])


def _account(parts: PodParts) -> dict[str, Any]:
    if parts.service_account is None:
        return {"automount_service_account_token": False}
    return {"service_account_name": parts.service_account}


def _variable(name: str, value: str | k8s.EnvVarSource) -> k8s.EnvVar:
    if isinstance(value, str):
        return k8s.EnvVar(name=name, value=value)
    return k8s.EnvVar(name=name, value_from=value)


def _volumes(parts: PodParts) -> list[k8s.Volume]:
    """Each volume once, though it may be mounted at several paths."""
    return list({volume.name: volume for volume in parts.volumes.values()}.values())


def _mounts(parts: PodParts) -> list[k8s.VolumeMount]:
    return [k8s.VolumeMount(name=volume.name, mount_path=path) for path, volume in parts.volumes.items()]


def _away_from_efa() -> k8s.Affinity:
    without = k8s.NodeSelectorRequirement(key=EFA_LABEL, operator="DoesNotExist")
    return k8s.Affinity(
        node_affinity=k8s.NodeAffinity(
            required_during_scheduling_ignored_during_execution=k8s.NodeSelector(
                node_selector_terms=[k8s.NodeSelectorTerm(match_expressions=[without])]
            )
        )
    )
