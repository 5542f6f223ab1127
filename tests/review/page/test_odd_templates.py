"""The page is made of any template: those that are written by hand may have anything anywhere."""

from __future__ import annotations

from typing import Any

import pytest

from efa_constructs.review.page import render_page
from efa_constructs.review.review import review

from ..manifests import Manifests
from ..templates import Template, sound, templates_of
from ..test_odd_templates import paths, put
from .html import Page
from .test_page import connected

# Two of these stand in each place, and one of the two is no text.
ODD: list[Any] = [None, ["odd"], "odd", {"odd": 1}]


def rich() -> Template:
    """A template with something for each part of the page."""
    template = sound()
    template["Resources"]["Policy"] = {
        "Type": "AWS::IAM::Policy",
        "Properties": {
            "Roles": [{"Ref": "Role"}],
            "PolicyDocument": {"Statement": [{"Effect": "Allow", "Action": ["s3:*"], "Resource": ["*"]}]},
        },
    }
    template["Resources"]["Access"] = {
        "Type": "AWS::EKS::AccessEntry",
        "Properties": {
            "ClusterName": {"Ref": "Cluster"},
            "PrincipalArn": {"Fn::GetAtt": ["Role", "Arn"]},
            "AccessPolicies": [{"PolicyArn": "arn:aws:eks::aws:x/y", "AccessScope": {"Type": "cluster"}}],
        },
    }
    statement = {"Effect": "Allow", "Principal": {"AWS": ["*"]}, "Action": "s3:*", "Condition": {"Bool": {"a:b": True}}}
    document = {"Statement": [statement]}
    for name, kind, properties in (
        ("Bucket", "AWS::S3::BucketPolicy", {"Bucket": "b", "PolicyDocument": document}),
        ("Permission", "AWS::Lambda::Permission", {"FunctionName": "f", "Principal": "*", "Action": "lambda:Invoke"}),
        ("Url", "AWS::Lambda::Url", {"AuthType": "NONE", "TargetFunctionArn": "f"}),
        ("User", "AWS::IAM::User", {"Groups": ["g"], "PermissionsBoundary": "arn:b"}),
        ("Pods", "AWS::EKS::PodIdentityAssociation", {"RoleArn": {"Fn::GetAtt": ["Role", "Arn"]}, "Namespace": "n"}),
        ("Nested", "AWS::CloudFormation::Stack", {"TemplateURL": "https://x"}),
    ):
        template["Resources"][name] = {"Type": kind, "Properties": properties}
    connected(template)
    template["Outputs"] = {"Group": {"Value": {"Ref": "SecurityGroup"}, "Export": {"Name": "group"}}}
    template["Resources"]["FlowLog"] = {"Type": "AWS::EC2::FlowLog", "Properties": {"ResourceId": {"Ref": "Vpc"}}}
    return template


@pytest.mark.parametrize("shift", [0, 1])
def test_templates(shift: int) -> None:
    against = review(templates_of(rich()))
    for number, path in enumerate(paths(rich())):
        template = rich()
        put(template, path, ODD[(number + shift) % len(ODD)])
        text = render_page(review(templates_of(template)), against)
        # Parsing takes longer than rendering.
        if number % 20 == 0:
            Page(text)


def test_manifests() -> None:
    for kind in ("ClusterRole", "ClusterRoleBinding", "Deployment", "MPIJob"):
        one = next(each for each in Manifests().objects if each["kind"] == kind)
        for number, path in enumerate(paths(one)):
            if any(isinstance(key, int) and key > 1 for key in path):
                continue
            manifests = Manifests()
            put(next(each for each in manifests.objects if each["kind"] == kind), path, ODD[number % len(ODD)])
            render_page(manifests.review())
