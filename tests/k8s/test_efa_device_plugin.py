"""The EFA device plugin has today's shape, and the image of its Region."""

from __future__ import annotations

import pytest

from efa_constructs.catalogue import EKS_IMAGE_REGISTRIES
from efa_constructs.errors import InvalidArgumentError
from efa_constructs.k8s import EfaDevicePlugin

from .plugins import daemon_set, pod


def image(**arguments):
    return pod(EfaDevicePlugin, **arguments)["containers"][0]["image"]


def test_has_the_shape_of_the_chart():
    spec = pod(EfaDevicePlugin, region="us-west-2")
    (container,) = spec["containers"]
    assert container["securityContext"] == {
        "privileged": True,
        "allowPrivilegeEscalation": True,
        "runAsNonRoot": False,
        "runAsUser": 0,
    }
    assert container["resources"] == {"requests": {"cpu": "10m", "memory": "20Mi"}}
    assert {volume["hostPath"]["path"]: volume["hostPath"].get("type") for volume in spec["volumes"]} == {
        "/var/lib/kubelet/device-plugins": None,
        "/dev/infiniband/": None,
        "/opt/aws/neuron/": "DirectoryOrCreate",
    }
    assert {mount["mountPath"] for mount in container["volumeMounts"]} == {
        volume["hostPath"]["path"] for volume in spec["volumes"]
    }
    assert spec["hostNetwork"] is True
    assert spec["automountServiceAccountToken"] is False
    assert not {"args", "command", "env", "ports"} & set(container)


@pytest.mark.parametrize("region", ["us-west-2", "eu-south-2", "us-gov-west-1", "cn-northwest-1", "us-iso-east-1"])
def test_comes_from_the_registry_of_the_region(region):
    registry = EKS_IMAGE_REGISTRIES[region]
    assert image(region=region) == f"{registry}/eks/aws-efa-k8s-device-plugin:v0.5.21-eksbuild.13"


def test_takes_another_version_or_another_image():
    assert image(region="us-west-2", version="v0.5.30").endswith("/eks/aws-efa-k8s-device-plugin:v0.5.30")
    mirror = "registry.example.com/efa:v0.5.21@sha256:" + "0" * 64
    assert image(image=mirror) == mirror


def test_makes_an_image_of_a_registry_that_is_known_only_at_deployment():
    made = EfaDevicePlugin.image_in("${Token[TOKEN.42]}")
    assert image(image=made) == "${Token[TOKEN.42]}/eks/aws-efa-k8s-device-plugin:v0.5.21-eksbuild.13"
    assert EfaDevicePlugin.image_in("registry.example.com", "v1") == (
        "registry.example.com/eks/aws-efa-k8s-device-plugin:v1"
    )


def test_goes_by_another_name():
    found = daemon_set(EfaDevicePlugin, region="us-west-2", name="efa")
    assert found["metadata"]["name"] == "efa"
    assert found["spec"]["selector"]["matchLabels"] == {"name": "efa"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "neither 'region' nor 'image' is given: give the Region"),
        ({"region": "us-west-2", "image": "efa:v1"}, "'region' is 'us-west-2' and 'image' is 'efa:v1', .* one of them"),
        ({"image": "efa:v1", "version": "v2"}, "'version' is 'v2' and 'image' is 'efa:v1', .* one of them"),
        ({"region": "us-west-9"}, "'region' is 'us-west-9', of which .* pass 'image'"),
        ({"region": "${Token[AWS.Region.4]}"}, r"known only at deployment: pass 'image', .* EfaDevicePlugin.image_in"),
        ({"region": "us-west-2", "version": "latest"}, "'version' is 'latest', which moves"),
        ({"region": "us-west-2", "name": "EFA"}, "'name' is 'EFA': a name is"),
        ({"region": 2}, "'region' is 2, of type int: give a Region"),
    ],
)
def test_refuses_what_would_not_work(arguments, message):
    with pytest.raises(InvalidArgumentError, match=message):
        daemon_set(EfaDevicePlugin, **arguments)


def test_documents_the_version_that_it_pins():
    assert f'Default: ``"{EfaDevicePlugin.image_in("").rpartition(":")[2]}"``' in (
        EfaDevicePlugin.__init__.__doc__ or ""
    )
