"""Lines of a log of any size, in constant memory, whatever bytes it is made of."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from typing import BinaryIO

__all__ = ["MOST_CHARACTERS", "CutLine", "lines_of"]

_CHUNK_BYTES = 1 << 20
# Of a line. The longest that means something is a JSON report, which nccl-tests writes without any newline.
MOST_CHARACTERS = 1 << 24


class CutLine(str):
    """The start of a line that goes on beyond what there is, or beyond ``MOST_CHARACTERS``."""

    __slots__ = ()


def lines_of(stream: BinaryIO) -> Iterator[str]:
    """Lines without their newline. A last line that has none is a :class:`CutLine`, as is one that is too long.

    Bytes that are no UTF-8 become U+FFFD. UTF-16 is read where the log starts with its byte order mark, as logs do that
    PowerShell redirected.
    """
    chunk = stream.read(_CHUNK_BYTES)
    decoder = _decoder_for(chunk)
    rest = ""
    skipping = False
    while chunk:
        lines = (rest + decoder.decode(chunk)).split("\n")
        rest = lines.pop()
        if skipping and lines:
            del lines[0]
            skipping = False
        yield from lines
        if skipping:
            rest = ""
        elif len(rest) > MOST_CHARACTERS:
            yield CutLine(rest[:MOST_CHARACTERS])
            rest, skipping = "", True
        chunk = stream.read(_CHUNK_BYTES)
    rest += decoder.decode(b"", final=True)
    if rest and not skipping:
        yield CutLine(rest)


def _decoder_for(start: bytes) -> codecs.IncrementalDecoder:
    utf_16 = start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return codecs.getincrementaldecoder("utf-16" if utf_16 else "utf-8-sig")("replace")
