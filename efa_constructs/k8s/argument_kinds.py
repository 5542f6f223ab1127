"""Of what kind each argument of the constructs is."""

from __future__ import annotations

from collections.abc import Mapping

from cdk8s_plus_27 import k8s

from ..argument_kinds import Kind, instance_of, is_map_of_strings, is_whole_number, list_of
from .gang_scheduling import GangScheduling

__all__ = ["KINDS"]

_TEXT = instance_of(str)
_SWITCH = Kind(instance_of(bool), "True or False")
_WHOLE_NUMBER = Kind(is_whole_number, "a whole number")

KINDS: Mapping[str, Kind] = {
    "controller_queue_burst": _WHOLE_NUMBER,
    "controller_queue_rate_limit": _WHOLE_NUMBER,
    "crd_mode": Kind(_TEXT, "the name of a mode, such as 'small'"),
    "create_namespace": _SWITCH,
    "gang_scheduling": Kind(
        instance_of(GangScheduling), "GangScheduling.volcano() or GangScheduling.scheduler_plugins()"
    ),
    "image": Kind(_TEXT, "a container image with a tag or digest"),
    "kube_api_burst": _WHOLE_NUMBER,
    "kube_api_qps": _WHOLE_NUMBER,
    "namespace": Kind(_TEXT, "the name of a namespace"),
    "node_selector": Kind(is_map_of_strings, "a dict of strings: a label 'true' is not True"),
    "resources": Kind(instance_of(k8s.ResourceRequirements), "a k8s.ResourceRequirements of cdk8s_plus_27"),
    "threadiness": _WHOLE_NUMBER,
    "tolerations": Kind(
        list_of(instance_of(k8s.Toleration)),
        "a list of k8s.Toleration, such as [k8s.Toleration(key='team', operator='Exists')]",
    ),
    "watch_namespace": Kind(_TEXT, "the name of a namespace"),
}
