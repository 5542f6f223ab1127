"""What the API server refuses of a pod is said before, in words, and nothing of what it takes."""

from __future__ import annotations

from typing import Any

import pytest

from efa_constructs.pods.pod_refusals import refusals_of, toleration_refusal


def pod(**container: Any) -> dict[str, Any]:
    """A sound pod, with a container that has more, or other values."""
    one = {"name": "main", "image": "busybox:1.37", "volumeMounts": [{"name": "data", "mountPath": "/data"}]}
    return {"containers": [one | container], "volumes": [{"name": "data", "emptyDir": {}}]}


def resources(limit: object = None, request: object = None, name: str = "cpu") -> dict[str, Any]:
    amounts = {"limits": limit, "requests": request}
    return pod(resources={kind: {name: amount} for kind, amount in amounts.items() if amount is not None})


TWO_OF_ONE_NAME = [{"name": "main", "image": "a:1"}, {"name": "main", "image": "b:1"}]
MOUNTS = [{"name": "data", "mountPath": "/data"}, {"name": "data", "mountPath": "//data/"}]


@pytest.mark.parametrize(
    ("spec", "problem"),
    [
        ({"containers": TWO_OF_ONE_NAME}, "two containers of the name 'main'"),
        (
            {"containers": TWO_OF_ONE_NAME[:1], "initContainers": TWO_OF_ONE_NAME[1:]},
            "two containers of the name 'main'",
        ),
        (pod() | {"volumes": [{"name": "data"}, {"name": "data"}]}, "two volumes of the name 'data'"),
        (pod(image=""), "'main' that has no image"),
        (pod(volumeMounts=[{"name": "other", "mountPath": "/"}]), "mounts the volume 'other', which the pod does not"),
        (pod(volumeMounts=MOUNTS), "mounts two volumes at /data"),
        (resources("1", "1500m"), "requests 1500m of cpu, more than its limit of 1"),
        (resources("0.5", "0.5", "vpc.amazonaws.com/efa"), "0.5 of vpc.amazonaws.com/efa, but devices are whole"),
        (pod() | {"tolerations": [{"operator": "Exist"}]}, "spec.tolerations[0], that has the operator 'Exist'"),
    ],
)
def test_refuses(spec: dict[str, Any], problem: str) -> None:
    (said,) = refusals_of(spec)
    assert problem in said
    assert ": " in said


@pytest.mark.parametrize(
    "spec",
    [
        pod(),
        pod(resources={"limits": None, "requests": {"cpu": "2"}}),
        resources("1500m", "1.5"),
        # That they differ is another mistake, and so is a part of a page.
        resources(4, 8, "nvidia.com/gpu"),
        resources("5121Ki", "5121Ki", "hugepages-2Mi"),
        pod() | {"tolerations": [{"operator": "Exists"}, {"key": "team", "value": "vision", "effect": "NoSchedule"}]},
    ],
)
def test_takes(spec: dict[str, Any]) -> None:
    assert list(refusals_of(spec)) == []


def test_what_makes_the_pod_may_add_volumes() -> None:
    spec = pod() | {"volumes": []}
    assert list(refusals_of(spec, ["data"])) == []
    assert len(list(refusals_of(spec))) == 1


@pytest.mark.parametrize(
    ("toleration", "problem"),
    [
        ({"key": "team", "effect": "NoScheduling"}, "has the effect 'NoScheduling': use one of NoExecute, NoSchedule"),
        ({"operator": "Exists", "value": "vision"}, "has the operator 'Exists' and the value 'vision'"),
        ({"value": "vision"}, "has no key, which only the operator 'Exists' goes without"),
    ],
)
def test_a_toleration_is_refused(toleration: dict[str, str], problem: str) -> None:
    assert problem in str(toleration_refusal(toleration))
