"""The registry of EKS's own images, in a stack of any Region."""

from __future__ import annotations

from aws_cdk import CfnMapping, Stack, Token
from constructs import Construct

from ..catalogue import EKS_IMAGE_REGISTRIES, eks_image_registry

__all__ = ["EksImageRegistry"]


class EksImageRegistry(Construct):
    """The registry from which nodes of the stack's Region pull images of EKS, such as the EFA device plugin's.

    Where the stack knows its Region only at deployment, CloudFormation looks it up in a mapping: a Region that is not
    in it fails the deployment.
    """

    def __init__(self, scope: Construct, id: str) -> None:
        """
        :raises InvalidArgumentError: the stack's Region has no registry that is known.
        """
        super().__init__(scope, id)
        region = Stack.of(self).region
        if not Token.is_unresolved(region):
            # Such as "602401143452.dkr.ecr.us-west-2.amazonaws.com".
            self.host: str = eks_image_registry(region)
            return
        mapping = CfnMapping(
            self, "Mapping", mapping={name: {"Registry": host} for name, host in EKS_IMAGE_REGISTRIES.items()}
        )
        self.host = mapping.find_in_map(region, "Registry")
