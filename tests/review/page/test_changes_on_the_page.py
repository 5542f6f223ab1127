"""What the page says of changes: what is replaced, what goes, what stays, and no secret."""

from __future__ import annotations

import base64
import copy
from pathlib import Path
from typing import Any

import pytest

from efa_constructs.review.page import render_page
from efa_constructs.review.review import Review, review
from efa_constructs.review.stack_template import StackTemplate
from efa_constructs.review.templates import Templates

from ..manifests import Manifests, review_of_manifests
from ..templates import Template, sound, templates_of
from .html import Page


def page_of(before: Template, after: Template) -> Page:
    return Page(render_page(review(templates_of(after)), review(templates_of(before))))


def named(name: str, document: Template) -> Review:
    return review(Templates([StackTemplate(name=name, document=document, file=Path(f"{name}.json"))]))


def removed(found: Page) -> dict[str, str]:
    return {row[1]: row[3] for row in found.rows("What is removed")}


def test_templates_alone_are_of_one_stack_whatever_their_files_are_called() -> None:
    after = sound()
    after["Resources"]["NodeGroup"]["Properties"]["ScalingConfig"]["MaxSize"] = 8
    found = Page(render_page(named("new", after), named("deployed", sound())))
    assert "1 changed; none replaced." in found.section("summary")
    assert found.rows("Properties of AWS::EKS::Nodegroup NodeGroup") == [["ScalingConfig.MaxSize", "3", "8", "no"]]


def test_a_node_group_that_goes_takes_its_jobs_along() -> None:
    after = sound()
    del after["Resources"]["NodeGroup"]
    found = page_of(sound(), after)
    words_ = "EKS deletes the node group with its nodes: every job that runs on them ends."
    assert removed(found)["NodeGroup"] == f"deleted. Interrupts: {words_}"
    assert f"NodeGroup: {words_}" in found.section("summary")


def test_a_rule_that_goes_stops_efa_which_the_summary_says_and_a_rule_finds() -> None:
    after = sound()
    del after["Resources"]["Egress"]
    found = page_of(sound(), after)
    assert removed(found)["Egress"].startswith("deleted. Interrupts: A rule is taken away by which EFA traffic passes")
    assert "Egress: A rule is taken away by which EFA traffic passes" in found.section("summary")
    assert "EFA-SG-001" in found.section("findings")
    after = sound()
    after["Resources"]["Egress"]["Properties"]["IpProtocol"] = "tcp"
    assert "Egress: A rule is taken away by which EFA traffic passes" in page_of(sound(), after).section("summary")


@pytest.mark.parametrize("policy", ["Retain", "RetainExceptOnCreate"])
def test_what_is_retained_stays_and_interrupts_nothing(policy: str) -> None:
    before = sound()
    before["Resources"]["NodeGroup"]["DeletionPolicy"] = policy
    after = copy.deepcopy(before)
    del after["Resources"]["NodeGroup"]
    assert removed(page_of(before, after))["NodeGroup"] == "stays, without a stack"
    assert "NodeGroup (stays when the stack goes)" in page_of(before, before).section("resources")


def test_a_stack_that_the_app_no_longer_has_is_not_deleted_by_that() -> None:
    before = templates_of({"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}}, sound())
    after = templates_of({"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}})
    found = Page(render_page(review(after), review(before)))
    assert removed(found)["NodeGroup"] == ("stays, until somebody deletes its stack, which is not in the new templates")
    assert "every job" not in found.section("summary")


def test_shows_user_data_as_what_it_says_however_it_is_wrapped() -> None:
    """Tools break lines of base64, and EC2 takes it."""

    def with_user_data(encoded: str) -> Template:
        template = sound()
        template["Resources"]["LaunchTemplate"]["Properties"]["LaunchTemplateData"]["UserData"] = encoded
        return template

    before, after = (base64.encodebytes(f"#!/bin/sh\necho {word}\n".encode() * 5).decode() for word in ("one", "two"))
    assert "\n" in before.strip()
    found = page_of(with_user_data(before), with_user_data(after))
    (row,) = found.rows("Properties of AWS::EC2::LaunchTemplate LaunchTemplate")
    assert ("echo one" in row[1], "echo two" in row[2]) == (True, True)


@pytest.mark.parametrize("encoded", ["no base64", base64.b64encode(b"\xff\xfe").decode()])
def test_shows_user_data_that_is_no_text_as_it_stands_there(encoded: str) -> None:
    after = sound()
    after["Resources"]["LaunchTemplate"]["Properties"]["LaunchTemplateData"]["UserData"] = encoded
    (row,) = page_of(sound(), after).rows("Properties of AWS::EC2::LaunchTemplate LaunchTemplate")
    assert row[2] == encoded


def test_says_that_it_is_not_known_whether_a_property_replaces_its_resource() -> None:
    def with_type(value: str) -> Template:
        return {"Resources": {"It": {"Type": "AWS::Nobody::Knows", "Properties": {"Name": value}}}}

    found = page_of(with_type("a"), with_type("b"))
    assert found.rows("Properties of AWS::Nobody::Knows It") == [["Name", "a", "b", "not known here"]]
    assert "1 changed; none replaced, 1 perhaps." in found.section("summary")


def page_of_secrets(before: str, after: str) -> Page:
    def change(value: str) -> Review:
        def add(manifests: Manifests) -> None:
            data: dict[str, Any] = {"data": {"token": base64.b64encode(value.encode()).decode()}}
            data["stringData"] = {"plain": value}
            secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "registry"}, "type": "Opaque"}
            manifests.objects.append(secret | data)
            password = {"SecretString": value, "Description": value[:1]}
            manifests.template["Resources"]["Secret"] = {
                "Type": "AWS::SecretsManager::Secret",
                "Properties": password,
            }

        return review_of_manifests(add)

    return Page(render_page(change(after), change(before)))


def test_shows_no_secret_that_changes() -> None:
    found = page_of_secrets("hunter2", "correct horse")
    assert "hunter2" not in found.text and "correct horse" not in found.text
    assert base64.b64encode(b"hunter2").decode() not in found.text
    rows = found.rows("Properties of Secret registry")
    assert ["data.token", "not shown here", "not shown here", "no"] in rows
    assert ["stringData.plain", "not shown here", "not shown here", "no"] in rows


def test_a_job_that_goes_ends() -> None:
    before, after = Manifests(), Manifests()
    after.remove(after.job)
    found = Page(render_page(after.review(), before.review()))
    assert removed(found)["default/nccl-test"] == "deleted. Interrupts: Its pods end, if they run."
    assert "MPIJob default/nccl-test: Its pods end" in found.section("summary")


def test_does_not_tell_of_what_cdk_counts_its_users_by() -> None:
    def with_metadata(value: str) -> Template:
        template = sound()
        template["Resources"]["CDKMetadata"] = {"Type": "AWS::CDK::Metadata", "Properties": {"Analytics": value}}
        return template

    found = page_of(with_metadata("a"), with_metadata("b"))
    assert "Nothing changed." in found.section("summary")
    assert f"In all {len(sound()['Resources'])} resources" in found.section("summary")
    assert "CDKMetadata" not in found.section("resources")


def test_what_is_refused_stands_first() -> None:
    before = sound()
    before["Resources"]["Role"] = {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "jobs", "Path": "/a/"}}
    after = copy.deepcopy(before)
    after["Resources"]["Role"]["Properties"]["Path"] = "/b/"
    after["Resources"]["NodeGroup"]["Properties"]["Subnets"] = ["subnet-0a1b2c3d4e5f60718"]
    told = page_of(before, after).section("changes")
    assert 0 < told.index("Refused: CloudFormation refuses the update") < told.index("Interrupts: EKS makes a new")
