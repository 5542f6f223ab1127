"""Interface layouts: what holds for every type, and the types that are special."""

from __future__ import annotations

from collections import Counter

import pytest

from efa_constructs import catalogue
from efa_constructs.catalogue import InterfaceLayout, NetworkInterface
from efa_constructs.errors import InvalidArgumentError, UnknownInstanceTypeError

EVERY_TYPE = catalogue.all_instance_types()
WITH_KNOWN_MAXIMUM = [found for found in EVERY_TYPE if found.maximum_efa_interfaces is not None]


def possible_layouts() -> list[tuple[catalogue.InstanceType, InterfaceLayout, tuple[NetworkInterface, ...]]]:
    possible = []
    for instance_type in EVERY_TYPE:
        for layout in InterfaceLayout:
            try:
                possible.append((instance_type, layout, catalogue.network_interfaces(instance_type, layout)))
            except InvalidArgumentError:
                continue
    return possible


POSSIBLE = possible_layouts()


def short(interfaces: tuple[NetworkInterface, ...]) -> list[str]:
    """Interfaces as ``type@card.device``."""
    return [f"{i.interface_type}@{i.network_card_index}.{i.device_index}" for i in interfaces]


def test_covers_nearly_every_type_with_every_layout():
    refused = {(found.name, layout) for found in EVERY_TYPE for layout in InterfaceLayout} - {
        (found.name, layout) for found, layout, _ in POSSIBLE
    }
    assert refused == {
        ("hpc6id.32xlarge", InterfaceLayout.CLASSIC),
        ("p6-b300.48xlarge", InterfaceLayout.CLASSIC),
        ("p6e-gb200.36xlarge", InterfaceLayout.CLASSIC),
        ("p6e-gb200.36xlarge", InterfaceLayout.BANDWIDTH),
    }


@pytest.mark.parametrize("layout", [InterfaceLayout.DEFAULT, InterfaceLayout.BANDWIDTH])
def test_uses_every_efa_interface_that_the_type_may_have(layout):
    for instance_type in WITH_KNOWN_MAXIMUM:
        interfaces = catalogue.network_interfaces(instance_type, layout)
        assert catalogue.efa_interface_count(interfaces) == instance_type.maximum_efa_interfaces, instance_type.name


def test_classic_never_exceeds_the_efa_interfaces_of_the_type():
    for instance_type, layout, interfaces in POSSIBLE:
        if layout is InterfaceLayout.CLASSIC:
            assert catalogue.efa_interface_count(interfaces) == instance_type.maximum_efa_interfaces, instance_type.name


def test_has_one_primary_interface_first_and_it_has_an_address():
    for instance_type, layout, interfaces in POSSIBLE:
        places = [(interface.network_card_index, interface.device_index) for interface in interfaces]
        assert places[0] == (0, 0) and places.count((0, 0)) == 1
        assert interfaces[0].interface_type in ("interface", "efa"), (instance_type.name, layout)


def test_puts_no_two_interfaces_on_the_same_index_and_no_two_efas_on_a_card():
    for instance_type, layout, interfaces in POSSIBLE:
        indices = Counter((interface.network_card_index, interface.device_index) for interface in interfaces)
        efas = Counter(interface.network_card_index for interface in interfaces if interface.is_efa)
        assert max(indices.values()) == 1, (instance_type.name, layout)
        assert max(efas.values()) == 1, (instance_type.name, layout)


def test_puts_only_what_a_card_supports_on_it_and_no_more_than_fits():
    for instance_type, layout, interfaces in POSSIBLE:
        on_card = Counter(interface.network_card_index for interface in interfaces)
        for interface in interfaces:
            card = instance_type.network_cards[interface.network_card_index]
            assert card.supports(interface.interface_type), (instance_type.name, layout)
            if card.maximum_interfaces is not None:
                assert interface.device_index < card.maximum_interfaces, (instance_type.name, layout)
                assert on_card[card.index] <= card.maximum_interfaces, (instance_type.name, layout)


def test_the_default_takes_one_address_of_the_subnet():
    for instance_type, layout, interfaces in POSSIBLE:
        if layout is InterfaceLayout.DEFAULT:
            assert catalogue.ipv4_addresses_used(interfaces) == 1, instance_type.name


def test_bandwidth_adds_only_ip_to_the_default():
    for instance_type in WITH_KNOWN_MAXIMUM:
        default = catalogue.network_interfaces(instance_type)
        bandwidth = catalogue.network_interfaces(instance_type, "bandwidth")
        assert [(i.network_card_index, i.device_index) for i in default] == [
            (i.network_card_index, i.device_index) for i in bandwidth if i in default or i.is_efa
        ], instance_type.name
        if len(instance_type.network_cards) == 1:
            assert bandwidth == default
        else:
            assert catalogue.ipv4_addresses_used(bandwidth) > 1, instance_type.name


@pytest.mark.parametrize(
    ("name", "layout", "expected"),
    [
        ("p4d.24xlarge", "default", "interface@0.0 efa-only@0.1 efa-only@1.0 efa-only@2.0 efa-only@3.0"),
        ("p4d.24xlarge", "classic", "efa@0.0 efa@1.1 efa@2.1 efa@3.1"),
        (
            "p4d.24xlarge",
            "bandwidth",
            "interface@0.0 efa-only@0.1 efa-only@1.0 interface@1.1 "
            "efa-only@2.0 interface@2.1 efa-only@3.0 interface@3.1",
        ),
        # One EFA in all, though both cards support it.
        ("i7ie.48xlarge", "default", "interface@0.0 efa-only@0.1"),
        ("i7ie.48xlarge", "classic", "efa@0.0"),
        # One interface a card: no room for an ENA interface beside an EFA-only one.
        ("hpc6id.32xlarge", "default", "efa@0.0 efa-only@1.0"),
        ("hpc6id.32xlarge", "bandwidth", "efa@0.0 efa@1.0"),
        ("hpc7g.4xlarge", "default", "interface@0.0 efa-only@0.1"),
        ("hpc7a.96xlarge", "default", "interface@0.0 efa-only@0.1 efa-only@1.0"),
        ("p5.4xlarge", "classic", "efa@0.0"),
        # Only AWS's documentation says where its EFAs go.
        ("p6e-gb200.36xlarge", "default", "interface@0.0 efa-only@1.0 efa-only@5.0 efa-only@9.0 efa-only@13.0"),
    ],
)
def test_lays_out_the_interfaces_of(name, layout, expected):
    assert short(catalogue.network_interfaces(name, layout)) == expected.split()


@pytest.mark.parametrize(("name", "cards"), [("p5.48xlarge", 32), ("p5e.48xlarge", 32), ("trn2.48xlarge", 16)])
def test_gives_every_card_an_efa_only_interface(name, cards):
    assert short(catalogue.network_interfaces(name)) == [
        "interface@0.0",
        "efa-only@0.1",
        *(f"efa-only@{card}.0" for card in range(1, cards)),
    ]


def test_puts_no_efa_on_the_first_card_of_p6_b300():
    interfaces = catalogue.network_interfaces("p6-b300.48xlarge")
    assert short(interfaces) == ["interface@0.0", *(f"efa-only@{card}.0" for card in range(1, 17))]


@pytest.mark.parametrize(
    ("name", "cards"),
    [
        ("p5.48xlarge", [0, 4, 8, 12, 16, 20, 24, 28]),
        ("p5e.48xlarge", [0, 4, 8, 12, 16, 20, 24, 28]),
        ("p6-b200.48xlarge", list(range(8))),
        ("p6-b300.48xlarge", list(range(17))),
        ("p5.4xlarge", [0]),
    ],
)
def test_bandwidth_puts_ena_where_aws_documents_it(name, cards):
    interfaces = catalogue.network_interfaces(name, "bandwidth")
    assert [i.network_card_index for i in interfaces if i.interface_type == "interface"] == cards
    assert catalogue.ipv4_addresses_used(interfaces) == len(cards)


def test_bandwidth_puts_no_ena_on_a_card_without_it():
    p4d = catalogue.get("p4d.24xlarge")
    *others, last = p4d.network_cards
    without = p4d._replace(network_cards=(*others, last._replace(interface_types=("efa", "efa-only"))))
    assert "interface@3.1" in short(catalogue.network_interfaces(p4d, "bandwidth"))
    assert short(catalogue.network_interfaces(without, "bandwidth"))[-1] == "efa-only@3.0"


@pytest.mark.parametrize(
    ("name", "layout", "message"),
    [
        (
            "p6-b300.48xlarge",
            "classic",
            "'interface_layout' classic is impossible on p6-b300.48xlarge: its network card 0 cannot carry EFA: use "
            "default (EFA-NI-008)",
        ),
        (
            "hpc6id.32xlarge",
            "classic",
            "its network card 1 has room for one interface, and the layout needs device index 1 there: "
            "use default (EFA-NI-007)",
        ),
        (
            "p6e-gb200.36xlarge",
            "bandwidth",
            "'interface_layout' bandwidth is impossible on p6e-gb200.36xlarge: AWS documents no",
        ),
        (
            "p5.48xlarge",
            "clasic",
            "'interface_layout' must be one of default, classic, bandwidth, got 'clasic'; did you mean 'classic'?",
        ),
        (
            "p5.48xlarge",
            "everything",
            "'interface_layout' must be one of default, classic, bandwidth, got 'everything'",
        ),
    ],
)
def test_fails_with_a_message_that_says_what_to_use(name, layout, message):
    with pytest.raises(InvalidArgumentError) as error:
        catalogue.network_interfaces(name, layout)
    assert message in str(error.value)


def test_an_unknown_type_fails_as_everywhere():
    with pytest.raises(UnknownInstanceTypeError):
        catalogue.network_interfaces("p5.47xlarge")


# (reported by nodeadm, usable in the default layout)
MAX_PODS = {
    "p3dn.24xlarge": (737, 688),
    "p4d.24xlarge": (737, 688),
    "p4de.24xlarge": (737, 688),
    "p5.4xlarge": (118, 89),
    "p5.48xlarge": (100, 51),
    "p5e.48xlarge": (100, 51),
    "p5en.48xlarge": (198, 149),
    "p6-b200.48xlarge": (198, 149),
    "p6-b300.48xlarge": (198, 198),
    "g4dn.8xlarge": (58, 44),
    "g4dn.12xlarge": (234, 205),
    "g5.48xlarge": (345, 296),
    "g6e.48xlarge": (492, 443),
    "g7.8xlarge": (632, 569),
    "g7.24xlarge": (1514, 1451),
    "g7e.48xlarge": (632, 569),
    "trn1.32xlarge": (247, 198),
    "trn1n.32xlarge": (247, 198),
    "trn2.3xlarge": (30, 16),
    "trn2.48xlarge": (100, 51),
    "trn2u.48xlarge": (100, 51),
    "inf1.24xlarge": (321, 292),
    "hpc6a.48xlarge": (100, 51),
    "hpc6id.32xlarge": (51, 51),
    "hpc7a.12xlarge": (100, 51),
    "hpc7g.4xlarge": (198, 149),
    "hpc8a.96xlarge": (100, 51),
    "dl1.24xlarge": (737, 688),
}


@pytest.mark.parametrize("name", MAX_PODS)
def test_counts_the_pods_that_card_0_has_addresses_for(name):
    pods = catalogue.max_pods(name, catalogue.network_interfaces(name))
    assert (pods.reported, pods.usable) == MAX_PODS[name]


@pytest.mark.parametrize(
    ("name", "layout", "corrected"),
    [
        ("p5.48xlarge", "default", 51),
        ("p5.48xlarge", "bandwidth", 51),
        # No EFA-only interface on card 0.
        ("p5.48xlarge", "classic", None),
        ("p6-b300.48xlarge", "default", None),
        ("hpc6id.32xlarge", "default", None),
        # 737 and 688, and EKS caps both at 250.
        ("p4d.24xlarge", "default", None),
        # 118 capped at 110 (16 vCPUs), and 89 usable.
        ("p5.4xlarge", "default", 89),
        # 198 capped at 110, and 149 usable.
        ("hpc7g.4xlarge", "default", None),
        ("p5en.48xlarge", "default", 149),
        ("g6e.12xlarge", "default", None),
        ("p6e-gb200.36xlarge", "default", None),
    ],
)
def test_corrects_max_pods_only_where_kubelet_would_be_wrong(name, layout, corrected):
    assert catalogue.max_pods(name, catalogue.network_interfaces(name, layout)).corrected == corrected


def test_max_pods_is_unknown_where_addresses_are():
    pods = catalogue.max_pods("p6e-gb200.36xlarge", catalogue.network_interfaces("p6e-gb200.36xlarge"))
    assert (pods.reported, pods.usable, pods.managed_limit) == (None, None, 250)


def test_a_managed_node_group_is_capped_by_its_vcpus():
    limits = {found.name: catalogue.max_pods(found, ()).managed_limit for found in EVERY_TYPE}
    assert limits["p5.4xlarge"] == limits["hpc7a.12xlarge"] == 110
    assert limits["hpc7g.8xlarge"] == 250
    assert catalogue.max_pods(catalogue.get("p5.4xlarge")._replace(vcpus=30), ()).managed_limit == 250


def test_one_figure_alone_tells_nothing_of_pods():
    p5 = catalogue.get("p5.48xlarge")
    card = p5.network_cards[0]._replace(maximum_interfaces=None)
    for unknown in (
        p5._replace(ipv4_addresses_per_interface=None),
        p5._replace(network_cards=(card, *p5.network_cards[1:])),
    ):
        pods = catalogue.max_pods(unknown, catalogue.network_interfaces(p5))
        assert (pods.reported, pods.usable, pods.corrected) == (None, None, None)
    for pods in (catalogue.MaxPods(None, 20, 110), catalogue.MaxPods(20, None, 110)):
        assert pods.corrected is None


def test_the_message_about_a_card_names_the_layout_and_the_type():
    with pytest.raises(InvalidArgumentError) as error:
        catalogue.network_interfaces("hpc6id.32xlarge", "classic")
    assert str(error.value) == (
        "'interface_layout' classic is impossible on hpc6id.32xlarge: its network card 1 has room for one interface, "
        "and the layout needs device index 1 there: use default (EFA-NI-007)"
    )


@pytest.mark.parametrize(
    ("layout", "hint"), [("everything", ""), ("bandwith", "; did you mean 'bandwidth'?"), ("", "")]
)
def test_a_layout_that_there_is_not_is_answered_with_the_one_that_is_meant(layout, hint):
    with pytest.raises(InvalidArgumentError) as error:
        catalogue.network_interfaces("p5.48xlarge", layout)
    allowed = "default, classic, bandwidth"
    assert str(error.value) == f"'interface_layout' must be one of {allowed}, got '{layout}'{hint}"
