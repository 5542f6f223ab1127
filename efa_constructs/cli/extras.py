"""What a command needs that is not always installed."""

from __future__ import annotations

from importlib.util import find_spec

from ..errors import InvalidArgumentError

__all__ = ["check_cluster_extra"]


def check_cluster_extra(what: str) -> None:
    """Refuse to go on where nothing can ask a cluster.

    :param what: What was asked for, such as ``efa status``.
    :raises InvalidArgumentError: the extra is not installed.
    """
    if find_spec("kr8s") is None:
        raise InvalidArgumentError(f"'{what}' needs the extra 'cluster': pip install 'efa-constructs[cluster]'")
