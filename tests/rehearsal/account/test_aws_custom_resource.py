"""CDK's AwsCustomResource: its calls are made to the emulated account."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from efa_constructs.rehearsal.account.process import AccountProcess


@pytest.fixture(scope="module")
def account() -> Iterator[AccountProcess]:
    with AccountProcess() as process:
        yield process


def client(account: AccountProcess, service: str) -> Any:
    return boto3.client(
        service,  # type: ignore[call-overload]
        endpoint_url=account.url,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        aws_session_token=account.environment["AWS_SESSION_TOKEN"],
    )


def call(service: str, action: str, parameters: dict[str, Any] | None = None, **more: Any) -> str:
    return json.dumps({"service": service, "action": action, "parameters": parameters or {}, **more})


def custom(**calls: Any) -> dict[str, Any]:
    return {"Type": "Custom::AWS", "Properties": {"ServiceToken": "arn", "InstallLatestAwsSdk": "true", **calls}}


class Stack:
    """A stack with one custom resource, ``It``, and what its outputs say."""

    def __init__(self, account: AccountProcess, name: str) -> None:
        self._client = client(account, "cloudformation")
        self._name = name

    def deploy(self, resource: dict[str, Any], update: bool = False, **outputs: Any) -> None:
        body = {
            "Resources": {"It": resource},
            "Outputs": {name: {"Value": value} for name, value in outputs.items()},
        }
        deploy = self._client.update_stack if update else self._client.create_stack
        deploy(StackName=self._name, TemplateBody=json.dumps(body))

    def delete(self) -> None:
        self._client.delete_stack(StackName=self._name)

    @property
    def status(self) -> str:
        return str(self._stack["StackStatus"])

    @property
    def outputs(self) -> dict[str, str]:
        return {output["OutputKey"]: output["OutputValue"] for output in self._stack.get("Outputs", [])}

    @property
    def reasons(self) -> str:
        """Everything that went wrong, in CloudFormation's words."""
        events = self._client.describe_stack_events(StackName=self._name)["StackEvents"]
        return " / ".join(event.get("ResourceStatusReason", "") for event in events)

    @property
    def _stack(self) -> dict[str, Any]:
        [stack] = self._client.describe_stacks(StackName=self._name)["Stacks"]
        return dict(stack)


def test_calls_the_account_when_it_is_made_updated_and_deleted(account: AccountProcess) -> None:
    ssm, stack = client(account, "ssm"), Stack(account, "life")

    def resource(value: str) -> dict[str, Any]:
        # CDK writes a token of a number as a string, and handlers of all ages take the service's name in many forms.
        put = {"Name": "/made", "Value": value, "Type": "String", "Overwrite": "true"}
        return custom(
            Create=call("SSM", "putParameter", put, physicalResourceId={"id": "/made"}),
            Update=call("@aws-sdk/client-ssm", "PutParameterCommand", put, physicalResourceId={"id": "/made"}),
            Delete=call("ssm", "DeleteParameter", {"Name": "PHYSICAL:RESOURCEID:"}),
        )

    stack.deploy(resource("one"), Version={"Fn::GetAtt": ["It", "Version"]}, Id={"Ref": "It"})
    assert stack.outputs == {"Version": "1", "Id": "/made"}
    stack.deploy(resource("two"), update=True, Version={"Fn::GetAtt": ["It", "Version"]})
    assert stack.outputs == {"Version": "2"}
    assert ssm.get_parameter(Name="/made")["Parameter"]["Value"] == "two"
    stack.delete()
    assert ssm.describe_parameters()["Parameters"] == []


def test_gives_the_fields_of_the_answer_and_takes_its_id_from_it(account: AccountProcess) -> None:
    ec2, stack = client(account, "ec2"), Stack(account, "fields")
    vpc_id = ec2.create_vpc(CidrBlock="10.7.0.0/16")["Vpc"]["VpcId"]
    query = {"Filters": [{"Name": "cidr", "Values": ["10.7.0.0/16"]}], "MaxResults": "5"}
    path = "Vpcs.0.VpcId"
    stack.deploy(
        custom(Create=call("EC2", "describeVpcs", query, physicalResourceId={"responsePath": path})),
        Id={"Ref": "It"},
        Cidr={"Fn::GetAtt": ["It", "Vpcs.0.CidrBlock"]},
        Default={"Fn::GetAtt": ["It", "Vpcs.0.IsDefault"]},
    )
    assert stack.outputs == {"Id": vpc_id, "Cidr": "10.7.0.0/16", "Default": "false"}


def test_gives_only_the_output_paths_and_asks_the_region_of_the_call(account: AccountProcess) -> None:
    stack = Stack(account, "paths")
    create = call("EC2", "describeAvailabilityZones", outputPaths=["AvailabilityZones.0.ZoneName"], region="eu-west-1")
    stack.deploy(custom(Create=create), Zone={"Fn::GetAtt": ["It", "AvailabilityZones.0.ZoneName"]})
    assert stack.outputs == {"Zone": "eu-west-1a"}
    stack = Stack(account, "other-path")
    stack.deploy(custom(Create=create), Id={"Fn::GetAtt": ["It", "AvailabilityZones.0.ZoneId"]})
    assert "does not support attribute type AvailabilityZones.0.ZoneId" in stack.reasons


def test_goes_by_any_name_with_the_function_that_cdk_shares_among_them(account: AccountProcess) -> None:
    stack, resource = Stack(account, "named"), custom(Create=call("STS", "getCallerIdentity"))
    resource["Type"] = "Custom::WhoAmI"
    with pytest.raises(ClientError, match=r"does not have the resource types \[Custom::WhoAmI\]"):
        stack.deploy(resource)
    function = "AWS679f53fac002430cb0da5b7982bd22872D164C4C"
    resource["Properties"]["ServiceToken"] = f"arn:aws:lambda:us-east-1:123456789012:function:named-{function}-1"
    stack.deploy(resource, Account={"Fn::GetAtt": ["It", "Account"]})
    assert stack.outputs == {"Account": "123456789012"}
    stack.delete()


def test_reaches_the_accounts_own_services(account: AccountProcess) -> None:
    stack = Stack(account, "own")
    stack.deploy(custom(Create=call("EKS", "listClusters")), Id={"Ref": "It"})
    assert (stack.status, stack.outputs) == ("CREATE_COMPLETE", {"Id": "It"})


def test_fails_with_the_words_of_the_service_unless_its_error_is_to_be_ignored(account: AccountProcess) -> None:
    missing = ("SSM", "getParameter", {"Name": "/nowhere"})
    stack = Stack(account, "refused")
    stack.deploy(custom(Create=call(*missing)))
    assert stack.status == "ROLLBACK_COMPLETE"
    assert "Parameter /nowhere not found. (Service: SSM, Status Code: 400" in stack.reasons
    stack = Stack(account, "ignored")
    stack.deploy(custom(Create=call(*missing, ignoreErrorCodesMatching="Parameter.*")))
    assert stack.status == "CREATE_COMPLETE"


@pytest.mark.parametrize(
    ("create", "message"),
    [
        (call("SSM", "putParameter", {"Nam": "/p"}), "extraneous key [Nam] is not permitted"),
        (call("SSM", "putParameter", {"Value": "x"}), 'Missing required parameter in input: "Name"'),
        (call("EC2", "describeVpcs", physicalResourceId={"responsePath": "Vpcs.9.VpcId"}), "no Vpcs.9.VpcId"),
        ("{", "the property Create is not JSON"),
    ],
)
def test_fails_where_the_handler_would(account: AccountProcess, create: str, message: str) -> None:
    stack = Stack(account, "wrong")
    stack.deploy(custom(Create=create))
    assert message in stack.reasons
    stack.delete()


@pytest.mark.parametrize(
    ("service", "action"),
    [
        ("SSM", "describeActivations"),
        ("Braket", "searchDevices"),
        ("Lambda", "getAccountSettings"),
        ("EKS", "describeInsight"),
        ("CloudFormation", "detectStackDrift"),
        ("Unheard", "ofService"),
        ("SSM", "unheardOfAction"),
    ],
)
def test_names_a_call_that_the_account_does_not_know_as_not_checked(
    account: AccountProcess, service: str, action: str
) -> None:
    stack = Stack(account, f"unknown-{service}-{action}")
    parameters = {
        "searchDevices": {"filters": []},
        "describeInsight": {"clusterName": "a", "id": "b"},
        "detectStackDrift": {"StackName": "a"},
    }.get(action)
    stack.deploy(custom(Create=call(service, action, parameters)))
    assert stack.status == "CREATE_COMPLETE", stack.reasons
    words = f"the call {service}.{action} that the custom resource unknown-{service}-{action}/It makes"
    assert words in account.taken_on_trust()
    stack.delete()


def test_fails_where_the_answer_to_an_unknown_call_is_used_and_says_which(account: AccountProcess) -> None:
    stack = Stack(account, "used")
    stack.deploy(
        custom(Create=call("SSM", "describeActivations")), Name={"Fn::GetAtt": ["It", "ActivationList.0.IamRole"]}
    )
    assert stack.status == "ROLLBACK_COMPLETE"
    assert (
        "It has no attribute ActivationList.0.IamRole for Fn::GetAtt: it would come from the answer to "
        "SSM.describeActivations, a call that the emulated account does not know"
    ) in stack.reasons
