"""What the API server would refuse of pods is found in manifests, by the rule that constructs refuse it by."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from .manifests import Manifests, broken_rules_of_manifests

CONTAINER = {"name": "main", "image": "public.ecr.aws/eks/aws-efa-k8s-device-plugin:v0.5.26"}
VOLUME = {"name": "data", "mountPath": "/data"}


def mount(manifests: Manifests) -> None:
    manifests.worker.setdefault("volumeMounts", []).append(VOLUME)


def tolerate(**toleration: str) -> Callable[[Manifests], None]:
    return lambda manifests: manifests.pod("Worker").setdefault("tolerations", []).append(toleration)


def request(limit: str) -> Callable[[Manifests], None]:
    def change(manifests: Manifests) -> None:
        container = manifests.efa_plugin["spec"]["template"]["spec"]["containers"][0]
        container["resources"] = {"limits": {"cpu": limit}, "requests": {"cpu": "100m"}}

    return change


def stateful(manifests: Manifests, **fields: Any) -> None:
    container = {"name": "main", "image": "busybox:1.37", "volumeMounts": [VOLUME]}
    spec = {"template": {"spec": {"containers": [container]}}, **fields}
    manifests.objects.append({"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "a"}, "spec": spec})


@pytest.mark.parametrize(
    "change",
    [
        mount,
        lambda manifests: manifests.efa_plugin["spec"]["template"]["spec"]["containers"].extend([CONTAINER, CONTAINER]),
        tolerate(operator="Exist"),
        request("50m"),
        stateful,
    ],
)
def test_finds_what_the_api_server_would_refuse(change: Callable[[Manifests], object]) -> None:
    assert broken_rules_of_manifests(change) == {"EFA-K8S-008"}


@pytest.mark.parametrize(
    "change",
    [
        lambda manifests: (mount(manifests), manifests.pod("Worker")["volumes"].append({"name": "data"})),
        tolerate(operator="Exists"),
        request("100m"),
        lambda manifests: stateful(manifests, volumeClaimTemplates=[{"metadata": {"name": "data"}}]),
        # What it is called, only the deployment knows.
        lambda manifests: manifests.worker.update(env=[{"name": "⟨?a parameter⟩", "value": "1"}]),
        lambda manifests: (mount(manifests), manifests.pod("Worker")["volumes"].append({"name": "⟨?a parameter⟩"})),
    ],
)
def test_says_nothing_of_what_it_takes(change: Callable[[Manifests], object]) -> None:
    assert broken_rules_of_manifests(change) == set()
