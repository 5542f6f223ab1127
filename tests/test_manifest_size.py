"""An object that kubectl apply could not keep in its annotation is refused at synth."""

from __future__ import annotations

import json

import pytest

from efa_constructs.errors import InvalidArgumentError
from efa_constructs.manifest_size import MAXIMUM_ANNOTATIONS, MAXIMUM_MANIFEST, applied_size, check_manifest_sizes


def object_of(size: int, kind: str = "ConfigMap") -> dict:
    """One of so many bytes."""
    item = {"apiVersion": "v1", "kind": kind, "metadata": {"name": "large"}, "data": {"text": ""}}
    item["data"]["text"] = "a" * (size - len(json.dumps(item, separators=(",", ":"))))
    return item


def test_takes_objects_up_to_the_limit_however_many():
    check_manifest_sizes([object_of(MAXIMUM_MANIFEST), object_of(MAXIMUM_MANIFEST)])


def test_refuses_a_larger_one_and_says_what_to_do():
    with pytest.raises(InvalidArgumentError) as refused:
        check_manifest_sizes([object_of(100), object_of(MAXIMUM_MANIFEST + 1)])
    assert str(refused.value).startswith(
        "ConfigMap 'large' has 250,001 bytes, and at most 250,000 can be applied: kubectl keeps an object in its "
        "annotations, which hold 262,144, and more is added: split it, "
    )
    assert str(refused.value).endswith(" (EFA-K8S-006)")


def test_advises_to_take_the_descriptions_out_of_a_definition():
    with pytest.raises(
        InvalidArgumentError, match=r"CustomResourceDefinition 'large' .*take the descriptions out of a schema"
    ):
        check_manifest_sizes([object_of(313_477, "CustomResourceDefinition")])


def test_counts_bytes_as_kubectl_writes_them():
    assert applied_size({"a": "<&>"}) == len('{"a":"\\u003c\\u0026\\u003e"}')
    assert applied_size({"a": "ü"}) == len('{"a":"ü"}') + 1


def test_counts_annotations_twice():
    """They are in the object that is kept, and beside it."""
    item = {"metadata": {"annotations": {"key": "value"}}}
    assert applied_size(item) == len(json.dumps(item, separators=(",", ":"))) + len("keyvalue")


def test_leaves_room_for_what_is_added():
    name = "kubectl.kubernetes.io/last-applied-configuration"
    label = '"aws.cdk.eks/prune-' + "0" * 42 + '":"",'
    namespace = '"namespace":"' + "a" * 63 + '",'
    assert MAXIMUM_MANIFEST + len(name + label + namespace) < MAXIMUM_ANNOTATIONS


def test_measures_what_a_template_of_another_tool_may_hold() -> None:
    bare = {"kind": "ConfigMap", "metadata": {"name": "c"}}
    assert applied_size({"kind": "ConfigMap", "metadata": None}) == len('{"kind":"ConfigMap","metadata":null}')
    with_null = {"kind": "ConfigMap", "metadata": {"name": "c", "annotations": None}}
    assert applied_size(with_null) == applied_size(bare) + len(',"annotations":null')
