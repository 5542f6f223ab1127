"""Faults in what CloudFormation makes: security groups, interfaces, node group, access."""

from __future__ import annotations

from typing import Any

from .changed_assembly import ChangedAssembly, Fault, pod_of


def _self_egress(app: ChangedAssembly) -> None:
    (rule,) = (name for name, each in app.nodes["Resources"].items() if each["Type"] == "AWS::EC2::SecurityGroupEgress")
    app.without(app.nodes, rule)


def _interfaces(app: ChangedAssembly) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = app.launch_template["NetworkInterfaces"]
    return found


def _is_efa_group(group: dict[str, Any]) -> bool:
    return "Fn::GetAtt" in group


def _only_efa_group_without_egress(app: ChangedAssembly) -> None:
    _self_egress(app)
    for interface in _interfaces(app)[1:]:
        interface["Groups"] = [group for group in interface["Groups"] if _is_efa_group(group)]


def _no_cluster_group_on_the_first_interface(app: ChangedAssembly) -> None:
    _interfaces(app)[0]["Groups"] = [group for group in _interfaces(app)[0]["Groups"] if _is_efa_group(group)]


def _one_interface_too_few(app: ChangedAssembly) -> None:
    _interfaces(app).pop()


def _one_interface_too_many(app: ChangedAssembly) -> None:
    _interfaces(app).append({**_interfaces(app)[-1], "DeviceIndex": 1})


def _no_efa_interface(app: ChangedAssembly) -> None:
    del _interfaces(app)[1:]


def _ami_without_driver(app: ChangedAssembly) -> None:
    app.node_group["AmiType"] = "AL2023_x86_64_STANDARD"


def _no_node(app: ChangedAssembly) -> None:
    app.node_group["ScalingConfig"] = {"MinSize": 0, "DesiredSize": 0, "MaxSize": 3}


def _one_node(app: ChangedAssembly) -> None:
    app.node_group["ScalingConfig"] = {"MinSize": 1, "DesiredSize": 1, "MaxSize": 3}


def _few_pods(app: ChangedAssembly) -> None:
    """The plugins come first: their priority is higher."""
    data = app.launch_template["UserData"]
    data["Fn::Base64"] = data["Fn::Base64"].replace(
        "  instance:\n", "  kubelet:\n    config:\n      maxPods: 2\n  instance:\n"
    )


def _capacity_block_with_placement_group(app: ChangedAssembly) -> None:
    app.node_group["CapacityType"] = "CAPACITY_BLOCK"
    app.launch_template["InstanceMarketOptions"] = {"MarketType": "capacity-block"}
    app.launch_template["CapacityReservationSpecification"] = {
        "CapacityReservationTarget": {"CapacityReservationId": "cr-0123456789abcdef0"}
    }


def _no_labels(app: ChangedAssembly) -> None:
    del app.node_group["Labels"]["vpc.amazonaws.com/efa.present"]


def _taint(app: ChangedAssembly, key: str) -> None:
    app.node_group["Taints"] = [{"Key": key, "Value": "true", "Effect": "NO_SCHEDULE"}]


def _taint_that_the_plugin_does_not_tolerate(app: ChangedAssembly) -> None:
    _taint(app, "nvidia.com/gpu")
    app.tolerate("nvidia.com/gpu")
    with app.pod("DaemonSet", "aws-efa-k8s-device-plugin") as pod:
        pod["tolerations"] = [each for each in pod["tolerations"] if each["key"] != "nvidia.com/gpu"]


def _taint_that_the_job_does_not_tolerate(app: ChangedAssembly) -> None:
    _taint(app, "research")
    app.tolerate("research")
    with app.object("MPIJob") as job:
        pod_of(job, "Worker")["tolerations"].pop()


def _taint_that_the_operator_does_not_tolerate(app: ChangedAssembly) -> None:
    _taint(app, "research")
    app.tolerate("research")
    with app.pod("Deployment") as pod:
        pod["tolerations"].pop()


def _no_access(app: ChangedAssembly) -> None:
    (entry,) = (name for name, each in app.workloads["Resources"].items() if each["Type"] == "AWS::EKS::AccessEntry")
    app.without(app.workloads, entry)


FAULTS = {
    "no egress rule of the EFA group to itself": Fault(
        _self_egress, "half-a-rule", ("it has no egress rule to itself",)
    ),
    "EFA interfaces with a group that lets nothing out": Fault(
        _only_efa_group_without_egress, "efa-does-not-pass", ("would run over TCP", "no egress rule for all traffic")
    ),
    "an interface without the cluster's security group": Fault(
        _no_cluster_group_on_the_first_interface, "primary-without-cluster-group", ("cluster's security group",)
    ),
    "an EFA interface too few for the job": Fault(
        _one_interface_too_few, "request-too-large", ("asks for 4 of vpc.amazonaws.com/efa", "at most 3")
    ),
    "an EFA interface too many for the type": Fault(
        _one_interface_too_many, None, ("only one Elastic Fabric Adapter per network card",)
    ),
    "no EFA interface at all": Fault(
        _no_efa_interface, "device-plugin-crash-loop", ("No valid EFA devices found", "CrashLoopBackOff")
    ),
    "an AMI type without NVIDIA's driver": Fault(
        _ami_without_driver, "device-plugin-crash-loop", ("no NVIDIA driver found", "CrashLoopBackOff")
    ),
    "a node group of size 0": Fault(_no_node, "no-nodes", ("desired size of 0", "no nodes available")),
    "fewer nodes than the job has workers": Fault(
        _one_node, "too-few-nodes", ("1 worker of MPIJob 'default/nccl-tests", "Insufficient")
    ),
    "max-pods too small": Fault(_few_pods, "max-pods-reached", ("nodes take 2 pods", "Too many pods")),
    "a Capacity Block with a placement group": Fault(_capacity_block_with_placement_group, None, ("placement group",)),
    "a node group without the plugin's label": Fault(
        _no_labels, "device-plugin-selects-no-node", ("vpc.amazonaws.com/efa.present=true", "nccl-tests")
    ),
    "a taint that the EFA plugin does not tolerate": Fault(
        _taint_that_the_plugin_does_not_tolerate,
        "device-plugin-does-not-tolerate",
        ("aws-efa-k8s-device-plugin", "nvidia.com/gpu=true:NoSchedule", "nccl-tests"),
    ),
    "a taint that the job does not tolerate": Fault(
        _taint_that_the_job_does_not_tolerate,
        "taint-not-tolerated",
        ("workers of MPIJob", "research=true:NoSchedule", "untolerated taint"),
    ),
    "a taint that the operator does not tolerate": Fault(
        _taint_that_the_operator_does_not_tolerate,
        "taint-not-tolerated",
        ("Deployment 'mpi-operator/mpi-operator'", "research=true:NoSchedule", "nccl-tests"),
    ),
    "no access entry for the role that runs kubectl": Fault(_no_access, None, ("has no access entry",)),
}
