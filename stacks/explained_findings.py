"""Says why a finding of cdk-nag stands, with the resource that it is about.

The app explains its own findings; the constructs explain none. Whether a policy is acceptable is for the reviewers of
whoever uses a construct to say, and a library that acknowledged it would speak for them. Those of the app find each
reason beside its finding, in the validation report of ``cdk synth``, and may disagree.

cdk-nag is no dependency of the app: it finds the reasons when somebody adds its packs.
"""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import Acknowledgment, Validations
from constructs import IConstruct

__all__ = ["explain", "managed_policy"]


def managed_policy(name: str) -> str:
    """The finding of the pack ``AwsSolutions`` about a policy that AWS maintains."""
    return f"AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/{name}]"


def explain(construct: IConstruct, reasons: Mapping[str, str]) -> None:
    """Say why findings about a construct's resources stand.

    :param construct: The resource, or what it is a part of.
    :param reasons: By the finding, as cdk-nag names it, such as ``AwsSolutions-IAM5[Resource::*]``.
    """
    Validations.of(construct).acknowledge(
        # A finding begins with the name of its pack.
        *(
            Acknowledgment(id=f"{finding.partition('-')[0]}::{finding}", reason=reason)
            for finding, reason in reasons.items()
        )
    )
