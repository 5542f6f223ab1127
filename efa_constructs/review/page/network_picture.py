"""Draws a network: VPC, zones, subnets with what stands in them, gateways and endpoints."""

from __future__ import annotations

from collections.abc import Sequence

from ..networks import Network, Subnet
from ..node_group import NodeGroup
from ..resource import Resource
from .drawing import LINE_HEIGHT, Drawing, fitting
from .names import Names

__all__ = ["draw_network", "network_title"]

_ZONE_WIDTH = 300
_GAP = 12
_PAD = 10
_TITLE = 20
# Between the internet and the VPC.
_OUTSIDE = 62
_TEXT = _ZONE_WIDTH - 4 * _PAD
# Of a subnet, that are drawn.
_MOST_LEADS = 3
# Of a flow log. EC2 takes all where it is told nothing.
_TRAFFIC = {"ALL": "all", "ACCEPT": "accepted", "REJECT": "rejected"}


def draw_network(name: str, network: Network, names: Names) -> str:
    """Draw one network.

    :param name: An id that no other picture of the page has.
    """
    zones = _by_zone(network)
    title = network_title(network, names)
    drawing = Drawing(name, title, _description(network, names))
    width = max(1, len(zones)) * (_ZONE_WIDTH + _GAP) + _GAP
    outside = _OUTSIDE if network.internet_gateways else 2
    heights = [sum(_subnet_height(subnet, names) + _GAP for subnet in subnets) for subnets in zones.values()]
    inner = _TITLE + max(heights, default=0) + _GAP
    notes = _notes(network, names)
    bottom = outside + _TITLE + _PAD + inner + _GAP + len(notes) * LINE_HEIGHT + (_PAD if notes else 0)
    drawing.box(1, outside, width - 2, bottom - outside, "area" if network.resource else "area elsewhere")
    drawing.text(fitting(title, width - 2 * _GAP, bold=True), _GAP, outside + 18, "strong")
    top = outside + _TITLE + _PAD
    for number, (zone, subnets) in enumerate(zones.items()):
        _draw_zone(drawing, _GAP + number * (_ZONE_WIDTH + _GAP), top, inner, zone, subnets, names)
    drawing.texts([fitting(note, width - 2 * _GAP) for note in notes], _GAP, top + inner + _GAP + 10, "quiet")
    if network.internet_gateways:
        _draw_internet(drawing, network, width, names)
    return drawing.finished(width, bottom + 2)


def network_title(network: Network, names: Names) -> str:
    """``VPC Network/Vpc, 10.0.0.0/16``."""
    if network.resource is None:
        return "Network that exists already"
    cidr = network.resource.get("CidrBlock")
    return f"VPC {names.of(network.resource)}" + (f", {names.of_value(cidr)}" if cidr else "")


def _by_zone(network: Network) -> dict[str | None, list[Subnet]]:
    zones: dict[str | None, list[Subnet]] = {}
    for subnet in network.subnets:
        zones.setdefault(subnet.zone, []).append(subnet)
    ordered = sorted(zones.items(), key=lambda item: (item[0] is None, str(item[0])))
    # The internet is above: so are the subnets that reach it directly.
    return {zone: sorted(subnets, key=lambda one: one.is_public is not True) for zone, subnets in ordered}


def _draw_internet(drawing: Drawing, network: Network, width: float, names: Names) -> None:
    middle = min(width / 2, 320)
    drawing.box(middle - 80, 1, 160, 24, "thing world")
    drawing.text("the internet", middle, 17, "middle strong")
    for gateway in network.internet_gateways:
        drawing.arrow(f"M{middle:g} {_OUTSIDE:g} V27")
        room = width - middle - 2 * _PAD
        drawing.text(fitting(f"internet gateway {names.of(gateway)}", room), middle + 8, 46, "quiet")


def _draw_zone(
    drawing: Drawing, x: float, y: float, height: float, zone: str | None, subnets: Sequence[Subnet], names: Names
) -> None:
    drawing.box(x, y, _ZONE_WIDTH, height, "zone")
    title = "zone: these templates do not say" if zone is None else f"zone {names.of_value(zone)}"
    drawing.text(fitting(title, _ZONE_WIDTH - 2 * _PAD), x + _PAD, y + 15, "quiet")
    top = y + _TITLE
    for subnet in subnets:
        _draw_subnet(drawing, x + _PAD, top, subnet, names)
        top += _subnet_height(subnet, names) + _GAP


def _draw_subnet(drawing: Drawing, x: float, y: float, subnet: Subnet, names: Names) -> None:
    width, height = _ZONE_WIDTH - 2 * _PAD, _subnet_height(subnet, names)
    css = {True: "subnet public", False: "subnet", None: "subnet elsewhere"}[subnet.is_public]
    drawing.box(x, y, width, height, css, tip=names.of_value(subnet.value))
    drawing.text(fitting(_kind(subnet, names), width - 2 * _PAD, bold=True), x + _PAD, y + 16, "strong")
    lines = [fitting(line, width - 2 * _PAD) for line in _lines(subnet, names, _MOST_LEADS)]
    drawing.texts(lines, x + _PAD, y + 16 + LINE_HEIGHT, "quiet")
    top = y + 16 + (1 + len(lines)) * LINE_HEIGHT - 6
    for css, lines in _things(subnet, names):
        tall = _thing_height(lines)
        drawing.box(x + _PAD, top, width - 2 * _PAD, tall, css, tip="\n".join(lines))
        drawing.text(fitting(lines[0], _TEXT - _PAD, bold=True), x + 2 * _PAD, top + 15, "strong")
        drawing.texts([fitting(line, _TEXT - _PAD) for line in lines[1:]], x + 2 * _PAD, top + 15 + LINE_HEIGHT)
        top += tall + 6


def _thing_height(lines: Sequence[str]) -> float:
    return LINE_HEIGHT * len(lines) + 8


def _subnet_height(subnet: Subnet, names: Names) -> float:
    things = _things(subnet, names)
    lines = len(_lines(subnet, names, _MOST_LEADS))
    return (
        16 + (1 + lines) * LINE_HEIGHT - 6 + sum(_thing_height(lines) + 6 for _, lines in things) + (4 if things else 0)
    )


def _kind(subnet: Subnet, names: Names) -> str:
    name = names.of_value(subnet.value if subnet.cidr is None else subnet.cidr)
    if subnet.is_public is None:
        return f"subnet {name}"
    return f"{'public' if subnet.is_public else 'private' if subnet.way_out else 'isolated'} subnet {name}"


def _lines(subnet: Subnet, names: Names, most: int | None = None) -> list[str]:
    """Where its routes lead, the default one first, and its network ACL.

    :param most: Of its other routes. Default: all.
    """
    leads = [
        f"{names.of_value(lead.destination)}: {lead.way} {_short(names.of_value(lead.to))}" for lead in subnet.leads
    ]
    lines = [_route(subnet, names), *leads[:most]]
    if len(lines) <= len(leads):
        lines.append(f"and {len(leads) + 1 - len(lines)} more to other networks")
    if subnet.network_acl is not None:
        lines.append(f"network ACL {_short(names.of(subnet.network_acl))}")
    return lines


def _route(subnet: Subnet, names: Names) -> str:
    if subnet.is_public is None:
        return "its routes are not in these templates"
    if subnet.way_out is None:
        return "no default route"
    if subnet.is_public:
        return "out by the internet gateway"
    return f"out by {subnet.way_out} {_short(names.of_value(subnet.way_out_to))}"


def _short(name: str) -> str:
    """CDK names what is in a VPC by it and by the subnet: the last is enough in its picture."""
    return name.removesuffix("/NATGateway").rpartition("/")[2]


def _things(subnet: Subnet, names: Names) -> list[tuple[str, list[str]]]:
    things = [("thing", ["NAT gateway", _short(names.of(one))]) for one in subnet.nat_gateways]
    things += [("thing", [f"control plane of {names.of(one)}", "its network interfaces"]) for one in subnet.clusters]
    things += [("thing", ["endpoint", names.of_value(one.get("ServiceName"))]) for one in subnet.endpoints]
    things += [("thing nodes", _group_lines(group, names)) for group in subnet.node_groups]
    return things


def _group_lines(group: NodeGroup, names: Names) -> list[str]:
    desired = group.resource.get("ScalingConfig.DesiredSize")
    count = f"{desired} x " if isinstance(desired, int | str) else ""
    placement = "no placement group"
    if group.launch_template is not None:
        value = group.launch_template.placement_group
        placement = f"placement group {_short(names.of_value(value))}" if value is not None else placement
    return [
        f"node group {names.of(group.resource)}",
        count + (", ".join(group.instance_type_names) or "instances of a type that only the deployment knows"),
        f"{len(group.efa_interfaces)} EFA of {len(group.interfaces)} interfaces a node",
        placement,
    ]


def _notes(network: Network, names: Names) -> list[str]:
    gateways = [one for one in network.endpoints if not one.get("SubnetIds")]
    notes = [f"gateway endpoint {names.of_value(one.get('ServiceName'))}" for one in gateways]
    traffic = [_TRAFFIC.get(str(log.get("TrafficType", "ALL")), "some") for log in network.flow_logs]
    notes += [_connection(one, names) for one in network.connections]
    return notes + [f"flow log of {words} traffic" for words in traffic]


def _connection(one: Resource, names: Names) -> str:
    if one.type == "AWS::EC2::VPCPeeringConnection":
        ends = " and ".join(names.of_value(one.get(name)) for name in ("VpcId", "PeerVpcId"))
        return f"VPC peering {names.of(one)} of {ends}"
    gateway = one.get("TransitGatewayId") or one.get("VpnGatewayId")
    kind = "virtual private gateway" if one.get("VpnGatewayId") else "transit gateway"
    return f"attached to {kind} {names.of_value(gateway)}"


def _description(network: Network, names: Names) -> str:
    parts = []
    for subnet in network.subnets:
        things = "; ".join(", ".join(lines) for _, lines in _things(subnet, names)) or "nothing of these templates"
        zone = f" in {names.of_value(subnet.zone)}" if subnet.zone else ""
        parts.append(f"{_kind(subnet, names)}{zone}, {', '.join(_lines(subnet, names))}, has: {things}")
    return ". ".join([*parts, *_notes(network, names)]) + "."
