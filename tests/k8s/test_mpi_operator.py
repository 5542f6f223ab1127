"""The MPI Operator: what it may do, how it runs, and how much there is to apply."""

from __future__ import annotations

import inspect
import json
from pathlib import Path
from typing import Any

import cdk8s
import pytest
from cdk8s_plus_27 import k8s

from efa_constructs.catalogue.labels import EFA_LABEL
from efa_constructs.errors import InvalidArgumentError
from efa_constructs.k8s import CrdMode, GangScheduler, MpiOperator
from efa_constructs.k8s.argument_kinds import KINDS
from efa_constructs.k8s.mpi_job_schema import definition_specification
from efa_constructs.manifest_size import check_manifest_sizes
from efa_constructs.pods import mpi_job_schema

from .charts import chart as new_chart
from .schemas import check_manifests

CRD_DATA = Path(mpi_job_schema.__file__).with_name("mpi_job_schema.json")
# deploy/v2beta1/mpi-operator.yaml of mpi-operator v0.8.2, as minified JSON.
UPSTREAM_BYTES = 318_109


def manifests(**arguments: Any) -> list[dict[str, Any]]:
    chart = new_chart()
    MpiOperator(chart, "MpiOperator", **arguments)
    return cdk8s.Testing.synth(chart)


def only(objects: list[dict[str, Any]], kind: str, name: str = "mpi-operator") -> dict[str, Any]:
    (found,) = (item for item in objects if item["kind"] == kind and item["metadata"]["name"] == name)
    return found


def pod_of(objects: list[dict[str, Any]]) -> dict[str, Any]:
    return only(objects, "Deployment")["spec"]["template"]["spec"]


def container_of(objects: list[dict[str, Any]]) -> dict[str, Any]:
    (container,) = pod_of(objects)["containers"]
    return container


def rights_of(role: dict[str, Any]) -> dict[str, set[str]]:
    return {
        f"{group}/{resource}": set(rule["verbs"])
        for rule in role["rules"]
        if "resourceNames" not in rule
        for group in rule["apiGroups"]
        for resource in rule["resources"]
    }


def minified(item: dict[str, Any]) -> int:
    return len(json.dumps(item, separators=(",", ":")))


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"watch_namespace": "team-a", "namespace": "team-a"},
        {"gang_scheduler": GangScheduler.volcano(), "crd_mode": "stripped"},
        {
            "gang_scheduler": GangScheduler.scheduler_plugins(),
            "crd_mode": "none",
            "node_selector": {"role": "system"},
            "tolerations": [k8s.Toleration(key="nvidia.com/gpu", operator="Exists")],
        },
    ],
)
def test_its_objects_are_valid(arguments):
    check_manifests(manifests(**arguments))


def test_makes_what_it_needs_in_an_order_in_which_it_can_be_applied():
    assert [(item["kind"], item["metadata"]["name"]) for item in manifests()] == [
        ("Namespace", "mpi-operator"),
        ("CustomResourceDefinition", "mpijobs.kubeflow.org"),
        ("ClusterRole", "kubeflow-mpijobs-edit"),
        ("ClusterRole", "kubeflow-mpijobs-view"),
        ("ClusterRole", "kubeflow-mpijobs-admin"),
        ("ServiceAccount", "mpi-operator"),
        ("ClusterRole", "mpi-operator"),
        ("ClusterRoleBinding", "mpi-operator"),
        ("Role", "mpi-operator-leader-election"),
        ("RoleBinding", "mpi-operator-leader-election"),
        ("Deployment", "mpi-operator"),
    ]
    assert manifests() == manifests()


def test_is_less_than_a_quarter_of_upstream():
    sizes = {f"{item['kind']}/{item['metadata']['name']}": minified(item) for item in manifests()}
    assert sum(sizes.values()) < UPSTREAM_BYTES / 4
    # What the documentation says: 1/30.
    assert sum(sizes.values()) < UPSTREAM_BYTES / 30, sizes
    assert sizes["CustomResourceDefinition/mpijobs.kubeflow.org"] < 6_000


def test_even_with_strict_pod_templates():
    objects = manifests(crd_mode=CrdMode.STRIPPED)
    assert sum(map(minified, objects)) < UPSTREAM_BYTES / 4
    check_manifest_sizes(objects)


@pytest.mark.parametrize("mode", [CrdMode.SMALL, CrdMode.STRIPPED])
def test_installs_the_definition_of_the_mode_whole(mode):
    definition = only(manifests(crd_mode=mode), "CustomResourceDefinition", "mpijobs.kubeflow.org")
    assert definition["spec"] == definition_specification(mode)
    assert definition["spec"]["versions"][0]["subresources"] == {"status": {}}


def test_hands_out_what_must_outlive_it():
    operator = MpiOperator(new_chart(), "MpiOperator")
    assert (operator.namespace_object.kind, operator.namespace_object.name) == ("Namespace", "mpi-operator")
    assert operator.custom_resource_definition.name == "mpijobs.kubeflow.org"


@pytest.mark.parametrize(
    "arguments", [{"create_namespace": False}, {"namespace": "kube-system"}, {"namespace": "default"}]
)
def test_makes_no_namespace_that_exists(arguments):
    chart = new_chart()
    assert MpiOperator(chart, "MpiOperator", **arguments).namespace_object is None
    assert "Namespace" not in {item["kind"] for item in cdk8s.Testing.synth(chart)}


def test_leaves_definition_and_roles_of_users_to_somebody_else():
    chart = new_chart()
    assert MpiOperator(chart, "MpiOperator", crd_mode="none").custom_resource_definition is None
    names = {item["metadata"]["name"] for item in cdk8s.Testing.synth(chart)}
    assert names == {"mpi-operator", "mpi-operator-leader-election"}


def test_may_do_what_its_code_does_and_no_more():
    objects = manifests()
    assert rights_of(only(objects, "ClusterRole")) == {
        "kubeflow.org/mpijobs": {"list", "watch"},
        "kubeflow.org/mpijobs/status": {"update"},
        "kubeflow.org/mpijobs/finalizers": {"update"},
        "/configmaps": {"create", "list", "update", "watch"},
        "/secrets": {"create", "list", "update", "watch"},
        "/services": {"create", "list", "update", "watch"},
        "/pods": {"create", "delete", "list", "watch"},
        "/events": {"create", "patch"},
        "batch/jobs": {"create", "list", "update", "watch"},
        "batch/jobs/status": {"update"},
        "scheduling.k8s.io/priorityclasses": {"list", "watch"},
    }
    election = only(objects, "Role", "mpi-operator-leader-election")
    assert rights_of(election) == {"coordination.k8s.io/leases": {"create"}, "/events": {"create", "patch"}}
    (own,) = (rule for rule in election["rules"] if "resourceNames" in rule)
    assert (own["resourceNames"], own["verbs"]) == (["mpi-operator"], ["get", "update"])
    assert "*" not in json.dumps([item.get("rules") for item in objects])


def test_binds_its_own_account():
    objects = manifests(namespace="training", watch_namespace="team-a")
    subject = {"kind": "ServiceAccount", "name": "mpi-operator", "namespace": "training"}
    bindings = [item for item in objects if item["kind"].endswith("Binding")]
    assert len(bindings) == 3
    for binding in bindings:
        assert binding["subjects"] == [subject]
        reference = binding["roleRef"]
        role = only(objects, reference["kind"], reference["name"])
        assert role["metadata"].get("namespace") == binding["metadata"].get("namespace")
    assert only(objects, "ServiceAccount")["metadata"]["namespace"] == "training"
    assert pod_of(objects)["serviceAccountName"] == "mpi-operator"


def test_in_one_namespace_it_has_rights_in_that_one():
    objects = manifests(watch_namespace="team-a")
    role = only(objects, "Role")
    assert role["metadata"]["namespace"] == "team-a"
    # It reads these always, and exits where it may not; they are of no namespace.
    assert rights_of(only(objects, "ClusterRole", "mpi-operator-team-a")) == {
        "scheduling.k8s.io/priorityclasses": {"list", "watch"}
    }
    everywhere = rights_of(only(manifests(), "ClusterRole"))
    assert rights_of(role) == {key: verbs for key, verbs in everywhere.items() if "priorityclasses" not in key}
    assert "--namespace=team-a" in container_of(objects)["args"]


@pytest.mark.parametrize(
    ("choice", "group", "argument"),
    [
        (GangScheduler.volcano(), "scheduling.volcano.sh", "--gang-scheduling=volcano"),
        (GangScheduler.scheduler_plugins(), "scheduling.x-k8s.io", "--gang-scheduling=scheduler-plugins-scheduler"),
        (GangScheduler.scheduler_plugins("coscheduler"), "scheduling.x-k8s.io", "--gang-scheduling=coscheduler"),
    ],
)
def test_makes_pod_groups_only_for_the_scheduler_that_is_asked_for(choice, group, argument):
    objects = manifests(gang_scheduler=choice)
    rights = rights_of(only(objects, "ClusterRole"))
    assert rights.pop(f"{group}/podgroups") == {"create", "delete", "list", "update", "watch"}
    assert rights == rights_of(only(manifests(), "ClusterRole"))
    assert argument in container_of(objects)["args"]
    assert not any("gang" in line for line in container_of(manifests())["args"])


def test_users_roles_join_those_of_kubeflow():
    objects = manifests()
    edit, view, admin = (only(objects, "ClusterRole", f"kubeflow-mpijobs-{name}") for name in ("edit", "view", "admin"))
    prefix = "rbac.authorization.kubeflow.org/aggregate-to-kubeflow-"
    (selector,) = admin["aggregationRule"]["clusterRoleSelectors"]
    assert selector["matchLabels"].items() <= edit["metadata"]["labels"].items()
    assert admin["metadata"]["labels"][f"{prefix}admin"] == "true"
    assert edit["metadata"]["labels"][f"{prefix}edit"] == "true"
    assert view["metadata"]["labels"][f"{prefix}view"] == "true"
    assert rights_of(view) == {"kubeflow.org/mpijobs": {"get", "list", "watch"}}
    assert {"create", "delete", "patch"} <= rights_of(edit)["kubeflow.org/mpijobs"]
    assert rights_of(edit)["kubeflow.org/mpijobs/status"] == {"get"}


def test_raises_both_pairs_of_limits():
    assert container_of(manifests())["args"] == [
        "--lock-namespace=mpi-operator",
        "--kube-api-qps=500",
        "--kube-api-burst=1000",
        "--threadiness=8",
        "--controller-queue-rate-limit=1000",
        "--controller-queue-burst=10000",
    ]
    arguments = container_of(manifests(namespace="a", kube_api_qps=1, controller_queue_burst=2))["args"]
    assert {"--lock-namespace=a", "--kube-api-qps=1", "--controller-queue-burst=2"} < set(arguments)


def test_runs_under_the_restricted_pod_security_standard():
    objects = manifests()
    assert only(objects, "Namespace")["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    assert pod_of(objects)["securityContext"] == {
        "runAsNonRoot": True,
        "runAsUser": 65532,
        "runAsGroup": 65532,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    assert container_of(objects)["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "readOnlyRootFilesystem": True,
    }


def test_is_asked_for_its_health_where_it_answers():
    container = container_of(manifests())
    (port,) = container["ports"]
    assert port["containerPort"] == 8080
    for probe in ("livenessProbe", "readinessProbe"):
        assert container[probe]["httpGet"] == {"path": "/healthz", "port": port["name"]}


def test_has_memory_for_its_caches_and_no_limit_of_cpu():
    assert container_of(manifests())["resources"] == {
        "requests": {"cpu": "100m", "memory": "256Mi"},
        "limits": {"memory": "2Gi"},
    }
    more = k8s.ResourceRequirements(requests={"cpu": k8s.Quantity.from_number(2)})
    assert container_of(manifests(container_resources=more))["resources"] == {"requests": {"cpu": 2}}


def test_would_rather_run_on_a_node_without_efa_but_runs_on_any():
    pod = pod_of(manifests())
    assert "nodeSelector" not in pod
    assert "tolerations" not in pod
    assert set(pod["affinity"]["nodeAffinity"]) == {"preferredDuringSchedulingIgnoredDuringExecution"}
    (wish,) = pod["affinity"]["nodeAffinity"]["preferredDuringSchedulingIgnoredDuringExecution"]
    assert wish["preference"]["matchExpressions"] == [{"key": EFA_LABEL, "operator": "DoesNotExist"}]


def test_runs_where_it_is_told_to():
    toleration = k8s.Toleration(key="dedicated", operator="Exists", effect="NoSchedule")
    pod = pod_of(manifests(node_selector={"role": "system"}, tolerations=[toleration]))
    assert pod["nodeSelector"] == {"role": "system"}
    assert pod["tolerations"] == [{"key": "dedicated", "operator": "Exists", "effect": "NoSchedule"}]


def test_a_service_mesh_leaves_it_alone():
    template = only(manifests(), "Deployment")["spec"]["template"]
    assert template["metadata"]["annotations"] == {"sidecar.istio.io/inject": "false"}
    assert only(manifests(), "Deployment")["spec"]["selector"]["matchLabels"] == template["metadata"]["labels"]


def test_the_image_is_of_the_release_whose_schema_is_ours():
    made_from = json.loads(CRD_DATA.read_text())["made_from"]
    assert container_of(manifests())["image"] == made_from == "mpioperator/mpi-operator:0.8.2"
    assert container_of(manifests(image="mirror.example.com/mpi:1"))["image"] == "mirror.example.com/mpi:1"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"namespace": "MPI"}, "'namespace' is 'MPI': a name is at most 63 lower-case letters"),
        ({"namespace": ""}, "'namespace' is '': a name is at most"),
        ({"namespace": "a" * 64}, "'namespace' is 'a+': a name is at most"),
        ({"watch_namespace": "team_a"}, "'watch_namespace' is 'team_a': a name is at most"),
        ({"image": "mpioperator/mpi-operator:latest"}, "'image' is .* which has the tag 'latest', which moves"),
        ({"image": "mpioperator/mpi-operator"}, "'image' is .* which has no tag"),
        ({"crd_mode": "smal"}, "'crd_mode' must be one of small, stripped, none, got 'smal'; did you mean 'small'"),
        ({"kube_api_qps": 0}, "'kube_api_qps' is 0, .*: give 1 or more"),
        ({"kube_api_burst": -1}, "'kube_api_burst' is -1, .*: give 1 or more"),
        ({"threadiness": 0}, "'threadiness' is 0, .*: give 1 or more"),
        ({"controller_queue_rate_limit": 0}, "'controller_queue_rate_limit' is 0, .*: give 1 or more"),
        ({"controller_queue_burst": 0}, "'controller_queue_burst' is 0, .*: give 1 or more"),
        ({"namespace": 1}, "'namespace' is 1, of type int: give the name of a namespace"),
        ({"create_namespace": "no"}, "'create_namespace' is 'no', of type str: give True or False"),
        ({"watch_namespace": ["a"]}, "'watch_namespace' is .*, of type list: give the name of a namespace"),
        ({"crd_mode": None}, "'crd_mode' is None: give the name of a mode, such as 'small'"),
        ({"image": None}, "'image' is None: give a container image"),
        ({"kube_api_qps": 5.5}, "'kube_api_qps' is 5.5, of type float: give a whole number"),
        ({"threadiness": True}, "'threadiness' is True, of type bool: give a whole number"),
        ({"gang_scheduler": "volcano"}, r"'gang_scheduler' is 'volcano', .*: give GangScheduler.volcano\(\) or"),
        (
            {"container_resources": {"limits": {"cpu": 1}}},
            "'container_resources' is .*, of type dict: give a k8s",
        ),
        ({"node_selector": {"gpu": False}}, "'node_selector' is .*, of type dict: give a dict of strings"),
        ({"tolerations": [{"key": "a"}]}, "'tolerations' is .*, of type list: give a list of k8s.Toleration"),
        ({"tolerations": k8s.Toleration(key="a")}, "'tolerations' is of type Toleration: give a list"),
        ({"tolerations": [k8s.Toleration(operator="Exist")]}, "has the operator 'Exist': use one of Equal, Exists"),
        ({"node_selector": {"role": "a b"}}, "'node_selector' has role='a b': the value of a label"),
    ],
)
def test_refuses_and_makes_nothing(arguments, message):
    chart = new_chart()
    with pytest.raises(InvalidArgumentError, match=message):
        MpiOperator(chart, "MpiOperator", **arguments)
    assert chart.node.children == []


def test_knows_the_kind_of_every_argument():
    parameters = inspect.signature(MpiOperator.__init__).parameters.values()
    assert {parameter.name for parameter in parameters if parameter.kind is parameter.KEYWORD_ONLY} <= set(KINDS)
