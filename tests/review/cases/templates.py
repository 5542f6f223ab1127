"""Cases of templates."""

from __future__ import annotations

import json
from typing import Any

from efa_constructs.rules import templates as rules

from ..templates import Change, Template, add, all_of, drop, put, whole
from .case import Case

__all__ = ["TEMPLATE_CASES"]


def _acknowledge(**entry: str) -> Change:
    """Accept something of the node group."""
    metadata = {"efa-constructs": {"acknowledge": [entry]}}
    return lambda template: template["Resources"]["NodeGroup"].update(Metadata=metadata)


def _fabric(template: Template) -> None:
    """Add a condition."""
    template["Conditions"] = {"Fabric": {"Fn::Equals": ["on", "on"]}}


def _topics(number: int) -> Change:
    """Add resources that EFA has nothing to do with. The sound template has six."""
    return all_of(*(add(f"Topic{each}", "AWS::SNS::Topic") for each in range(number)))


def _with_size(size: int) -> Change:
    """Make the text of the template this long."""

    def change(template: Template) -> None:
        template["Metadata"] = {"Padding": ""}
        template["Metadata"]["Padding"] = "x" * (size - len(json.dumps(template)))

    return change


def _parameter(kind: str = "String", **settings: object) -> Change:
    """Add a parameter of the template, which its node group has for a tag."""

    def change(template: Template) -> None:
        template["Parameters"]["Choice"] = {"Type": kind, **settings}
        template["Resources"]["NodeGroup"]["Properties"]["Tags"] = {"choice": {"Fn::Sub": "${Choice}"}}

    return change


# What a parameter says: once its own limits refuse its default, and once nothing surely does.
_DEFAULTS: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"Default": "dev", "AllowedValues": ["test", "prod"]}, {"Default": "test", "AllowedValues": ["test", "prod"]}),
    ({"Default": "dev", "AllowedValues": ["test", 5]}, {"Default": "5", "AllowedValues": ["test", 5]}),
    # As YAML reads 1.30, and "yes".
    ({"Default": 1.4, "AllowedValues": ["1.30"]}, {"Default": 1.3, "AllowedValues": ["1.30", "1.31"]}),
    ({"Default": "on", "AllowedValues": ["off"]}, {"Default": True, "AllowedValues": ["yes", "no"]}),
    ({"Default": "on", "AllowedValues": ["off"]}, {"Default": "on", "AllowedValues": [False, True]}),
    ({"Default": "Dev", "AllowedPattern": "[a-z]+"}, {"Default": "dev", "AllowedPattern": "^[a-z]+$"}),
    # It matches the whole value.
    ({"Default": "dev-1", "AllowedPattern": "[a-z]+"}, {"Default": "dev-1", "AllowedPattern": "[a-z]+-\\d"}),
    ({"Default": "", "AllowedPattern": ".+"}, {"Default": "", "AllowedPattern": "|.+"}),
    ({"Default": "12", "AllowedPattern": "\\d\\d\\d"}, {"Default": 12, "AllowedPattern": "\\d\\d\\d"}),
    ({"Default": "ab", "MinLength": "3"}, {"Default": "abc", "MinLength": "3"}),
    ({"Default": "abcd", "MaxLength": 3}, {"Default": "abc", "MaxLength": 3}),
    ({"Default": "abcd", "MaxLength": 3}, {"Default": "abcd", "MaxLength": "many"}),
    ({"kind": "Number", "Default": 0, "MinValue": 1}, {"kind": "Number", "Default": "1", "MinValue": 1}),
    ({"kind": "Number", "Default": "9", "MaxValue": "8"}, {"kind": "Number", "Default": 8, "MaxValue": "8"}),
    (
        {"kind": "Number", "Default": 3, "AllowedValues": [1, 2]},
        {"kind": "Number", "Default": 2.0, "AllowedValues": ["2"]},
    ),
    ({"kind": "Number", "Default": "many"}, {"kind": "Number", "Default": "1e3"}),
    (
        {"kind": "CommaDelimitedList", "Default": "a, c", "AllowedValues": ["a", "b"]},
        {"kind": "CommaDelimitedList", "Default": "a, b", "AllowedValues": ["a", "b"]},
    ),
    (
        {"kind": "CommaDelimitedList", "Default": "a,1", "AllowedPattern": "[a-z]"},
        {"kind": "CommaDelimitedList", "Default": "a,b", "AllowedPattern": "[a-z]", "MaxLength": 1},
    ),
    (
        {"kind": "CommaDelimitedList", "Default": "1", "AllowedPattern": "[a-z]"},
        {"kind": "CommaDelimitedList", "Default": "", "AllowedPattern": "[a-z]"},
    ),
    # The name of a parameter of Systems Manager is not what it holds.
    (
        {"Default": "/team/size", "AllowedPattern": "\\d"},
        {"kind": "AWS::SSM::Parameter::Value<String>", "Default": "/team/size", "AllowedPattern": "\\d"},
    ),
]

TEMPLATE_CASES = (
    Case(rule=rules.TEMPLATE_TOO_LARGE, broken=_with_size(1_000_001), kept=_with_size(1_000_000)),
    Case(rule=rules.TOO_MANY_RESOURCES, broken=_topics(495), kept=_topics(494)),
    Case(
        rule=rules.TOO_MANY_RESOURCES,
        broken=all_of(_topics(495), lambda template: template.update(Transform="AWS::LanguageExtensions")),
        # A macro of somebody's own may take some away.
        kept=all_of(_topics(495), lambda template: template.update(Transform="Mine")),
    ),
    Case(rule=rules.UNKNOWN_PROPERTY, broken=put("NodeGroup.scalingConfig", {"MinSize": 1})),
    Case(
        rule=rules.WRONG_TYPE,
        broken=put("NodeGroup.ScalingConfig.MinSize", "one"),
        kept=put("NodeGroup.ScalingConfig.MinSize", "1"),
    ),
    Case(rule=rules.UNKNOWN_VALUE, broken=put("PlacementGroup.Strategy", "clustered")),
    Case(rule=rules.MISSING_PROPERTY, broken=drop("NodeGroup.NodeRole")),
    Case(
        rule=rules.NO_SUCH_ATTRIBUTE,
        broken=put("NodeGroup.LaunchTemplate.Version", {"Fn::GetAtt": ["LaunchTemplate", "LatestVersion"]}),
    ),
    Case(
        rule=rules.NO_SUCH_REFERENCE,
        broken=put("NodeGroup.LaunchTemplate.Version", {"Fn::GetAtt": ["Template", "LatestVersionNumber"]}),
    ),
    Case(
        rule=rules.NO_SUCH_REFERENCE,
        broken=put("NodeGroup.ReleaseVersion", {"Fn::Sub": "${Release}"}),
        kept=put("NodeGroup.ReleaseVersion", {"Fn::Sub": ["${Release}${!Literal}${AWS::Region}", {"Release": "1"}]}),
    ),
    Case(
        rule=rules.NO_SUCH_REFERENCE,
        broken=lambda template: template["Resources"]["NodeGroup"].update(DependsOn=["LaunchTemplate", "Route"]),
        kept=lambda template: template["Resources"]["NodeGroup"].update(DependsOn="LaunchTemplate"),
    ),
    Case(
        rule=rules.NO_SUCH_REFERENCE,
        broken=all_of(_fabric, lambda template: template["Resources"]["Egress"].update(Condition="WithEfa")),
        kept=all_of(_fabric, lambda template: template["Resources"]["Egress"].update(Condition="Fabric")),
    ),
    Case(
        rule=rules.NO_SUCH_REFERENCE,
        broken=all_of(_fabric, put("NodeGroup.DiskSize", {"Fn::If": ["WithEfa", {"Ref": "AWS::NoValue"}, 1]})),
        kept=all_of(_fabric, put("NodeGroup.DiskSize", {"Fn::If": ["Fabric", {"Ref": "AWS::NoValue"}, 1]})),
        # As long as nobody knows the condition, the size may be set.
        also=frozenset({"EFA-NG-017"}),
    ),
    # A module's resources are named after it, and a loop's as it says.
    Case(
        rule=rules.NO_SUCH_REFERENCE,
        broken=put("NodeGroup.NodeRole", {"Ref": "ModuleRole"}),
        kept=all_of(put("NodeGroup.NodeRole", {"Ref": "ModuleRole"}), add("Module", "Their::Role::Module::MODULE")),
    ),
    Case(
        rule=rules.NO_SUCH_REFERENCE,
        broken=put("NodeGroup.NodeRole", {"Ref": "RoleNodes"}),
        kept=all_of(
            put("NodeGroup.NodeRole", {"Ref": "RoleNodes"}),
            lambda template: template["Resources"].update({"Fn::ForEach::Roles": ["Name", ["Nodes"], {}]}),
        ),
    ),
    # What the template lists is as it says, whatever a loop makes beside it.
    Case(
        rule=rules.NO_SUCH_ATTRIBUTE,
        broken=all_of(
            put("NodeGroup.LaunchTemplate.Version", {"Fn::GetAtt": "LaunchTemplate.Latest"}),
            lambda template: template["Resources"].update({"Fn::ForEach::Roles": ["Name", ["Nodes"], {}]}),
        ),
    ),
    # The functions of AWS SAM bring their roles.
    Case(
        rule=rules.NO_SUCH_REFERENCE,
        broken=all_of(
            put("NodeGroup.NodeRole", {"Ref": "FunctionRole"}),
            lambda template: template.update(Transform="AWS::LanguageExtensions"),
        ),
        kept=all_of(
            put("NodeGroup.NodeRole", {"Ref": "FunctionRole"}),
            lambda template: template.update(Transform=["AWS::LanguageExtensions", "AWS::Serverless-2016-10-31"]),
        ),
    ),
    # The variable of a loop is no parameter.
    Case(
        rule=rules.NO_SUCH_REFERENCE,
        broken=put("NodeGroup.Tags", {"team": {"Ref": "Team"}}),
        kept=put("NodeGroup.Tags", {"Fn::ForEach::Teams": ["Team", ["vision"], {"${Team}": {"Ref": "Team"}}]}),
    ),
    Case(
        rule=rules.IDLE_ACKNOWLEDGEMENT,
        broken=_acknowledge(id="EFA-NG-01", reason="sizes to come"),
        kept=_acknowledge(id="EFA-NG-001", reason="sizes to come"),
    ),
    Case(rule=rules.IDLE_ACKNOWLEDGEMENT, broken=_acknowledge(id="EFA-NG-001", reason=" ")),
    # A macro of somebody's own may change anything.
    Case(
        rule=rules.UNKNOWN_PROPERTY,
        broken=put("NodeGroup.ScalingConfig.Smallest", 1),
        kept=all_of(put("NodeGroup.ScalingConfig.Smallest", 1), lambda template: template.update(Transform="Mine")),
    ),
    Case(
        rule=rules.OUT_OF_LIMITS,
        broken=put("NodeGroup.ScalingConfig", {"MinSize": 0, "DesiredSize": 0, "MaxSize": 0}),
        kept=put("NodeGroup.ScalingConfig", {"MinSize": 0, "DesiredSize": 0, "MaxSize": 1}),
    ),
    Case(
        rule=rules.ILL_FORMED_ID,
        broken=put("NodeGroup.Subnets", ["subnet-private"]),
        kept=put("NodeGroup.Subnets", ["subnet-0123456789abcdef0"]),
    ),
    *(
        Case(rule=rules.DEFAULT_REFUSED, broken=_parameter(**broken), kept=_parameter(**kept))
        for broken, kept in _DEFAULTS
    ),
    Case(
        rule=rules.DEFAULT_REFUSED,
        broken=_parameter(Default="dev", AllowedValues=["prod"]),
        # A macro of somebody's own may change anything.
        kept=all_of(
            _parameter(Default="dev", AllowedValues=["prod"]), lambda template: template.update(Transform="Mine")
        ),
    ),
    Case(rule=rules.READ_ONLY, broken=all_of(whole, put("Cluster.Endpoint", "https://example.com")), kept=whole),
)
