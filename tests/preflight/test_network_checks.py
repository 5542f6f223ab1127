"""Does the network have room for the nodes, and lets them reach what they need?"""

from __future__ import annotations

from typing import Any

import pytest

from efa_constructs.rehearsal.account.hardware import set_offerings

from .emulated import REGION, SUBNET, Emulated, Refusals

PUBLIC = "subnet-0f1f2f3f4f5f6f7f8"
# The private one in us-east-1a.
OTHER = "subnet-0b1b2b3b4b5b6b7b8"


def set_free_addresses(account: Emulated, count: int) -> None:
    account.ec2.get_subnet(SUBNET)._available_ip_addresses = count


def drop_routes_out(account: Emulated, subnet: str = SUBNET) -> str:
    """Remove the default route, and name the route table."""
    [table] = account.clients.ec2.describe_route_tables(
        Filters=[{"Name": "association.subnet-id", "Values": [subnet]}]
    )["RouteTables"]
    account.clients.ec2.delete_route(RouteTableId=table["RouteTableId"], DestinationCidrBlock="0.0.0.0/0")
    return table["RouteTableId"]


def lead_to_an_internet_gateway(account: Emulated, table: str) -> None:
    ec2 = account.clients.ec2
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)


def test_the_named_subnet_must_be_in_the_clusters_vpc(account: Emulated) -> None:
    row = account.row("subnet")
    assert row is not None and (row.status, row.reason) == ("pass", f"the nodes go to {SUBNET} in us-east-1b")
    missing = account.plan(subnet_id="subnet-0123456789abcdef0")
    row = account.row("subnet", missing)
    assert row is not None and row.status == "fail"
    assert row.reason.startswith("VPC vpc-0a1a2a3a4a5a6a7a8 of cluster training has no subnet subnet-0123456789abcdef0")
    # And what hangs on it is not known.
    others = {id: account.row(id, missing) for id in ("subnet-way-out", "subnet-addresses", "instance-type-offered")}
    assert {row and (row.status, row.fix) for row in others.values()} == {("not checked", "see the row 'subnet'")}


def test_the_only_private_subnet_of_a_zone_is_taken(account: Emulated) -> None:
    row = account.row("subnet", account.plan(subnet_id=None, zone="us-east-1b"))
    assert row is not None and row.reason == f"the nodes go to {SUBNET} in us-east-1b, the only private one that fits"


def test_no_choice_is_made_between_equals(account: Emulated) -> None:
    row = account.row("subnet", account.plan(subnet_id=None))
    assert row is not None and row.status == "fail"
    assert row.reason.startswith("2 private subnets of cluster training could take the nodes")
    assert row.fix == "choose with '--zone' ('efa:availabilityZone'), one of us-east-1a, us-east-1b"


def test_between_equals_of_one_zone_the_subnet_is_to_be_named(account: Emulated) -> None:
    account.ec2.get_subnet(OTHER)._availability_zone = account.ec2.get_subnet(SUBNET)._availability_zone
    row = account.row("subnet", account.plan(subnet_id=None, zone="us-east-1b"))
    assert row is not None and row.status == "fail"
    assert row.fix == (
        "choose with '--subnet' ('nodeSubnetId' in the cluster facts file), one of "
        f"{OTHER} (us-east-1b), {SUBNET} (us-east-1b)"
    )


def test_of_two_subnets_the_one_is_taken_that_has_a_way_out(account: Emulated) -> None:
    drop_routes_out(account, OTHER)
    row = account.row("subnet", account.plan(subnet_id=None))
    assert row is not None and row.reason.startswith(f"the nodes go to {SUBNET} in us-east-1b")


def test_a_cluster_without_a_private_subnet_fails(account: Emulated) -> None:
    for subnet in (SUBNET, OTHER):
        lead_to_an_internet_gateway(account, drop_routes_out(account, subnet))
    rows = account.rows(account.plan(subnet_id=None))
    assert rows["subnet"].status == "fail"
    assert rows["subnet"].reason.startswith("there is no private subnet of cluster training")
    assert rows["subnet"].fix == "make one in the cluster's VPC, with a route to a NAT gateway"
    assert rows["subnet-way-out"].status == "not checked"


def test_which_subnets_are_private_is_not_known_in_a_vpc_that_another_account_shares(
    account: Emulated, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As EC2 answers whoever does not own the VPC.
    monkeypatch.setattr(account.ec2, "route_tables", {})
    row = account.row("subnet", account.plan(subnet_id=None, zone="us-east-1b"))
    assert row is not None and row.status == "not checked"
    assert row.reason.startswith("which subnets in us-east-1b are private is not known")


def test_of_two_subnets_the_one_is_taken_whose_zone_offers_the_type(account: Emulated) -> None:
    set_offerings(REGION, {"p4d.24xlarge": ["us-east-1a"]})
    row = account.row("subnet", account.plan(subnet_id=None))
    assert row is not None and row.reason.startswith(f"the nodes go to {OTHER} in us-east-1a")


def test_of_two_subnets_the_one_is_taken_from_which_nodes_can_join(account: Emulated) -> None:
    drop_routes_out(account, OTHER)
    row = account.row("subnet", account.plan(subnet_id=None))
    assert row is not None and row.reason.startswith(f"the nodes go to {SUBNET} in us-east-1b")


def test_of_two_subnets_that_cannot_take_the_nodes_none_is_taken(account: Emulated) -> None:
    for subnet in (SUBNET, OTHER):
        drop_routes_out(account, subnet)
    row = account.row("subnet", account.plan(subnet_id=None))
    assert row is not None and row.status == "fail"
    assert row.reason == "of 2 private subnets of cluster training, none is known to take the nodes"


def test_of_two_subnets_the_one_is_taken_that_has_room(account: Emulated) -> None:
    set_free_addresses(account, 2)
    row = account.row("subnet", account.plan(subnet_id=None))
    assert row is not None and row.reason.startswith(f"the nodes go to {OTHER} in us-east-1a")


def test_a_zone_without_a_private_subnet_fails(account: Emulated) -> None:
    row = account.row("subnet", account.plan(subnet_id=None, zone="us-east-1c"))
    assert row is not None and row.status == "fail"
    assert row.reason.startswith("there is no private subnet in us-east-1c")
    assert row.fix is not None and f"or use one of {OTHER} (us-east-1a), {SUBNET} (us-east-1b)" in row.fix


def test_a_subnet_in_another_zone_than_the_one_asked_for_fails(account: Emulated) -> None:
    assert account.row("subnet-zone") is None
    row = account.row("subnet-zone", account.plan(zone="us-east-1b"))
    assert row is not None and row.status == "pass"
    row = account.row("subnet-zone", account.plan(zone="us-east-1a"))
    assert row is not None and row.status == "fail"
    assert row.reason == f"{SUBNET} is in us-east-1b, and us-east-1a is asked for"


def test_a_route_to_a_nat_gateway_is_a_way_out(account: Emulated) -> None:
    row = account.row("subnet-way-out")
    assert row is not None and (row.status, row.reason) == ("pass", f"of {SUBNET}, a route leads out of the VPC")


def test_a_route_to_some_addresses_only_is_a_doubt(account: Emulated) -> None:
    table = drop_routes_out(account)
    peer = account.clients.ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    connection = account.clients.ec2.create_vpc_peering_connection(VpcId=account.facts.vpc.id, PeerVpcId=peer)[
        "VpcPeeringConnection"
    ]["VpcPeeringConnectionId"]
    account.clients.ec2.create_route(
        RouteTableId=table, DestinationCidrBlock="10.9.0.0/16", VpcPeeringConnectionId=connection
    )
    row = account.row("subnet-way-out")
    assert row is not None and row.status == "warn"
    assert f"only 10.9.0.0/16 by {connection} is routed out of the VPC" in row.reason


def test_a_public_subnet_is_none_for_nodes_with_several_interfaces(account: Emulated) -> None:
    row = account.row("subnet-way-out", account.plan(subnet_id=PUBLIC))
    assert row is not None and row.status == "fail" and "routes to an internet gateway" in row.reason
    one_interface = account.plan(subnet_id=PUBLIC, instance_type="g5.48xlarge", interface_layout="classic")
    row = account.row("subnet-way-out", one_interface)
    assert row is not None and row.status == "warn" and "only with a public address" in row.reason


def test_without_a_route_all_endpoints_that_nodes_need_must_be_there(account: Emulated) -> None:
    table = drop_routes_out(account)
    row = account.row("subnet-way-out")
    assert row is not None and row.status == "fail"
    assert "do not reach ec2, ecr.api, ecr.dkr, s3, and could not join the cluster" in row.reason
    vpc = account.facts.vpc.id
    for service in ("ec2", "ecr.api", "ecr.dkr"):
        account.clients.ec2.create_vpc_endpoint(
            VpcId=vpc, ServiceName=f"com.amazonaws.us-east-1.{service}", VpcEndpointType="Interface", SubnetIds=[SUBNET]
        )
    account.clients.ec2.create_vpc_endpoint(
        VpcId=vpc, ServiceName="com.amazonaws.us-east-1.s3", VpcEndpointType="Gateway", RouteTableIds=[table]
    )
    row = account.row("subnet-way-out")
    assert row is not None and row.status == "pass" and "VPC endpoints are there for all" in row.reason
    account.cluster["resourcesVpcConfig"]["endpointPrivateAccess"] = False
    row = account.row("subnet-way-out")
    assert row is not None and row.status == "fail" and "API server, whose private endpoint is off" in row.reason


def test_routes_are_not_checked_where_another_account_shares_the_vpc(account: Emulated) -> None:
    account.ec2.route_tables.clear()
    row = account.row("subnet-way-out")
    assert row is not None and row.status == "not checked" and "another account shares the VPC" in row.reason


def test_endpoints_are_not_checked_where_another_account_shares_the_vpc(
    account: Emulated, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(account.ec2.get_subnet(SUBNET)), "owner_id", "222222222222")
    row = account.row("subnet-way-out")
    assert row is not None and row.status == "pass"
    drop_routes_out(account)
    row = account.row("subnet-way-out")
    assert row is not None and row.status == "not checked"
    hidden = ", and its VPC endpoints EC2 does not show: another account shares the VPC"
    assert row.reason == f"no route leads out of the VPC of {SUBNET}{hidden}"
    row = account.row("subnet-way-out", account.plan(subnet_id=PUBLIC))
    assert row is not None and row.status == "not checked"
    assert row.reason.startswith(
        f"{PUBLIC} routes to an internet gateway, where EC2 gives nodes with several interfaces"
    )


@pytest.mark.parametrize(
    ("operation", "id"),
    [
        ("ec2:DescribeRouteTables", "subnet-way-out"),
        ("ec2:DescribeSubnets", "subnet-addresses"),
        ("ec2:DescribeVpcAttribute", "vpc-dns"),
    ],
)
def test_a_row_is_not_checked_without_its_permission_and_the_others_are(
    account: Emulated, refuse: Refusals, operation: str, id: str
) -> None:
    refuse.refuse(operation, "UnauthorizedOperation")
    rows = account.rows()
    assert rows[id].status == "not checked"
    assert rows[id].fix == f"allow '{operation}' in the IAM policy of the identity in use"
    assert rows["kubernetes-version"].status == rows["vcpu-quota"].status == "pass"


@pytest.mark.parametrize(
    ("free", "status"),
    [
        # Three interfaces, and the VPC CNI's 99 beside each.
        (300, "pass"),
        (299, "warn"),
        (3, "warn"),
        (2, "fail"),
    ],
)
def test_addresses_must_be_enough_for_interfaces_and_should_be_for_the_warm_pools(
    account: Emulated, free: int, status: str
) -> None:
    set_free_addresses(account, free)
    row = account.row("subnet-addresses")
    assert row is not None and row.status == status
    assert row.reason.startswith(f"{SUBNET} has {free} free addresses")
    if status != "fail":
        assert row.reason.endswith(
            "the interfaces of 3 p4d.24xlarge take 3, the warm pools of the VPC CNI for pods 297 more"
        )


def test_the_classic_layout_takes_an_address_for_every_efa(account: Emulated) -> None:
    set_free_addresses(account, 11)
    row = account.row("subnet-addresses", account.plan(interface_layout="classic"))
    assert row is not None and row.status == "fail" and "the interfaces of 3 p4d.24xlarge take 12" in row.reason


def test_addresses_of_pods_are_not_checked_where_aws_publishes_too_little(account: Emulated) -> None:
    row = account.row("subnet-addresses", account.plan(instance_type="p6e-gb200.36xlarge"))
    assert row is not None and row.status == "not checked"


def test_the_vpc_must_resolve_names(account: Emulated) -> None:
    vpc = account.facts.vpc.id
    row = account.row("vpc-dns")
    assert row is not None and row.status == "pass"
    account.clients.ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": False})
    row = account.row("vpc-dns")
    assert row is not None and row.status == "fail"
    assert row.fix == f"aws ec2 modify-vpc-attribute --vpc-id {vpc} --enable-dns-hostnames --region us-east-1"


def test_a_new_network_needs_room_for_a_vpc_and_an_address(account: Emulated) -> None:
    assert account.row("vpcs-quota") is account.row("elastic-ips-quota") is None
    rows = account.rows(account.new_cluster())
    assert rows["vpcs-quota"].status == rows["elastic-ips-quota"].status == "pass"
    # moto's default VPC, and the cluster's, are there.
    for number in range(3):
        account.clients.ec2.create_vpc(CidrBlock=f"10.{number}.0.0/16")
    for _ in range(4):
        account.clients.ec2.allocate_address(Domain="vpc")
    rows = account.rows(account.new_cluster())
    assert rows["vpcs-quota"].status == "fail" and rows["vpcs-quota"].reason.startswith("5 of 5 are in use")
    assert "--service-code vpc --quota-code L-F678F1CE --desired-value 6" in (rows["vpcs-quota"].fix or "")
    assert rows["elastic-ips-quota"].status == "fail"


def test_rows_about_a_network_that_is_there_are_left_out_for_a_new_one(account: Emulated) -> None:
    ids = set(account.rows(account.new_cluster()))
    assert not ids & {"subnet", "subnet-zone", "subnet-way-out", "subnet-addresses", "vpc-dns", "cluster-status"}


@pytest.mark.parametrize(
    ("operation", "id"), [("ec2:DescribeVpcs", "vpcs-quota"), ("ec2:DescribeAddresses", "elastic-ips-quota")]
)
def test_room_for_a_network_is_not_checked_without_the_permission(
    account: Emulated, refuse: Refusals, operation: str, id: str
) -> None:
    refuse.refuse(operation, "UnauthorizedOperation")
    row: Any = account.row(id, account.new_cluster())
    assert row.status == "not checked"


def test_without_the_permission_to_see_vpc_endpoints_only_a_subnet_that_needs_them_is_not_checked(
    account: Emulated, refuse: Refusals
) -> None:
    refuse.refuse("ec2:DescribeVpcEndpoints", "UnauthorizedOperation")
    rows = account.rows(account.plan(subnet_id=None, zone="us-east-1b"))
    ids = ("subnet", "subnet-zone", "subnet-way-out", "subnet-addresses")
    assert {rows[id].status for id in ids} == {"pass"}
    drop_routes_out(account)
    rows = account.rows(account.plan(subnet_id=None, zone="us-east-1b"))
    assert {id: rows[id].status for id in ids} == dict.fromkeys(ids, "pass") | {"subnet-way-out": "not checked"}
    assert rows["subnet-way-out"].fix == "allow 'ec2:DescribeVpcEndpoints' in the IAM policy of the identity in use"
