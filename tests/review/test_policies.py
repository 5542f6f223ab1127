"""What a role may do, by every way in which templates give rights."""

from __future__ import annotations

from typing import Any

from efa_constructs.review.policies import Rights, rights_of

from .templates import templates_of


def statement(action: str, effect: str = "Allow") -> dict[str, Any]:
    return {"Statement": [{"Effect": effect, "Action": action, "Resource": "*"}]}


def rights(role: dict[str, Any], **resources: dict[str, Any]) -> Rights:
    resources["Role"] = {"Type": "AWS::IAM::Role", "Properties": role}
    templates = templates_of({"Resources": resources})
    (found,) = [one for one in templates.of_type("AWS::IAM::Role") if one.logical_id == "Role"]
    return rights_of(templates, found)


def test_counts_policies_in_the_role_beside_it_and_attached_to_it() -> None:
    def policy(kind: str, action: str, **properties: Any) -> dict[str, Any]:
        return {"Type": f"AWS::IAM::{kind}", "Properties": {"PolicyDocument": statement(action), **properties}}

    found = rights(
        {
            "Policies": [{"PolicyName": "own", "PolicyDocument": statement("s3:GetObject")}],
            "ManagedPolicyArns": [{"Ref": "Attached"}, "arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy"],
        },
        Beside=policy("Policy", "ec2:RunInstances", Roles=[{"Ref": "Role"}]),
        Attached=policy("ManagedPolicy", "eks:Describe*"),
        Elsewhere=policy("ManagedPolicy", "iam:PassRole"),
        Others=policy("Policy", "sts:AssumeRole", Roles=[{"Ref": "Other"}]),
        Other={"Type": "AWS::IAM::Role", "Properties": {}},
    )
    assert found.managed == {"AmazonEKSWorkerNodePolicy"}
    assert found.complete
    allowed = ("s3:GetObject", "EC2:runInstances", "eks:DescribeCluster")
    assert [found.allows(action) for action in allowed] == [True] * 3
    assert [found.allows(action) for action in ("s3:PutObject", "iam:PassRole", "sts:AssumeRole")] == [False] * 3


def test_what_is_denied_is_not_allowed_and_what_is_excepted_is() -> None:
    denied = rights({"Policies": [{"PolicyDocument": statement("*", effect="Deny")}]})
    assert not denied.allows("s3:GetObject")
    excepted = {"Statement": [{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}]}
    assert rights({"Policies": [{"PolicyDocument": excepted}]}).allows("s3:GetObject")


def test_says_where_only_the_deployment_knows() -> None:
    of_others = "arn:aws:iam::123456789012:policy/Own"
    for role in ({"ManagedPolicyArns": [of_others]}, {"ManagedPolicyArns": [{"Ref": "Asked"}]}, {"Policies": ["odd"]}):
        assert not rights(role).complete
    assert rights({}).complete
