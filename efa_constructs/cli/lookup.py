"""``efa lookup``: writes what the app must know about an existing cluster, and proposes a subnet for its EFA nodes."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..errors import InvalidArgumentError, InvalidConfigurationError
from .labelled_lines import fact_lines
from .not_checked import not_checked_facts, note_not_checked
from .output import error, note, print_json, width

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..lookups.cluster_lookup import ClusterLookup
    from ..lookups.node_subnets import JudgedSubnet

__all__ = ["lookup", "lookup_document"]

_STANDARD_OUTPUT = "-"


def lookup(
    cluster: Annotated[str, typer.Option(help="Name of the EKS cluster.")],
    instance_type: Annotated[str, typer.Option(help="Type of the nodes that are to join it, such as p5.48xlarge.")],
    region: Annotated[str | None, typer.Option(help="Default: AWS_REGION, or the profile's.")] = None,
    profile: Annotated[str | None, typer.Option(help="Of the AWS configuration. Default: AWS_PROFILE.")] = None,
    zone: Annotated[str | None, typer.Option(help="Name or id of the nodes' zone. Default: any.")] = None,
    subnet: Annotated[
        str | None, typer.Option(help="Id of the nodes' subnet. Default: the only one that suits.")
    ] = None,
    nodes: Annotated[int, typer.Option(min=1, help="The most nodes that there will be: efa:maxSize of the app.")] = 3,
    output: Annotated[
        str | None, typer.Option("--output", "-o", help="Write the cluster facts file there; - is standard output.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> int:
    """Look an EKS cluster and its network up, and write the cluster facts file that the app reads.

    Example: efa lookup --cluster training --region us-west-2 --instance-type p5.48xlarge -o cluster-facts.json

    Exit code 1: no subnet can take the nodes, or several can and none was chosen; nothing is written then.
    """
    path = _target(output, as_json)
    found = _look_up(cluster, instance_type, region, profile, zone, subnet, nodes)
    text = _text(found)
    if as_json:
        written = path if text is not None and path is not None and _write(path, text) else None
        print_json(lookup_document(found, written))
    elif output == _STANDARD_OUTPUT:
        if text is not None:
            print(text, end="")
        _note_doubts(found)
    else:
        for line in _report(found):
            print(line)
        if text is not None and path is not None:
            _write(path, text)
        _note_doubts(found)
    return 1 if found.problems else 0


def _target(output: str | None, as_json: bool) -> Path | None:
    """Where the file goes, once it is sure that it may go there. None: nowhere, or to standard output."""
    if output == _STANDARD_OUTPUT and as_json:
        raise InvalidArgumentError("'--output' is - and '--json' is given, and both print a document: leave one out")
    if output in (None, _STANDARD_OUTPUT):
        return None
    from ..lookups.cluster_facts_file import check_target

    path = Path(str(output))
    check_target(path)
    return path


def _look_up(
    cluster: str,
    instance_type: str,
    region: str | None,
    profile: str | None,
    zone: str | None,
    subnet: str | None,
    nodes: int,
) -> ClusterLookup:
    from .. import catalogue
    from ..catalogue import identifiers

    # What is wrong without asking anybody is said first.
    catalogue.get(instance_type)
    identifiers.check_cluster_name("--cluster", cluster)
    from ..lookups.clients import aws_clients
    from ..lookups.cluster_lookup import look_up_cluster
    from ..lookups.node_subnets import NodesWanted

    wanted = NodesWanted(instance_type=instance_type, nodes=nodes, zone=zone, subnet_id=subnet)
    try:
        return look_up_cluster(aws_clients(region=region, profile=profile), cluster, wanted)
    except InvalidArgumentError as refused:
        raise InvalidArgumentError(
            str(refused).replace("'zone'", "'--zone'").replace("'subnet'", "'--subnet'")
        ) from None


def _text(found: ClusterLookup) -> str | None:
    from ..lookups.cluster_facts import cluster_facts_text

    facts = found.facts()
    if facts is None:
        return None
    try:
        return cluster_facts_text(facts)
    except InvalidConfigurationError as contradiction:
        raise InvalidConfigurationError(f"what AWS says of the cluster makes no facts file: {contradiction}") from None


def _write(path: Path, text: str) -> Path:
    from ..lookups.cluster_facts_file import write_text

    note(f"{'wrote' if write_text(path, text) else 'nothing is new in'} {path}")
    return path


def _note_doubts(found: ClusterLookup) -> None:
    note_not_checked(found.refusals)
    for warning in found.warnings:
        note(f"warning: {warning}")
    for problem in found.problems:
        error(problem)


def _report(found: ClusterLookup) -> Iterator[str]:
    cluster = found.cluster
    yield f"Cluster {cluster.name} (account {cluster.account}, {found.region})"
    yield from fact_lines(_cluster_facts(found), width())
    yield ""
    yield f"Subnets of {cluster.vpc_id or 'no VPC'}"
    for judged in found.subnets or ():
        yield from _wrapped(_subnet_in_words(judged), 2)
        yield from _wrapped(_verdict(judged, found), 6)
    if found.subnets is None:
        yield "  not known"
    node_subnet = found.node_subnet
    if node_subnet is not None:
        yield ""
        yield f"Node subnet: {node_subnet.subnet.id} in {node_subnet.subnet.availability_zone}"


def _cluster_facts(found: ClusterLookup) -> list[tuple[str, str]]:
    cluster = found.cluster
    ways = [way for way, there in (("public", cluster.public_endpoint), ("private", cluster.private_endpoint)) if there]
    zones = found.offering_zones
    return [
        ("status", cluster.status),
        ("Kubernetes", cluster.version),
        ("endpoint", f"{cluster.endpoint or 'none yet'} ({' and '.join(ways) or 'closed'})"),
        ("OIDC issuer", cluster.oidc_issuer or "none"),
        ("authentication", cluster.authentication_mode),
        ("security group", cluster.security_group_id or "none yet"),
        ("VPC", cluster.vpc_id or "none"),
        ("IPv4 ranges", "not known" if found.cidr_blocks is None else ", ".join(found.cidr_blocks)),
        ("add-ons", _addons_in_words(found)),
        (
            found.wanted.instance_type,
            "offered where is not known" if zones is None else f"offered in {', '.join(zones) or 'no zone'}",
        ),
    ]


def _addons_in_words(found: ClusterLookup) -> str:
    if found.addons is None:
        return "not known"
    return ", ".join(f"{name} {version}" for name, version in sorted(found.addons.items())) or "none"


def _subnet_in_words(judged: JudgedSubnet) -> str:
    subnet = judged.subnet
    name = f" ({subnet.name})" if subnet.name else ""
    privacy = {True: "private", False: "public", None: "private or public"}[judged.private]
    leads_to = f", routes to {', '.join(judged.route_targets)}" if judged.route_targets else ""
    return (
        f"{subnet.id}{name} in {subnet.availability_zone} ({subnet.availability_zone_id}), "
        f"{subnet.cidr_block or 'IPv6 only'}, {subnet.available_ip_address_count} free, {privacy}{leads_to}"
    )


def _verdict(judged: JudgedSubnet, found: ClusterLookup) -> str:
    if judged == found.node_subnet:
        doubts = f", although {'; '.join(judged.doubts)}" if judged.doubts else ""
        return f"taken{doubts}"
    if judged in found.candidates:
        return "could be taken, as others could"
    return f"not taken: {'; '.join((*judged.against, *judged.doubts))}"


def _wrapped(text: str, indent: int) -> list[str]:
    return textwrap.wrap(
        text, width(), initial_indent=" " * indent, subsequent_indent=" " * (indent + 2), break_on_hyphens=False
    )


def lookup_document(found: ClusterLookup, written: Path | None) -> dict[str, Any]:
    """What was looked up, as a JSON object.

    :param written: The file that it was written to.
    """
    from ..lookups.json_records import record_document

    facts = found.facts()
    node_subnet = found.node_subnet
    return {
        "clusterFacts": None if facts is None else record_document(facts),
        "nodeSubnetId": None if node_subnet is None else node_subnet.subnet.id,
        "subnets": None
        if found.subnets is None
        else [
            {
                "id": judged.subnet.id,
                "name": judged.subnet.name,
                "availabilityZone": judged.subnet.availability_zone,
                "availabilityZoneId": judged.subnet.availability_zone_id,
                "private": judged.private,
                "routeTargets": list(judged.route_targets),
                "canBeTaken": judged in found.candidates,
                "against": list(judged.against),
                "doubts": list(judged.doubts),
            }
            for judged in found.subnets
        ],
        "problems": list(found.problems),
        "warnings": list(found.warnings),
        "notChecked": not_checked_facts(found.refusals),
        "written": None if written is None else str(written),
    }
