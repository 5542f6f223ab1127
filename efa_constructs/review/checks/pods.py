"""Checks of what pods that use EFA ask for and are given."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from ... import catalogue
from ...catalogue import EFA_RESOURCE, GPU_RESOURCE, HUGEPAGES_RESOURCE
from ...pods.environment_verdicts import judge_environment
from ...pods.known_programs import KUEUE_QUEUE_LABEL
from ...pods.mpirun_variables import handed_on_variables
from ...pods.requests import amounts, is_never_overcommitted, number, written
from ...rules import jobs as rules
from ..blueprint import Blueprint
from ..check import Check, Violation, about, about_pods
from ..clusters import ReviewedCluster, clusters_of, each_pod
from ..jobs import words_of
from ..pod_templates import KINDS_WITH_ROLES, PodTemplate
from ..shapes import as_mapping, as_mappings, at_path
from ..values import is_known

__all__ = ["POD_CHECKS"]

_HUGE_PAGES = "hugepages-"
# https://kueue.sigs.k8s.io/docs/reference/labels-and-annotations/
_KUEUE_TOPOLOGY = tuple(f"kueue.x-k8s.io/podset-{kind}-topology" for kind in ("required", "preferred", "unconstrained"))
# Where a container has the shared memory of its own, if nothing is mounted there.
_SHARED_MEMORY = ("/dev/shm", "/dev", "/")


def _each_container(blueprint: Blueprint) -> Iterator[tuple[PodTemplate, Mapping[str, Any]]]:
    for _, template in each_pod(blueprint):
        for container in template.containers:
            if is_known(container.get("resources")):
                yield template, container


def _broken_huge_pages(blueprint: Blueprint) -> Iterator[Violation]:
    for template, container in _each_container(blueprint):
        asked = _limits(container)
        for resource, amount in asked.items():
            if not resource.startswith(_HUGE_PAGES):
                continue
            page = _page(resource)
            problem = None
            if page is not None and amount % page:
                problem = ", and pages are whole"
            elif {"cpu", "memory"}.isdisjoint(asked):
                problem = ", and for neither CPUs nor memory"
            if problem is not None:
                yield about_pods(
                    template,
                    container=container.get("name"),
                    resource=resource,
                    amount=written(resource, amount),
                    problem=problem,
                )


def _page(resource: str) -> Decimal | None:
    try:
        return number(resource.removeprefix(_HUGE_PAGES))
    except (AssertionError, ArithmeticError):
        return None


def _limits(container: Mapping[str, Any]) -> dict[str, Decimal]:
    resources = as_mapping(container.get("resources"))
    return {**amounts(resources.get("requests")), **amounts(resources.get("limits"))}


def _requests_differ(blueprint: Blueprint) -> Iterator[Violation]:
    for template, container in _each_container(blueprint):
        resources = as_mapping(container.get("resources"))
        limits, requests = amounts(resources.get("limits")), amounts(resources.get("requests"))
        for resource, request in requests.items():
            limit = limits.get(resource)
            if is_never_overcommitted(resource) and request != limit:
                yield about_pods(
                    template,
                    container=container.get("name"),
                    resource=resource,
                    request=written(resource, request),
                    limit="nothing" if limit is None else written(resource, limit),
                )


def _cannot_lock_memory(blueprint: Blueprint) -> Iterator[Violation]:
    for template, container in _with_efa(blueprint):
        context = as_mapping(container.get("securityContext"))
        capabilities = as_mapping(context.get("capabilities"))
        added = {str(name) for name in capabilities.get("add") or ()}
        if not context.get("privileged") and added.isdisjoint({"ALL", "IPC_LOCK"}):
            yield about_pods(template, container=container.get("name"))


def _no_huge_pages(blueprint: Blueprint) -> Iterator[Violation]:
    for template, container in _with_efa(blueprint):
        if HUGEPAGES_RESOURCE not in _limits(container):
            yield about_pods(template, container=container.get("name"))


def _with_efa(blueprint: Blueprint) -> Iterator[tuple[PodTemplate, Mapping[str, Any]]]:
    return (
        (template, container)
        for template, container in _each_container(blueprint)
        if _limits(container).get(EFA_RESOURCE, Decimal(0)) > 0
    )


def _little_shared_memory(blueprint: Blueprint) -> Iterator[Violation]:
    for template, container in _each_container(blueprint):
        gpus = _limits(container).get(GPU_RESOURCE, Decimal(0))
        trains = template.of.kind in KINDS_WITH_ROLES or template.asks_for(EFA_RESOURCE)
        # What shares its IPC with the node has the node's.
        if gpus > 1 and trains and not template.spec.get("hostIPC") and not _mounts_shared_memory(container):
            yield about_pods(template, container=container.get("name"), gpus=written(GPU_RESOURCE, gpus))


def _mounts_shared_memory(container: Mapping[str, Any]) -> bool:
    mounts = [each.get("mountPath") for each in container.get("volumeMounts") or ()]
    return not is_known(mounts) or any(posixpath.normpath(str(path)) in _SHARED_MEMORY for path in mounts)


def _two_ways(blueprint: Blueprint) -> Iterator[Violation]:
    for cluster, template in each_pod(blueprint):
        for device_class in dict.fromkeys(_claimed_classes(cluster, template)):
            resource = catalogue.DEVICE_CLASSES.get(device_class)
            if resource is not None and template.asks_for(resource):
                yield about_pods(template, resource=resource, device_class=device_class)


def _claimed_classes(cluster: ReviewedCluster, template: PodTemplate) -> Iterator[str]:
    """The device classes of a pod's resource claims, as far as the templates have the claims."""
    kinds = {
        "resourceClaimName": ("ResourceClaim", "spec"),
        "resourceClaimTemplateName": ("ResourceClaimTemplate", "spec.spec"),
    }
    for claim in as_mappings(template.spec.get("resourceClaims")):
        for field, (kind, path) in kinds.items():
            for one in cluster.of_kind(kind):
                if (one.namespace, one.object_name) == (template.of.namespace, claim.get(field)):
                    yield from _requested_classes(at_path(one.content, *path.split("."), "devices", "requests"))


def _requested_classes(requests: Any) -> Iterator[str]:
    for request in as_mappings(requests):
        # "exactly" and "firstAvailable" are of resource.k8s.io/v1beta2 and later.
        for each in (request, as_mapping(request.get("exactly")), *as_mappings(request.get("firstAvailable"))):
            if isinstance(each.get("deviceClassName"), str):
                yield each["deviceClassName"]


def _harmful_environment(blueprint: Blueprint) -> Iterator[Violation]:
    for cluster, template in each_pod(blueprint):
        # What a launcher sets, its mpirun hands on to the workers.
        rank = _worker_of(cluster, template) if template.role == "launcher" else template
        instance = cluster.type_for(rank) if rank is not None else None
        if instance is None or rank is None or not rank.asks_for(EFA_RESOURCE):
            continue
        for container in template.containers:
            for found in judge_environment(_variables(template, container), instance):
                yield about_pods(
                    template,
                    container=container.get("name"),
                    name=found.name,
                    value=found.value,
                    reason=found.reason,
                )


def _worker_of(cluster: ReviewedCluster, launcher: PodTemplate) -> PodTemplate | None:
    return next((each for each in cluster.pods if each.of is launcher.of and each.role == "worker"), None)


def _variables(template: PodTemplate, container: Mapping[str, Any]) -> Mapping[str, str]:
    """The environment of the program that a container runs, or of the ranks that a launcher starts."""
    variables = {
        variable["name"]: variable["value"]
        for variable in container.get("env") or ()
        if isinstance(variable.get("value"), str) and is_known(variable["value"])
    }
    if template.role != "launcher":
        return variables
    handed_on = handed_on_variables(words_of(container))
    return {
        **{name: value for name, value in variables.items() if name in handed_on},
        **{name: value for name, value in handed_on.items() if value is not None and is_known(value)},
    }


def _node_devices(blueprint: Blueprint) -> Iterator[Violation]:
    for _, template in each_pod(blueprint):
        for volume in as_mappings(template.spec.get("volumes")) if template.asks_for(EFA_RESOURCE) else ():
            path = at_path(volume, "hostPath", "path")
            if isinstance(path, str) and _shows_devices(posixpath.normpath(path)):
                yield about_pods(template, path=path, volume=volume.get("name"))


def _shows_devices(path: str) -> bool:
    return path in ("/", "/dev", "/dev/infiniband") or path.startswith("/dev/infiniband/")


def _left_efas(blueprint: Blueprint) -> Iterator[Violation]:
    for cluster, template in each_pod(blueprint):
        groups = cluster.groups_for(template)
        # One pod alone needs no network.
        if len(groups) != 1 or template.of.kind not in KINDS_WITH_ROLES or (template.replicas or 0) < 2:
            continue
        group, instance = groups[0], groups[0].instance_type
        accelerator = catalogue.accelerator_resource(instance) if instance is not None else None
        count, efas = len(group.efa_interfaces), template.requests.get(EFA_RESOURCE, Decimal(0))
        if instance is None or accelerator is None or efas >= count or template.spec.get("resourceClaims"):
            continue
        if template.requests.get(accelerator) == instance.accelerator_count and not _stays_off_efa(cluster, template):
            yield about_pods(
                template,
                accelerators=instance.accelerator_count,
                accelerator=accelerator,
                group=group.resource.name,
                efas=written(EFA_RESOURCE, efas),
                count=count,
            )


def _stays_off_efa(cluster: ReviewedCluster, template: PodTemplate) -> bool:
    """Whether a job goes over TCP on purpose, to compare."""
    return any(
        name in ("FI_PROVIDER", "NCCL_NET") and value.lower() in ("socket", "sockets", "tcp")
        for each in cluster.pods
        if each.of is template.of
        for container in each.containers
        for name, value in _variables(each, container).items()
    )


def _misplaced_words_to_kueue(blueprint: Blueprint) -> Iterator[Violation]:
    for cluster in clusters_of(blueprint):
        for job in (one for kind in KINDS_WITH_ROLES for one in cluster.of_kind(kind)):
            annotations = as_mapping(at_path(job.content, "metadata", "annotations"))
            for name in (each for each in annotations if each.startswith(_KUEUE_TOPOLOGY)):
                yield about(job, name=name, where="the job", instead="the pod templates")
            if at_path(job.content, "metadata", "labels", KUEUE_QUEUE_LABEL) is None:
                for template in (each for each in cluster.pods if each.of is job and KUEUE_QUEUE_LABEL in each.labels):
                    yield about(
                        job, name=KUEUE_QUEUE_LABEL, where=f"the pod template of its {template.role}", instead="the job"
                    )


POD_CHECKS = (
    Check(rule=rules.WHOLE_HUGE_PAGES, violations=_broken_huge_pages),
    Check(rule=rules.REQUESTS_ARE_LIMITS, violations=_requests_differ),
    Check(rule=rules.EFA_PODS_LOCK_MEMORY, violations=_cannot_lock_memory),
    Check(rule=rules.HUGE_PAGES_ARE_ASKED_FOR, violations=_no_huge_pages),
    Check(rule=rules.GPUS_OF_A_POD_SHARE_MEMORY, violations=_little_shared_memory),
    Check(rule=rules.DEVICES_BY_ONE_WAY, violations=_two_ways),
    Check(rule=rules.ENVIRONMENT_DOES_NO_HARM, violations=_harmful_environment),
    Check(rule=rules.DEVICES_COME_FROM_PLUGINS, violations=_node_devices),
    Check(rule=rules.WHOLE_NODES_HAVE_THEIR_EFAS, violations=_left_efas),
    Check(rule=rules.KUEUE_READS_WHAT_IT_IS_TOLD, violations=_misplaced_words_to_kueue),
)
