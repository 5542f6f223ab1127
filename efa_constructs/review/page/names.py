"""Names for people: what a construct is called in place of a logical id, and words in place of marks."""

from __future__ import annotations

import json
from typing import Any

from ..resource import Resource
from ..templates import Templates
from ..values import Reference, without_marks

__all__ = ["Names"]

# Attributes that say the same as the resource itself.
_IDENTITIES = (None, "Arn", "Id", "GroupId", "GroupName", "VpcId", "SubnetId", "AllocationId", "NodegroupName", "Name")
_UNKNOWN = {
    "AWS::AccountId": "(account)",
    "AWS::Region": "(Region)",
    "AWS::StackId": "(stack id)",
    "AWS::NotificationARNs": "(notification ARNs)",
}


class Names:
    """Names of the resources of some templates."""

    def __init__(self, templates: Templates) -> None:
        self._templates = templates
        self._stacks: dict[str, set[str]] = {}
        for resource in templates.resources:
            self._stacks.setdefault(self.in_stack(resource), set()).add(resource.stack.name)

    def of(self, resource: Resource) -> str:
        """The name in the stack; with that of the stack, where a resource of another one has the same."""
        name = self.in_stack(resource)
        return name if len(self._stacks.get(name, ())) < 2 else f"{resource.stack.name}/{name}"

    @staticmethod
    def in_stack(resource: Resource) -> str:
        """``NodeGroup/SecurityGroup``: the path of its construct in the stack, else its logical id."""
        path = resource.construct_path
        if path is None:
            return resource.logical_id
        within = path.removeprefix(f"{resource.stack.construct_path or resource.stack.name}/")
        return within.removesuffix("/Default").removesuffix("/Resource") or resource.logical_id

    def of_value(self, value: Any) -> str:
        """A value in words: a name where it is a resource's, its own text elsewhere."""
        if isinstance(value, bool):
            return "true" if value else "false"
        if not isinstance(value, str):
            value = json.dumps(value, ensure_ascii=False, default=str)
        return without_marks(value, self._of_reference, self._of_unknown)

    def _of_reference(self, reference: Reference) -> str:
        resource = self._templates.at(reference)
        name = self.of(resource) if resource is not None else reference.logical_id
        if reference.attribute in _IDENTITIES:
            return name
        if reference.attribute == "ClusterSecurityGroupId":
            return f"cluster security group of {name}"
        return f"{name}.{reference.attribute}"

    @staticmethod
    def _of_unknown(what: str) -> str:
        return _UNKNOWN.get(what, f"({what})")
