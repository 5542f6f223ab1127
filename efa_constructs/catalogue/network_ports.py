"""Ports that nodes talk by."""

from __future__ import annotations

__all__ = ["EPHEMERAL_PORTS", "KUBELET_PORT"]

KUBELET_PORT = 10250
"""Where the control plane calls each node.

Source: Amazon EKS User Guide, "View Amazon EKS security group requirements for clusters"
"""
EPHEMERAL_PORTS = (32768, 60999)
"""The first and the last by which Linux opens connections, unless ``net.ipv4.ip_local_port_range`` is set.

Source: https://docs.kernel.org/networking/ip-sysctl.html
"""
