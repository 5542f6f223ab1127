"""Checks of pods that use EFA, and of MPIJobs."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from ... import catalogue
from ...catalogue import EFA_RESOURCE, GPU_RESOURCE, HUGEPAGES_RESOURCE, InstanceType
from ...catalogue.labels import INSTANCE_TYPE_LABELS
from ...pods.environment_verdicts import judge_environment
from ...pods.known_programs import PLUGINS, KnownProgram
from ...pods.mpirun_ranks import other_ranks
from ...pods.mpirun_variables import handed_on_variables
from ...pods.node_rules import unmet_requirement, untolerated_taints
from ...pods.requests import amounts, is_never_overcommitted, number, written
from ...rules import jobs as rules
from ..blueprint import Blueprint, NodeGroup, known_instance_type
from ..check import Check, Violation
from ..clusters import ReviewedCluster, clusters_of
from ..manifests import KubernetesObject
from ..pod_templates import KINDS_WITH_ROLES, PodTemplate
from ..shapes import as_mapping, as_mappings, at_path
from ..values import is_known, whole_number

__all__ = ["JOB_CHECKS"]

_HUGE_PAGES = "hugepages-"
# https://kueue.sigs.k8s.io/docs/reference/labels-and-annotations/
_KUEUE_QUEUE = "kueue.x-k8s.io/queue-name"
_KUEUE_TOPOLOGY = tuple(f"kueue.x-k8s.io/podset-{kind}-topology" for kind in ("required", "preferred", "unconstrained"))
# https://kubernetes.io/docs/concepts/overview/working-with-objects/names/#rfc-1035-label-names
_LABEL = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")
_LONGEST_LABEL = 63


def _each_pod(blueprint: Blueprint) -> Iterator[tuple[ReviewedCluster, PodTemplate]]:
    for cluster in clusters_of(blueprint):
        for template in cluster.pods:
            yield cluster, template


def _each_container(blueprint: Blueprint) -> Iterator[tuple[PodTemplate, Mapping[str, Any]]]:
    for _, template in _each_pod(blueprint):
        for container in template.containers:
            if is_known(container.get("resources")):
                yield template, container


def _too_large(blueprint: Blueprint) -> Iterator[Violation]:
    for cluster, template in _each_pod(blueprint):
        instance = _type_for(cluster, template)
        if instance is None:
            continue
        for resource, most in _room(instance).items():
            wanted = template.requests.get(resource, Decimal(0))
            if wanted > most:
                yield _about(
                    template,
                    resource=resource,
                    wanted=written(resource, wanted),
                    most=written(resource, most),
                    type=instance.name,
                )


def _room(instance: InstanceType) -> Mapping[str, Decimal]:
    """What a node of a type has at most."""
    node = catalogue.allocatable(instance)
    room = {
        "cpu": Decimal(node.cpu_millicores) / 1000,
        "memory": Decimal(node.memory_mib) * 2**20,
        HUGEPAGES_RESOURCE: Decimal(node.hugepages_2mi_mib) * 2**20,
        EFA_RESOURCE: Decimal(instance.known_efa_interfaces),
    }
    accelerators = catalogue.accelerator_resource(instance)
    return room if accelerators is None else {**room, accelerators: Decimal(instance.accelerator_count)}


def _type_for(cluster: ReviewedCluster, template: PodTemplate) -> InstanceType | None:
    """The type of the nodes that a pod goes to: that which it selects, or of all groups that have its devices."""
    for label in INSTANCE_TYPE_LABELS:
        wanted = as_mapping(template.spec.get("nodeSelector")).get(label)
        if isinstance(wanted, str) and is_known(wanted):
            return known_instance_type(wanted)
    types = {group.instance_type for group in _groups_for(cluster, template)}
    return types.pop() if len(types) == 1 else None


def _groups_for(cluster: ReviewedCluster, template: PodTemplate) -> list[NodeGroup]:
    """The node groups of the templates that have a device which a pod asks for, and which it does not exclude."""
    wanted = [resource for resource in PLUGINS if template.asks_for(resource)]
    return [
        group
        for group in cluster.node_groups
        if wanted
        and all(group in cluster.node_groups_with(resource) for resource in wanted)
        and unmet_requirement(template.spec, cluster.node_of(group)) is None
    ]


def _not_tolerated(blueprint: Blueprint) -> Iterator[Violation]:
    for cluster, template in _each_pod(blueprint):
        groups = _groups_for(cluster, template)
        refused = [(group, untolerated_taints(template.spec, cluster.node_of(group))) for group in groups]
        # One that takes them is enough.
        if refused and all(taints for _, taints in refused):
            group, (taint, *_) = refused[0]
            if is_known(str(taint)):
                yield _about(template, taint=str(taint), key=taint.key, group=group.resource.name)


def _too_many(blueprint: Blueprint) -> Iterator[Violation]:
    for cluster, template in _each_pod(blueprint):
        groups = _groups_for(cluster, template)
        maximum = whole_number(groups[0].resource.get("ScalingConfig.MaxSize")) if len(groups) == 1 else None
        if maximum is None or template.replicas is None or template.replicas <= maximum:
            continue
        instance = groups[0].instance_type
        if instance is not None and _takes_a_whole_node(template, instance):
            yield _about(template, workers=template.replicas, group=groups[0].resource.name, maximum=maximum)


def _takes_a_whole_node(template: PodTemplate, instance: InstanceType) -> bool:
    """Whether no two of the pods fit a node."""
    return any(2 * template.requests.get(resource, Decimal(0)) > most for resource, most in _room(instance).items())


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
                yield _about(
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
                yield _about(
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
            yield _about(template, container=container.get("name"))


def _no_huge_pages(blueprint: Blueprint) -> Iterator[Violation]:
    for template, container in _with_efa(blueprint):
        if HUGEPAGES_RESOURCE not in _limits(container):
            yield _about(template, container=container.get("name"))


def _with_efa(blueprint: Blueprint) -> Iterator[tuple[PodTemplate, Mapping[str, Any]]]:
    return (
        (template, container)
        for template, container in _each_container(blueprint)
        if _limits(container).get(EFA_RESOURCE, Decimal(0)) > 0
    )


def _two_ways(blueprint: Blueprint) -> Iterator[Violation]:
    for cluster, template in _each_pod(blueprint):
        for device_class in dict.fromkeys(_claimed_classes(cluster, template)):
            resource = catalogue.DEVICE_CLASSES.get(device_class)
            if resource is not None and template.asks_for(resource):
                yield _about(template, resource=resource, device_class=device_class)


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
    for cluster, template in _each_pod(blueprint):
        # What a launcher sets, its mpirun hands on to the workers.
        rank = _worker_of(cluster, template) if template.role == "launcher" else template
        instance = _type_for(cluster, rank) if rank is not None else None
        if instance is None or rank is None or not rank.asks_for(EFA_RESOURCE):
            continue
        for container in template.containers:
            for found in judge_environment(_variables(template, container), instance):
                yield _about(
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
    words = [str(word) for word in (*(container.get("command") or ()), *(container.get("args") or ()))]
    handed_on = handed_on_variables(words)
    return {
        **{name: value for name, value in variables.items() if name in handed_on},
        **{name: value for name, value in handed_on.items() if value is not None and is_known(value)},
    }


def _each_job(blueprint: Blueprint) -> Iterator[tuple[ReviewedCluster, KubernetesObject, Mapping[str, Any]]]:
    for cluster in clusters_of(blueprint):
        for job in cluster.of_kind("MPIJob"):
            yield cluster, job, as_mapping(job.content.get("spec"))


def _replicas(spec: Mapping[str, Any], role: str) -> int | None:
    of_role = as_mapping(as_mapping(spec.get("mpiReplicaSpecs")).get(role))
    return whole_number(of_role.get("replicas", 1)) if of_role else None


def _other_ranks(blueprint: Blueprint) -> Iterator[Violation]:
    for cluster, job, spec in _each_job(blueprint):
        workers, slots = _replicas(spec, "Worker"), whole_number(spec.get("slotsPerWorker", 1))
        if workers is None or slots is None:
            continue
        for template in cluster.pods:
            if template.of is job and template.role == "launcher":
                first = template.spec["containers"][0]
                command = [str(word) for word in (*(first.get("command") or ()), *(first.get("args") or ()))]
                other = other_ranks(command, workers * slots) if is_known(command) else None
                # A script may have several runs: what it says of one is not what it is.
                if other is not None and other.surely_meant:
                    yield _about(template, words=other.words, slots=workers * slots)


def _other_slots(blueprint: Blueprint) -> Iterator[Violation]:
    for cluster, job, spec in _each_job(blueprint):
        slots = whole_number(spec.get("slotsPerWorker", 1))
        for template in cluster.pods:
            gpus = template.requests.get(GPU_RESOURCE) if template.of is job and template.role == "worker" else None
            if gpus and slots is not None and slots != gpus:
                yield _about(template, slots=slots, gpus=written(GPU_RESOURCE, gpus))


def _several_launchers(blueprint: Blueprint) -> Iterator[Violation]:
    for _, job, spec in _each_job(blueprint):
        replicas = _replicas(spec, "Launcher")
        if replicas is not None and replicas != 1:
            yield _about_job(job, replicas=replicas)


def _long_names(blueprint: Blueprint) -> Iterator[Violation]:
    for _, job, spec in _each_job(blueprint):
        workers = _replicas(spec, "Worker") or 1
        host = f"{job.object_name}-worker-{workers - 1}"
        if is_known(host) and (len(host) > _LONGEST_LABEL or _LABEL.fullmatch(host) is None):
            yield _about_job(job, host=host, length=len(host), most=_LONGEST_LABEL)


def _gangs_that_wait(blueprint: Blueprint) -> Iterator[Violation]:
    for cluster, job, spec in _each_job(blueprint):
        policy = as_mapping(as_mapping(spec.get("runPolicy")).get("schedulingPolicy"))
        workers, least = _replicas(spec, "Worker"), whole_number(policy.get("minAvailable"))
        # The gang may be the workers alone.
        without_launcher = least is not None and workers is not None and least <= workers
        waits = spec.get("launcherCreationPolicy") == "WaitForWorkersReady"
        if waits and not without_launcher and _schedules_gangs(cluster):
            yield _about_job(job)


def _schedules_gangs(cluster: ReviewedCluster) -> bool:
    for template in cluster.running(KnownProgram.MPI_OPERATOR):
        for container in template.spec["containers"]:
            for argument in (*(container.get("command") or ()), *(container.get("args") or ())):
                flag, _, value = str(argument).lstrip("-").partition("=")
                if flag == "gang-scheduling" and value:
                    return True
    return False


def _left_workers(blueprint: Blueprint) -> Iterator[Violation]:
    for _, job, spec in _each_job(blueprint):
        policy = as_mapping(spec.get("runPolicy")).get("cleanPodPolicy")
        # kubeflow/mpi-operator, pkg/apis/kubeflow/v2beta1/default.go
        if policy in (None, "None", ""):
            yield _about_job(
                job,
                says="sets runPolicy.cleanPodPolicy to None"
                if policy
                else "sets no runPolicy.cleanPodPolicy, and the MPI Operator deletes no pods then",
            )


def _node_devices(blueprint: Blueprint) -> Iterator[Violation]:
    for _, template in _each_pod(blueprint):
        for volume in as_mappings(template.spec.get("volumes")) if template.asks_for(EFA_RESOURCE) else ():
            path = at_path(volume, "hostPath", "path")
            if isinstance(path, str) and _shows_devices(posixpath.normpath(path)):
                yield _about(template, path=path, volume=volume.get("name"))


def _shows_devices(path: str) -> bool:
    return path in ("/", "/dev", "/dev/infiniband") or path.startswith("/dev/infiniband/")


def _left_efas(blueprint: Blueprint) -> Iterator[Violation]:
    for cluster, template in _each_pod(blueprint):
        groups = _groups_for(cluster, template)
        # One pod alone needs no network.
        if len(groups) != 1 or template.of.kind not in KINDS_WITH_ROLES or (template.replicas or 0) < 2:
            continue
        group, instance = groups[0], groups[0].instance_type
        accelerator = catalogue.accelerator_resource(instance) if instance is not None else None
        count, efas = len(group.efa_interfaces), template.requests.get(EFA_RESOURCE, Decimal(0))
        if instance is None or accelerator is None or efas >= count or template.spec.get("resourceClaims"):
            continue
        if template.requests.get(accelerator) == instance.accelerator_count and not _stays_off_efa(cluster, template):
            yield _about(
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
                yield _about_job(job, name=name, where="the job", instead="the pod templates")
            if at_path(job.content, "metadata", "labels", _KUEUE_QUEUE) is None:
                for template in (each for each in cluster.pods if each.of is job and _KUEUE_QUEUE in each.labels):
                    yield _about_job(
                        job, name=_KUEUE_QUEUE, where=f"the pod template of its {template.role}", instead="the job"
                    )


def _about(template: PodTemplate, **values: object) -> Violation:
    return _about_job(template.of, role=template.role, **values)


def _about_job(one: KubernetesObject, **values: object) -> Violation:
    return Violation(resource=one.resource, kubernetes_object=one, values={"object": one.title, **values})


JOB_CHECKS = (
    Check(rule=rules.PODS_FIT_NODES, violations=_too_large),
    Check(rule=rules.NODES_TAKE_PODS, violations=_not_tolerated),
    Check(rule=rules.ENOUGH_NODES, violations=_too_many),
    Check(rule=rules.WHOLE_HUGE_PAGES, violations=_broken_huge_pages),
    Check(rule=rules.REQUESTS_ARE_LIMITS, violations=_requests_differ),
    Check(rule=rules.EFA_PODS_LOCK_MEMORY, violations=_cannot_lock_memory),
    Check(rule=rules.HUGE_PAGES_ARE_ASKED_FOR, violations=_no_huge_pages),
    Check(rule=rules.DEVICES_BY_ONE_WAY, violations=_two_ways),
    Check(rule=rules.RANKS_FILL_SLOTS, violations=_other_ranks),
    Check(rule=rules.SLOTS_ARE_ACCELERATORS, violations=_other_slots),
    Check(rule=rules.ONE_LAUNCHER, violations=_several_launchers),
    Check(rule=rules.HOST_NAMES_FIT, violations=_long_names),
    Check(rule=rules.WAITING_DOES_NOT_BLOCK_GANGS, violations=_gangs_that_wait),
    Check(rule=rules.ENVIRONMENT_DOES_NO_HARM, violations=_harmful_environment),
    Check(rule=rules.WORKERS_ARE_CLEANED_UP, violations=_left_workers),
    Check(rule=rules.DEVICES_COME_FROM_PLUGINS, violations=_node_devices),
    Check(rule=rules.WHOLE_NODES_HAVE_THEIR_EFAS, violations=_left_efas),
    Check(rule=rules.KUEUE_READS_WHAT_IT_IS_TOLD, violations=_misplaced_words_to_kueue),
)
