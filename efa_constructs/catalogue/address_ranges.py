"""Ranges of IP addresses that mean something of themselves."""

from __future__ import annotations

__all__ = ["ANYWHERE_IPV4", "ANYWHERE_IPV6"]

ANYWHERE_IPV4 = "0.0.0.0/0"
ANYWHERE_IPV6 = "::/0"
