"""AWS::IAM types: roles with their policies. moto's own drop managed policies, and update almost nothing."""

from __future__ import annotations

import difflib
import functools
import json
from typing import Any

from moto.iam.models import AWSManagedPolicy, IAMBackend, iam_backends
from moto.iam.models import Role as MotoRole
from moto.utilities.utils import get_partition

from ..cloudformation.physical_names import physical_name
from ..on_trust import take_on_trust
from ..resource_type import AwsError, Resource, ResourceRequest, ResourceType
from .api_parameters import tag_list

__all__ = ["RESOURCE_TYPES", "InlinePolicy", "InstanceProfile", "ManagedPolicy", "Role"]


class Role(ResourceType):
    """A role, with its inline and managed policies."""

    type_name = "AWS::IAM::Role"

    def create(self, request: ResourceRequest) -> Resource:
        """CreateRole, PutRolePolicy and AttachRolePolicy."""
        properties, iam = request.properties, _iam(request)
        for arn in properties.get("ManagedPolicyArns", []):
            _managed_policy(iam, arn)
        role = iam.create_role(
            properties.get("RoleName") or physical_name(request),
            _document(properties["AssumeRolePolicyDocument"]),
            properties.get("Path", "/"),
            properties.get("PermissionsBoundary", ""),
            properties.get("Description", ""),
            _tags(request),
            properties.get("MaxSessionDuration", 3600),
        )
        return self._set_policies(iam, request, role)

    def update(self, request: ResourceRequest, current: Resource) -> Resource:
        """Change everything but its name and path. Policies that are resources of their own stay."""
        properties, iam = request.properties, _iam(request)
        for arn in properties.get("ManagedPolicyArns", []):
            _managed_policy(iam, arn)
        role = iam.get_role(current.physical_id)
        iam.update_assume_role_policy(role.name, _document(properties["AssumeRolePolicyDocument"]))
        role.description = properties.get("Description", "")
        role.max_session_duration = properties.get("MaxSessionDuration", 3600)
        role.permissions_boundary_arn = properties.get("PermissionsBoundary")
        role.tags = _tags(request)
        own = current.attributes["_inline"]
        for name in own & set(role.policies):
            del role.policies[name]
        for arn in current.attributes["_managed"]:
            if arn in role.managed_policies:
                role.managed_policies[arn].detach_from(role)
        return self._set_policies(iam, request, role)

    def delete(self, request: ResourceRequest, current: Resource) -> None:
        """Take its own policies from the role, then DeleteRole: refused while others hold it."""
        iam = _iam(request)
        role = iam.get_role(current.physical_id)
        for name in current.attributes["_inline"] & set(role.policies):
            del role.policies[name]
        for arn in current.attributes["_managed"]:
            if arn in role.managed_policies:
                role.managed_policies[arn].detach_from(role)
        iam.delete_role(role.name)

    @staticmethod
    def _set_policies(iam: IAMBackend, request: ResourceRequest, role: MotoRole) -> Resource:
        properties = request.properties
        inline = {policy["PolicyName"]: policy["PolicyDocument"] for policy in properties.get("Policies", [])}
        for name, document in inline.items():
            iam.put_role_policy(role.name, name, _document(document))
        managed = list(dict.fromkeys(properties.get("ManagedPolicyArns", [])))
        for arn in managed:
            if arn not in role.managed_policies:
                iam.attach_role_policy(arn, role.name)
        return Resource(
            physical_id=role.name,
            # The last two are for the update and deletion, not for Fn::GetAtt.
            attributes={"Arn": role.arn, "RoleId": role.id, "_inline": frozenset(inline), "_managed": managed},
        )


class InlinePolicy(ResourceType):
    """A policy that is written into roles, users and groups."""

    type_name = "AWS::IAM::Policy"

    def create(self, request: ResourceRequest) -> Resource:
        """PutRolePolicy, PutUserPolicy and PutGroupPolicy."""
        properties, iam = request.properties, _iam(request)
        name, document = properties["PolicyName"], _document(properties["PolicyDocument"])
        holders = self._holders(iam, request)
        if not holders:
            raise AwsError("ValidationError", "At least one of [Groups,Roles,Users] must be non-empty.", service="Iam")
        for holder in holders:
            holder.put_policy(name, document)
        return Resource(physical_id=physical_name(request), attributes={"_name": name, "_holders": holders})

    def update(self, request: ResourceRequest, current: Resource) -> Resource:
        """Write it where it belongs now."""
        made = self.create(request)
        name, holders = current.attributes["_name"], made.attributes["_holders"]
        for holder in current.attributes["_holders"]:
            if (holder not in holders or name != made.attributes["_name"]) and name in holder.policies:
                holder.delete_policy(name)
        return Resource(physical_id=current.physical_id, attributes=made.attributes)

    def delete(self, request: ResourceRequest, current: Resource) -> None:
        """Take it out of its holders, those that still are there."""
        for holder in current.attributes["_holders"]:
            if current.attributes["_name"] in holder.policies:
                holder.delete_policy(current.attributes["_name"])

    @staticmethod
    def _holders(iam: IAMBackend, request: ResourceRequest) -> list[Any]:
        properties = request.properties
        return [
            *map(iam.get_role, properties.get("Roles", [])),
            *map(iam.get_user, properties.get("Users", [])),
            *map(iam.get_group, properties.get("Groups", [])),
        ]


class ManagedPolicy(ResourceType):
    """A managed policy of the account."""

    type_name = "AWS::IAM::ManagedPolicy"

    def create(self, request: ResourceRequest) -> Resource:
        """CreatePolicy, then attach it."""
        properties, iam = request.properties, _iam(request)
        policy = iam.create_policy(
            properties.get("Description", ""),
            properties.get("Path", "/"),
            _document(properties["PolicyDocument"]),
            properties.get("ManagedPolicyName") or physical_name(request),
            _tags(request),
        )
        holders = InlinePolicy._holders(iam, request)
        for holder in holders:
            policy.attach_to(holder)
        return Resource(
            physical_id=policy.arn,
            attributes={"PolicyArn": policy.arn, "PolicyId": policy.id, "_holders": holders},
        )

    def update(self, request: ResourceRequest, current: Resource) -> Resource:
        """Make a new default version, and attach it where it belongs now."""
        iam, arn = _iam(request), current.physical_id
        policy = iam.get_policy(arn)
        document = _document(request.properties["PolicyDocument"])
        if next(version for version in policy.versions if version.is_default).document != document:
            # Five versions are the most: the oldest that is not the default makes room, as CloudFormation does.
            if len(policy.versions) >= 5:
                oldest = next(version for version in policy.versions if not version.is_default)
                policy.versions.remove(oldest)
            iam.create_policy_version(arn, document, True)
        holders = InlinePolicy._holders(iam, request)
        for holder in current.attributes["_holders"]:
            if holder not in holders and arn in holder.managed_policies:
                policy.detach_from(holder)
        for holder in holders:
            if arn not in holder.managed_policies:
                policy.attach_to(holder)
        return Resource(physical_id=arn, attributes={**current.attributes, "_holders": holders})

    def delete(self, request: ResourceRequest, current: Resource) -> None:
        """Detach it from its own holders, then DeletePolicy: refused while others hold it."""
        iam, arn = _iam(request), current.physical_id
        policy = iam.get_policy(arn)
        for holder in current.attributes["_holders"]:
            if arn in holder.managed_policies:
                policy.detach_from(holder)
        if policy.attachment_count > 0:
            raise AwsError("DeleteConflict", "Cannot delete a policy attached to entities.", service="Iam", status=409)
        iam.delete_policy(arn)


class InstanceProfile(ResourceType):
    """An instance profile."""

    type_name = "AWS::IAM::InstanceProfile"

    def create(self, request: ResourceRequest) -> Resource:
        """CreateInstanceProfile."""
        properties, iam = request.properties, _iam(request)
        for name in properties["Roles"]:
            iam.get_role(name)
        profile = iam.create_instance_profile(
            properties.get("InstanceProfileName") or physical_name(request),
            properties.get("Path", "/"),
            [],
        )
        for name in properties["Roles"]:
            iam.add_role_to_instance_profile(profile.name, name)
        return Resource(physical_id=profile.name, attributes={"Arn": profile.arn})

    def update(self, request: ResourceRequest, current: Resource) -> Resource:
        """Put another role into it."""
        iam = _iam(request)
        iam.get_instance_profile(current.physical_id).roles.clear()
        for name in request.properties["Roles"]:
            iam.add_role_to_instance_profile(current.physical_id, name)
        return current

    def delete(self, request: ResourceRequest, current: Resource) -> None:
        """DeleteInstanceProfile."""
        _iam(request).delete_instance_profile(current.physical_id, ignore_attached_roles=True)


def _iam(request: ResourceRequest) -> IAMBackend:
    return iam_backends[request.account][get_partition(request.region)]


def _document(document: Any) -> str:
    return document if isinstance(document, str) else json.dumps(document)


def _tags(request: ResourceRequest) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tag_list(request).items()]


def _managed_policy(iam: IAMBackend, arn: str) -> None:
    """Bring an AWS managed policy into the account when it is first asked for: all of them together take a second."""
    if arn in iam.managed_policies or ":aws:policy/" not in arn:
        return
    name = arn.rsplit("/", 1)[1]
    documents = _aws_managed_policies()
    if name in documents:
        policy = AWSManagedPolicy.from_data(name, iam.account_id, iam.region_name, documents[name])
        iam.managed_policies[policy.arn] = policy
        return
    near = difflib.get_close_matches(name, documents, n=1, cutoff=0.9)
    take_on_trust(f"whether IAM has the managed policy '{name}'" + (f" (there is '{near[0]}')" if near else ""))
    iam.managed_policies[arn] = _stand_in(iam, arn)


def _stand_in(iam: IAMBackend, arn: str) -> AWSManagedPolicy:
    """An empty policy for one that AWS may have added since moto's list was made."""
    path, _, name = arn.partition(":policy")[2].rpartition("/")
    document = {"Version": "2012-10-17", "Statement": []}
    date = "2026-01-01T00:00:00+00:00"
    data = {"Path": f"{path}/", "CreateDate": date, "UpdateDate": date, "DefaultVersionId": "v1", "Document": document}
    return AWSManagedPolicy.from_data(name, iam.account_id, iam.region_name, data)


@functools.cache
def _aws_managed_policies() -> dict[str, Any]:
    from moto.iam.aws_managed_policies import aws_managed_policies_data

    documents: dict[str, Any] = json.loads(aws_managed_policies_data)
    return documents


RESOURCE_TYPES: tuple[type[ResourceType], ...] = (Role, InlinePolicy, ManagedPolicy, InstanceProfile)
