"""Every image of our charts can be named by its digest, which no tag can move."""

from __future__ import annotations

import inspect
import json
import re

import cdk8s
import pytest

import efa_constructs.k8s
from efa_constructs.catalogue import eks_image_registry
from efa_constructs.k8s import EfaDevicePlugin

from .charts import WORKLOADS
from .charts import chart as new_chart

DIGEST = "sha256:" + "0123456789abcdef" * 4
IMAGE = f"mirror.example.com/team/image@{DIGEST}"


def images_of(chart):
    return re.findall(r'"image": "([^"]+)"', json.dumps(cdk8s.Testing.synth(chart)))


def test_knows_every_construct_that_runs_something():
    public = [getattr(efa_constructs.k8s, name) for name in efa_constructs.k8s.__all__]
    runs = {one for one in public if inspect.isclass(one) and "image" in inspect.signature(one.__init__).parameters}
    assert runs == set(WORKLOADS)


@pytest.mark.parametrize("construct", WORKLOADS, ids=lambda construct: construct.__name__)
def test_takes_a_digest_and_runs_it_alone(construct):
    chart = new_chart()
    construct(chart, "It", image=IMAGE, **WORKLOADS[construct])
    images = images_of(chart)
    assert images
    assert set(images) == {IMAGE}


def test_takes_the_plugin_from_the_registry_of_the_region_by_digest():
    chart = new_chart()
    image = EfaDevicePlugin.image_in(eks_image_registry("us-west-2"), f"v0.5.21-eksbuild.13@{DIGEST}")
    EfaDevicePlugin(chart, "It", image=image)
    (used,) = images_of(chart)
    assert used.startswith("602401143452.dkr.ecr.us-west-2.amazonaws.com/eks/aws-efa-k8s-device-plugin:v0.5.21")
    assert used.endswith(f"@{DIGEST}")
