"""Stacks: what a deployment does in which order, and what it leaves behind when something is refused."""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest

from efa_constructs.rehearsal.account.cloudformation.errors import CloudFormationError
from efa_constructs.rehearsal.account.cloudformation.stacks import cloudformation_state

from .shelf import CLUSTER, CloudFormation, queue, statuses

REF_A = {"Fn::GetAtt": ["A", "Arn"]}
TWO = {"B": queue(RedrivePolicy={"deadLetterTargetArn": REF_A}), "A": queue()}


@pytest.fixture
def cloudformation() -> CloudFormation:
    return CloudFormation()


def test_creates_resources_in_the_order_of_their_references(cloudformation: CloudFormation) -> None:
    stack = cloudformation.create("s", TWO, {"Out": {"Value": {"Ref": "B"}}})
    assert statuses(stack) == [
        "s CREATE_IN_PROGRESS",
        "A CREATE_IN_PROGRESS",
        "A CREATE_IN_PROGRESS",
        "A CREATE_COMPLETE",
        "B CREATE_IN_PROGRESS",
        "B CREATE_IN_PROGRESS",
        "B CREATE_COMPLETE",
        "s CREATE_COMPLETE",
    ]
    assert stack.outputs["Out"].value == "B-2"
    assert cloudformation.shelf.things["B-2"] == {"RedrivePolicy": {"deadLetterTargetArn": "arn:A-1"}}


def test_gives_events_times_that_tell_their_order(cloudformation: CloudFormation) -> None:
    times = [event.time.isoformat(timespec="milliseconds") for event in cloudformation.create("s", TWO).events]
    assert times == sorted(set(times))


def test_takes_back_a_creation_that_was_refused(cloudformation: CloudFormation) -> None:
    cloudformation.shelf.refuse = {"B": "create"}
    stack = cloudformation.create("s", TWO)
    assert statuses(stack)[-5:] == [
        "B CREATE_FAILED",
        "s ROLLBACK_IN_PROGRESS",
        "A DELETE_IN_PROGRESS",
        "A DELETE_COMPLETE",
        "s ROLLBACK_COMPLETE",
    ]
    assert cloudformation.shelf.things == {}
    failed = next(event for event in stack.events if event.status == "CREATE_FAILED")
    assert failed.reason is not None
    assert failed.reason.startswith(
        'Resource handler returned message: "no create today (Service: Sqs, Status Code: 400'
    )
    assert failed.reason.endswith("HandlerErrorCode: InvalidRequest)")
    rollback = next(event for event in stack.events if event.status == "ROLLBACK_IN_PROGRESS")
    assert rollback.reason == "The following resource(s) failed to create: [B]. Rollback requested by user."


def test_keeps_what_was_made_if_told_not_to_roll_back(cloudformation: CloudFormation) -> None:
    cloudformation.shelf.refuse = {"B": "create"}
    stack = cloudformation.create("s", TWO, DisableRollback=True)
    assert stack.status == "CREATE_FAILED"
    assert list(cloudformation.shelf.things) == ["A-1"]
    cloudformation.shelf.refuse = {}
    assert cloudformation.update("s", TWO).status == "UPDATE_COMPLETE"
    assert list(cloudformation.shelf.things) == ["A-1", "B-2"]


def test_rolls_back_later_what_was_not_rolled_back(cloudformation: CloudFormation) -> None:
    cloudformation.shelf.refuse = {"B": "create"}
    cloudformation.create("s", TWO, DisableRollback=True)
    cloudformation.call("rollback_stack", StackName="s")
    assert cloudformation.state.stack("s").status == "ROLLBACK_COMPLETE"
    assert cloudformation.shelf.things == {}


def test_refuses_to_update_a_stack_whose_creation_was_rolled_back(cloudformation: CloudFormation) -> None:
    cloudformation.shelf.refuse = {"A": "create"}
    stack = cloudformation.create("s", {"A": queue()})
    with pytest.raises(CloudFormationError, match=f"Stack:{stack.id} is in ROLLBACK_COMPLETE state and can not be upd"):
        cloudformation.update("s", TWO)


def test_updates_in_place_what_can_be_updated(cloudformation: CloudFormation) -> None:
    cloudformation.create("s", {"A": queue(DelaySeconds=1), "C": queue()})
    cloudformation.shelf.calls.clear()
    stack = cloudformation.update("s", {"A": queue(DelaySeconds="2"), "C": queue()})
    assert cloudformation.shelf.calls == ["update A"]
    assert cloudformation.shelf.things["A-1"] == {"DelaySeconds": 2}
    assert statuses(stack)[-5:] == [
        "s UPDATE_IN_PROGRESS",
        "A UPDATE_IN_PROGRESS",
        "A UPDATE_COMPLETE",
        "s UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
        "s UPDATE_COMPLETE",
    ]


def test_an_update_knows_what_was_before(cloudformation: CloudFormation) -> None:
    cloudformation.create("s", {"A": queue(DelaySeconds=5)})
    cloudformation.update("s", {"A": queue(DelaySeconds=7)})
    assert cloudformation.shelf.before == {"A": {"DelaySeconds": 5}}


def test_replaces_by_making_the_new_before_deleting_the_old(cloudformation: CloudFormation) -> None:
    cloudformation.create("s", TWO)
    cloudformation.shelf.calls.clear()
    replaced = {**TWO, "A": queue(FifoQueue=True)}
    stack = cloudformation.update("s", replaced)
    # B refers to A, so it follows the replacement before the old A goes.
    assert cloudformation.shelf.calls == ["create A", "update B", "delete A"]
    assert cloudformation.shelf.things["B-2"] == {"RedrivePolicy": {"deadLetterTargetArn": "arn:A-3"}}
    assert stack.resources["A"].physical_id == "A-3"
    reasons = [event.reason for event in stack.events if event.logical_id == "A" and event.status.startswith("UPDATE")]
    assert reasons[0] == "Requested update requires the creation of a new physical resource; hence creating one."


def test_refuses_to_replace_a_resource_by_one_of_the_same_name(cloudformation: CloudFormation) -> None:
    def cluster(role: str) -> dict[str, Any]:
        return {"Type": CLUSTER, "Properties": {"Name": "c", "RoleArn": role, "ResourcesVpcConfig": {"SubnetIds": []}}}

    cloudformation.create("s", {"C": cluster("one")})
    stack = cloudformation.update("s", {"C": cluster("two")})
    assert stack.status == "UPDATE_ROLLBACK_COMPLETE"
    assert cloudformation.shelf.calls == ["create C"]
    [reason] = [event.reason for event in stack.events if event.status == "UPDATE_FAILED"]
    assert reason == (
        "CloudFormation cannot update a stack when a custom-named resource requires replacing. "
        "Rename c and update the stack again."
    )


def test_deletes_what_the_template_no_longer_has_after_everything_else(cloudformation: CloudFormation) -> None:
    cloudformation.create("s", TWO)
    cloudformation.shelf.calls.clear()
    stack = cloudformation.update("s", {"C": queue()})
    assert cloudformation.shelf.calls == ["create C", "delete B", "delete A"]
    assert list(stack.resources) == ["C"]


def test_puts_everything_back_when_an_update_is_refused(cloudformation: CloudFormation) -> None:
    before = {"A": queue(DelaySeconds=1), "B": queue(FifoQueue=False), "Z": queue(DelaySeconds=1, depends_on="B")}
    after = {
        "A": queue(DelaySeconds=2),
        "B": queue(FifoQueue=True),
        "N": queue(depends_on="B"),
        "Z": queue(DelaySeconds=2, depends_on="N"),
    }
    cloudformation.create("s", before, {"Out": {"Value": "old"}}, Tags=[{"Key": "k", "Value": "v"}])
    things = dict(cloudformation.shelf.things)
    cloudformation.shelf.calls.clear()
    refusals = iter([True])
    check = cloudformation.shelf.check

    def refuse_once(verb: str, request: Any) -> None:
        check(verb, request)
        if request.logical_id == "Z" and next(refusals, False):
            raise AssertionError("broken on purpose")

    cloudformation.shelf.check = refuse_once  # type: ignore[method-assign]
    stack = cloudformation.update("s", after, {"Out": {"Value": "new"}}, Tags=[{"Key": "k", "Value": "v"}])
    assert stack.status == "UPDATE_ROLLBACK_COMPLETE"
    assert cloudformation.shelf.things == things
    assert cloudformation.shelf.calls == [
        "update A",
        "create B",
        "create N",
        "update Z",
        "update Z",
        "update A",
        "delete N",
        "delete B",
    ]
    assert stack.outputs["Out"].value == "old"
    assert stack.resources["B"].physical_id == "B-2"
    assert '"old"' in cloudformation.call("get_template", StackName="s")["TemplateBody"]
    failed = next(event for event in stack.events if event.status == "UPDATE_FAILED")
    assert failed.reason is not None
    assert "internal error of the emulated account" in failed.reason
    reasons = [event.reason for event in stack.events if event.status == "UPDATE_ROLLBACK_IN_PROGRESS"]
    assert reasons == ["The following resource(s) failed to update: [Z]. "]
    # The same stack takes the update once it is right.
    assert cloudformation.update("s", after).status == "UPDATE_COMPLETE"


def test_says_so_when_an_update_cannot_even_be_put_back(cloudformation: CloudFormation) -> None:
    cloudformation.create("s", {"A": queue(DelaySeconds=1)})
    cloudformation.shelf.refuse = {"A": "update"}
    stack = cloudformation.update("s", {"A": queue(DelaySeconds=2)})
    assert (stack.status, stack.reason) == (
        "UPDATE_ROLLBACK_FAILED",
        "The following resource(s) failed to update: [A]. ",
    )


def test_does_nothing_for_an_unchanged_template(cloudformation: CloudFormation) -> None:
    cloudformation.create("s", TWO, {"Out": {"Value": {"Ref": "B"}}})
    cloudformation.shelf.calls.clear()
    with pytest.raises(CloudFormationError, match=r"^No updates are to be performed\.$"):
        cloudformation.update("s", TWO, {"Out": {"Value": {"Ref": "B"}}})
    assert cloudformation.shelf.calls == []


@pytest.mark.parametrize(
    ("change", "calls"),
    [
        ({"outputs": {"Out": {"Value": "x"}}}, []),
        ({"Tags": [{"Key": "team", "Value": "a"}]}, ["update A"]),
        ({"resources": {"A": {**queue(), "Metadata": {"why": "not"}}}}, []),
        ({"resources": {"A": queue(policy="Retain")}}, []),
    ],
)
def test_notices_changes_beside_the_properties(
    cloudformation: CloudFormation, change: dict[str, Any], calls: list[str]
) -> None:
    cloudformation.create("s", {"A": queue()})
    cloudformation.shelf.calls.clear()
    stack = cloudformation.update("s", **{"resources": {"A": queue()}, **change})
    assert stack.status == "UPDATE_COMPLETE"
    assert cloudformation.shelf.calls == calls


def test_deletes_dependents_first(cloudformation: CloudFormation) -> None:
    stack = cloudformation.create("s", TWO)
    cloudformation.shelf.calls.clear()
    cloudformation.call("delete_stack", StackName="s")
    assert cloudformation.shelf.calls == ["delete B", "delete A"]
    assert stack.status == "DELETE_COMPLETE"
    with pytest.raises(CloudFormationError, match="Stack with id s does not exist"):
        cloudformation.call("describe_stacks", StackName="s")
    assert cloudformation.call("describe_stacks", StackName=stack.id)["Stacks"][0]["StackStatus"] == "DELETE_COMPLETE"


def test_leaves_alone_what_the_undeleted_depends_on(cloudformation: CloudFormation) -> None:
    stack = cloudformation.create("s", {**TWO, "C": queue(), "D": queue(depends_on="B")})
    cloudformation.shelf.refuse = {"D": "delete"}
    cloudformation.shelf.calls.clear()
    cloudformation.call("delete_stack", StackName="s")
    assert cloudformation.shelf.calls == ["delete D", "delete C"]
    assert (stack.status, stack.reason) == ("DELETE_FAILED", "The following resource(s) failed to delete: [D]. ")
    cloudformation.shelf.refuse = {}
    cloudformation.call("delete_stack", StackName="s")
    assert stack.status == "DELETE_COMPLETE"
    assert cloudformation.shelf.things == {}


def test_deletes_what_somebody_else_has_deleted(cloudformation: CloudFormation) -> None:
    stack = cloudformation.create("s", {"A": queue()})
    cloudformation.shelf.things.clear()
    cloudformation.call("delete_stack", StackName="s")
    assert stack.status == "DELETE_COMPLETE"


def test_keeps_what_is_to_be_retained(cloudformation: CloudFormation) -> None:
    cloudformation.create("s", {"A": queue(policy="Retain"), "B": queue(policy="Retain")})
    cloudformation.update("s", {"A": queue(policy="Retain", FifoQueue=True)})
    cloudformation.call("delete_stack", StackName="s")
    assert list(cloudformation.shelf.things) == ["A-1", "B-2", "A-3"]


def test_protects_a_stack_from_deletion(cloudformation: CloudFormation) -> None:
    stack = cloudformation.create("s", {"A": queue()}, EnableTerminationProtection=True)
    with pytest.raises(CloudFormationError, match=r"Stack \[s\] cannot be deleted while TerminationProtection is enab"):
        cloudformation.call("delete_stack", StackName="s")
    cloudformation.call("update_termination_protection", StackName="s", EnableTerminationProtection=False)
    cloudformation.call("delete_stack", StackName="s")
    assert stack.status == "DELETE_COMPLETE"


EXPORTED = {"Id": {"Value": {"Ref": "A"}, "Export": {"Name": "the-id"}}}
IMPORTING = {"A": queue(KmsMasterKeyId={"Fn::ImportValue": "the-id"})}


def test_lets_no_export_go_that_is_in_use(cloudformation: CloudFormation) -> None:
    stack = cloudformation.create("net", {"A": queue()}, EXPORTED)
    cloudformation.create("nodes", IMPORTING)
    assert cloudformation.shelf.things["A-2"] == {"KmsMasterKeyId": "A-1"}
    assert cloudformation.call("list_imports", ExportName="the-id")["Imports"] == ["nodes"]

    cloudformation.call("delete_stack", StackName="net")
    in_use = "Export the-id cannot be deleted as it is in use by nodes"
    assert (stack.status, stack.reason) == ("CREATE_COMPLETE", in_use)

    cloudformation.update("net", {"A": queue(FifoQueue=True)}, EXPORTED)
    reasons = [event.reason for event in stack.events if event.status == "UPDATE_ROLLBACK_IN_PROGRESS"]
    assert reasons == ["Export the-id cannot be updated as it is in use by nodes"]
    assert stack.outputs["Id"].value == "A-1"

    cloudformation.call("delete_stack", StackName="nodes")
    cloudformation.call("delete_stack", StackName="net")
    assert cloudformation.shelf.things == {}


def test_refuses_an_export_of_another_stack_and_one_of_none(cloudformation: CloudFormation) -> None:
    cloudformation.create("net", {"A": queue()}, EXPORTED)
    stack = cloudformation.create("other", {"A": queue()}, EXPORTED)
    assert stack.status == "ROLLBACK_COMPLETE"
    reasons = [event.reason or "" for event in stack.events]
    assert any("Export with name the-id is already exported by stack net." in reason for reason in reasons)

    stack = cloudformation.create("lost", {"A": queue(KmsMasterKeyId={"Fn::ImportValue": "nothing"})})
    assert any("No export named nothing found." in (event.reason or "") for event in stack.events)
    assert stack.status == "ROLLBACK_COMPLETE"


def test_reads_another_stacks_output_without_an_export() -> None:
    # Weak references look the stack up among those of the account, so this one must be its own.
    cloudformation = CloudFormation("210987654321")
    cloudformation.engine.state = cloudformation.state = cloudformation_state("210987654321", "us-east-1")
    cloudformation.create("net", {"A": queue()}, {"Id": {"Value": {"Ref": "A"}}})
    output = {"Fn::GetStackOutput": {"StackName": "net", "OutputName": "Id"}}
    cloudformation.create("nodes", {"B": queue(KmsMasterKeyId=output)})
    assert cloudformation.shelf.things["B-2"] == {"KmsMasterKeyId": "A-1"}
    cloudformation.call("delete_stack", StackName="net")
    assert list(cloudformation.shelf.things) == ["B-2"]


@pytest.mark.parametrize(
    ("resources", "message"),
    [
        (
            {"A": {"Type": "AWS::SQS::Queu"}},
            r"^Template format error: Unrecognized resource types: \[AWS::SQS::Queu\]$",
        ),
        (
            {"A": {"Type": "AWS::FSx::FileSystem"}, "B": {"Type": "Custom::Mine"}, "C": queue()},
            r"does not have the resource types \[AWS::FSx::FileSystem, Custom::Mine\].* for \[A, B\]: nothing was depl",
        ),
        ({"A": queue(x=REF_A)}, r"Circular dependency between resources: \[A\]"),
        ({"A": queue(), "B": queue(x={"Fn::GetAtt": ["A", "Colour"]})}, "A does not support attribute type Colour"),
    ],
)
def test_refuses_a_template_before_anything_is_made(
    cloudformation: CloudFormation, resources: dict[str, Any], message: str
) -> None:
    with pytest.raises(CloudFormationError, match=message):
        cloudformation.create("s", resources)
    assert cloudformation.shelf.calls == []
    assert cloudformation.state.stacks == {}


def test_refuses_properties_that_the_schema_does_not_have(cloudformation: CloudFormation) -> None:
    stack = cloudformation.create("s", {"A": queue(DelaySecond=1)})
    assert stack.status == "ROLLBACK_COMPLETE"
    [reason] = [event.reason for event in stack.events if event.status == "CREATE_FAILED"]
    assert reason == (
        "Properties validation failed for resource A with message: [#: extraneous key [DelaySecond] is not permitted]"
    )
    assert cloudformation.shelf.calls == []


def test_refuses_to_change_the_type_of_a_resource(cloudformation: CloudFormation) -> None:
    cloudformation.create("s", {"A": queue()})
    cloudformation.state.stack("s").resources["A"].type_name = "AWS::SNS::Topic"
    with pytest.raises(CloudFormationError, match=r"modifies resource type of the following resources: \[A\]"):
        cloudformation.update("s", {"A": queue(DelaySeconds=1)})


def test_asks_for_capabilities() -> None:
    cloudformation = CloudFormation()
    find = cloudformation.engine._find_type
    cloudformation.engine._find_type = lambda name: find("AWS::SQS::Queue")
    role = {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {}}}
    named = {**role, "Properties": {**role["Properties"], "RoleName": "r"}}  # type: ignore[dict-item]
    with pytest.raises(CloudFormationError, match=r"^Requires capabilities : \[CAPABILITY_IAM\]$") as refused:
        cloudformation.create("s", {"R": role})
    assert refused.value.code == "InsufficientCapabilitiesException"
    with pytest.raises(CloudFormationError, match=r"^Requires capabilities : \[CAPABILITY_NAMED_IAM\]$"):
        cloudformation.create("s", {"R": named}, Capabilities=["CAPABILITY_IAM"])
    assert cloudformation.create("s", {"R": named}, Capabilities=["CAPABILITY_NAMED_IAM"]).status == "CREATE_COMPLETE"


def test_leaves_out_resources_and_outputs_whose_condition_does_not_hold(cloudformation: CloudFormation) -> None:
    template = {
        "Parameters": {"Big": {"Type": "String", "Default": "no"}},
        "Conditions": {"IsBig": {"Fn::Equals": [{"Ref": "Big"}, "yes"]}},
        "Resources": {"A": queue(), "B": {**queue(), "Condition": "IsBig"}},
        "Outputs": {"O": {"Value": {"Ref": "B"}, "Condition": "IsBig"}},
    }
    cloudformation.call("create_stack", StackName="s", TemplateBody=json.dumps(template))
    stack = cloudformation.state.stack("s")
    assert list(stack.resources) == ["A"]
    assert stack.outputs == {}
    big = [{"ParameterKey": "Big", "ParameterValue": "yes"}]
    cloudformation.call("update_stack", StackName="s", UsePreviousTemplate=True, Parameters=big)
    assert stack.outputs["O"].value == "B-2"
    small = [{"ParameterKey": "Big", "ParameterValue": "no"}]
    cloudformation.call("update_stack", StackName="s", UsePreviousTemplate=True, Parameters=small)
    assert list(cloudformation.shelf.things) == ["A-1"]


def test_can_be_watched_while_a_deployment_takes_its_time() -> None:
    cloudformation = CloudFormation(patience=0.05)
    go_on = threading.Event()
    check = cloudformation.shelf.check

    def wait(verb: str, request: Any) -> None:
        check(verb, request)
        assert go_on.wait(5)

    cloudformation.shelf.check = wait  # type: ignore[method-assign]
    stack = cloudformation.create("s", {"A": queue()})
    [shown] = cloudformation.call("describe_stacks", StackName="s")["Stacks"]
    assert shown["StackStatus"] == "CREATE_IN_PROGRESS"
    events = cloudformation.call("describe_stack_events", StackName="s")["StackEvents"]
    assert [event["LogicalResourceId"] for event in events] == ["A", "s"]
    with pytest.raises(CloudFormationError, match="is in CREATE_IN_PROGRESS state and can not be updated"):
        cloudformation.update("s", TWO)
    go_on.set()
    with cloudformation.state.lock:
        assert stack.status == "CREATE_COMPLETE"
