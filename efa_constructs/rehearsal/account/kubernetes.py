"""The Kubernetes half of the account's EKS clusters: a control plane on this machine, and a twin for the nodes."""

from __future__ import annotations

import asyncio
import shutil
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from http import HTTPStatus
from pathlib import Path
from typing import Any

from ...cluster.kubernetes_api import API_ERRORS, KubernetesApi, collection_path, status_code
from ...errors import RehearsalError
from ...lookups.clients import aws_clients
from ...lookups.deployed import DeployedCluster
from ...lookups.node_groups import read_cluster
from ..control_plane.binaries import Binaries
from ..control_plane.control_plane import ControlPlane
from ..programs import Programs
from ..twin.kwok_stages import write_kwok_configuration
from ..twin.patience import insist
from ..twin.twin import Twin
from .eks.control_planes import ClusterControlPlane
from .eks.kube_system import addon_objects
from .eks.node_facts import node_facts
from .eks.state import AccessEntry, Cluster, EksState
from .on_trust import take_on_trust
from .resource_type import AwsError

__all__ = ["Kubernetes"]

# How long until the cluster notices that an instance is gone which nobody took away by EKS.
_LOOK_SECONDS = 1.0

# The RBAC role that has the permissions of an access policy: "Review access policy permissions", EKS User Guide.
_ROLES = {
    "AmazonEKSClusterAdminPolicy": "cluster-admin",
    "AmazonEKSAdminPolicy": "admin",
    "AmazonEKSEditPolicy": "edit",
    "AmazonEKSViewPolicy": "view",
}
_ADMIN = "AmazonEKSClusterAdminPolicy"
_GROUP = "eks-access-policy:"
# Of a user in a certificate.
_LONGEST_NAME = 64


class Kubernetes:
    """Gives clusters their control planes. The first is started before anybody asks for it."""

    def __init__(
        self, binaries: Binaries, folder: Path, environment: Mapping[str, str], *, existing_server: str | None = None
    ) -> None:
        """
        :param folder: An empty folder for the files of all control planes.
        :param environment: Environment variables with which AWS clients reach this account.
        :param existing_server: Host of the API server of the cluster that is there from the beginning. Default: none.
        """
        self._existing_server = existing_server
        self._binaries = binaries
        self._folder = folder
        self._environment = environment
        self._count = 0
        self._ending = False
        # Those that run, and those that are being started.
        self._control_planes: list[ControlPlane] = []
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(1)
        self._prepared: Future[ControlPlane] | None = self._pool.submit(self._new)
        # By the cluster's ARN.
        self.clusters: dict[str, ClusterOnThisMachine] = {}

    def start(self, state: EksState, cluster: Cluster) -> ClusterControlPlane:
        """Start one, and wait until it answers.

        :raises AwsError: it does not start.
        """
        with self._lock:
            prepared, self._prepared = self._prepared, None
        try:
            control_plane = prepared.result() if prepared is not None else self._new()
        except RehearsalError as error:
            raise AwsError("ServerException", f"the control plane did not start: {error}", service="Eks") from None
        wanted, rehearsed = cluster.description["version"], self._binaries.kubernetes_version
        if wanted != rehearsed:
            take_on_trust(f"what Kubernetes {wanted} does otherwise than {rehearsed}, which was rehearsed")
        with _refusals("what EKS puts into a cluster"):
            try:
                made = ClusterOnThisMachine(
                    state, cluster, control_plane, self._binaries, self._environment, self._forget
                )
            except BaseException:
                control_plane.stop()
                raise
        self.clusters[cluster.description["arn"]] = made
        return made

    def stop(self) -> None:
        """End every control plane."""
        for cluster in tuple(self.clusters.values()):
            cluster.stop()
        with self._lock:
            self._ending = True
            rest = tuple(self._control_planes)
        for control_plane in rest:
            control_plane.stop()
        self._pool.shutdown()

    def describe(self) -> list[dict[str, Any]]:
        """Where each cluster's files are, for whoever reads them."""
        return [
            {
                "name": made.cluster.name,
                "region": made.state.region,
                "kubeconfig": str(made.control_plane.admin_kubeconfig),
                "logs": str(made.control_plane.folder),
                "fault": made.fault,
            }
            for made in tuple(self.clusters.values())
        ]

    def _new(self) -> ControlPlane:
        with self._lock:
            if self._ending:
                raise RehearsalError("the account is ending")
            self._count += 1
            folder = self._folder / str(self._count)
            folder.mkdir()
            configuration = write_kwok_configuration(self._folder / f"kwok-{folder.name}.yaml")
            control_plane = ControlPlane(
                self._binaries, folder, kwok_configuration=configuration, server_name=self._existing_server
            )
            self._control_planes.append(control_plane)
        try:
            control_plane.start()
        except BaseException:
            control_plane.stop()
            raise
        return control_plane

    def _forget(self, cluster: ClusterOnThisMachine) -> None:
        if self.clusters.pop(cluster.cluster.description["arn"], None) is None:
            return
        with self._lock:
            self._control_planes.remove(cluster.control_plane)
        shutil.rmtree(cluster.control_plane.folder, ignore_errors=True)


class ClusterOnThisMachine:
    """The control plane of one cluster, and the twin of its nodes."""

    def __init__(
        self,
        state: EksState,
        cluster: Cluster,
        control_plane: ControlPlane,
        binaries: Binaries,
        environment: Mapping[str, str],
        forget: Callable[[ClusterOnThisMachine], None],
    ) -> None:
        self.state = state
        self.cluster = cluster
        self.control_plane = control_plane
        # Of those who work with it.
        self.programs = Programs()
        self._environment = environment
        self._forget = forget
        if cluster.existed:
            # AWS describes it with the endpoint that it really has.
            control_plane.stand_in()
        # By principal and groups.
        self._kubeconfigs: dict[tuple[str, ...], Path] = {}
        self._kubeconfigs_lock = threading.Lock()
        self._nodes_lock = threading.Lock()
        self._stopped = threading.Event()
        self._twin = Twin(
            control_plane,
            operator=binaries.mpi_operator,
            kubernetes_version=f"v{binaries.versions['kube-apiserver']}",
            read_cluster=self._read,
            dns_elsewhere=cluster.existed,
        )
        try:
            self._twin.start()
            asyncio.run(self._apply(_cluster_role_bindings()))
        except BaseException:
            self._twin.stop()
            raise
        threading.Thread(target=self._watch_instances, name=f"instances of {cluster.name}", daemon=True).start()

    @property
    def url(self) -> str:
        """Where the API server answers."""
        return self.control_plane.url

    @property
    def certificate_authority(self) -> str:
        """The certificate in PEM that has signed the API server's."""
        return self.control_plane.authority.pem

    @property
    def folder(self) -> Path:
        """Where those who work with it may keep files until it ends."""
        return self.control_plane.folder

    def kubeconfig_for(self, principal_arn: str, entry: AccessEntry | None) -> Path:
        """A file with which kubectl reaches it as a principal of IAM.

        :param principal_arn: Role or user.
        :param entry: Its access entry, whose groups and policies it has. None for the principal that made the cluster.
        """
        groups = [f"{_GROUP}{_ADMIN}"]
        if entry is not None:
            # "arn:aws:eks::aws:cluster-access-policy/NAME"
            policies = [arn.rpartition("/")[2] for arn in entry.policies]
            groups = [*entry.description["kubernetesGroups"], *(f"{_GROUP}{policy}" for policy in policies)]
            _note_scopes(entry)
        with self._kubeconfigs_lock:
            key = (principal_arn, *groups)
            if key not in self._kubeconfigs:
                self._kubeconfigs[key] = self.control_plane.kubeconfig(
                    f"iam-principal-{len(self._kubeconfigs)}", user=principal_arn[-_LONGEST_NAME:], groups=groups
                )
            return self._kubeconfigs[key]

    def join_nodes(self) -> None:
        """Let the instances of the cluster's node groups be its nodes, and wait until they are ready.

        :raises AwsError: they do not become ready.
        """
        with self._nodes_lock:
            try:
                self._twin.set_nodes(node_facts(self.state, self.cluster))
            except RehearsalError as error:
                raise AwsError(
                    "NodeCreationFailure", f"Instances failed to join the kubernetes cluster: {error}", service="Eks"
                ) from None

    def wait_until_ready(self) -> int:
        """Wait until the API server answers. Return how often it was started again so far.

        :raises AwsError: it does not answer.
        """
        with _refusals("any request"):
            return self.control_plane.wait_until_ready()

    def install_addon(self, name: str, version: str, configuration: str | None = None) -> None:
        """Run on the cluster what an add-on runs, or change it.

        :raises AwsError: the API server refuses it.
        """
        objects = addon_objects(name, version=version, region=self.state.region, configuration=configuration)
        with _refusals(f"the add-on '{name}'"):
            asyncio.run(self._apply(objects))

    def remove_addon(self, name: str) -> None:
        """Delete from the cluster what an add-on runs.

        :raises AwsError: the API server refuses it.
        """
        with _refusals(f"the add-on '{name}'"):
            asyncio.run(self._delete(addon_objects(name, version="", region=self.state.region)))

    @property
    def fault(self) -> str | None:
        """What ended the twin of its nodes, although it should run. None: it runs."""
        return self._twin.fault

    def stop(self) -> None:
        """End it, and remove its files. Doing it again changes nothing."""
        if self._stopped.is_set():
            return
        self._stopped.set()
        self.programs.stop()
        self._twin.stop()
        self.control_plane.stop()
        self._forget(self)

    def _read(self) -> DeployedCluster:
        return read_cluster(aws_clients(region=self.state.region, environment=self._environment), self.cluster.name)

    def _watch_instances(self) -> None:
        while not self._stopped.wait(_LOOK_SECONDS):
            with suppress(AwsError, RuntimeError):
                self.join_nodes()

    async def _apply(self, objects: Iterable[dict[str, Any]]) -> None:
        api = await KubernetesApi.connect(self.control_plane.admin_kubeconfig)
        for item in objects:
            collection = collection_path(item)
            try:
                await insist(lambda item=item, path=collection: api.create(path, item))  # type: ignore[misc]
            except API_ERRORS as error:
                if status_code(error) != HTTPStatus.CONFLICT:
                    raise
                path = f"{collection}/{item['metadata']['name']}"
                await insist(lambda item=item, path=path: api.patch(path, item))  # type: ignore[misc]

    async def _delete(self, objects: Iterable[dict[str, Any]]) -> None:
        api = await KubernetesApi.connect(self.control_plane.admin_kubeconfig)
        for item in objects:
            path = f"{collection_path(item)}/{item['metadata']['name']}"
            try:
                await insist(lambda path=path: api.delete(path, propagationPolicy="Background"))  # type: ignore[misc]
            except API_ERRORS as error:
                if status_code(error) != HTTPStatus.NOT_FOUND:
                    raise


@contextmanager
def _refusals(what: str) -> Iterator[None]:
    """Say in EKS's way that the API server refused something."""
    try:
        yield
    except (RehearsalError, *API_ERRORS) as error:
        raise AwsError("ServerException", f"the control plane does not take {what}: {error}", service="Eks") from None


def _cluster_role_bindings() -> list[dict[str, Any]]:
    return [
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "ClusterRoleBinding",
            "metadata": {"name": f"{_GROUP}{policy}"},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role},
            "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": f"{_GROUP}{policy}"}],
        }
        for policy, role in _ROLES.items()
    ]


def _note_scopes(entry: AccessEntry) -> None:
    for arn, policy in entry.policies.items():
        name = arn.rpartition("/")[2]
        if name not in _ROLES:
            take_on_trust(f"what access policy {name} allows")
        elif policy["accessScope"]["type"] != "cluster":
            take_on_trust(f"that access policy {name} is for some namespaces only: it was applied to all of them")
