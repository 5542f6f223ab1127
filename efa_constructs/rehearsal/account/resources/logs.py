"""AWS::Logs::LogGroup: moto's own cannot be updated."""

from __future__ import annotations

from moto.logs.models import LogsBackend, logs_backends

from ..cloudformation.physical_names import physical_name
from ..resource_type import Resource, ResourceRequest, ResourceType
from .api_parameters import tag_list

__all__ = ["RESOURCE_TYPES", "LogGroup"]


class LogGroup(ResourceType):
    """A log group."""

    type_name = "AWS::Logs::LogGroup"

    def create(self, request: ResourceRequest) -> Resource:
        """CreateLogGroup and PutRetentionPolicy."""
        logs = _logs(request)
        name = request.properties.get("LogGroupName") or physical_name(request)
        group = logs.create_log_group(name, tag_list(request), kmsKeyId=request.properties.get("KmsKeyId"))
        resource = Resource(physical_id=name, attributes={"Arn": f"{group.arn}:*"})
        return self.update(request, resource)

    def update(self, request: ResourceRequest, current: Resource) -> Resource:
        """Change how long it keeps events, its key and its tags."""
        logs, properties = _logs(request), request.properties
        group = logs.groups[current.physical_id]
        days = properties.get("RetentionInDays")
        group.set_retention_policy(None if days is None else str(days))
        group.kms_key_id = properties.get("KmsKeyId")
        logs.tagger.delete_all_tags_for_resource(group.arn)
        logs.tag_resource(group.arn, tag_list(request))
        return current

    def delete(self, request: ResourceRequest, current: Resource) -> None:
        """DeleteLogGroup."""
        _logs(request).delete_log_group(current.physical_id)


def _logs(request: ResourceRequest) -> LogsBackend:
    return logs_backends[request.account][request.region]


RESOURCE_TYPES: tuple[type[ResourceType], ...] = (LogGroup,)
