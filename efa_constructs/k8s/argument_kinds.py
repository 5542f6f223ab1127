"""Of what kind each argument of the constructs is."""

from __future__ import annotations

from collections.abc import Mapping

from cdk8s_plus_27 import k8s

from ..argument_kinds import Kind, instance_of, list_of

__all__ = ["KINDS"]

_TEXT = instance_of(str)

KINDS: Mapping[str, Kind] = {
    "image": Kind(_TEXT, "a container image with a tag or digest"),
    "name": Kind(_TEXT, "a name"),
    "namespace": Kind(_TEXT, "the name of a namespace"),
    "region": Kind(_TEXT, "a Region, such as 'us-west-2'"),
    "tolerations": Kind(
        list_of(instance_of(k8s.Toleration)),
        "a list of k8s.Toleration, such as [k8s.Toleration(key='team', operator='Exists')]",
    ),
    "version": Kind(_TEXT, "the tag of a container image, such as 'v1.2.3'"),
}
