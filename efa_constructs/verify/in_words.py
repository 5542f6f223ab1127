"""Numbers as people read them."""

from __future__ import annotations

__all__ = ["bandwidth_in_words", "bytes_in_words", "size_in_words"]

_UNITS = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")


def size_in_words(size: int) -> str:
    """A size of a message, in the unit that nccl-tests takes it in: ``2 GiB``."""
    return _scaled(size, 1024, _UNITS)


def bytes_in_words(count: float) -> str:
    """An amount of traffic, in the unit of bandwidths: ``2.1 GB``."""
    return _scaled(count, 1000, ("B", "kB", "MB", "GB", "TB", "PB"))


def bandwidth_in_words(gigabytes_a_second: float) -> str:
    """A bandwidth with about as many digits as its measurement repeats."""
    return f"{gigabytes_a_second:.{1 if gigabytes_a_second >= 10 else 2}f} GB/s"


def _scaled(value: float, base: int, units: tuple[str, ...]) -> str:
    step = 0
    while value >= base and step < len(units) - 1:
        value /= base
        step += 1
    return f"{value:.4g} {units[step]}"
