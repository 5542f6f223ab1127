"""Images of EKS come from the Region of the stack, known now or at deployment."""

from __future__ import annotations

import aws_cdk as cdk
import pytest
from aws_cdk import assertions

from efa_constructs.aws import EksImageRegistry
from efa_constructs.errors import InvalidArgumentError
from efa_constructs.k8s import EfaDevicePlugin
from tests.k8s.charts import chart as new_chart


def test_names_the_registry_of_a_region_that_is_known(bench):
    assert EksImageRegistry(bench.stack, "Registry").host == "602401143452.dkr.ecr.us-east-1.amazonaws.com"
    assert assertions.Template.from_stack(bench.stack).find_mappings("*") == {}


def test_looks_the_registry_up_at_deployment_where_the_region_is_not_known():
    stack = cdk.Stack(cdk.App(), "Anywhere")
    image = EfaDevicePlugin.image_in(EksImageRegistry(stack, "Registry").host)
    chart = new_chart()
    EfaDevicePlugin(chart, "EfaDevicePlugin", image=image)
    (manifest,) = chart.to_json()
    cdk.CfnOutput(stack, "Image", value=manifest["spec"]["template"]["spec"]["containers"][0]["image"])
    template = assertions.Template.from_stack(stack)
    ((name, mapping),) = template.find_mappings("*").items()
    assert mapping["cn-north-1"] == {"Registry": "918309763551.dkr.ecr.cn-north-1.amazonaws.com.cn"}
    (output,) = template.find_outputs("Image").values()
    assert {"Fn::FindInMap": [name, {"Ref": "AWS::Region"}, "Registry"]} in output["Value"]["Fn::Join"][1]


def test_refuses_a_region_of_which_no_registry_is_known():
    stack = cdk.Stack(cdk.App(), "Nowhere", env=cdk.Environment(region="mars-north-1"))
    with pytest.raises(InvalidArgumentError, match="'mars-north-1'"):
        EksImageRegistry(stack, "Registry")
