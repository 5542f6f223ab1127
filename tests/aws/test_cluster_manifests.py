"""Charts are applied in an order that works, to whichever cluster, and nothing is deleted by accident."""

from __future__ import annotations

import itertools
import json
from typing import Any

import aws_cdk as cdk
import cdk8s
import pytest
from aws_cdk import assertions, aws_eks
from aws_cdk import aws_eks_v2 as eks
from aws_cdk import aws_iam as iam
from aws_cdk.lambda_layer_kubectl_v36 import KubectlV36Layer
from cdk8s_plus_27 import k8s

from efa_constructs.aws import ClusterManifests, KubectlAccess
from efa_constructs.errors import InvalidArgumentError
from efa_constructs.tree_warnings import add_warning

MANIFEST = "Custom::AWSCDK-EKS-KubernetesResource"


@pytest.fixture
def access(bench) -> KubectlAccess:
    return KubectlAccess(
        bench.stack, "Access", cluster=bench.cluster, kubectl_layer=KubectlV36Layer(bench.stack, "Kubectl")
    )


def chart() -> cdk8s.Chart:
    """One object for each stage, the last first."""
    chart = cdk8s.Chart(cdk8s.App(), "Training", disable_resource_name_hashes=True)
    job = cdk8s.ApiObject(
        chart,
        "Job",
        api_version="kubeflow.org/v2beta1",
        kind="MPIJob",
        metadata=cdk8s.ApiObjectMetadata(name="train"),
    )
    job.add_json_patch(cdk8s.JsonPatch.add("/spec", {"slotsPerWorker": 8}))
    k8s.KubeDeployment(
        chart,
        "Operator",
        metadata=k8s.ObjectMeta(name="operator", namespace="operator"),
        spec=k8s.DeploymentSpec(
            selector=k8s.LabelSelector(match_labels={"app": "operator"}),
            template=k8s.PodTemplateSpec(
                metadata=k8s.ObjectMeta(labels={"app": "operator"}),
                spec=k8s.PodSpec(containers=[k8s.Container(name="operator", image="operator:1")]),
            ),
        ),
    )
    k8s.KubeServiceAccount(chart, "Account", metadata=k8s.ObjectMeta(name="operator", namespace="operator"))
    k8s.KubeNamespace(chart, "Namespace", metadata=k8s.ObjectMeta(name="operator"))
    return chart


def applied(stack: cdk.Stack) -> dict[str, dict[str, Any]]:
    """The resources of the stack that apply manifests, by the kinds in them."""
    resources = assertions.Template.from_stack(stack).find_resources(MANIFEST)
    return {
        ",".join(one["kind"] for one in json.loads(resource["Properties"]["Manifest"])): resource | {"id": name}
        for name, resource in resources.items()
    }


def test_applies_in_four_stages_each_after_the_one_before(bench, access):
    ClusterManifests(bench.stack, "Manifests", cluster=access.cluster, charts=[chart()])
    resources = applied(bench.stack)
    entry = next(iter(assertions.Template.from_stack(bench.stack).find_resources("AWS::EKS::AccessEntry")))
    order = ["Namespace", "ServiceAccount", "Deployment", "MPIJob"]
    assert set(resources) == set(order)
    assert entry in resources["Namespace"]["DependsOn"]
    for before, after in itertools.pairwise(order):
        assert resources[before]["id"] in resources[after]["DependsOn"]


def test_keeps_a_namespace_that_the_stack_leaves_behind_and_takes_it_over_when_it_comes_back(bench, access):
    ClusterManifests(bench.stack, "Manifests", cluster=access.cluster, charts=[chart()])
    resources = applied(bench.stack)
    assert resources["Namespace"]["DeletionPolicy"] == "Retain"
    assert resources["Namespace"]["UpdateReplacePolicy"] == "Retain"
    assert resources["Namespace"]["Properties"]["Overwrite"] is True
    assert "PruneLabel" not in resources["Namespace"]["Properties"]
    assert resources["Deployment"]["DeletionPolicy"] == "Delete"
    assert resources["Deployment"]["Properties"]["PruneLabel"]


def test_starts_jobs_only_when_there_is_something_to_run_them_on(bench, access):
    nodes = cdk.CfnResource(bench.stack, "Nodes", type="AWS::EKS::Nodegroup")
    ClusterManifests(bench.stack, "Manifests", cluster=access.cluster, charts=[chart()], jobs_depend_on=[nodes])
    resources = applied(bench.stack)
    assert "Nodes" in resources["MPIJob"]["DependsOn"]
    assert "Nodes" not in resources["Deployment"]["DependsOn"]


def test_waits_for_what_it_depends_on_where_the_first_stages_are_empty(bench, access):
    only_job = cdk8s.Chart(cdk8s.App(), "Jobs", disable_resource_name_hashes=True)
    spec = k8s.JobSpec(
        template=k8s.PodTemplateSpec(
            spec=k8s.PodSpec(containers=[k8s.Container(name="a", image="a:1")], restart_policy="Never")
        )
    )
    k8s.KubeJob(only_job, "Job", metadata=k8s.ObjectMeta(name="job"), spec=spec)
    ClusterManifests(bench.stack, "Manifests", cluster=access.cluster, charts=[only_job])
    (job,) = applied(bench.stack).values()
    assert any("Access" in name for name in job["DependsOn"])


def test_lets_the_role_that_runs_kubectl_into_an_imported_cluster(bench, access):
    entry = bench.only("AWS::EKS::AccessEntry")
    assert entry["ClusterName"] == "training"
    (policy,) = entry["AccessPolicies"]
    assert policy["AccessScope"] == {"Type": "cluster"}
    assert "AmazonEKSClusterAdminPolicy" in json.dumps(policy["PolicyArn"])
    role, _ = entry["PrincipalArn"]["Fn::GetAtt"]
    assert role == bench.stack.get_logical_id(access.role.node.default_child)
    functions = bench.template.find_resources("AWS::Lambda::Function").values()
    assert {"Fn::GetAtt": [role, "Arn"]} in [function["Properties"]["Role"] for function in functions]
    assert access.cluster.kubectl_provider is not None


@pytest.mark.parametrize(
    ("in_vpc", "policy"), [(False, "AWSLambdaBasicExecutionRole"), (True, "AWSLambdaVPCAccessExecutionRole")]
)
def test_the_role_that_runs_kubectl_may_look_the_cluster_up_and_write_its_log(bench, in_vpc, policy):
    access = KubectlAccess(
        bench.stack,
        "Access",
        cluster=bench.cluster,
        kubectl_layer=KubectlV36Layer(bench.stack, "Kubectl"),
        kubectl_subnets=bench.vpc.private_subnets if in_vpc else [],
    )
    template = bench.template
    role = bench.stack.get_logical_id(access.role.node.default_child)
    managed = template.find_resources("AWS::IAM::Role")[role]["Properties"]["ManagedPolicyArns"]
    assert [arn["Fn::Join"][1][-1] for arn in managed] == [f":iam::aws:policy/service-role/{policy}"]
    (own,) = [
        each["Properties"]["PolicyDocument"]["Statement"]
        for each in template.find_resources("AWS::IAM::Policy").values()
        if each["Properties"]["Roles"] == [{"Ref": role}]
    ]
    assert [(statement["Action"], statement["Effect"]) for statement in own] == [("eks:DescribeCluster", "Allow")]
    assert json.dumps(own[0]["Resource"]).endswith(':cluster/training"]]}')
    # What CDK's provider would add by it is not there.
    assert template.to_json().get("Conditions", {}) == {}


def test_the_role_that_runs_kubectl_can_be_given_more(bench, access):
    access.role.add_managed_policy(iam.ManagedPolicy.from_aws_managed_policy_name("AmazonEC2ContainerRegistryPullOnly"))
    role = bench.template.find_resources("AWS::IAM::Role")[bench.stack.get_logical_id(access.role.node.default_child)]
    assert "AmazonEC2ContainerRegistryPullOnly" in json.dumps(role["Properties"]["ManagedPolicyArns"])


@pytest.mark.parametrize(
    ("known", "missing"),
    [
        ({"cluster_security_group_id": "sg-0123456789abcdef0"}, "vpc"),
        ({"vpc": True}, "cluster_security_group_id"),
    ],
)
def test_refuses_a_cluster_that_was_imported_without_its_network(bench, known, missing):
    known = {name: bench.vpc if name == "vpc" else value for name, value in known.items()}
    bare = eks.Cluster.from_cluster_attributes(bench.stack, "Bare", cluster_name="bare", **known)
    layer = KubectlV36Layer(bench.stack, "Kubectl")
    with pytest.raises(InvalidArgumentError, match=f"'cluster' bare was imported without '{missing}'.*: pass it"):
        KubectlAccess(bench.stack, "Access", cluster=bare, kubectl_layer=layer)
    assert bench.stack.node.try_find_child("Access") is None, "refused before anything is defined"


def test_runs_kubectl_in_the_subnets_of_a_cluster_whose_endpoint_is_private(bench):
    access = KubectlAccess(
        bench.stack,
        "Private",
        cluster=bench.cluster,
        kubectl_layer=KubectlV36Layer(bench.stack, "Kubectl"),
        kubectl_subnets=bench.vpc.private_subnets,
    )
    ClusterManifests(bench.stack, "Manifests", cluster=access.cluster, charts=[chart()])
    functions = assertions.Template.from_stack(bench.stack).find_resources("AWS::Lambda::Function")
    placed = [one["Properties"]["VpcConfig"] for one in functions.values() if "VpcConfig" in one["Properties"]]
    assert placed
    assert all(one["SubnetIds"] == ["subnet-0aaaaaaaaaaaaaaa1", "subnet-0aaaaaaaaaaaaaaa2"] for one in placed)


def test_applies_to_a_new_cluster_after_that_lets_the_function_in(bench):
    cluster = eks.Cluster(
        bench.stack,
        "New",
        version=eks.KubernetesVersion.of("1.36"),
        vpc=bench.vpc,
        default_capacity_type=eks.DefaultCapacityType.NODEGROUP,
        default_capacity=0,
        kubectl_provider_options=eks.KubectlProviderOptions(kubectl_layer=KubectlV36Layer(bench.stack, "Kubectl")),
    )
    ClusterManifests(bench.stack, "Manifests", cluster=cluster, charts=[chart()])
    assert any("KubectlReadyBarrier" in name for name in applied(bench.stack)["Namespace"]["DependsOn"])


def test_applies_to_a_cluster_of_cdks_first_library(bench):
    cluster = aws_eks.Cluster.from_cluster_attributes(
        bench.stack,
        "First",
        cluster_name="training",
        vpc=bench.vpc,
        cluster_security_group_id="sg-0123456789abcdef0",
        kubectl_role_arn="arn:aws:iam::123456789012:role/kubectl",
        kubectl_layer=KubectlV36Layer(bench.stack, "Kubectl"),
    )
    ClusterManifests(bench.stack, "Manifests", cluster=cluster, charts=[chart()])
    resources = applied(bench.stack)
    assert set(resources) == {"Namespace", "ServiceAccount", "Deployment", "MPIJob"}
    assert resources["Namespace"]["DeletionPolicy"] == "Retain"


def test_shows_the_warnings_of_a_chart_as_warnings_of_the_app(bench, access):
    warned = chart()
    add_warning(warned, "efa-constructs:example", "look here")
    ClusterManifests(bench.stack, "Manifests", cluster=access.cluster, charts=[warned])
    assertions.Annotations.from_stack(bench.stack).has_warning(
        "/Training/Manifests", "look here [ack: efa-constructs:example]"
    )


def test_knows_the_region_only_at_deployment_where_the_stack_does(bench, access):
    pods = cdk8s.Chart(cdk8s.App(), "Pods", disable_resource_name_hashes=True)
    image = f"registry.{cdk.Aws.REGION}.example.com/plugin:1"
    k8s.KubePod(
        pods,
        "Pod",
        metadata=k8s.ObjectMeta(name="pod"),
        spec=k8s.PodSpec(containers=[k8s.Container(name="a", image=image)]),
    )
    ClusterManifests(bench.stack, "Manifests", cluster=access.cluster, charts=[pods])
    (resource,) = assertions.Template.from_stack(bench.stack).find_resources(MANIFEST).values()
    assert {"Ref": "AWS::Region"} in resource["Properties"]["Manifest"]["Fn::Join"][1]


def config_map(chart: cdk8s.Chart, name: str | None, size: int = 1) -> None:
    metadata = k8s.ObjectMeta(name=name) if name else None
    k8s.KubeConfigMap(chart, name or "Unnamed", metadata=metadata, data={"text": "x" * size})


def large(*sizes: int) -> cdk8s.Chart:
    chart = cdk8s.Chart(cdk8s.App(), "Large", disable_resource_name_hashes=True)
    for number, size in enumerate(sizes):
        config_map(chart, f"map-{number}", size)
    return chart


def test_divides_what_is_too_much_for_one_call(bench, access):
    ClusterManifests(bench.stack, "Manifests", cluster=access.cluster, charts=[large(70_000, 60_000, 50_000)])
    assert [
        len(json.loads(one["Properties"]["Manifest"]))
        for one in assertions.Template.from_stack(bench.stack).find_resources(MANIFEST).values()
    ] == [1, 2]


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        ((260_000,), "ConfigMap 'map-0' has 260,.* bytes, and at most 250,000 can be applied"),
        ((190_000,), "ConfigMap 'map-0' takes 190,.* bytes of what CloudFormation sends .* at most 120,000"),
        ((95_000,) * 10, "the manifests of stack 'Training' have 95.* bytes, but a template holds about 900,000"),
    ],
)
def test_refuses_what_kubectl_or_cloudformation_could_not_take(bench, access, sizes, message):
    with pytest.raises(InvalidArgumentError, match=message):
        ClusterManifests(bench.stack, "Manifests", cluster=access.cluster, charts=[large(*sizes)])


def test_refuses_two_objects_of_one_name(bench, access):
    with pytest.raises(
        InvalidArgumentError,
        match="two objects ConfigMap 'map-0', of which the second would",
    ):
        ClusterManifests(bench.stack, "Manifests", cluster=access.cluster, charts=[large(1), large(1)])


def test_refuses_a_cluster_that_nothing_can_be_applied_to(bench):
    with pytest.raises(InvalidArgumentError, match="'cluster' training has no kubectl provider"):
        ClusterManifests(bench.stack, "Manifests", cluster=bench.cluster, charts=[chart()])


def test_refuses_what_is_no_chart(bench, access):
    with pytest.raises(InvalidArgumentError, match="'charts' is of type Chart: give a list"):
        ClusterManifests(bench.stack, "Manifests", cluster=access.cluster, charts=chart())


def test_counts_what_quotes_and_line_ends_take_in_a_template_and_what_the_stack_has_already(bench, access):
    escaped = cdk8s.Chart(cdk8s.App(), "Escaped", disable_resource_name_hashes=True)
    for number in range(8):
        # 16,000 bytes each, and seven times as many in a template.
        metadata = k8s.ObjectMeta(name=f"escaped-{number}")
        k8s.KubeConfigMap(escaped, f"Map{number}", metadata=metadata, data={"text": '"\n' * 16_000})
    ClusterManifests(bench.stack, "First", cluster=access.cluster, charts=[escaped])
    with pytest.raises(
        InvalidArgumentError, match=r"have 9.* bytes, but a template holds about 900,000: .*\(EFA-CFN-011\)"
    ):
        ClusterManifests(bench.stack, "Second", cluster=access.cluster, charts=[large(50_000)])
    # Nothing was defined: the name is free.
    ClusterManifests(bench.stack, "Second", cluster=access.cluster, charts=[large(1)])


def test_tells_jobs_apart_whose_names_and_namespaces_look_alike(bench, access):
    jobs = cdk8s.Chart(cdk8s.App(), "Jobs", disable_resource_name_hashes=True)
    kinds = ("kubeflow.org/v2beta1", "example.com/v1")
    for number, (namespace, name, group) in enumerate(
        (("team", "a-train", kinds[0]), ("team-a", "train", kinds[0]), ("team-a", "train", kinds[1]))
    ):
        metadata = cdk8s.ApiObjectMetadata(name=name, namespace=namespace)
        cdk8s.ApiObject(jobs, f"Job{number}", api_version=group, kind="MPIJob", metadata=metadata)
    ClusterManifests(bench.stack, "Manifests", cluster=access.cluster, charts=[jobs])
    assert len(assertions.Template.from_stack(bench.stack).find_resources(MANIFEST)) == 3


def test_gives_each_job_a_resource_of_its_own_named_like_the_job(bench, access):
    jobs = cdk8s.Chart(cdk8s.App(), "Jobs", disable_resource_name_hashes=True)
    for name in ("first", "second"):
        job = cdk8s.ApiObject(
            jobs, name, api_version="kubeflow.org/v2beta1", kind="MPIJob", metadata=cdk8s.ApiObjectMetadata(name=name)
        )
        job.add_json_patch(cdk8s.JsonPatch.add("/spec", {"slotsPerWorker": 8}))
    ClusterManifests(bench.stack, "Manifests", cluster=access.cluster, charts=[jobs])
    resources = assertions.Template.from_stack(bench.stack).find_resources(MANIFEST)
    assert [len(json.loads(one["Properties"]["Manifest"])) for one in resources.values()] == [1, 1]
    # kubectl prunes no custom resources: CloudFormation deletes the resource of a job that is gone.
    assert all("PruneLabel" not in one["Properties"] for one in resources.values())
    assert {"first", "second"} == {name.partition("MPIJob")[2][:6].rstrip("0123456789ABCDEF") for name in resources}
