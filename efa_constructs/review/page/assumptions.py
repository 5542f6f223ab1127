"""What the review takes for granted: facts that are AWS's own, and what only the deployment knows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ...catalogue import newest_versions
from ..blueprint import Blueprint
from ..manifests import HELM_CHART
from ..reach import Path
from ..shapes import as_mapping
from ..stack_template import StackTemplate
from ..templates import Templates
from ..values import unknowns_in
from .names import Names
from .permissions import Principal

__all__ = ["Assumption", "assumptions"]

_PSEUDO = {
    "AWS::AccountId": "the account that the stacks go to",
    "AWS::Region": "the Region that the stacks go to",
}


@dataclass(frozen=True, kw_only=True)
class Assumption:
    """One thing that the templates alone do not prove."""

    # "not read", "default used", "only the deployment knows", "exists already" or "AWS's own".
    kind: str
    what: str
    where: str


def assumptions(
    blueprint: Blueprint, paths: Sequence[Path], roles: Sequence[Principal], names: Names
) -> tuple[Assumption, ...]:
    """All of them, by kind."""
    templates = blueprint.templates
    return (
        *(one for stack in templates.stacks for one in _of_parameters(stack)),
        *_of_unread(templates, names),
        *_of_unknowns(templates),
        *_of_conditions(templates),
        *_of_existing(blueprint, names),
        *_of_endpoints(templates, names),
        *_of_aws(blueprint, paths, roles),
    )


def _of_parameters(stack: StackTemplate) -> Iterator[Assumption]:
    for name, definition in as_mapping(stack.document.get("Parameters")).items():
        if name == "BootstrapVersion":
            # CDK's own, read by nothing but a rule that checks it.
            continue
        default = as_mapping(definition).get("Default")
        hidden = str(as_mapping(definition).get("NoEcho", "")).lower() == "true"
        value = "a default that is not shown" if hidden else f"'{default}'"
        yield Assumption(
            kind="only the deployment knows" if default is None else "default used",
            what=f"parameter {name}" + ("" if default is None else f" is {value}"),
            where=stack.name,
        )


def _of_unknowns(templates: Templates) -> Iterator[Assumption]:
    stacks: dict[str, list[str]] = {}
    for resource in templates.resources:
        for what in unknowns_in(dict(resource.properties)):
            stacks.setdefault(what, []).append(resource.stack.name)
    given = {name for stack in templates.stacks for name in as_mapping(stack.document.get("Parameters"))}
    for what, where in sorted(stacks.items()):
        if what not in given:
            yield Assumption(
                kind="only the deployment knows",
                what=_PSEUDO.get(what, f"the value of {what}"),
                where=", ".join(dict.fromkeys(where)),
            )


def _of_conditions(templates: Templates) -> Iterator[Assumption]:
    for resource in templates.resources:
        condition = resource.definition.get("Condition")
        if isinstance(condition, str):
            yield Assumption(
                kind="only the deployment knows",
                what=f"whether {condition} holds: {resource.logical_id} is reviewed as if it did",
                where=resource.stack.name,
            )


def _of_unread(templates: Templates, names: Names) -> Iterator[Assumption]:
    for stack in templates.unread_stacks():
        what = f"what the nested stack {names.of(stack)} makes, opens and allows: its template is not here"
        yield Assumption(kind="not read", what=what, where=stack.stack.name)
    for chart in templates.of_type(HELM_CHART):
        name = names.of_value(chart.get("Chart", ""))
        what = f"what the Helm chart {name} installs: objects, images and rights in the cluster"
        yield Assumption(kind="not read", what=what, where=names.of(chart))


def _of_existing(blueprint: Blueprint, names: Names) -> Iterator[Assumption]:
    for group in blueprint.node_groups:
        if blueprint.templates.at(group.resource.get("ClusterName")) is None:
            yield Assumption(
                kind="exists already",
                what=f"cluster {names.of_value(group.resource.get('ClusterName', ''))}: its version, add-ons, "
                "endpoint and security group are as they are",
                where=names.of(group.resource),
            )
        for subnet in group.resource.items("Subnets"):
            if blueprint.templates.at(subnet) is None:
                yield Assumption(
                    kind="exists already",
                    what=f"subnet {names.of_value(subnet)}: its zone, routes and free addresses are as they are",
                    where=names.of(group.resource),
                )


def _of_endpoints(templates: Templates, names: Names) -> Iterator[Assumption]:
    # https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html
    open_ = [each for each in templates.of_type("AWS::EC2::VPCEndpoint") if each.get("PolicyDocument") is None]
    if open_:
        yield Assumption(
            kind="AWS's own",
            what="an endpoint of a VPC without a policy of its own keeps no request out, to whichever account",
            where=", ".join(map(names.of, open_)),
        )


def _of_aws(blueprint: Blueprint, paths: Sequence[Path], roles: Sequence[Principal]) -> Iterator[Assumption]:
    for words in dict.fromkeys(path.implied_by for path in paths if path.implied_by):
        yield Assumption(kind="AWS's own", what=words, where="security groups")
    managed = sorted({grant.by.partition(" ")[0] for role in roles for grant in role.grants if grant.link})
    if managed:
        yield Assumption(
            kind="AWS's own", what=f"what is in the managed policies {', '.join(managed)}", where="permissions"
        )
    if any(group.instance_type is not None for group in blueprint.node_groups):
        yield Assumption(
            kind="AWS's own",
            what="network cards, interfaces and accelerators of instance types, as the catalogue of efa-constructs has "
            "them",
            where="pictures of nodes, verdict",
        )
    if any(group.resource.get("ReleaseVersion") is None for group in blueprint.node_groups):
        yield Assumption(
            kind="AWS's own",
            what="nodes get the newest AMI of their type on the day that the node group is made",
            where="versions",
        )
    yield Assumption(
        kind="AWS's own",
        what=f"the newest versions are those that were known in {newest_versions.LOOKED_UP}",
        where="versions",
    )
