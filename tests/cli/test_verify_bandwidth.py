"""``efa verify`` on bandwidth: the judgement, ``--compare`` and ``--plot``, as a user runs them."""

from __future__ import annotations

import json
import os
import sys
from functools import partial
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from ..efa_cli import call_efa
from ..verify.real_logs import EFA, FOLDER, ROW, channel, efa_run, lines, nccl, run

P4D = str(FOLDER / "p4d_two_nodes_2021.txt")
# Two nodes of 8 ranks, by the plugin's word of type p5.48xlarge.
P5 = nccl("node-1", "NET/OFI Running on p5.48xlarge platform")
HOSTS = ["node-1"] * 8 + ["node-2"] * 8


def row(size: int, time_us: float, ranks: int = 16) -> str:
    """A row of an all_reduce as it is printed."""
    algorithm = size / time_us / 1000
    columns = f"{time_us:8.1f} {algorithm:7.2f} {algorithm * 2 * (ranks - 1) / ranks:7.2f}      0"
    return f"{size:13d} {size // 4:12d}    float    sum    -1 {columns} {columns}"


def log(tmp_path: Path, name: str, *times: float, collective: str = "all_reduce") -> str:
    """A log of a run on two p5.48xlarge that timed 1 GiB, 2 GiB and so on."""
    rows = [row(1 << 30 + step, time_us) for step, time_us in enumerate(times)]
    said = [P5]
    for host, ends in (("node-1", "0[0] -> 8[0] [send]"), ("node-2", "8[0] -> 0[0] [send]")):
        said += [nccl(host, EFA), channel(host, "Libfabric", ends=ends)]
    file = tmp_path / name
    file.write_text(lines(run(*said, hosts=HOSTS, rows=rows, collective=collective)))
    return str(file)


@pytest.fixture
def efa(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Any:
    return partial(call_efa, capsys, monkeypatch)


def section(out: str, heading: str) -> str:
    _, _, rest = out.partition(f"\n{heading}\n")
    return " ".join(rest.partition("\n\n")[0].split())


def test_says_how_the_bandwidth_stands(efa: Any, tmp_path: Path) -> None:
    _, out, _ = efa("verify", log(tmp_path, "run.log", 4607.6, 9074.5))
    words = section(out, "Bandwidth")
    assert "443.7 GB/s at 2 GiB is in line with what others published (438.9 GB/s to 445.1 GB/s)" in words
    assert "59 % of the ceiling of 750.0 GB/s" in words


def test_the_judgement_is_one_key_of_the_json(efa: Any, tmp_path: Path) -> None:
    _, out, _ = efa("verify", log(tmp_path, "run.log", 4607.6, 9074.5), "--json")
    document = json.loads(out)
    assert document["bandwidth"] == document["results"][0]["bandwidth"]
    assert document["bandwidth"]["verdict"] == "in-line"
    assert document["bandwidth"]["published"][0]["source"].startswith("aws-samples/")
    assert "comparisons" not in document


def test_half_of_what_others_reach_gets_advice_but_no_other_exit_code(efa: Any, tmp_path: Path) -> None:
    file = log(tmp_path, "run.log", 9200.0, 18400.0)
    code, out, _ = efa("verify", file)
    assert "half of what others published, or less" in section(out, "Bandwidth")
    assert "find what makes it slower than it should be" in section(out, "What to do")
    assert (code, out.splitlines()[0]) == (0, "efa-gdr: EFA carried the traffic, with GPUDirect RDMA")


def test_a_run_without_gpudirect_at_half_speed_hears_of_libcuda(efa: Any, tmp_path: Path) -> None:
    text = Path(log(tmp_path, "run.log", 9200.0, 18400.0)).read_text()
    _, out, _ = efa("verify", "-", stdin=text.replace("/GDRDMA", "").encode())
    assert "aws-ofi-nccl/issues/244" in section(out, "What to do")


def test_tcp_gets_the_advice_about_tcp_alone(efa: Any, tmp_path: Path) -> None:
    text = Path(log(tmp_path, "run.log", 920_000.0, 1_840_000.0)).read_text()
    _, out, _ = efa("verify", "-", stdin=text.replace("Libfabric", "Socket").replace("/GDRDMA", "").encode())
    assert "half of what others published, or less" in section(out, "Bandwidth")
    assert "244" not in out and "slower than the runs of others" not in out


def test_a_table_alone_is_judged_once_its_type_is_named(efa: Any) -> None:
    _, out, _ = efa("verify", str(FOLDER / "p5_two_nodes_indented_2024.txt"), "--instance-type", "p5.48xlarge")
    assert "16 ranks fill 2 of p5.48xlarge" in section(out, "Bandwidth")
    assert "444.3 GB/s at 2 GiB is in line" in section(out, "Bandwidth")


def test_sets_another_log_beside_it(efa: Any, tmp_path: Path) -> None:
    before, after = log(tmp_path, "before.log", 4607.6, 9074.5), log(tmp_path, "after.log", 4610.0, 18149.0)
    code, out, err = efa("verify", before, "--compare", after)
    assert err == ""
    assert code == efa("verify", before)[0]
    words = section(out, "Beside the other log")
    assert "slower by more than noise at 1 of 2 sizes: 2 GiB (0.5 times as fast)" in words
    assert "  2 GiB |     443.72 | 221.86 |    -221.86 |           0.5 | slower\n" in out
    document = json.loads(efa("verify", before, "--compare", after, "--json")[1])
    (compared,) = document["comparisons"]
    assert (compared["run"], compared["other_run"], compared["comparable"]) == (0, 0, True)
    assert [size["change"] for size in compared["sizes"]] == ["same", "slower"]


def test_compares_with_standard_input(efa: Any, tmp_path: Path) -> None:
    before, after = log(tmp_path, "before.log", 4607.6), log(tmp_path, "after.log", 2300.0)
    _, out, _ = efa("verify", before, "--compare", "-", stdin=Path(after).read_bytes())
    assert "faster by more than noise at 1 of 1 sizes" in out


def test_runs_of_several_are_compared_with_those_of_their_collective(efa: Any, tmp_path: Path) -> None:
    parts = [log(tmp_path, name, 4607.6, collective=name) for name in ("all_reduce", "all_gather")]
    both = tmp_path / "both.log"
    both.write_text("".join(Path(part).read_text() for part in parts))
    turned = tmp_path / "turned.log"
    turned.write_text("".join(Path(part).read_text() for part in reversed(parts)))
    document = json.loads(efa("verify", str(both), "--compare", str(turned), "--json")[1])
    assert [(one["run"], one["other_run"]) for one in document["comparisons"]] == [(0, 1), (1, 0)]
    _, out, _ = efa("verify", str(both), "--compare", str(turned))
    assert "Beside the other log (run 1, and run 2 there)" in out
    sendrecv = log(tmp_path, "sendrecv", 4607.6, collective="sendrecv")
    _, out, _ = efa("verify", str(both), "--compare", sendrecv)
    assert section(out, "Beside the other log") == "- no run of it is of the same collective"


def test_says_why_two_logs_are_not_comparable(efa: Any, tmp_path: Path) -> None:
    _, out, _ = efa("verify", log(tmp_path, "run.log", 4607.6), "--compare", P4D)
    words = section(out, "Beside the other log")
    assert "not comparable: the instance type is p5.48xlarge in one run, and p4d.24xlarge in the other" in words


def test_draws_both_logs_beside_what_others_published(efa: Any, tmp_path: Path) -> None:
    one, other = log(tmp_path, "one.log", 4607.6, 9074.5), log(tmp_path, "other.log", 4610.0, 18149.0)
    picture = tmp_path / "plot.svg"
    code, out, err = efa("verify", one, "--compare", other, "--plot", str(picture), "--json")
    assert err == f"The plot: {picture}\n"
    assert code == efa("verify", one)[0]
    json.loads(out)
    svg = picture.read_text()
    for name in ("one.log", "other.log", "aws-do-eks", "ceiling of all_reduce"):
        assert name in svg


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--plot", "plot.pdf"], "'--plot' is 'plot.pdf': name a file that ends in .png, .svg or .html"),
        (["--plot", "."], "'--plot' is '.': name a file that ends in .png, .svg or .html"),
        (["--plot", "none/plot.svg"], "the folder of '--plot' 'none/plot.svg' does not exist: make it first"),
        (["--compare", "-"], "LOG and '--compare' are both '-', the standard input: name a file for one of them"),
    ],
)
def test_refuses_what_would_fail_before_anything_is_read(
    efa: Any, arguments: list[str], message: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)

    class Unread:
        @property
        def buffer(self) -> None:
            raise AssertionError("standard input was read")

    monkeypatch.setattr(sys, "stdin", Unread())
    assert efa("verify", "-", *arguments) == (2, "", f"error: {message}\n")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "the log '{file}' cannot be read: No such file or directory"),
        ("hello\n", "the log '{file}' of '--compare' has no run of nccl-tests: name another one"),
    ],
)
def test_another_log_that_is_none_is_an_error(efa: Any, content: str | None, message: str, tmp_path: Path) -> None:
    file = tmp_path / "other.log"
    if content is not None:
        file.write_text(content)
    assert efa("verify", P4D, "--compare", str(file)) == (2, "", f"error: {message.format(file=file)}\n")


def test_nothing_to_draw_is_an_error_after_the_verdict(efa: Any, tmp_path: Path) -> None:
    silent = [ROW.replace("4.37", "0.00").replace("4.41", "0.00")]
    picture = tmp_path / "plot.svg"
    code, out, err = efa("verify", "-", "--plot", str(picture), stdin=lines(efa_run(rows=silent)).encode())
    assert (code, out.splitlines()[0]) == (2, "efa-gdr: EFA carried the traffic, with GPUDirect RDMA")
    assert err == f"error: nothing to draw in '{picture}': no row has a bandwidth above 0\n"


@pytest.mark.parametrize("suffix", ["svg", "html", "png"])
def test_a_log_with_any_name_is_drawn(efa: Any, tmp_path: Path, suffix: str) -> None:
    file = os.fsdecode(os.fsencode(tmp_path) + b"/\xff\x01\x1b[31m<&$.log")
    Path(file).write_bytes(Path(P4D).read_bytes())
    picture = tmp_path / f"plot.{suffix}"
    assert efa("verify", file, "--plot", str(picture))[0] == 0
    if suffix == "svg":
        ElementTree.parse(picture)
    if suffix != "png":
        assert not set(picture.read_text()) & {"\x01", "\x1b"}
