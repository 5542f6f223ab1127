"""Changes that CloudFormation, or the service, surely refuses, in words.

Sources: CloudFormation Template Reference, "CloudFormation resource custom naming" and "AWS::EKS::Nodegroup
LaunchTemplateSpecification"; of node groups of one name, https://github.com/aws/aws-cdk/issues/26931.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from ...catalogue.create_only_properties import naming_properties
from ..resource import Resource
from ..values import references_in, unknowns_in
from .replacement import Replacement

__all__ = ["OTHER_TYPE", "refusal_by_addition", "refusal_by_resource"]

OTHER_TYPE = "CloudFormation refuses the update: a resource of another type needs another logical id."
_OTHER_TEMPLATE = (
    "EKS refuses the update: a node group keeps its launch template for life, and only the version may change. Give "
    "the node group another logical id, or keep the template."
)


def refusal_by_resource(resource: Resource, paths: Collection[str], replacement: Replacement) -> str | None:
    """Why a change of these properties is refused. None: nothing that is known.

    :param resource: As it is to be.
    """
    if replacement is Replacement.YES:
        return _refusal_of_name(resource, paths)
    other_template = {"LaunchTemplate.Id", "LaunchTemplate.Name"}.intersection(paths)
    return _OTHER_TEMPLATE if resource.type == "AWS::EKS::Nodegroup" and other_template else None


def refusal_by_addition(
    resource: Resource, removed: Iterable[Resource], replaced: Collection[tuple[str, str]]
) -> str | None:
    """Why a new resource is refused. None: nothing that is known.

    :param removed: Resources that go with the same deployment.
    :param replaced: Those that may be replaced, by stack and logical id: what refers to them may be called otherwise.
    """
    given = _given_names(resource)
    if given is None or any((each.stack, each.logical_id) in replaced for each in references_in(given)):
        return None
    for other in removed:
        alike = other.type == resource.type and other.stack.name == resource.stack.name
        if alike and _given_names(other) == given:
            return (
                f"CloudFormation refuses the update: it makes the new one before it deletes {other.logical_id}, and "
                f"{' and '.join(naming_properties(resource.type))} would name both. Keep the logical id, or change the "
                "name."
            )
    return None


def _refusal_of_name(resource: Resource, paths: Collection[str]) -> str | None:
    """CloudFormation makes the new one before it deletes the old one, and both would have the name."""
    naming = naming_properties(resource.type)
    if _given_names(resource) is None or {path.partition(".")[0] for path in paths}.intersection(naming):
        return None
    names = " and ".join(naming)
    return (
        f"CloudFormation refuses the update: it makes the new one before it deletes this one, and {names} would name "
        f"both. Change what names it, or leave {'that' if len(naming) == 1 else 'the name'} out."
    )


def _given_names(resource: Resource) -> list[object] | None:
    """By what no other resource can be called. None: AWS names it, or the values may differ by the deployment."""
    values = [resource.properties.get(name) for name in naming_properties(resource.type)]
    # Parameters may differ; the account, the Region and the stack are the same.
    given = values and None not in values and all(what.startswith("AWS::") for what in unknowns_in(values))
    return values if given else None
