"""What a Region offers, from what EC2 says, in whole or in part."""

from __future__ import annotations

from typing import Any

from efa_constructs import catalogue
from efa_constructs.cli import regional_types
from efa_constructs.errors import AwsRequestError
from efa_constructs.lookups.efa_instance_types import EfaInstanceType
from efa_constructs.lookups.regional_offer import RegionalOffer
from efa_constructs.lookups.zones import Zone

P4D = catalogue.get("p4d.24xlarge")
CARDS = tuple((card.maximum_interfaces or 0, card.interface_types) for card in P4D.network_cards)


def efa_type(name: str = "p4d.24xlarge", **changes: Any) -> EfaInstanceType:
    facts: dict[str, Any] = {
        "name": name,
        "maximum_efa_interfaces": 4,
        "network_cards": CARDS,
        "usage_classes": P4D.usage_classes,
    }
    return EfaInstanceType(**{**facts, **changes})


def offer(**changes: Any) -> RegionalOffer:
    zones = (
        Zone(name="us-west-2a", zone_id="usw2-az2", kind="availability-zone"),
        Zone(name="us-west-2-lax-1a", zone_id="usw2-lax1-az1", kind="local-zone"),
    )
    facts: dict[str, Any] = {
        "region": "us-west-2",
        "zones": {zone.name: zone for zone in zones},
        "offerings": {"p4d.24xlarge": ("us-west-2-lax-1a", "us-west-2a"), "p5.48xlarge": ()},
        "efa_types": {"p4d.24xlarge": efa_type()},
        "refusals": {},
    }
    return RegionalOffer(**{**facts, **changes})


def test_marks_zones_without_managed_node_groups() -> None:
    assert regional_types.zones_cell(offer(), "p4d.24xlarge") == "lax-1a a"
    assert regional_types.zones_in_words(offer(), "p4d.24xlarge") == (
        "us-west-2-lax-1a (usw2-lax1-az1), a Local Zone: EKS has no managed node groups there; us-west-2a (usw2-az2)"
    )


def test_knows_the_kind_of_a_zone_by_its_name_where_it_may_not_ask() -> None:
    found = offer(zones=None)
    assert [legend for _, legend in regional_types.zone_legend(found, ["p4d.24xlarge"])] == [
        "us-west-2-lax-1a, a Local Zone: EKS has no managed node groups there",
        "us-west-2a",
    ]


def test_takes_what_the_account_says_of_usage_classes() -> None:
    found = offer(efa_types={"p4d.24xlarge": efa_type(usage_classes=("capacity-block",))})
    [p4d] = regional_types.offered(found, [P4D], None)
    assert p4d.usage_classes == ("capacity-block",)
    assert regional_types.offered(found, [P4D], "spot") == []
    assert regional_types.offered(found, [P4D], "capacity-block") == [p4d]


def test_tells_the_disagreement_that_leaves_a_type_out() -> None:
    found = offer(efa_types={"p4d.24xlarge": efa_type(usage_classes=("on-demand",))})
    assert regional_types.had_in_the_catalogue_only(found, [P4D], "spot") == ["p4d.24xlarge"]
    assert regional_types.had_in_the_catalogue_only(found, [P4D], "on-demand") == []
    assert regional_types.had_in_the_catalogue_only(found, [P4D], None) == []
    assert regional_types.had_in_the_catalogue_only(offer(offerings={}), [P4D], "spot") == []


def test_goes_by_the_types_of_the_region_where_it_may_not_ask_for_offerings() -> None:
    found = offer(offerings=None)
    assert (found.offers("p4d.24xlarge"), found.offers("p5.48xlarge")) == (True, False)
    assert regional_types.zones_cell(found, "p4d.24xlarge") == "?"
    assert offer(efa_types=None).offers("p4d.24xlarge")
    assert not offer(efa_types=None).offers("p5.48xlarge")


def test_says_where_the_account_and_the_catalogue_differ(capsys: Any) -> None:
    found = offer(
        efa_types={
            "p4d.24xlarge": efa_type(maximum_efa_interfaces=8, network_cards=CARDS[:2], usage_classes=("spot",)),
            "p5.48xlarge": efa_type("p5.48xlarge", maximum_efa_interfaces=32),
            "p9.48xlarge": efa_type("p9.48xlarge"),
        },
        refusals={"which zones there are": AwsRequestError("AWS refused", denied_action="ec2:DescribeZones")},
    )
    regional_types.note_doubts(found, ["p4d.24xlarge"])
    assert capsys.readouterr().err.splitlines() == [
        "warning: p4d.24xlarge: EFA interfaces: this account says 8, the catalogue 4",
        "warning: p4d.24xlarge: network cards: this account says 2, the catalogue 4",
        "warning: p4d.24xlarge: usage classes: this account says spot, the catalogue capacity-block on-demand spot",
        "warning: us-west-2 has types with EFA that the catalogue lacks, and the constructs refuse: p9.48xlarge; a "
        "newer release may have them",
        "not checked: which zones there are: AWS refused",
    ]
    facts = regional_types.offer_facts(found, ["p4d.24xlarge"])
    assert facts["disagreements"][0] == {
        "instanceType": "p4d.24xlarge",
        "fact": "maximumEfaInterfaces",
        "catalogue": 4,
        "account": 8,
    }
    assert facts["notInCatalogue"] == ["p9.48xlarge"]
    assert facts["notChecked"][0]["deniedAction"] == "ec2:DescribeZones"


def test_names_the_network_card_that_differs(capsys: Any) -> None:
    cards = (*CARDS[:3], (2, ("interface",)))
    regional_types.note_doubts(offer(efa_types={"p4d.24xlarge": efa_type(network_cards=cards)}), ["p4d.24xlarge"])
    assert capsys.readouterr().err == (
        "warning: p4d.24xlarge: network card 3: this account says 2 interfaces of interface, the catalogue 15 "
        "interfaces of efa/efa-only/interface\n"
    )
