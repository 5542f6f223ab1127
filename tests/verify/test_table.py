"""Rows of every release of nccl-tests since 2.0, and what only looks like one."""

from __future__ import annotations

import pytest

from efa_constructs.verify.results import Measurement, Row
from efa_constructs.verify.table import TableHeader, device_of, row_of, table_header_of

from .real_logs import facts

OLD_ALL_REDUCE = TableHeader(counts_wrong_values=False, microseconds=True, has_root=False)
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
    found = row("21799000000000 5449750000000 float sum -1 1.2e+07 1816.2 619657.10 0 8.4e+07 259.87 487.26 0")
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
    assert table_header_of(old) == TableHeader(counts_wrong_values=False, microseconds=True, has_root=False)
    assert table_header_of(new) == TableHeader(counts_wrong_values=True, microseconds=True, cpu_time=True)
    assert table_header_of(first) == TableHeader(counts_wrong_values=False, microseconds=False, has_root=False)
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


# A size that counts the elements of each rank, and one that counts those of all 16.
ROWS = (
    "  8589934592  2147483648    float     sum      -1  33624.5  255.47  479.00      0  33964.1  252.91  474.21      0",
    " 17179869184   268435456    float    none      -1  66109.0  259.87  243.63      0  66110.0  259.87  243.62      0",
)


@pytest.mark.parametrize("text", ROWS)
@pytest.mark.parametrize("header", [COUNTS, None])
def test_a_row_that_lost_its_first_characters_is_none(text: str, header: TableHeader | None) -> None:
    whole = row(text, header)
    for start in range(len(text)):
        assert row_of(text[start:], header) in (None, whole)


def test_a_log_that_begins_within_a_row_has_no_number_of_it() -> None:
    for start in range(4, len(ROWS[0])):
        assert facts(f"{ROWS[0][start:]}\n{ROWS[1]}\n")["peak_bus_bandwidth"] == 243.63


@pytest.mark.parametrize(
    ("line", "header"),
    [
        # A time that a line of NCCL cut, "4607.6", after which the first part would be a root.
        ("1073741824 268435456 float sum 46 07.6 233.04 436.95 5e-07 4565.6 235.18 440.96 5e-07", OLD_ALL_REDUCE),
        ("1073741824 268435456 float sum 46 07.6 233.04 436.95 5e-07 4565.6 235.18 440.96 5e-07", None),
        ("1073741824 268435456 float 46 07.6 233.04 436.95 0e+00 4565.6 235.18 440.96 0e+00", None),
        # Another size, or another time, than the bandwidth is of.
        ("1073741824 268435456 float sum -1 4607.6 233.04 436.95 0 565.6 235.18 440.96 0", COUNTS),
        ("2147483648 268435456 float sum -1 607.6 233.04 436.95 0 4565.6 235.18 440.96 0", COUNTS),
        ("1073741825 268435456 float sum -1 4607.6 233.04 436.95 0 4565.6 235.18 440.96 0", COUNTS),
        ("1073741824 0 float sum -1 4607.6 233.04 436.95 0 4565.6 235.18 440.96 0", COUNTS),
        ("0 268435456 float sum -1 4607.6 233.04 436.95 0 4565.6 235.18 440.96 0", COUNTS),
    ],
)
def test_numbers_that_do_not_belong_together_are_no_row(line: str, header: TableHeader | None) -> None:
    assert row_of(line, header) is None


def test_times_until_the_cpu_goes_on_are_not_those_of_the_bandwidth() -> None:
    line = "1073741824 268435456 float sum -1 12.30 233.04 436.95 0 12.31 235.18 440.96 0"
    assert row_of(line, COUNTS) is None
    cpu = TableHeader(counts_wrong_values=True, microseconds=True, cpu_time=True)
    assert row(line, cpu).out_of_place == measured(12.30, 233.04, 436.95)


def test_hypercube_leaves_the_part_of_the_rank_itself_out() -> None:
    line = "1048576 131072 float none -1 45.20 11.60 11.60 0 44.90 11.68 11.68 0"
    assert row(line).out_of_place == measured(45.20, 11.60, 11.60)


def test_a_difference_that_is_no_number_is_a_wrong_value() -> None:
    line = "1048576 262144 float sum 45.20 23.20 43.50 nan 44.90 23.36 43.79 5e-07"
    for header in (OLD_ALL_REDUCE, None):
        found = row(line, header)
        assert found.out_of_place == measured(45.20, 23.20, 43.50, 1)
        assert found.in_place == measured(44.90, 23.36, 43.79, None)
