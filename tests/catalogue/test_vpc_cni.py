"""Old versions of the VPC CNI cannot live with EFA, and it takes more addresses than there are pods."""

from __future__ import annotations

import pytest

from efa_constructs import catalogue
from efa_constructs.catalogue import supports_efa, supports_efa_only, warm_pool_addresses


@pytest.mark.parametrize(
    ("version", "supported"),
    [
        ("v1.18.5-eksbuild.1", True),
        ("v1.20.4-eksbuild.2", True),
        ("v1.18.4-eksbuild.9", False),
        ("v1.9.20-eksbuild.1", False),
        ("2.0.0", True),
        # The number of a build is none of the version.
        ("v1.18-eksbuild.5", False),
        ("latest", False),
    ],
)
def test_compares_versions_by_number(version, supported):
    assert supports_efa_only(version) is supported


@pytest.mark.parametrize(("version", "supported"), [("v1.7.10-eksbuild.1", True), ("v1.18.4", True), ("v1.7.9", False)])
def test_interfaces_with_an_address_need_less(version, supported):
    assert supports_efa(version) is supported


@pytest.mark.parametrize(
    ("instance_type", "layout", "addresses"),
    [
        # The plugin's own table: 49 on the primary interface, and as the first pods run a second one, of 50.
        ("p3dn.24xlarge", "classic", 99),
        # EFA-only takes a place of an interface, but 15 are enough for both.
        ("p4d.24xlarge", "default", 99),
        # Network card 0 has two places, and EFA-only takes one: no second one for pods.
        ("p5.48xlarge", "default", 49),
        ("p5.48xlarge", "classic", 99),
        ("hpc6id.32xlarge", "default", 49),
    ],
)
def test_counts_the_addresses_of_the_warm_pool(instance_type, layout, addresses):
    instance = catalogue.get(instance_type)
    assert warm_pool_addresses(instance, catalogue.network_interfaces(instance, layout)) == addresses


def test_says_when_aws_publishes_too_little():
    instance = catalogue.get("p4d.24xlarge")
    unknown = instance._replace(ipv4_addresses_per_interface=None)
    assert warm_pool_addresses(unknown, catalogue.network_interfaces(instance)) is None
