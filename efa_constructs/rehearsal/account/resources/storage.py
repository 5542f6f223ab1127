"""AWS::S3::BucketPolicy, which moto does not have."""

from __future__ import annotations

import json

from moto.iam.access_control import PermissionResult
from moto.s3.models import S3Backend, s3_backends
from moto.utilities.utils import get_partition

from ..resource_type import AwsError, Resource, ResourceRequest, ResourceType

__all__ = ["RESOURCE_TYPES", "BucketPolicy"]


class BucketPolicy(ResourceType):
    """The policy of a bucket."""

    type_name = "AWS::S3::BucketPolicy"

    def create(self, request: ResourceRequest) -> Resource:
        """PutBucketPolicy: CloudFormation refuses to overwrite one."""
        bucket = request.properties["Bucket"]
        if _s3(request).get_bucket_policy(bucket):
            raise AwsError("AlreadyExists", f"The bucket policy already exists on bucket {bucket}.", service="S3")
        return self._put(request)

    def update(self, request: ResourceRequest, current: Resource) -> Resource:
        """PutBucketPolicy."""
        return self._put(request)

    def delete(self, request: ResourceRequest, current: Resource) -> None:
        """DeleteBucketPolicy."""
        _s3(request).delete_bucket_policy(current.physical_id)

    @staticmethod
    def _put(request: ResourceRequest) -> Resource:
        s3, name = _s3(request), request.properties["Bucket"]
        s3.put_bucket_policy(name, json.dumps(request.properties["PolicyDocument"]).encode())
        # moto would apply a denial and forget its conditions: "not without TLS" would deny everything. So a policy is
        # kept and shown, and decides nothing.
        s3.get_bucket(name).get_permission = _no_opinion  # type: ignore[method-assign]
        return Resource(physical_id=name)


def _no_opinion(action: str, resource: str) -> PermissionResult:
    return PermissionResult.NEUTRAL


def _s3(request: ResourceRequest) -> S3Backend:
    return s3_backends[request.account][get_partition(request.region)]


RESOURCE_TYPES: tuple[type[ResourceType], ...] = (BucketPolicy,)
