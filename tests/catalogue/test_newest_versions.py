"""The newest versions that are known are those that the constructs install."""

from __future__ import annotations

import inspect
import tomllib
from pathlib import Path

from efa_constructs.catalogue.newest_versions import NEWEST_VERSIONS, newest_version_of_image
from efa_constructs.k8s import MpiOperator, NeuronDevicePlugin, NvidiaDevicePlugin, efa_device_plugin


def test_are_those_that_the_constructs_install() -> None:
    newest = {one.title: one for one in NEWEST_VERSIONS}
    for title, construct in (
        ("NVIDIA device plugin", NvidiaDevicePlugin),
        ("Neuron device plugin", NeuronDevicePlugin),
        ("MPI Operator", MpiOperator),
    ):
        image = inspect.signature(construct.__init__).parameters["image"].default
        repository, _, tag = image.rpartition(":")
        assert newest_version_of_image(repository) == newest[title]
        assert tag == newest[title].version
    assert newest["EFA device plugin"].version == efa_device_plugin._VERSION


def test_the_newest_cdk_is_the_locked_one() -> None:
    newest = {one.title: one.version for one in NEWEST_VERSIONS}
    packages = tomllib.loads((Path(__file__).parents[2] / "uv.lock").read_text())["package"]
    (locked,) = [package["version"] for package in packages if package["name"] == "aws-cdk-lib"]
    assert newest["aws-cdk-lib"] == locked


def test_knows_no_version_of_an_image_of_somebody_else() -> None:
    assert newest_version_of_image("team/train") is None
