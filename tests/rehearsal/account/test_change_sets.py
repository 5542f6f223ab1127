"""Change sets: what they foresee, and what becomes of it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from efa_constructs.rehearsal.account.cloudformation.change_sets import NO_CHANGES
from efa_constructs.rehearsal.account.cloudformation.errors import CloudFormationError

from .shelf import CloudFormation, queue

TWO = {"A": queue(DelaySeconds=1), "B": queue(KmsMasterKeyId={"Fn::GetAtt": ["A", "QueueName"]})}


@pytest.fixture
def cloudformation() -> CloudFormation:
    return CloudFormation()


def foreseen(change_set: dict[str, Any]) -> dict[str, tuple[str, str | None]]:
    changes = [change["ResourceChange"] for change in change_set["Changes"]]
    return {change["LogicalResourceId"]: (change["Action"], change.get("Replacement")) for change in changes}


def test_creates_a_stack_in_two_steps(cloudformation: CloudFormation) -> None:
    change_set = cloudformation.change_set("s", TWO, ChangeSetType="CREATE")
    assert foreseen(change_set) == {"A": ("Add", None), "B": ("Add", None)}
    assert cloudformation.state.stack("s").status == "REVIEW_IN_PROGRESS"
    assert cloudformation.shelf.calls == []
    cloudformation.call("execute_change_set", StackName="s", ChangeSetName=change_set["ChangeSetId"])
    assert cloudformation.state.stack("s").status == "CREATE_COMPLETE"
    assert cloudformation.call("list_change_sets", StackName="s")["Summaries"] == []


def test_foresees_updates_replacements_and_removals(cloudformation: CloudFormation) -> None:
    cloudformation.create("s", {**TWO, "C": queue(), "D": queue()})
    change_set = cloudformation.change_set("s", {**TWO, "A": queue(DelaySeconds=2), "C": queue(FifoQueue=True)})
    # B refers to an attribute of A that may change with it.
    assert foreseen(change_set) == {
        "A": ("Modify", "False"),
        "B": ("Modify", "False"),
        "C": ("Modify", "True"),
        "D": ("Remove", None),
    }
    details = {
        change["ResourceChange"]["LogicalResourceId"]: change["ResourceChange"]["Details"]
        for change in change_set["Changes"]
    }
    assert details["A"][0]["Target"]["BeforeValue"] == "1"
    assert details["A"][0]["Target"]["AfterValue"] == "2"
    assert details["B"][0] == {
        "Target": {
            "Attribute": "Properties",
            "Name": "KmsMasterKeyId",
            "Path": "/Properties/KmsMasterKeyId",
            "RequiresRecreation": "Never",
            "BeforeValue": "delay-1",
            "AfterValue": "{{changeSet:KNOWN_AFTER_APPLY}}",
            "AttributeChangeType": "Modify",
        },
        "Evaluation": "Dynamic",
        "ChangeSource": "ResourceAttribute",
        "CausingEntity": "A.QueueName",
    }
    assert details["C"][0]["Target"]["RequiresRecreation"] == "Always"


def test_hides_values_unless_asked(cloudformation: CloudFormation) -> None:
    cloudformation.create("s", TWO)
    cloudformation.change_set("s", {**TWO, "A": queue(DelaySeconds=2)})
    shown = cloudformation.call("describe_change_set", StackName="s", ChangeSetName="c")
    change = shown["Changes"][0]["ResourceChange"]
    assert "AfterContext" not in change
    assert change["Details"][0]["Target"] == {
        "Attribute": "Properties",
        "Name": "DelaySeconds",
        "RequiresRecreation": "Never",
    }


def test_knows_that_an_arn_survives_an_update_in_place(cloudformation: CloudFormation) -> None:
    resources = {"A": queue(DelaySeconds=1), "B": queue(KmsMasterKeyId={"Fn::GetAtt": ["A", "Arn"]})}
    cloudformation.create("s", resources)
    assert foreseen(cloudformation.change_set("s", {**resources, "A": queue(DelaySeconds=2)})) == {
        "A": ("Modify", "False")
    }


def test_fails_without_changes(cloudformation: CloudFormation) -> None:
    cloudformation.create("s", TWO)
    change_set = cloudformation.change_set("s", TWO)
    assert (change_set["Status"], change_set["ExecutionStatus"]) == ("FAILED", "UNAVAILABLE")
    assert change_set["StatusReason"] == NO_CHANGES
    with pytest.raises(CloudFormationError, match=r"cannot be executed in its current status of \[FAILED\]"):
        cloudformation.call("execute_change_set", StackName="s", ChangeSetName="c")


def test_does_no_more_than_is_needed_when_the_foreseen_does_not_happen(cloudformation: CloudFormation) -> None:
    resources = {"A": queue(DelaySeconds=1), "B": queue(KmsMasterKeyId={"Fn::GetAtt": ["A", "QueueName"]})}
    cloudformation.create("s", resources)
    cloudformation.shelf.calls.clear()
    changed = {**resources, "A": queue(DelaySeconds=1, VisibilityTimeout=5)}
    assert set(foreseen(cloudformation.change_set("s", changed))) == {"A", "B"}
    cloudformation.call("execute_change_set", StackName="s", ChangeSetName="c")
    assert cloudformation.shelf.calls == ["update A"]


def test_fails_before_the_deployment_where_the_properties_are_wrong_already(cloudformation: CloudFormation) -> None:
    change_set = cloudformation.change_set("s", {"A": queue(DelaySecond=1)}, ChangeSetType="CREATE")
    assert change_set["Status"] == "FAILED"
    assert "extraneous key [DelaySecond] is not permitted" in change_set["StatusReason"]


def test_hides_a_parameter_without_echo(cloudformation: CloudFormation) -> None:
    template = {"Parameters": {"Key": {"Type": "String", "NoEcho": True}}, "Resources": {"A": queue()}}
    cloudformation.call(
        "create_stack",
        StackName="s",
        TemplateBody=json.dumps(template),
        Parameters=[{"ParameterKey": "Key", "ParameterValue": "secret"}],
    )
    [stack] = cloudformation.call("describe_stacks", StackName="s")["Stacks"]
    assert stack["Parameters"] == [{"ParameterKey": "Key", "ParameterValue": "****"}]


@pytest.mark.parametrize(
    ("kind", "message"),
    [("UPDATE", r"Stack \[s\] does not exist"), ("IMPORT", "does not import resources")],
)
def test_refuses_a_change_set(cloudformation: CloudFormation, kind: str, message: str) -> None:
    with pytest.raises(CloudFormationError, match=message):
        cloudformation.change_set("s", TWO, ChangeSetType=kind)


def test_deletes_a_change_set_and_forgives_a_missing_one(cloudformation: CloudFormation) -> None:
    cloudformation.change_set("s", TWO, ChangeSetType="CREATE")
    cloudformation.call("delete_change_set", StackName="s", ChangeSetName="c")
    cloudformation.call("delete_change_set", StackName="s", ChangeSetName="c")
    with pytest.raises(CloudFormationError, match=r"ChangeSet \[c\] does not exist") as refused:
        cloudformation.call("describe_change_set", StackName="s", ChangeSetName="c")
    assert refused.value.code == "ChangeSetNotFound"
