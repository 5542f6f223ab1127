"""What is close to a mistake in a manifest, and is none."""

from __future__ import annotations

import json

import pytest

from efa_constructs.review import review

from ..manifests import Change, Manifests, both, broken_rules_of_manifests, resource, review_of_manifests
from ..templates import templates_of
from .test_manifests import (
    EFA,
    HUGE_PAGES,
    QUEUE,
    another_zone,
    ask,
    everyone,
    large,
    operator,
    plugins_folder,
    pool,
    queues,
    registry,
    rights,
    run,
    set_in,
    suspended,
    taint,
    unserved,
)

ARGO = {"apiVersion": "argoproj.io/v1alpha1", "kind": "Application", "metadata": {"name": "rest"}}
COVERED = ("cpu", "memory", "nvidia.com/gpu", EFA, HUGE_PAGES)


def of_elsewhere(manifests: Manifests) -> None:
    manifests.template["Resources"]["Cluster"]["Type"] = "Custom::TheirCluster"


def script(text: str) -> Change:
    return lambda manifests: manifests.pod("Launcher")["containers"][0].update(command=["bash", "-c", text])


def prefer_zone(manifests: Manifests, how: str) -> None:
    """Ask for workers in one zone."""
    term = {"topologyKey": "topology.kubernetes.io/zone", "labelSelector": {}}
    manifests.pod("Worker")["affinity"] = {"podAffinity": {how: [term]}}


def untainted_group(manifests: Manifests) -> None:
    group = {"ClusterName": {"Ref": "Cluster"}, "InstanceTypes": ["m7i.large"], "AmiType": "AL2023_x86_64_STANDARD"}
    group |= {"NodeRole": manifests.group["NodeRole"], "Subnets": manifests.group["Subnets"]}
    manifests.template["Resources"]["System"] = {"Type": "AWS::EKS::Nodegroup", "Properties": group}


KEPT: dict[str, list[Change]] = {
    "EFA-K8S-017": [lambda manifests: large(manifests, 170_000, 170_000)],
    "EFA-K8S-018": [
        # Another group of the same kind, one that only the deployment knows, and one that serves both.
        lambda manifests: manifests.job.update(apiVersion="example.com/v1"),
        lambda manifests: manifests.job.update(apiVersion="kubeflow.org/⟨?Version⟩"),
        lambda manifests: manifests.find("CustomResourceDefinition", "mpijobs")["spec"]["versions"].append(
            {"name": "v3", "served": True}
        ),
        # What it serves, the deployment knows, or nobody says.
        lambda manifests: (unserved(manifests), manifests.definitions[0]["spec"].update(scope="⟨?Scope⟩")),
        lambda manifests: manifests.definitions[0]["spec"].update(versions=[]),
        # Kubeflow's Training Operator has it.
        lambda manifests: (
            manifests.remove(manifests.find("CustomResourceDefinition", "mpijobs")),
            manifests.job.update(apiVersion="kubeflow.org/v1"),
        ),
        lambda manifests: manifests.of_version("v1alpha2"),
    ],
    "EFA-K8S-019": [
        # Nodes reach other Regions of the partition, as far as anybody can tell.
        lambda manifests: registry(manifests, "590381155156", "eu-south-1"),
        lambda manifests: registry(manifests, "602401143452", "us-west-2"),
        # A registry of their own.
        lambda manifests: registry(manifests, "123456789012", "eu-south-1"),
        lambda manifests: registry(manifests, "602401143452", "xx-south-1"),
    ],
    "EFA-K8S-021": [
        lambda manifests: operator(manifests, "--namespace=default"),
        lambda manifests: operator(manifests, "--namespace="),
        lambda manifests: operator(manifests, "--namespace=⟨?Namespace⟩"),
        lambda manifests: operator(manifests, "--lock-namespace=training"),
        lambda manifests: operator(manifests, OTHER={"value": "training"}),
        lambda manifests: manifests.remove(manifests.find("Deployment", "mpi-operator")),
        # Another operator's, and in a namespace that only the deployment knows.
        both(
            lambda manifests: operator(manifests, "--namespace=training"), lambda manifests: manifests.of_version("v1")
        ),
        both(
            lambda manifests: operator(manifests, "--namespace=training"),
            lambda manifests: manifests.job["metadata"].update(namespace="⟨?Namespace⟩"),
        ),
        lambda manifests: operator(manifests, KUBEFLOW_NAMESPACE={"valueFrom": {"configMapKeyRef": {}}}),
        # Another one sees all.
        both(
            lambda manifests: operator(manifests, "--namespace=training"),
            lambda manifests: run(manifests, "other", "mpioperator/mpi-operator:0.8.2"),
        ),
    ],
    "EFA-K8S-022": [
        # Beside the plugin, of its image.
        lambda manifests: run(
            manifests,
            "discovery",
            "nvcr.io/nvidia/k8s-device-plugin:v0.20.0",
            command=["/usr/bin/gpu-feature-discovery"],
        ),
        lambda manifests: plugins_folder(manifests, "/var/lib/kubelet/", "/var/lib/kubelet"),
        lambda manifests: plugins_folder(manifests, "⟨?Folder⟩"),
    ],
    "EFA-JOB-032": [
        both(
            another_zone, lambda manifests: manifests.pod("Worker").update(nodeSelector={"fabric": "efa", "team": "a"})
        ),
        both(another_zone, lambda manifests: prefer_zone(manifests, "requiredDuringSchedulingIgnoredDuringExecution")),
        both(another_zone, lambda manifests: manifests.job["metadata"].update(labels={QUEUE: "gpu"})),
        both(another_zone, lambda manifests: manifests.pod("Worker").update(schedulerName="⟨?Scheduler⟩")),
        # In the same zone, or in one that only the deployment knows.
        both(
            another_zone,
            lambda manifests: manifests.template["Resources"]["OtherNodes"]["Properties"].update(
                Subnets=manifests.group["Subnets"]
            ),
        ),
        both(
            another_zone,
            lambda manifests: manifests.template["Resources"]["OtherNodes"]["Properties"].update(
                Subnets=["subnet-0123456789abcdef0"]
            ),
        ),
        # They do not use EFA.
        both(another_zone, ask(efa=None)),
        # One worker exchanges nothing with others.
        both(another_zone, set_in("mpiReplicaSpecs", "Worker", "replicas", 1)),
        # Workers do not tolerate the others.
        both(
            another_zone,
            lambda manifests: manifests.template["Resources"]["OtherNodes"]["Properties"].update(
                Taints=[{"Key": "team", "Effect": "NO_SCHEDULE"}]
            ),
        ),
    ],
    "EFA-JOB-033": [
        taint("efa", "nvidia", "worker", "launcher", "operator"),
        both(taint("efa", "nvidia", "worker"), untainted_group),
        # A DaemonSet, and a pod for devices, break rules of their own.
        taint("nvidia", "worker", "launcher", "operator"),
        taint("efa", "nvidia", "launcher", "operator"),
        both(
            taint("efa", "nvidia", "worker", "launcher", "operator"),
            lambda manifests: run(manifests, "nothing"),
            lambda manifests: manifests.objects[-1]["spec"].update(replicas=0),
        ),
        # It may be one that they tolerate.
        both(
            taint("efa", "nvidia", "worker"),
            lambda manifests: manifests.group.update(
                Taints=[{"Key": "team", "Value": "⟨?Team⟩", "Effect": "NO_SCHEDULE"}]
            ),
        ),
        both(taint("efa", "nvidia", "worker"), of_elsewhere),
        both(taint("efa", "nvidia", "worker"), resource("AWS::AutoScaling::AutoScalingGroup")),
    ],
    "EFA-JOB-034": [
        lambda manifests: (pool(manifests), pool(manifests, "NodeOverlay")),
        # A node group makes nodes for them, too.
        lambda manifests: manifests.objects.append(
            {"apiVersion": "karpenter.sh/v1", "kind": "NodePool", "metadata": {"name": "cpus"}}
        ),
        lambda manifests: (pool(manifests), manifests.objects.append({**ARGO, "metadata": {"name": "a"}})),
        # Others take huge pages where there are some.
        lambda manifests: (
            pool(manifests),
            manifests.remove(manifests.job),
            run(manifests, "cache", resources={"limits": {HUGE_PAGES: "2Mi", "memory": "1Gi"}}),
        ),
        # Karpenter makes so many without being asked.
        lambda manifests: pool(manifests, replicas=2),
        both(pool, of_elsewhere),
        both(pool, resource("AWS::AutoScaling::AutoScalingGroup")),
        lambda manifests: (
            pool(manifests),
            [manifests.worker["resources"][kind].pop(HUGE_PAGES) for kind in ("limits", "requests")],
        ),
    ],
    "EFA-JOB-035": [
        lambda manifests: manifests.pod("Launcher").update(schedulerName="default-scheduler"),
        both(
            lambda manifests: manifests.pod("Launcher").update(schedulerName="topology"),
            lambda manifests: run(manifests, "topology"),
        ),
        both(lambda manifests: manifests.pod("Launcher").update(schedulerName="topology"), of_elsewhere),
        both(
            lambda manifests: manifests.pod("Launcher").update(schedulerName="topology"),
            lambda manifests: manifests.objects.append(ARGO),
        ),
        lambda manifests: manifests.pod("Launcher").update(schedulerName="⟨?Scheduler⟩"),
        lambda manifests: manifests.pod("Launcher").update(schedulerName=""),
        # The operator does not schedule these.
        lambda manifests: (operator(manifests, "--gang-scheduling=volcano"), manifests.of_version("v1")),
        both(
            lambda manifests: manifests.pod("Launcher").update(schedulerName="topology"),
            resource("Custom::AWSCDK-EKS-HelmChart", ClusterName={"Ref": "Cluster"}, Chart="volcano"),
        ),
        both(
            lambda manifests: manifests.pod("Launcher").update(schedulerName="topology"),
            lambda manifests: run(manifests, "other", "⟨?Image⟩"),
        ),
    ],
    "EFA-JOB-036": [
        both(lambda manifests: suspended(manifests, queue="gpu"), of_elsewhere),
        lambda manifests: (queues(manifests, *COVERED), set_in("runPolicy", "suspend", True)(manifests)),
        both(
            lambda manifests: suspended(manifests),
            resource(
                "Custom::AWSCDK-EKS-HelmChart",
                ClusterName={"Ref": "Cluster"},
                Values="manageJobsWithoutQueueName: true",
            ),
        ),
        both(suspended, set_in("runPolicy", "managedBy", "kueue.x-k8s.io/multikueue")),
        *(
            both(lambda manifests: suspended(manifests, queue="gpu"), brought)
            for brought in (
                lambda manifests: manifests.objects.append(ARGO),
                lambda manifests: run(manifests, "other", "⟨?Image⟩"),
                lambda manifests: run(manifests, "other", "registry.k8s.io/kueue/kueue:v0.19.2"),
                resource(
                    "Custom::AWSCDK-EKS-HelmChart", ClusterName={"Ref": "Cluster"}, Chart="aws-efa-k8s-device-plugin"
                ),
            )
        ),
        set_in("runPolicy", "suspend", False),
    ],
    "EFA-JOB-037": [
        lambda manifests: queues(manifests, *COVERED),
        # Somebody else makes the queues.
        lambda manifests: manifests.job["metadata"].update(labels={QUEUE: "gpu"}),
        lambda manifests: queues(manifests, *COVERED, namespace="⟨?Namespace⟩"),
        lambda manifests: (
            queues(manifests, *COVERED, namespace="vision"),
            manifests.job["metadata"].update(labels={QUEUE: "speech"}),
        ),
    ],
    "EFA-JOB-038": [
        lambda manifests: queues(manifests, *COVERED),
        lambda manifests: queues(manifests, "cpu", "⟨?Resource⟩"),
        lambda manifests: (
            queues(manifests, "cpu"),
            run(manifests, "kueue", command=["excludeResourcePrefixes: [hugepages-]"]),
        ),
    ],
    "EFA-JOB-039": [
        set_in("runPolicy", "backoffLimit", 1),
        both(set_in("runPolicy", "backoffLimit", 0), set_in("launcherCreationPolicy", "WaitForWorkersReady")),
        both(set_in("runPolicy", "backoffLimit", 0), script("until ssh a; do sleep 1; done; mpirun -np 16 a")),
        # Nobody knows what the image runs.
        both(
            set_in("runPolicy", "backoffLimit", 0),
            lambda manifests: manifests.pod("Launcher")["containers"][0].update(command=["/start"]),
        ),
        both(
            set_in("runPolicy", "backoffLimit", 0),
            lambda manifests: manifests.pod("Launcher").update(
                initContainers=[{"name": "wait", "image": "registry.example.com/wait:1.0"}]
            ),
        ),
    ],
}


@pytest.mark.parametrize(
    ("rule", "change"),
    [(rule, change) for rule, changes in KEPT.items() for change in changes],
    ids=[f"{rule}-{index}" for rule, changes in KEPT.items() for index, _ in enumerate(changes)],
)
def test_says_nothing_of_what_is_no_such_mistake(rule: str, change: Change) -> None:
    assert rule not in broken_rules_of_manifests(change)


def test_a_definition_must_be_there_before_kubectl_reads_the_manifest() -> None:
    manifests = Manifests()
    text = json.dumps(manifests.objects)
    manifests.objects = []
    (finding,) = manifests.review(text).findings
    assert finding.rule.id == "EFA-K8S-020"
    needed = "CustomResourceDefinition mpijobs.kubeflow.org"
    assert finding.problem == f"MPIJob default/nccl-test needs {needed}, which stands in the same manifest"


def test_a_manifest_waits_for_that_of_its_namespace() -> None:
    """CloudFormation makes both at the same time otherwise."""

    def review(*depends: str) -> list[str]:
        manifests = Manifests()
        namespace = manifests.find("Namespace", "mpi-operator")
        manifests.remove(namespace)
        resources = manifests.template["Resources"]
        properties = {**resources["Manifest"]["Properties"], "Manifest": json.dumps([namespace])}
        resources["Space"] = {**resources["Manifest"], "Properties": properties}
        resources["Manifest"]["DependsOn"] = ["Entry", *depends]
        return [finding.problem for finding in manifests.review().findings]

    assert review("Space") == []
    assert "ServiceAccount mpi-operator/mpi-operator needs Namespace mpi-operator, which Space applies" in review()[0]


def test_stacks_have_an_order_of_their_own() -> None:
    manifests = Manifests()
    manifests.review()
    resources = manifests.template["Resources"]
    other = {"Resources": {"Definitions": {**resources.pop("Definitions"), "DependsOn": []}}}
    resources["Manifest"]["DependsOn"] = ["Entry"]
    other["Resources"]["Definitions"]["Properties"]["ClusterName"] = {"Fn::ImportValue": "cluster"}
    manifests.template["Outputs"] = {"Name": {"Value": {"Ref": "Cluster"}, "Export": {"Name": "cluster"}}}
    found = review(templates_of(manifests.template, other)).findings
    assert "EFA-K8S-020" not in {finding.rule.id for finding in found}


def test_a_namespace_comes_before_what_is_in_it() -> None:
    def change(manifests: Manifests) -> None:
        namespace = manifests.find("Namespace", "mpi-operator")
        manifests.remove(namespace)
        manifests.objects.append(namespace)

    findings = review_of_manifests(change).findings
    assert {finding.rule.id for finding in findings} == {"EFA-K8S-020"}
    assert all(finding.problem.endswith("which comes after it in the manifest") for finding in findings)


def test_says_which_versions_a_definition_serves() -> None:
    (finding,) = review_of_manifests(unserved).findings
    assert finding.fix == "write it as kubeflow.org/v2"


def test_names_the_registry_of_the_region_that_pulls() -> None:
    def problem(account: str, region: str) -> str:
        (finding,) = review_of_manifests(lambda manifests: registry(manifests, account, region)).findings
        return finding.fix

    assert problem("602401143452", "eu-south-1") == "pull it from 590381155156.dkr.ecr.eu-south-1.amazonaws.com"
    assert problem("918309763551", "cn-north-1") == "pull it from 602401143452.dkr.ecr.us-east-1.amazonaws.com"


def test_nodes_of_other_kinds_exchange_no_traffic() -> None:
    def change(manifests: Manifests) -> None:
        resources = manifests.template["Resources"]
        launch = json.loads(json.dumps(resources["LaunchTemplate"]))
        launch["Properties"]["LaunchTemplateData"]["InstanceType"] = "p4de.24xlarge"
        template = {"Id": {"Ref": "Larger"}, "Version": {"Fn::GetAtt": ["Larger", "LatestVersionNumber"]}}
        resources["Larger"] = launch
        resources["LargerNodes"] = {
            "Type": "AWS::EKS::Nodegroup",
            "Properties": {**manifests.group, "LaunchTemplate": template},
        }

    (finding,) = [each for each in review_of_manifests(change).findings if each.rule.id == "EFA-JOB-032"]
    assert finding.problem.endswith("and p4d.24xlarge and p4de.24xlarge exchange no EFA traffic")


def test_says_who_asks_for_a_scheduler_that_is_not_there() -> None:
    gangs = review_of_manifests(lambda manifests: operator(manifests, "--gang-scheduling=volcano")).findings
    assert {finding.rule.id for finding in gangs} == {"EFA-JOB-035"}
    assert {finding.fix for finding in gangs} == {
        "install the scheduler, or leave --gang-scheduling of the MPI Operator out"
    }
    assert len(gangs) == 2


@pytest.mark.parametrize(
    "change",
    [
        # What only the cluster has, and what only the deployment knows.
        lambda manifests: everyone(manifests, role="system:discovery"),
        lambda manifests: everyone(manifests, role="metrics-reader"),
        lambda manifests: everyone(manifests, rights("\u27e8?verb\u27e9", "pods")),
        # What tools give everyone: which version they are, who one is, a look at what is no secret.
        lambda manifests: everyone(manifests, rights("get", "configmaps", resourceNames=["info"])),
        lambda manifests: everyone(manifests, rights("create", "selfsubjectaccessreviews", "authorization.k8s.io")),
        lambda manifests: everyone(manifests, rights("get list watch", "resourceflavors", "kueue.x-k8s.io")),
        lambda manifests: everyone(manifests, rights("get list", "configmaps pods"), namespace="kube-public"),
        lambda manifests: everyone(manifests, role="view", namespace="training"),
        lambda manifests: everyone(manifests, {"nonResourceURLs": ["/metrics"], "verbs": ["*"]}),
        # Of policies that no Kubernetes has any more.
        lambda manifests: everyone(manifests, rights("use", "podsecuritypolicies", "policy")),
        # Those are not everyone.
        lambda manifests: everyone(manifests, role="cluster-admin", to="Group system:masters"),
        lambda manifests: everyone(manifests, role="cluster-admin", to="Group system:serviceaccounts:kube-system"),
        lambda manifests: everyone(manifests, role="cluster-admin", to="User system:authenticated"),
    ],
)
def test_says_nothing_of_rights_that_do_no_harm(change: Change) -> None:
    assert "EFA-K8S-023" not in broken_rules_of_manifests(change)


def test_says_what_everyone_may() -> None:
    def change(manifests: Manifests) -> None:
        everyone(manifests, rights("create delete", "pods"), rights("get", "nodes"), rights("*", "*", "*"))

    [found] = [each for each in review_of_manifests(change).findings if each.rule.id == "EFA-K8S-023"]
    assert found.problem == (
        "ClusterRoleBinding open gives everyone who signs in, pods among them (system:authenticated) these rights: "
        "create, delete on pods; everything in every namespace"
    )
