"""Which capabilities a template needs its deployer to acknowledge."""

from __future__ import annotations

from .template import Template

__all__ = ["missing_capability", "needed_capabilities"]

# Types that CloudFormation asks for, and the property that makes one a named resource.
# "Acknowledging IAM resources in CloudFormation templates" in the AWS CloudFormation User Guide.
_NAME_PROPERTIES = {
    "AWS::IAM::AccessKey": None,
    "AWS::IAM::Group": "GroupName",
    "AWS::IAM::InstanceProfile": "InstanceProfileName",
    "AWS::IAM::ManagedPolicy": "ManagedPolicyName",
    "AWS::IAM::Policy": None,
    "AWS::IAM::Role": "RoleName",
    "AWS::IAM::User": "UserName",
    "AWS::IAM::UserToGroupAddition": None,
}


def needed_capabilities(template: Template) -> tuple[str | None, list[str]]:
    """The capability that a template needs, or None, and the resource types because of which."""
    types = sorted(set(template.resource_types) & set(_NAME_PROPERTIES))
    named = any(
        _NAME_PROPERTIES.get(definition["Type"]) in (definition.get("Properties") or {})
        for definition in template.resources.values()
    )
    if not types:
        return None, []
    return "CAPABILITY_NAMED_IAM" if named else "CAPABILITY_IAM", types


def missing_capability(template: Template, given: list[str]) -> str | None:
    """The capability that a template needs and was not given, or None."""
    needed, _ = needed_capabilities(template)
    sufficient = {"CAPABILITY_IAM": {"CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"}}.get(needed or "", {needed})
    return needed if needed and not sufficient & set(given) else None
