"""The app applies the device plugins that the nodes need, the MPI Operator, and the NCCL test of the EKS guide."""

from __future__ import annotations

import json
import re
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import assertions

from efa_constructs.errors import InvalidConfigurationError

MANIFEST = "Custom::AWSCDK-EKS-KubernetesResource"


def workloads(cloud: cdk.App) -> assertions.Template:
    assembly = cloud.synth()
    return assertions.Template.from_json(assembly.get_stack_by_name("EfaWorkloads").template)


def objects(cloud: cdk.App) -> list[dict[str, Any]]:
    """All objects that the app applies."""
    resources = workloads(cloud).find_resources(MANIFEST).values()
    return [one for resource in resources for one in json.loads(resource["Properties"]["Manifest"])]


def names(cloud: cdk.App) -> set[str]:
    return {f"{one['kind']}/{one['metadata']['name']}" for one in objects(cloud)}


def test_applies_plugins_operator_and_the_job_of_the_eks_guide(app):
    applied = names(app(availabilityZone="us-west-2b"))
    assert applied >= {
        "DaemonSet/aws-efa-k8s-device-plugin",
        "DaemonSet/nvidia-device-plugin-daemonset",
        "Namespace/mpi-operator",
        "CustomResourceDefinition/mpijobs.kubeflow.org",
        "Deployment/mpi-operator",
        "MPIJob/nccl-tests-p4d-24xlarge",
    }


def test_takes_the_efa_plugin_from_the_region_of_the_nodes(app):
    (plugin,) = [one for one in objects(app(availabilityZone="ap-south-2a")) if "efa" in one["metadata"]["name"]]
    (container,) = plugin["spec"]["template"]["spec"]["containers"]
    assert container["image"].startswith("900889452093.dkr.ecr.ap-south-2.amazonaws.com/")


@pytest.mark.parametrize("instance_type", ["p4d.24xlarge", "trn1.32xlarge"])
def test_takes_every_image_by_digest(app, instance_type):
    def image(name):
        return f"mirror.example.com/{name}@sha256:" + "0" * 64

    keys = ("efaDevicePlugin", "nvidiaDevicePlugin", "neuronDevicePlugin", "mpiOperator", "ncclTests")
    cloud = app(instanceType=instance_type, **{f"{key}Image": image(key.lower()) for key in keys})
    used = set(re.findall(r'"image": "([^"]+)"', json.dumps(objects(cloud))))
    wanted = {"neurondeviceplugin"} if instance_type == "trn1.32xlarge" else {"nvidiadeviceplugin", "nccltests"}
    assert used == {image(name) for name in ("efadeviceplugin", "mpioperator", *wanted)}


def test_runs_the_test_on_gpus_for_which_a_chosen_image_has_code(app):
    def tested(**keys):
        return any(name.startswith("MPIJob/") for name in names(app(instanceType="g4dn.metal", **keys)))

    assert not tested()
    assert tested(ncclTestsImage="mirror.example.com/nccl-tests:sm75")


@pytest.mark.parametrize(
    ("keys", "plugins", "tested"),
    [
        ({"instanceType": "trn1.32xlarge"}, {"aws-efa-k8s-device-plugin", "neuron-device-plugin"}, False),
        ({"instanceType": "hpc7a.96xlarge"}, {"aws-efa-k8s-device-plugin"}, False),
        ({"amiType": "BOTTLEROCKET_x86_64_NVIDIA"}, {"aws-efa-k8s-device-plugin"}, True),
        (
            {"desiredSize": 1},
            {"aws-efa-k8s-device-plugin", "nvidia-device-plugin-daemonset"},
            False,
        ),
        (
            {"instanceType": "g4dn.metal"},
            {"aws-efa-k8s-device-plugin", "nvidia-device-plugin-daemonset"},
            False,
        ),
        (
            {"ncclTests": False},
            {"aws-efa-k8s-device-plugin", "nvidia-device-plugin-daemonset"},
            False,
        ),
    ],
    ids=lambda value: ",".join(map(str, value)) if isinstance(value, dict) else None,
)
def test_applies_what_the_nodes_need_and_can_run(app, keys, plugins, tested):
    applied = names(app(**keys))
    assert {name.partition("/")[2] for name in applied if name.startswith("DaemonSet/")} == plugins
    assert any(name.startswith("MPIJob/") for name in applied) is tested


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"instanceType": "hpc7a.96xlarge"}, "'efa:ncclTests' is true, but a hpc7a.96xlarge has no NVIDIA GPUs"),
        ({"instanceType": "g4dn.metal"}, "the image of the test has no code for the GPUs of a g4dn.metal"),
        ({"desiredSize": 1}, "the test needs 2 nodes, and 'efa:desiredSize' is 1"),
    ],
)
def test_refuses_a_test_that_was_asked_for_and_could_not_run(app, keys, message):
    with pytest.raises(InvalidConfigurationError, match=message):
        app(ncclTests=True, **keys)


def test_starts_the_job_after_the_nodes_are_there(app):
    stack = app().synth().get_stack_by_name("EfaWorkloads")
    assert "EfaNodes" in [dependency.id for dependency in stack.dependencies]


def test_lets_kubectl_into_an_existing_cluster_before_it_applies(app, facts_file):
    template = workloads(app(clusterFacts=facts_file()))
    (entry,) = template.find_resources("AWS::EKS::AccessEntry")
    manifests = template.find_resources(MANIFEST)
    for manifest in manifests.values():
        assert manifest["Properties"]["ClusterName"] == "training"
    first = [one for one in manifests.values() if '"Namespace"' in one["Properties"]["Manifest"]]
    assert all(entry in one["DependsOn"] for one in first)


@pytest.mark.parametrize(("version", "warned"), [("1.35", False), ("1.33", True)])
def test_warns_of_a_cluster_that_kubectl_is_not_made_for(app, version, warned):
    cloud = app(kubernetesVersion=version)
    annotations = assertions.Annotations.from_stack(cloud.node.find_child("EfaWorkloads"))
    found = annotations.find_warning("/EfaWorkloads", assertions.Match.string_like_regexp("kubectl 1.36"))
    assert bool(found) is warned


def test_runs_kubectl_inside_the_network_of_a_private_endpoint(app):
    functions = workloads(app(privateEndpoint=True)).find_resources("AWS::Lambda::Function").values()
    assert any("VpcConfig" in function["Properties"] for function in functions)


def test_writes_the_same_each_time(app):
    assert objects(app()) == objects(app())
