"""The facts about instance types: as generated, corrected by hand, and found again."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from efa_constructs import catalogue
from efa_constructs.catalogue import search
from efa_constructs.catalogue.records import RECORDED, apply_corrections, is_known_family, load_json
from efa_constructs.errors import InvalidArgumentError, NotAnEfaInstanceTypeError, UnknownInstanceTypeError

GENERATED = load_json("instance_types.json")
CORRECTIONS = load_json("corrections.json")["corrections"]


def names(instance_types: tuple[catalogue.InstanceType, ...]) -> list[str]:
    return [instance_type.name for instance_type in instance_types]


def test_knows_every_efa_type_of_the_api_and_two_of_the_documentation():
    assert len(GENERATED["with_efa"]) == 303
    assert set(names(catalogue.all_instance_types())) == {*GENERATED["with_efa"], "dl1.24xlarge", "p6e-gb200.36xlarge"}


def test_says_how_old_its_records_are():
    lock = tomllib.loads((Path(__file__).parents[2] / "uv.lock").read_text())
    (moto,) = [package for package in lock["package"] if package["name"] == "moto"]
    assert GENERATED["made_from"].endswith(f"moto {moto['version']}")
    assert str(moto["sdist"]["upload-time"]).startswith(RECORDED)


@pytest.mark.parametrize(
    ("family", "known"),
    [
        ("p5en", True),
        ("p5e", True),
        ("m7i", True),
        ("t3", True),
        ("u7i-6tb", True),
        ("p6e-gb300", True),
        ("p7", False),
        ("p", False),
        ("", False),
        ("p5.48xlarge", False),
    ],
)
def test_knows_every_family_with_efa_or_without(family, known):
    assert is_known_family(family) is known


def test_gives_the_facts_of_p5():
    p5 = catalogue.get("p5.48xlarge")
    assert (p5.family, p5.vcpus, p5.cores, p5.memory_mib) == ("p5", 192, 96, 2 * 1024 * 1024)
    assert (p5.architecture, p5.hypervisor, p5.bare_metal) == ("x86_64", "nitro", False)
    assert p5.maximum_efa_interfaces == 32
    assert p5.maximum_network_interfaces == 64
    assert p5.ipv4_addresses_per_interface == 50
    assert [card.index for card in p5.network_cards] == list(range(32))
    assert p5.network_cards[31] == catalogue.NetworkCard(31, 2, ("interface", "efa", "efa-only"), 100.0, 100.0)
    assert p5.accelerators == (catalogue.Accelerator("gpu", "NVIDIA", "H100", 8, 81920),)
    assert p5.accelerator_count == 8
    assert p5.instance_store == catalogue.InstanceStore(((8, 3800, "ssd"),), 30400)
    assert p5.usage_classes == ("capacity-block", "on-demand", "spot")
    assert p5.placement_strategies == ("cluster", "partition", "spread")
    assert p5.rdma == ("read", "write")
    assert p5.source == "describe-instance-types"


@pytest.mark.parametrize(
    ("name", "gbps"),
    [
        ("p4d.24xlarge", 400),
        ("p5.48xlarge", 3200),
        # Its 8 cards of 200 Gbps are for IP traffic: over EFA they have 400.
        ("p6-b200.48xlarge", 3200),
        # 16 cards of 400 Gbps, and one more that has no EFA.
        ("p6-b300.48xlarge", 6400),
        # Four cards of 400 Gbps share the bandwidth of the instance.
        ("g6e.48xlarge", 400),
        ("dl1.24xlarge", 400),
    ],
)
def test_knows_the_bandwidth_of_an_instance_which_its_cards_do_not_tell(name, gbps):
    assert catalogue.get(name).network_bandwidth_gbps == gbps


def test_the_bandwidth_of_an_instance_is_unknown_only_where_the_api_does_not_have_the_type():
    unknown = [found.name for found in catalogue.all_instance_types() if found.network_bandwidth_gbps is None]
    assert unknown == ["p6e-gb200.36xlarge"]


def test_knows_which_accelerators_reach_those_of_other_instances_past_efa():
    linked = [found.name for found in catalogue.all_instance_types() if found.accelerator_link_spans_instances]
    assert linked == ["p6e-gb200.36xlarge", "trn2u.48xlarge"]


def test_knows_how_many_efa_interfaces_an_instance_surely_may_have():
    assert catalogue.get("p5.48xlarge").known_efa_interfaces == 32
    # AWS publishes no maximum, and documents four cards.
    assert catalogue.get("p6e-gb200.36xlarge").known_efa_interfaces == 4


def test_knows_which_families_exchange_efa_traffic_only_with_their_own_kind():
    apart = {found.family for found in catalogue.all_instance_types() if found.efa_only_with_own_kind}
    assert apart == {"p4d", "p4de", "dl1"}


def test_a_network_card_says_what_it_supports():
    ena_only, efa = catalogue.get("p6-b300.48xlarge").network_cards[:2]
    assert ena_only.supports("interface") and not ena_only.supports("efa") and not ena_only.supports("efa-only")
    assert efa.supports("efa-only")


def test_unknown_is_none():
    gb200 = catalogue.get("p6e-gb200.36xlarge")
    assert gb200.source == "documentation"
    assert gb200.maximum_efa_interfaces is None
    assert gb200.accelerators[0].memory_mib is None
    assert catalogue.get("c6i.32xlarge").rdma is None
    assert catalogue.get("p4d.24xlarge").rdma == ("read",)
    assert catalogue.get("g5.48xlarge").rdma == ()


@pytest.mark.parametrize("name", ["trn2.3xlarge", "trn2.48xlarge", "trn2u.48xlarge"])
def test_a_trainium2_chip_has_96_gib(name):
    (trainium,) = catalogue.get(name).accelerators
    assert (trainium.kind, trainium.manufacturer, trainium.model) == ("neuron", "AWS", "Trainium2")
    assert trainium.memory_mib == 96 * 1024


def test_a_device_in_two_lists_of_the_api_counts_once():
    assert catalogue.get("inf1.24xlarge").accelerators == (
        catalogue.Accelerator("neuron", "AWS", "Inferentia", 16, 8192, 4),
    )


@pytest.mark.parametrize(
    ("name", "physical", "logical"),
    [
        ("inf1.24xlarge", 4, 4),
        ("trn1.32xlarge", 2, 2),
        ("trn1n.32xlarge", 2, 2),
        ("trn2.3xlarge", 8, 4),
        ("trn2.48xlarge", 8, 4),
        ("trn2u.48xlarge", 8, 4),
        ("p5.48xlarge", None, None),
    ],
)
def test_knows_the_neuron_cores_of_a_device_and_how_many_of_them_programs_see(name, physical, logical):
    (accelerator,) = catalogue.get(name).accelerators
    assert (accelerator.neuron_cores, accelerator.logical_neuron_cores) == (physical, logical)


def test_knows_the_neuron_cores_of_every_neuron_device_and_of_no_other_accelerator():
    for instance in catalogue.all_instance_types():
        for accelerator in instance.accelerators:
            assert (accelerator.neuron_cores is not None) == (accelerator.kind == "neuron"), instance.name


def test_every_correction_says_why_and_where_from_and_changes_something():
    known = GENERATED["with_efa"]
    for correction in CORRECTIONS:
        assert correction["reason"] and correction["source"]
        assert ("facts" in correction) != ("refused" in correction)
        if "facts" in correction:
            assert apply_corrections(known, [correction]) != known, correction["reason"]
    refused = {name for correction in CORRECTIONS if "refused" in correction for name in correction["instance_types"]}
    assert not refused & set(known), "a refused type is now in the API: drop its correction"


def test_a_correction_of_a_whole_family_matches_no_other_family():
    records = apply_corrections(
        {"p5.48xlarge": {}, "p5en.48xlarge": {}}, [{"instance_types": ["p5.*"], "facts": {"rdma": []}}]
    )
    assert records == {"p5.48xlarge": {"rdma": []}, "p5en.48xlarge": {}}


def test_corrections_only_name_families_that_exist():
    families = {name.partition(".")[0] for name in names(catalogue.all_instance_types())}
    for correction in CORRECTIONS:
        for pattern in correction["instance_types"]:
            assert pattern.partition(".")[0] in families or "refused" in correction


@pytest.mark.parametrize(
    ("record", "field"),
    [
        (catalogue.get("p5.48xlarge"), "name"),
        (catalogue.get("p5.48xlarge").network_cards[3], "index"),
        (catalogue.get("p5.48xlarge").accelerators[0], "count"),
        (catalogue.get("p5.48xlarge").instance_store, "total_size_gb"),
        (catalogue.network_interfaces("p5.48xlarge")[0], "device_index"),
        (catalogue.default_ami_type("p5.48xlarge"), "name"),
        (catalogue.availability_zones("us-west-2")[0], "zone_id"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_records_are_frozen_and_show_their_fields(record, field):
    with pytest.raises(AttributeError):
        setattr(record, field, "changed")
    assert repr(record).startswith(f"{type(record).__name__}(")
    assert f"{field}={getattr(record, field)!r}" in repr(record)
    assert type(record)(**{name: getattr(record, name) for name in record._fields}) == record


def test_finds_by_everything_at_once():
    found = catalogue.find(accelerator="nvidia", efa_interfaces=16, architecture="x86_64", usage_class="capacity-block")
    assert names(found) == ["p5.48xlarge", "p5e.48xlarge", "p5en.48xlarge", "p6-b300.48xlarge"]


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"family": "hpc7g"}, ["hpc7g.16xlarge", "hpc7g.4xlarge", "hpc7g.8xlarge"]),
        ({"family": "p5"}, ["p5.48xlarge", "p5.4xlarge"]),
        ({"accelerator": "h100"}, ["p5.48xlarge", "p5.4xlarge"]),
        ({"accelerator": "Habana"}, ["dl1.24xlarge"]),
        ({"accelerator": "fpga"}, ["f2.48xlarge"]),
        ({"efa_interfaces": 33}, []),
        ({"accelerator": "GB200", "efa_interfaces": 4}, ["p6e-gb200.36xlarge"]),
        ({"accelerator": "GB200", "efa_interfaces": 5}, []),
    ],
)
def test_finds_by_one_thing(filters, expected):
    assert names(catalogue.find(**filters)) == expected


def test_finds_everything_when_nothing_is_asked():
    assert catalogue.find() == catalogue.all_instance_types()


@pytest.mark.parametrize(
    ("filters", "message"),
    [
        ({"architecture": "arm"}, "'architecture' must be one of x86_64, arm64, got 'arm'"),
        ({"efa_interfaces": -1}, "'efa_interfaces' must be at least 0, got -1"),
        ({"usage_class": "ondemand"}, "'usage_class' must be one of on-demand, spot, capacity-block, got 'ondemand'"),
    ],
)
def test_refuses_a_filter_that_makes_no_sense(filters, message):
    with pytest.raises(InvalidArgumentError) as error:
        catalogue.find(**filters)
    assert str(error.value) == message


@pytest.mark.parametrize(
    ("name", "error", "message"),
    [
        (
            "p5.48xlrge",
            UnknownInstanceTypeError,
            "'p5.48xlrge' is not in the catalogue: choose one that it knows: p5.48xlarge",
        ),
        ("P4D.24XLARGE", UnknownInstanceTypeError, "choose one that it knows: p4d.24xlarge"),
        ("p6.48xlarge", UnknownInstanceTypeError, "correct it if you meant p6-b200.48xlarge, p6-b300.48xlarge"),
        ("p5", UnknownInstanceTypeError, "choose one that it knows: p5.48xlarge"),
        ("", UnknownInstanceTypeError, "one that 'efa instances' lists"),
        ("p6e-gb300.36xlarge", UnknownInstanceTypeError, "use p6e-gb200.36xlarge or p6-b300.48xlarge (EFA-NG-038)"),
        (
            "g5.xlarge",
            NotAnEfaInstanceTypeError,
            "sizes of its family that have it: g5.8xlarge, g5.12xlarge, g5.16xlarge",
        ),
        ("trn1.2xlarge", NotAnEfaInstanceTypeError, "sizes of its family that have it: trn1.32xlarge"),
        ("inf2.48xlarge", NotAnEfaInstanceTypeError, "types with AWS accelerators that have it: inf1.24xlarge, trn2"),
        ("g5g.metal", NotAnEfaInstanceTypeError, "types with NVIDIA accelerators that have it: g4dn.metal"),
        ("gr6f.4xlarge", NotAnEfaInstanceTypeError, "types with L4 accelerators that have it: gr6.8xlarge"),
        ("m5.large", NotAnEfaInstanceTypeError, "types that have it: m5n.24xlarge"),
    ],
)
def test_a_wrong_name_is_answered_with_types_that_would_do(name, error, message):
    with pytest.raises(error) as raised:
        catalogue.get(name)
    assert message in str(raised.value)


@pytest.mark.parametrize("name", ["p5.48xlrge", "m5.large", "p6e-gb300.36xlarge", ""])
def test_knows_no_type_of_a_name_that_it_would_refuse(name):
    assert search.known_instance_type(name) is None


def test_knows_every_type_that_it_finds():
    assert (
        tuple(map(search.known_instance_type, names(catalogue.all_instance_types()))) == catalogue.all_instance_types()
    )


def suggested_types(error):
    message = str(error)
    assert message.endswith(" (EFA-NI-013)")
    return message.removesuffix(" (EFA-NI-013)").rpartition(": ")[2].split(", ")


def test_every_type_without_efa_is_answered_with_types_that_have_it():
    known = set(names(catalogue.all_instance_types()))
    for family, entry in GENERATED["without_efa"].items():
        name = f"{family}.{entry['sizes'].split()[0]}"
        with pytest.raises(NotAnEfaInstanceTypeError) as raised:
            catalogue.get(name)
        suggested = suggested_types(raised.value)
        assert set(suggested) <= known, str(raised.value)


@pytest.mark.parametrize(("name", "model"), [("gr6f.4xlarge", "L4"), ("inf1.xlarge", "Inferentia")])
def test_suggests_the_same_accelerator_before_its_maker(name, model):
    with pytest.raises(NotAnEfaInstanceTypeError) as raised:
        catalogue.get(name)
    suggested = suggested_types(raised.value)
    assert {accelerator.model for other in suggested for accelerator in catalogue.get(other).accelerators} == {model}


def said_of(accelerator, monkeypatch):
    """What is said of a type without EFA that has this accelerator: kind, maker and model."""
    monkeypatch.setattr(search, "sizes_without_efa", lambda family: (("g9.xlarge",), accelerator))
    with pytest.raises(NotAnEfaInstanceTypeError) as raised:
        catalogue.get("g9.xlarge")
    return str(raised.value)


def test_without_its_accelerator_others_of_the_same_kind_and_maker_do(monkeypatch):
    told = said_of(("gpu", "NVIDIA", "K80"), monkeypatch).removesuffix(" (EFA-NI-013)")
    said, _, suggested = told.rpartition(": ")
    assert said == "instance type 'g9.xlarge' has no EFA: take one of the types with NVIDIA accelerators that have it"
    for name in suggested.split(", "):
        assert {(each.kind, each.manufacturer) for each in catalogue.get(name).accelerators} == {("gpu", "NVIDIA")}


@pytest.mark.parametrize("accelerator", [("gpu", "AMD", "Radeon Pro V520"), ("media", "NVIDIA", "None")])
def test_accelerators_of_another_maker_or_kind_would_not_do(accelerator, monkeypatch):
    assert said_of(accelerator, monkeypatch) == (
        "instance type 'g9.xlarge' has no EFA: take one of the types that 'efa instances' lists (EFA-NI-013)"
    )


def test_no_interfaces_at_all_are_not_too_many_to_ask_for():
    assert catalogue.find(efa_interfaces=0) == catalogue.all_instance_types()


def test_is_loaded_with_the_standard_library_alone():
    code = "import sys, efa_constructs.catalogue as c; c.all_instance_types(); print(*sys.modules)"
    modules = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    imported = {module.partition(".")[0] for module in modules}
    assert not imported & {"jsii", "aws_cdk", "boto3", "botocore", "moto", "constructs", "typer", "rich"}


def test_the_data_lies_beside_the_code_one_record_a_line():
    lines = (Path(catalogue.__file__).parent / "instance_types.json").read_text().splitlines()
    (p5,) = [line for line in lines if line.startswith('"p5.48xlarge":')]
    assert json.loads(p5.rstrip(",").partition(":")[2]) == GENERATED["with_efa"]["p5.48xlarge"]


def test_a_card_of_which_no_limit_is_known_has_room_for_one_interface():
    card = catalogue.get("p5.48xlarge").network_cards[0]
    known, unknown = card._replace(maximum_interfaces=2), card._replace(maximum_interfaces=None)
    assert [known.has_room_for(count) for count in (1, 2, 3)] == [True, True, False]
    assert [unknown.has_room_for(count) for count in (1, 2)] == [True, False]
