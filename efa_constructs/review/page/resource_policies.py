"""What resources let others do by policies of their own: keys, buckets, queues, functions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..blueprint import Blueprint
from ..resource import Resource
from ..shapes import as_list, as_mapping, as_mappings
from .names import Names
from .policy_words import EVERYBODY, actions_in_words, condition_in_words, principals_in_words, targets_in_words

__all__ = ["ResourceGrant", "resource_grants"]

# By type: the property that has the policy, and the one that names whose it is. None: its own.
_POLICIES: Mapping[str, tuple[str, str | None]] = {
    "AWS::ECR::Repository": ("RepositoryPolicyText", None),
    "AWS::EFS::FileSystem": ("FileSystemPolicy", None),
    "AWS::KMS::Key": ("KeyPolicy", None),
    "AWS::S3::BucketPolicy": ("PolicyDocument", "Bucket"),
    "AWS::SNS::TopicPolicy": ("PolicyDocument", "Topics"),
    "AWS::SQS::QueuePolicy": ("PolicyDocument", "Queues"),
    "AWS::SecretsManager::ResourcePolicy": ("ResourcePolicy", "SecretId"),
}


@dataclass(frozen=True, kw_only=True)
class ResourceGrant:
    """What a policy of a resource lets somebody do with it."""

    # Name of the resource.
    on: str
    who: str
    # "KMS: encrypt".
    what: str
    # ", if kms:ViaService is ec2.us-east-1.amazonaws.com". Empty: on none.
    condition: str = ""
    # By what: "key policy", "BucketPolicy".
    by: str
    denies: bool = False

    @property
    def is_open(self) -> bool:
        """Whether everybody may, without a condition."""
        return self.who == EVERYBODY and not self.denies and not self.condition


def resource_grants(blueprint: Blueprint, names: Names) -> tuple[ResourceGrant, ...]:
    """Those of all resources, in the order of the templates."""
    found: list[ResourceGrant] = []
    for resource in blueprint.templates.resources:
        if resource.type == "AWS::IAM::Role":
            # Who else may take a role stands beside what it may.
            found += (grant for grant in _of_trust(resource, names) if grant.is_open)
        elif resource.type in _POLICIES:
            found += _of_policy(resource, names)
        elif resource.type == "AWS::Lambda::Permission":
            found.append(_of_permission(resource, names))
        elif resource.type == "AWS::Lambda::Url" and resource.get("AuthType") == "NONE":
            on, what = names.of_value(resource.get("TargetFunctionArn", "")), "call it by its URL, without signing in"
            found.append(ResourceGrant(on=on, who=EVERYBODY, what=what, by=names.of(resource)))
    return tuple(dict.fromkeys(found))


def _of_policy(resource: Resource, names: Names) -> Iterator[ResourceGrant]:
    property_, target = _POLICIES[resource.type]
    whose = [names.of(resource)] if target is None else [names.of_value(one) for one in as_list(resource.get(target))]
    on = ", ".join(whose)
    for statement in as_mappings(as_mapping(resource.get(property_)).get("Statement")):
        for who in dict.fromkeys(principals_in_words(statement, names)):
            yield ResourceGrant(
                on=on,
                who=who,
                what=actions_in_words(statement) + _part(statement, on, names),
                condition=condition_in_words(statement, names),
                by="its own policy" if target is None else names.of(resource),
                denies=statement.get("Effect") == "Deny",
            )


def _of_trust(role: Resource, names: Names) -> Iterator[ResourceGrant]:
    for statement in as_mappings(as_mapping(role.get("AssumeRolePolicyDocument")).get("Statement")):
        for who in principals_in_words(statement, names):
            yield ResourceGrant(
                on=names.of(role),
                who=who,
                what="take the role",
                condition=condition_in_words(statement, names),
                by="its trust policy",
                denies=statement.get("Effect") == "Deny",
            )


def _part(statement: Mapping[str, Any], on: str, names: Names) -> str:
    """Of the resource, if it is about a part of it."""
    targets = targets_in_words(statement, names)
    return "" if targets in ("everything", "nothing", on) else f" on {targets}"


_LIMITS = {
    "SourceArn": "the source",
    "SourceAccount": "the source's account",
    "PrincipalOrgID": "the organization",
    "FunctionUrlAuthType": "the way to sign in to its URL",
}


def _of_permission(resource: Resource, names: Names) -> ResourceGrant:
    limits = [
        f"{words} is {names.of_value(resource.get(key))}"
        for key, words in _LIMITS.items()
        # A URL that asks for no signature keeps nobody out.
        if resource.get(key) not in (None, "NONE")
    ]
    principal = str(resource.get("Principal", ""))
    kind = "Service" if ".amazonaws." in principal else "AWS"
    return ResourceGrant(
        on=names.of_value(resource.get("FunctionName", "")),
        who=next(principals_in_words({"Principal": {kind: principal}}, names)),
        what=actions_in_words({"Action": resource.get("Action")}),
        condition=f", if {' and '.join(limits)}" if limits else "",
        by=names.of(resource),
    )
