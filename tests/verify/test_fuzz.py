"""No input makes the verdict crash or hang, or be better than it should be."""

from __future__ import annotations

import json
import time

from hypothesis import example, given, settings
from hypothesis import strategies as st

from efa_constructs.errors import EfaConstructsError
from efa_constructs.verify.prefixes import plain_text, without_prefixes
from efa_constructs.verify.table import row_of
from efa_constructs.verify.verified_json import to_json

from .real_logs import NAMES, ROW, efa_run, lines, text_of, verified
from .test_json_report import one_line, report
from .test_prefixes import MUTATIONS

LOGS = [lines(efa_run()), f"{one_line(report())}\n", *map(text_of, NAMES)]
LINES = sorted({line for log in LOGS for line in log.splitlines()})
# What logs are made of: lines of logs, pieces of them, and noise.
PIECES = st.one_of(
    st.sampled_from(LINES),
    st.sampled_from(LINES).flatmap(lambda line: st.integers(0, len(line)).map(lambda end: line[:end])),
    st.tuples(st.sampled_from(LINES), st.sampled_from(LINES)).map("".join),
    st.tuples(st.sampled_from(sorted(MUTATIONS)), st.sampled_from(LINES)).map(
        lambda pair: MUTATIONS[pair[0]](7, pair[1])
    ),
    st.text(max_size=80),
    st.from_regex(r"[#>\[\]|:. 0-9a-z{}\"-]{0,60}", fullmatch=True),
)
SECONDS = 5.0


def judge(log: bytes) -> None:
    """Read a log: it is judged or refused, in time, and what is told is JSON."""
    start = time.perf_counter()
    try:
        told = verified(log)
    except EfaConstructsError as refusal:
        assert str(refusal)
        assert "\n" not in str(refusal)
    else:
        document = json.loads(json.dumps(to_json(told), allow_nan=False))
        assert document["verdict"] in {"efa-gdr", "efa-no-gdr", "tcp", "single-node", "unproven", "not-nccl-tests"}
        assert told.passes is (bool(told.runs) and all(one.passes for one in told.runs))
    assert time.perf_counter() - start < SECONDS


@settings(deadline=None, max_examples=300)
@example(b"#\v")
@given(st.binary(max_size=2000))
def test_takes_any_bytes(log: bytes) -> None:
    judge(log)


@settings(deadline=None, max_examples=500)
@given(st.lists(PIECES, max_size=40), st.sampled_from(["\n", "\r\n", "\n\n", ""]))
def test_takes_any_mixture_of_lines(pieces: list[str], newline: str) -> None:
    judge(newline.join(pieces).encode("utf-8", "surrogatepass"))


@settings(deadline=None, max_examples=200)
@given(st.sampled_from(LOGS), st.data())
def test_takes_a_log_with_bytes_that_changed(log: str, data: st.DataObject) -> None:
    content = bytearray(log.encode())
    for place in data.draw(st.lists(st.integers(0, len(content) - 1), max_size=20)):
        content[place] = data.draw(st.integers(0, 255))
    judge(bytes(content))


@settings(deadline=None, max_examples=200)
@given(st.lists(st.sampled_from(efa_run()), max_size=60))
def test_lines_in_any_order_never_prove_more_than_there_is(said: list[str]) -> None:
    told = verified(lines(said) or "\n")
    for one in told.runs:
        if one.verdict == "efa-gdr":
            assert one.reasons[-1 if one.passes else 1].count or one.reasons[1].count
            assert any("/GDRDMA" in line for line in said)
            assert any("Selected provider is efa" in line for line in said)
        assert len(one.run.rows) <= said.count(ROW)


@settings(deadline=None, max_examples=300)
@given(st.text(max_size=200))
def test_prefixes_come_off_in_few_steps(line: str) -> None:
    candidates = list(without_prefixes(plain_text(line)))
    assert len(candidates) <= 9
    assert all(line.rstrip("\r").endswith(one) or "\x1b" in line for one in candidates)


@settings(deadline=None, max_examples=300)
@given(st.text(alphabet="0123456789.eE+-naifNA/ ", max_size=120))
def test_numbers_alone_never_make_a_row(text: str) -> None:
    assert row_of(text, None) is None


def test_lines_made_to_be_slow_are_not() -> None:
    for log in (
        " " * 5_000_000,
        "[1,0]<stdout>:" * 300_000,
        "> " * 2_000_000,
        "a:1:1 [0] " * 400_000 + "NCCL INFO via NET/",
        ("x" * 4000 + " NCCL INFO via NET/\n") * 2000,
        ("  " + "a:" * 2000 + " NCCL INFO via NET/\n") * 2000,
        ("# " + "Rank " * 800 + "\n") * 2000,
        ("(" * 4000 + "\n") * 2000,
        "1048576 262144 float sum -1 " * 200_000,
        '{"version": "' + "\\" * 4_000_000,
        ('{"version": ' + '"' * 4000 + "\n") * 1000,
        "\x1b]" * 2_000_000,
        ("libfabric:" * 400 + "\n") * 2000,
    ):
        judge(log.encode())
