"""Folders of manifests for tests."""

from __future__ import annotations

from pathlib import Path

from ..efa_command import ROOT

EXAMPLE = ROOT / "examples" / "cloudformation_and_kubectl" / "manifests"
CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: NAME}\n"


def manifests(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text)
    return folder
