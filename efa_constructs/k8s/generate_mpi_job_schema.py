"""Rewrite the schema of MPIJob, from the manifest of a release of the MPI Operator.

    python -m efa_constructs.k8s.generate_mpi_job_schema mpi-operator.yaml

The file is deploy/v2beta1/mpi-operator.yaml of a release's tag in the repository kubeflow/mpi-operator. It gives
mpi_job_schema.json, the specification of our CustomResourceDefinition: upstream's fields without their prose, pod
templates that the API server stores as they are, and what DIFFERENCES adds. What upstream says of a pod template goes
to pod_template_schema.json.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import EfaConstructsError, InvalidArgumentError
from ..pods.mpi_job_schema import MANAGED_BY_MPI_OPERATOR

__all__ = ["DIFFERENCES", "Difference", "facts", "main", "schema_of"]

_PODS = Path(__file__).parents[1] / "pods"
_NAME = "mpijobs.kubeflow.org"
_TEMPLATE = "spec.mpiReplicaSpecs.*.template"
# Keywords that lead to other nodes of a schema, and prose.
_STRUCTURE = frozenset({"additionalProperties", "description", "items", "properties"})
_LINE_LENGTH = 120
_ALL = 100


@dataclass(frozen=True, slots=True)
class Difference:
    """What our schema says of a field beyond upstream's."""

    # As "spec.runPolicy.suspend": "*" stands for any key of a map, "[]" for the items of a list.
    path: str
    keywords: Mapping[str, Any]
    reason: str


_KEEP = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
_VALIDATED = "the operator refuses other values, but only by an event (mpi-operator:pkg/apis/kubeflow/validation)"
_OPAQUE = "a pod template is 95 % of upstream's schema, and the API server checks the pods that are made of it"


def _rule(rule: str, message: str) -> dict[str, Any]:
    return {"x-kubernetes-validations": [{"rule": rule, "message": message}]}


# The rule of all of them: what the operator would refuse, or silently take for something else, the API server refuses.
DIFFERENCES = (
    Difference(
        "",
        {
            "required": ["spec"],
            **_rule(
                "size(self.metadata.name) + size(string(has(self.spec.mpiReplicaSpecs.Worker) && "
                "has(self.spec.mpiReplicaSpecs.Worker.replicas) ? "
                "self.spec.mpiReplicaSpecs.Worker.replicas - 1 : 0)) <= 55",
                "the name of the last worker, NAME-worker-INDEX, must not exceed 63 characters",
            ),
        },
        _VALIDATED,
    ),
    # That of the first worker, NAME-worker-0, is a DNS label that starts with a letter, of at most 63 characters.
    Difference("metadata.name", {"type": "string", "maxLength": 54, "pattern": "^[a-z][-a-z0-9]*$"}, _VALIDATED),
    Difference(
        "spec",
        _rule(
            "(has(self.runPolicy) && has(self.runPolicy.managedBy) ? self.runPolicy.managedBy : '') == "
            "(has(oldSelf.runPolicy) && has(oldSelf.runPolicy.managedBy) ? oldSelf.runPolicy.managedBy : '')",
            "runPolicy.managedBy cannot change",
        ),
        "upstream documents the field as immutable, and nothing holds anybody to it",
    ),
    Difference(
        "spec.launcherCreationPolicy",
        {"enum": ["AtStartup", "WaitForWorkersReady"]},
        "a typing error in upstream's marker lost it, and the operator takes any other value for the second",
    ),
    Difference(
        "spec.mpiReplicaSpecs",
        {
            "required": ["Launcher"],
            # Bounds what the rules may cost, without which the API server refuses them.
            "maxProperties": 2,
            "x-kubernetes-validations": [
                # Keys of a map: under fixed properties the API server would drop a misspelt Worker, and say nothing.
                {
                    "rule": "self.all(kind, kind in ['Launcher', 'Worker'])",
                    "message": "the only kinds of replicas are Launcher and Worker",
                },
                {
                    "rule": "!has(self.Launcher) || !has(self.Launcher.replicas) || self.Launcher.replicas == 1",
                    "message": "Launcher.replicas must be 1",
                },
                {
                    "rule": "!has(self.Worker) || has(self.Worker.replicas)",
                    "message": "Worker.replicas is required",
                },
            ],
        },
        _VALIDATED,
    ),
    Difference("spec.mpiReplicaSpecs.*", {"required": ["template"]}, _VALIDATED),
    Difference("spec.mpiReplicaSpecs.*.replicas", {"minimum": 1}, _VALIDATED),
    Difference("spec.mpiReplicaSpecs.*.restartPolicy", {"enum": ["Never", "OnFailure"]}, _VALIDATED),
    Difference(_TEMPLATE, {"required": ["spec"], "x-kubernetes-preserve-unknown-fields": True}, _OPAQUE),
    Difference(f"{_TEMPLATE}.spec", {**_KEEP, "required": ["containers"]}, _OPAQUE),
    Difference(f"{_TEMPLATE}.spec.containers", {"type": "array", "minItems": 1}, _VALIDATED),
    Difference(f"{_TEMPLATE}.spec.containers[]", _KEEP, _OPAQUE),
    Difference("spec.runPolicy.activeDeadlineSeconds", {"minimum": 0}, _VALIDATED),
    Difference("spec.runPolicy.backoffLimit", {"minimum": 0}, _VALIDATED),
    Difference("spec.runPolicy.cleanPodPolicy", {"enum": ["None", "Running", "All"]}, _VALIDATED),
    Difference(
        "spec.runPolicy.managedBy", {"enum": [MANAGED_BY_MPI_OPERATOR, "kueue.x-k8s.io/multikueue"]}, _VALIDATED
    ),
    Difference("spec.runPolicy.ttlSecondsAfterFinished", {"minimum": 0}, _VALIDATED),
    Difference("spec.slotsPerWorker", {"minimum": 0}, _VALIDATED),
)


def main(arguments: list[str] | None = None) -> int:
    """The command. Returns its exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m efa_constructs.k8s.generate_mpi_job_schema",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("manifest", type=Path, metavar="FILE", help="a release's deploy/v2beta1/mpi-operator.yaml")
    parser.add_argument("--to", type=Path, metavar="DIR", help="where to write (default: the package that reads them)")
    parser.add_argument("--facts", type=Path, metavar="JSON", help="also write what upstream says of each field")
    options = parser.parse_args(arguments)
    try:
        objects = _read(options.manifest)
        made_by = {"made_by": parser.prog, "made_from": _image(options.manifest, objects)}
        definition = _definition(options.manifest, objects)
        ours, template, upstream = _schemas(definition)
    except EfaConstructsError as error:
        sys.stderr.write(f"{parser.prog}: {error}\n")
        return 2
    except KeyError as missing:
        sys.stderr.write(f"{parser.prog}: 'FILE' {options.manifest} lacks {missing}\n")
        return 2
    specification = {**definition["spec"], "versions": [{**definition["spec"]["versions"][0], "schema": _wrap(ours)}]}
    folder = options.to or _PODS
    _write(folder / "mpi_job_schema.json", {**made_by, "spec": specification}, depth=_ALL)
    # A line is a field of the pod's specification.
    _write(folder / "pod_template_schema.json", {**made_by, "schema": template}, depth=5)
    if options.facts is not None:
        _write(options.facts, {**made_by, "facts": dict(facts(upstream))}, depth=_ALL)
    return 0


def facts(schema: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every field of a schema by its path, with all that the schema says of it but prose.

    The paths are those of :class:`Difference`.
    """
    yield path, {key: value for key, value in sorted(schema.items()) if key not in _STRUCTURE}
    for step, child in _children(schema):
        yield from facts(child, f"{path}{step}" if not path or step == "[]" else f"{path}.{step}")


def schema_of(specification: Mapping[str, Any]) -> dict[str, Any]:
    """The schema in the specification of a CustomResourceDefinition with one version."""
    schema: dict[str, Any] = specification["versions"][0]["schema"]["openAPIV3Schema"]
    return schema


def _wrap(schema: dict[str, Any]) -> dict[str, Any]:
    return {"openAPIV3Schema": schema}


def _children(schema: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    yield from sorted(schema.get("properties", {}).items())
    if "additionalProperties" in schema:
        yield "*", schema["additionalProperties"]
    if "items" in schema:
        yield "[]", schema["items"]


def _read(path: Path) -> list[dict[str, Any]]:
    try:
        import yaml  # type: ignore[import-untyped]
    except ImportError:
        raise InvalidArgumentError("pyyaml is not installed: install efa-constructs[rehearsal]") from None
    try:
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        documents = list(yaml.load_all(path.read_text(encoding="utf-8"), Loader=loader))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise InvalidArgumentError(f"'FILE' {path} cannot be read: {error}") from None
    return [document for document in documents if isinstance(document, dict)]


def _image(path: Path, objects: list[dict[str, Any]]) -> str:
    """The operator's image, which names the release."""
    for item in objects:
        if item.get("kind") == "Deployment":
            return str(item["spec"]["template"]["spec"]["containers"][0]["image"])
    raise InvalidArgumentError(f"'FILE' {path} has no Deployment: give a release's deploy/v2beta1/mpi-operator.yaml")


def _definition(path: Path, objects: list[dict[str, Any]]) -> dict[str, Any]:
    for item in objects:
        if item.get("kind") == "CustomResourceDefinition" and item.get("metadata", {}).get("name") == _NAME:
            versions = [version["name"] for version in item["spec"]["versions"]]
            if versions != ["v2beta1"]:
                raise InvalidArgumentError(f"'FILE' {path} has the versions {versions}: this program knows v2beta1")
            return item
    raise InvalidArgumentError(f"'FILE' {path} has no CustomResourceDefinition {_NAME}")


def _schemas(definition: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """Our schema, that of a pod template, and upstream's down to the pod template."""
    upstream = _without_prose(schema_of(definition["spec"]))
    parent = _node(upstream, _TEMPLATE.rpartition(".")[0])["properties"]
    template, parent["template"] = parent["template"], {"type": "object"}
    template["required"] = ["spec"]
    template["properties"]["spec"]["properties"]["containers"]["minItems"] = 1
    ours = deepcopy(upstream)
    for difference in DIFFERENCES:
        node = _node(ours, difference.path, may_add="type" in difference.keywords)
        for key, value in difference.keywords.items():
            if node.setdefault(key, value) != value or key in dict(facts(upstream)).get(difference.path, ()):
                raise InvalidArgumentError(
                    f"upstream says '{key}' of '{difference.path}' itself now: look at it, and at DIFFERENCES"
                )
    return ours, template, upstream


def _node(schema: dict[str, Any], path: str, *, may_add: bool = False) -> dict[str, Any]:
    """The schema of a field.

    :param may_add: Whether to make it where it is missing.
    """
    node = schema
    for step in path.replace("[]", ".[]").split(".") if path else ():
        children, key = node, {"*": "additionalProperties", "[]": "items"}.get(step, step)
        if key == step:
            children = node.setdefault("properties", {})
        if key not in children and not may_add:
            raise InvalidArgumentError(f"upstream has no field '{path}' any more: look at it, and at DIFFERENCES")
        node = children.setdefault(key, {})
    return node


def _without_prose(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_without_prose(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    # A field that is called description would have a schema, not a string.
    return {
        key: _without_prose(value)
        for key, value in schema.items()
        if not (key == "description" and isinstance(value, str))
    }


def _write(path: Path, document: Mapping[str, Any], *, depth: int) -> None:
    path.write_text(_json(document, depth) + "\n", encoding="utf-8")


def _json(value: Any, depth: int, indentation: str = "") -> str:
    """JSON with what fits on a line, and what lies deeper than this, on one line."""
    line = json.dumps(value, sort_keys=True)
    if len(indentation) + len(line) <= _LINE_LENGTH or not isinstance(value, dict | list):
        return line
    if depth == 0:
        return json.dumps(value, sort_keys=True, separators=(",", ":"))
    inner = indentation + " "
    if isinstance(value, dict):
        parts = [f"{json.dumps(key)}: {_json(value[key], depth - 1, inner)}" for key in sorted(value)]
    else:
        parts = [_json(item, depth - 1, inner) for item in value]
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    return f"{opening}\n{inner}" + f",\n{inner}".join(parts) + f"\n{indentation}{closing}"


if __name__ == "__main__":
    sys.exit(main())
