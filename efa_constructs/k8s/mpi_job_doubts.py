"""What about an MPI job is accepted and will perhaps not do what was meant."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from .. import catalogue
from .environment import judge_environment
from .launcher import Launcher
from .mpirun_ranks import other_ranks
from .node_selection import AUTO_MODE
from .worker_resources import ResolvedResources, accelerators_of

__all__ = ["doubts_about"]

# Karpenter documentation, "Well-Known Labels"
_KARPENTER_DOMAINS = frozenset({"karpenter.k8s.aws", "karpenter.sh"})


def doubts_about(
    resources: ResolvedResources,
    *,
    launcher: Launcher,
    operating_system: str,
    slots: int,
    processes: int,
    launcher_command: Sequence[str],
    environment: Mapping[str, object],
    base_environment: Mapping[str, str],
    node_selector: Mapping[str, str],
) -> Iterator[tuple[str, str]]:
    """Each doubt: what it is about, in kebab-case, and a sentence.

    :param slots: Ranks on each node.
    :param processes: Ranks on all nodes.
    :param launcher_command: The user's own, or none.
    :param environment: What the user set: values, or sources, of which nobody knows the value yet.
    :param base_environment: What is set beside it. On workers without EFA it keeps traffic off EFA on purpose.
    """
    for spot in _tight_resources(resources, launcher=launcher, operating_system=operating_system):
        yield "tight-resources", spot
    variables = {**(base_environment if resources.efa_interfaces else {}), **environment}
    values = {name: value for name, value in variables.items() if isinstance(value, str)}
    for finding in judge_environment(values, resources.instance):
        yield f"environment-{finding.name}", f"{finding.name}={finding.value}: {finding.reason}"
    # A Neuron device has several cores, and a rank drives one of them, or torchrun is the only rank.
    one_rank_each = resources.accelerators and not resources.instance.has_neuron_devices
    if one_rank_each and slots != resources.accelerators:
        yield (
            "ranks-and-accelerators",
            f"'processes_per_node' is {slots}, but a worker has {resources.accelerators} accelerators",
        )
    other = other_ranks(launcher_command, processes)
    if other is not None:
        yield (
            "ranks-and-slots",
            f"'launcher_command' has {other.words}, and nothing in it starts {processes} ranks, which the workers have "
            "slots for: if that is the run that is meant, the other slots stay idle",
        )
    if resources.hugepages_mib and _is_of_karpenter(node_selector):
        # https://github.com/aws/karpenter-provider-aws/issues/3315
        yield (
            "hugepages-and-karpenter",
            "Karpenter does not know which types have hugepages, nor does EKS Auto Mode, which has it inside, and "
            "makes no node for a pod that asks for some unless a NodeOverlay says so: set "
            "WorkerResources(hugepages=Size.mebibytes(0))",
        )


def _is_of_karpenter(node_selector: Mapping[str, str]) -> bool:
    """Whether Karpenter makes nodes with such labels, those of EKS Auto Mode among them."""
    domains = {label.rpartition("/")[0] for label in node_selector}
    # Only nodes of Auto Mode have labels such as eks.amazonaws.com/instance-family: Amazon EKS User Guide, "Create a
    # Node Pool for EKS Auto Mode".
    of_auto_mode = any(label.startswith("eks.amazonaws.com/instance-") for label in node_selector)
    return bool(domains & _KARPENTER_DOMAINS) or of_auto_mode or AUTO_MODE in node_selector.items()


def _tight_resources(resources: ResolvedResources, *, launcher: Launcher, operating_system: str) -> Iterator[str]:
    """What is accepted and may yet not fit, or wastes what the node has, in sentences."""
    instance = resources.instance
    node = catalogue.allocatable(instance, operating_system=operating_system)
    sure_memory = node.conservative_memory_mib - catalogue.DAEMON_SETS_MEMORY_MIB - launcher.memory_mib_of_worker_node
    if resources.memory_mib > sure_memory:
        yield (
            f"'memory' is {resources.memory_mib} MiB, and only {sure_memory} MiB are sure to be free on a "
            f"{instance.name}: if the node has less, the pod stays Pending"
        )
    sure_cpu = node.cpu_millicores - catalogue.DAEMON_SETS_CPU_MILLICORES - launcher.cpu_millicores_of_worker_node
    if resources.cpu_millicores > sure_cpu:
        yield (
            f"'cpu' is {resources.cpu_millicores / 1000:g}, and only {sure_cpu / 1000:g} vCPUs are sure to be free on "
            f"a {instance.name} beside its DaemonSets"
        )
    for field, wants, has in (
        ("accelerators", resources.accelerators, accelerators_of(instance)),
        ("efa_interfaces", resources.efa_interfaces, instance.known_efa_interfaces),
    ):
        if 0 < wants < has:
            yield (
                f"'{field}' is {wants} of the {has} that a {instance.name} has: which of them a pod gets, and whether "
                "GPU and EFA are on one PCIe root, is up to the device plugins"
            )
