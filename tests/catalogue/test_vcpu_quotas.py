"""Which quota limits the vCPUs of an instance type, by the tables of AWS's documentation."""

from __future__ import annotations

import pytest

from efa_constructs import catalogue
from efa_constructs.catalogue import vcpu_quota


@pytest.mark.parametrize(
    ("instance_type", "on_demand", "spot"),
    [
        ("p4d.24xlarge", "L-417A185B", "L-7212CCBC"),
        ("p3dn.24xlarge", "L-417A185B", "L-7212CCBC"),
        ("p2.xlarge", "L-417A185B", "L-7212CCBC"),
        ("p5.48xlarge", "L-417A185B", "L-C4BD4855"),
        ("p5en.48xlarge", "L-417A185B", "L-C4BD4855"),
        ("g6e.48xlarge", "L-DB2E81BA", "L-3819A6DF"),
        ("gr6.8xlarge", "L-DB2E81BA", "L-3819A6DF"),
        ("vt1.24xlarge", "L-DB2E81BA", "L-3819A6DF"),
        ("trn1.32xlarge", "L-2C3B7624", "L-6B0D517C"),
        ("inf1.24xlarge", "L-1945791B", "L-B5D1601B"),
        ("dl1.24xlarge", "L-6E869C2A", "L-85EED4F7"),
        ("f2.48xlarge", "L-74FC7D96", "L-88CF9481"),
        ("x2iezn.12xlarge", "L-7295265B", "L-E3A00192"),
        ("c5n.18xlarge", "L-1216C47A", "L-34B43A08"),
        ("im4gn.16xlarge", "L-1216C47A", "L-34B43A08"),
        # Without EFA, and in the same quota.
        ("t3.medium", "L-1216C47A", "L-34B43A08"),
    ],
)
def test_names_the_quota_of_each_family(instance_type: str, on_demand: str, spot: str) -> None:
    of_on_demand, of_spot = vcpu_quota(instance_type), vcpu_quota(instance_type, spot=True)
    assert of_on_demand is not None and of_on_demand.code == on_demand
    assert of_spot is not None and of_spot.code == spot


@pytest.mark.parametrize("instance_type", ["p6-b200.48xlarge", "hpc7a.96xlarge", "u7i-12tb.224xlarge"])
def test_says_when_aws_documents_no_spot_quota(instance_type: str) -> None:
    assert vcpu_quota(instance_type, spot=True) is None
    assert vcpu_quota(instance_type) is not None


def test_knows_no_quota_of_a_name_that_is_no_type() -> None:
    assert vcpu_quota("") is None
    assert vcpu_quota("q9.large") is None


def test_every_type_of_the_catalogue_has_an_on_demand_quota() -> None:
    assert [each.name for each in catalogue.all_instance_types() if vcpu_quota(each.name) is None] == []


def test_every_type_that_is_offered_as_spot_has_a_spot_quota_but_p6() -> None:
    without = {
        each.family
        for each in catalogue.all_instance_types()
        if "spot" in each.usage_classes and vcpu_quota(each.name, spot=True) is None
    }
    assert without == {"p6-b200", "p6-b300"}
