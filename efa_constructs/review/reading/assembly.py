"""Reads a cloud assembly: the folder, such as ``cdk.out``, that a CDK app writes and the CDK CLI deploys.

Source: the cloud assembly schema, https://github.com/aws/aws-cdk-cli/tree/main/packages/%40aws-cdk/cloud-assembly-schema
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ...errors import InvalidArgumentError
from ..manifests import HELM_CHART, KUBERNETES_RESOURCE
from ..shapes import as_list, as_mapping, as_mappings, at_path
from .json_files import required_json

__all__ = ["AssemblyStack", "CloudAssembly", "read_assembly"]

# What the CDK applies to a cluster through its kubectl handler.
_KUBERNETES_TYPES = (KUBERNETES_RESOURCE, HELM_CHART)
_UNKNOWN = ("unknown-account", "unknown-region")


@dataclass(frozen=True, slots=True, kw_only=True)
class AssemblyStack:
    """One stack of the assembly."""

    # As CloudFormation names it.
    name: str
    # As the app names it: "Stage/Stack".
    path: str
    template_file: Path
    # None: wherever the credentials lead.
    account: str | None
    region: str | None
    # How many of each resource type, those of nested stacks included.
    resource_types: Mapping[str, int]
    # Names the bootstrap resources that the stack wants. None: it wants none.
    bootstrap_qualifier: str | None
    # Metadata of the stack's constructs, by their paths with a slash before them.
    metadata: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)

    @property
    def resource_count(self) -> int:
        """How many resources the stack defines, those of nested stacks included."""
        return sum(self.resource_types.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class CloudAssembly:
    """A cloud assembly, the assemblies of its stages included."""

    directory: Path
    stacks: tuple[AssemblyStack, ...]
    docker_image_names: tuple[str, ...]
    # Context keys that the app asked for and nobody looked up.
    missing_context: tuple[str, ...] = field(default=())

    @property
    def resource_count(self) -> int:
        """How many resources all stacks define."""
        return sum(stack.resource_count for stack in self.stacks)

    @property
    def kubernetes_manifest_count(self) -> int:
        """How many Kubernetes manifests and Helm charts the assembly would apply to a cluster."""
        return sum(stack.resource_types.get(name, 0) for stack in self.stacks for name in _KUBERNETES_TYPES)

    @property
    def accounts(self) -> tuple[str, ...]:
        """The AWS accounts that the stacks name."""
        return tuple(sorted({stack.account for stack in self.stacks if stack.account}))

    @property
    def regions(self) -> tuple[str, ...]:
        """The Regions that the stacks name."""
        return tuple(sorted({stack.region for stack in self.stacks if stack.region}))


def read_assembly(directory: Path) -> CloudAssembly:
    """Read the cloud assembly in a folder.

    :raises InvalidArgumentError: the folder is not there, holds no assembly, or one without stacks.
    """
    manifest = _read_manifest(directory)
    manifests = {directory: manifest, **dict(_nested(directory, manifest, directory))}
    stacks = tuple(
        _read_stack(folder, artifact_id, artifact, manifest)
        for folder, manifest in manifests.items()
        for artifact_id, artifact in _artifacts(manifest, "aws:cloudformation:stack")
    )
    if not stacks:
        raise InvalidArgumentError(f"the cloud assembly '{directory}' has no stack")
    return CloudAssembly(
        directory=directory,
        stacks=stacks,
        docker_image_names=tuple(
            name for folder, manifest in manifests.items() for name in _docker_images(folder, manifest)
        ),
        missing_context=tuple(
            str(entry.get("key")) for manifest in manifests.values() for entry in as_mappings(manifest.get("missing"))
        ),
    )


def _read_manifest(directory: Path) -> dict[str, Any]:
    if not directory.is_dir():
        raise InvalidArgumentError(f"the cloud assembly '{directory}' is not a folder, give one that 'cdk synth' wrote")
    path = directory / "manifest.json"
    if not path.is_file():
        hint = "run 'cdk synth' there and give its cdk.out" if (directory / "cdk.json").is_file() else "run 'cdk synth'"
        raise InvalidArgumentError(f"'{directory}' has no manifest.json, so it is not a cloud assembly: {hint}")
    manifest = required_json(path)
    if not isinstance(manifest, dict) or "version" not in manifest or not isinstance(manifest.get("artifacts"), dict):
        raise InvalidArgumentError(f"'{path}' is not the manifest of a cloud assembly: no 'version' and 'artifacts'")
    return manifest


def _artifacts(manifest: Mapping[str, Any], kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for artifact_id, artifact in manifest["artifacts"].items():
        if as_mapping(artifact).get("type") == kind:
            yield artifact_id, artifact


def _nested(directory: Path, manifest: Mapping[str, Any], *outer: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    """The assemblies of stages, which are folders in the folder."""
    for artifact_id, artifact in _artifacts(manifest, "cdk:cloud-assembly"):
        folder = directory / _text(artifact, artifact_id, "properties", "directoryName")
        if folder in outer:
            raise InvalidArgumentError(f"the cloud assembly '{folder}' has itself as its stage '{artifact_id}'")
        nested = _read_manifest(folder)
        yield folder, nested
        yield from _nested(folder, nested, *outer, folder)


def _text(artifact: Mapping[str, Any], artifact_id: str, *path: str, default: str | None = None) -> str:
    """A text that an artifact has, or must have if there is no default."""
    value = at_path(artifact, *path)
    if value is None and default is not None:
        return default
    if not isinstance(value, str):
        raise InvalidArgumentError(f"'{artifact_id}' of the cloud assembly has no text as its '{'.'.join(path)}'")
    return value


def _read_stack(
    folder: Path, artifact_id: str, artifact: Mapping[str, Any], manifest: Mapping[str, Any]
) -> AssemblyStack:
    environment = _text(artifact, artifact_id, "environment", default="")
    account, _, region = environment.removeprefix("aws://").partition("/")
    template = _text(artifact, artifact_id, "properties", "templateFile", default=f"{artifact_id}.template.json")
    template_file = folder / template
    asset_manifests = [
        folder / _text(asset, asset_id, "properties", "file")
        for asset_id, asset in _artifacts(manifest, "cdk:asset-manifest")
        if asset_id in as_list(artifact.get("dependencies"))
    ]
    return AssemblyStack(
        name=_text(artifact, artifact_id, "properties", "stackName", default=artifact_id),
        path=_text(artifact, artifact_id, "displayName", default=artifact_id),
        template_file=template_file,
        account=None if account in ("", *_UNKNOWN) else account,
        region=None if region in ("", *_UNKNOWN) else region,
        resource_types=Counter(_resource_types(template_file, asset_manifests)),
        bootstrap_qualifier=_qualifier(
            _text(artifact, artifact_id, "properties", "bootstrapStackVersionSsmParameter", default="")
        ),
        metadata=_metadata(folder, artifact_id, artifact),
    )


def _metadata(folder: Path, artifact_id: str, artifact: Mapping[str, Any]) -> Mapping[str, Sequence[Mapping[str, Any]]]:
    metadata = dict(as_mapping(artifact.get("metadata")))
    if "additionalMetadataFile" in artifact:
        metadata |= as_mapping(required_json(folder / _text(artifact, artifact_id, "additionalMetadataFile")))
    return {path: as_mappings(entries) for path, entries in metadata.items()}


def _resource_types(template_file: Path, asset_manifests: Iterable[Path]) -> Iterator[str]:
    """The type of each resource of a stack's template, and of the nested stacks that are published as its assets."""
    sources = (
        str(at_path(asset, "source", "path"))
        for manifest in asset_manifests
        for asset in as_mapping(at_path(required_json(manifest), "files")).values()
    )
    nested = (template_file.parent / source for source in sources if source.endswith(".nested.template.json"))
    for path in (template_file, *nested):
        for resource in as_mapping(at_path(required_json(path), "Resources")).values():
            yield str(as_mapping(resource).get("Type", ""))


def _qualifier(version_parameter: str) -> str | None:
    # "/cdk-bootstrap/hnb659fds/version"
    parts = version_parameter.strip("/").split("/")
    return parts[1] if len(parts) == 3 else None


def _docker_images(folder: Path, manifest: Mapping[str, Any]) -> Iterator[str]:
    for artifact_id, artifact in _artifacts(manifest, "cdk:asset-manifest"):
        assets = required_json(folder / _text(artifact, artifact_id, "properties", "file"))
        for name, image in as_mapping(at_path(assets, "dockerImages")).items():
            yield str(as_mapping(image).get("displayName", name))
