"""Which nodes pods of ours may go to: taints that they tolerate, nodes that they stay away from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from cdk8s_plus_27 import k8s

from ..catalogue import EFA_RESOURCE, GPU_RESOURCE, NEURON_RESOURCE
from ..errors import InvalidArgumentError
from ..pods.pod_refusals import toleration_refusal
from ..rules import Rule
from ..rules.manifests import POD_TEMPLATES_ARE_SOUND

__all__ = [
    "AUTO_MODE",
    "affinity_away_from",
    "check_tolerated",
    "check_tolerations",
    "default_tolerations",
    "labels_wanted",
    "plugin_tolerations",
    "takes_nodes_with",
    "tolerations_of",
]

# Taints that keep other pods off such nodes, whatever their value and effect. Kubernetes documentation, "Taints and
# Tolerations", "Example Use Cases": the key is the name of the resource. aws.amazon.com/efa is older, from
# https://github.com/aws-samples/aws-efa-eks, manifest/efa-k8s-device-plugin.yml
_ACCELERATED_NODES = ("aws.amazon.com/efa", NEURON_RESOURCE, GPU_RESOURCE, EFA_RESOURCE)
# Of nodes that are kept for what the cluster needs: the charts of all three plugins tolerate it.
_CRITICAL_ADDONS = "CriticalAddonsOnly"

# Nodes of EKS Auto Mode, by a label that EKS sets, with this value: the same by which AWS's own charts avoid them.
# https://github.com/aws/eks-charts, stable/aws-efa-k8s-device-plugin/templates/daemonset.yaml
AUTO_MODE = ("eks.amazonaws.com/compute-type", "auto")


def default_tolerations() -> list[k8s.Toleration]:
    """Tolerations of the well-known taints of GPU, EFA and Neuron nodes, for pods that use their devices."""
    return [_tolerates(key) for key in _ACCELERATED_NODES]


def plugin_tolerations() -> list[k8s.Toleration]:
    """Tolerations for device plugins: :func:`~efa_constructs.k8s.default_tolerations`, and that of critical add-ons."""
    return [_tolerates(_CRITICAL_ADDONS), *default_tolerations()]


def affinity_away_from(*labels: tuple[str, str]) -> k8s.Affinity:
    """Keep pods off nodes that have any of the labels, with that value. Nodes without the label are fine."""
    requirements = [k8s.NodeSelectorRequirement(key=key, operator="NotIn", values=[value]) for key, value in labels]
    return k8s.Affinity(
        node_affinity=k8s.NodeAffinity(
            required_during_scheduling_ignored_during_execution=k8s.NodeSelector(
                node_selector_terms=[k8s.NodeSelectorTerm(match_expressions=requirements)]
            )
        )
    )


def check_tolerations(tolerations: Sequence[k8s.Toleration], argument: str = "tolerations") -> None:
    """Refuse tolerations that the API server would refuse.

    :param argument: Where they were given, for the message. Default: ``"tolerations"``
    :raises InvalidArgumentError: an operator or effect does not exist, or does not go with key and value.
    """
    for index, one in enumerate(tolerations):
        where = f"'{argument}[{index}]'"
        refused = toleration_refusal(
            {"key": one.key, "operator": one.operator, "value": one.value, "effect": one.effect}
        )
        if refused is not None:
            raise InvalidArgumentError(POD_TEMPLATES_ARE_SOUND.cited(f"{where} {refused}"))


def check_tolerated(where: str, taints: Sequence[k8s.Taint], tolerations: Sequence[k8s.Toleration], rule: Rule) -> None:
    """Refuse pods that the nodes would not let in.

    :param where: Whose pods, for the message.
    :param taints: Of the nodes.
    :param tolerations: Of the pods.
    :param rule: That this is for such pods.
    :raises InvalidArgumentError: a taint that keeps pods away has no toleration.
    """
    for taint in taints:
        # A preference keeps nobody away.
        if taint.effect != "PreferNoSchedule" and not any(_admits(one, taint) for one in tolerations):
            value = f"={taint.value}" if taint.value else ""
            raise InvalidArgumentError(
                rule.refusal(
                    f"{where}: the nodes have the taint {taint.key}{value}:{taint.effect}, which the pods do not "
                    "tolerate by 'tolerations': none would run there",
                    key=taint.key,
                )
            )


def tolerations_of(pod: Mapping[str, Any]) -> list[k8s.Toleration]:
    """The tolerations of a pod's specification."""
    return [
        k8s.Toleration(
            key=one.get("key"), operator=one.get("operator"), value=one.get("value"), effect=one.get("effect")
        )
        for one in pod.get("tolerations", [])
    ]


def takes_nodes_with(pod: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    """Whether a pod's required node affinity lets it go to nodes with these labels, whatever others they have."""
    terms = list(_required_terms(pod))
    return not terms or any(
        all(_holds(one, labels[one["key"]]) for one in term if one["key"] in labels) for term in terms
    )


def labels_wanted(pod: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Labels, with their values, without which a pod goes to no node; where any value will do, it is empty."""
    selected = list(pod.get("nodeSelector", {}).items())
    terms = [[one for one in term if one["operator"] not in ("DoesNotExist", "NotIn")] for term in _required_terms(pod)]
    in_every_term = set.intersection(*({one["key"] for one in term} for term in terms)) if terms else set()
    return selected + [
        (one["key"], value)
        for term in terms
        for one in term
        if one["key"] in in_every_term
        for value in one.get("values") or [""]
    ]


def _required_terms(pod: Mapping[str, Any]) -> Iterator[Sequence[Mapping[str, Any]]]:
    """What the node affinity asks for; any one of the terms will do."""
    affinity = pod.get("affinity", {}).get("nodeAffinity", {})
    required = affinity.get("requiredDuringSchedulingIgnoredDuringExecution", {})
    return (term.get("matchExpressions", []) for term in required.get("nodeSelectorTerms", []))


def _holds(requirement: Mapping[str, Any], value: str) -> bool:
    """Whether a node with that value of the label meets it, as far as the operator can tell."""
    values = requirement.get("values", [])
    return {"In": value in values, "NotIn": value not in values, "DoesNotExist": False}.get(
        requirement["operator"], True
    )


def _admits(toleration: k8s.Toleration, taint: k8s.Taint) -> bool:
    """As the scheduler decides it: Kubernetes documentation, "Taints and Tolerations"."""
    if toleration.effect and toleration.effect != taint.effect:
        return False
    if toleration.operator == "Exists":
        return toleration.key is None or toleration.key == taint.key
    return toleration.key == taint.key and (toleration.value or "") == (taint.value or "")


def _tolerates(key: str) -> k8s.Toleration:
    # Without an effect: NoExecute, too.
    return k8s.Toleration(key=key, operator="Exists")
