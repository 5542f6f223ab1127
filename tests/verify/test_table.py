"""Rows of every release of nccl-tests since 2.0, and what only looks like one."""

from __future__ import annotations

import pytest

from efa_constructs.verify.results import Measurement, Row
from efa_constructs.verify.table import TableHeader, device_of, row_of, table_header_of

from .real_logs import facts

COUNTS = TableHeader(counts_wrong_values=True, microseconds=True)


def measured(time: float, algorithm: float, bus: float, wrong: int | None = 0) -> Measurement:
    return Measurement(time_us=time, algorithm_bandwidth=algorithm, bus_bandwidth=bus, wrong_values=wrong)


def row(line: str, header: TableHeader | None = COUNTS) -> Row:
    found = row_of(line, header)
    assert found is not None
    return found


# One row of each layout, with what has to come of it: reduction, root, wrong values out of place and in place.
LAYOUTS = {
    "2.21, with a root": ("1048576 262144 float sum -1 45.20 23.20 43.50 0 44.90 23.36 43.79 0", "sum", None, 0, 0),
    "2.11, broadcast": ("1048576 262144 float none 3 45.20 23.20 43.50 0 44.90 23.36 43.79 0", None, 3, 0, 0),
    "2.11, reduce": ("1048576 262144 bfloat16 avg 0 45.20 23.20 43.50 0 44.90 23.36 43.79 0", "avg", 0, 0, 0),
    "2.1, all_reduce": (
        "1048576 262144 float sum 45.20 23.20 43.50 5e-07 44.90 23.36 43.79 5e-07",
        "sum",
        None,
        None,
        None,
    ),
    "2.1, all_gather": ("1048576 262144 float 45.20 23.20 43.50 0e+00 44.90 23.36 43.79 0e+00", None, None, None, None),
    "2.1, broadcast": ("1048576 262144 float 7 45.20 23.20 43.50 0e+00 44.90 23.36 43.79 0e+00", None, 7, None, None),
    "alltoall": ("1048576 262144 float none -1 45.20 23.20 43.50 0 44.90 23.36 43.79 N/A", None, None, 0, None),
    "-c 0": ("1048576 262144 half sum -1 45.20 23.20 43.50 N/A 44.90 23.36 43.79 N/A", "sum", None, None, None),
    "-S 1": (
        "1048576 262144 half sum -1 45.20 23.20 43.50 0 44.90 23.36 43.79 0  2026-03-12 14:17:56",
        *("sum", None, 0, 0),
    ),
    "-I 1": (
        "1048576 262144 half sum -1 45.20 23.20 43.50 0 40.1 50.2 49.9 3.20 44.90 23.36 43.79 0 40.0 50.0 49.8 2.11",
        *("sum", None, 0, 0),
    ),
    "-I 1 -S 1": (
        "1048576 262144 half sum -1 45.20 23.20 43.50 0 40.1 50.2 49.9 3.20 44.90 23.36 43.79 0 40.0 50.0 49.8 2.11 "
        "2026-03-12 14:17:56",
        *("sum", None, 0, 0),
    ),
    "many wrong values": (
        "1048576 262144 f8e4m3 sum -1 45.20 23.20 43.50 237858 44.90 23.36 43.79 1.04858e+06",
        *("sum", None, 237_858, 1_048_580),
    ),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_reads_each_layout(layout: str) -> None:
    line, reduction, root, wrong, wrong_in_place = LAYOUTS[layout]
    found = row(line, None)
    assert (found.size_bytes, found.count, found.reduction, found.root) == (1_048_576, 262_144, reduction, root)
    assert found.out_of_place == measured(45.20, 23.20, 43.50, wrong)
    assert found.in_place == measured(44.90, 23.36, 43.79, wrong_in_place)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_row_without_its_last_words_is_none(layout: str) -> None:
    words = LAYOUTS[layout][0].split()
    whole = row(LAYOUTS[layout][0], None)
    for count in range(len(words)):
        part = row_of(" ".join(words[:count]), None)
        # A timestamp may be missing; what is there is right.
        assert part in (None, whole)


def test_a_number_of_a_row_is_not_read_where_the_log_ends_in_it() -> None:
    log = "1048576 262144 float sum -1 45.20 23.20 43.50 0 44.90 23.36 43.79 237858\n"
    assert facts(log)["wrong_values"] == 237_858
    for end in range(1, len(log)):
        assert facts(log[:end])["verdict"] == "not-nccl-tests"


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_row_without_a_word_in_its_middle_is_none(layout: str) -> None:
    words = LAYOUTS[layout][0].split()
    for place in range(len(words)):
        found = row_of(" ".join(words[:place] + words[place + 1 :]), None)
        # Without the word for the reduction, or with one number in place of the first two, it is a row of another kind.
        assert found is None or place in (0, 1, 3, 4), words[place]


def test_reads_numbers_too_wide_for_their_columns() -> None:
    found = row("17179869184 4294967296 float sum -1 1.2e+07 1816.2 619657.10 0 66109 259.87 487.26 0")
    assert found.out_of_place == measured(1.2e7, 1816.2, 619_657.10)


def test_a_size_of_zero_is_a_row() -> None:
    found = row(
        "         0           0     float     sum      -1     6.36    0.00    0.00      0   6.40    0.00    0.00      0"
    )
    assert (found.size_bytes, found.out_of_place) == (0, measured(6.36, 0, 0))


@pytest.mark.parametrize("word", ["nan", "-nan", "inf"])
def test_a_bandwidth_that_is_no_number_is_left_out(word: str) -> None:
    found = row(f"0 0 float sum -1 0.00 {word} {word} 0 6.40 0.00 0.00 0")
    assert (found.out_of_place, found.in_place) == (None, measured(6.40, 0, 0))


def test_a_row_without_results_out_of_place_has_them_in_place() -> None:
    found = row(f"     1048576        262144     float     sum      -1{' ' * 32}   44.90   23.36   43.79      0")
    assert (found.out_of_place, found.in_place) == (None, measured(44.90, 23.36, 43.79))
    assert row_of("1048576 262144 float sum -1 44.90 23.36 43.79 0", COUNTS) is None


@pytest.mark.parametrize(
    "line",
    [
        "",
        "1048576",
        "1048576 262144 float",
        # Ten columns of a made-up log, nccom-test, PARAM, a line of nvidia-smi, one with units.
        "1048576 262144 float sum -1 78.12 13.42 12.61",
        "33554432 33554432 uint8 768 40.69 40.69",
        "0: 	COMMS-RES-all_reduce-float32        1073741824         41.187      77.226",
        "|  0   N/A  N/A   1234   C   python   40000MiB |",
        "1M 262144 float sum -1 45.20 23.20 43.50 0 44.90 23.36 43.79 0",
        "-1 262144 float sum -1 45.20 23.20 43.50 0 44.90 23.36 43.79 0",
        "1_0 262144 float sum -1 45.20 23.20 43.50 0 44.90 23.36 43.79 0",
        "1048576 262144 float sum -1 45.20 23.20 43.50 0 44.90 23.36 43.79 0 0",
        "1048576 262144 float sum x 45.20 23.20 43.50 0 44.90 23.36 43.79 0",
        "1048576 262144 quad sum -1 45.20 23.20 43.50 0 44.90 23.36 43.79 0",
        "1048576 262144 float sum -1 45.20 23.20 -43.50 0 44.90 23.36 43.79 0",
        f"{'9' * 5000} 262144 float sum -1 45.20 23.20 43.50 0 44.90 23.36 43.79 0",
    ],
)
def test_anything_else_is_no_row(line: str) -> None:
    assert row_of(line, COUNTS) is None
    assert row_of(line, None) is None


def test_the_names_of_columns_say_what_is_in_them() -> None:
    old = "#       size         count    type   redop     time   algbw   busbw  error     time   algbw   busbw  error"
    new = (
        "#     size      count     type   redop    root  cputime   algbw   busbw #wrong  cputime   algbw   busbw #wrong"
    )
    first = "#      bytes             N    type      op     time  algbw  busbw      res     time  algbw  busbw      res"
    assert table_header_of(old) == TableHeader(counts_wrong_values=False, microseconds=True)
    assert table_header_of(new) == TableHeader(counts_wrong_values=True, microseconds=True)
    assert table_header_of(first) == TableHeader(counts_wrong_values=False, microseconds=False)
    assert (
        table_header_of("#        (B)    (elements)            (us)  (GB/s)  (GB/s)            (us)  (GB/s)  (GB/s)")
        is None
    )
    assert table_header_of("     size(B)    count(elems)     type    time(us)    algbw(GB/s)    busbw(GB/s)") is None


def test_a_greatest_difference_is_no_number_of_wrong_values() -> None:
    line = "8 2 float sum 167.5 0.00 0.00 {} 167.1 0.00 0.00 {}"
    old = TableHeader(counts_wrong_values=False, microseconds=True)
    assert row(line.format("2e+00", "2e+00"), old).out_of_place == measured(167.5, 0, 0, None)
    assert row(line.format("2e+00", "2e+00"), COUNTS).out_of_place == measured(167.5, 0, 0, 2)


def test_reads_ranks_of_every_release() -> None:
    for line, expected in (
        ("#   Rank  1 on       ncrh device  1 [0x06] GeForce RTX 2080 Ti", (1, None, "ncrh", 0, "GeForce RTX 2080 Ti")),
        (
            "#   Rank 10 Pid     27 on worker-1 device  2 [0x20] A100-SXM4-40GB",
            (10, 27, "worker-1", 0, "A100-SXM4-40GB"),
        ),
        (
            "#  Rank  0 Group  3 Pid  6899 on host-a device  0 [0000:04:00] NVIDIA H100",
            (0, 6899, "host-a", 3, "NVIDIA H100"),
        ),
    ):
        device = device_of(line)
        assert device is not None
        assert (device.rank, device.pid, device.host, device.group, device.model) == expected
    assert device_of("# Rank and device of each process") is None
