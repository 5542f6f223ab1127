"""The instances of a node group: what EKS has its Auto Scaling group do."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable
from types import TracebackType
from typing import Any, Concatenate, ParamSpec, TypeVar

from moto.core.exceptions import ServiceException
from moto.ec2.models.instances import Instance

from ....catalogue.tags import CLUSTER_TAG, NODE_GROUP_TAG
from ..instances import InstanceLaunch, run_instance
from ..launch_rules import Launch, NodeGroup, check_launch, health_issue
from ..resource_type import AwsError
from .state import Cluster, EksState
from .surroundings import surroundings

__all__ = ["empty", "fill", "instances_of", "replace"]

_P = ParamSpec("_P")
_R = TypeVar("_R")

_LIFECYCLES = {"SPOT": "spot", "CAPACITY_BLOCK": "capacity-block"}


def instances_of(state: EksState, cluster: Cluster, group: dict[str, Any]) -> list[Instance]:
    """The node group's running instances, oldest first. They are known by the tags that EKS gives them."""
    wanted = {CLUSTER_TAG: cluster.name, NODE_GROUP_TAG: group["nodegroupName"]}
    return [
        instance
        for instance in state.ec2.all_running_instances()
        if wanted.items() <= {tag["key"]: tag["value"] for tag in instance.get_tags()}.items()
    ]


def _one_at_a_time(
    change: Callable[Concatenate[EksState, _P], _R],
) -> Callable[Concatenate[EksState, _P], _R]:
    """Let no other change of instances run meanwhile: Auto Scaling makes some beside requests."""

    @functools.wraps(change)
    def alone(state: EksState, /, *arguments: _P.args, **more: _P.kwargs) -> _R:
        with state.scaling:
            return change(state, *arguments, **more)

    return alone


@_one_at_a_time
def fill(state: EksState, cluster: Cluster, group: dict[str, Any], plan: NodeGroup) -> dict[str, Any] | None:
    """Run or terminate instances until there are as many as desired. Return the health issue that prevents it."""
    running = instances_of(state, cluster, group)
    missing = group["scalingConfig"]["desiredSize"] - len(running)
    issue = _issue(state, group, plan, max(missing, 0))
    if issue is not None:
        return issue
    for instance in running[group["scalingConfig"]["desiredSize"] :]:
        instance.terminate()
    used = {subnet: sum(instance.subnet_id == subnet for instance in running) for subnet in group["subnets"]}
    with _Launches(state, cluster, group, plan) as launches:
        for _ in range(missing):
            # An Auto Scaling group keeps its zones balanced.
            subnet_id = min(used, key=lambda subnet: used[subnet])
            used[subnet_id] += 1
            launches.run(subnet_id)
    return launches.issue


@_one_at_a_time
def replace(state: EksState, cluster: Cluster, group: dict[str, Any], plan: NodeGroup) -> dict[str, Any] | None:
    """Replace every instance by one of the new plan. With a health issue, which is returned, none of it is left.

    Instances of the old plan may be gone then: whoever calls fills the group up again.
    """
    running = instances_of(state, cluster, group)
    # EKS brings a new node up before it takes an old one down, so one more has to fit; with MINIMAL after it.
    one_more = group.get("updateConfig", {}).get("updateStrategy", "DEFAULT") != "MINIMAL"
    issue = _issue(state, group, plan, min(len(running), 1) if one_more else 0)
    if issue is not None:
        return issue
    # As many as there were: a group that could not be filled is not filled by a replacement.
    with _Launches(state, cluster, group, plan) as launches:
        for instance in running:
            if not one_more:
                instance.terminate()
            launches.run(str(instance.subnet_id))
            if one_more:
                instance.terminate()
    return launches.issue


def empty(state: EksState, cluster: Cluster, group: dict[str, Any]) -> None:
    """Terminate the node group's instances."""
    for instance in instances_of(state, cluster, group):
        instance.terminate()


class _Launches:
    """Instances that are run one after the other: all of them, or none and the health issue that prevents it."""

    def __init__(self, state: EksState, cluster: Cluster, group: dict[str, Any], plan: NodeGroup) -> None:
        self.issue: dict[str, Any] | None = None
        self._state = state
        self._launch = _instance_launch(cluster, group, plan)
        self._plan = plan
        self._auto_scaling_group = _auto_scaling_group(group)
        self._launched: list[Instance] = []

    def __enter__(self) -> _Launches:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> bool:
        if not isinstance(error, AwsError | ServiceException):
            return False
        for instance in self._launched:
            instance.terminate()
        self.issue = _launch_failure(error, self._plan, self._auto_scaling_group)
        return True

    def run(self, subnet_id: str) -> None:
        """Run one more. An error ends the context."""
        subnet = self._state.ec2.get_subnet(subnet_id)
        self._launched.append(run_instance(self._state.ec2, self._launch, subnet))


def _issue(state: EksState, group: dict[str, Any], plan: NodeGroup, count: int) -> dict[str, Any] | None:
    name = _auto_scaling_group(group)
    around, subnets = surroundings(state, plan), group["subnets"]
    issue = health_issue(plan, around)
    if issue is not None:
        return {"code": issue.code, "message": issue.message, "resourceIds": [name]}
    try:
        for index, subnet_id in enumerate(subnets):
            # At least one a subnet: the template is at fault even while nothing is to be launched.
            share = count // len(subnets) + (index < count % len(subnets))
            launch = Launch(
                instance_type=plan.instance_types[0],
                template=plan.template or {},
                subnet=around.subnets[subnet_id],
                count=share,
            )
            check_launch(launch, around)
    except AwsError as error:
        return _launch_failure(error, plan, name)
    return None


def _launch_failure(error: AwsError | ServiceException, plan: NodeGroup, auto_scaling_group: str) -> dict[str, Any]:
    """The form that EKS gives to an error of EC2 (quoted in eksctl-io/eksctl#7520 and many other reports)."""
    kind = "Spot" if plan.capacity_type == "SPOT" else "On-Demand"
    message = (
        f"Could not launch {kind} Instances. {error.code} - {error.message.rstrip('.')}. Launching EC2 instance failed."
    )
    return {"code": "AsgInstanceLaunchFailures", "message": message, "resourceIds": [auto_scaling_group]}


def _auto_scaling_group(group: dict[str, Any]) -> str:
    return str(group["resources"]["autoScalingGroups"][0]["name"])


def _instance_launch(cluster: Cluster, group: dict[str, Any], plan: NodeGroup) -> InstanceLaunch:
    template = plan.template or {"BlockDeviceMappings": _root_volume(group)}
    from_template = group.get("launchTemplate", {})
    name, cluster_name = group["nodegroupName"], cluster.name
    return InstanceLaunch(
        image_id=template.get("ImageId") or _image_id(group),
        instance_type=plan.instance_types[0],
        template=template,
        default_groups=[cluster.description["resourcesVpcConfig"]["clusterSecurityGroupId"]],
        tags={
            CLUSTER_TAG: cluster_name,
            NODE_GROUP_TAG: name,
            f"kubernetes.io/cluster/{cluster_name}": "owned",
            f"k8s.io/cluster-autoscaler/{cluster_name}": "owned",
            "k8s.io/cluster-autoscaler/enabled": "true",
            "aws:autoscaling:groupName": _auto_scaling_group(group),
        },
        lifecycle=_LIFECYCLES.get(plan.capacity_type),
        launch_template_id=from_template.get("id"),
        launch_template_version=from_template.get("version"),
    )


def _root_volume(group: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": group.get("diskSize", 20)}}]


def _image_id(group: dict[str, Any]) -> str:
    """An image id that is the same for the same AMI type and version. The account has no real images of EKS."""
    digest = hashlib.sha256(f"{group['amiType']} {group['version']} {group['releaseVersion']}".encode())
    return f"ami-{digest.hexdigest()[:17]}"
