"""Whether two cloud assemblies define the same resources, whatever they are called."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

__all__ = ["differences"]

_PRUNE_LABEL = re.compile(r"aws\.cdk\.eks/prune-[a-z0-9]+")


def differences(left: Path, right: Path) -> list[str]:
    """What one assembly has and the other has not: types of resources, their properties, interfaces, manifests."""
    ours, theirs = _resources(left), _resources(right)
    return [
        f"only in {where}: {count} of {what}"
        for where, counted in ((left.name, ours - theirs), (right.name, theirs - ours))
        for what, count in sorted(counted.items())
    ]


def _resources(assembly: Path) -> Counter[str]:
    counted: Counter[str] = Counter()
    for path in sorted(assembly.glob("*.template.json")):
        template = json.loads(path.read_text())
        for resource in template["Resources"].values():
            properties = resource.get("Properties", {})
            counted[f"{path.name}: {resource['Type']} with {', '.join(sorted(properties))}"] += 1
            for interface in properties.get("LaunchTemplateData", {}).get("NetworkInterfaces", []):
                counted[f"{path.name}: interface {_interface(interface)}"] += 1
            counted.update(f"{path.name}: {manifest}" for manifest in _manifests(properties.get("Manifest", "[]")))
        for name in template.get("Outputs", {}):
            # Those that CDK makes for the other stack carry the name of what they refer to.
            counted[
                f"{path.name}: output {'for a stack' if name.startswith(('PublishOutput', 'ExportsOutput')) else name}"
            ] += 1
    return counted


def _manifests(text: str) -> Iterator[str]:
    """Every object of a manifest, whole. The label by which kubectl prunes has a name of the stack's own choice."""
    for manifest in json.loads(_PRUNE_LABEL.sub("aws.cdk.eks/prune", text)):
        yield f"{manifest['kind']} {json.dumps(manifest, sort_keys=True)}"


def _interface(interface: dict[str, Any]) -> str:
    table = [interface[key] for key in ("NetworkCardIndex", "DeviceIndex", "InterfaceType")]
    return f"{'/'.join(map(str, table))} with {len(interface['Groups'])} security groups"
