"""Who needs which permissions for a deployment with the CDK.

The CDK CLI assumes roles of the bootstrap stack, one of which hands over to CloudFormation, which makes everything with
another one: CDK Developer Guide, "AWS CDK bootstrapping".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..lookups.permissions import Caller, Grant
from .plan import Capacity, Plan

__all__ = [
    "CREATE_SERVICE_LINKED_ROLE",
    "OF_A_NEW_CLUSTER",
    "OF_NODES",
    "bootstrap_role",
    "grants_of_caller",
    "grants_of_deployment_role",
    "service_linked_roles",
]

CREATE_SERVICE_LINKED_ROLE = "iam:CreateServiceLinkedRole"
# The roles that whoever deploys assumes.
_ASSUMED = ("deploy-role", "file-publishing-role")
_DEPLOYMENT = "cfn-exec-role"

# By resource type: what CloudFormation calls to make it, as the registry's schemas have it under "handlers".
OF_NODES: Mapping[str, tuple[str, ...]] = {
    "AWS::EC2::LaunchTemplate": ("ec2:CreateLaunchTemplate", "ec2:CreateTags"),
    "AWS::EC2::PlacementGroup": ("ec2:CreatePlacementGroup",),
    "AWS::EC2::SecurityGroup": ("ec2:CreateSecurityGroup",),
    "AWS::EC2::SecurityGroupEgress": ("ec2:AuthorizeSecurityGroupEgress",),
    "AWS::EC2::SecurityGroupIngress": ("ec2:AuthorizeSecurityGroupIngress",),
    "AWS::EKS::AccessEntry": ("eks:AssociateAccessPolicy", "eks:CreateAccessEntry"),
    # EKS has the one who makes a node group launch its instances: "Customize managed nodes with launch templates".
    "AWS::EKS::Nodegroup": ("ec2:RunInstances", "eks:CreateNodegroup", CREATE_SERVICE_LINKED_ROLE, "iam:PassRole"),
    "AWS::IAM::Policy": ("iam:PutRolePolicy",),
    "AWS::IAM::Role": ("iam:AttachRolePolicy", "iam:CreateRole"),
    "AWS::Lambda::Function": ("lambda:CreateFunction",),
    "AWS::Lambda::LayerVersion": ("lambda:PublishLayerVersion",),
    "AWS::Logs::LogGroup": ("logs:CreateLogGroup", "logs:PutRetentionPolicy"),
    "Custom::AWSCDK-EKS-KubernetesResource": ("lambda:InvokeFunction",),
}
OF_A_NEW_CLUSTER: Mapping[str, tuple[str, ...]] = {
    "AWS::EC2::EIP": ("ec2:AllocateAddress",),
    "AWS::EC2::FlowLog": ("ec2:CreateFlowLogs", "iam:PassRole"),
    "AWS::EC2::InternetGateway": ("ec2:CreateInternetGateway",),
    "AWS::EC2::NatGateway": ("ec2:CreateNatGateway",),
    "AWS::EC2::Route": ("ec2:CreateRoute",),
    "AWS::EC2::RouteTable": ("ec2:CreateRouteTable",),
    "AWS::EC2::SecurityGroup": ("ec2:CreateSecurityGroup",),
    "AWS::EC2::Subnet": ("ec2:CreateSubnet",),
    "AWS::EC2::SubnetRouteTableAssociation": ("ec2:AssociateRouteTable",),
    "AWS::EC2::VPC": ("ec2:CreateVpc", "ec2:ModifyVpcAttribute"),
    "AWS::EC2::VPCEndpoint": ("ec2:CreateVpcEndpoint",),
    "AWS::EC2::VPCGatewayAttachment": ("ec2:AttachInternetGateway",),
    "AWS::EKS::AccessEntry": ("eks:CreateAccessEntry",),
    "AWS::EKS::Addon": ("eks:CreateAddon",),
    "AWS::EKS::Cluster": ("eks:CreateCluster", CREATE_SERVICE_LINKED_ROLE, "iam:PassRole", "kms:CreateGrant"),
    "AWS::IAM::Policy": ("iam:PutRolePolicy",),
    "AWS::IAM::Role": ("iam:AttachRolePolicy", "iam:CreateRole"),
    "AWS::KMS::Key": ("kms:CreateKey",),
    "AWS::Lambda::Function": ("lambda:CreateFunction",),
    "AWS::Logs::LogGroup": ("logs:CreateLogGroup", "logs:PutRetentionPolicy"),
    "AWS::SSM::Parameter": ("ssm:PutParameter",),
    "Custom::VpcRestrictDefaultSG": ("lambda:InvokeFunction",),
}
# Role and the service that it is linked to: EKS User Guide, "Using service-linked roles"; EC2 User Guide,
# "Service-linked role for Spot Instance requests".
_LINKED_ROLES: Mapping[str, str] = {
    "AWSServiceRoleForAmazonEKS": "eks.amazonaws.com",
    "AWSServiceRoleForAmazonEKSNodegroup": "eks-nodegroup.amazonaws.com",
    "AWSServiceRoleForEC2Spot": "spot.amazonaws.com",
}


def bootstrap_role(name: str, caller: Caller, plan: Plan) -> str:
    """The ARN of a role of the bootstrap stack."""
    role = f"cdk-{plan.bootstrap_qualifier}-{name}-{caller.account}-{plan.region}"
    return f"arn:{caller.partition}:iam::{caller.account}:role/{role}"


def grants_of_caller(caller: Caller, plan: Plan) -> Sequence[Grant]:
    """What whoever deploys must be allowed."""
    return [Grant(actions=["sts:AssumeRole"], resources=[bootstrap_role(name, caller, plan)]) for name in _ASSUMED]


def grants_of_deployment_role(caller: Caller, plan: Plan) -> tuple[str, Sequence[Grant]]:
    """The ARN of the role that CloudFormation uses, and what it must be allowed."""
    types = [OF_NODES] if plan.cluster_name is not None else [OF_NODES, OF_A_NEW_CLUSTER]
    actions = {action for each in types for needed in each.values() for action in needed}
    return bootstrap_role(_DEPLOYMENT, caller, plan), [Grant(actions=sorted(actions))]


def service_linked_roles(plan: Plan) -> Mapping[str, str]:
    """The roles that services make for themselves, if they may, with the service that each is linked to."""
    unneeded = set()
    if plan.cluster_name is not None:
        unneeded.add("AWSServiceRoleForAmazonEKS")
    if plan.capacity is not Capacity.SPOT:
        unneeded.add("AWSServiceRoleForEC2Spot")
    return {role: service for role, service in _LINKED_ROLES.items() if role not in unneeded}
