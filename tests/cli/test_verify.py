"""``efa verify``, as a user runs it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from ..efa_cli import call_efa
from ..verify.real_logs import FOLDER, HEADER, ROW, channel, efa_run, lines, run

GOOD = str(FOLDER / "p4d_two_nodes_2021.txt")
KEYS = {
    "verdict",
    "reasons",
    "collective",
    "ranks",
    "nodes",
    "rows",
    "peak_bus_bandwidth",
    "average_bus_bandwidth",
    "wrong_values",
    "truncated",
    "libfabric",
    "nccl",
    "plugin",
    "interfaces",
    "instance_type",
}


@pytest.fixture
def efa(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Any:
    return partial(call_efa, capsys, monkeypatch)


def test_says_first_that_the_fabric_worked(efa: Any) -> None:
    code, out, err = efa("verify", GOOD)
    assert (code, err) == (0, "")
    assert out.splitlines()[0] == "efa-gdr: EFA carried the traffic, with GPUDirect RDMA"
    assert "32.71 GB/s of bus bandwidth, out of place, at 1 GiB" in out
    assert "16 ranks on 2 nodes of type p4d.24xlarge" in out
    # The proof, with its line number.
    assert "32: [1,10]<stdout>:nccl-tests-efa-worker-1:27:65 [2] NCCL INFO Channel 05" in out
    assert "What to do" not in out


def test_reads_standard_input(efa: Any) -> None:
    assert efa("verify", "-", stdin=Path(GOOD).read_bytes())[:2] == efa("verify", GOOD)[:2]


@pytest.mark.parametrize(
    ("log", "first_line"),
    [
        (lines(run(channel("node-1", "Socket", flags=""))), "tcp: TCP carried the traffic, not EFA"),
        (lines(run(hosts=["a"])), "single-node: no traffic left the node"),
        (lines(run()), "unproven: the log does not prove what carried the traffic"),
        (lines(efa_run(ends=False)), "efa-gdr: EFA carried the traffic, with GPUDirect RDMA"),
    ],
)
def test_a_bad_verdict_ends_with_1_and_says_what_to_do(efa: Any, log: str, first_line: str) -> None:
    code, out, err = efa("verify", "-", stdin=log.encode())
    assert (code, err) == (1, "")
    assert out.splitlines()[0] == first_line
    assert "\nWhat to do\n  - " in out


def test_says_everything_as_json(efa: Any) -> None:
    code, out, err = efa("verify", GOOD, "--json")
    document = json.loads(out)
    assert (code, err) == (0, "")
    assert set(document) >= KEYS
    (only,) = document.pop("results")
    assert only == document
    assert document["interfaces"] == {"found": None, "expected": 4}
    assert document["reasons"][0] == {
        "statement": "the plugin chose libfabric's provider efa",
        "count": 2,
        "lines": [
            {
                "number": 23,
                "text": "[1,0]<stdout>:nccl-tests-efa-worker-0:26:26 [0] NCCL INFO NET/OFI Selected Provider is efa",
            },
            {
                "number": 29,
                "text": "[1,10]<stdout>:nccl-tests-efa-worker-1:27:27 [2] NCCL INFO NET/OFI Selected Provider is efa",
            },
        ],
    }
    assert document["rows"][-1] == {
        "size_bytes": 1073741824,
        "count": 268435456,
        "data_type": "float",
        "reduction": "sum",
        "root": None,
        "out_of_place": {
            "time_us": 61556.0,
            "algorithm_bandwidth": 17.44,
            "bus_bandwidth": 32.71,
            "wrong_values": None,
        },
        "in_place": {"time_us": 61303.0, "algorithm_bandwidth": 17.52, "bus_bandwidth": 32.84, "wrong_values": None},
    }


def test_the_worst_of_several_runs_decides(efa: Any) -> None:
    log = lines(efa_run(), run(channel("node-1", "Socket", flags="", pid=99), pid=99), run(pid=120))
    code, out, _ = efa("verify", "-", "--json", stdin=log.encode())
    document = json.loads(out)
    assert (code, document["verdict"]) == (1, "tcp")
    assert [one["verdict"] for one in document["results"]] == ["efa-gdr", "tcp", "unproven"]
    _, out, _ = efa("verify", "-", stdin=log.encode())
    assert [line for line in out.splitlines() if line.startswith("run ")] == [
        "run 1 of 3: efa-gdr: EFA carried the traffic, with GPUDirect RDMA",
        "run 2 of 3: tcp: TCP carried the traffic, not EFA",
        "run 3 of 3: unproven: the log does not prove what carried the traffic",
    ]


def test_takes_the_instance_type(efa: Any) -> None:
    log = str(FOLDER / "g4dn_two_nodes_2022.txt")
    assert efa("verify", log)[0] == 1
    assert efa("verify", log, "--instance-type", "g4dn.12xlarge")[0] == 0
    code, out, err = efa("verify", log, "--instance-type", "p4d.42xlarge")
    assert (code, out) == (2, "")
    assert err.startswith("error: instance type 'p4d.42xlarge' is not in the catalogue: choose one that it knows: p4")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the log is empty; give the launcher's log of a run"),
        (
            b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0",
            "the log is binary; give what nccl-tests printed, unpacked, as text",
        ),
        (b"\x1f\x8b\x08\0\0\0\0\0\0\x03\xed\xfd", "the log is binary; give what nccl-tests printed, unpacked, as text"),
        (
            b'{"version":3,"nccl_version":22707,',
            "the JSON report of nccl-tests ends in the middle; take all of the report's file",
        ),
        (b"hello\n", "nothing in the log is what nccl-tests prints; give the launcher's log of a run"),
    ],
)
def test_a_log_of_something_else_is_one_sentence_and_2(efa: Any, content: bytes, message: str) -> None:
    code, out, err = efa("verify", "-", stdin=content)
    assert (code, out) == (2, "")
    assert err.startswith(f"error: not-nccl-tests: {message}")
    assert len(err.splitlines()) == 1
    code, out, as_json_err = efa("verify", "-", "--json", stdin=content)
    document = json.loads(out)
    assert (code, as_json_err, document["verdict"], document["passes"]) == (2, err, "not-nccl-tests", False)
    assert document["reasons"][0]["statement"] == message.partition(";")[0]
    assert set(document) >= KEYS


def test_a_log_of_something_else_has_a_verdict_as_json(efa: Any) -> None:
    code, out, err = efa("verify", str(FOLDER / "nccom_test.txt"), "--json")
    document = json.loads(out)
    assert (code, document["verdict"], document["results"], document["rows"]) == (2, "not-nccl-tests", [], None)
    assert set(document) >= KEYS
    assert "nccom-test of AWS Neuron" in err


def test_a_device_without_end_is_binary(efa: Any) -> None:
    code, out, err = efa("verify", "/dev/zero", "--json")
    assert (code, json.loads(out)["reasons"][0]["statement"]) == (2, "the log is binary")
    assert err == "error: not-nccl-tests: the log is binary; give what nccl-tests printed, unpacked, as text\n"


def test_a_file_that_cannot_be_read_is_one_sentence_and_2(efa: Any, tmp_path: Path) -> None:
    for path, reason in ((tmp_path / "none.log", "No such file or directory"), (tmp_path, "Is a directory")):
        code, out, err = efa("verify", str(path))
        assert (code, out) == (2, "")
        assert err == f"error: the log '{path}' cannot be read: {reason}\n"


def test_needs_a_log(efa: Any) -> None:
    code, _, err = efa("verify")
    assert code == 2
    assert err == ("error: give the log of a run, '-' for standard input, or '--job NAME': efa verify nccl-tests.log\n")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("a.log", "--job", "b"), "LOG 'a.log' and '--job b' are both what is read: leave one out"),
        (("a.log", "-n", "team"), "'--namespace' is for '--job', which is not given"),
        (("a.log", "--follow"), "'--follow' is for '--job', which is not given"),
        (("-", "--counters", "none.json", "none.json"), "cannot read the counters 'none.json': No such file"),
    ],
)
def test_what_does_not_go_together_is_refused(efa: Any, arguments: tuple[str, ...], words: str) -> None:
    code, out, err = efa("verify", *arguments, stdin=b"")
    assert (code, out) == (2, "")
    assert words in err


STEERING = ("\x1b[2J", "\x1b(0", "\x07", "\x9b31m", "\r", "\u202e")


@pytest.mark.parametrize("steering", STEERING, ids=ascii)
def test_nothing_in_a_log_steers_the_terminal(efa: Any, steering: str) -> None:
    log = (
        lines(efa_run()).replace("NCCL INFO Channel", f"NCCL INFO{steering} Channel").replace("H100", f"H1{steering}00")
    )
    as_report = json.dumps(report(steering))
    for text in (log, as_report):
        for arguments in (("verify", "-"), ("verify", "-", "--json")):
            _, out, _ = efa(*arguments, stdin=text.encode())
            assert "H1" in out
            assert all(one.isprintable() for line in out.split("\n") for one in line)


def report(steering: str) -> dict[str, Any]:
    """What -J writes, with something in every name."""
    row = {"size": 8, "count": 2, "type": f"float{steering}", "redop": f"sum{steering}", "root": -1}
    measured = {"time": 10.0, "alg_bw": 0.0, "bus_bw": 0.0, "nwrong": 0}
    device = {"rank": 0, "pid": 21, "hostname": f"node{steering}-1", "device_info": f"H1{steering}00"}
    return {
        "version": 3,
        "args": [f"all_reduce_perf{steering}"],
        "nccl_version": 22707,
        "config": {"nthreads": 1, "ngpus": 1, "devices": [device]},
        "results": [{**row, "out_of_place": measured, "in_place": measured}],
        "out_of_bounds": {"count": 0, "okay": "true"},
        "errors": [f"it{steering} broke"],
    }


def test_shows_what_the_terminal_cannot_in_another_way() -> None:
    log = lines(efa_run(hosts=["hé☃", "node-2"]))
    for arguments in (("-",), ("-", "--json")):
        ended = subprocess.run(
            [sys.executable, "-m", "efa_constructs.cli", "verify", *arguments],
            input=log.encode(),
            capture_output=True,
            env={**os.environ, "PYTHONIOENCODING": "ascii"},
        )
        assert (ended.returncode, ended.stderr) == (0, b"")
        assert b"h??" in ended.stdout or b"h\\u00e9\\u2603" in ended.stdout


def test_a_long_table_shows_its_end(efa: Any) -> None:
    log = lines([HEADER], [ROW] * 100)
    _, out, _ = efa("verify", "-", stdin=log.encode())
    assert "60 more" in out
    assert out.count("1 GiB | float") == 40


def test_ends_as_others_do_when_nobody_reads_on() -> None:
    code = subprocess.run(
        f"{sys.executable} -m efa_constructs.cli verify {GOOD} | head -n 1", shell=True, capture_output=True, text=True
    )
    assert code.stdout == "efa-gdr: EFA carried the traffic, with GPUDirect RDMA\n"
    assert "Traceback" not in code.stderr
