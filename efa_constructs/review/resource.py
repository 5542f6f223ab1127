"""A resource of a template."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from .shapes import as_mapping, at_path
from .stack_template import StackTemplate
from .values import Reference

__all__ = ["CLUSTER", "CLUSTER_OF_AWS_EKS", "CLUSTER_TYPES", "Resource"]

CLUSTER = "AWS::EKS::Cluster"
CLUSTER_OF_AWS_EKS = "Custom::AWSCDK-EKS-Cluster"
"""The older of CDK's modules makes clusters by a custom resource."""
CLUSTER_TYPES = (CLUSTER, CLUSTER_OF_AWS_EKS)


@dataclass(frozen=True, kw_only=True, eq=False)
class Resource:
    """A resource of a template, its functions evaluated as far as they can be."""

    stack: StackTemplate
    logical_id: str
    type: str
    # What the deployment will know stands as a mark: see :mod:`.values`.
    properties: Mapping[str, Any]
    # The whole definition, as it was read.
    definition: Mapping[str, Any]

    @property
    def reference(self) -> Reference:
        """What ``Ref`` of it gives."""
        return Reference(self.stack.name, self.logical_id)

    def attribute(self, name: str) -> Reference:
        """What ``Fn::GetAtt`` of it gives."""
        return Reference(self.stack.name, self.logical_id, name)

    @property
    def metadata(self) -> Mapping[str, Any]:
        """Its ``Metadata``."""
        return as_mapping(self.definition.get("Metadata"))

    @cached_property
    def is_rewritten(self) -> bool:
        """Whether a macro, such as ``AWS::Include``, writes part of it, which may then say anything."""
        return _has_key(self.definition, "Fn::Transform")

    @property
    def is_made(self) -> bool:
        """Whether the deployment makes anything of it. What CDK counts its users by is no thing."""
        return self.type != "AWS::CDK::Metadata"

    @property
    def stays(self) -> bool:
        """Whether CloudFormation leaves it alone where it, or its stack, is deleted."""
        return self.definition.get("DeletionPolicy") in ("Retain", "RetainExceptOnCreate")

    @property
    def construct_path(self) -> str | None:
        """As the app names it. None: it comes from no CDK app, or from one that does not tell."""
        path = self.metadata.get("aws:cdk:path")
        return path if isinstance(path, str) else None

    @property
    def name(self) -> str:
        """Names it for people: ``EfaNodes/SecurityGroup3C76CFA3``."""
        return f"{self.stack.name}/{self.logical_id}"

    def get(self, path: str, default: Any = None) -> Any:
        """A property: ``"LaunchTemplateData.Placement.GroupName"``.

        Those of a cluster of ``aws_eks`` go by the names of ``AWS::EKS::Cluster``.
        """
        value = at_path(self.properties, *path.split("."))
        if value is None and self.type == CLUSTER_OF_AWS_EKS:
            value = at_path(self.properties, *self.path_of(path).split("."))
        return default if value is None else value

    def path_of(self, path: str) -> str:
        """Where the resource has a property: a cluster of ``aws_eks`` has ``Version`` as ``Config.version``."""
        if self.type != CLUSTER_OF_AWS_EKS:
            return path
        # Its resource has what the API of EKS takes: {"Config": {"accessConfig": {"authenticationMode": ...}}}.
        return ".".join(("Config", *(f"{name[:1].lower()}{name[1:]}" for name in path.split("."))))

    def items(self, path: str) -> list[Any]:
        """A property that is a list. What is none, or known only to the deployment, is empty."""
        value = self.get(path)
        return value if isinstance(value, list) else []


def _has_key(value: Any, name: str) -> bool:
    if isinstance(value, Mapping):
        return name in value or any(_has_key(item, name) for item in value.values())
    return isinstance(value, list) and any(_has_key(item, name) for item in value)
