"""NVIDIA's device plugin runs unprivileged, leaves EFA alone, and keeps off nodes that bring it."""

from __future__ import annotations

from efa_constructs.catalogue import GPU_LABEL
from efa_constructs.k8s import NvidiaDevicePlugin

from .plugins import daemon_set, goes_to, pod


def test_has_the_shape_of_the_static_manifest():
    found = daemon_set(NvidiaDevicePlugin)
    assert found["metadata"]["name"] == "nvidia-device-plugin-daemonset"
    assert found["metadata"]["namespace"] == "kube-system"
    assert found["spec"]["selector"]["matchLabels"] == {"name": "nvidia-device-plugin-ds"}
    (container,) = found["spec"]["template"]["spec"]["containers"]
    assert container["image"] == "nvcr.io/nvidia/k8s-device-plugin:v0.20.0"
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "seccompProfile": {"type": "RuntimeDefault"},
    }


def test_gets_no_token_for_the_api_server():
    assert pod(NvidiaDevicePlugin)["automountServiceAccountToken"] is False


def test_gives_gpu_pods_no_efa_interface():
    (container,) = pod(NvidiaDevicePlugin)["containers"]
    assert container["env"] == [{"name": "MOFED_ENABLED", "value": "false"}]


def test_keeps_off_nodes_that_say_that_they_bring_it():
    labels = {GPU_LABEL: "true"}
    assert not goes_to(pod(NvidiaDevicePlugin), labels | {"nvidia.com/gpu.deploy.device-plugin": "false"}, [])
    # The GPU Operator's word for a node that it gives one to.
    assert goes_to(pod(NvidiaDevicePlugin), labels | {"nvidia.com/gpu.deploy.device-plugin": "true"}, [])
