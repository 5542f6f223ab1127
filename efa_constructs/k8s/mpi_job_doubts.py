"""What about an MPI job is accepted and will perhaps not do what was meant."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from ..catalogue import EFA_RESOURCE, GPU_RESOURCE, HUGEPAGES_RESOURCE
from ..pods.environment_verdicts import judge_environment
from ..pods.mpirun_ranks import other_ranks
from ..rules.jobs import (
    ENVIRONMENT_DOES_NO_HARM,
    LAUNCHERS_LOG_STAYS,
    PODS_FIT_NODES,
    RANKS_FILL_SLOTS,
    SLOTS_ARE_ACCELERATORS,
    WORKERS_HAVE_A_NETWORK_OF_THEIR_OWN,
)
from .finished_pods import FinishedPods, shown
from .node_room import NodeRoom
from .node_selection import AUTO_MODE, labels_wanted
from .run_policy import RunPolicy

__all__ = ["doubts_about"]

# Karpenter documentation, "Well-Known Labels"
_KARPENTER_DOMAINS = frozenset({"karpenter.k8s.aws", "karpenter.sh"})


def doubts_about(
    pods: FinishedPods,
    room: NodeRoom,
    *,
    slots: int,
    processes: int,
    launcher_command: Sequence[str],
    run_policy: RunPolicy,
    base_environment: Mapping[str, str],
) -> Iterator[tuple[str, str]]:
    """Each doubt: what it is about, in kebab-case, and a sentence.

    :param room: What a worker's node has for the pods.
    :param slots: Ranks on each node.
    :param processes: Ranks on all nodes.
    :param launcher_command: The user's own, or none.
    :param base_environment: What is not the user's own of the environment. On workers without EFA it keeps traffic off
        EFA on purpose.
    """
    for spot in (*_tight_resources(pods, room), *_parts_of_a_node(pods, room)):
        yield "tight-resources", spot
    on_purpose = {} if _uses_efa(pods) else base_environment
    variables = {name: value for name, value in pods.plain_variables.items() if on_purpose.get(name) != value}
    for finding in judge_environment(variables, room.instance):
        said = ENVIRONMENT_DOES_NO_HARM.refusal(f"{finding.name}={finding.value}", reason=finding.reason)
        yield f"environment-{finding.name}", said
    # A Neuron device has several cores, and a rank drives one of them, or torchrun is the only rank.
    gpus = room.devices[GPU_RESOURCE] if _has_claims(pods) else int(pods.requests.get(GPU_RESOURCE, 0))
    if gpus and slots != gpus:
        yield (
            "ranks-and-accelerators",
            SLOTS_ARE_ACCELERATORS.refusal(
                f"'processes_per_node' is {slots}, but a worker has {gpus} accelerators", f"set it to {gpus}"
            ),
        )
    other = other_ranks(launcher_command, processes)
    if other is not None:
        yield (
            "ranks-and-slots",
            RANKS_FILL_SLOTS.refusal(
                f"'launcher_command' has {other.words}, and nothing in it starts {processes} ranks, which the workers "
                "have slots for, so that the other slots stay idle if that is the run that is meant",
                slots=processes,
            ),
        )
    if pods.worker["spec"].get("hostNetwork"):
        yield "host-network", WORKERS_HAVE_A_NETWORK_OF_THEIR_OWN.refusal(object="this job")
    if run_policy.to_spec().get("ttlSecondsAfterFinished") == 0:
        yield (
            "log-of-launcher",
            LAUNCHERS_LOG_STAYS.refusal(
                "'ttl_after_finished' is 0 s, so that the launcher is deleted with its log as soon as it has ended"
            ),
        )
    yield from _about_karpenter(pods)


def _uses_efa(pods: FinishedPods) -> bool:
    return _has_claims(pods) or bool(pods.requests.get(EFA_RESOURCE))


def _has_claims(pods: FinishedPods) -> bool:
    """Whether dynamic resource allocation gives the workers their devices."""
    return bool(pods.worker["spec"].get("resourceClaims"))


def _tight_resources(pods: FinishedPods, room: NodeRoom) -> Iterator[str]:
    for resource, sure in room.surely.items():
        wants = pods.requests.get(resource, sure)
        if wants > sure:
            yield PODS_FIT_NODES.refusal(
                f"{pods.who_asks} for {shown(resource, wants)} of '{resource}', and only {shown(resource, sure)} are "
                f"sure to be free on a {room.instance.name} beside its DaemonSets: if it has less, the pods stay "
                "Pending",
                most=shown(resource, sure),
            )


def _parts_of_a_node(pods: FinishedPods, room: NodeRoom) -> Iterator[str]:
    for resource, has in room.devices.items():
        wants = pods.requests.get(resource, 0)
        if 0 < wants < has:
            yield (
                f"{pods.who_asks} for {wants} of the {has} '{resource}' that a {room.instance.name} has: which of them "
                "a pod gets, and whether GPU and EFA are on one PCIe root, is up to the device plugins"
            )


def _about_karpenter(pods: FinishedPods) -> Iterator[tuple[str, str]]:
    labels = sorted({label for pod in pods.of_one_node for label in _of_karpenter(labels_wanted(pod))})
    if not labels:
        return
    # https://github.com/aws/karpenter-provider-aws/issues/3315
    hugepages = (
        "; Karpenter does not know which types have hugepages, nor does EKS Auto Mode, which has it inside, and makes "
        "no node for a pod that asks for some unless a NodeOverlay says so: set "
        "WorkerResources(hugepages=Size.mebibytes(0))"
    )
    yield (
        "nodes-of-karpenter",
        f"the pods go only to nodes with the label {', '.join(labels)}, which Karpenter or EKS Auto Mode makes, and no "
        f"EfaNodeGroup{hugepages if pods.requests.get(HUGEPAGES_RESOURCE) else ''}",
    )


def _of_karpenter(labels: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Those of the labels that only nodes of Karpenter have, those of EKS Auto Mode among them."""
    for label, value in labels:
        # Only nodes of Auto Mode have labels such as eks.amazonaws.com/instance-family: Amazon EKS User Guide, "Create
        # a Node Pool for EKS Auto Mode".
        of_auto_mode = label.startswith("eks.amazonaws.com/instance-") or (label, value) == AUTO_MODE
        if of_auto_mode or label.rpartition("/")[0] in _KARPENTER_DOMAINS:
            yield label
