"""The app's templates against cfn-lint, cdk-nag and CDK's own validation: no finding that is not explained.

Every finding is compared with the explanations, both ways: a new finding fails, and so does an explanation that nothing
needs any more. Those of cdk-nag's findings stand in ``stacks/``, and in ``docs/reference/security.md``.

cdk-nag says nothing about EKS clusters of ``aws_eks_v2``: its rules EKS1 (public endpoint) and EKS2 (control plane
logs) know the classes of ``aws_eks`` only, and nothing about the role of CDK's own ``CustomResourceProvider``, which is
no class of ``aws_iam``. ``tests/stacks/test_app.py`` asserts the first, ``tests/docs/test_security.py`` the second.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import cfnlint.api
import pytest
from aws_cdk import aws_ec2 as ec2
from cdk_nag import AwsSolutionsChecks, NIST80053R5Checks

from app import define
from tests.apps import UNSTAGED
from tests.docs.pages import quoted, section, table

ROOT = Path(__file__).parents[2]

# Rule, type of the resource, and part of the message: why it stands.
CFN_LINT_EXPLAINED = {
    ("W3010", "AWS::EC2::Subnet", "Avoid hardcoding availability zones"): (
        "the zones are chosen: the nodes' zone must offer the instance type, and the control plane's must take EKS"
    ),
    ("W3005", "AWS::EKS::Cluster", "dependency already enforced"): (
        "CDK makes the cluster depend on all of its network, so that it is deleted first"
    ),
    ("W3005", "AWS::Lambda::Function", "dependency already enforced"): (
        "CDK's own functions: one empties the default security group, one runs kubectl"
    ),
}

# What CDK's own validation and the app's annotations say to people: why it stands.
VALIDATION_EXPLAINED = {
    "new": {"Annotation::efa-constructs:zone-not-named": "asks the user for what only the user's account knows"},
    "existing": {},
    "private": {
        "Annotation::efa-constructs:zone-not-named": "as above",
        "Annotation::efa-constructs:volume-key-policy": "asks the user for what stands in the policy of the user's key",
    },
}

CONFIGURATIONS = {
    "new": {},
    "existing": {"efa:clusterFacts": str(ROOT / "examples" / "cluster-facts.json")},
    "private": {
        "efa:privateEndpoint": True,
        "efa:adminRoleArn": "arn:aws:iam::123456789012:role/admin",
        "efa:volumeKeyArn": "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab",
    },
}
PACKS = {"AwsSolutions": AwsSolutionsChecks, "NIST.800.53.R5": NIST80053R5Checks}


@dataclass(frozen=True)
class Explanation:
    """Why a finding stands, and the construct at which the app says so."""

    finding: str
    construct: str
    reason: str


@dataclass
class Synthesis:
    """The app in one configuration, synthesized with CDK's validation and cdk-nag."""

    configuration: str
    templates: dict[str, dict[str, Any]]
    # Rule and construct path of the findings of each validator.
    report: dict[str, list[tuple[str, str]]]
    suppressed: dict[str, list[tuple[str, str]]]
    # Of cdk-nag's: what the app says, and what of it silenced a finding.
    given: set[Explanation]
    used: set[Explanation]


@pytest.fixture(scope="module")
def syntheses(tmp_path_factory):
    return {name: synthesize(name, tmp_path_factory.mktemp(name)) for name in CONFIGURATIONS}


@pytest.fixture(params=CONFIGURATIONS)
def synthesis(request, syntheses):
    return syntheses[request.param]


def synthesize(configuration: str, outdir: Path) -> Synthesis:
    context = json.loads((ROOT / "cdk.json").read_text())["context"] | UNSTAGED | CONFIGURATIONS[configuration]
    with pytest.MonkeyPatch.context() as patch:
        for variable in ("CDK_DEFAULT_ACCOUNT", "CDK_DEFAULT_REGION"):
            patch.delenv(variable, raising=False)
        app = cdk.App(context=context, outdir=str(outdir))
        define(app)
    cdk.Validations.of(app).add_plugins(*(pack(app) for pack in PACKS.values()))
    # Raises for any error, of cdk-nag or of CDK's validation.
    app.synth()
    report = json.loads((outdir / "validation-report.json").read_text())["pluginReports"]
    return Synthesis(
        configuration,
        templates={path.name: json.loads(path.read_text()) for path in outdir.glob("*.template.json")},
        report=findings(report, "violations"),
        suppressed=findings(report, "suppressedViolations"),
        given={one for path in outdir.glob("*.metadata.json") for one in given(json.loads(path.read_text()))},
        used={
            Explanation(one["ruleName"], one["acknowledgedAt"], one["reason"])
            for plugin in report
            if plugin["pluginName"] in PACKS
            for one in plugin.get("suppressedViolations", [])
        },
    )


def findings(report: list[dict[str, Any]], kind: str) -> dict[str, list[tuple[str, str]]]:
    return {
        plugin["pluginName"]: [
            (finding["ruleName"], construct["constructPath"])
            for finding in plugin.get(kind, [])
            for construct in finding["violatingConstructs"]
        ]
        for plugin in report
    }


def given(metadata: dict[str, list[dict[str, Any]]]) -> Iterator[Explanation]:
    """The explanations of a stack's constructs, of cdk-nag's findings alone."""
    for path, entries in metadata.items():
        for entry in entries:
            if entry["type"] == "aws:cdk:acknowledged-rules":
                for name, reason in entry["data"].items():
                    pack, _, finding = name.partition("::")
                    if pack in PACKS:
                        yield Explanation(finding, path.lstrip("/"), reason)


def test_has_no_finding_of_cfn_lint_that_is_not_explained(synthesis):
    needed = set()
    for name, template in synthesis.templates.items():
        for match in cfnlint.api.lint(json.dumps(template), regions=["us-east-1"]):
            resource = template["Resources"][match.path[1]] if match.path and match.path[0] == "Resources" else {}
            explanations = [
                (rule, type_name, text)
                for rule, type_name, text in CFN_LINT_EXPLAINED
                if match.rule.id == rule and resource.get("Type") == type_name and text in match.message
            ]
            assert explanations, f"{name}: {match.rule.id} {match.message} at {match.path}"
            needed.update(explanations)
    # Without a network and a cluster of its own, the app has only the functions.
    own = {explanation for explanation in CFN_LINT_EXPLAINED if explanation[1] == "AWS::Lambda::Function"}
    assert needed == (own if synthesis.configuration == "existing" else set(CFN_LINT_EXPLAINED))


def test_would_see_a_finding_of_cfn_lint(synthesis):
    template = synthesis.templates["EfaNodes.template.json"]
    (group,) = [name for name, item in template["Resources"].items() if item["Type"] == "AWS::EKS::Nodegroup"]
    broken = json.loads(json.dumps(template))
    broken["Resources"][group]["Properties"]["AmiType"] = "AL2023_x86_64_NVIDEA"
    assert [match.rule.id for match in cfnlint.api.lint(json.dumps(broken), regions=["us-east-1"])] == ["E3030"]


def test_has_no_finding_of_cdk_nag_that_is_not_explained(synthesis):
    for pack in PACKS:
        assert synthesis.report[pack] == []
        assert synthesis.suppressed[pack]


def test_explains_no_finding_that_there_is_not(syntheses):
    used = {explanation for synthesis in syntheses.values() for explanation in synthesis.used}
    for synthesis in syntheses.values():
        assert synthesis.given <= used


def test_shows_every_explanation_in_the_documentation(syntheses):
    used = {explanation for synthesis in syntheses.values() for explanation in synthesis.used}
    rows = table(section("reference/security.md", "## Findings of cdk-nag"))
    shown = [Explanation(*quoted(finding), *quoted(construct), reason) for finding, construct, reason in rows]
    assert sorted(shown, key=str) == sorted(used, key=str)


def test_would_see_a_finding_of_either_pack(tmp_path):
    app = cdk.App(outdir=str(tmp_path))
    stack = cdk.Stack(app, "Stack")
    ec2.CfnSecurityGroup(
        stack,
        "Open",
        group_description="open",
        security_group_ingress=[
            ec2.CfnSecurityGroup.IngressProperty(ip_protocol="tcp", from_port=22, to_port=22, cidr_ip="0.0.0.0/0")
        ],
    )
    cdk.Validations.of(app).add_plugins(*(pack(app) for pack in PACKS.values()))
    with pytest.raises(RuntimeError, match="ValidationFailed"):
        app.synth()
    found = findings(json.loads((tmp_path / "validation-report.json").read_text())["pluginReports"], "violations")
    assert ("AwsSolutions-EC23", "Stack/Open") in found["AwsSolutions"]
    assert ("NIST.800.53.R5-EC2RestrictedSSH", "Stack/Open") in found["NIST.800.53.R5"]


def test_has_no_finding_of_cdks_own_validation_that_is_not_explained(synthesis):
    report = [finding for plugin in synthesis.report.values() for finding in plugin]
    assert {rule for rule, _ in report} == set(VALIDATION_EXPLAINED[synthesis.configuration])


def test_acknowledges_the_chosen_zones_where_the_network_is_defined(synthesis):
    acknowledged = synthesis.suppressed.get("CloudFormation Validate", [])
    subnets = {
        ("W3010", f"EfaCluster/Network/Vpc/{kind}Subnet{number}/Subnet")
        for kind in ("Private", "Public")
        for number in (1, 2)
    }
    assert set(acknowledged) == (set() if synthesis.configuration == "existing" else subnets)
