"""The names that CloudFormation gives to resources for which the template has none."""

from __future__ import annotations

import secrets
import string

from ..resource_type import ResourceRequest

__all__ = ["physical_name"]

_ALPHABET = string.ascii_uppercase + string.digits
_SUFFIX_LENGTH = 12

# Not the stack's name: PutParameter refuses what begins with "aws" or "ssm".
# Source: aws-cloudformation-resource-providers-ssm, CreateHandler; cloudformation-cli-java-plugin, IdentifierUtils.
_SSM_PARAMETER = "AWS::SSM::Parameter"
_SSM_PREFIX = "CFN"
_SSM_SUFFIX = string.ascii_letters + string.digits

# Longest names, where a type has a limit that a stack name and a logical id together can pass.
_LONGEST = {
    "AWS::EC2::LaunchTemplate": 128,
    "AWS::EKS::Cluster": 100,
    "AWS::EKS::Nodegroup": 63,
    "AWS::ElasticLoadBalancingV2::LoadBalancer": 32,
    "AWS::ElasticLoadBalancingV2::TargetGroup": 32,
    "AWS::IAM::InstanceProfile": 128,
    "AWS::IAM::ManagedPolicy": 128,
    "AWS::IAM::Role": 64,
    "AWS::IAM::User": 64,
    "AWS::Lambda::Function": 64,
    "AWS::S3::Bucket": 63,
    "AWS::SQS::Queue": 80,
    "AWS::SSM::Parameter": 40,
    "AWS::StepFunctions::StateMachine": 80,
    "Custom::AWSCDK-EKS-Cluster": 100,
}
# Types whose names have no upper case.
_LOWER_CASE = frozenset({"AWS::ECR::Repository", "AWS::S3::Bucket"})


def physical_name(request: ResourceRequest) -> str:
    """A new name: stack name, logical id and a random suffix, shortened to what the type allows."""
    of_ssm = request.type_name == _SSM_PARAMETER
    suffix = "".join(secrets.choice(_SSM_SUFFIX if of_ssm else _ALPHABET) for _ in range(_SUFFIX_LENGTH))
    room = _LONGEST.get(request.type_name, 255) - len(suffix) - 2
    # Both parts are shortened, the longer one first: each says something to a reader.
    stack, logical = _SSM_PREFIX if of_ssm else request.stack_name, request.logical_id
    if len(stack) + len(logical) > room:
        half = room // 2
        logical = logical[: max(half, room - len(stack))]
        stack = stack[: room - len(logical)]
    name = f"{stack}-{logical}-{suffix}"
    return name.lower() if request.type_name in _LOWER_CASE else name
