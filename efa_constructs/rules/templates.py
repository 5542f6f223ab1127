"""Rules about CloudFormation templates themselves."""

from __future__ import annotations

from .rule import Rule, Severity

__all__ = [
    "DEFAULT_REFUSED",
    "IDLE_ACKNOWLEDGEMENT",
    "ILL_FORMED_ID",
    "MISSING_PROPERTY",
    "NO_SUCH_ATTRIBUTE",
    "NO_SUCH_REFERENCE",
    "OUT_OF_LIMITS",
    "READ_ONLY",
    "TEMPLATE_RULES",
    "TEMPLATE_TOO_LARGE",
    "TOO_MANY_RESOURCES",
    "UNKNOWN_PROPERTY",
    "UNKNOWN_VALUE",
    "WRONG_TYPE",
]

_REFERENCE = (
    "https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-template-resource-type-ref.html"
)
_QUOTAS = "https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html"
_FUNCTIONS = "https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html"

UNKNOWN_PROPERTY = Rule(
    id="EFA-CFN-001",
    severity=Severity.ERROR,
    title="A resource has only properties that its type has",
    problem="{where} is no property of {type}{meant}",
    why="CloudFormation refuses the template, or, in CDK, a dict with snake_case keys is dropped silently.",
    fix="spell the property as the reference of the type does",
    source=_REFERENCE,
)
WRONG_TYPE = Rule(
    id="EFA-CFN-002",
    severity=Severity.ERROR,
    title="A property has a value of its type",
    problem="{where}: {problem}",
    why="CloudFormation refuses the template.",
    fix="give a value of the type that the reference names",
    source=_REFERENCE,
)
UNKNOWN_VALUE = Rule(
    id="EFA-CFN-003",
    severity=Severity.ERROR,
    title="A property has one of the values that it may have",
    problem="{where} is {value}, which is none of {allowed}{meant}",
    why="CloudFormation, or the service, refuses it.",
    fix="use one of the values that the reference of the type lists",
    source=_REFERENCE,
)
MISSING_PROPERTY = Rule(
    id="EFA-CFN-004",
    severity=Severity.ERROR,
    title="A resource has the properties that its type needs",
    problem="{where} is missing",
    why="CloudFormation refuses the template.",
    fix="add the property",
    source=_REFERENCE,
)
NO_SUCH_ATTRIBUTE = Rule(
    id="EFA-CFN-005",
    severity=Severity.ERROR,
    title="Fn::GetAtt asks for an attribute that the resource has",
    problem="{where} asks for {logical_id}.{attribute}, and {type} has no such attribute{meant}",
    why="CloudFormation refuses the template.",
    fix="ask for an attribute that the reference of the type lists under 'Return values'",
    source=_FUNCTIONS,
)
NO_SUCH_REFERENCE = Rule(
    id="EFA-CFN-006",
    severity=Severity.ERROR,
    title="What is referred to is in the template",
    problem="{where} refers to {name}, which is no {kind} of the template{meant}",
    why="CloudFormation refuses the template.",
    fix="name a resource, parameter or condition that this template has; between stacks use exports",
    source=_FUNCTIONS,
)
OUT_OF_LIMITS = Rule(
    id="EFA-CFN-007",
    severity=Severity.ERROR,
    title="A property is within its limits",
    problem="{where} {limit}, got {value}",
    why="CloudFormation, or the service, refuses it.",
    fix="give a value within the limits",
    source=_REFERENCE,
)
ILL_FORMED_ID = Rule(
    id="EFA-CFN-008",
    severity=Severity.ERROR,
    title="An id of AWS has the form of one",
    problem="{where} is {value}, which is not of the form {example}",
    why="The service refuses it.",
    fix="copy the id, not the name, of what is meant",
    source="https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/resource-ids.html",
)
READ_ONLY = Rule(
    id="EFA-CFN-009",
    severity=Severity.ERROR,
    title="A template sets no property that can only be read",
    problem="{where} cannot be set: it is what {type} returns",
    why="CloudFormation refuses the template.",
    fix="leave the property out",
    source=_REFERENCE,
)
IDLE_ACKNOWLEDGEMENT = Rule(
    id="EFA-CFN-010",
    severity=Severity.NOTE,
    title="What people acknowledge is a rule, with a reason",
    problem="{where} acknowledges {id}, {wrong}",
    why="Such an acknowledgement accepts nothing: what breaks the rule that was meant is a finding still.",
    fix="give the id of a rule, and a reason",
    source="https://docs.aws.amazon.com/cdk/api/v2/docs/aws-cdk-lib.Validations.html",
)
TEMPLATE_TOO_LARGE = Rule(
    id="EFA-CFN-011",
    severity=Severity.ERROR,
    title="A template is no larger than CloudFormation takes",
    problem="the template of {stack} has {size} bytes, but CloudFormation takes {most}; the largest resource of it "
    "is {largest}",
    why="CloudFormation refuses the template. What is deployed stays as it is.",
    fix="divide the resources among several stacks, or nested ones, or keep scripts and data in Amazon S3",
    source=_QUOTAS,
)
TOO_MANY_RESOURCES = Rule(
    id="EFA-CFN-012",
    severity=Severity.ERROR,
    title="A template has no more resources than CloudFormation takes",
    problem="the template of {stack} has {count} resources, but CloudFormation takes {most}",
    why="CloudFormation refuses the template. What is deployed stays as it is.",
    fix="divide the resources among several stacks, or nested ones",
    source=_QUOTAS,
)
DEFAULT_REFUSED = Rule(
    id="EFA-CFN-013",
    severity=Severity.ERROR,
    title="The default of a parameter is a value that the parameter may have",
    problem="the parameter {parameter} {limit}, and its default is {value}",
    why="CloudFormation refuses the template.",
    fix="give a default that its type, AllowedValues, AllowedPattern and limits allow, or none",
    source="https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html",
)
TEMPLATE_RULES = (
    UNKNOWN_PROPERTY,
    WRONG_TYPE,
    UNKNOWN_VALUE,
    MISSING_PROPERTY,
    NO_SUCH_ATTRIBUTE,
    NO_SUCH_REFERENCE,
    OUT_OF_LIMITS,
    ILL_FORMED_ID,
    READ_ONLY,
    IDLE_ACKNOWLEDGEMENT,
    TEMPLATE_TOO_LARGE,
    TOO_MANY_RESOURCES,
    DEFAULT_REFUSED,
)
