"""The Neuron device plugin comes with the rights that it needs, and no more."""

from __future__ import annotations

from efa_constructs.k8s import NeuronDevicePlugin

from .plugins import manifests, pod


def by_kind(**arguments):
    return {one["kind"]: one for one in manifests(NeuronDevicePlugin, **arguments)}


def test_makes_its_rights_before_its_pods():
    kinds = [one["kind"] for one in manifests(NeuronDevicePlugin)]
    assert kinds == ["ServiceAccount", "ClusterRole", "ClusterRoleBinding", "DaemonSet"]


def test_binds_the_rights_of_the_chart_to_its_own_service_account():
    found = by_kind(namespace="neuron")
    account = found["ServiceAccount"]["metadata"]
    assert found["DaemonSet"]["spec"]["template"]["spec"]["serviceAccountName"] == account["name"]
    assert found["ClusterRoleBinding"]["subjects"] == [
        {"kind": "ServiceAccount", "name": account["name"], "namespace": "neuron"}
    ]
    assert found["ClusterRoleBinding"]["roleRef"] == {
        "apiGroup": "rbac.authorization.k8s.io",
        "kind": "ClusterRole",
        "name": found["ClusterRole"]["metadata"]["name"],
    }
    rights = {rule["resources"][0]: set(rule["verbs"]) for rule in found["ClusterRole"]["rules"]}
    assert rights == {
        "nodes": {"get", "list", "watch"},
        "events": {"create", "patch"},
        "pods": {"get", "list", "watch", "update", "patch"},
        "nodes/status": {"update", "patch"},
        "nodes/proxy": {"get"},
    }


def test_can_be_kept_from_the_kubelets_of_other_nodes():
    allowed, kept_off = (by_kind(nodes_proxy=value)["ClusterRole"]["rules"] for value in (True, False))
    assert [rule for rule in allowed if rule not in kept_off] == [
        {"apiGroups": [""], "resources": ["nodes/proxy"], "verbs": ["get"]}
    ]
    assert [rule for rule in kept_off if rule not in allowed] == []


def test_has_the_shape_of_the_chart():
    spec = pod(NeuronDevicePlugin)
    (container,) = spec["containers"]
    assert container["image"] == "public.ecr.aws/neuron/neuron-device-plugin:2.32.0.0"
    assert container["env"] == [
        {"name": "KUBECONFIG", "value": "/etc/kubernetes/kubelet.conf"},
        {"name": "NODE_NAME", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}},
    ]
    assert [(mount["mountPath"], mount.get("readOnly", False)) for mount in container["volumeMounts"]] == [
        ("/var/lib/kubelet/device-plugins", False),
        ("/run", False),
        ("/opt/aws", True),
    ]
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    # It asks the API server, as its service account.
    assert "automountServiceAccountToken" not in spec
