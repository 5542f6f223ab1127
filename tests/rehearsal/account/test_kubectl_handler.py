"""CDK's own kubectl handler in the emulated account, with a kubectl that only records what it is asked for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from efa_constructs.rehearsal.account import eks, on_trust
from efa_constructs.rehearsal.account.cloudformation.errors import CloudFormationError
from efa_constructs.rehearsal.account.endpoint import listen_on
from efa_constructs.rehearsal.account.resource_type import AwsError, Resource, ResourceType
from efa_constructs.rehearsal.account.resources.custom_kubernetes import (
    HelmChart,
    KubernetesManifest,
    KubernetesObjectValue,
    KubernetesPatch,
)

from .kubectl_functions import NoControlPlane, archive, cdk_handler, deploy, handler, kubectl_layer, log
from .training_account import REGION, TrainingAccount

ADMIN = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"
NAMESPACE = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "training"}}
MANIFEST = {"Manifest": json.dumps([NAMESPACE])}
PATCH = {
    "ResourceName": "deployment/coredns",
    "ResourceNamespace": "kube-system",
    "ApplyPatchJson": '{"spec":{"replicas":4}}',
    "RestorePatchJson": '{"spec":{"replicas":2}}',
    "PatchType": "strategic",
}
VALUE = {
    "ObjectType": "service",
    "ObjectName": "train",
    "ObjectNamespace": "default",
    "JsonPath": ".spec.clusterIP",
    "TimeoutSeconds": 300,
}
CHART = {"Release": "operator", "Chart": "mpi-operator", "Namespace": "training"}


class Kubectl:
    """A cluster with a control plane, and a handler that may reach it."""

    def __init__(self, folder: Path) -> None:
        self.account = TrainingAccount()
        self.account.create_cluster()
        self.folder = folder / "handler"
        self.folder.mkdir()
        self.record = folder / "record"
        self.control_plane = NoControlPlane(self.folder)
        self.cluster = eks.eks_state(self.account.id, REGION).cluster("training")
        self.cluster.control_plane = self.control_plane
        self.token = ""
        self.role = ""

    def deploy(
        self, *layers: bytes, library: str = "aws-eks-v2", says: str = "done", fails: bool = False, **options: Any
    ) -> None:
        variables = {"RECORD": str(self.record), "SAYS": says, "FAILS": "yes" if fails else ""}
        code = cdk_handler(library)
        self.token = deploy(self.account, code, layers or (kubectl_layer(),), variables=variables, **options)
        self.role = handler(self.account).role
        self.admit(self.role)

    def admit(self, role: str) -> None:
        self.account.call("CreateAccessEntry", clusterName="training", principalArn=role)
        self.account.call(
            "AssociateAccessPolicy",
            clusterName="training",
            principalArn=role,
            policyArn=ADMIN,
            accessScope={"type": "cluster"},
        )

    def properties(self, properties: Mapping[str, Any]) -> dict[str, Any]:
        return {"ServiceToken": self.token, "ClusterName": "training", **properties}

    def create(self, resource_type: type[ResourceType], properties: Mapping[str, Any]) -> Resource:
        return self.account.make(resource_type, self.properties(properties))

    def update(self, resource_type: type[ResourceType], properties: Mapping[str, Any], current: Resource) -> Resource:
        request = self.account.request(resource_type, self.properties(properties))
        return resource_type().update(replace(request, old_properties=request.properties), current)

    def delete(self, resource_type: type[ResourceType], properties: Mapping[str, Any], current: Resource) -> None:
        resource_type().delete(self.account.request(resource_type, self.properties(properties)), current)

    @property
    def commands(self) -> list[str]:
        """What kubectl was asked for, without the names of files."""
        return [
            " ".join(word for word in line.split() if not word.startswith("/"))
            for line in self.record.read_text(encoding="utf-8").splitlines()
            if line.startswith("kubectl")
        ]


@pytest.fixture
def kubectl(tmp_path: Path) -> Kubectl:
    # Nothing listens there: only charts of S3 are fetched.
    listen_on(9, "token")
    return Kubectl(tmp_path)


def test_the_handler_does_with_kubectl_what_cdk_wrote(kubectl: Kubectl) -> None:
    kubectl.deploy()
    made = kubectl.create(KubernetesManifest, MANIFEST)
    kubectl.update(KubernetesManifest, MANIFEST | {"PruneLabel": "aws.cdk.eks/prune-c8"}, made)
    kubectl.delete(KubernetesManifest, MANIFEST, made)
    assert kubectl.commands == [
        "kubectl create --kubeconfig -f --save-config",
        "kubectl apply --kubeconfig -f --prune -l aws.cdk.eks/prune-c8",
        "kubectl delete --kubeconfig -f",
    ]


def test_properties_are_strings_as_cloudformation_sends_them(kubectl: Kubectl) -> None:
    kubectl.deploy()
    kubectl.create(KubernetesManifest, MANIFEST | {"Overwrite": True, "SkipValidation": True})
    assert kubectl.commands == ["kubectl apply --kubeconfig -f --validate=false"]


def test_kubectl_gets_the_kubeconfig_of_the_functions_role(kubectl: Kubectl) -> None:
    kubectl.deploy()
    kubectl.create(KubernetesManifest, MANIFEST)
    assert f"kubeconfig of {kubectl.role}" in kubectl.record.read_text(encoding="utf-8")
    assert kubectl.control_plane.asked == [(kubectl.role, kubectl.cluster.access_entries[kubectl.role])]


def test_the_handler_of_cdks_first_library_takes_the_role_that_its_resource_names(kubectl: Kubectl) -> None:
    kubectl.deploy(library="aws-eks")
    masters = kubectl.account.role("masters", "lambda.amazonaws.com")
    kubectl.cluster.creator = masters
    kubectl.create(KubernetesManifest, MANIFEST | {"RoleArn": masters})
    assert kubectl.control_plane.asked == [(masters, None)]


def test_a_manifest_that_was_applied_is_not_kept_for_anybody(kubectl: Kubectl) -> None:
    kubectl.deploy()
    made = kubectl.create(KubernetesManifest, MANIFEST)
    assert kubectl.cluster.manifests == {}
    assert kubectl.update(KubernetesManifest, MANIFEST, made).physical_id == made.physical_id


def test_what_kubectl_refuses_fails_in_kubectls_words(kubectl: Kubectl) -> None:
    kubectl.deploy(fails=True, says='error: no matches for kind "MPIJob"')
    with pytest.raises(CloudFormationError) as caught:
        kubectl.create(KubernetesManifest, MANIFEST)
    assert caught.value.message.startswith(
        "Received response status [FAILED] from custom resource. Message returned: "
        "Error: b'error: no matches for kind \"MPIJob\"\\n'\n\nLogs: /aws/lambda/Handler\n (RequestId: "
    )


def test_what_kubectl_cannot_delete_stays_and_is_in_the_log(kubectl: Kubectl) -> None:
    kubectl.deploy(fails=True, says="Error from server (NotFound)")
    kubectl.delete(KubernetesManifest, MANIFEST, Resource(physical_id="made"))
    assert "[INFO] delete error: b'Error from server (NotFound)" in log(kubectl.account)


def test_a_patch_is_made_and_restored(kubectl: Kubectl) -> None:
    kubectl.deploy()
    made = kubectl.create(KubernetesPatch, PATCH)
    kubectl.delete(KubernetesPatch, PATCH, made)
    patch = "kubectl --kubeconfig patch deployment/coredns -n kube-system -p"
    assert kubectl.commands == [
        f'{patch} {{"spec":{{"replicas":4}}}} --type strategic',
        f'{patch} {{"spec":{{"replicas":2}}}} --type strategic',
    ]


def test_a_patch_that_cannot_be_restored_fails(kubectl: Kubectl) -> None:
    kubectl.deploy(fails=True, says="Error from server (NotFound)")
    with pytest.raises(CloudFormationError, match="NotFound"):
        kubectl.delete(KubernetesPatch, PATCH, Resource(physical_id="made"))


def test_a_value_is_what_kubectl_reads(kubectl: Kubectl) -> None:
    kubectl.deploy(says="'10.0.0.7'")
    made = kubectl.create(KubernetesObjectValue, VALUE)
    assert made.attributes == {"Value": "10.0.0.7"}
    assert kubectl.commands == ["kubectl --kubeconfig get -n default service train -o=jsonpath='{.spec.clusterIP}'"]


def test_a_value_that_is_too_long_for_cloudformation_fails(kubectl: Kubectl) -> None:
    kubectl.deploy(says=f"'{'x' * 4096}'")
    with pytest.raises(CloudFormationError, match=r"^Response object is too long\."):
        kubectl.create(KubernetesObjectValue, VALUE)


def test_a_role_without_access_entry_is_refused_before_kubectl_runs(kubectl: Kubectl) -> None:
    kubectl.deploy()
    del kubectl.cluster.access_entries[kubectl.role]
    with pytest.raises(AwsError, match="You must be logged in to the server"):
        kubectl.create(KubernetesManifest, MANIFEST)
    assert not kubectl.record.exists()


def test_what_a_role_may_no_longer_delete_stays(kubectl: Kubectl) -> None:
    kubectl.deploy()
    del kubectl.cluster.access_entries[kubectl.role]
    kubectl.delete(KubernetesManifest, MANIFEST, Resource(physical_id="made"))
    assert not kubectl.record.exists()
    with pytest.raises(AwsError, match="You must be logged in to the server"):
        kubectl.delete(KubernetesPatch, PATCH, Resource(physical_id="made"))


def test_resources_that_are_deployed_at_once_do_not_meet(kubectl: Kubectl) -> None:
    kubectl.deploy()
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: kubectl.create(KubernetesManifest, MANIFEST), range(4)))
    assert len({resource.physical_id for resource in made}) == 4
    folders = [
        word.rpartition("/")[0]
        for line in kubectl.record.read_text(encoding="utf-8").splitlines()
        for word in line.split()
        if word.endswith("manifest.yaml")
    ]
    assert len(set(folders)) == 4
    # And they leave nothing but what they share.
    assert not list(kubectl.folder.glob("run-*"))


def test_a_chart_is_installed_with_helm_of_the_layer(kubectl: Kubectl) -> None:
    kubectl.deploy(archive({"helm/helm": '#!/bin/sh\necho "kubectl-free helm $*" >> "$RECORD"\n'}, executable=True))
    made = kubectl.create(HelmChart, CHART | {"Values": '{"replicas":2}'})
    kubectl.delete(HelmChart, CHART, made)
    first, last = [line for line in kubectl.record.read_text(encoding="utf-8").splitlines() if "--help" not in line]
    assert "helm upgrade operator mpi-operator --install --values" in first
    assert "helm uninstall operator --namespace training --kubeconfig" in last


def test_a_chart_that_helm_cannot_fetch_fails(kubectl: Kubectl) -> None:
    helm = '#!/bin/sh\necho "Error: looks like \\"https://charts\\" is not a valid chart repository" >&2\nexit 1\n'
    kubectl.deploy(archive({"helm/helm": helm}, executable=True))
    with pytest.raises(CloudFormationError, match="is not a valid chart repository"):
        kubectl.create(HelmChart, CHART)


def test_a_chart_is_named_as_not_installed_where_no_helm_runs(
    kubectl: Kubectl, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    kubectl.deploy(archive({"helm/helm": "made for another machine"}, executable=True))
    made = kubectl.create(HelmChart, CHART)
    assert made.physical_id == "training/It"
    assert (
        "the Helm chart training/It, which was not installed: helm of the function's layer does not run on this "
        "machine, or is not here, and PATH has no other: install helm"
    ) in on_trust.taken_on_trust()


def test_a_chart_fails_where_the_layer_has_no_helm(kubectl: Kubectl) -> None:
    kubectl.deploy()
    with pytest.raises(CloudFormationError, match="No such file or directory: 'helm'"):
        kubectl.create(HelmChart, CHART)


def test_a_chart_of_an_image_registry_of_aws_fails_and_says_why(kubectl: Kubectl) -> None:
    kubectl.deploy(archive({"helm/helm": "#!/bin/sh\n"}, executable=True))
    repository = {"Repository": "oci://123456789012.dkr.ecr.us-east-1.amazonaws.com/charts/operator", "Version": "1"}
    with pytest.raises(CloudFormationError, match="a chart of Amazon ECR cannot be fetched here"):
        kubectl.create(HelmChart, CHART | repository)


def test_kubectl_of_this_machine_stands_in_for_one_that_does_not_run_here(
    kubectl: Kubectl, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    own = tmp_path / "own"
    own.mkdir()
    (own / "kubectl").write_text('#!/bin/sh\necho "kubectl of this machine" >> "$RECORD"\n', encoding="utf-8")
    (own / "kubectl").chmod(0o755)
    monkeypatch.setenv("PATH", str(own))
    kubectl.deploy(kubectl_layer("made for another machine"))
    kubectl.create(KubernetesManifest, MANIFEST)
    assert kubectl.commands == ["kubectl of this machine"]
    assert (
        f"kubectl of the Lambda layer, which does not run on this machine, or is not here: {own / 'kubectl'} stood in "
        "for it" in on_trust.taken_on_trust()
    )


def test_a_manifest_fails_where_no_kubectl_runs(
    kubectl: Kubectl, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    kubectl.deploy(kubectl_layer("made for another machine"))
    with pytest.raises(AwsError, match="PATH has no other: install kubectl"):
        kubectl.create(KubernetesManifest, MANIFEST)


def test_kubectl_of_this_machine_is_not_taken_for_a_layer_that_was_forgotten(
    kubectl: Kubectl, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "kubectl").write_text("#!/bin/sh\n", encoding="utf-8")
    (tmp_path / "kubectl").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    kubectl.deploy(archive({"bin/other": ""}))
    with pytest.raises(CloudFormationError, match="No such file or directory: 'kubectl'"):
        kubectl.create(KubernetesManifest, MANIFEST)


def test_kubectl_of_this_machine_stands_in_for_a_layer_of_another_account(
    kubectl: Kubectl, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "kubectl").write_text('#!/bin/sh\necho "kubectl of this machine" >> "$RECORD"\n', encoding="utf-8")
    (tmp_path / "kubectl").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    kubectl.deploy(archive({"bin/other": ""}))
    elsewhere = "arn:aws:lambda:us-east-1:999999999999:layer:kubectl:1"
    handler(kubectl.account).layers.append({"Arn": elsewhere, "CodeSize": 0})
    kubectl.create(KubernetesManifest, MANIFEST)
    assert kubectl.commands == ["kubectl of this machine"]
