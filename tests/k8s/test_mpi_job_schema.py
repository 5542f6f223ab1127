"""The CustomResourceDefinition of MPIJob: what the API server takes, and what it refuses."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest

from efa_constructs.k8s.generate_mpi_job_schema import facts, schema_of
from efa_constructs.k8s.mpi_job_schema import CrdMode, definition_specification

from .mpi_jobs import errors_of

TEMPLATE = {"metadata": {"labels": {"team": "a"}}, "spec": {"containers": [{"name": "mpi", "image": "training:1"}]}}
MODES = [CrdMode.SMALL, CrdMode.STRIPPED]


def job(**spec: Any) -> dict[str, Any]:
    return copy.deepcopy(
        {
            "apiVersion": "kubeflow.org/v2beta1",
            "kind": "MPIJob",
            "metadata": {"name": "training"},
            "spec": {"mpiReplicaSpecs": {"Launcher": launcher(), "Worker": worker()}, **spec},
        }
    )


def launcher(**fields: Any) -> dict[str, Any]:
    return {"replicas": 1, "template": TEMPLATE, **fields}


def worker(**fields: Any) -> dict[str, Any]:
    return {"replicas": 2, "template": TEMPLATE, **fields}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    "manifest",
    [
        job(),
        job(mpiReplicaSpecs={"Launcher": {"template": TEMPLATE}}),
        job(
            slotsPerWorker=8,
            runLauncherAsWorker=True,
            launcherCreationPolicy="WaitForWorkersReady",
            mpiImplementation="MPICH",
            sshAuthMountPath="/home/mpi/.ssh",
            runPolicy={
                "activeDeadlineSeconds": 3600,
                "backoffLimit": 0,
                "cleanPodPolicy": "Running",
                "managedBy": "kueue.x-k8s.io/multikueue",
                "suspend": True,
                "ttlSecondsAfterFinished": 60,
                "schedulingPolicy": {"minAvailable": 2, "queue": "a", "minResources": {"cpu": 4, "memory": "1Gi"}},
            },
            mpiReplicaSpecs={"Launcher": launcher(restartPolicy="OnFailure"), "Worker": worker(restartPolicy="Never")},
        ),
        job()
        | {"status": {"startTime": "2026-11-25T13:00:00Z", "conditions": [{"type": "Created", "status": "True"}]}},
    ],
)
def test_takes(mode, manifest):
    assert errors_of(manifest, mode) == []


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    ("manifest", "message"),
    [
        (job(cleanPodPolicy="Running"), "'cleanPodPolicy' was unexpected"),
        (job(slotsPerWorkers=8), "'slotsPerWorkers' was unexpected"),
        (job(runPolicy={"suspended": True}), "'suspended' was unexpected"),
        (job(runPolicy={"schedulingPolicy": {"minAvailabel": 2}}), "'minAvailabel' was unexpected"),
        (job(mpiReplicaSpecs={"Launcher": launcher(restart="Never")}), "'restart' was unexpected"),
        (job() | {"statsu": {}}, "'statsu' was unexpected"),
        ({key: value for key, value in job().items() if key != "spec"}, "'spec' is a required property"),
        (job() | {"spec": {}}, "'mpiReplicaSpecs' is a required property"),
        (job(mpiReplicaSpecs={"Worker": worker()}), "'Launcher' is a required property"),
        (job(mpiReplicaSpecs={"Launcher": launcher(), "Worker": worker(), "Ps": worker()}), "has too many properties"),
        (job(mpiReplicaSpecs={"Launcher": launcher(), "Worker": worker(replicas=0)}), "less than the minimum of 1"),
        (job(mpiReplicaSpecs={"Launcher": launcher(), "Worker": worker(replicas="2")}), "not of type 'integer'"),
        (job(mpiReplicaSpecs={"Launcher": launcher(restartPolicy="Always")}), "'Always' is not one of"),
        (job(mpiReplicaSpecs={"Launcher": {"replicas": 1}}), "'template' is a required property"),
        (job(mpiReplicaSpecs={"Launcher": launcher(template={})}), "'spec' is a required property"),
        (job(mpiReplicaSpecs={"Launcher": launcher(template={"spec": {}})}), "'containers' is a required property"),
        (job(mpiReplicaSpecs={"Launcher": launcher(template={"spec": {"containers": []}})}), "[] should be non-empty"),
        (job(launcherCreationPolicy="WaitForWorkers"), "'WaitForWorkers' is not one of"),
        (job(mpiImplementation="openmpi"), "'openmpi' is not one of"),
        (job(slotsPerWorker=-1), "less than the minimum of 0"),
        (job(slotsPerWorker=2**31), "is not a 'int32'"),
        (job(sshAuthMountPath=1), "not of type 'string'"),
        (job(runLauncherAsWorker="true"), "not of type 'boolean'"),
        (job(runPolicy={"cleanPodPolicy": "Runing"}), "'Runing' is not one of"),
        (job(runPolicy={"managedBy": "kueue"}), "'kueue' is not one of"),
        (job(runPolicy={"backoffLimit": -1}), "less than the minimum of 0"),
        (job(runPolicy={"activeDeadlineSeconds": -1}), "less than the minimum of 0"),
        (job(runPolicy={"ttlSecondsAfterFinished": -1}), "less than the minimum of 0"),
        (job(runPolicy={"schedulingPolicy": {"minResources": {"cpu": "four"}}}), "'four' does not match"),
        (job() | {"metadata": {"name": "a" * 55}}, "is too long"),
        (job() | {"metadata": {"name": "2nodes"}}, "'2nodes' does not match"),
        (job() | {"metadata": {"name": "two.nodes"}}, "'two.nodes' does not match"),
    ],
)
def test_refuses(mode, manifest, message):
    errors = errors_of(manifest, mode)
    assert any(message in error for error in errors), errors


def test_only_stripped_looks_into_pod_templates():
    misspelt = job()
    misspelt["spec"]["mpiReplicaSpecs"]["Worker"]["template"]["spec"]["hostNetwrk"] = True
    assert errors_of(misspelt, CrdMode.SMALL) == []
    assert any("'hostNetwrk' was unexpected" in error for error in errors_of(misspelt, CrdMode.STRIPPED))


def rules_of(schema: dict[str, Any]) -> list[str]:
    lists = (keywords.get("x-kubernetes-validations", ()) for _, keywords in facts(schema))
    return [entry["rule"] for rules in lists for entry in rules]


# What the API server demands of a schema ("structural"), and what it refuses to hold.
# kubernetes:staging/src/k8s.io/apiextensions-apiserver/pkg/apiserver/schema/validation.go
FORBIDDEN = {
    "$ref",
    "definitions",
    "dependencies",
    "deprecated",
    "discriminator",
    "id",
    "patternProperties",
    "readOnly",
}
KNOWN = {
    "additionalProperties",
    "anyOf",
    "default",
    "enum",
    "format",
    "items",
    "maxLength",
    "maxProperties",
    "minItems",
    "minimum",
    "pattern",
    "properties",
    "required",
    "type",
    "x-kubernetes-int-or-string",
    "x-kubernetes-list-map-keys",
    "x-kubernetes-list-type",
    "x-kubernetes-map-type",
    "x-kubernetes-preserve-unknown-fields",
    "x-kubernetes-validations",
}


def structural_errors(node: dict[str, Any], path: str = "") -> list[str]:
    """What the API server would say of the schema of a CustomResourceDefinition."""
    errors = [f"{keyword} is forbidden" for keyword in sorted(set(node) & FORBIDDEN)]
    errors += [f"{keyword} is not known" for keyword in sorted(set(node) - KNOWN - FORBIDDEN)]
    errors += [*type_errors(node), *value_errors(node), *key_errors(node)]
    children = {f".{name}": child for name, child in node.get("properties", {}).items()}
    children |= {sign: node[key] for key, sign in (("additionalProperties", ".*"), ("items", "[]")) if key in node}
    below = [error for step, child in children.items() for error in structural_errors(child, path + step)]
    return [f"{path}: {error}" for error in errors] + below


def type_errors(node: dict[str, Any]) -> Iterator[str]:
    if "type" not in node and not node.get("x-kubernetes-int-or-string"):
        yield "has no type"
    if "properties" in node and "additionalProperties" in node:
        yield "has properties and additionalProperties"
    if {"properties", "additionalProperties"} & set(node) and node.get("type") != "object":
        yield "has fields and is no object"
    if node.get("type") == "array" and "items" not in node:
        yield "has no items"


def value_errors(node: dict[str, Any]) -> Iterator[str]:
    if "default" in node:
        yield from (error.message for error in jsonschema.Draft4Validator(node).iter_errors(node["default"]))
    for name in node.get("required", ()):
        if "properties" in node and name not in node["properties"]:
            yield f"requires {name}, which it has not"


def key_errors(node: dict[str, Any]) -> Iterator[str]:
    for name in node.get("x-kubernetes-list-map-keys", ()):
        item = node["items"]
        if name not in item.get("required", ()) and "default" not in item["properties"][name]:
            yield f"key {name} of the list is neither required nor has a default"


@pytest.mark.parametrize("mode", MODES)
def test_the_schema_is_structural(mode):
    assert structural_errors(schema_of(definition_specification(mode))) == []


@pytest.mark.parametrize(
    ("node", "error"),
    [
        ({"properties": {}}, ": has no type"),
        ({"type": "object", "$ref": "#/a"}, ": $ref is forbidden"),
        ({"type": "object", "const": 1}, ": const is not known"),
        ({"type": "array"}, ": has no items"),
        ({"type": "string", "default": 1}, ": 1 is not of type 'string'"),
        (
            {"type": "object", "required": ["a"], "properties": {"b": {"type": "string"}}},
            ": requires a, which it has not",
        ),
        ({"type": "object", "properties": {}, "additionalProperties": {"type": "string"}}, "properties and additional"),
        (
            {
                "type": "array",
                "items": {"type": "object", "properties": {"a": {"type": "string"}}},
                "x-kubernetes-list-map-keys": ["a"],
            },
            "neither required nor has a default",
        ),
    ],
)
def test_the_check_for_it_finds(node, error):
    assert any(error in found for found in structural_errors(node))


@pytest.mark.parametrize("mode", MODES)
def test_metadata_restricts_its_name_alone(mode):
    """The API server accepts no other restriction of metadata."""
    metadata = schema_of(definition_specification(mode))["properties"]["metadata"]
    assert set(metadata) == {"type", "properties"}
    assert set(metadata["properties"]) == {"name"}


def test_rules_stand_where_their_cost_is_bounded():
    """A rule over a map without maxProperties, or a text without maxLength, is too dear for the API server."""
    schema = schema_of(definition_specification(CrdMode.SMALL))
    assert len(rules_of(schema)) == 5
    assert schema["properties"]["metadata"]["properties"]["name"]["maxLength"] == 54
    assert schema["properties"]["spec"]["properties"]["mpiReplicaSpecs"]["maxProperties"] == 2
