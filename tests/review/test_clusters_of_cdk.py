"""A cluster of CDK's older module, with nodes for EFA that its own constructs add: nothing is said that is not true."""

from __future__ import annotations

from pathlib import Path

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_eks as eks
from aws_cdk.lambda_layer_kubectl_v36 import KubectlV36Layer

from efa_constructs.review import read_assembly_templates, review
from tests.apps import UNVALIDATED

TEMPLATE = ec2.CfnLaunchTemplate
CHARTS = {
    "aws-efa-k8s-device-plugin": "https://aws.github.io/eks-charts",
    "nvidia-device-plugin": "https://nvidia.github.io/k8s-device-plugin",
}


def launch_template(stack: cdk.Stack, groups: list[str]) -> eks.LaunchTemplateSpec:
    """The four EFA interfaces of a g6e.48xlarge beside one for IP, in a placement group."""
    together = ec2.PlacementGroup(stack, "Together", strategy=ec2.PlacementGroupStrategy.CLUSTER)
    places = [(0, 0, "interface"), (0, 1, "efa-only"), *((card, 0, "efa-only") for card in (1, 2, 3))]
    volume = TEMPLATE.EbsProperty(volume_size=200, volume_type="gp3", encrypted=True)
    template = TEMPLATE(
        stack,
        "Template",
        launch_template_data=TEMPLATE.LaunchTemplateDataProperty(
            instance_type="g6e.48xlarge",
            placement=TEMPLATE.PlacementProperty(group_name=together.placement_group_name),
            metadata_options=TEMPLATE.MetadataOptionsProperty(http_tokens="required", http_put_response_hop_limit=1),
            block_device_mappings=[TEMPLATE.BlockDeviceMappingProperty(device_name="/dev/xvda", ebs=volume)],
            network_interfaces=[
                TEMPLATE.NetworkInterfaceProperty(
                    network_card_index=card, device_index=device, interface_type=kind, groups=groups
                )
                for card, device, kind in places
            ],
        ),
    )
    return eks.LaunchTemplateSpec(id=template.ref, version=template.attr_latest_version_number)


def test_says_of_a_cluster_and_its_nodes_only_what_is_true(tmp_path: Path) -> None:
    app = cdk.App(outdir=str(tmp_path), **UNVALIDATED)
    stack = cdk.Stack(app, "Training", env=cdk.Environment(account="123456789012", region="us-east-1"))
    vpc = ec2.Vpc(stack, "Vpc", max_azs=2, nat_gateways=1)
    cluster = eks.Cluster(
        stack,
        "Cluster",
        version=eks.KubernetesVersion.V1_36,
        vpc=vpc,
        default_capacity=0,
        kubectl_layer=KubectlV36Layer(stack, "Kubectl"),
    )
    group = ec2.SecurityGroup(stack, "Efa", vpc=vpc, allow_all_outbound=False)
    group.add_ingress_rule(group, ec2.Port.all_traffic())
    group.add_egress_rule(group, ec2.Port.all_traffic())
    cluster.add_nodegroup_capacity(
        "Gpus",
        ami_type=eks.NodegroupAmiType.AL2023_X86_64_NVIDIA,
        subnets=ec2.SubnetSelection(subnets=[vpc.private_subnets[0]]),
        launch_template_spec=launch_template(stack, [cluster.cluster_security_group_id, group.security_group_id]),
        labels={"vpc.amazonaws.com/efa.present": "true", "nvidia.com/gpu.present": "true"},
    )
    for chart, repository in CHARTS.items():
        cluster.add_helm_chart(chart, chart=chart, repository=repository, namespace="kube-system")
    space = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "training"}}
    container = {
        "name": "smi",
        "image": "nvidia/cuda:13.0.1-base-ubuntu24.04",
        "command": ["nvidia-smi"],
        "resources": {"limits": {"nvidia.com/gpu": 8}},
    }
    pod = {"restartPolicy": "Never", "containers": [container]}
    metadata = {"name": "smi", "namespace": "training"}
    job = {"apiVersion": "batch/v1", "kind": "Job", "metadata": metadata, "spec": {"template": {"spec": pod}}}
    namespace = cluster.add_manifest("Space", space)
    applied = cluster.add_manifest("Job", job)

    def found() -> list[str]:
        app.synth(force=True)
        return [finding.rule.id for finding in review(read_assembly_templates(tmp_path)).findings]

    # The API server answers everybody, writes no logs, and has no key of one's own.
    true_of_the_cluster = ["EFA-EKS-003", "EFA-EKS-006", "EFA-EKS-007"]
    assert found() == ["EFA-K8S-020", *true_of_the_cluster]
    applied.node.add_dependency(namespace)
    assert found() == true_of_the_cluster
