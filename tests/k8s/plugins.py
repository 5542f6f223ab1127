"""Device plugins in a chart, as the manifests that they become."""

from __future__ import annotations

from typing import Any

import cdk8s
from constructs import Construct

from .charts import chart as new_chart


def manifests(construct: type[Construct], **arguments: Any) -> list[dict[str, Any]]:
    chart = new_chart()
    construct(chart, "Plugin", **arguments)
    return list(cdk8s.Testing.synth(chart))


def daemon_set(construct: type[Construct], **arguments: Any) -> dict[str, Any]:
    (found,) = [one for one in manifests(construct, **arguments) if one["kind"] == "DaemonSet"]
    return found


def pod(construct: type[Construct], **arguments: Any) -> dict[str, Any]:
    spec: dict[str, Any] = daemon_set(construct, **arguments)["spec"]["template"]["spec"]
    return spec


def goes_to(pod: dict[str, Any], labels: dict[str, str], taints: list[dict[str, str]]) -> bool:
    """Whether the scheduler would put a pod onto a node, as far as these plugins' fields go."""
    selected = all(labels.get(key) == value for key, value in pod["nodeSelector"].items())
    terms = pod["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]["nodeSelectorTerms"]
    return (
        selected
        and any(all(_meets(labels, rule) for rule in term["matchExpressions"]) for term in terms)
        and all(any(_tolerates(toleration, taint) for toleration in pod["tolerations"]) for taint in taints)
    )


def _meets(labels: dict[str, str], rule: dict[str, Any]) -> bool:
    assert rule["operator"] == "NotIn"
    return labels.get(rule["key"]) not in rule["values"]


def _tolerates(toleration: dict[str, str], taint: dict[str, str]) -> bool:
    same_key = toleration["key"] == taint["key"]
    same_effect = toleration.get("effect", taint["effect"]) == taint["effect"]
    exists = toleration["operator"] == "Exists" or toleration.get("value") == taint.get("value")
    return same_key and same_effect and exists
