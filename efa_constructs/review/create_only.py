"""Properties that only a new resource can take on: CloudFormation replaces a resource when one of them changes.

Source: ``createOnlyProperties`` and ``conditionalCreateOnlyProperties`` of the CloudFormation registry's schemas.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

__all__ = ["CREATE_ONLY", "SOMETIMES_CREATE_ONLY", "Replacement", "replacement_by"]


class Replacement(StrEnum):
    """Whether a change makes a new resource in place of the old one."""

    NO = "no"
    YES = "yes"
    # It depends on what the property was before, or is now.
    MAYBE = "maybe"
    # Nothing is known here about the type.
    UNKNOWN = "unknown"


# By type. A type that is not here is not known.
CREATE_ONLY: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        type_: tuple(properties.split())
        for type_, properties in {
            "AWS::CloudFormation::Stack": "",
            "AWS::EC2::CapacityReservation": "AvailabilityZone AvailabilityZoneId EbsOptimized EphemeralStorage "
            "InstancePlatform InstanceType OutPostArn PlacementGroupArn Tenancy",
            "AWS::EC2::EIP": "Address IpamPoolId NetworkBorderGroup TransferAddress",
            "AWS::EC2::FlowLog": "DeliverCrossAccountRole DeliverLogsPermissionArn DestinationOptions LogDestination "
            "LogDestinationType LogFormat LogGroupName MaxAggregationInterval ResourceId ResourceType "
            "TagFieldSpecifications TrafficType",
            "AWS::EC2::InternetGateway": "",
            "AWS::EC2::LaunchTemplate": "LaunchTemplateName",
            "AWS::EC2::NatGateway": "AllocationId AvailabilityMode ConnectivityType PrivateIpAddress SubnetId VpcId",
            "AWS::EC2::PlacementGroup": "ParentGroupId PartitionCount SpreadLevel Strategy Tags",
            "AWS::EC2::Route": "DestinationCidrBlock DestinationIpv6CidrBlock DestinationPrefixListId RouteTableId",
            "AWS::EC2::RouteTable": "VpcId",
            "AWS::EC2::SecurityGroup": "GroupDescription GroupName VpcId",
            "AWS::EC2::SecurityGroupEgress": "CidrIp CidrIpv6 DestinationPrefixListId DestinationSecurityGroupId "
            "FromPort GroupId IpProtocol ToPort",
            "AWS::EC2::SecurityGroupIngress": "CidrIp CidrIpv6 FromPort GroupId GroupName IpProtocol "
            "SourcePrefixListId SourceSecurityGroupId SourceSecurityGroupName SourceSecurityGroupOwnerId ToPort",
            "AWS::EC2::Subnet": "AvailabilityZone AvailabilityZoneId CidrBlock Ipv4IpamPoolId Ipv4NetmaskLength "
            "Ipv6IpamPoolId Ipv6Native Ipv6NetmaskLength OutpostArn VpcId",
            "AWS::EC2::SubnetRouteTableAssociation": "RouteTableId SubnetId",
            "AWS::EC2::VPC": "CidrBlock Ipv4IpamPoolId Ipv4NetmaskLength VpcEncryptionControl",
            "AWS::EC2::VPCEndpoint": "DnsOptions.PrivateDnsPreference DnsOptions.PrivateDnsSpecifiedDomains "
            "ResourceConfigurationArn ServiceName ServiceNetworkArn ServiceRegion VpcEndpointType VpcId",
            "AWS::EC2::VPCGatewayAttachment": "VpcId",
            "AWS::EFS::FileSystem": "AvailabilityZoneName Encrypted KmsKeyId PerformanceMode",
            "AWS::EKS::AccessEntry": "ClusterName PrincipalArn Type",
            "AWS::EKS::Addon": "AddonName ClusterName NamespaceConfig",
            "AWS::EKS::Cluster": "AccessConfig.BootstrapClusterCreatorAdminPermissions BootstrapSelfManagedAddons "
            "EncryptionConfig KubernetesNetworkConfig.IpFamily KubernetesNetworkConfig.ServiceIpv4Cidr Name "
            "OutpostConfig RoleArn",
            "AWS::EKS::Nodegroup": "AmiType CapacityType ClusterName DiskSize InstanceTypes NodeRole NodegroupName "
            "RemoteAccess Subnets",
            "AWS::EKS::PodIdentityAssociation": "ClusterName Namespace ServiceAccount",
            "AWS::FSx::FileSystem": "BackupId FileSystemType KmsKeyId SecurityGroupIds SubnetIds",
            "AWS::IAM::InstanceProfile": "InstanceProfileName Path",
            "AWS::IAM::ManagedPolicy": "Description ManagedPolicyName Path",
            "AWS::IAM::OIDCProvider": "Url",
            "AWS::IAM::Policy": "",
            "AWS::IAM::Role": "Path RoleName",
            "AWS::KMS::Alias": "AliasName",
            "AWS::KMS::Key": "",
            "AWS::Lambda::Function": "FunctionName PackageType TenancyConfig",
            "AWS::Lambda::LayerVersion": "CompatibleArchitectures CompatibleRuntimes Content Description LayerName "
            "LicenseInfo",
            "AWS::Lambda::Permission": "Action EventSourceToken FunctionName FunctionUrlAuthType "
            "InvokedViaFunctionUrl Principal PrincipalOrgID SourceAccount SourceArn",
            "AWS::Logs::LogGroup": "LogGroupName",
            "AWS::S3::Bucket": "BucketName BucketNamePrefix BucketNamespace",
            "AWS::SSM::Parameter": "Name",
        }.items()
    }
)
SOMETIMES_CREATE_ONLY: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "AWS::EC2::Subnet": ("Ipv6CidrBlock",),
        "AWS::EC2::VPC": ("InstanceTenancy",),
        "AWS::Lambda::Function": ("DurableConfig",),
    }
)


def replacement_by(resource_type: str, path: str) -> Replacement:
    """Whether a change of a property replaces the resource.

    :param path: Of the property, or of something in it: ``"KubernetesNetworkConfig.IpFamily"``.
    """
    # A custom resource is what its function makes of it: CloudFormation only asks the function to update it.
    if resource_type.startswith("Custom::"):
        return Replacement.NO
    if resource_type not in CREATE_ONLY:
        return Replacement.UNKNOWN
    if _covers(CREATE_ONLY[resource_type], path):
        return Replacement.YES
    return Replacement.MAYBE if _covers(SOMETIMES_CREATE_ONLY.get(resource_type, ()), path) else Replacement.NO


def _covers(properties: tuple[str, ...], path: str) -> bool:
    return any(path == name or path.startswith(f"{name}.") or name.startswith(f"{path}.") for name in properties)
