"""Tags of EC2 resources that CloudFormation makes."""

from __future__ import annotations

from moto.ec2.models import EC2Backend, ec2_backends

from ..resource_type import ResourceRequest
from .api_parameters import system_tags, tag_list

__all__ = ["ec2_of", "set_tags"]


def ec2_of(request: ResourceRequest) -> EC2Backend:
    """EC2 of the account and Region of a request."""
    return ec2_backends[request.account][request.region]


def set_tags(request: ResourceRequest, resource_id: str) -> None:
    """Give a resource its own tags, those of the stack, and CloudFormation's; and no others."""
    ec2 = ec2_of(request)
    ec2.tags.pop(resource_id, None)
    ec2.create_tags([resource_id], {**system_tags(request), **tag_list(request)})
