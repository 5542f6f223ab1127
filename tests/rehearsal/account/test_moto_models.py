"""Resource types that moto makes: what CloudFormation writes reaches moto in the form that moto takes."""

from __future__ import annotations

import uuid
from typing import Any

import boto3
import pytest
from moto import mock_aws

from efa_constructs.rehearsal.account.resource_type import ResourceRequest
from efa_constructs.rehearsal.account.resources.moto_models import moto_resource_type

PARAMETER = "AWS::SSM::Parameter"
JOB_DEFINITION = "AWS::Batch::JobDefinition"
REGION = "us-east-1"
# The account in which moto's clients are.
ACCOUNT = "123456789012"


def request(type_name: str, properties: dict[str, Any], tags: dict[str, str]) -> ResourceRequest:
    return ResourceRequest(
        account=ACCOUNT,
        region=REGION,
        stack_name="training",
        stack_id=f"arn:aws:cloudformation:us-east-1:123456789012:stack/training/{uuid.uuid4()}",
        logical_id="It",
        type_name=type_name,
        properties=properties,
        tags=tags,
    )


@pytest.mark.parametrize(
    ("own", "expected"),
    [
        ({}, {"team": "training"}),
        ({"Tags": {"owner": "me"}}, {"team": "training", "owner": "me"}),
        ({"Tags": {"team": "own"}}, {"team": "own"}),
    ],
    ids=["of the stack alone", "of both", "the resource's own win"],
)
@mock_aws
def test_gives_a_parameter_its_tags(own: dict[str, Any], expected: dict[str, str]) -> None:
    # CloudFormation writes these tags as a map, the API of Systems Manager as a list.
    asked = request(PARAMETER, {"Type": "String", "Value": "v", "Name": "/p", **own}, {"team": "training"})
    parameter_type = moto_resource_type(PARAMETER)
    assert parameter_type is not None
    made = parameter_type.create(asked)
    assert _tags_of_parameter() == expected
    parameter_type.update(request(PARAMETER, {**asked.properties, "Value": "w"}, {"team": "training"}), made)
    assert _tags_of_parameter() == expected


@mock_aws
def test_gives_a_parameter_its_own_tags_in_a_stack_without_tags() -> None:
    parameter_type = moto_resource_type(PARAMETER)
    assert parameter_type is not None
    parameter_type.create(request(PARAMETER, {"Type": "String", "Value": "v", "Name": "/p", "Tags": {"a": "b"}}, {}))
    assert _tags_of_parameter() == {"a": "b"}


@mock_aws
def test_gives_a_job_definition_its_tags() -> None:
    # Here the API takes a map, too.
    definition_type = moto_resource_type(JOB_DEFINITION)
    assert definition_type is not None
    properties = {
        "Type": "container",
        "RetryStrategy": {"Attempts": 1},
        "ContainerProperties": {"Image": "train:1.0", "Vcpus": 1, "Memory": 128},
        "Tags": {"owner": "me"},
    }
    definition_type.create(request(JOB_DEFINITION, properties, {"team": "training"}))
    [found] = boto3.client("batch", region_name=REGION).describe_job_definitions()["jobDefinitions"]
    assert found["tags"] == {"team": "training", "owner": "me"}


def _tags_of_parameter() -> dict[str, str]:
    ssm = boto3.client("ssm", region_name=REGION)
    found = ssm.list_tags_for_resource(ResourceType="Parameter", ResourceId="/p")["TagList"]
    return {tag["Key"]: tag["Value"] for tag in found}
