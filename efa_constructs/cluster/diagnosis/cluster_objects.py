"""The objects of a cluster, and how they belong together."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from functools import cached_property

from ... import catalogue
from ...catalogue.search import known_instance_type
from ...lookups.deployed import DeployedCluster, DeployedNode, DeployedNodeGroup
from ...pods.known_programs import PLUGINS, KnownProgram, is_launcher, known_program
from ...pods.requests import amounts, pod_requests, total
from ..finding import Level
from ..snapshot import ClusterSnapshot, KubernetesObject
from .cause import Owner

__all__ = ["RESOURCES", "ClusterObjects", "name_of"]

# The resource that each device plugin offers.
RESOURCES = {program: resource for resource, program in PLUGINS.items()}
_ENDED = ("Succeeded", "Failed")
# 'MountVolume.SetUp failed for volume "ssh-auth" : secret "train-ssh" not found'
_NOT_FOUND = re.compile(r'(?:configmap|secret) "[^"]+" not found')


class ClusterObjects:
    """What a snapshot holds, with the node groups as they are deployed."""

    def __init__(self, snapshot: ClusterSnapshot, deployed: DeployedCluster | None) -> None:
        """
        :param deployed: The cluster as AWS describes it. None: nothing is known of it.
        """
        self.snapshot = snapshot
        self.node_groups: tuple[DeployedNodeGroup, ...] = deployed.node_groups if deployed else ()

    @cached_property
    def mpi_jobs(self) -> dict[Owner, KubernetesObject]:
        """The MPIJobs by what they are called here."""
        return {name_of("MPIJob", job): job for job in self.snapshot.mpi_jobs or ()}

    @cached_property
    def pods(self) -> dict[Owner, list[KubernetesObject]]:
        """The pods by the last of their owners: the MPIJob of a launcher, the Deployment of a ReplicaSet."""
        pods = defaultdict(list)
        for pod in self.snapshot.pods:
            pods[self.owner(pod)].append(pod)
        return dict(pods)

    def owner(self, item: KubernetesObject, kind: str = "Pod") -> Owner:
        """The last owner of an object, which may be the object itself."""
        for reference in item["metadata"].get("ownerReferences") or ():
            if reference.get("controller"):
                found = self._controllers.get(reference["uid"])
                if found is not None:
                    return self.owner(found[1], found[0])
                return Owner(reference["kind"], item["metadata"]["namespace"], reference["name"])
        return name_of(kind, item)

    def programs(self, program: KnownProgram) -> Iterator[tuple[Owner, KubernetesObject]]:
        """The Deployments and DaemonSets that run a known program."""
        for kind, items in (("DaemonSet", self.snapshot.daemon_sets), ("Deployment", self.snapshot.deployments)):
            for item in items:
                if known_program(item["spec"]["template"]) is program:
                    yield name_of(kind, item), item

    def launchers(self, job: Owner) -> list[KubernetesObject]:
        """The pods that are or were a job's launcher, the first one first."""
        launchers = [pod for pod in self.pods.get(job, ()) if is_launcher(dict(pod))]
        return sorted(launchers, key=lambda pod: str(pod["metadata"].get("creationTimestamp")))

    def workers(self, job: Owner) -> list[KubernetesObject]:
        """The pods of a job's workers."""
        return [pod for pod in self.pods.get(job, ()) if not is_launcher(dict(pod))]

    def pods_on(self, node: KubernetesObject) -> list[KubernetesObject]:
        """The pods that take something of a node."""
        return self._pods_by_node.get(node["metadata"]["name"], [])

    def free(self, node: KubernetesObject) -> dict[str, Decimal]:
        """What a node has left. Its ``pods`` are how many more it takes."""
        taken = total(pod_requests(pod["spec"]) for pod in self.pods_on(node))
        taken["pods"] = Decimal(len(self.pods_on(node)))
        return {name: amount - taken.get(name, 0) for name, amount in allocatable(node).items()}

    def devices(self, node: KubernetesObject, resource: str) -> int:
        """How many EFAs or accelerators a node has, whether or not it offers them to pods."""
        if resource != catalogue.EFA_RESOURCE:
            return self.accelerators(type_of(node)).get(resource, 0)
        instance = self.instance(node)
        if instance is not None:
            return len(instance.efa_interfaces)
        # Without AWS's word: as many as the type can have, if the node says that it has any.
        labels = node["metadata"].get("labels") or {}
        return _most_efas(type_of(node)) if labels.get(catalogue.EFA_LABEL) == "true" else 0

    def unserved(self, resource: str) -> list[KubernetesObject]:
        """The nodes that have devices, and offer pods none of them: neither by a plugin, nor by a driver."""
        return [
            node
            for node in self.snapshot.nodes
            if self.devices(node, resource)
            and not allocatable(node).get(resource)
            and node["metadata"]["name"] not in self._nodes_with_slices
        ]

    def offers_all(self, node_group: DeployedNodeGroup) -> bool:
        """Whether a node group has nodes, and each offers its devices."""
        nodes = [node for node in self.snapshot.nodes if self.node_group(node) == node_group]
        unserved = [node for resource in RESOURCES.values() for node in self.unserved(resource)]
        return bool(nodes) and not any(node in unserved for node in nodes)

    @property
    def level_of_idle_devices(self) -> Level:
        """How bad it is that nodes do not offer their devices while nothing waits for them."""
        return Level.FAULT

    def accelerators(self, instance_type: str) -> Mapping[str, int]:
        """How many accelerators the nodes of a type have, by the resource that a plugin offers them as.

        Here: those of the types that have EFA, which are all that the catalogue knows.
        """
        found = known_instance_type(instance_type)
        if found is None:
            return {}
        resource = catalogue.accelerator_resource(found)
        return {resource: sum(each.count for each in found.accelerators)} if resource else {}

    def missing_objects(self, pod: KubernetesObject) -> str:
        """The ConfigMaps and Secrets that a pod with a node waits for, in its kubelet's words. Empty: for none."""
        for status in pod["status"].get("containerStatuses") or ():
            waiting = (status.get("state") or {}).get("waiting") or {}
            if waiting.get("reason") == "CreateContainerConfigError":
                return str(waiting.get("message") or "")
        words = self._words_about(pod, "FailedMount")
        return next((found[0] for found in map(_NOT_FOUND.search, words) if found), "")

    def fix_of_queued(self, job: Owner, queue: str) -> str:
        """What to do about a job that Kueue has not started."""
        return (
            f"see what it waits for: 'kubectl -n {job.namespace} describe localqueue {queue}' and 'kubectl -n "
            f"{job.namespace} describe workloads'"
        )

    def instance(self, node: KubernetesObject) -> DeployedNode | None:
        """The instance that a node is."""
        return self._instances.get(node["spec"].get("providerID", "").rpartition("/")[2])

    def node_group(self, node: KubernetesObject) -> DeployedNodeGroup | None:
        """The node group that made a node."""
        name = (node["metadata"].get("labels") or {}).get(catalogue.NODE_GROUP_LABEL)
        return next((group for group in self.node_groups if group.name == name), None)

    def events(self, owners: Iterable[Owner], reason: str) -> list[str]:
        """The messages of events with a reason, each once, about these objects or what belongs to them."""
        wanted = set(owners)
        return list(
            dict.fromkeys(
                str(event.get("message", ""))
                for event in self.snapshot.events
                if event.get("reason") == reason and self._subject(event.get("involvedObject") or {}) in wanted
            )
        )

    def _words_about(self, pod: KubernetesObject, reason: str) -> list[str]:
        uid = pod["metadata"]["uid"]
        return [
            str(event.get("message", ""))
            for event in self.snapshot.events
            if event.get("reason") == reason and (event.get("involvedObject") or {}).get("uid") == uid
        ]

    def _subject(self, involved: Mapping[str, str]) -> Owner:
        found = self._controllers.get(involved.get("uid", ""))
        if found is not None:
            return self.owner(found[1], found[0])
        return Owner(involved.get("kind", ""), involved.get("namespace", ""), involved.get("name", ""))

    @cached_property
    def _controllers(self) -> dict[str, tuple[str, KubernetesObject]]:
        """Kind and object by uid, of what may make pods, and of the pods."""
        snapshot = self.snapshot
        kinds = {
            "ReplicaSet": snapshot.replica_sets,
            "Deployment": snapshot.deployments,
            "DaemonSet": snapshot.daemon_sets,
            "Job": snapshot.jobs,
            "MPIJob": snapshot.mpi_jobs or (),
            "Pod": snapshot.pods,
        }
        return {item["metadata"]["uid"]: (kind, item) for kind, items in kinds.items() for item in items}

    @cached_property
    def _nodes_with_slices(self) -> set[str]:
        return {str(each["spec"].get("nodeName", "")) for each in self.snapshot.resource_slices or ()}

    @cached_property
    def _pods_by_node(self) -> dict[str, list[KubernetesObject]]:
        pods = defaultdict(list)
        for pod in self.snapshot.pods:
            if pod["spec"].get("nodeName") and pod["status"].get("phase") not in _ENDED:
                pods[pod["spec"]["nodeName"]].append(pod)
        return dict(pods)

    @cached_property
    def _instances(self) -> dict[str, DeployedNode]:
        return {node.instance_id: node for group in self.node_groups for node in group.nodes}


def _most_efas(instance_type: str) -> int:
    known = known_instance_type(instance_type)
    return 0 if known is None else known.maximum_efa_interfaces or 0


def name_of(kind: str, item: KubernetesObject) -> Owner:
    """What an object is called here."""
    return Owner(kind, item["metadata"].get("namespace", ""), item["metadata"]["name"])


def type_of(node: KubernetesObject) -> str:
    """The instance type of a node, as its label says; for people, if there is none."""
    return str((node["metadata"].get("labels") or {}).get(catalogue.INSTANCE_TYPE_LABEL, "of unknown type"))


def allocatable(node: KubernetesObject) -> dict[str, Decimal]:
    """What a node offers to pods."""
    return amounts(node["status"].get("allocatable"))
