"""Any bytes of any size are lines, in constant memory."""

from __future__ import annotations

import contextlib
import io
import time
import tracemalloc
from itertools import chain

import pytest

from efa_constructs.errors import InvalidLogError
from efa_constructs.verify import log_lines
from efa_constructs.verify.log_lines import MOST_CHARACTERS, CutLine, lines_of
from efa_constructs.verify.verified import verify_log

from .real_logs import channel, efa_run, lines, nccl, run, verified


def read(content: bytes) -> list[str]:
    return list(lines_of(io.BytesIO(content)))


def test_lines_are_what_is_between_newlines() -> None:
    assert read(b"") == []
    assert read(b"\n") == [""]
    assert read(b"a\nb\r\n\nc\n") == ["a", "b\r", "", "c"]


def test_a_last_line_without_newline_is_marked() -> None:
    first, last = read(b"a\nb")
    assert (last, type(last), type(first)) == ("b", CutLine, str)


@pytest.mark.parametrize("size", [2, 3, 5, 7, 64])
def test_chunks_may_end_anywhere(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_lines, "_CHUNK_BYTES", size)
    text = "größer\nals 8 ☃\r\n\n𝄞 no newline"
    assert read(text.encode()) == text.split("\n")
    assert read(text.encode("utf-16")) == text.split("\n")


def test_reads_what_powershell_redirects() -> None:
    text = lines(efa_run())
    for encoding in ("utf-16", "utf-8-sig"):
        assert verified(text.replace("\n", "\r\n").encode(encoding)).verdict == "efa-gdr"


def test_bytes_that_are_no_text_do_not_hide_what_is() -> None:
    noise = bytes(range(256)) * 4
    assert verified(noise + b"\n" + lines(efa_run()).encode() + noise).verdict == "efa-gdr"


def test_a_line_that_is_too_long_is_cut_and_the_next_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_lines, "MOST_CHARACTERS", 100)
    monkeypatch.setattr(log_lines, "_CHUNK_BYTES", 64)
    assert read(b"x" * 10_000 + b"\nnext\n") == ["x" * 100, "next"]
    assert read(b"a\n" + b"x" * 10_000) == ["a", "x" * 100]


def test_a_line_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_lines, "_MOST_SKIPPED_CHARACTERS", 1 << 23)
    endless = Endless(b"x" * (1 << 20), 1 << 40)
    with pytest.raises(InvalidLogError, match="a line of more than 8 MiB: give what nccl-tests printed, as text"):
        verify_log(lines_of(endless))
    assert endless.left > (1 << 40) - (1 << 25)


def test_what_is_binary_and_has_no_end_is_no_log(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_lines, "_MOST_SKIPPED_CHARACTERS", 1 << 23)
    # As /dev/zero is.
    endless = Endless(b"\0" * (1 << 20), 1 << 40)
    assert [reason.statement for reason in verify_log(lines_of(endless)).reasons] == ["the log is binary"]
    assert endless.left > (1 << 40) - (1 << 25)
    # Whatever comes behind a run may be one, too.
    with pytest.raises(InvalidLogError, match="a line of more than 8 MiB"):
        verify_log(chain(["\0", *efa_run()], lines_of(endless)))


def test_carriage_returns_end_lines_where_nothing_else_does() -> None:
    assert read(b"a\rb\r") == ["a", "b"]
    assert verified(lines(efa_run()).replace("\n", "\r")).verdict == "efa-gdr"
    # A bar of progress within a line.
    assert read(b"1 %\r2 %\nnext\n") == ["1 %\r2 %", "next"]


class Endless(io.BytesIO):
    """So many bytes, made while they are read."""

    def __init__(self, part: bytes, total: int) -> None:
        super().__init__()
        self.part = part
        self.left = total

    def read(self, size: int = -1) -> bytes:
        part = self.part[: self.left]
        self.left -= len(part)
        return part


def test_lines_that_cut_rows_do_not_take_longer_the_more_hosts_there_are() -> None:
    hosts = [f"h{number}" for number in range(5000)]
    start = time.process_time()
    verified(lines(run(hosts=hosts, rows=[f"  8  2  float  {nccl('zz', 'hello')}"] * 10_000)))
    assert time.process_time() - start < 4


TALK = lines(
    *(
        [channel(host, "Libfabric", ends=f"{rank}[0] -> {rank + 8}[0] [send]"), nccl(host, "Trees [0] 1/-1/-1->0->-1")]
        for rank in range(2000)
        for host in ("node-1", "node-2")
    )
).encode()


@pytest.mark.parametrize(
    ("part", "sizes", "most_mib"),
    [
        (TALK, (3, 9), 24),
        (b"\0" * (1 << 20), (20, 60), 6 * MOST_CHARACTERS >> 20),
        # The longest line that is kept, and what is made of it to see whether it is JSON.
        (b'{"version":' + b"{" * 1_000_000, (20, 40), 12 * MOST_CHARACTERS >> 20),
    ],
    ids=["lines of NCCL", "no newline at all", "the start of JSON"],
)
def test_memory_does_not_grow_with_the_log(part: bytes, sizes: tuple[int, int], most_mib: int) -> None:
    peaks = []
    for mib in sizes:
        tracemalloc.start()
        with contextlib.suppress(InvalidLogError):
            verify_log(lines_of(Endless(part, mib << 20)))
        peaks.append(tracemalloc.get_traced_memory()[1] / (1 << 20))
        tracemalloc.stop()
    assert max(peaks) < most_mib
    assert peaks[1] - peaks[0] < 2
