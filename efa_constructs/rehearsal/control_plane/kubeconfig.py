"""Kubeconfig files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

__all__ = ["write_kubeconfig"]


def write_kubeconfig(
    file: Path,
    *,
    server: str,
    certificate_authority: Path,
    user: dict[str, Any],
    server_name: str | None = None,
) -> Path:
    """Write a kubeconfig that nobody else can read, with one cluster and one user. Return the file.

    :param server: URL of the API server.
    :param certificate_authority: File with the certificate in PEM that has signed the server's. Not its content:
        clients such as kr8s would write that to a temporary file, and leave it there.
    :param user: Credentials, as a kubeconfig has them: ``{"token": ...}``, ``{"client-certificate": ...}``.
    :param server_name: What the server's certificate is to be for. Default: the host of its URL.
    """
    cluster = {"server": server, "certificate-authority": str(certificate_authority)}
    if server_name is not None:
        cluster["tls-server-name"] = server_name
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "rehearsal", "cluster": cluster}],
        "users": [{"name": "rehearsal", "user": user}],
        "contexts": [{"name": "rehearsal", "context": {"cluster": "rehearsal", "user": "rehearsal"}}],
        "current-context": "rehearsal",
    }
    file.touch(mode=0o600)
    # JSON is YAML.
    file.write_text(json.dumps(content, indent=2) + "\n")
    return file
