"""Reads a folder of Kubernetes manifests as ``kubectl apply -f`` does."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]

from ...errors import InvalidArgumentError

__all__ = ["ManifestObject", "read_manifests"]

# https://kubernetes.io/docs/reference/kubectl/generated/kubectl_apply: what kubectl reads of a folder.
_EXTENSIONS = (".json", ".yaml", ".yml")
_CUSTOM_RESOURCE_DEFINITION = "CustomResourceDefinition"


@dataclass(frozen=True, slots=True, kw_only=True)
class ManifestObject:
    """An object of a manifest file."""

    file: Path
    content: Mapping[str, Any]

    @property
    def defines_a_kind(self) -> bool:
        """Whether it is a CustomResourceDefinition."""
        return bool(self.content["kind"] == _CUSTOM_RESOURCE_DEFINITION)

    @property
    def title(self) -> str:
        """Names it in errors: ``jobs.yaml: MPIJob nccl-tests``."""
        return f"{self.file.name}: {self.content['kind']} {self.content['metadata']['name']}"


def read_manifests(folder: Path) -> tuple[ManifestObject, ...]:
    """The objects of a folder's files: files by name, and the objects of a file in its order.

    Folders in the folder are not read, as kubectl does not without ``--recursive``. CustomResourceDefinitions come
    first: kubectl would need a second run for objects of the kinds that they define.

    :raises InvalidArgumentError: the folder has no manifest, or a file is none.
    """
    if not folder.is_dir():
        raise InvalidArgumentError(f"'--manifests' is '{folder}', which is no folder: give one with YAML files")
    files = sorted(path for path in folder.iterdir() if path.suffix in _EXTENSIONS and path.is_file())
    objects = [
        ManifestObject(file=file, content=content) for file in files for content in _objects(file, _documents(file))
    ]
    if not objects:
        raise InvalidArgumentError(
            f"'--manifests' is '{folder}', which has no .yaml, .yml or .json file with an object: give one that has"
        )
    return tuple(sorted(objects, key=lambda one: not one.defines_a_kind))


def _documents(file: Path) -> list[Any]:
    try:
        text = file.read_text(encoding="utf-8")
        return [json.loads(text)] if file.suffix == ".json" else list(yaml.safe_load_all(text))
    except (OSError, ValueError) as error:
        raise InvalidArgumentError(f"cannot read '{file}' of '--manifests': {error}") from None
    except yaml.YAMLError as error:
        raise InvalidArgumentError(f"'{file}' of '--manifests' is not YAML: {' '.join(str(error).split())}") from None


def _objects(file: Path, documents: list[Any]) -> Iterator[Mapping[str, Any]]:
    for number, document in enumerate(documents, start=1):
        # Between two lines of "---" may be nothing.
        if document is None:
            continue
        if isinstance(document, dict) and document.get("kind") == "List" and isinstance(document.get("items"), list):
            yield from _objects(file, document["items"])
            continue
        for field in ("apiVersion", "kind"):
            if not isinstance(document, dict) or not isinstance(document.get(field), str):
                raise InvalidArgumentError(
                    f"object {number} of '{file}' of '--manifests' is no Kubernetes object: it has no '{field}'"
                )
        if not isinstance(document.get("metadata"), dict) or not isinstance(document["metadata"].get("name"), str):
            raise InvalidArgumentError(
                f"object {number} of '{file}' of '--manifests', of kind {document['kind']}, has no 'metadata.name'"
            )
        yield document
