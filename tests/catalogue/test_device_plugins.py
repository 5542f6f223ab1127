"""A node group gets the device plugins that it needs, and none that its nodes have already."""

from __future__ import annotations

import pytest

from efa_constructs import catalogue
from efa_constructs.catalogue import DevicePlugin, device_plugins_needed
from efa_constructs.catalogue.device_plugins import oldest_efa_device_plugin
from efa_constructs.errors import InvalidArgumentError


def needed(*args, **kwargs):
    return {need.plugin.value for need in device_plugins_needed(*args, **kwargs) if need.needed}


def reasons(*args, **kwargs):
    return {need.plugin.value: need.reason for need in device_plugins_needed(*args, **kwargs)}


@pytest.mark.parametrize(
    ("instance_type", "ami_type", "plugins"),
    [
        ("p5.48xlarge", None, {"efa", "nvidia"}),
        ("p5.48xlarge", "AL2023_x86_64_NVIDIA", {"efa", "nvidia"}),
        ("p5.48xlarge", "BOTTLEROCKET_x86_64_NVIDIA", {"efa"}),
        ("p6-b200.48xlarge", "BOTTLEROCKET_x86_64_NVIDIA_FIPS", {"efa"}),
        ("trn1.32xlarge", None, {"efa", "neuron"}),
        ("hpc7a.96xlarge", "AL2023_x86_64_STANDARD", {"efa"}),
        ("hpc7g.16xlarge", "BOTTLEROCKET_ARM_64", {"efa"}),
        ("dl1.24xlarge", None, {"efa"}),
    ],
)
def test_follows_from_the_devices_and_the_ami(instance_type, ami_type, plugins):
    assert needed(instance_type, ami_type) == plugins


@pytest.mark.parametrize("instance_type", ["p5.48xlarge", "trn1.32xlarge", "hpc7a.96xlarge"])
def test_needs_none_in_auto_mode(instance_type):
    assert needed(instance_type, auto_mode=True) == set()


def test_says_why_not():
    bottlerocket = reasons("p5.48xlarge", "BOTTLEROCKET_x86_64_NVIDIA")
    assert bottlerocket["nvidia"] == "has NVIDIA GPUs, and AMI type BOTTLEROCKET_x86_64_NVIDIA brings the plugin"
    assert bottlerocket["neuron"] == "has no Neuron devices"
    # Habana's Gaudi has a plugin of its own, which is not ours.
    assert reasons("dl1.24xlarge")["nvidia"] == "has no NVIDIA GPUs"
    assert reasons("p5.48xlarge", auto_mode=True)["efa"] == "has EFA interfaces, and EKS Auto Mode brings the plugin"


def test_answers_for_every_plugin_of_every_type():
    for instance in catalogue.all_instance_types():
        needs = device_plugins_needed(instance)
        assert [need.plugin for need in needs] == list(DevicePlugin)
        assert needs[0].needed


def test_says_of_each_plugin_what_it_offers_and_what_people_call_it():
    assert {plugin.heading: plugin.resource for plugin in DevicePlugin} == {
        "EFA device plugin": "vpc.amazonaws.com/efa",
        "NVIDIA device plugin": "nvidia.com/gpu",
        "Neuron device plugin": "aws.amazon.com/neuron",
    }


def test_refuses_an_ami_type_that_does_not_fit():
    with pytest.raises(InvalidArgumentError, match="use AL2023_x86_64_NEURON"):
        device_plugins_needed("trn1.32xlarge", "BOTTLEROCKET_x86_64")


def test_refuses_an_ami_type_where_auto_mode_chooses_it():
    with pytest.raises(InvalidArgumentError, match="'ami_type' is 'AL2023_x86_64_NVIDIA', but with 'auto_mode' EKS"):
        device_plugins_needed("p5.48xlarge", "AL2023_x86_64_NVIDIA", auto_mode=True)


def test_what_is_not_needed_is_told_as_clearly_as_what_is():
    for plugin in (
        *device_plugins_needed("p5.48xlarge", "BOTTLEROCKET_x86_64_NVIDIA"),
        *device_plugins_needed("p5.48xlarge", auto_mode=True),
    ):
        assert plugin.needed in (True, False)
    assert reasons("p5.48xlarge")["nvidia"] == "has NVIDIA GPUs, and AMI type AL2023_x86_64_NVIDIA brings no plugin"


def test_names_the_oldest_efa_plugin_where_aws_does():
    assert oldest_efa_device_plugin(catalogue.get("p6-b200.48xlarge")) == "0.5.6"
    assert oldest_efa_device_plugin(catalogue.get("p5.48xlarge")) is None
