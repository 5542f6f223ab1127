"""AWS::EC2::KeyPair: moto has key pairs, and no CloudFormation type of them."""

from __future__ import annotations

from moto.ssm.models import SimpleSystemManagerBackend, ssm_backends

from ..resource_type import Resource, ResourceRequest, ResourceType
from .api_parameters import tag_list
from .ec2_tags import ec2_of, set_tags

__all__ = ["RESOURCE_TYPES", "KeyPair"]


class KeyPair(ResourceType):
    """A key pair, made or imported. Everything about it is fixed."""

    type_name = "AWS::EC2::KeyPair"

    def create(self, request: ResourceRequest) -> Resource:
        """CreateKeyPair or ImportKeyPair. The private key of one that was made goes to Parameter Store."""
        ec2, properties = ec2_of(request), request.properties
        name, public_key = properties["KeyName"], properties.get("PublicKeyMaterial")
        if public_key is not None:
            pair = ec2.import_key_pair(name, public_key.encode(), {})
        else:
            pair = ec2.create_key_pair(name, properties.get("KeyType", "rsa"), {})
            self._keep_private_key(request, pair.id, pair.key_material)
        set_tags(request, pair.id)
        return Resource(
            physical_id=name, attributes={"KeyFingerprint": pair.key_fingerprint, "KeyPairId": pair.id, "KeyName": name}
        )

    def update(self, request: ResourceRequest, current: Resource) -> Resource:
        """Change the tags that it has of its stack."""
        set_tags(request, current.attributes["KeyPairId"])
        return current

    def delete(self, request: ResourceRequest, current: Resource) -> None:
        """DeleteKeyPair, with its private key."""
        ec2, pair_id = ec2_of(request), current.attributes["KeyPairId"]
        ec2.delete_key_pair(current.physical_id)
        ec2.tags.pop(pair_id, None)
        if "PublicKeyMaterial" not in request.properties:
            _ssm(request).delete_parameter(_parameter(pair_id))

    @staticmethod
    def _keep_private_key(request: ResourceRequest, pair_id: str, material: str) -> None:
        _ssm(request).put_parameter(
            name=_parameter(pair_id),
            description="",
            value=material,
            parameter_type="SecureString",
            allowed_pattern="",
            keyid="alias/aws/ssm",
            overwrite=False,
            tags=[{"Key": key, "Value": value} for key, value in tag_list(request).items()],
            data_type="text",
            tier=None,
            policies=None,
        )


def _parameter(pair_id: str) -> str:
    return f"/ec2/keypair/{pair_id}"


def _ssm(request: ResourceRequest) -> SimpleSystemManagerBackend:
    return ssm_backends[request.account][request.region]


RESOURCE_TYPES: tuple[type[ResourceType], ...] = (KeyPair,)
