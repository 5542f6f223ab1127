"""CDK's provider framework and CloudFormation's limits, around handlers of the tests' own."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import pytest

from efa_constructs.rehearsal.account.cloudformation.errors import CloudFormationError
from efa_constructs.rehearsal.account.endpoint import listen_on
from efa_constructs.rehearsal.account.kubectl_handler import CustomResourceRequest, CustomResourceResponse, send
from efa_constructs.rehearsal.account.resource_type import AwsError
from efa_constructs.rehearsal.programs import Programs

from .kubectl_functions import deploy
from .training_account import REGION, TrainingAccount


class Provider:
    """An account with a handler, to which CloudFormation sends requests."""

    def __init__(self, folder: Path) -> None:
        self.account = TrainingAccount()
        self.folder = folder
        self.token = "arn:aws:lambda:us-east-1:123456789012:function:None"

    def deploy(self, body: str, **options: Any) -> None:
        code = f"import subprocess, sys, time\ndef handler(event, context):\n  {body}\n"
        self.token = deploy(self.account, {"index.py": code}, **options)

    def send(
        self,
        request_type: Literal["Create", "Update", "Delete"] = "Create",
        properties: Mapping[str, Any] | None = None,
        **more: Any,
    ) -> CustomResourceResponse:
        request = CustomResourceRequest(
            account=self.account.id,
            region=REGION,
            request_type=request_type,
            resource_type="Custom::AWSCDK-EKS-KubernetesResource",
            stack_id=f"arn:aws:cloudformation:{REGION}:{self.account.id}:stack/training/1",
            logical_id="It",
            request_id="r-1",
            properties={"ServiceToken": self.token, **(properties or {})},
            physical_id=None if request_type == "Create" else "it-1",
            **more,
        )
        return send(
            request, program="kubectl", kubeconfig=self.folder / "none", folder=self.folder, programs=Programs()
        )


@pytest.fixture
def provider(tmp_path: Path) -> Provider:
    listen_on(9, "token")
    return Provider(tmp_path)


def test_a_request_has_what_cloudformation_sends(provider: Provider) -> None:
    provider.deploy("return {'Data': {'event': event}}")
    properties = {"Wait": True, "TimeoutSeconds": 300, "List": [{"Ratio": 0.5}], "Text": "as it is"}
    event = provider.send("Update", properties, old_properties={"Wait": False}).data["event"]
    assert event["ResourceProperties"] == {
        "ServiceToken": provider.token,
        "Wait": "true",
        "TimeoutSeconds": "300",
        "List": [{"Ratio": "0.5"}],
        "Text": "as it is",
    }
    assert event["OldResourceProperties"] == {"Wait": "false"}
    assert {name: event[name] for name in ("RequestType", "RequestId", "PhysicalResourceId", "LogicalResourceId")} == {
        "RequestType": "Update",
        "RequestId": "r-1",
        "PhysicalResourceId": "it-1",
        "LogicalResourceId": "It",
    }
    assert not {"PhysicalResourceId", "OldResourceProperties"} & set(provider.send().data["event"])


def test_a_handler_that_gives_no_id_gets_that_of_the_request_and_keeps_it(provider: Provider) -> None:
    provider.deploy("pass")
    assert provider.send("Create").physical_id == "r-1"
    assert provider.send("Update").physical_id == "it-1"
    assert provider.send("Delete").physical_id == "it-1"


def test_a_handler_may_change_the_id_but_not_when_it_deletes(provider: Provider) -> None:
    provider.deploy("return {'PhysicalResourceId': 'it-2'}")
    assert provider.send("Create").physical_id == "it-2"
    assert provider.send("Update").physical_id == "it-2"
    with pytest.raises(CloudFormationError, match='cannot change the physical resource ID from "it-1" to "it-2"'):
        provider.send("Delete")


def test_an_error_is_worded_as_the_framework_and_cloudformation_do(provider: Provider) -> None:
    provider.deploy("raise Exception(b'error: no')")
    with pytest.raises(CloudFormationError) as caught:
        provider.send()
    assert caught.value.message == (
        "Received response status [FAILED] from custom resource. Message returned: "
        "Error: b'error: no'\n\nLogs: /aws/lambda/Handler\n (RequestId: r-1)"
    )


def test_a_program_that_fails_says_why_although_the_framework_does_not(provider: Provider) -> None:
    provider.deploy("subprocess.check_call([sys.executable, '-c', 'import sys; sys.exit(\"no such cluster\")'])")
    with pytest.raises(CloudFormationError, match=r"returned non-zero exit status 1\.(?s:.*)no such cluster"):
        provider.send()


def test_a_timeout_says_what_went_on(provider: Provider) -> None:
    provider.deploy("print('waiting for pods'); time.sleep(60)", timeout=4)
    with pytest.raises(CloudFormationError, match=r"Task timed out after 4\.00 seconds\n(?s:.*)waiting for pods"):
        provider.send()


def test_cloudformation_waits_no_longer_than_the_service_timeout(provider: Provider) -> None:
    provider.deploy("time.sleep(60)")
    with pytest.raises(
        CloudFormationError,
        match=re.escape(
            "CloudFormation did not receive a response from your Custom Resource. Please check your logs for requestId "
            "[r-1]."
        ),
    ):
        provider.send(properties={"ServiceTimeout": "1"})


def test_a_response_has_at_most_4096_bytes(provider: Provider) -> None:
    provider.deploy("return {'Data': {'Value': 'x' * int(event['ResourceProperties']['Length'])}}")
    with pytest.raises(CloudFormationError, match=r"^Response object is too long\. It has (\d+) bytes") as caught:
        provider.send(properties={"Length": 5000})
    size = re.search(r"has (\d+) bytes", caught.value.message)
    assert size is not None
    fits = 4096 - (int(size[1]) - 5000)
    assert len(provider.send(properties={"Length": fits}).data["Value"]) == fits
    with pytest.raises(CloudFormationError, match="It has 4097 bytes, at most 4096"):
        provider.send(properties={"Length": fits + 1})


def test_an_error_that_is_too_long_for_cloudformation_shows_how_it_ends(provider: Provider) -> None:
    provider.deploy("raise Exception(b'object\\n' * 600 + b'error: it is invalid\\n')")
    with pytest.raises(
        CloudFormationError, match=r"^Response object is too long\.(?s:.*)ends with:(?s:.*)\nerror: it is invalid$"
    ):
        provider.send()


def test_the_stack_that_the_framework_adds_counts(provider: Provider) -> None:
    provider.deploy("raise Exception('x' * int(event['ResourceProperties']['Length']))")
    with pytest.raises(CloudFormationError, match=r"^Received response status \[FAILED\]"):
        provider.send(properties={"Length": 3400})
    # Without it, this error would fit.
    with pytest.raises(CloudFormationError, match=r"^Response object is too long\. It has 4[0-3]\d\d bytes"):
        provider.send(properties={"Length": 3700})


def test_a_request_has_at_most_1_mb(provider: Provider) -> None:
    provider.deploy("return {'Data': {'Length': len(event['ResourceProperties']['Manifest'])}}")
    assert provider.send(properties={"Manifest": "x" * 1_000_000}).data == {"Length": 1_000_000}
    message = r"^\d+ byte payload is too large for the Event invocation type \(limit 1048576 bytes\)"
    with pytest.raises(CloudFormationError, match=message):
        provider.send(properties={"Manifest": "x" * 1_048_576})
    # An update has both.
    half = {"Manifest": "x" * 600_000}
    assert provider.send("Update", half).data
    with pytest.raises(CloudFormationError, match=message):
        provider.send("Update", half, old_properties=half)


def test_a_service_token_of_no_function_is_refused(provider: Provider) -> None:
    with pytest.raises(AwsError, match="Function not found: arn:aws:lambda"):
        provider.send()
