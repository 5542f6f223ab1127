"""Lets instances start with volumes of a customer managed key."""

from __future__ import annotations

from aws_cdk import Annotations, Aws, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

__all__ = ["let_auto_scaling_use"]

# Amazon EC2 Auto Scaling User Guide, "Required AWS KMS key policy for use with encrypted volumes".
_USE = ("kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey")


def let_auto_scaling_use(scope: Construct, key: kms.IKey) -> None:
    """Let the role by which EKS's node groups launch instances use a key; warn where its policy is not this app's.

    Without it no instance starts, and the node group says no more than ``Client.InternalError``.
    """
    role = (
        f"arn:{Aws.PARTITION}:iam::{Stack.of(scope).account}:role/aws-service-role/autoscaling.amazonaws.com/"
        "AWSServiceRoleForAutoScaling"
    )
    # By a condition: KMS refuses a policy whose principal does not exist, and AWS makes this role only for an account's
    # first Auto Scaling group.
    who = {"StringEquals": {"aws:PrincipalArn": role}}
    statements = (
        iam.PolicyStatement(actions=list(_USE), resources=["*"], principals=[iam.AnyPrincipal()], conditions=who),
        iam.PolicyStatement(
            actions=["kms:CreateGrant"],
            resources=["*"],
            principals=[iam.AnyPrincipal()],
            conditions={**who, "Bool": {"kms:GrantIsForAWSResource": "true"}},
        ),
    )
    if not all(key.add_to_resource_policy(statement).statement_added for statement in statements):
        Annotations.of(scope).add_warning_v2(
            "efa-constructs:volume-key-policy",
            "the policy of the volumes' key is not this app's: it must let the role AWSServiceRoleForAutoScaling use "
            "the key and create grants for AWS resources, or no instance starts",
        )
