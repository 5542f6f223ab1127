"""Numbers as people read them."""

from __future__ import annotations

import pytest

from efa_constructs.verify.in_words import bandwidth_in_words, bytes_in_words, printable, size_in_words


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1 kB"),
        (2_100_000_000, "2.1 GB"),
        (85_899_345_920, "85.9 GB"),
        (10**15, "1 PB"),
        (12.5 * 10**18, "1.25e+04 PB"),
    ],
)
def test_an_amount_of_traffic_has_four_digits(count: float, words: str) -> None:
    assert bytes_in_words(count) == words


@pytest.mark.parametrize(
    ("size", "words"),
    [
        (0, "0 B"),
        (8, "8 B"),
        (1024, "1 KiB"),
        (1025, "1,025 B"),
        (3 << 20, "3 MiB"),
        (2 << 30, "2 GiB"),
        (5 << 40, "5 TiB"),
        (7 << 50, "7,168 TiB"),
    ],
)
def test_a_size_is_exact(size: int, words: str) -> None:
    assert size_in_words(size) == words


@pytest.mark.parametrize(("bandwidth", "words"), [(9.994, "9.99 GB/s"), (10, "10.0 GB/s"), (444.31, "444.3 GB/s")])
def test_a_bandwidth_has_as_many_digits_as_it_repeats(bandwidth: float, words: str) -> None:
    assert bandwidth_in_words(bandwidth) == words


def test_what_steers_a_terminal_is_a_blank() -> None:
    assert printable("NCCL \x1b[2JINFO\t\u202e!") == "NCCL  [2JINFO  !"
    assert printable("12 µs") == "12 µs"
