"""AWS::KMS::Key: moto's own cannot be updated, and keeps the policy in a form that its API cannot show."""

from __future__ import annotations

import json

from moto.kms.models import KmsBackend, kms_backends

from ..resource_type import Resource, ResourceRequest, ResourceType
from .api_parameters import tag_list

__all__ = ["RESOURCE_TYPES", "Key"]


class Key(ResourceType):
    """A KMS key."""

    type_name = "AWS::KMS::Key"

    def create(self, request: ResourceRequest) -> Resource:
        """CreateKey."""
        properties = request.properties
        policy = properties.get("KeyPolicy")
        key = _kms(request).create_key(
            # Without one, moto gives it the policy that KMS does.
            None if policy is None else json.dumps(policy),
            properties.get("KeyUsage", "ENCRYPT_DECRYPT"),
            properties.get("KeySpec", "SYMMETRIC_DEFAULT"),
            properties.get("Description", ""),
            [{"TagKey": name, "TagValue": value} for name, value in tag_list(request).items()],
            properties.get("MultiRegion", False),
        )
        resource = Resource(physical_id=key.id, attributes={"Arn": key.arn, "KeyId": key.id})
        return self.update(request, resource)

    def update(self, request: ResourceRequest, current: Resource) -> Resource:
        """Change its policy, description, rotation, state and tags."""
        kms, properties, key_id = _kms(request), request.properties, current.physical_id
        if "KeyPolicy" in properties:
            kms.put_key_policy(key_id, json.dumps(properties["KeyPolicy"]))
        kms.update_key_description(key_id, properties.get("Description", ""))
        kms.keys[key_id].key_rotation_status = properties.get("EnableKeyRotation", False)
        (kms.enable_key if properties.get("Enabled", True) else kms.disable_key)(key_id)
        kms.tagger.delete_all_tags_for_resource(key_id)
        kms.tag_resource(key_id, tag_list(request))
        return current

    def delete(self, request: ResourceRequest, current: Resource) -> None:
        """Delete it at once, where KMS waits a week or more."""
        kms, key_id = _kms(request), current.physical_id
        for alias in list(kms.list_aliases(key_id)) if key_id in kms.keys else []:
            kms.delete_alias(alias.alias_name)
        kms.delete_key(key_id)


def _kms(request: ResourceRequest) -> KmsBackend:
    return kms_backends[request.account][request.region]


RESOURCE_TYPES: tuple[type[ResourceType], ...] = (Key,)
