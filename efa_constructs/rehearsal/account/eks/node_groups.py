"""Managed node groups: create, describe, update, delete. Their nodes are real instances in the emulated EC2."""

from __future__ import annotations

from typing import Any

from moto.core.exceptions import ServiceException

from ..eks_refusals import in_use, invalid_parameter, invalid_request
from ..launch_rules import NodeGroup, check_node_group, check_scaling
from ..launch_rules.labels_and_taints import check_labels, check_taints
from ..resource_type import AwsError
from . import nodes
from .access_entries import drop_node_entry, ensure_node_entry
from .launch_templates import resolve, template_data
from .state import Cluster, EksState, identifier, now
from .surroundings import surroundings
from .versions import check_node_update, check_node_version

__all__ = [
    "create_nodegroup",
    "delete_nodegroup",
    "describe_nodegroup",
    "list_nodegroups",
    "replace_missing",
    "update_nodegroup_config",
    "update_nodegroup_version",
]

_COPIED = ("remoteAccess", "diskSize", "nodeRepairConfig", "warmPoolConfig", "taints")
# Of a group that was made and is not being taken away.
_IN_USE = ("ACTIVE", "DEGRADED")
_DEFAULT_SCALING = {"minSize": 1, "maxSize": 2, "desiredSize": 2}


def create_nodegroup(state: EksState, request: dict[str, Any]) -> dict[str, Any]:
    """CreateNodegroup.

    What EKS would only find out while it works on the group, such as a launch that EC2 refuses, makes it CREATE_FAILED
    at once, with the health issue. Instances are tried even for a desired size of 0: the template would fail later.
    """
    cluster, name = state.cluster(request["clusterName"]), request["nodegroupName"]
    if name in cluster.node_groups:
        raise in_use(f"NodeGroup already exists with name {name} and cluster name {cluster.name}")
    request = request | {"scalingConfig": _scaling(request.get("scalingConfig", {}))}
    if "launchTemplate" in request:
        request["launchTemplate"] = resolve(state.ec2, request["launchTemplate"])
    if "version" in request:
        check_node_version(request["version"], cluster.description["version"])
    plan = _plan(state, cluster, request)
    check_node_group(plan, surroundings(state, plan))
    group = _describe(state, cluster, request, plan)
    cluster.node_groups[name] = group
    ensure_node_entry(state, cluster, request["nodeRole"], windows=plan.ami_type.startswith("WINDOWS"))
    issue = nodes.fill(state, cluster, group, plan) or _join(cluster)
    if issue is not None:
        group["status"] = "CREATE_FAILED"
        group["health"] = {"issues": [issue]}
    return {"nodegroup": group}


def describe_nodegroup(state: EksState, request: dict[str, Any]) -> dict[str, Any]:
    """DescribeNodegroup."""
    return {"nodegroup": state.cluster(request["clusterName"]).node_group(request["nodegroupName"])}


def list_nodegroups(state: EksState, request: dict[str, Any]) -> dict[str, Any]:
    """ListNodegroups."""
    return {"nodegroups": sorted(state.cluster(request["clusterName"]).node_groups)}


def update_nodegroup_config(state: EksState, request: dict[str, Any]) -> dict[str, Any]:
    """UpdateNodegroupConfig. A launch that EC2 refuses fails the update and leaves the group DEGRADED."""
    cluster = state.cluster(request["clusterName"])
    group = cluster.node_group(request["nodegroupName"])
    _refuse_failed(group)
    params: dict[str, Any] = {}
    if "scalingConfig" in request:
        scaling = group["scalingConfig"] | request["scalingConfig"]
        check_scaling(scaling)
        group["scalingConfig"] = scaling
        params |= {"MinSize": scaling["minSize"], "MaxSize": scaling["maxSize"], "DesiredSize": scaling["desiredSize"]}
    _update_labels(group, request.get("labels", {}), params)
    _update_taints(group, request.get("taints", {}), params)
    for key in ("updateConfig", "nodeRepairConfig", "warmPoolConfig"):
        if key in request:
            group[key] = request[key]
    group["modifiedAt"] = now()
    update = cluster.record_update("ConfigUpdate", params)
    _settle(state, cluster, group, update)
    return {"update": update}


def update_nodegroup_version(state: EksState, request: dict[str, Any]) -> dict[str, Any]:
    """UpdateNodegroupVersion: every node is replaced by one of the new version, or none is.

    A launch that EC2 refuses fails the update, and is a health issue of the group until an update succeeds.
    """
    cluster = state.cluster(request["clusterName"])
    group = cluster.node_group(request["nodegroupName"])
    _refuse_failed(group)
    wanted: dict[str, Any] = {key: request[key] for key in ("version", "releaseVersion") if key in request}
    if "version" in request:
        check_node_update(request["version"], cluster.description["version"])
    if "launchTemplate" in request:
        wanted["launchTemplate"] = _same_template(group, resolve(state.ec2, request["launchTemplate"]))
    new = group | {"version": cluster.description["version"]} | wanted
    if "version" in request or "launchTemplate" not in request:
        new["releaseVersion"] = wanted.get("releaseVersion") or _release(new["version"])
    plan = _plan(state, cluster, _as_request(new))
    check_node_group(plan, surroundings(state, plan))
    update = cluster.record_update(
        "VersionUpdate", {"Version": new["version"], "ReleaseVersion": new["releaseVersion"]}
    )
    issue = nodes.replace(state, cluster, group | new, plan)
    if issue is not None:
        # EKS takes an update back when its new nodes do not come: those of the old version stay, or come again.
        nodes.fill(state, cluster, group, _plan(state, cluster, _as_request(group)))
        group["health"] = {"issues": [issue]}
        _fail(update, issue)
        _join(cluster)
        return {"update": update}
    group.update(new)
    _join(cluster)
    if group["status"] == "ACTIVE":
        group["health"] = {"issues": []}
    group["modifiedAt"] = now()
    return {"update": update}


def delete_nodegroup(state: EksState, request: dict[str, Any]) -> dict[str, Any]:
    """DeleteNodegroup: its instances are terminated and it is gone."""
    cluster = state.cluster(request["clusterName"])
    group = cluster.node_group(request["nodegroupName"])
    with state.scaling:
        nodes.empty(state, cluster, group)
        del cluster.node_groups[group["nodegroupName"]]
    _join(cluster)
    drop_node_entry(cluster, group["nodeRole"])
    return {"nodegroup": group | {"status": "DELETING"}}


def replace_missing(state: EksState) -> None:
    """Let every node group have as many instances as it wants again.

    What EC2 refuses then leaves the group DEGRADED, with the health issue.
    """
    for cluster in tuple(state.clusters.values()):
        for group in tuple(cluster.node_groups.values()):
            with state.scaling:
                if not _is_short(state, cluster, group):
                    continue
                issue = _refill(state, cluster, group)
            _note_health(group, issue or _join(cluster))


def _is_short(state: EksState, cluster: Cluster, group: dict[str, Any]) -> bool:
    """Whether instances are missing of a group that is still there."""
    return (
        cluster.node_groups.get(group["nodegroupName"]) is group
        and group["status"] in _IN_USE
        and len(nodes.instances_of(state, cluster, group)) < group["scalingConfig"]["desiredSize"]
    )


def _join(cluster: Cluster) -> dict[str, Any] | None:
    """Let the nodes of Kubernetes be the instances that there are. Return the health issue that prevents it."""
    if cluster.control_plane is None:
        return None
    try:
        cluster.control_plane.join_nodes()
    except AwsError as error:
        return {"code": error.code, "message": error.message, "resourceIds": []}
    return None


def _plan(state: EksState, cluster: Cluster, request: dict[str, Any]) -> NodeGroup:
    return NodeGroup(
        request=request,
        template=template_data(state.ec2, request["launchTemplate"]) if "launchTemplate" in request else None,
        kubernetes_version=request.get("version", cluster.description["version"]),
        vpc_id=cluster.description["resourcesVpcConfig"]["vpcId"],
    )


def _scaling(wanted: dict[str, int]) -> dict[str, int]:
    scaling = _DEFAULT_SCALING | wanted
    if "desiredSize" not in wanted and wanted:
        scaling["desiredSize"] = max(scaling["minSize"], min(_DEFAULT_SCALING["desiredSize"], scaling["maxSize"]))
    return scaling


def _describe(state: EksState, cluster: Cluster, request: dict[str, Any], plan: NodeGroup) -> dict[str, Any]:
    name, unique = request["nodegroupName"], identifier()
    version = request.get("version", cluster.description["version"])
    group = {
        "nodegroupName": name,
        "nodegroupArn": state.arn(f"nodegroup/{cluster.name}/{name}/{unique}"),
        "clusterName": cluster.name,
        "version": version,
        "releaseVersion": _image(plan) or request.get("releaseVersion") or _release(version),
        "createdAt": now(),
        "modifiedAt": now(),
        "status": "ACTIVE",
        "capacityType": plan.capacity_type,
        "scalingConfig": request["scalingConfig"],
        "subnets": request["subnets"],
        "amiType": plan.ami_type,
        "nodeRole": request["nodeRole"],
        "labels": request.get("labels", {}),
        "resources": {"autoScalingGroups": [{"name": f"eks-{name}-{unique}"}]},
        "health": {"issues": []},
        "updateConfig": request.get("updateConfig", {"maxUnavailable": 1}),
        "tags": request.get("tags", {}),
    }
    group |= {key: request[key] for key in _COPIED if key in request}
    if plan.template is None:
        group |= {"diskSize": request.get("diskSize", 20), "instanceTypes": list(plan.instance_types)}
    else:
        group["launchTemplate"] = request["launchTemplate"]
        # With the type in the template, DescribeNodegroup shows none.
        if not plan.template.get("InstanceType"):
            group["instanceTypes"] = list(plan.instance_types)
    return group


def _as_request(group: dict[str, Any]) -> dict[str, Any]:
    """CreateNodegroup's parameters that would give this group, to ask the rules about it again."""
    derived = {"version", "releaseVersion"}
    if "launchTemplate" in group:
        derived |= {"diskSize"}
    return {key: value for key, value in group.items() if key not in derived}


def _same_template(group: dict[str, Any], wanted: dict[str, str]) -> dict[str, str]:
    if "launchTemplate" not in group:
        raise invalid_request(
            "You cannot specify a launch template: the node group was not deployed with a custom launch template."
        )
    if wanted["id"] != group["launchTemplate"]["id"]:
        raise invalid_parameter(
            f"Launch template ID cannot be changed: the node group was created with {group['launchTemplate']['id']}"
        )
    return wanted


def _settle(state: EksState, cluster: Cluster, group: dict[str, Any], update: dict[str, Any]) -> None:
    issue = _refill(state, cluster, group) or _join(cluster)
    _note_health(group, issue)
    if issue is not None:
        _fail(update, issue)


def _refill(state: EksState, cluster: Cluster, group: dict[str, Any]) -> dict[str, Any] | None:
    """Let a group have as many instances as it wants. Return the health issue that prevents it."""
    try:
        plan = _plan(state, cluster, _as_request(group))
    except ServiceException as gone:
        # Somebody has deleted the launch template.
        template = group["launchTemplate"]["id"]
        return {"code": "Ec2LaunchTemplateNotFound", "message": str(gone.message), "resourceIds": [template]}
    return nodes.fill(state, cluster, group, plan)


def _note_health(group: dict[str, Any], issue: dict[str, Any] | None) -> None:
    group["status"] = "ACTIVE" if issue is None else "DEGRADED"
    group["health"] = {"issues": [] if issue is None else [issue]}


def _fail(update: dict[str, Any], issue: dict[str, Any]) -> None:
    update["status"] = "Failed"
    update["errors"] = [
        {
            # UpdateError has fewer codes than a health issue.
            "errorCode": "NodeCreationFailure",
            "errorMessage": f"{issue['code']}: {issue['message']}",
            "resourceIds": issue["resourceIds"],
        }
    ]


def _refuse_failed(group: dict[str, Any]) -> None:
    if group["status"] not in _IN_USE:
        raise in_use(f"Nodegroup cannot be updated as it is currently not in Active State: {group['status']}")


def _update_labels(group: dict[str, Any], change: dict[str, Any], params: dict[str, Any]) -> None:
    added, removed = change.get("addOrUpdateLabels", {}), change.get("removeLabels", [])
    check_labels(added)
    group["labels"] = {key: value for key, value in (group["labels"] | added).items() if key not in removed}
    params |= {"LabelsToAdd": added} if added else {}
    params |= {"LabelsToRemove": removed} if removed else {}


def _update_taints(group: dict[str, Any], change: dict[str, Any], params: dict[str, Any]) -> None:
    added, removed = change.get("addOrUpdateTaints", []), change.get("removeTaints", [])
    gone = {(taint["key"], taint["effect"]) for taint in (*added, *removed)}
    kept = [taint for taint in group.get("taints", []) if (taint["key"], taint["effect"]) not in gone]
    check_taints([*kept, *added])
    if added or removed:
        group["taints"] = [*kept, *added]
    params |= {"TaintsToAdd": added} if added else {}
    params |= {"TaintsToRemove": removed} if removed else {}


def _image(plan: NodeGroup) -> str | None:
    # With an image of one's own, the release is the image.
    image = (plan.template or {}).get("ImageId")
    return str(image) if image else None


def _release(version: str) -> str:
    return f"{version}.0-{now():%Y%m%d}"
