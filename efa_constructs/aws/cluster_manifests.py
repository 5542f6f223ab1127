"""Applies cdk8s charts to an EKS cluster: in an order that works, and so that nothing is deleted by accident."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from aws_cdk import RemovalPolicy, Stack
from aws_cdk import aws_eks_v2 as eks
from cdk8s import Chart
from constructs import Construct, IDependable

from ..argument_kinds import checks_kinds
from ..errors import InvalidArgumentError
from ..manifest_size import check_manifest_sizes
from ..rules.manifests import MANIFESTS_ARE_WHOLE, MANIFESTS_CAN_BE_CHANGED, OBJECTS_STAND_ONCE
from ..rules.templates import TEMPLATE_TOO_LARGE
from ..tree_warnings import copy_warnings
from .any_cluster import is_of_first_library
from .argument_kinds import KINDS
from .kubectl_access import KubectlAccess

if TYPE_CHECKING:
    from .any_cluster import AnyCluster

__all__ = ["ClusterManifests"]

Manifest = Mapping[str, Any]

# What other objects need to exist, and what is lost with them: every object of a namespace, every MPIJob.
_LASTING = ("Namespace", "CustomResourceDefinition")
# What waits for its permissions.
_WORKLOADS = ("DaemonSet", "Deployment", "StatefulSet")
_STAGES = ("Lasting", "Settings", "Workloads", "Jobs")
# The limit of a template is 1 MB (AWS CloudFormation User Guide, "Understand CloudFormation quotas"); its rest needs
# some room, too.
_MOST_BYTES_OF_ALL = 900_000
# Of the manifests of one custom resource, of whom an update sends those of before and after: as much as passed before
# Lambda took more, with some room for the rest of the request (https://github.com/aws/aws-cdk/issues/19165).
_MOST_BYTES = 120_000

# Of all manifests that a stack has been given. Not counted from its tree: jsii would load the Python modules of all
# classes there, also of those that only CDK uses, which takes longer than all else that is done here.
_bytes_of_stacks: WeakKeyDictionary[Stack, int] = WeakKeyDictionary()


class ClusterManifests(Construct):
    """The objects of cdk8s charts as resources of the stack, in four stages of which each waits for the one before.

    First namespaces and custom resource definitions: they are taken over where they exist, and stay when the stack is
    deleted, since every object in them would go with them. Then service accounts, roles and all other settings; then
    DaemonSets, Deployments and StatefulSets; last Jobs and custom resources, such as MPIJobs.

    A job starts once: the MPI Operator does not run a finished MPIJob again whose manifest changes, and Kubernetes
    refuses to change most of a Job. Give a changed job another name; the one of the old name is deleted then.

    Warnings of the charts become warnings of the app.
    """

    @checks_kinds(KINDS)
    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        cluster: AnyCluster,
        charts: Sequence[Chart],
        depends_on: Sequence[IDependable] = (),
        jobs_depend_on: Sequence[IDependable] = (),
    ) -> None:
        """
        :param cluster: Of ``aws_eks_v2``, with a kubectl provider, or of ``aws_eks``. Where the provider is that of a
            :class:`~efa_constructs.aws.KubectlAccess`, everything waits for its access entry.
        :param charts: Charts without namespaces or names in common.
        :param depends_on: What must exist before anything is applied. Default: no more than the cluster.
        :param jobs_depend_on: What must exist before jobs, such as their nodes. Default: no more than for the others.
        :raises InvalidArgumentError: the cluster has no kubectl provider, an object has no name or is there twice, or
            is too large to be applied, or all of them are for one template.
        """
        _check_cluster(cluster)
        manifests = [manifest for chart in charts for manifest in chart.to_json()]
        _check(manifests)
        size = sum(map(_template_size, manifests))
        stack = Stack.of(scope)
        total = _bytes_of_stacks.get(stack, 0) + size
        _check_total(stack, total)
        super().__init__(scope, id)
        _bytes_of_stacks[stack] = total
        for chart in charts:
            copy_warnings(chart, self)
        earlier: list[IDependable] = [*depends_on, *_access_entries(cluster)]
        for stage in _STAGES:
            waits_for = [*earlier, *(jobs_depend_on if stage == "Jobs" else ())]
            applied = list(self._apply(stage, [one for one in manifests if _stage(one) == stage], cluster))
            for resource in applied:
                resource.node.add_dependency(*waits_for)
            # A stage without objects passes on what the next one must wait for.
            earlier = [*applied] or earlier

    def _apply(self, stage: str, manifests: Sequence[Manifest], cluster: AnyCluster) -> Iterator[Construct]:
        if stage == "Lasting":
            for manifest in manifests:
                # To create what is there already would fail, and it is there when the stack was deleted and comes back.
                yield _resource(
                    self,
                    _id_of(manifest),
                    cluster,
                    [manifest],
                    overwrite=True,
                    prune=False,
                    removal_policy=RemovalPolicy.RETAIN,
                )
        elif stage == "Jobs":
            # One by one: kubectl prunes no custom resources from what it applies, so that only a resource of its own
            # takes a job away with its manifest. And one that Kubernetes refuses to change stops no other.
            for manifest in manifests:
                yield _resource(self, _id_of(manifest), cluster, [manifest], prune=False)
        else:
            for number, batch in enumerate(_batches(manifests)):
                yield _resource(self, f"{stage}{number + 1 if number else ''}", cluster, batch)


def _resource(scope: Construct, id: str, cluster: Any, manifests: Sequence[Manifest], **options: Any) -> Construct:
    if is_of_first_library(cluster):
        # Only here: most apps have no cluster of it.
        from aws_cdk import aws_eks

        return aws_eks.KubernetesManifest(scope, id, cluster=cluster, manifest=manifests, **options)
    return eks.KubernetesManifest(scope, id, cluster=cluster, manifest=manifests, **options)


def _id_of(manifest: Manifest) -> str:
    """Of a resource of an object alone: an object of another name is another resource."""
    group = str(manifest["apiVersion"]).rpartition("/")[0]
    metadata = manifest["metadata"]
    # No name has a colon: names that only together are the same stay different.
    return ":".join((group, manifest["kind"], metadata.get("namespace", ""), metadata["name"]))


def _stage(manifest: Manifest) -> str:
    if manifest["kind"] in _LASTING:
        return "Lasting"
    if manifest["kind"] in _WORKLOADS:
        return "Workloads"
    return "Jobs" if manifest["kind"] in ("Job", "CronJob") or _is_custom(manifest) else "Settings"


def _is_custom(manifest: Manifest) -> bool:
    """Whether its kind comes from a custom resource definition: those of Kubernetes are in groups of ``k8s.io``."""
    group, slash, _ = str(manifest["apiVersion"]).rpartition("/")
    return bool(slash) and "." in group and not group.endswith(".k8s.io")


def _batches(manifests: Iterable[Manifest]) -> Iterator[list[Manifest]]:
    """As many together as CloudFormation can hand to the function that applies them."""
    batch: list[Manifest] = []
    size = 0
    for manifest in manifests:
        more = _template_size(manifest)
        if batch and size + more > _MOST_BYTES:
            yield batch
            batch, size = [], 0
        batch.append(manifest)
        size += more
    if batch:
        yield batch


def _check(manifests: Sequence[Manifest]) -> None:
    seen: set[tuple[str, ...]] = set()
    for manifest in manifests:
        metadata = manifest.get("metadata", {})
        name = metadata.get("name")
        if not name:
            raise InvalidArgumentError(
                MANIFESTS_ARE_WHOLE.refusal(
                    f"'charts' has a {manifest['kind']} without a name",
                    "give it one, by which kubectl can apply it again",
                )
            )
        key = (manifest["apiVersion"], manifest["kind"], metadata.get("namespace", ""), name)
        if key in seen:
            raise InvalidArgumentError(
                OBJECTS_STAND_ONCE.refusal(
                    f"'charts' has two objects {manifest['kind']} '{name}', of which the second would replace the first"
                )
            )
        seen.add(key)
    check_manifest_sizes(manifests)
    for manifest in manifests:
        size = _template_size(manifest)
        if size > _MOST_BYTES:
            raise InvalidArgumentError(
                MANIFESTS_CAN_BE_CHANGED.refusal(
                    f"{manifest['kind']} '{manifest['metadata']['name']}' takes {size:,} bytes of what CloudFormation "
                    f"sends to the function that applies it, at most {_MOST_BYTES:,}",
                    "split it, or use kubectl",
                )
            )


def _check_total(stack: Stack, total: int) -> None:
    """Refuse more than the stack's template can hold, with what it has been given before."""
    if total > _MOST_BYTES_OF_ALL:
        raise InvalidArgumentError(
            TEMPLATE_TOO_LARGE.refusal(
                f"'charts' has objects with which the manifests of stack '{stack.node.id}' have {total:,} bytes, but a "
                f"template holds about {_MOST_BYTES_OF_ALL:,}",
                "divide the charts among several stacks",
            )
        )


def _template_size(manifest: Manifest) -> int:
    """Bytes of an object in a template, where it is a string: JSON within JSON."""
    return len(json.dumps(json.dumps(manifest, separators=(",", ":"))))


def _access_entries(cluster: Any) -> Iterator[IDependable]:
    """The entry that lets kubectl in. CDK's manifests wait for it only on clusters that CDK makes."""
    provider = None if is_of_first_library(cluster) else cluster.kubectl_provider
    # What a Python app made comes back as the very object.
    access = provider.node.scope if isinstance(provider, eks.KubectlProvider) else None
    if isinstance(access, KubectlAccess):
        yield access.access_entry


def _check_cluster(cluster: Any) -> None:
    """CDK says the same only when the first manifest is made."""
    if is_of_first_library(cluster):
        return
    if cluster.kubectl_provider is None:
        raise InvalidArgumentError(
            f"'cluster' {cluster.cluster_name} has no kubectl provider, so that nothing can be applied to it: use the "
            "cluster of a KubectlAccess, or make it with 'kubectl_provider_options'"
        )
