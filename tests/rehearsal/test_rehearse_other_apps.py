"""A CDK app that has none of these constructs: a cluster of ``aws_eks_v2``, and manifests as plain objects."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path

import pytest

from efa_constructs.rehearsal.control_plane.binaries import Binaries
from efa_constructs.rehearsal.inputs.cdk_cli import find_node
from efa_constructs.rehearsal.inputs.synthesis import read_app
from efa_constructs.rehearsal.programs import Programs
from efa_constructs.rehearsal.rehearse import Rehearsal, rehearse
from efa_constructs.rehearsal.result import to_json

from .efa_command import ROOT, Efa

_APP = """
import sys
from pathlib import Path

import aws_cdk as cdk
import yaml
from aws_cdk import aws_ec2 as ec2, aws_eks, aws_eks_v2 as eks, aws_iam as iam
from aws_cdk.lambda_layer_kubectl_v36 import KubectlV36Layer

app = cdk.App(builtin_cloud_formation_validation=False)
stack = cdk.Stack(app, "Training", env=cdk.Environment(account="123456789012", region="us-west-2"))
vpc = ec2.Vpc(stack, "Vpc", max_azs=2, nat_gateways=1)
cluster = eks.Cluster(
    stack,
    "Cluster",
    vpc=vpc,
    version=eks.KubernetesVersion.of("1.36"),
    default_capacity_type=eks.DefaultCapacityType.NODEGROUP,
    default_capacity=0,
    kubectl_provider_options=eks.KubectlProviderOptions(kubectl_layer=KubectlV36Layer(stack, "Kubectl")),
)
group = ec2.SecurityGroup(stack, "Efa", vpc=vpc, allow_all_outbound=False)
group.add_ingress_rule(group, ec2.Port.all_traffic())
group.add_egress_rule(group, ec2.Port.all_traffic())
role = iam.Role(
    stack,
    "Nodes",
    assumed_by=iam.ServicePrincipal("ec2.amazonaws.com"),
    managed_policies=[
        iam.ManagedPolicy.from_aws_managed_policy_name(name)
        for name in ("AmazonEKSWorkerNodePolicy", "AmazonEKS_CNI_Policy", "AmazonEC2ContainerRegistryPullOnly")
    ],
)
places = [(0, 0, "interface"), (0, 1, "efa-only"), (1, 0, "efa-only"), (2, 0, "efa-only"), (3, 0, "efa-only")]
template = ec2.CfnLaunchTemplate(
    stack,
    "Template",
    launch_template_data=ec2.CfnLaunchTemplate.LaunchTemplateDataProperty(
        instance_type="p4d.24xlarge",
        network_interfaces=[
            ec2.CfnLaunchTemplate.NetworkInterfaceProperty(
                network_card_index=card,
                device_index=device,
                interface_type=kind,
                groups=[cluster.cluster_security_group_id, group.security_group_id],
            )
            for card, device, kind in places
        ],
    ),
)
nodes = aws_eks.CfnNodegroup(
    stack,
    "NodeGroup",
    cluster_name=cluster.cluster_name,
    node_role=role.role_arn,
    ami_type="AL2023_x86_64_NVIDIA",
    subnets=[vpc.private_subnets[0].subnet_id],
    launch_template=aws_eks.CfnNodegroup.LaunchTemplateSpecificationProperty(
        id=template.ref, version=template.attr_latest_version_number
    ),
    scaling_config=aws_eks.CfnNodegroup.ScalingConfigProperty(min_size=0, desired_size=2, max_size=2),
    labels={"fabric": "efa"},
)
nodes.node.add_dependency(group, vpc)
before = None
for file in sorted(Path(sys.argv[1]).iterdir()):
    for number, item in enumerate(yaml.safe_load_all(file.read_text())):
        manifest = cluster.add_manifest(f"{file.stem}-{number}", item)
        if before is not None:
            manifest.node.add_dependency(before)
        before = manifest
app.synth()
"""
MANIFESTS = ROOT / "examples" / "cloudformation_and_kubectl" / "manifests"


def test_runs_the_job_of_an_app_of_level_2_constructs(efa: Efa, tmp_path: Path, binaries: Binaries) -> None:
    project = tmp_path / "project"
    project.mkdir()
    (project / "app.py").write_text(_APP)
    (project / "cdk.json").write_text(json.dumps({"app": f"{sys.executable} app.py {MANIFESTS}"}))
    zones = {"availability-zones:account=123456789012:region=us-west-2": ["us-west-2a", "us-west-2b", "us-west-2c"]}
    (project / "cdk.context.json").write_text(json.dumps(zones))
    with Programs() as programs:
        read_app(project, {}).synthesize(
            project / "cdk.out",
            programs=programs,
            environment=os.environ,
            node=find_node(),
            account="123456789012",
            region="us-west-2",
            log=project / "log",
        )
    code, out, err = efa.run(
        "--assembly", str(project / "cdk.out"), "--kubernetes-binaries", str(binaries.etcd.parent), "--json"
    )
    assert out, err
    document = json.loads(out)
    assert (code, document["refusals"], document["reason"]) == (0, [], None)
    (cluster,) = document["kubernetes"]
    assert [node["devices"] for node in cluster["nodes"]] == [{"vpc.amazonaws.com/efa": 4, "nvidia.com/gpu": 8}] * 2
    (job,) = cluster["jobs"]
    assert (job["name"], job["state"], job["transport"]) == ("nccl-test", "Succeeded", "efa")
    assert any("CDK's kubectl handler" in each for each in document["executed"])
    efa.assert_left_nothing()


def test_runs_the_jobs_of_the_team_that_imports_the_constructs(
    tmp_path: Path, binaries: Binaries, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The app of examples/importer, with its own network and cluster, and nodes without EFA beside those with it."""
    project = tmp_path / "importer"
    shutil.copytree(ROOT / "examples" / "importer", project, ignore=shutil.ignore_patterns(".*", "cdk.out"))
    settings = json.loads((project / "cdk.json").read_text())
    (project / "cdk.json").write_text(json.dumps(settings | {"app": f"{sys.executable} app.py"}))
    # The CDK CLI of this repository, which is in a parent folder of the app's own place.
    (project / "node_modules").symlink_to(ROOT / "node_modules")
    # Other tests validate its templates.
    monkeypatch.setenv("CDK_VALIDATION", "false")
    # The commands are tried in other tests: here, their seconds would be more than all else.
    rehearsal = Rehearsal(directory=project, kubernetes_binaries=binaries.etcd.parent, try_commands=False)
    result = rehearse(rehearsal)
    assert (result.refusals, result.reason) == ((), None)
    (cluster,) = to_json(result)["kubernetes"]
    efas = sorted(node["devices"].get("vpc.amazonaws.com/efa", 0) for node in cluster["nodes"])
    assert efas == [0, 0, 32, 32, 32, 32]
    jobs = {job["name"]: (job["state"], job["transport"]) for job in cluster["jobs"]}
    assert jobs == dict.fromkeys(("nccl-tests", "pretraining-1"), ("Succeeded", "efa"))
