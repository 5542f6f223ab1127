"""Lines of a log of any size, in constant memory, whatever bytes it is made of."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from typing import BinaryIO

from ..errors import InvalidLogError

__all__ = ["MOST_CHARACTERS", "CutLine", "EndlessLineError", "lines_of"]

_CHUNK_BYTES = 1 << 20
# Of a line. The longest that means something is a JSON report, which nccl-tests writes without any newline: some
# hundred characters a rank and a row, which is four megabytes for ten thousand ranks.
MOST_CHARACTERS = 1 << 22
# What goes on for so long without a newline is no log, and may have no end, as /dev/zero has none.
_MOST_SKIPPED_CHARACTERS = 1 << 26


class EndlessLineError(InvalidLogError):
    """A line goes on for longer than any log has it."""


class CutLine(str):
    """The start of a line that goes on beyond what there is, or beyond ``MOST_CHARACTERS``."""

    __slots__ = ()


def lines_of(stream: BinaryIO) -> Iterator[str]:
    """Lines without their newline. A last line that has none is a :class:`CutLine`, as is one that is too long.

    Bytes that are no UTF-8 become U+FFFD. UTF-16 is read where the log starts with its byte order mark, as logs do that
    PowerShell redirected. Where nothing but carriage returns ends lines, they do.

    :raises EndlessLineError: a line goes on for longer than any log has it.
    """
    chunk = stream.read(_CHUNK_BYTES)
    decoder = _decoder_for(chunk)
    newline = "\n" if b"\n" in chunk or b"\r" not in chunk else "\r"
    rest = ""
    # Characters of a line of which the start was given, and the end is not there yet.
    skipped = 0
    while chunk:
        lines = (rest + decoder.decode(chunk)).split(newline)
        rest = lines.pop()
        if skipped and lines:
            del lines[0]
            skipped = 0
        yield from lines
        if skipped:
            skipped, rest = skipped + len(rest), ""
            if skipped > _MOST_SKIPPED_CHARACTERS:
                raise EndlessLineError(
                    f"the log has a line of more than {_MOST_SKIPPED_CHARACTERS >> 20} MiB: give what nccl-tests "
                    "printed, as text"
                )
        elif len(rest) > MOST_CHARACTERS:
            yield CutLine(rest[:MOST_CHARACTERS])
            skipped, rest = len(rest), ""
        chunk = stream.read(_CHUNK_BYTES)
    rest += decoder.decode(b"", final=True)
    if rest and not skipped:
        yield CutLine(rest)


def _decoder_for(start: bytes) -> codecs.IncrementalDecoder:
    utf_16 = start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return codecs.getincrementaldecoder("utf-16" if utf_16 else "utf-8-sig")("replace")
