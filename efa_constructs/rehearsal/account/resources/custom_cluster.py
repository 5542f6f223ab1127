"""The cluster of CDK's first EKS library."""

from __future__ import annotations

from typing import Any

from .. import eks
from ..resource_type import Resource, ResourceRequest
from .api_parameters import api_parameters, same_name
from .eks import Cluster
from .eks_calls import input_shape

__all__ = ["CdkCluster"]


class CdkCluster(Cluster):
    """A cluster of ``aws_eks``, whose custom resource calls EKS as a role that is then the cluster's administrator."""

    type_name = "Custom::AWSCDK-EKS-Cluster"

    def create(self, request: ResourceRequest) -> Resource:
        """CreateCluster as the creation role."""
        made = super().create(request)
        cluster = eks.eks_state(request.account, request.region).cluster(made.physical_id)
        cluster.creator = request.properties["AssumeRoleArn"]
        issuer = made.attributes["OpenIdConnectIssuerUrl"].removeprefix("https://")
        names = {"Name": made.physical_id, "OpenIdConnectIssuer": issuer}
        return Resource(physical_id=made.physical_id, attributes={**made.attributes, **names})

    def update(self, request: ResourceRequest, current: Resource) -> Resource:
        """As for any cluster; what Fn::GetAtt gives stays."""
        super().update(request, current)
        return current

    def _arguments(self, request: ResourceRequest) -> dict[str, Any]:
        # The configuration has the API's own names already.
        config = request.properties["Config"]
        arguments: dict[str, Any] = api_parameters(input_shape("CreateCluster"), config, same_name, "/Config")
        return arguments
