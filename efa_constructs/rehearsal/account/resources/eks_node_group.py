"""AWS::EKS::Nodegroup."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..cloudformation.physical_names import physical_name
from ..resource_type import AwsError, Resource, ResourceRequest, ResourceType
from .api_parameters import system_tags, tag_list
from .eks_calls import call, delete, parameters, set_tags

__all__ = ["NodeGroup"]

_NOT_OF_THE_API = ("Tags", "ForceUpdateEnabled")


class NodeGroup(ResourceType):
    """A managed node group."""

    type_name = "AWS::EKS::Nodegroup"

    def create(self, request: ResourceRequest) -> Resource:
        """CreateNodegroup. A group that does not become ACTIVE is deleted again, and fails with its health issues."""
        arguments = parameters(request, "CreateNodegroup", without=_NOT_OF_THE_API)
        arguments.setdefault("nodegroupName", physical_name(request))
        arguments["tags"] = system_tags(request) | tag_list(request)
        group = call(request, "CreateNodegroup", arguments)["nodegroup"]
        if group["status"] != "ACTIVE":
            # An engine that got no physical id could not delete it.
            call(request, "DeleteNodegroup", _key(group))
            raise _failure("Issue", group["health"]["issues"], ("code", "message"))
        identifier = f"{group['clusterName']}/{group['nodegroupName']}"
        return Resource(
            physical_id=identifier,
            attributes={
                "Arn": group["nodegroupArn"],
                "ClusterName": group["clusterName"],
                "Id": identifier,
                "NodegroupName": group["nodegroupName"],
            },
        )

    def update(self, request: ResourceRequest, current: Resource) -> Resource:
        """UpdateNodegroupVersion for the template and versions, UpdateNodegroupConfig for the rest."""
        key = {
            "clusterName": current.attributes["ClusterName"],
            "nodegroupName": current.attributes["NodegroupName"],
        }
        group = call(request, "DescribeNodegroup", key)["nodegroup"]
        wanted = parameters(request, "CreateNodegroup", without=_NOT_OF_THE_API)
        version = _version_change(group, wanted)
        if version:
            self._update(request, "UpdateNodegroupVersion", key | version)
        config = _config_change(group, wanted)
        if config:
            self._update(request, "UpdateNodegroupConfig", key | config)
        set_tags(request, group["nodegroupArn"], group["tags"])
        return current

    def delete(self, request: ResourceRequest, current: Resource) -> None:
        """DeleteNodegroup."""
        delete(
            request,
            "DeleteNodegroup",
            {"clusterName": current.attributes["ClusterName"], "nodegroupName": current.attributes["NodegroupName"]},
        )

    @staticmethod
    def _update(request: ResourceRequest, operation: str, arguments: dict[str, Any]) -> None:
        update = call(request, operation, arguments)["update"]
        if update["status"] != "Successful":
            raise _failure("ErrorDetail", update["errors"], ("errorCode", "errorMessage"))


def _key(group: Mapping[str, Any]) -> dict[str, Any]:
    return {"clusterName": group["clusterName"], "nodegroupName": group["nodegroupName"]}


def _version_change(group: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    change = {
        key: wanted[key] for key in ("version", "releaseVersion") if key in wanted and wanted[key] != group.get(key)
    }
    template = wanted.get("launchTemplate")
    if template and not template.items() <= group.get("launchTemplate", {}).items():
        change["launchTemplate"] = template
    return change


def _config_change(group: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    change: dict[str, Any] = {}
    scaling = wanted.get("scalingConfig", {})
    if not scaling.items() <= group["scalingConfig"].items():
        change["scalingConfig"] = scaling
    for key in ("updateConfig", "nodeRepairConfig", "warmPoolConfig"):
        if key in wanted and wanted[key] != group.get(key):
            change[key] = wanted[key]
    labels, had = wanted.get("labels", {}), group["labels"]
    if labels != had:
        gone = [key for key in had if key not in labels]
        change["labels"] = {"addOrUpdateLabels": labels} | ({"removeLabels": gone} if gone else {})
    taints, had_taints = wanted.get("taints", []), group.get("taints", [])
    if taints != had_taints:
        gone_taints = [taint for taint in had_taints if taint not in taints]
        change["taints"] = {"addOrUpdateTaints": taints} | ({"removeTaints": gone_taints} if gone_taints else {})
    return change


def _failure(kind: str, problems: list[dict[str, Any]], keys: tuple[str, str]) -> AwsError:
    """In the form in which EKS's resource handler writes a node group's problems."""
    code, message = keys
    text = ", ".join(
        f"{kind}({code[0].upper()}{code[1:]}={problem[code]}, {message[0].upper()}{message[1:]}={problem[message]}, "
        f"ResourceIds=[{', '.join(problem['resourceIds'])}])"
        for problem in problems
    )
    return AwsError("GeneralServiceException", f"[{text}]", service="Eks")
