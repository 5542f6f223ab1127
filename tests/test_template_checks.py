"""The app's templates against cfn-lint, cdk-nag and CDK's own validation: no finding that is not explained here.

Every finding is compared with the explanations below, both ways: a new finding fails, and so does an explanation that
nothing needs any more. Explanations of cdk-nag's findings stand here and not in the constructs: whether a managed
policy is acceptable is for the users' own reviewers to say; acknowledged in a library, it would be hidden from them.

cdk-nag says nothing about EKS clusters of ``aws_eks_v2``: its rules EKS1 (public endpoint) and EKS2 (control plane
logs) know the classes of ``aws_eks`` only. ``tests/stacks/test_app.py`` asserts both.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import cfnlint.api
import pytest
from cdk_nag import AwsSolutionsChecks

from app import define
from tests.apps import UNSTAGED

ROOT = Path(__file__).parents[1]

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


def nag_rule(policy: str) -> str:
    return f"AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/{policy}]"


# Construct, and the finding of cdk-nag: why it stands. IAM4 is an AWS managed policy.
_NODE_ROLE = {
    ("EfaNodes/NodeGroup/Role/Resource", nag_rule(policy)): reason
    for policy, reason in {
        "AmazonEKSWorkerNodePolicy": "required by EKS of the node role; AWS extends it as EKS needs more",
        "AmazonEC2ContainerRegistryPullOnly": "required by EKS of the node role: the images of add-ons come from ECR",
        "AmazonEKS_CNI_Policy": "the cluster's VPC CNI uses the node role unless somebody gives it one of its own",
        "AmazonSSMManagedInstanceCore": "Session Manager, instead of SSH, is how people reach the nodes",
    }.items()
}
_PROVIDER = "EfaWorkloads/KubectlAccess/Provider"
_KUBECTL = {
    (f"{_PROVIDER}/{construct}", finding): reason
    for construct, finding, reason in (
        (
            "Handler/ServiceRole/Resource",
            nag_rule("service-role/AWSLambdaBasicExecutionRole"),
            "CDK's own function that runs kubectl writes its log",
        ),
        (
            "Provider/framework-onEvent/ServiceRole/Resource",
            nag_rule("service-role/AWSLambdaBasicExecutionRole"),
            "CDK's own function that calls it writes its log",
        ),
        (
            "Handler/ServiceRole/Resource",
            nag_rule("AmazonEC2ContainerRegistryReadOnly"),
            "CDK lets the function read Helm charts from ECR",
        ),
        (
            "Handler/ServiceRole/Resource",
            'AwsSolutions-IAM4[Policy::{"Fn::If":["KubectlAccessProviderHandlerHasEcrPublicC05F9BBD",{"Fn::Join":["",'
            '["arn:",{"Ref":"AWS::Partition"},":iam::aws:policy/AmazonElasticContainerRegistryPublicReadOnly"]]},'
            '{"Ref":"AWS::NoValue"}]}]',
            "CDK lets the function read Helm charts from public ECR",
        ),
        ("Handler/Resource", "AwsSolutions-L1", "CDK chooses the runtime that its kubectl layer is built for"),
        (
            "Provider/framework-onEvent/ServiceRole/DefaultPolicy/Resource",
            "AwsSolutions-IAM5[Resource::<KubectlAccessProviderHandler1CBA9396.Arn>:*]",
            "the versions of one function, which CDK's provider calls",
        ),
    )
}
NAG_EXPLAINED = {
    "new": _NODE_ROLE
    | _KUBECTL
    | {
        ("EfaCluster/Eks/Cluster/Role/Resource", nag_rule("AmazonEKSClusterPolicy")): (
            "required by EKS of the cluster role"
        )
    },
    "existing": _NODE_ROLE | _KUBECTL,
}

# What CDK's own validation and the app's annotations say to people: why it stands.
VALIDATION_EXPLAINED = {
    "new": {"Annotation::efa-constructs:zone-not-named": "asks the user for what only the user's account knows"},
    "existing": {},
}

CONFIGURATIONS = {"new": {}, "existing": {"efa:clusterFacts": str(ROOT / "examples" / "cluster-facts.json")}}


@dataclass
class Synthesis:
    """The app in one configuration, synthesized with CDK's validation and cdk-nag."""

    configuration: str
    templates: dict[str, dict[str, Any]]
    report: dict[str, list[tuple[str, str]]]
    suppressed: dict[str, list[tuple[str, str]]]


@pytest.fixture(scope="module", params=CONFIGURATIONS)
def synthesis(request, tmp_path_factory):
    context = json.loads((ROOT / "cdk.json").read_text())["context"] | UNSTAGED | CONFIGURATIONS[request.param]
    outdir = tmp_path_factory.mktemp(request.param)
    with pytest.MonkeyPatch.context() as patch:
        for variable in ("CDK_DEFAULT_ACCOUNT", "CDK_DEFAULT_REGION"):
            patch.delenv(variable, raising=False)
        app = cdk.App(context=context, outdir=str(outdir))
        define(app)
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    for (path, finding), reason in NAG_EXPLAINED[request.param].items():
        construct = app
        for name in path.split("/"):
            construct = construct.node.find_child(name)
        cdk.Validations.of(construct).acknowledge(cdk.Acknowledgment(id=f"AwsSolutions::{finding}", reason=reason))
    # Raises for any error, of cdk-nag or of CDK's validation.
    app.synth()
    report = json.loads((outdir / "validation-report.json").read_text())
    templates = {path.name: json.loads(path.read_text()) for path in outdir.glob("*.template.json")}
    return Synthesis(request.param, templates, findings(report, "violations"), findings(report, "suppressedViolations"))


def findings(report: dict[str, Any], kind: str) -> dict[str, list[tuple[str, str]]]:
    """Rule and construct path of the findings of each validator."""
    return {
        plugin["pluginName"]: [
            (finding["ruleName"], construct["constructPath"])
            for finding in plugin.get(kind, [])
            for construct in finding["violatingConstructs"]
        ]
        for plugin in report["pluginReports"]
    }


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
    assert needed == (set(CFN_LINT_EXPLAINED) if synthesis.configuration == "new" else own)


def test_would_see_a_finding_of_cfn_lint(synthesis):
    template = synthesis.templates["EfaNodes.template.json"]
    (group,) = [name for name, item in template["Resources"].items() if item["Type"] == "AWS::EKS::Nodegroup"]
    broken = json.loads(json.dumps(template))
    broken["Resources"][group]["Properties"]["AmiType"] = "AL2023_x86_64_NVIDEA"
    assert [match.rule.id for match in cfnlint.api.lint(json.dumps(broken), regions=["us-east-1"])] == ["E3030"]


def test_has_no_finding_of_cdk_nag_that_is_not_explained(synthesis):
    explained = {(finding, path) for path, finding in NAG_EXPLAINED[synthesis.configuration]}
    assert synthesis.report["AwsSolutions"] == []
    assert set(synthesis.suppressed["AwsSolutions"]) == explained


def test_has_no_finding_of_cdks_own_validation_that_is_not_explained(synthesis):
    report = [finding for plugin in synthesis.report.values() for finding in plugin]
    assert {rule for rule, _ in report} == set(VALIDATION_EXPLAINED[synthesis.configuration])


def test_acknowledges_the_chosen_zones_where_the_network_is_defined(synthesis):
    acknowledged = synthesis.suppressed.get("CloudFormation Validate", [])
    expected = {
        "new": {
            ("W3010", f"EfaCluster/Network/Vpc/{kind}Subnet{number}/Subnet")
            for kind in ("Private", "Public")
            for number in (1, 2)
        },
        "existing": set(),
    }
    assert set(acknowledged) == expected[synthesis.configuration]
