"""Numbers and names as people read them."""

from __future__ import annotations

__all__ = ["bandwidth_in_words", "bytes_in_words", "printable", "size_in_words"]

_SIZES = ("B", "KiB", "MiB", "GiB", "TiB")
_AMOUNTS = ("B", "kB", "MB", "GB", "TB", "PB")


def printable(text: str) -> str:
    """The same text without what would steer a terminal, or is no text: whoever writes a log chooses what it says."""
    return text if text.isprintable() else "".join(one if one.isprintable() else " " for one in text)


def size_in_words(size: int) -> str:
    """A size of a message, in the units that nccl-tests takes: ``2 GiB``. It is exact, or else in bytes."""
    unit = 0
    while size and size % 1024 == 0 and unit < len(_SIZES) - 1:
        size, unit = size // 1024, unit + 1
    return f"{size:,} {_SIZES[unit]}"


def bytes_in_words(count: float) -> str:
    """An amount of traffic, in the units of bandwidths: ``2.1 GB``."""
    unit = 0
    while count >= 1000 and unit < len(_AMOUNTS) - 1:
        count, unit = count / 1000, unit + 1
    return f"{count:.4g} {_AMOUNTS[unit]}"


def bandwidth_in_words(gigabytes_a_second: float) -> str:
    """A bandwidth with about as many digits as its measurement repeats."""
    return f"{gigabytes_a_second:.{1 if gigabytes_a_second >= 10 else 2}f} GB/s"
