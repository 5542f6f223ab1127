"""What the baseline keeps in files where the app computes it or has it from a package: manifests, and code for Lambda.

Both are taken from an assembly of the app, once and before anything is measured, so that the two cannot differ.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

__all__ = ["keep_data"]

# Where the baseline looks for the code of a function or layer; that of kubectl has its version in its description.
_CODE = {
    ("AWS::Lambda::Function", "__entrypoint__.handler"): "default-group",
    ("AWS::Lambda::Function", "index.handler"): "kubectl",
    ("AWS::Lambda::Function", "framework.onEvent"): "provider",
    ("AWS::Lambda::LayerVersion", "/opt/awscli/aws"): "awscli.zip",
}
_MANIFEST = "Custom::AWSCDK-EKS-KubernetesResource"
_REMOVAL_POLICIES = {"Delete": "DESTROY", "Retain": "RETAIN"}


def keep_data(assembly: Path, folder: Path) -> None:
    """Copy the code of the assembly's functions and layers, and its manifests, into a new folder."""
    folder.mkdir()
    manifests: dict[str, dict[str, Any]] = {}
    for path in sorted(assembly.glob("*.template.json")):
        for name, resource in json.loads(path.read_text())["Resources"].items():
            properties = resource.get("Properties", {})
            if resource["Type"] in ("AWS::Lambda::Function", "AWS::Lambda::LayerVersion"):
                told_by = properties.get("Handler") or properties["Description"]
                kept = _CODE.get((resource["Type"], told_by), "kubectl.zip")
                _copy_code(assembly, properties.get("Code") or properties["Content"], folder / kept)
            elif resource["Type"] == _MANIFEST:
                manifests[name] = resource
    (folder / "manifests.json").write_text(json.dumps(_in_stages(manifests)))


def _copy_code(assembly: Path, location: dict[str, Any], target: Path) -> None:
    (source,) = assembly.glob(f"asset.{Path(location['S3Key']).stem}*")
    if source.is_dir():
        shutil.copytree(source, target)
    else:
        shutil.copyfile(source, target)


def _in_stages(manifests: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """Each with the number of manifests that it waits for, one after the other."""

    def stage(name: str) -> int:
        return max(
            (1 + stage(other) for other in manifests[name].get("DependsOn", []) if other in manifests), default=0
        )

    return [
        {
            "stage": stage(name),
            "removalPolicy": _REMOVAL_POLICIES[manifest["DeletionPolicy"]],
            "properties": {
                key: value
                for key, value in manifest["Properties"].items()
                if key not in ("ServiceToken", "ClusterName")
            },
        }
        for name, manifest in manifests.items()
    ]
