"""The generator: what is committed is what it writes, from moto or from an account's own answer."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path

import moto
import pytest

from efa_constructs import catalogue
from efa_constructs.catalogue import generate

COMMITTED = Path(catalogue.__file__).parent


@pytest.fixture(scope="module")
def moto_records() -> dict[str, dict[str, object]]:
    with gzip.open(Path(moto.__file__).parent / "ec2/resources/instance_types.json.gz") as file:
        return json.load(file)


@pytest.mark.parametrize("name", ["instance_types.json", "availability_zones.json", "offered_zones.json"])
def test_what_is_committed_is_what_it_writes(name, tmp_path):
    assert generate.main(["--to", str(tmp_path)]) == 0
    assert (tmp_path / name).read_bytes() == (COMMITTED / name).read_bytes(), (
        "run python -m efa_constructs.catalogue.generate, and commit"
    )


def test_an_account_s_own_answer_gives_the_same_records(moto_records, tmp_path):
    dump = tmp_path / "dump.json"
    # The API answers in no particular order.
    dump.write_text(json.dumps({"InstanceTypes": sorted(moto_records.values(), key=lambda r: str(r["MemoryInfo"]))}))
    assert generate.main(["--from-file", str(dump), "--to", str(tmp_path)]) == 0
    written = json.loads((tmp_path / "instance_types.json").read_text())
    committed = json.loads((COMMITTED / "instance_types.json").read_text())
    assert written["with_efa"] == committed["with_efa"]
    assert written["without_efa"] == committed["without_efa"]
    assert written["made_from"] == "a saved DescribeInstanceTypes"
    assert not (tmp_path / "availability_zones.json").exists()


@pytest.mark.parametrize(
    ("performance", "gbps"),
    [("16x 200 Gigabit", 3200), ("133.33 Gigabit", 133.33), ("Up to 25 Gigabit", 25), ("High", None)],
)
def test_the_network_performance_becomes_a_bandwidth_or_is_unknown(moto_records, tmp_path, performance, gbps):
    record = moto_records["p5.48xlarge"]
    dump = tmp_path / "dump.json"
    network = {**record["NetworkInfo"], "NetworkPerformance": performance}
    dump.write_text(json.dumps({"InstanceTypes": [{**record, "NetworkInfo": network}]}))
    assert generate.main(["--from-file", str(dump), "--to", str(tmp_path)]) == 0
    written = json.loads((tmp_path / "instance_types.json").read_text())
    assert written["with_efa"]["p5.48xlarge"]["network_bandwidth_gbps"] == gbps


def test_no_other_limit_of_the_type_is_below_those_of_its_cards(moto_records):
    """Layouts are made card by card, so the type's own limit must not be the smaller one."""
    for record in moto_records.values():
        network = record["NetworkInfo"]
        if network.get("EfaSupported"):
            assert network["DefaultNetworkCardIndex"] == 0
            assert network["MaximumNetworkInterfaces"] == sum(
                card["MaximumNetworkInterfaces"] for card in network["NetworkCards"]
            )


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "cannot be read: .*No such file"),
        ("{", "cannot be read: "),
        ("[]", "it has no 'InstanceTypes'"),
        ('{"InstanceTypes": [{"NetworkInfo": {"NetworkCards": [{}]}}]}', "lacks 'InterfaceTypes'"),
        (
            '{"InstanceTypes": [{"InstanceType": "t3.micro", "NetworkInfo": {"NetworkCards": []}}]}',
            "no instance type with EFA",
        ),
    ],
)
def test_refuses_a_file_that_is_no_such_answer(content, message, tmp_path, capsys):
    dump = tmp_path / "dump.json"
    if content is not None:
        dump.write_text(content)
    assert generate.main(["--from-file", str(dump), "--to", str(tmp_path)]) == 2
    error = capsys.readouterr().err
    assert error.startswith("python -m efa_constructs.catalogue.generate: '--from-file' ")
    assert re.search(message, error), error
    assert not (tmp_path / "instance_types.json").exists()


def test_refuses_a_moto_that_does_not_know_interface_types(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(generate, "version", lambda package: "5.2.1")
    assert generate.main(["--to", str(tmp_path)]) == 2
    assert "install moto>=5.2.5" in capsys.readouterr().err


def test_help_shows_both_forms(capsys):
    with pytest.raises(SystemExit) as stop:
        generate.main(["--help"])
    assert stop.value.code == 0
    shown = capsys.readouterr().out
    assert "python -m efa_constructs.catalogue.generate --from-file dump.json" in shown
