"""The page on security has every permission and every pod that we make, and none that is gone."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import aws_cdk as cdk
import cdk8s
import pytest
from aws_cdk import aws_eks_v2 as eks
from aws_cdk import aws_kms as kms
from constructs import Construct

from app import define
from efa_constructs.aws import EfaNodeGroup
from efa_constructs.k8s import GangScheduler, MpiOperator, NeuronDevicePlugin
from tests.apps import UNSTAGED
from tests.k8s.charts import WORKLOADS, pods_of
from tests.k8s.charts import chart as new_chart

from .pages import ROOT, quoted, section, table

PAGE = "reference/security.md"
CONFIGURATIONS: Mapping[str, Mapping[str, Any]] = {
    "new": {},
    "existing": {"efa:clusterFacts": str(ROOT / "examples" / "cluster-facts.json")},
    "private": {"efa:privateEndpoint": True},
}
IMAGE = "registry.example.com/image:1"


class Grant(NamedTuple):
    """What a policy lets its principal do."""

    who: str
    what: frozenset[str]
    # The wildcards in the resources that it is on: "*" is any resource at all.
    wildcards: frozenset[str]
    # "Bool kms:GrantIsForAWSResource true".
    conditions: frozenset[str] = frozenset()


class Rule(NamedTuple):
    """A rule of a role of Kubernetes."""

    role: str
    resources: frozenset[str]
    verbs: frozenset[str]
    names: frozenset[str]


# IAM


@pytest.fixture(scope="module")
def templates(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """Of the app in every configuration that changes permissions, and of what only the constructs offer."""
    made = []
    for name, keys in CONFIGURATIONS.items():
        made += synthesized(tmp_path_factory.mktemp(name), keys)
    return [*made, node_group_with_a_key(tmp_path_factory.mktemp("key"))]


def synthesized(folder: Path, keys: Mapping[str, Any]) -> list[dict[str, Any]]:
    context = json.loads((ROOT / "cdk.json").read_text())["context"] | UNSTAGED | dict(keys)
    app = cdk.App(context=context, outdir=str(folder), builtin_cloud_formation_validation=False)
    define(app)
    return [stack.template for stack in app.synth().stacks]


def node_group_with_a_key(folder: Path) -> dict[str, Any]:
    app = cdk.App(outdir=str(folder), builtin_cloud_formation_validation=False)
    stack = cdk.Stack(app, "Stack")
    vpc = cdk.aws_ec2.Vpc.from_vpc_attributes(
        stack, "Vpc", vpc_id="vpc-0", availability_zones=["us-east-1a"], private_subnet_ids=["subnet-0"]
    )
    cluster = eks.Cluster.from_cluster_attributes(
        stack, "Cluster", cluster_name="training", vpc=vpc, cluster_security_group_id="sg-0"
    )
    EfaNodeGroup(
        stack,
        "NodeGroup",
        cluster=cluster,
        instance_type="p4d.24xlarge",
        subnet=vpc.private_subnets[0],
        volume_key=kms.Key(stack, "VolumeKey"),
    )
    (only,) = app.synth().stacks
    return dict(only.template)


def name_of(logical_id: str) -> str:
    """Without the hash that CDK adds, and without the word that it adds for policies."""
    return re.sub(r"(DefaultPolicy)?[0-9A-F]{8}$", "", logical_id)


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def wildcards(statement: Mapping[str, Any]) -> frozenset[str]:
    """The last part of each resource that has a wildcard: "*" of any resource, ":*" of all versions of a function."""
    found = set()
    for resource in as_list(statement["Resource"]):
        parts = resource["Fn::Join"][1] if isinstance(resource, dict) and "Fn::Join" in resource else [resource]
        if any(isinstance(part, str) and "*" in part for part in parts):
            found.add(parts[-1])
    return frozenset(found)


def conditions(statement: Mapping[str, Any]) -> frozenset[str]:
    """Each with operator, key, and the last part of what it is compared with."""
    found = set()
    for operator, keys in statement.get("Condition", {}).items():
        for key, values in keys.items():
            for value in as_list(values):
                parts = value["Fn::Join"][1] if isinstance(value, dict) and "Fn::Join" in value else [value]
                found.add(f"{operator} {key} {str(parts[-1]).rpartition('/')[2]}")
    return frozenset(found)


def policy_names(arns: Any) -> Iterator[str]:
    for arn in arns:
        yield re.findall(r"(?:iam::aws:|cluster-access-)policy/(?:service-role/)?(\w+)", json.dumps(arn))[0]


def statements(who: str, document: Mapping[str, Any]) -> Iterator[Grant]:
    for statement in document["Statement"]:
        assert statement["Effect"] == "Allow"
        assert not {"NotAction", "NotResource", "NotPrincipal"} & set(statement)
        if statement.get("Principal") == {"AWS": "*"}:
            assert "aws:PrincipalArn" in statement["Condition"]["StringEquals"], "of a key, for anybody"
        yield Grant(who, frozenset(as_list(statement["Action"])), wildcards(statement), conditions(statement))


def grants(template: Mapping[str, Any]) -> Iterator[Grant]:
    for logical_id, resource in template["Resources"].items():
        properties, name = resource.get("Properties", {}), name_of(logical_id)
        match resource["Type"]:
            case "AWS::IAM::Role":
                for policy in policy_names(properties.get("ManagedPolicyArns", ())):
                    yield Grant(name, frozenset({policy}), frozenset())
                for policy in properties.get("Policies", ()):
                    yield from statements(name, policy["PolicyDocument"])
            case "AWS::IAM::Policy":
                assert [name_of(role["Ref"]) for role in properties["Roles"]] == [name]
                yield from statements(name, properties["PolicyDocument"])
            case "AWS::KMS::Key":
                yield from statements(name, properties["KeyPolicy"])
            case "AWS::EKS::AccessEntry":
                for policy in policy_names(one["PolicyArn"] for one in properties["AccessPolicies"]):
                    yield Grant(name, frozenset({policy}), frozenset())
            case kind:
                # So are policies of resources, such as AWS::Lambda::Permission and AWS::S3::BucketPolicy.
                grants_something = kind.startswith("AWS::IAM::") or kind.endswith(("Permission", "Policy"))
                assert not grants_something, f"{kind}: teach this test to read it"


def trusts(template: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Each role, and who may take it. The page says that no trust policy has a condition."""
    for logical_id, resource in template["Resources"].items():
        if resource["Type"] == "AWS::IAM::Role":
            (statement,) = resource["Properties"]["AssumeRolePolicyDocument"]["Statement"]
            assert (statement["Action"], statement["Effect"]) == ("sts:AssumeRole", "Allow")
            assert set(statement) == {"Action", "Effect", "Principal"}
            (principal,) = statement["Principal"].values()
            yield name_of(logical_id), principal if isinstance(principal, str) else "root"


def test_the_page_has_every_statement_of_every_policy_and_no_other(templates: list[dict[str, Any]]) -> None:
    made = {grant for template in templates for grant in grants(template)}
    rows = table(section(PAGE, "## IAM"))
    shown = []
    for who, may, cell, _, _ in rows:
        on, _, only_if = cell.partition(", only if ")
        shown.append(Grant(quoted(who)[0], *(frozenset(quoted(part)) for part in (may, on, only_if))))
    assert len(shown) == len(set(shown))
    assert set(shown) == made


def test_the_page_says_who_may_take_every_role(templates: list[dict[str, Any]]) -> None:
    made = {trust for template in templates for trust in trusts(template)}
    rows = table(section(PAGE, "## Who may take a role"))
    assert {(quoted(role)[0], quoted(principal)[0]) for role, principal, _ in rows} == made


def test_would_see_a_policy_that_grows(templates: list[dict[str, Any]]) -> None:
    changed = json.loads(json.dumps(templates))
    (role,) = [
        resource["Properties"]
        for template in changed[:3]
        for name, resource in template["Resources"].items()
        if name.startswith("NodeGroupRole")
    ]
    role["Policies"][0]["PolicyDocument"]["Statement"][0]["Action"].append("ssm:GetParameter")
    before, after = ({grant for template in made for grant in grants(template)} for made in (templates, changed))
    (grown,) = after - before
    assert "ssm:GetParameter" in grown.what


def test_would_see_a_condition_that_goes(templates: list[dict[str, Any]]) -> None:
    changed = json.loads(json.dumps(templates[-1]))
    (key,) = [one for one in changed["Resources"].values() if one["Type"] == "AWS::KMS::Key"]
    (statement,) = [
        one for one in key["Properties"]["KeyPolicy"]["Statement"] if as_list(one["Action"]) == ["kms:CreateGrant"]
    ]
    del statement["Condition"]["Bool"]
    (grown,) = set(grants(changed)) - set(grants(templates[-1]))
    assert grown.conditions == {"StringEquals aws:PrincipalArn AWSServiceRoleForAutoScaling"}


def endpoints(template: Mapping[str, Any]) -> Iterator[tuple[str, str, bool]]:
    """Each endpoint of a VPC, the service that it leads to, and whether it has a policy."""
    for logical_id, resource in template["Resources"].items():
        if resource["Type"] == "AWS::EC2::VPCEndpoint":
            service = json.dumps(resource["Properties"]["ServiceName"])
            yield (
                name_of(logical_id),
                re.findall(r"\.(\w+)\W*$", service)[0],
                "PolicyDocument" in resource["Properties"],
            )


def test_the_page_has_every_endpoint_and_none_has_a_policy(templates: list[dict[str, Any]]) -> None:
    made = {endpoint for template in templates for endpoint in endpoints(template)}
    rows = table(section(PAGE, "## Endpoints of the VPC"))
    assert {(quoted(name)[0], quoted(service)[0], policy != "none") for name, service, policy, _, _ in rows} == made


@pytest.mark.parametrize("kind", ["AWS::IAM::User", "AWS::Lambda::Permission", "AWS::S3::BucketPolicy"])
def test_would_see_permissions_of_a_kind_that_it_cannot_read(kind: str) -> None:
    with pytest.raises(AssertionError, match=f"{kind}: teach this test to read it"):
        list(grants({"Resources": {"Odd": {"Type": kind}}}))


# RBAC


def objects() -> list[dict[str, Any]]:
    """Of every construct, and of the variants that change rights."""
    made = []
    for construct, arguments in WORKLOADS.items():
        made += synthesized_chart(construct, image=IMAGE, **arguments)
    made += synthesized_chart(MpiOperator, watch_namespace="namespace", gang_scheduler=GangScheduler.volcano())
    made += synthesized_chart(MpiOperator, gang_scheduler=GangScheduler.scheduler_plugins())
    made += synthesized_chart(NeuronDevicePlugin, nodes_proxy=False)
    return made


def synthesized_chart(construct: type[Construct], **arguments: Any) -> list[dict[str, Any]]:
    chart = new_chart()
    construct(chart, "It", **arguments)
    return list(cdk8s.Testing.synth(chart))


def rules(manifest: Mapping[str, Any]) -> Iterator[Rule]:
    # One operator a namespace has a name of its own.
    name = manifest["metadata"]["name"].removesuffix("-namespace")
    for rule in manifest.get("rules", ()):
        assert set(rule) <= {"apiGroups", "resources", "verbs", "resourceNames"}
        yield Rule(
            name,
            frozenset(
                f"{group}/{resource}".lstrip("/") for group in rule["apiGroups"] for resource in rule["resources"]
            ),
            frozenset(rule["verbs"]),
            frozenset(rule.get("resourceNames", ())),
        )


def test_the_page_has_every_rule_of_every_role_and_no_other() -> None:
    made = {rule for one in objects() if one["kind"] in ("Role", "ClusterRole") for rule in rules(one)}
    assert not any("*" in part for rule in made for part in (*rule.resources, *rule.verbs))
    rows = table(section(PAGE, "## RBAC"))
    shown = []
    for role, resources, verbs, _, _ in rows:
        of, _, names = resources.partition(" named ")
        shown.append(Rule(quoted(role)[0], *(frozenset(quoted(cell)) for cell in (of, verbs, names))))
    assert len(shown) == len(set(shown))
    assert set(shown) == made


def test_the_page_says_to_whom_every_role_is_bound() -> None:
    made = objects()
    bound = {
        (one["roleRef"]["name"].removesuffix("-namespace"), f"{subject['namespace']}/{subject['name']}")
        for one in made
        if one["kind"].endswith("Binding")
        for subject in one["subjects"]
        if subject["kind"] == "ServiceAccount"
    }
    assert all(len(one["subjects"]) == 1 for one in made if one["kind"].endswith("Binding"))
    roles = {one["metadata"]["name"].removesuffix("-namespace") for one in made if one["kind"].endswith("Role")}
    nobody = {(role, "nobody") for role in roles - {role for role, _ in bound}}
    rows = table(section(PAGE, "## Who has a role of Kubernetes"))
    assert {(quoted(role)[0], quoted(who)[0]) for role, who, _ in rows} == bound | nobody


# Pods


class Confinement(NamedTuple):
    """What a container may do, in the words of the page."""

    user: str
    escalation: str
    seccomp: str
    capabilities: str
    root_file_system: str
    host: str
    token: str


def confinement(pod: Mapping[str, Any]) -> Confinement:
    (container,) = pod["containers"]
    context, of_pod = container.get("securityContext", {}), pod.get("securityContext", {})
    capabilities = context.get("capabilities", {})
    host = [f"`{volume['hostPath']['path']}`" for volume in pod.get("volumes", ()) if "hostPath" in volume]
    profile = (context.get("seccompProfile") or of_pod.get("seccompProfile") or {}).get("type")
    return Confinement(
        user=str(context.get("runAsUser", of_pod.get("runAsUser", "image's"))),
        escalation="privileged"
        if context.get("privileged")
        else "no"
        if not context.get("allowPrivilegeEscalation", True)
        else "yes",
        seccomp=profile or "node's",
        capabilities=", ".join(
            [
                *(f"+{name}" for name in capabilities.get("add", ())),
                *(f"-{name}" for name in capabilities.get("drop", ())),
            ]
        )
        or "runtime's",
        root_file_system="read-only" if context.get("readOnlyRootFilesystem") else "writable",
        host=", ".join([*(["network"] if pod.get("hostNetwork") else []), *host]) or "nothing",
        token="no" if pod.get("automountServiceAccountToken") is False else "yes",
    )


def test_the_page_shows_what_every_pod_may_do() -> None:
    made = {(name, confinement(pod)) for one in objects() for name, pod in pods_of(one)}
    rows = table(section(PAGE, "## Pods"))
    assert {(quoted(name)[0], Confinement(*cells)) for name, _, *cells in rows} == made


def test_the_page_explains_every_pod() -> None:
    rows = table(section(PAGE, "## Pods"))
    explained = table(section(PAGE, "## Why pods may do what they may"))
    assert {quoted(row[0])[0] for row in rows} == {name for row in explained for name in quoted(row[0])}
