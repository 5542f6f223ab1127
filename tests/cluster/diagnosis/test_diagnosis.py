"""The causes of what goes wrong in a cluster, each once, with what suffers from it."""

from __future__ import annotations

from typing import Any

import pytest

from efa_constructs.cluster.diagnosis.cause import Cause
from efa_constructs.cluster.diagnosis.cluster_objects import ClusterObjects
from efa_constructs.cluster.diagnosis.diagnosis import diagnose
from efa_constructs.cluster.diagnosis.node_causes import about_nodes
from efa_constructs.cluster.finding import Finding, Level
from efa_constructs.lookups.deployed import DeployedNodeGroup
from efa_constructs.rehearsal.result.rehearsed_objects import RehearsedObjects
from efa_constructs.rules.device_plugins import PLUGIN_TOLERATES_TAINTS

from ...rehearsal.deployments import cluster, node, node_group
from .objects import (
    DEPLOYED,
    EFA_IMAGE,
    EFA_PLUGIN,
    NVIDIA_IMAGE,
    asking,
    cluster_objects,
    daemon_set,
    found,
    job,
    nodes,
    operator,
    operator_pod,
    pod,
    snapshot,
    waiting_worker,
)

OPERATOR = operator()
RUNS = {"deployments": [OPERATOR]}
TRAIN = job("train", "Created")
TAINT = {"key": "nvidia.com/gpu", "value": "true", "effect": "NoSchedule"}
FORBIDDEN = (
    'E1125 17:27:19.468152 1 mpi_job_controller.go:557] "Unhandled Error" err="error syncing \'default/train\': '
    'mpijobs.kubeflow.org \\"train\\" is forbidden: User \\"system:serviceaccount:mpi-operator:mpi-operator\\" cannot '
    'update resource \\"mpijobs/status\\" in API group \\"kubeflow.org\\" in the namespace \\"default\\""'
)


def only(**objects: Any) -> Finding:
    (finding,) = found(**objects)
    return finding


def jobs_pods(*pods: dict[str, Any]) -> dict[str, Any]:
    return {**RUNS, "mpi_jobs": [TRAIN], "pods": [operator_pod(OPERATOR), *pods]}


def workers(**resources: str) -> list[dict[str, Any]]:
    return [waiting_worker(TRAIN, number, containers=asking(**resources)) for number in (0, 1)]


def test_a_cluster_in_which_the_jobs_run_is_sound() -> None:
    assert not found(deployments=[OPERATOR], pods=[operator_pod(OPERATOR)], mpi_jobs=[job("train", "Succeeded")])


def test_a_plugin_that_does_not_tolerate_a_taint_is_one_fault_with_the_job_that_waits() -> None:
    tolerant = [
        waiting_worker(TRAIN, number, containers=asking(efa="4"), tolerations=[{"operator": "Exists"}])
        for number in (0, 1)
    ]
    finding = only(nodes=nodes(efa=None, taints=[TAINT]), daemon_sets=[EFA_PLUGIN], **jobs_pods(*tolerant))
    assert finding.code == "device-plugin-does-not-tolerate"
    assert "nvidia.com/gpu=true:NoSchedule" in finding.problem
    assert finding.problem.endswith("; MPIJob 'default/train' waits for it")
    assert "toleration with the key 'nvidia.com/gpu'" in finding.fix
    assert finding.rule is PLUGIN_TOLERATES_TAINTS


def test_a_plugin_that_selects_no_node_is_a_fault_even_if_nothing_waits() -> None:
    stale = daemon_set("efa", EFA_IMAGE, nodeSelector={"node.kubernetes.io/instance-type": "p3dn.24xlarge"})
    finding = only(nodes=nodes(efa=None), daemon_sets=[stale])
    assert (finding.code, finding.level) == ("device-plugin-selects-no-node", Level.FAULT)
    assert "p3dn.24xlarge" in finding.problem


def test_a_missing_plugin_is_a_fault_also_where_no_job_waits() -> None:
    finding = only(nodes=nodes(efa=None))
    assert (finding.code, finding.level) == ("device-plugin-missing", Level.FAULT)
    waited_for = only(nodes=nodes(efa=None), **jobs_pods(*workers(efa="4")))
    assert (waited_for.code, waited_for.level) == ("device-plugin-missing", Level.FAULT)


def test_in_a_rehearsal_a_missing_plugin_is_a_warning_where_no_job_waits() -> None:
    rehearsed = RehearsedObjects(snapshot(nodes=nodes(efa=None)), DEPLOYED)
    assert [finding.level for finding in diagnose(rehearsed)] == [Level.WARNING]


def plugin_on_both_nodes() -> list[dict[str, Any]]:
    names = ("ip-10-0-0-0a", "ip-10-0-0-0b")
    return [pod(f"efa-{name}", EFA_PLUGIN, "DaemonSet", spec={"nodeName": name}) for name in names]


def test_a_plugin_that_runs_and_offers_nothing_is_told_with_the_job_that_waits() -> None:
    offers_nothing = {"nodes": nodes(efa=None), "daemon_sets": [EFA_PLUGIN]}
    finding = only(**offers_nothing, pods=plugin_on_both_nodes())
    assert (finding.code, finding.level) == ("device-plugin-offers-nothing", Level.FAULT)
    assert "2 nodes (p4d.24xlarge) offer no vpc.amazonaws.com/efa, although the EFA device plugin" in finding.problem
    finding = only(**offers_nothing, **jobs_pods(*plugin_on_both_nodes(), *workers(efa="4")))
    assert finding.code == "device-plugin-offers-nothing"
    assert finding.problem.endswith("; MPIJob 'default/train' waits for it")


def test_nobody_is_told_to_ask_for_no_efa_while_the_plugin_does_not_run_for_an_unknown_reason() -> None:
    objects = {"nodes": nodes(efa=None), "daemon_sets": [EFA_PLUGIN], **jobs_pods(*workers(efa="4"))}
    assert not [finding for finding in found(**objects) if "ask for no" in finding.fix]


def test_without_aws_a_node_that_says_that_it_has_efa_needs_a_plugin() -> None:
    alone = ClusterObjects(snapshot(nodes=nodes(efa=None)), None)
    assert [finding.code for finding in diagnose(alone)] == ["device-plugin-missing"]


def test_nodes_whose_devices_a_driver_gives_need_no_plugin() -> None:
    slices = [{"spec": {"driver": "dra.net", "nodeName": f"ip-10-0-0-0{each}"}} for each in "ab"]
    assert not found(nodes=nodes(efa=None, gpu=None), resource_slices=slices)
    assert len(found(nodes=nodes(efa=None), resource_slices=slices[:1])) == 1


def test_a_node_group_offers_all_that_it_has_once_all_its_nodes_do() -> None:
    (group,) = DEPLOYED.node_groups
    assert cluster_objects().offers_all(group)
    assert not cluster_objects(nodes=[nodes()[0], nodes(efa=None)[1]]).offers_all(group)
    assert not cluster_objects(nodes=[]).offers_all(group)


def test_a_plugin_that_crashes_is_quoted() -> None:
    crashed = {
        "state": {"waiting": {"reason": "CrashLoopBackOff"}},
        "lastState": {"terminated": {"exitCode": 1, "message": "No valid EFA devices found"}},
    }
    plugin = pod("efa-1", EFA_PLUGIN, "DaemonSet", status={"containerStatuses": [crashed]})
    finding = only(
        nodes=nodes(efa=None, hugepages_2Mi="0"),
        daemon_sets=[EFA_PLUGIN],
        **jobs_pods(plugin, *workers(efa="4", hugepages="5120Mi")),
    )
    assert finding.code == "device-plugin-crash-loop"
    assert '"No valid EFA devices found"' in finding.problem
    assert "interfaces of type efa or efa-only" in finding.fix


def test_a_plugin_that_crashes_for_another_reason_is_not_said_to_lack_interfaces() -> None:
    crashed = {
        "state": {"waiting": {"reason": "CrashLoopBackOff"}},
        "lastState": {"terminated": {"exitCode": 1, "message": "open /dev/infiniband: permission denied"}},
    }
    plugin = pod("efa-1", EFA_PLUGIN, "DaemonSet", status={"containerStatuses": [crashed]})
    finding = only(nodes=nodes(efa=None), daemon_sets=[EFA_PLUGIN], pods=[plugin])
    assert "permission denied" in finding.problem
    assert "privileged" in finding.fix


@pytest.mark.parametrize(
    ("resources", "words"),
    [
        ({"efa": "8"}, "8 of vpc.amazonaws.com/efa, and a node (p4d.24xlarge) offers at most 4"),
        ({"hugepages": "30000Mi"}, "30000Mi of hugepages-2Mi, and a node (p4d.24xlarge) offers at most 21122Mi"),
        ({"memory": "2Ti"}, "2097152Mi of memory, and a node (p4d.24xlarge) offers at most 1061590Mi"),
        ({"cpu": "96"}, "96 of cpu, and a node (p4d.24xlarge) offers at most 95690m"),
    ],
)
def test_a_request_that_no_node_can_meet_is_told_with_what_a_node_has(resources: dict[str, str], words: str) -> None:
    finding = only(**jobs_pods(*workers(**resources)))
    assert finding.code == "request-too-large"
    assert finding.problem.startswith("2 workers of MPIJob 'default/train': each asks for " + words)
    assert 'the scheduler says "0/2 nodes"' in finding.problem


@pytest.mark.parametrize(
    ("spec", "taints", "code", "words"),
    [
        (
            {"nodeSelector": {"topology.kubernetes.io/zone": "us-east-1b"}},
            (),
            "wrong-zone",
            "the nodes are in us-east-1a",
        ),
        ({"nodeSelector": {"disk": "fast"}}, (), "selector-matches-no-node", "disk=fast"),
        ({}, (TAINT,), "taint-not-tolerated", "nvidia.com/gpu=true:NoSchedule"),
    ],
)
def test_nodes_that_a_job_may_not_go_to_are_told_by_label_or_taint(
    spec: dict[str, Any], taints: tuple[dict[str, str], ...], code: str, words: str
) -> None:
    finding = only(nodes=nodes(taints=taints), **jobs_pods(waiting_worker(TRAIN, **spec)))
    assert finding.code == code
    assert words in finding.problem


CORDONED = {"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}
NOT_READY = {"key": "node.kubernetes.io/not-ready", "effect": "NoSchedule"}


def test_cordoned_nodes_are_to_be_uncordoned_and_not_tolerated() -> None:
    finding = only(nodes=nodes(taints=[CORDONED]), **jobs_pods(*workers(efa="4")))
    assert finding.code == "node-cordoned"
    assert "2 workers of MPIJob 'default/train': ip-10-0-0-0a and ip-10-0-0-0b are cordoned" in finding.problem
    assert "kubectl uncordon ip-10-0-0-0a ip-10-0-0-0b" in finding.fix


@pytest.mark.parametrize(
    ("taint", "offers", "code", "fix"),
    [
        (CORDONED, "4", "node-cordoned", "kubectl uncordon ip-10-0-0-0b"),
        (NOT_READY, "4", "node-unfit", "see the conditions of the node"),
        (TAINT, "4", "taint-not-tolerated", "give the pod a toleration with the key 'nvidia.com/gpu'"),
        # As its plugin does not tolerate the taint either.
        (TAINT, None, "taint-not-tolerated", "give the pod a toleration with the key 'nvidia.com/gpu'"),
    ],
)
def test_where_the_other_node_has_a_worker_already_the_taint_of_this_one_is_told(
    taint: dict[str, str], offers: str | None, code: str, fix: str
) -> None:
    first = waiting_worker(TRAIN, 0, containers=asking(efa="4"))
    second = waiting_worker(TRAIN, 1, containers=asking(efa="4"), says="0/2 nodes are available: 1 Insufficient efa")
    first["spec"]["nodeName"], first["status"] = "ip-10-0-0-0a", {"phase": "Running"}
    tainted = [nodes()[0], nodes(taints=[taint], efa=offers)[1]]
    findings = {each.code: each for each in found(nodes=tainted, **jobs_pods(first, second))}
    assert fix in findings[code].fix
    assert not findings.keys() & {"too-few-nodes", "nodes-taken"}


def test_full_nodes_are_told_by_their_max_pods() -> None:
    finding = only(
        nodes=nodes(pods="1")[:1],
        mpi_jobs=[TRAIN],
        deployments=[OPERATOR],
        pods=[operator_pod(OPERATOR), waiting_worker(TRAIN)],
    )
    assert finding.code == "max-pods-reached"
    assert "nodes take 1 pods each" in finding.problem


def test_what_has_taken_the_nodes_is_named() -> None:
    other = job("other", "Running")
    holders = [
        pod(
            f"other-worker-{number}",
            other,
            "MPIJob",
            spec={"nodeName": node["metadata"]["name"], "containers": asking(efa="4")},
        )
        for number, node in enumerate(nodes())
    ]
    waiting = waiting_worker(TRAIN, containers=asking(efa="4"), says="2 Insufficient vpc.amazonaws.com/efa")
    objects = jobs_pods(*holders, waiting)
    finding, *ends = found(**{**objects, "mpi_jobs": [TRAIN, other]})
    assert finding.code == "nodes-taken"
    assert "MPIJob 'default/other' has the vpc.amazonaws.com/efa of the nodes" in finding.problem
    assert [end.code for end in ends] == ["mpi-job-failed"]


def on_a_node(number: int, **status: Any) -> dict[str, Any]:
    """A worker that a node has, and that does not start."""
    worker = waiting_worker(TRAIN, number)
    worker["spec"]["nodeName"] = nodes()[0]["metadata"]["name"]
    worker["status"] = {"phase": "Pending", **status}
    return worker


def test_a_config_map_that_is_missing_is_named_once_with_those_that_wait() -> None:
    waiting = [on_a_node(number) for number in (0, 1)]
    events = [
        {
            "reason": "FailedMount",
            "message": f'MountVolume.SetUp failed for volume "{volume}" : configmap "data" not found',
            "involvedObject": {"uid": pod["metadata"]["uid"]},
        }
        for pod, volume in zip(waiting, ("a", "b"), strict=True)
    ]
    finding = only(**jobs_pods(*waiting), events=events)
    assert (finding.code, finding.level) == ("object-missing", Level.FAULT)
    assert "MPIJob 'default/train'" in finding.problem
    assert "configmap \"data\" not found in the namespace 'default'" in finding.problem


def test_a_secret_of_a_variable_that_is_missing_is_named() -> None:
    waiting = {"reason": "CreateContainerConfigError", "message": 'secret "token" not found'}
    finding = only(**jobs_pods(on_a_node(0, containerStatuses=[{"state": {"waiting": waiting}}])))
    assert finding.code == "object-missing"
    assert 'secret "token" not found' in finding.problem


def test_a_job_that_is_left_to_run_need_not_end() -> None:
    objects = {**RUNS, "pods": [operator_pod(OPERATOR)], "mpi_jobs": [job("train", "Running")]}
    assert [finding.code for finding in found(**objects)] == ["mpi-job-failed"]
    assert not diagnose(cluster_objects(**objects))


def test_a_job_with_more_workers_than_nodes_is_told_so() -> None:
    late = waiting_worker(TRAIN, 1, containers=asking(efa="4"), says="1 Insufficient vpc.amazonaws.com/efa")
    own = pod("train-worker-0", TRAIN, "MPIJob", spec={"containers": asking(efa="4")})
    finding = only(nodes=nodes()[:1], **jobs_pods(own, late))
    assert finding.code == "too-few-nodes"


def test_what_only_the_scheduler_knows_is_told_in_its_words() -> None:
    says = '0/2 nodes are available: persistentvolumeclaim "lustre" not found'
    finding = only(**jobs_pods(waiting_worker(TRAIN, says=says)))
    assert finding.code == "not-scheduled"
    assert says in finding.problem


def test_without_nodes_nothing_else_is_told() -> None:
    finding = only(nodes=[], deployments=[OPERATOR], daemon_sets=[EFA_PLUGIN], mpi_jobs=[job("train")])
    assert finding.code == "no-nodes"


def test_a_missing_right_is_told_once_with_the_rule_that_gives_it() -> None:
    binding = {
        "roleRef": {"name": "operator-role"},
        "subjects": [{"kind": "ServiceAccount", "namespace": "mpi-operator", "name": "mpi-operator"}],
    }
    finding = only(**jobs_pods(), cluster_role_bindings=[binding], operator_log=[FORBIDDEN, FORBIDDEN])
    assert finding.code == "mpi-operator-forbidden"
    assert 'cannot update resource "mpijobs/status" in API group "kubeflow.org"' in finding.problem
    assert finding.fix == (
        "add to ClusterRole 'operator-role' the rule {apiGroups: [kubeflow.org], resources: [mpijobs/status], "
        "verbs: [update]}"
    )


STATUS_RULE = {"apiGroups": ["kubeflow.org"], "resources": ["mpijobs/status"], "verbs": ["update"]}
ACCOUNT = {"kind": "ServiceAccount", "namespace": "mpi-operator", "name": "mpi-operator"}


def rights(*rules: dict[str, list[str]], namespace: str | None = None) -> dict[str, Any]:
    """A role with the rules, bound to the operator's service account."""
    kind, metadata = ("Role", {"namespace": namespace}) if namespace else ("ClusterRole", {})
    role = {"metadata": {"name": "rights", **metadata}, "rules": list(rules)}
    binding = {
        "metadata": {"name": "of-operator", **metadata},
        "roleRef": {"kind": kind, "name": "rights"},
        "subjects": [ACCOUNT],
    }
    if namespace:
        return {"roles": [role], "role_bindings": [binding]}
    return {"cluster_roles": [role], "cluster_role_bindings": [binding]}


@pytest.mark.parametrize(
    "granted",
    [
        rights(STATUS_RULE),
        rights({"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}),
        rights({**STATUS_RULE, "resources": ["*/status"]}),
        rights(STATUS_RULE, namespace="default"),
    ],
)
def test_a_right_that_was_granted_since_it_was_refused_is_no_fault(granted: dict[str, Any]) -> None:
    running = {**jobs_pods(), "mpi_jobs": [job("train", "Created", "Running")]}
    assert diagnose(cluster_objects(**running, **granted, operator_log=[FORBIDDEN])) == ()


@pytest.mark.parametrize(
    "granted",
    [
        rights({**STATUS_RULE, "verbs": ["get"]}),
        rights({**STATUS_RULE, "apiGroups": [""]}),
        rights({**STATUS_RULE, "resources": ["mpijobs"]}),
        rights({**STATUS_RULE, "resourceNames": ["other"]}),
        rights(STATUS_RULE, namespace="team"),
    ],
)
def test_a_role_that_does_not_give_the_right_mends_nothing(granted: dict[str, Any]) -> None:
    assert only(**jobs_pods(), **granted, operator_log=[FORBIDDEN]).code == "mpi-operator-forbidden"


def test_an_account_without_any_rights_is_one_fault() -> None:
    finding = only(**jobs_pods(), operator_log=[FORBIDDEN, FORBIDDEN.replace("mpijobs/status", "pods")])
    assert "no ClusterRoleBinding gives" in finding.problem


def test_a_role_of_all_service_accounts_gives_its_rights_and_is_not_the_operators_own() -> None:
    # Every cluster has one: system:service-account-issuer-discovery.
    everybody = [{"kind": "Group", "name": "system:serviceaccounts"}]
    little = rights({**STATUS_RULE, "verbs": ["get"]})
    little["cluster_role_bindings"][0]["subjects"] = everybody
    assert "no ClusterRoleBinding gives" in only(**jobs_pods(), **little, operator_log=[FORBIDDEN]).problem
    enough = rights(STATUS_RULE)
    enough["cluster_role_bindings"][0]["subjects"] = everybody
    running = {**jobs_pods(), "mpi_jobs": [job("train", "Created", "Running")]}
    assert diagnose(cluster_objects(**running, **enough, operator_log=[FORBIDDEN])) == ()


@pytest.mark.parametrize(
    ("objects", "code"),
    [
        ({}, "mpi-operator-missing"),
        ({"deployments": [operator(), operator()][:1]}, "mpi-operator-not-running"),
        (
            {"deployments": [(watching := operator("--namespace=team"))], "pods": [operator_pod(watching)]},
            "mpi-operator-watches-another-namespace",
        ),
        ({"deployments": [OPERATOR], "pods": [operator_pod(OPERATOR)]}, "mpi-job-not-seen"),
    ],
)
def test_a_job_without_any_condition_is_told_why_no_operator_works_on_it(objects: dict[str, Any], code: str) -> None:
    finding = only(mpi_jobs=[job("train")], **objects)
    assert finding.code == code
    assert "MPIJob 'default/train'" in finding.problem


@pytest.mark.parametrize(
    ("words", "code"),
    [("CRD doesn't exist. Exiting", "mpi-job-kind-missing"), ("no such file", "mpi-operator-crash-loop")],
)
def test_an_operator_that_crashes_is_quoted(words: str, code: str) -> None:
    status = {
        "ready": False,
        "state": {"waiting": {"reason": "CrashLoopBackOff"}},
        "lastState": {"terminated": {"exitCode": 1, "message": words}},
    }
    crashed = operator_pod(OPERATOR, status={"containerStatuses": [status]})
    finding = only(deployments=[OPERATOR], pods=[crashed], mpi_jobs=None)
    assert finding.code == code
    assert words in finding.problem


def test_a_kind_that_was_deleted_is_missed_though_the_operator_runs() -> None:
    finding = only(deployments=[OPERATOR], pods=[operator_pod(OPERATOR)], mpi_jobs=None)
    assert (finding.code, finding.level) == ("mpi-job-kind-missing", Level.FAULT)
    assert "runs, and the cluster has no CustomResourceDefinition mpijobs.kubeflow.org" in finding.problem


@pytest.mark.parametrize(
    ("deployed", "problem", "fix"),
    [
        (node_group(desired_size=0), "'efa' has a desired size of 0", "set the desired size"),
        (node_group(desired_size=2), "'efa' has a desired size of 2", "the activity of its Auto Scaling group"),
        (node_group(node("i-0a")), "and instances that did not join (1)", "see why the instances do not join"),
    ],
)
def test_without_nodes_what_to_do_follows_from_what_the_node_group_has(
    deployed: DeployedNodeGroup, problem: str, fix: str
) -> None:
    (finding,) = diagnose(ClusterObjects(snapshot(nodes=[], mpi_jobs=[TRAIN]), cluster(deployed)))
    assert problem in finding.problem
    assert fix in finding.fix


def test_a_job_in_a_queue_is_told_where_to_look_and_in_a_rehearsal_that_nothing_starts_it() -> None:
    queued = job("train", "Suspended", runPolicy={"suspend": True})
    queued["metadata"]["labels"] = {"kueue.x-k8s.io/queue-name": "team"}
    objects = snapshot(deployments=[OPERATOR], pods=[operator_pod(OPERATOR)], mpi_jobs=[queued])
    (live,) = diagnose(ClusterObjects(objects, DEPLOYED))
    assert "kubectl -n default describe localqueue team" in live.fix
    (rehearsed,) = diagnose(RehearsedObjects(objects, DEPLOYED))
    assert rehearsed.fix == "rehearse it with suspend: false, too"


def test_where_dns_does_not_run_names_are_for_it_to_resolve() -> None:
    words = "ssh: Could not resolve hostname train-worker-0.train.default.svc: Name or service not known"
    failed = failed_launcher(TRAIN)
    dns = {
        "metadata": {"name": "coredns", "namespace": "kube-system", "uid": "dns", "labels": {"k8s-app": "kube-dns"}},
        "spec": {"template": {"spec": {"containers": [{"name": "coredns", "image": "coredns:1"}]}}},
        "status": {},
    }
    pods = {**jobs_pods(failed), "logs": {failed["metadata"]["uid"]: [words]}}
    assert "let Deployment 'kube-system/coredns' run" in only(**{**pods, "deployments": [OPERATOR, dns]}).fix
    answering = {**dns, "status": {"readyReplicas": 1}}
    assert "WaitForWorkersReady" in only(**{**pods, "deployments": [OPERATOR, answering]}).fix


def test_an_operator_that_ends_because_it_is_refused_rights_is_told_as_that_alone() -> None:
    status = {
        "ready": False,
        "state": {"waiting": {"reason": "CrashLoopBackOff"}},
        "lastState": {"terminated": {"exitCode": 1, "message": "failed to wait for caches to sync"}},
    }
    crashed = operator_pod(OPERATOR, status={"containerStatuses": [status]})
    finding = only(deployments=[OPERATOR], pods=[crashed], mpi_jobs=[job("train")], operator_log=[FORBIDDEN])
    assert finding.code == "mpi-operator-forbidden"


def test_a_launcher_that_waits_and_a_gang_that_counts_it_is_a_deadlock() -> None:
    gangs = operator("--gang-scheduling=volcano")
    waits = job("train", "Created", launcherCreationPolicy="WaitForWorkersReady")
    objects = {"deployments": [gangs], "mpi_jobs": [waits]}
    unseen = waiting_worker(waits, says="", schedulerName="volcano")
    codes = [finding.code for finding in found(**objects, pods=[operator_pod(gangs), unseen])]
    assert codes == ["gang-scheduling-deadlock", "scheduler-missing"]
    waits["spec"]["runPolicy"] = {"schedulingPolicy": {"minAvailable": 2}}
    codes = [finding.code for finding in found(**objects, pods=[operator_pod(gangs), unseen])]
    assert codes == ["scheduler-missing"]


def launcher(owner: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return pod("train-launcher-x", owner, "MPIJob", labels={"training.kubeflow.org/job-role": "launcher"}, **changes)


def test_a_launcher_that_cannot_resolve_its_workers_is_told_to_wait_for_them() -> None:
    words = "ssh: Could not resolve hostname train-worker-0.train.default.svc: Name or service not known"
    failed = launcher(
        TRAIN,
        status={"phase": "Failed", "containerStatuses": [{"state": {"terminated": {"exitCode": 1, "message": words}}}]},
    )
    finding = only(**jobs_pods(failed))
    assert finding.code == "workers-do-not-resolve"
    assert words in finding.problem
    assert "WaitForWorkersReady" in finding.fix


def test_a_suspended_job_is_a_warning() -> None:
    finding = only(**{**jobs_pods(), "mpi_jobs": [job("train", "Suspended", runPolicy={"suspend": True})]})
    assert (finding.code, finding.level) == ("mpi-job-suspended", Level.WARNING)


def test_a_job_whose_launcher_completed_must_say_that_it_succeeded() -> None:
    ran = job("train", "Running")
    finding = only(**{**jobs_pods(launcher(ran, status={"phase": "Succeeded"})), "mpi_jobs": [ran]})
    assert finding.code == "mpi-job-not-succeeded"


def test_a_job_that_the_operator_does_not_take_is_told_in_its_words() -> None:
    event = {"reason": "ValidationError", "message": "spec.name is too long", "involvedObject": {"uid": "job-train"}}
    finding = only(**{**jobs_pods(), "mpi_jobs": [job("train")]}, events=[event])
    assert finding.code == "mpi-job-invalid"
    assert "spec.name is too long" in finding.problem


# What the logs and the containers of a cluster with real nodes say.


def ended(reason: str = "Error", **state: Any) -> dict[str, Any]:
    """The status of a container that ended, and says nothing where nobody asked for it."""
    return {"ready": False, "state": {"terminated": {"exitCode": 255, "reason": reason, **state}}}


def failed_launcher(owner: dict[str, Any]) -> dict[str, Any]:
    return launcher(owner, status={"phase": "Failed", "containerStatuses": [ended()]})


@pytest.mark.parametrize(
    ("line", "code", "fix"),
    [
        (
            "ssh: Could not resolve hostname train-worker-0.train.default.svc: Name or service not known",
            "workers-do-not-resolve",
            "WaitForWorkersReady",
        ),
        ("root@train-worker-0: Permission denied (publickey,password).", "ssh-refused", "StrictModes no"),
        ("Permissions 0640 for '/root/.ssh/id_rsa' are too open.", "ssh-refused", "fsGroup"),
        ("ssh: connect to host train-worker-1.train port 22: Connection refused", "no-sshd", "sshd -De"),
        (
            "[1,0]<stdout>:a:1:2 [0] Libfabric error: (-12) Cannot allocate memory",
            "memory-not-locked",
            "IPC_LOCK",
        ),
        (
            "There are not enough slots available in the system to satisfy the 16",
            "not-enough-slots",
            "PRTE_MCA_prte_default_hostfile",
        ),
        (
            "EFA internal error: (4126) Unresponsive receiver (reachable by EFA device but handshake failed)",
            "efa-does-not-reach",
            "to itself",
        ),
        ("bash: all_reduce_perf: command not found", "launcher-failed", "mend what the launcher says"),
    ],
)
def test_a_launcher_that_failed_is_quoted_by_the_line_of_its_log_that_matters(line: str, code: str, fix: str) -> None:
    log = ["Warning: Permanently added 'train-worker-0' to the list of known hosts.", line]
    if code != "launcher-failed":
        log.append("ORTE was unable to reliably start one or more daemons.")
    failed = failed_launcher(TRAIN)
    finding = only(**jobs_pods(failed), logs={failed["metadata"]["uid"]: log})
    assert finding.code == code
    assert f'"{line}"' in finding.problem
    assert fix in finding.fix


# https://github.com/open-mpi/ompi, orte/tools/orterun/help-orterun.txt: around what a program of a rank says.
BOXES = """\
%s
--------------------------------------------------------------------------
Primary job  terminated normally, but 1 process returned
a non-zero exit code. Per user-direction, the job has been aborted.
--------------------------------------------------------------------------
--------------------------------------------------------------------------
mpirun detected that one or more processes exited with non-zero status, thus causing
the job to be terminated. The first process to do so was:

  Process name: [[24578,1],0]
  Exit code:    3
--------------------------------------------------------------------------"""


@pytest.mark.parametrize("said", ["train-worker-0: Test NCCL failure common.cu:954 'unhandled system error'", ""])
def test_what_open_mpi_says_of_every_end_hides_nothing(said: str) -> None:
    failed = failed_launcher(TRAIN)
    finding = only(**jobs_pods(failed), logs={failed["metadata"]["uid"]: (BOXES % said).splitlines()})
    assert f'"{said or "Exit code:    3"}"' in finding.problem


def launchers_of(owner: dict[str, Any], **newest: Any) -> list[dict[str, Any]]:
    """One that failed, and the one that came after it."""
    first, second = failed_launcher(owner), launcher(owner, status=newest)
    for number, each in enumerate((first, second)):
        each["metadata"] |= {"name": f"launcher-{number}", "uid": f"launcher-{number}"}
        each["metadata"]["creationTimestamp"] = f"2026-01-02T03:04:0{number}Z"
    return [second, first]


RUNS_AGAIN = {
    "ready": True,
    "state": {"running": {"startedAt": "2026-01-02T03:04:05Z"}},
    "lastState": {"terminated": {"exitCode": 1}},
}


@pytest.mark.parametrize(
    ("conditions", "newest"),
    [
        (
            ("Created", "Running"),
            {"containerStatuses": [{"ready": True, "state": {"running": {"startedAt": "2026-01-02T03:04:05Z"}}}]},
        ),
        (("Created", "Running"), {"containerStatuses": [RUNS_AGAIN]}),
        (("Created", "Succeeded"), {"phase": "Succeeded", "containerStatuses": [{"state": {"terminated": {}}}]}),
    ],
)
def test_a_job_that_runs_again_or_has_succeeded_is_sound_whatever_its_first_launcher_said(
    conditions: tuple[str, ...], newest: dict[str, Any]
) -> None:
    recovered = job("train", *conditions)
    pods = {**jobs_pods(*launchers_of(recovered, **newest)), "mpi_jobs": [recovered]}
    assert diagnose(cluster_objects(**pods)) == ()


def test_of_several_launchers_that_failed_the_newest_is_quoted() -> None:
    pods = launchers_of(TRAIN, phase="Failed", containerStatuses=[ended()])
    finding = only(**jobs_pods(*pods), logs={"launcher-0": ["the first"], "launcher-1": ["the second"]})
    assert '"the second"' in finding.problem


def test_a_job_is_not_sound_while_its_launcher_waits_to_be_started_again() -> None:
    waits = {"state": {"waiting": {"reason": "CrashLoopBackOff"}}, "lastState": {"terminated": {"exitCode": 1}}}
    running = job("train", "Created", "Running")
    pods = {**jobs_pods(launcher(running, status={"containerStatuses": [waits]})), "mpi_jobs": [running]}
    assert [finding.code for finding in diagnose(cluster_objects(**pods))] == ["launcher-failed"]


def test_what_a_workers_sshd_says_stands_with_what_the_launcher_says() -> None:
    refused = "Authentication refused: bad ownership or modes for directory /root/.ssh"
    failed = failed_launcher(TRAIN)
    worker = pod("train-worker-0", TRAIN, "MPIJob", labels={"training.kubeflow.org/job-role": "worker"})
    logs = {
        failed["metadata"]["uid"]: ["Permission denied (publickey)."],
        worker["metadata"]["uid"]: ["Server listening on 0.0.0.0 port 22.", refused],
    }
    finding = only(**jobs_pods(failed, worker), logs=logs)
    assert finding.code == "ssh-refused"
    assert refused in finding.fix


def test_nothing_that_a_log_says_steers_the_terminal() -> None:
    failed = failed_launcher(TRAIN)
    finding = only(**jobs_pods(failed), logs={failed["metadata"]["uid"]: ["all \x1b[2J gone\r"]})
    assert '"all  [2J gone"' in finding.problem


def test_a_container_without_any_words_is_told_by_its_exit_status() -> None:
    assert '"exit status 255"' in only(**jobs_pods(failed_launcher(TRAIN))).problem


def test_an_image_that_no_node_could_pull_is_told_once_with_the_runtimes_words() -> None:
    image = "registry.example.com/nccl-tests:v1"
    waiting = {
        "image": image,
        "ready": False,
        "state": {"waiting": {"reason": "ImagePullBackOff", "message": "Back-off"}},
    }
    pods = [on_a_node(number, containerStatuses=[waiting]) for number in (0, 1)]
    event = {
        "reason": "Failed",
        "message": f'Failed to pull image "{image}": not found',
        "involvedObject": {"uid": pods[0]["metadata"]["uid"]},
    }
    finding = only(**jobs_pods(*pods), events=[event])
    assert (finding.code, finding.level) == ("image-not-pulled", Level.FAULT)
    assert "MPIJob 'default/train'" in finding.problem
    assert "not found" in finding.problem


def test_a_worker_that_took_too_much_memory_is_told() -> None:
    worker = pod(
        "train-worker-0",
        TRAIN,
        "MPIJob",
        labels={"training.kubeflow.org/job-role": "worker"},
        status={"phase": "Failed", "containerStatuses": [ended("OOMKilled")]},
    )
    finding = only(**jobs_pods(worker))
    assert finding.code == "out-of-memory"
    assert "train-worker-0" in finding.problem


# Workers that stay when their job has ended, for its cleanPodPolicy is None, as upstream has it by default.


def kept_workers(owner: dict[str, Any], **spec: Any) -> list[dict[str, Any]]:
    role = {"training.kubeflow.org/job-role": "worker"}
    specs = [{"containers": asking(efa="4", gpu="8"), "nodeName": f"ip-10-0-0-0{each}", **spec} for each in "ab"]
    return [pod(f"old-{spec['nodeName']}", owner, "MPIJob", labels=role, spec=spec) for spec in specs]


@pytest.mark.parametrize("end", ["Succeeded", "Failed"])
def test_workers_that_hold_devices_when_their_job_has_ended_are_told(end: str) -> None:
    old = job("old", "Created", end)
    findings = found(**RUNS, mpi_jobs=[old], pods=[operator_pod(OPERATOR), *kept_workers(old)])
    (finding,) = (one for one in findings if one.code == "ended-job-holds-devices")
    assert finding.level is Level.WARNING
    assert "MPIJob 'default/old' has ended, and 2 workers of it still hold nvidia.com/gpu" in finding.problem
    assert "set runPolicy.cleanPodPolicy to Running" in finding.fix
    assert "kubectl -n default delete mpijob old" in finding.fix


def test_workers_that_run_or_hold_nothing_are_no_warning() -> None:
    running = job("old", "Created", "Running")
    pods = [operator_pod(OPERATOR), *kept_workers(running)]
    assert not diagnose(cluster_objects(**RUNS, mpi_jobs=[running], pods=pods))
    old = job("old", "Succeeded")
    bare = pod("old-worker-0", old, "MPIJob", labels={"training.kubeflow.org/job-role": "worker"})
    assert not found(**RUNS, mpi_jobs=[old], pods=[operator_pod(OPERATOR), bare])


def test_a_job_that_waits_for_the_nodes_of_one_that_has_ended_is_not_told_to_wait_for_its_end() -> None:
    old = job("old", "Created", "Succeeded")
    says = "0/2 nodes are available: 2 Insufficient vpc.amazonaws.com/efa"
    waiting = waiting_worker(TRAIN, containers=asking(efa="4"), says=says)
    finding = only(**RUNS, mpi_jobs=[TRAIN, old], pods=[operator_pod(OPERATOR), *kept_workers(old), waiting])
    assert (finding.code, finding.level) == ("nodes-taken", Level.FAULT)
    assert "MPIJob 'default/old' has ended, and workers of it still hold the vpc.amazonaws.com/efa" in finding.problem
    assert "kubectl -n default delete mpijob old" in finding.fix


def test_workers_that_mount_the_devices_of_their_node_are_told() -> None:
    running = job("train", "Created", "Running")
    pods = kept_workers(running, volumes=[{"name": "v", "hostPath": {"path": "/dev/infiniband/"}}])
    (finding,) = diagnose(cluster_objects(**RUNS, mpi_jobs=[running], pods=[operator_pod(OPERATOR), *pods]))
    assert (finding.code, finding.level) == ("devices-of-node-mounted", Level.WARNING)
    assert "workers of MPIJob 'default/train' mount /dev/infiniband of their node" in finding.problem


def test_where_nodes_of_the_desired_size_are_missing_nobody_is_told_to_raise_it() -> None:
    says = "0/1 nodes are available: 1 Insufficient vpc.amazonaws.com/efa"
    held, waits = kept_workers(TRAIN)[0], waiting_worker(TRAIN, 1, containers=asking(efa="4"), says=says)
    objects = snapshot(nodes=nodes()[:1], **jobs_pods(held, waits))
    wanted = cluster(node_group(node("i-0a"), node("i-0b"), desired_size=2))
    (finding,) = diagnose(ClusterObjects(objects, wanted))
    assert finding.code == "too-few-nodes"
    assert finding.fix == "see why node group 'efa' has 1 of the 2 nodes that it wants"
    (finding,) = diagnose(ClusterObjects(objects, cluster(node_group(node("i-0a"), desired_size=1))))
    assert finding.fix == "raise the desired size of the node group, or ask for fewer pods"


# What the user may not read is not taken for what is not there.


@pytest.mark.parametrize(
    ("unread", "objects", "wrong"),
    [
        ("pods", {"deployments": [OPERATOR], "mpi_jobs": [TRAIN]}, "mpi-operator-not-running"),
        ("daemon_sets", {"nodes": nodes(efa=None)}, "device-plugin-missing"),
        ("deployments", {}, "mpi-operator-missing"),
        ("nodes", {"nodes": [], **RUNS, "pods": [operator_pod(OPERATOR)]}, "no-nodes"),
    ],
)
def test_what_could_not_be_read_is_not_missing(unread: str, objects: dict[str, Any], wrong: str) -> None:
    objects = {"mpi_jobs": [job("train")], **objects}
    assert wrong in {finding.code for finding in found(**objects)}
    assert wrong not in {finding.code for finding in found(**objects, unread={unread: "forbidden"})}


@pytest.mark.parametrize(
    ("plugin", "fix"),
    [
        (EFA_PLUGIN, "interfaces of type efa or efa-only"),
        (daemon_set("nvidia", NVIDIA_IMAGE), "see whether they have devices for it"),
    ],
)
def test_a_plugin_that_crashes_is_told_to_those_who_may_not_see_its_nodes(plugin: dict[str, Any], fix: str) -> None:
    crashed = {
        "state": {"waiting": {"reason": "CrashLoopBackOff"}},
        "lastState": {"terminated": {"exitCode": 1, "message": "it broke"}},
    }
    crashing = pod("x", plugin, "DaemonSet", status={"containerStatuses": [crashed]})
    finding = only(nodes=[], daemon_sets=[plugin], pods=[crashing], unread={"nodes": "forbidden"})
    assert (finding.code, finding.level) == ("device-plugin-crash-loop", Level.FAULT)
    assert 'is in CrashLoopBackOff on 1 node: it says "it broke"' in finding.problem
    assert fix in finding.fix


def test_without_nodes_that_could_be_read_the_scheduler_is_quoted() -> None:
    says = "0/2 nodes are available: 2 Insufficient vpc.amazonaws.com/efa"
    finding = only(**jobs_pods(waiting_worker(TRAIN, says=says)), nodes=[], unread={"nodes": "forbidden"})
    assert finding.code == "not-scheduled"
    assert says in finding.problem


# Nodes that offer less than they should.


def about(**objects: Any) -> list[Cause]:
    return list(about_nodes(cluster_objects(**objects)))


def ready(*items: dict[str, Any]) -> list[dict[str, Any]]:
    for item in items:
        item["status"]["conditions"] = [{"type": "Ready", "status": "True"}]
    return list(items)


def test_nodes_that_offer_all_that_they_have_are_sound() -> None:
    assert about(nodes=ready(*nodes())) == []


@pytest.mark.parametrize(
    ("changes", "words", "level"),
    [
        ({"gpu": "7"}, "7 of nvidia.com/gpu, and should offer 8", Level.FAULT),
        ({"efa": "3"}, "3 of vpc.amazonaws.com/efa, and should offer 4", Level.FAULT),
        ({"hugepages_2Mi": "10256Mi"}, "10256Mi of hugepages-2Mi, and should offer 21122Mi", Level.WARNING),
        ({"hugepages_2Mi": "0"}, "0Mi of hugepages-2Mi, and should offer 21122Mi", Level.WARNING),
    ],
)
def test_nodes_that_offer_less_than_they_have_are_told_once(changes: dict[str, Any], words: str, level: Level) -> None:
    (cause,) = about(nodes=ready(*nodes(**changes)))
    assert (cause.code, cause.level) == ("node-short-of-resource", level)
    assert words in cause.problem
    assert "ip-10-0-0-0a and ip-10-0-0-0b (p4d.24xlarge)" in cause.problem


def test_a_device_of_which_a_node_offers_nothing_is_for_its_plugin_to_tell() -> None:
    assert about(nodes=ready(*nodes(efa=None, gpu=None))) == []


def test_without_aws_a_node_has_the_efas_that_its_label_promises() -> None:
    unknown = ClusterObjects(snapshot(nodes=ready(*nodes(efa="3"))), None)
    assert [cause.code for cause in about_nodes(unknown)] == ["node-short-of-resource"]
    for each in unknown.snapshot.nodes:
        del each["metadata"]["labels"]["vpc.amazonaws.com/efa.present"]
    assert list(about_nodes(unknown)) == []


def test_a_node_that_is_not_ready_is_told_in_its_kubelets_words() -> None:
    node = nodes()[0]
    node["status"]["conditions"] = [{"type": "Ready", "status": "False", "message": "cni plugin not initialized"}]
    (cause,) = about(nodes=[node])
    assert cause.code == "node-not-ready"
    assert "cni plugin not initialized" in cause.problem
