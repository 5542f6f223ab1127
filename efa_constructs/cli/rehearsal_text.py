"""What ``efa rehearse`` prints for people."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping

from rich import box
from rich.console import Console
from rich.measure import Measurement
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from ..cluster.verdict import NodeGroupVerdict
from ..lookups.deployed import DeployedCluster, DeployedInterface, DeployedNode, DeployedNodeGroup, SecurityGroup
from ..rehearsal.result import RehearsalResult
from .interface_rows import card_rows
from .output import console
from .rehearsed_cluster_text import print_cluster, print_reachability
from .text_parts import print_facts, print_finding, print_heading, print_indented, print_list

__all__ = ["print_report"]

# Columns that are more than any table needs.
_UNLIMITED = 10_000


def print_report(result: RehearsalResult) -> None:
    """Print what was deployed, the verdict about EFA, and what took how long."""
    out = console()
    with out.capture() as captured:
        _print_stacks(out, result)
        for verdict in result.verdicts:
            cluster, node_group = result.node_group(verdict)
            _print_node_group(out, cluster, node_group)
            if verdict.has_efa:
                _print_interfaces(out, cluster, node_group)
            _print_verdict(out, verdict, node_group)
        for rehearsed in result.kubernetes:
            print_cluster(out, rehearsed)
        for cluster in result.clusters:
            print_reachability(out, cluster)
        _print_commands(out, result)
        _print_stages(out, result)
        print_list(out, "Really executed", result.executed)
        print_list(out, "Computed", result.computed)
        print_list(out, "Not checked", result.not_checked)
        _print_end(out, result)
    # rich fills lines with blanks, which wrap in a narrower window.
    for line in captured.get().splitlines():
        print(line.rstrip())


def _print_stacks(out: Console, result: RehearsalResult) -> None:
    count = len(result.assembly.stacks)
    where = f"on an emulated AWS account ({result.account}, {', '.join(result.regions)})"
    stacks = f"{count} stack{'s' * (count != 1)} with {result.assembly.resource_count} resources"
    out.print(Text(f"{stacks}, {where}", style="bold"))
    print_facts(out, ((stack.name, f"{stack.resource_count} resources") for stack in result.assembly.stacks))
    for reason in result.refusals:
        print_indented(out, Text.assemble(("refused: ", "red bold"), reason))


def _print_node_group(out: Console, cluster: DeployedCluster, group: DeployedNodeGroup) -> None:
    print_heading(out, f"Node group {group.name} of cluster {cluster.name} (Kubernetes {cluster.version})")
    sizes = f"min {group.min_size}, desired {group.desired_size}, max {group.max_size}"
    placement = f"{group.placement_group.name} ({group.placement_group.strategy})" if group.placement_group else "none"
    template = f"{group.launch_template_id} version {group.launch_template_version}"
    facts = [
        ("status", group.status),
        ("instance type", f"{group.instance_type}, {group.capacity_type.lower().replace('_', '-')}"),
        ("AMI type", group.ami_type),
        ("nodes", f"{len(group.nodes)} running ({sizes})"),
        ("subnet", f"{', '.join(group.subnet_ids)} in {', '.join(group.availability_zones)}"),
        ("placement group", placement),
        ("launch template", template if group.launch_template_id else "none: EKS makes its own"),
    ]
    if group.capacity_reservation:
        facts.append(("capacity reservation", group.capacity_reservation))
    print_facts(out, facts)


def _print_interfaces(out: Console, cluster: DeployedCluster, group: DeployedNodeGroup) -> None:
    node = group.nodes[0] if group.nodes else group.template_node
    print_heading(out, f"Network interfaces of {_which(node, group)}")
    used = sorted({id for one in node.interfaces for id in one.security_group_ids})
    names = {id: id for id in used}
    table = _interface_table(node.interfaces, names)
    if Measurement.get(out, out.options.update(max_width=_UNLIMITED), table).maximum > out.width:
        # Ids are long, and below the table they are in full anyway.
        names = {id: f"#{number}" for number, id in enumerate(used, start=1)}
        table = _interface_table(node.interfaces, names)
    out.print(table)
    out.print()
    print_facts(
        out,
        (
            (id if names[id] == id else f"{names[id]}  {id}", _group_in_words(cluster.security_groups.get(id)))
            for id in used
        ),
    )


def _interface_table(interfaces: Iterable[DeployedInterface], group_names: Mapping[str, str]) -> Padding:
    table = Table(box=box.ASCII, show_edge=False, pad_edge=False)
    for column in ("network card", "device", "type", "IPv4", "security groups"):
        table.add_column(column, overflow="fold")
    for cards, cells in card_rows((one.network_card_index, _cells(one, group_names)) for one in interfaces):
        table.add_row(cards, *cells)
    return Padding(table, (0, 0, 0, 2))


def _which(node: DeployedNode, group: DeployedNodeGroup) -> str:
    shapes = {tuple(_place(one) for one in each.interfaces) for each in group.nodes}
    if len(group.nodes) < 2:
        return node.instance_id
    return f"{node.instance_id}" + (f", and alike on all {len(group.nodes)} nodes" if len(shapes) == 1 else "")


def _place(interface: DeployedInterface) -> tuple[object, ...]:
    return (
        interface.network_card_index,
        interface.device_index,
        interface.interface_type,
        interface.security_group_ids,
    )


def _cells(interface: DeployedInterface, group_names: Mapping[str, str]) -> tuple[str, ...]:
    return (
        str(interface.device_index),
        interface.interface_type,
        interface.private_ipv4_address or "-",
        ", ".join(group_names[id] for id in interface.security_group_ids) or "none",
    )


def _group_in_words(group: SecurityGroup | None) -> str:
    """A group's name, and what its rules for all traffic allow."""
    if group is None:
        return "does not exist"
    allowed = []
    for egress, words in ((False, "in from"), (True, "out to")):
        peers = [
            "itself" if rule.group_id == group.id else (rule.group_id or rule.cidr or rule.prefix_list_id or "")
            for rule in group.rules
            if rule.egress is egress and rule.all_protocols
        ]
        if peers:
            allowed.append(f"{words} {' and '.join(peers)}")
    return f"{group.name}: " + (f"all traffic {', '.join(allowed)}" if allowed else "no rule for all traffic")


def _print_verdict(out: Console, verdict: NodeGroupVerdict, group: DeployedNodeGroup) -> None:
    print_heading(out, "EFA traffic")
    print_indented(out, _verdict_in_words(verdict, group))
    for finding in verdict.findings:
        print_finding(out, finding)


def _verdict_in_words(verdict: NodeGroupVerdict, group: DeployedNodeGroup) -> Text:
    if not verdict.has_efa:
        return Text("none: the group's interfaces have no EFA")
    where = "between every two of the group's nodes"
    if verdict.imagined:
        where = "between two nodes of this launch template (traffic needs two, and the group has " + (
            "one)" if group.nodes else "none)"
        )
    if not verdict.traffic_passes:
        return Text.assemble(("would not pass ", "bold red"), where)
    count = len((group.nodes[0] if group.nodes else group.template_node).efa_interfaces)
    if not verdict.sound:
        return Text.assemble(("is not as it should be ", "bold red"), where)
    return Text.assemble(("passes ", "bold green"), f"{where}, over {count} EFA interfaces a node")


def _print_commands(out: Console, result: RehearsalResult) -> None:
    """The commands for a real cluster, as they would be typed for it."""
    if not result.commands:
        return
    print_heading(out, "Commands for the real cluster, tried here")
    for one in result.commands:
        print_indented(out, Text(one.command, style="bold"))
        answer = one.answer if one.as_expected else Text.assemble(("not as it should be: ", "red bold"), one.answer)
        print_indented(out, answer, by=4)


def _print_stages(out: Console, result: RehearsalResult) -> None:
    print_heading(out, f"Time: {result.seconds:.1f} s")
    longest = max(result.stages, key=lambda stage: stage.seconds)
    for stage in result.stages:
        mark = "  <- the longest" if stage is longest else ""
        print_indented(out, f"{stage.name:<18}{stage.seconds:6.1f} s{mark}")
    if sum(stage.seconds for stage in result.stages) > result.seconds:
        print_indented(out, "Synthesis runs beside the start and the bootstrap of the account.")


def _print_end(out: Console, result: RehearsalResult) -> None:
    if result.environment:
        _print_kept(out, result)
    out.print()
    if result.passes:
        print_indented(out, f"Next: {_next_command(result)} with the credentials of a real account.", by=0)
    else:
        print_indented(out, Text(result.reason or "", style="bold red"), by=0)


def _print_kept(out: Console, result: RehearsalResult) -> None:
    what = "account and the control plane go" if result.kubeconfigs else "account goes"
    print_heading(out, f"The {what} on running (process {result.process_id})")
    for key, value in sorted(result.environment.items()):
        out.print(f"export {key}={value}", markup=False, soft_wrap=True)
    for name, kubeconfig in result.kubeconfigs.items():
        named = f"  # {name}" if len(result.kubeconfigs) > 1 else ""
        out.print(f"export KUBECONFIG={shlex.quote(str(kubeconfig))}{named}", markup=False, soft_wrap=True)
    print_indented(out, "To end it: efa rehearse --stop")


def _next_command(result: RehearsalResult) -> str:
    if result.given_template is not None:
        (stack,) = result.assembly.stacks
        return (
            f"'aws cloudformation deploy --stack-name {stack.name} --template-file "
            f"{shlex.quote(str(result.given_template))} --capabilities CAPABILITY_NAMED_IAM', then 'kubectl apply',"
        )
    given = f" --app {shlex.quote(str(result.given_assembly))}" if result.given_assembly else ""
    return f"'npx cdk deploy --all{given}'"
