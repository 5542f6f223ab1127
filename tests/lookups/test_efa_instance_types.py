"""What EC2 says of instance types with EFA, beside the catalogue."""

from __future__ import annotations

import copy
from typing import Any

from efa_constructs.lookups.efa_instance_types import EfaInstanceType, disagreements, read_efa_instance_types

from .stubs import stubbed_account

# As EC2 says it of p6-b300.48xlarge.
B300: dict[str, Any] = {
    "InstanceType": "p6-b300.48xlarge",
    "SupportedUsageClasses": ["spot", "on-demand", "capacity-block"],
    "NetworkInfo": {
        "EfaSupported": True,
        "EfaInfo": {"MaximumEfaInterfaces": 16},
        "NetworkCards": [
            {
                "NetworkCardIndex": index,
                "MaximumNetworkInterfaces": 4,
                "InterfaceTypes": ["interface"] if index == 0 else ["interface", "efa", "efa-only"],
            }
            for index in reversed(range(17))
        ],
    },
}


def read(*records: dict[str, Any]) -> dict[str, EfaInstanceType]:
    asked = {"Filters": [{"Name": "network-info.efa-supported", "Values": ["true"]}]}
    with stubbed_account() as account:
        for number, record in enumerate(records):
            more = {"NextToken": str(number + 1)} if number + 1 < len(records) else {}
            before = {"NextToken": str(number)} if number else {}
            account.ec2.add_response(
                "describe_instance_types", {"InstanceTypes": [record], **more}, {**asked, **before}
            )
        return read_efa_instance_types(account.clients)


def changed(**changes: Any) -> dict[str, Any]:
    record = copy.deepcopy(B300)
    record["NetworkInfo"].update({key: value for key, value in changes.items() if key in ("EfaInfo", "NetworkCards")})
    record.update({key: value for key, value in changes.items() if key not in ("EfaInfo", "NetworkCards")})
    return record


def test_reads_every_page() -> None:
    assert list(read(B300, changed(InstanceType="a9.metal"))) == ["a9.metal", "p6-b300.48xlarge"]


def test_agrees_where_the_catalogue_says_the_same() -> None:
    assert disagreements(read(B300)) == ()


def test_names_each_fact_of_which_two_things_are_said() -> None:
    found = read(changed(EfaInfo={"MaximumEfaInterfaces": 17}, SupportedUsageClasses=["on-demand"]))
    interfaces, classes = disagreements(found)
    assert (interfaces.instance_type, interfaces.fact) == ("p6-b300.48xlarge", "maximumEfaInterfaces")
    assert (interfaces.of_catalogue, interfaces.of_account) == (16, 17)
    assert (classes.fact, classes.of_account) == ("usageClasses", ["on-demand"])


def test_compares_each_network_card() -> None:
    cards = copy.deepcopy(B300["NetworkInfo"]["NetworkCards"])
    cards[-1]["InterfaceTypes"] = ["interface", "efa"]
    [found] = disagreements(read(changed(NetworkCards=cards)))
    assert found.fact == "networkCards"
    assert found.of_catalogue[0] == {"maximumInterfaces": 4, "interfaceTypes": ["interface"]}
    assert found.of_account[0] == {"maximumInterfaces": 4, "interfaceTypes": ["efa", "interface"]}
    [fewer] = disagreements(read(changed(NetworkCards=cards[1:])))
    assert (len(fewer.of_catalogue), len(fewer.of_account)) == (17, 16)


def test_leaves_types_that_the_catalogue_lacks_to_who_asks_for_them() -> None:
    assert disagreements(read(changed(InstanceType="p9.48xlarge"))) == ()


def test_does_not_take_what_ec2_leaves_out_for_a_disagreement() -> None:
    record = changed()
    del record["NetworkInfo"]["EfaInfo"], record["SupportedUsageClasses"]
    found = read(record)
    assert (found["p6-b300.48xlarge"].maximum_efa_interfaces, found["p6-b300.48xlarge"].usage_classes) == (None, None)
    assert disagreements(found) == ()
