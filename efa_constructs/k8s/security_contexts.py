"""What containers may do."""

from __future__ import annotations

from cdk8s_plus_27 import k8s

__all__ = ["unprivileged"]


def unprivileged() -> k8s.SecurityContext:
    """Of a program that needs nothing of root but to be the owner of its files and devices.

    Its root file system is writable: the hooks of container runtimes that bring drivers write into it.
    """
    return k8s.SecurityContext(
        allow_privilege_escalation=False,
        capabilities=k8s.Capabilities(drop=["ALL"]),
        seccomp_profile=k8s.SeccompProfile(type="RuntimeDefault"),
    )
