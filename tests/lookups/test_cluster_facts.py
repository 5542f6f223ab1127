"""The cluster facts file."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from efa_constructs.errors import InvalidConfigurationError
from efa_constructs.lookups.cluster_facts import read_cluster_facts

EXAMPLE = Path(__file__).parents[2] / "examples" / "cluster-facts.json"


def written(folder: Path, change: Callable[[dict[str, Any]], object]) -> Path:
    document = json.loads(EXAMPLE.read_text())
    change(document)
    path = folder / "facts.json"
    path.write_text(json.dumps(document))
    return path


def test_refuses_a_vpc_without_cidr_block(tmp_path: Path) -> None:
    path = written(tmp_path, lambda document: document["vpc"].update(cidrBlocks=[]))
    with pytest.raises(InvalidConfigurationError, match=r"'vpc.cidrBlocks' is empty"):
        read_cluster_facts(path)


@pytest.mark.parametrize("mode", ["API", "API_AND_CONFIG_MAP", "CONFIG_MAP"])
def test_reads_every_authentication_mode(tmp_path: Path, mode: str) -> None:
    path = written(tmp_path, lambda document: document["cluster"].update(authenticationMode=mode))
    assert read_cluster_facts(path).cluster.authentication_mode == mode


def test_refuses_another_authentication_mode(tmp_path: Path) -> None:
    path = written(tmp_path, lambda document: document["cluster"].update(authenticationMode="API_AND_CONFIGMAP"))
    with pytest.raises(
        InvalidConfigurationError,
        match=r"'cluster.authenticationMode' is 'API_AND_CONFIGMAP', use API, API_AND_CONFIG_MAP or CONFIG_MAP",
    ):
        read_cluster_facts(path)


@pytest.mark.parametrize("field", ["cidrBlocks", "cidrBlock"])
def test_refuses_what_is_no_cidr_block(tmp_path: Path, field: str) -> None:
    def change(document: dict[str, Any]) -> None:
        if field == "cidrBlock":
            document["subnets"][0]["cidrBlock"] = "10.0.0.0/99"
        else:
            document["vpc"]["cidrBlocks"] = ["10.0.0.0/99"]

    with pytest.raises(InvalidConfigurationError, match=r"'10.0.0.0/99', which is no IPv4 CIDR block"):
        read_cluster_facts(written(tmp_path, change))


def put(path: str, value: Any) -> Callable[[dict[str, Any]], None]:
    """A change that sets one field, such as ``subnets/1/id``."""

    def change(document: dict[str, Any]) -> None:
        *way, last = (int(step) if step.isdecimal() else step for step in path.split("/"))
        place: Any = document
        for step in way:
            place = place[step]
        place[last] = value

    return change


REFUSED = [
    ("account", "", "'account' is '', use the 12 digits of an account"),
    ("account", "1234", "'account' is '1234', use the 12 digits"),
    ("account", "arn:aws:iam::123456789012:root", "'account' is 'arn:aws:iam::123456789012:root', use the 12 digits"),
    ("region", "", "'region' is '', use the name of a Region"),
    ("region", "us-east-1a", "'region' is 'us-east-1a', use the name of a Region"),
    ("cluster/name", "", "'cluster.name' is '', use the name of an EKS cluster"),
    ("cluster/name", "my cluster", "'cluster.name' is 'my cluster', use the name of an EKS cluster"),
    ("cluster/version", "1.35.1", "'cluster.version' is '1.35.1', use a minor version"),
    ("cluster/endpoint", "", "'cluster.endpoint' is '', use a URL that begins with https://"),
    ("cluster/endpoint", "http://a.gr7.us-east-1.eks.amazonaws.com", "'cluster.endpoint' is 'http:"),
    (
        "cluster/endpoint",
        "https://a.gr7.eu-west-1.eks.amazonaws.com",
        "which is in eu-west-1, but 'region' is 'us-east-1'",
    ),
    ("cluster/oidcIssuer", "https://oidc.eks.us-west-2.amazonaws.com/id/A", "'cluster.oidcIssuer' is .* in us-west-2"),
    ("cluster/oidcIssuer", "", "'cluster.oidcIssuer' is '', use a URL"),
    ("cluster/certificateAuthorityData", "", "'cluster.certificateAuthorityData' is '', use the base64"),
    ("cluster/certificateAuthorityData", "-----BEGIN CERTIFICATE-----", "use the base64 of certificateAuthority.data"),
    ("cluster/certificateAuthorityData", "QUJD\n", "use the base64 of certificateAuthority.data"),
    ("cluster/certificateAuthorityData", "QUJDR", "use the base64 of certificateAuthority.data"),
    ("cluster/securityGroupId", "", "'cluster.securityGroupId' is '', use the id of a security group"),
    ("cluster/securityGroupId", "vpc-0a1a2a3a4a5a6a7a8", "'cluster.securityGroupId' is 'vpc-0a1a2a3a4a5a6a7a8', use"),
    ("vpc/id", "vpc-", "'vpc.id' is 'vpc-', use the id of a VPC"),
    ("vpc/id", "vpc-0A1A2A3A4A5A6A7A8", "'vpc.id' is 'vpc-0A1A2A3A4A5A6A7A8', use the id of a VPC"),
    ("vpc/cidrBlocks/0", "", r"'vpc.cidrBlocks\[0\]' is '', use what AWS shows"),
    ("vpc/cidrBlocks/0", "10.42.0.1/16", r"'vpc.cidrBlocks\[0\]' is '10.42.0.1/16', which is no IPv4 CIDR block"),
    ("vpc/cidrBlocks/0", "2600:1f14::/56", "which is no IPv4 CIDR block: use one such as 10.42.0.0/16"),
    ("vpc/cidrBlocks", ["10.42.0.0/16", "10.42.0.0/16"], r"'vpc.cidrBlocks\[1\]' is '10.42.0.0/16', which overlaps"),
    ("subnets/1/id", "", r"'subnets\[1\].id' is '', use the id of a subnet"),
    ("subnets/1/id", "subnet-0b1b2b3b4b5b6b7b8", r"'subnets\[1\].id' is .*the same as 'subnets\[0\].id': list each"),
    ("subnets/1/availabilityZone", "", r"'subnets\[1\].availabilityZone' is '', use what AWS shows"),
    (
        "subnets/1/availabilityZone",
        "eu-west-1a",
        r"'subnets\[1\].availabilityZone' is 'eu-west-1a', which is no zone of us",
    ),
    ("subnets/1/availabilityZone", "us-east-1", r"'subnets\[1\].availabilityZone' is 'us-east-1', which is no zone of"),
    (
        "subnets/1/availabilityZone",
        "use1-az1",
        r"is 'use1-az1', which is no zone of us-east-1.*a name such as us-east-1a",
    ),
    ("subnets/1/availabilityZoneId", "", r"'subnets\[1\].availabilityZoneId' is '', use what AWS shows"),
    (
        "subnets/1/availabilityZoneId",
        "usw2-az1",
        r"'subnets\[1\].availabilityZoneId' is 'usw2-az1', which is no zone id",
    ),
    ("subnets/1/availabilityZoneId", "us-east-1b", r"is 'us-east-1b', which is no zone id of us-east-1.*use1-az1"),
    ("subnets/1/availabilityZoneId", "use1-az1", "is 'use1-az1' for us-east-1b, but .* has use1-az1 for us-east-1a"),
    ("subnets/2/availabilityZoneId", "use1-az4", "is 'use1-az4' for us-east-1a, but .* has use1-az1 for us-east-1a"),
    ("subnets/1/cidrBlock", "10.42.32.0/99", r"'subnets\[1\].cidrBlock' is '10.42.32.0/99', which is no IPv4 CIDR"),
    ("subnets/1/cidrBlock", "10.43.32.0/19", r"'subnets\[1\].cidrBlock' is '10.43.32.0/19', which lies in none of"),
    ("subnets/1/cidrBlock", "10.42.16.0/20", r"'subnets\[1\].cidrBlock' is '10.42.16.0/20', which overlaps"),
    ("subnets/1/availableIpAddressCount", -1, r"'subnets\[1\].availableIpAddressCount' is -1, use a number from 0"),
    ("addons/vpc-cni", "", "'addons.vpc-cni' is '', use what AWS shows"),
    ("addons/vpc-cni", "latest", "'addons.vpc-cni' is 'latest', use the whole version"),
    (
        "instanceTypeOfferings/p4d.24xlarge",
        ["us-east-1a", "us-west-2a"],
        r"'instanceTypeOfferings.p4d.24xlarge\[1\]' is",
    ),
    ("nodeSubnetId", "", "'nodeSubnetId' is '', use what AWS shows"),
]


@pytest.mark.parametrize(("path", "value", "message"), REFUSED)
def test_refuses_what_aws_would_not_show(tmp_path: Path, path: str, value: Any, message: str) -> None:
    file = written(tmp_path, put(path, value))
    with pytest.raises(InvalidConfigurationError, match=f"^in the cluster facts file '{file}': .*{message}"):
        read_cluster_facts(file)


ACCEPTED = [
    ("account", "000000000001"),
    ("cluster/endpoint", "https://0123456789ABCDEF.us-east-1.api.aws"),
    ("cluster/oidcIssuer", "https://oidc-eks.us-east-1.api.aws/id/0123456789ABCDEF"),
    ("cluster/oidcIssuer", None),
    ("vpc/id", "vpc-0a1a2a3a"),
    ("vpc/cidrBlocks", ["10.42.0.0/16", "100.64.0.0/16", "192.168.4.0/22"]),
    ("addons", {}),
    ("addons", {"vpc-cni": "v1.20.4-eksbuild.2", "vendor_agent": "7.0-beta"}),
    ("instanceTypeOfferings", {"p4d.24xlarge": []}),
    ("instanceTypeOfferings", {"g4dn.8xlarge": ["us-east-1a", "us-east-1-bos-1a"]}),
    ("subnets/1/availableIpAddressCount", 0),
]


@pytest.mark.parametrize(("path", "value"), ACCEPTED)
def test_accepts_what_a_cluster_may_have(tmp_path: Path, path: str, value: Any) -> None:
    read_cluster_facts(written(tmp_path, put(path, value)))


@pytest.mark.parametrize(
    ("zone", "zone_id"),
    [
        ("us-east-1-bos-1a", "use1-bos1-az1"),
        ("us-east-1-wl1-bos-wlz-1", "use1-wl1-bos-wlz1"),
        ("us-east-1f", "use1-az5"),
    ],
    ids=["Local Zone", "Wavelength Zone", "zone that not every account has"],
)
def test_accepts_every_kind_of_zone(tmp_path: Path, zone: str, zone_id: str) -> None:
    def change(document: dict[str, Any]) -> None:
        document["subnets"][3].update(availabilityZone=zone, availabilityZoneId=zone_id)

    assert read_cluster_facts(written(tmp_path, change)).subnets[3].availability_zone == zone


def test_accepts_a_subnet_in_a_further_block_of_the_vpc(tmp_path: Path) -> None:
    def change(document: dict[str, Any]) -> None:
        document["vpc"]["cidrBlocks"].append("100.64.0.0/16")
        document["subnets"][1]["cidrBlock"] = "100.64.0.0/18"

    assert read_cluster_facts(written(tmp_path, change)).subnets[1].cidr_block == "100.64.0.0/18"


@pytest.mark.parametrize(
    ("region", "zone", "zone_id", "host"),
    [
        ("us-gov-west-1", "us-gov-west-1a", "usgw1-az1", "a.gr7.us-gov-west-1.eks.amazonaws.com"),
        ("cn-north-1", "cn-north-1a", "cnn1-az1", "a.gr7.cn-north-1.eks.amazonaws.com.cn"),
        ("eusc-de-east-1", "eusc-de-east-1a", "euscde1-az1", "a.gr7.eusc-de-east-1.eks.amazonaws.eu"),
    ],
    ids=["GovCloud", "China", "a Region that the catalogue does not know"],
)
def test_accepts_a_cluster_of_another_partition(
    tmp_path: Path, region: str, zone: str, zone_id: str, host: str
) -> None:
    def change(document: dict[str, Any]) -> None:
        document.update(region=region, instanceTypeOfferings={"p4d.24xlarge": [zone]})
        document["cluster"].update(endpoint=f"https://{host}", oidcIssuer=f"https://oidc.{host.partition('.')[2]}/id/A")
        document["subnets"] = document["subnets"][1:2]
        document["subnets"][0].update(availabilityZone=zone, availabilityZoneId=zone_id)

    assert read_cluster_facts(written(tmp_path, change)).region == region


def test_refuses_a_field_that_is_there_twice(tmp_path: Path) -> None:
    file = tmp_path / "facts.json"
    file.write_text(EXAMPLE.read_text().replace('"region":', '"region": "eu-west-1", "region":'))
    with pytest.raises(InvalidConfigurationError, match="the field 'region' is there twice in one object: keep one"):
        read_cluster_facts(file)


def test_refuses_an_unknown_field_by_its_path(tmp_path: Path) -> None:
    file = written(tmp_path, put("subnets/1/privat", True))
    with pytest.raises(InvalidConfigurationError, match=r"'subnets\[1\]' has an unknown field 'privat', use id, "):
        read_cluster_facts(file)


def test_refuses_what_is_not_text(tmp_path: Path) -> None:
    file = tmp_path / "facts.json"
    file.write_bytes(b"\xff\xfe{}")
    with pytest.raises(InvalidConfigurationError, match=f"the cluster facts file '{file}' is not UTF-8"):
        read_cluster_facts(file)
