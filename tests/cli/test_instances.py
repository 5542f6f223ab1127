"""``efa instances``, as a user runs it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ..efa_cli import call_efa


@pytest.fixture
def efa(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Any:
    return lambda *arguments: call_efa(capsys, monkeypatch, *arguments)


def test_lists_types_that_match_every_filter(efa: Any) -> None:
    code, out, err = efa("instances", "--accelerator", "nvidia", "--efa", "16", "--usage-class", "capacity-block")
    names = [line.split()[0] for line in out.splitlines()[1:]]
    assert code == 0
    assert {"p5.48xlarge", "p5en.48xlarge", "p6-b300.48xlarge"} <= set(names)
    assert "p4d.24xlarge" not in names
    assert f"{len(names)} instance types" in err


def test_fits_every_type_into_a_hundred_columns(efa: Any) -> None:
    _, out, _ = efa("instances")
    assert len(out.splitlines()) > 300
    assert max(map(len, out.splitlines())) <= 100


def test_leaves_nothing_out_in_a_narrow_terminal(efa: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    _, wide, _ = efa("instances")
    for columns in (80, 60):
        monkeypatch.setenv("COLUMNS", str(columns))
        _, narrow, _ = efa("instances")
        assert max(map(len, narrow.splitlines())) <= columns
        for word in ("p6e-gb200.36xlarge", "4 x GB200", "8 x H100", "ALSO AS", "block only"):
            assert word in wide
            assert word in narrow
        rows = [line for line in narrow.splitlines() if not line.startswith(" ")]
        assert [row.split()[0] for row in rows] == [row.split()[0] for row in wide.splitlines()]
    assert "\np5.48xlarge           32     32   192   2048 GiB  x86_64\n    8 x H100; block spot\n" in narrow


@pytest.mark.parametrize("name", ["p5.48xlarge", "p6-b300.48xlarge", "p6e-gb200.36xlarge", "hpc6id.32xlarge"])
def test_shows_one_type_in_a_narrow_terminal(efa: Any, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    def words(text: str) -> list[str]:
        return sorted(word for word in text.split() if set(word) - set("-+|"))

    _, wide, _ = efa("instances", name)
    monkeypatch.setenv("COLUMNS", "60")
    _, narrow, _ = efa("instances", name)
    assert max(map(len, narrow.splitlines())) <= 60
    assert words(narrow) == words(wide)


def test_prints_one_json_document_and_nothing_else(efa: Any) -> None:
    code, out, err = efa("instances", "--family", "p4d", "--json")
    (p4d,) = json.loads(out)["instanceTypes"]
    assert (code, err) == (0, "")
    assert (p4d["name"], p4d["maximumEfaInterfaces"], len(p4d["networkCards"])) == ("p4d.24xlarge", 4, 4)
    assert p4d["accelerators"][0]["model"] == "A100"


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_says_no_when_no_type_matches(efa: Any, options: list[str]) -> None:
    code, out, err = efa("instances", "--family", "p4d", "--efa", "5", *options)
    assert code == 1
    if options:
        assert json.loads(out) == {"instanceTypes": []}
    else:
        assert (out, err) == ("", "no instance type with EFA is like that\n")


def test_shows_one_type_with_the_interfaces_of_each_layout(efa: Any) -> None:
    code, out, _ = efa("instances", "p5.48xlarge")
    assert code == 0
    assert "default: 32 EFA of 33 interfaces, 1 IPv4 a node, max pods 51" in out
    assert "1-31         | 0      | efa-only  | -" in out
    assert "classic: 32 EFA of 32 interfaces, 32 IPv4 a node, max pods 100" in out
    assert "4, 8, 12, 16, 20, 24, 28" in out
    assert "8 x NVIDIA H100, 80 GiB each" in out
    assert "AL2023_x86_64_NVIDIA" in out


def test_says_why_a_layout_is_impossible(efa: Any) -> None:
    code, out, _ = efa("instances", "p6-b300.48xlarge")
    assert code == 0
    assert "its network card 0 cannot carry EFA" in " ".join(out.split())


def test_gives_the_layouts_of_one_type_as_json(efa: Any) -> None:
    _, out, err = efa("instances", "p6-b300.48xlarge", "--json")
    layouts = json.loads(out)["layouts"]
    assert err == ""
    assert layouts["default"]["efaInterfaces"] == 16
    assert layouts["default"]["interfaces"][0] == {
        "networkCardIndex": 0,
        "deviceIndex": 0,
        "interfaceType": "interface",
    }
    assert "cannot carry EFA" in layouts["classic"]["refused"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["instances", "p5.48xlrge"],
            "instance type 'p5.48xlrge' is not in the catalogue: choose one that it",
        ),
        (["instances", "m5.large"], "instance type 'm5.large' has no EFA"),
        (["instances", "--architecture", "riscv"], "'--architecture' must be one of x86_64, arm64, got 'riscv'"),
        (["instances", "--usage-class", "lent"], "'--usage-class' must be one of on-demand, spot, capacity-block"),
        (["instances", "--efa", "-1"], "'--efa' must be at least 0, got -1"),
        (["instances", "--min-efa=-1", "--json"], "'--efa' must be at least 0, got -1"),
        (["instances", "--efa", "many"], "Invalid value for '--efa'"),
        (["instances", "--bogus"], "No such option"),
        (["instances", "p5.48xlarge", "--efa", "2"], "give either a type, here 'p5.48xlarge', or filters, not both"),
        (["instances", "a", "b"], "unexpected extra argument"),
        (["instnces"], "No such command 'instnces'"),
    ],
)
def test_refuses_bad_use_in_one_line(efa: Any, arguments: list[str], message: str) -> None:
    code, out, err = efa(*arguments)
    assert code == 2
    assert out == ""
    assert message in err
    assert len(err.splitlines()) == 1
    assert "Traceback" not in err


@pytest.mark.parametrize("command", ["instances", "rehearse"])
def test_every_command_has_help_with_an_example(efa: Any, command: str) -> None:
    code, out, _ = efa(command, "--help")
    assert code == 0
    assert f"Example: efa {command}" in out


def test_shows_its_commands_when_asked_for_nothing(efa: Any) -> None:
    code, out, _ = efa()
    assert code == 0
    assert "instances" in out
    assert "rehearse" in out


def test_shows_its_version(efa: Any) -> None:
    code, out, _ = efa("--version")
    assert (code, out.split()[0]) == (0, "efa")
