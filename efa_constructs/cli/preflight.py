"""``efa preflight``: what would stop a deployment, or make its fabric slow, before anything is made."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .. import app_keys
from ..errors import EfaConstructsError, InvalidArgumentError
from .app_configuration import AppConfiguration
from .output import note, print_json

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ..cluster.kubeconfig import Kubeconfig
    from ..lookups.cluster_facts import ClusterFacts
    from ..lookups.clusters import EksCluster
    from ..preflight.plan import Plan
    from ..preflight.rows import Row

__all__ = ["preflight"]

# As the app has it.
_NODES = 3
# Of arguments of Plan.make that are not named like their option.
_OPTIONS = {
    "ami_type": "--ami-type",
    "capacity_reservation_id": "--capacity-reservation",
    "cluster_name": "--cluster",
    "instance_type": "--instance-type",
    "interface_layout": "--interface-layout",
    "subnet_id": "--subnet",
}


def preflight(
    cluster: Annotated[str | None, typer.Option(help="An EKS cluster that exists. Default: a new one is made.")] = None,
    cluster_facts: Annotated[
        Path | None, typer.Option(help="The file that 'efa lookup' wrote of it. Default: efa:clusterFacts.")
    ] = None,
    region: Annotated[str | None, typer.Option(help="Default: the file's, the zone's, or the AWS profile's.")] = None,
    instance_type: Annotated[str | None, typer.Option(help="Default: efa:instanceType.")] = None,
    nodes: Annotated[int | None, typer.Option(help="Largest number of nodes. Default: efa:maxSize, or 3.")] = None,
    zone: Annotated[str | None, typer.Option(help="Default: efa:availabilityZone, or the subnet's.")] = None,
    subnet: Annotated[str | None, typer.Option(help="Default: the one private subnet that fits.")] = None,
    capacity: Annotated[str | None, typer.Option(help="on-demand, spot or capacity-block.")] = None,
    capacity_reservation: Annotated[
        str | None, typer.Option(help="cr-..., also of a Capacity Block. Default: the app's.")
    ] = None,
    placement_group: Annotated[str | None, typer.Option(help="Default: efa:placementGroup, or a new one.")] = None,
    ami_type: Annotated[str | None, typer.Option(help="Default: efa:amiType, or the one that fits the type.")] = None,
    interface_layout: Annotated[str | None, typer.Option(help="Default: efa:interfaceLayout.")] = None,
    kubernetes_version: Annotated[str | None, typer.Option(help="Of a new cluster. Default: the app's.")] = None,
    private_endpoint: Annotated[
        bool | None, typer.Option("--private-endpoint", help="kubectl runs in the VPC. Default: efa:privateEndpoint.")
    ] = None,
    node_group_name: Annotated[str | None, typer.Option(help="Where your app gives it one.")] = None,
    kubeconfig: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Ask the cluster for its VPC CNI, if that is no add-on.")
    ] = None,
    context: Annotated[str | None, typer.Option(help="Of the kubeconfig. Default: the current one.")] = None,
    app_folder: Annotated[Path, typer.Option(help="Where the app's cdk.json is.")] = Path(),
    profile: Annotated[str | None, typer.Option(help="Of the AWS configuration.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> int:
    """Ask AWS what would stop a deployment, or make its fabric slow. Nothing is made or changed.

    Example: efa preflight --cluster training --region us-east-1 --instance-type p4d.24xlarge --nodes 3

    Exit code 1: a check failed.
    """
    app = AppConfiguration(app_folder)
    facts_file = _facts_file(app, cluster, cluster_facts)
    arguments: dict[str, Any] = {
        "instance_type": app.text(app_keys.INSTANCE_TYPE, instance_type),
        "nodes": _NODES if (given := app.number(app_keys.MAX_SIZE, nodes)) is None else given,
        "zone": app.text(app_keys.AVAILABILITY_ZONE, zone),
        "subnet_id": subnet,
        "placement_group": app.text(app_keys.PLACEMENT_GROUP, placement_group),
        "ami_type": app.text(app_keys.AMI_TYPE, ami_type),
        "interface_layout": app.text(app_keys.INTERFACE_LAYOUT, interface_layout) or "default",
        "kubernetes_version": app.text(app_keys.KUBERNETES_VERSION, kubernetes_version),
        "private_endpoint": app.flag(app_keys.PRIVATE_ENDPOINT, private_endpoint),
        "cluster_name": cluster,
        "facts": _facts(facts_file),
        "facts_file": None if facts_file is None else str(facts_file),
        "node_group_name": node_group_name,
        **_capacity(app, capacity, capacity_reservation),
        **({"bootstrap_qualifier": app.bootstrap_qualifier} if app.bootstrap_qualifier else {}),
    }
    if arguments["instance_type"] is None:
        raise InvalidArgumentError(
            f"'--instance-type' is not given, and '{app.file}' has no 'efa:instanceType': give one, such as "
            "p4d.24xlarge"
        )
    if app.used:
        note(f"From {app.file}: {', '.join(f'{key} {value}' for key, value in app.used.items())}")
    plan, rows = _judge(arguments, region, profile, _kubeconfig(kubeconfig, context))
    if as_json:
        print_json(_to_json(plan, rows))
    else:
        from .preflight_text import print_rows

        print_rows(rows)
    return 1 if any(row.status == "fail" for row in rows) else 0


def _facts_file(app: AppConfiguration, cluster: str | None, file: Path | None) -> Path | None:
    if file is None and cluster is None:
        key = app.text(app_keys.CLUSTER_FACTS, None)
        # As the app finds it: beside its cdk.json.
        return app.file.parent / key if key is not None else None
    return file


def _facts(file: Path | None) -> ClusterFacts | None:
    if file is None:
        return None
    from ..lookups.cluster_facts import read_cluster_facts

    return read_cluster_facts(file)


def _capacity(app: AppConfiguration, capacity: str | None, reservation: str | None) -> dict[str, Any]:
    if reservation is None and capacity in (None, "capacity-block"):
        block = app.text(app_keys.CAPACITY_BLOCK_ID, None)
        if block is not None:
            return {"capacity": "capacity-block", "capacity_reservation_id": block}
    if reservation is None and capacity in (None, "on-demand"):
        reservation = app.text(app_keys.CAPACITY_RESERVATION_ID, None)
    return {"capacity": capacity or "on-demand", "capacity_reservation_id": reservation}


def _kubeconfig(file: Path | None, context: str | None) -> Kubeconfig | None:
    """None: nobody asked for one, and none is read."""
    if file is None:
        if context is not None:
            raise InvalidArgumentError(f"'--context' is '{context}', and '--kubeconfig' is not given: give the file")
        return None
    from .extras import check_cluster_extra

    check_cluster_extra("efa preflight --kubeconfig")
    from ..cluster.kubeconfig import read_kubeconfig

    return read_kubeconfig(file, context)


def _judge(
    arguments: dict[str, Any], region: str | None, profile: str | None, kubeconfig: Kubeconfig | None
) -> tuple[Plan, Sequence[Row]]:
    from ..lookups.clients import account_clients
    from ..preflight.account import ask_account
    from ..preflight.judge import judge

    facts: ClusterFacts | None = arguments["facts"]
    if region is None:
        region = facts.region if facts else _region_of(arguments["zone"])
    clients = account_clients(region=region, profile=profile)
    plan = _plan(clients.region, arguments)
    if kubeconfig is not None and plan.cluster_name is None:
        raise InvalidArgumentError("'--kubeconfig' is given, and no cluster: name it with '--cluster', or leave it out")
    return plan, judge(plan, ask_account(clients, plan, read_vpc_cni=_reader(kubeconfig, plan.region)))


def _reader(kubeconfig: Kubeconfig | None, region: str) -> Callable[[EksCluster], str | None] | None:
    if kubeconfig is None:
        return None
    from ..cluster.kubeconfig import check_is_for
    from ..cluster.vpc_cni import read_vpc_cni_version

    def read(cluster: EksCluster) -> str | None:
        check_is_for(kubeconfig, name=cluster.name, endpoint=cluster.endpoint, region=region)
        return read_vpc_cni_version(kubeconfig)

    return read


def _region_of(zone: str | None) -> str | None:
    from .. import catalogue

    return catalogue.region_of_zone(zone) if zone else None


def _plan(region: str, arguments: dict[str, Any]) -> Plan:
    """Let errors name the option, where they name the argument that it became."""
    from ..preflight.plan import Plan

    try:
        return Plan.make(region=region, **arguments)
    except EfaConstructsError as error:
        message = str(error)
        for argument in ("region", *arguments):
            message = message.replace(f"'{argument}'", f"'{_OPTIONS.get(argument, f'--{argument}')}'")
        raise type(error)(message) from None


def _to_json(plan: Plan, rows: Sequence[Row]) -> dict[str, Any]:
    statuses = [row.status for row in rows]
    return {
        "region": plan.region,
        "clusterName": plan.cluster_name,
        "instanceType": plan.instance.name,
        "nodes": plan.nodes,
        "rows": [
            {
                "id": row.id,
                "subject": row.subject,
                "status": row.status,
                "reason": row.reason,
                "fix": row.fix,
                "rule": row.rule.id if row.rule else None,
            }
            for row in rows
        ],
        "passed": statuses.count(rows[0].status.PASS) if rows else 0,
        "warned": statuses.count(rows[0].status.WARN) if rows else 0,
        "failed": statuses.count(rows[0].status.FAIL) if rows else 0,
        "notChecked": statuses.count(rows[0].status.NOT_CHECKED) if rows else 0,
    }
