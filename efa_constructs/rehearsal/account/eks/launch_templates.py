"""The launch template that a node group names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from moto.core.exceptions import ServiceException
from moto.ec2.models import EC2Backend

from ..eks_refusals import invalid_parameter

__all__ = ["resolve", "template_data"]


def resolve(ec2: EC2Backend, specification: Mapping[str, str]) -> dict[str, str]:
    """Id, name and version number of a template given by id or name, and perhaps version (the default one if none)."""
    identifier, name = specification.get("id"), specification.get("name")
    if (identifier is None) == (name is None):
        raise invalid_parameter("You must specify either the launch template ID or the launch template name")
    wanted = specification.get("version", "$Default")
    try:
        template = ec2.get_launch_template(identifier) if identifier else ec2.get_launch_template_by_name(name or "")
        number = template.get_version(wanted).number
    except (ServiceException, ValueError):
        raise invalid_parameter(f"Launch template {identifier or name} with version {wanted} was not found.") from None
    return {"id": template.id, "name": template.name, "version": str(number)}


def template_data(ec2: EC2Backend, resolved: Mapping[str, str]) -> dict[str, Any]:
    """LaunchTemplateData of a template and version that :func:`resolve` gave."""
    data: dict[str, Any] = ec2.get_launch_template(resolved["id"]).get_version(resolved["version"]).data
    return {key: value for key, value in data.items() if value is not None}
