"""The custom resources that AWS CDK emits, each doing what CDK's handler would do.

A custom resource of anybody else is not here, so a template with one is refused by its name.
"""

from __future__ import annotations

from moto.ec2.models import EC2Backend, ec2_backends
from moto.ec2.models.security_groups import SecurityGroup, SecurityGroupRule
from moto.iam.models import iam_backends
from moto.logs.models import logs_backends
from moto.s3.models import s3_backends

from ....catalogue.address_ranges import ANYWHERE_IPV4
from ..resource_type import AwsError, Resource, ResourceRequest, ResourceType
from . import custom_kubernetes
from .api_parameters import tag_list
from .custom_aws import AwsCustomResource
from .custom_cluster import CdkCluster

__all__ = ["RESOURCE_TYPES", "AutoDeleteObjects", "LogRetention", "OidcProvider", "RestrictDefaultSecurityGroup"]


class RestrictDefaultSecurityGroup(ResourceType):
    """Takes the rules out of a VPC's default security group, and puts them back when it goes."""

    type_name = "Custom::VpcRestrictDefaultSG"

    def create(self, request: ResourceRequest) -> Resource:
        """Revoke the group's rules: in from itself, out to everywhere."""
        group = self._group(request)
        group.ingress_rules = [rule for rule in group.ingress_rules if not _from_itself(group, rule)]
        group.egress_rules = [rule for rule in group.egress_rules if rule.cidr_ipv4 != ANYWHERE_IPV4]
        return Resource(physical_id="replaced")

    def update(self, request: ResourceRequest, current: Resource) -> Resource:
        """Revoke them in the group that the template names now."""
        self.create(request)
        return current

    def delete(self, request: ResourceRequest, current: Resource) -> None:
        """Authorize them again."""
        group = self._group(request)
        ec2 = _ec2(request)
        if not any(_from_itself(group, rule) for rule in group.ingress_rules):
            ec2.authorize_security_group_ingress(group.id, "-1", "", "", [], source_groups=[{"GroupId": group.id}])
        if not any(rule.cidr_ipv4 == ANYWHERE_IPV4 for rule in group.egress_rules):
            ec2.authorize_security_group_egress(group.id, "-1", "", "", [{"CidrIp": ANYWHERE_IPV4}])

    @staticmethod
    def _group(request: ResourceRequest) -> SecurityGroup:
        group_id = request.properties["DefaultSecurityGroupId"]
        group = _ec2(request).get_security_group_from_id(group_id)
        if group is None:
            raise AwsError("InvalidGroup.NotFound", f"The security group '{group_id}' does not exist", service="Ec2")
        return group


class OidcProvider(ResourceType):
    """An OpenID Connect provider of IAM, under CloudFormation's own type."""

    type_name = "AWS::IAM::OIDCProvider"

    def create(self, request: ResourceRequest) -> Resource:
        """CreateOpenIDConnectProvider."""
        properties = request.properties
        provider = iam_backends[request.account]["aws"].create_open_id_connect_provider(
            properties["Url"],
            list(properties.get("ThumbprintList") or ()),
            _client_ids(request),
            [{"Key": key, "Value": value} for key, value in tag_list(request).items()],
        )
        return Resource(physical_id=provider.arn, attributes={"Arn": provider.arn})

    def update(self, request: ResourceRequest, current: Resource) -> Resource:
        """Change the thumbprints and audiences."""
        provider = iam_backends[request.account]["aws"].get_open_id_connect_provider(current.physical_id)
        provider.thumbprint_list = list(request.properties.get("ThumbprintList") or ())
        provider.client_id_list = _client_ids(request)
        return current

    def delete(self, request: ResourceRequest, current: Resource) -> None:
        """DeleteOpenIDConnectProvider."""
        iam_backends[request.account]["aws"].delete_open_id_connect_provider(current.physical_id)


class CustomOidcProvider(OidcProvider):
    """The same under CDK's older type."""

    type_name = "Custom::AWSCDKOpenIdConnectProvider"


class LogRetention(ResourceType):
    """Sets how long a log group keeps its events, and makes the group if there is none."""

    type_name = "Custom::LogRetention"

    def create(self, request: ResourceRequest) -> Resource:
        """CreateLogGroup and PutRetentionPolicy."""
        name = request.properties["LogGroupName"]
        logs = logs_backends[request.account][request.properties.get("LogGroupRegion") or request.region]
        logs.ensure_log_group(name)
        days = request.properties.get("RetentionInDays")
        logs.groups[name].set_retention_policy(days and str(days))
        return Resource(physical_id=name, attributes={"LogGroupName": name})

    def update(self, request: ResourceRequest, current: Resource) -> Resource:
        """The same again."""
        return self.create(request)

    def delete(self, request: ResourceRequest, current: Resource) -> None:
        """Leave the log group, as CDK's handler does unless told to delete it."""
        if request.properties.get("RemovalPolicy") == "destroy":
            logs = logs_backends[request.account][request.properties.get("LogGroupRegion") or request.region]
            logs.groups.pop(current.physical_id, None)


class AutoDeleteObjects(ResourceType):
    """Empties a bucket before CloudFormation deletes it."""

    type_name = "Custom::S3AutoDeleteObjects"

    def create(self, request: ResourceRequest) -> Resource:
        """Nothing happens before the end."""
        return Resource(physical_id=f"{request.logical_id}-{request.properties['BucketName']}")

    def update(self, request: ResourceRequest, current: Resource) -> Resource:
        """Nothing either."""
        return current

    def delete(self, request: ResourceRequest, current: Resource) -> None:
        """Delete every object, all versions included."""
        s3, bucket = s3_backends[request.account]["aws"], request.properties["BucketName"]
        if bucket in s3.buckets:
            s3.buckets[bucket].keys.clear()


def _client_ids(request: ResourceRequest) -> list[str]:
    # CloudFormation's type and CDK's write it differently.
    properties = request.properties
    return list(properties.get("ClientIdList") or properties.get("ClientIDList") or ())


def _ec2(request: ResourceRequest) -> EC2Backend:
    return ec2_backends[request.account][request.region]


def _from_itself(group: SecurityGroup, rule: SecurityGroupRule) -> bool:
    return rule.source_group.get("GroupId") == group.id


RESOURCE_TYPES: tuple[type[ResourceType], ...] = (
    RestrictDefaultSecurityGroup,
    OidcProvider,
    CustomOidcProvider,
    LogRetention,
    AutoDeleteObjects,
    CdkCluster,
    AwsCustomResource,
    *custom_kubernetes.RESOURCE_TYPES,
)
