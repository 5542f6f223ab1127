"""AWS::EC2 types that moto does not have, or does not keep whole."""

from __future__ import annotations

from typing import Any

from moto.core.utils import get_service_model
from moto.ec2.models import EC2Backend, ec2_backends
from moto.ec2.utils import parse_user_data

from .. import placement_groups
from ..cloudformation.physical_names import physical_name
from ..resource_type import AwsError, Resource, ResourceRequest, ResourceType
from . import security_groups
from .api_parameters import api_parameters, same_name, tag_list

__all__ = ["RESOURCE_TYPES", "LaunchTemplate", "PlacementGroup"]


class PlacementGroup(ResourceType):
    """A placement group. Everything but its tags is fixed."""

    type_name = "AWS::EC2::PlacementGroup"

    def create(self, request: ResourceRequest) -> Resource:
        """Make the group, under a name of CloudFormation's."""
        properties = request.properties
        count = properties.get("PartitionCount")
        group = placement_groups.create_placement_group(
            _ec2(request),
            properties.get("GroupName") or physical_name(request),
            strategy=properties.get("Strategy", "cluster"),
            partition_count=None if count is None else int(count),
            spread_level=properties.get("SpreadLevel"),
            tags=tag_list(request),
        )
        return Resource(
            physical_id=group.group_name, attributes={"GroupName": group.group_name, "GroupId": group.group_id}
        )

    def update(self, request: ResourceRequest, current: Resource) -> Resource:
        """Change its tags."""
        group = placement_groups.placement_groups(_ec2(request))[current.physical_id]
        group.tags = [{"Key": key, "Value": value} for key, value in tag_list(request).items()]
        return current

    def delete(self, request: ResourceRequest, current: Resource) -> None:
        """Delete the group, unless instances are in it."""
        if current.physical_id in placement_groups.placement_groups(_ec2(request)):
            placement_groups.delete_placement_group(_ec2(request), current.physical_id)


class LaunchTemplate(ResourceType):
    """A launch template. A change is a new version, and the first one stays the default."""

    type_name = "AWS::EC2::LaunchTemplate"

    def create(self, request: ResourceRequest) -> Resource:
        """Make the template and its version 1."""
        properties = request.properties
        name = properties.get("LaunchTemplateName") or physical_name(request)
        template = _ec2(request).create_launch_template(
            name,
            properties.get("VersionDescription") or "",
            _data(properties),
            {"launch-template": self._tags(request)},
        )
        return self._resource(template)

    def update(self, request: ResourceRequest, current: Resource) -> Resource:
        """Add a version if anything in it differs from the latest."""
        template = _ec2(request).get_launch_template(current.physical_id)
        latest, data = template.latest_version(), _data(request.properties)
        description = request.properties.get("VersionDescription") or ""
        if (_comparable(latest.data), latest.description) != (_comparable(data), description):
            template.create_version(data, description)
        return self._resource(template)

    def delete(self, request: ResourceRequest, current: Resource) -> None:
        """Delete the template with its versions."""
        ec2 = _ec2(request)
        if current.physical_id in ec2.launch_templates:
            ec2.delete_launch_template("", current.physical_id)

    @staticmethod
    def _tags(request: ResourceRequest) -> dict[str, str]:
        own = {
            str(tag["Key"]): str(tag["Value"])
            for specification in request.properties.get("TagSpecifications") or ()
            if specification.get("ResourceType") == "launch-template"
            for tag in specification.get("Tags", ())
        }
        return {**request.tags, **own}

    @staticmethod
    def _resource(template: Any) -> Resource:
        return Resource(
            physical_id=template.id,
            attributes={
                "LaunchTemplateId": template.id,
                "DefaultVersionNumber": str(template.default_version_number),
                "LatestVersionNumber": str(template.latest_version_number),
            },
        )


def _data(properties: Any) -> dict[str, Any]:
    """LaunchTemplateData with the names and types of the EC2 API, which moto keeps as it is given."""
    shape = get_service_model("ec2").shape_for("RequestLaunchTemplateData")
    data: dict[str, Any] = api_parameters(shape, properties["LaunchTemplateData"], same_name, "/LaunchTemplateData")
    if "UserData" in data:
        data["UserData"] = parse_user_data(data["UserData"])
    if not data:
        raise AwsError("MissingParameter", "The request must contain the parameter LaunchTemplateData", service="Ec2")
    return data


def _comparable(data: dict[str, Any]) -> dict[str, Any]:
    # moto wraps user data in an object without equality.
    return {**data, "UserData": str(data.get("UserData"))}


def _ec2(request: ResourceRequest) -> EC2Backend:
    return ec2_backends[request.account][request.region]


RESOURCE_TYPES: tuple[type[ResourceType], ...] = (
    PlacementGroup,
    LaunchTemplate,
    security_groups.Group,
    security_groups.Ingress,
    security_groups.Egress,
)
