"""Kubeconfig files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

__all__ = ["write_kubeconfig"]


def write_kubeconfig(file: Path, *, server: str, certificate_authority: str, user: dict[str, Any]) -> Path:
    """Write a kubeconfig that nobody else can read, with one cluster and one user. Return the file.

    :param server: URL of the API server.
    :param certificate_authority: Certificate in PEM that has signed the server's.
    :param user: Credentials, as a kubeconfig has them: ``{"token": ...}``, ``{"client-certificate": ...}``.
    """
    # A file: clients that are given the certificate itself write one, and some leave it behind.
    authority = file.with_suffix(".ca.crt")
    authority.write_text(certificate_authority)
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "rehearsal", "cluster": {"server": server, "certificate-authority": str(authority)}}],
        "users": [{"name": "rehearsal", "user": user}],
        "contexts": [{"name": "rehearsal", "context": {"cluster": "rehearsal", "user": "rehearsal"}}],
        "current-context": "rehearsal",
    }
    file.touch(mode=0o600)
    # JSON is YAML.
    file.write_text(json.dumps(content, indent=2) + "\n")
    return file
