"""What templates can ask about beyond themselves, answered from the emulated account."""

from __future__ import annotations

from .errors import TemplateError
from .functions import Surroundings
from .stacks import CloudFormationState, Stack, cloudformation_state, partition

__all__ = ["account_surroundings"]


def account_surroundings(state: CloudFormationState, stack: Stack) -> Surroundings:
    """What the templates of a stack can ask about."""
    part = partition(state.region)
    return Surroundings(
        pseudo_parameters={
            "AWS::AccountId": state.account,
            "AWS::NotificationARNs": stack.request.notification_arns if stack.request else [],
            "AWS::Partition": part,
            "AWS::Region": state.region,
            "AWS::StackId": stack.id,
            "AWS::StackName": stack.name,
            "AWS::URLSuffix": "amazonaws.com.cn" if part == "aws-cn" else "amazonaws.com",
        },
        zones=lambda region: _zones(state.account, region),
        import_value=lambda name: _import_value(state, name),
        stack_output=lambda name, output, region: _stack_output(state.account, region, name, output),
        ssm_parameter=lambda name: _ssm_parameter(state, name),
    )


def _zones(account: str, region: str) -> list[str]:
    # moto's EC2 takes a second to load; most templates do not need it.
    from moto.ec2.models import ec2_backends

    return [zone.name for zone in ec2_backends[account][region].describe_availability_zones()]


def _import_value(state: CloudFormationState, name: str) -> str:
    exports = state.exports()
    if name not in exports:
        raise TemplateError(f"No export named {name} found. ")
    return exports[name].value


def _stack_output(account: str, region: str, name: str, output: str) -> str:
    stack = cloudformation_state(account, region).find(name)
    if stack is None:
        raise TemplateError(f"Template error: Fn::GetStackOutput: stack {name} does not exist in {region}")
    if output not in stack.outputs:
        raise TemplateError(f"Template error: Fn::GetStackOutput: stack {name} has no output {output}")
    return stack.outputs[output].value


def _ssm_parameter(state: CloudFormationState, name: str) -> str:
    from moto.ssm.models import ssm_backends

    parameter = ssm_backends[state.account][state.region].get_parameter(name)
    if parameter is None or parameter.value is None:
        raise TemplateError(f"Unable to fetch parameters [{name}] from parameter store for this account.")
    return str(parameter.value)
