"""What a deployment changes: what is replaced, what changes with it, and what that interrupts."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from typing import Any

import pytest

from efa_constructs.review.comparison import interruptions
from efa_constructs.review.comparison.changes import Change, ChangeKind, changes_between
from efa_constructs.review.comparison.exports import ExportInUse, exports_in_use
from efa_constructs.review.comparison.replacement import Replacement, replacement_by
from efa_constructs.review.templates import Templates

from ..templates import Template, sound, templates_of


def changes(change: Callable[[Template], object], before: Template | None = None) -> dict[str, Change]:
    """The changes by logical id, or by the title of a Kubernetes object."""
    template = sound() if before is None else before
    after = json.loads(json.dumps(template))
    change(after)
    found = changes_between(templates_of(template), templates_of(after))
    return {
        each.kubernetes_object.title if each.kubernetes_object else each.resource.logical_id: each for each in found
    }


def properties(template: Template, name: str) -> dict[str, Any]:
    found: dict[str, Any] = template["Resources"][name]["Properties"]
    return found


def test_finds_no_change_where_there_is_none() -> None:
    assert changes(lambda template: None) == {}


def test_tells_what_is_added_and_removed() -> None:
    def change(template: Template) -> None:
        template["Resources"]["Topic"] = {"Type": "AWS::SNS::Topic"}
        template["Resources"].pop("Egress")

    found = changes(change)
    assert {name: each.kind for name, each in found.items()} == {
        "Topic": ChangeKind.ADDED,
        "Egress": ChangeKind.REMOVED,
    }


@pytest.mark.parametrize(
    ("kind", "settings"),
    [("AWS::EKS::Cluster", {"Version": "1.35"}), ("Custom::AWSCDK-EKS-Cluster", {"Config": {"version": "1.35"}})],
)
def test_a_cluster_of_either_module_is_upgraded_in_place_and_ends_what_runs_when_it_goes(
    kind: str, settings: dict[str, Any]
) -> None:
    before = sound()
    before["Resources"]["Cluster"] = {"Type": kind, "Properties": settings}
    newer = json.loads(json.dumps(settings).replace("1.35", "1.36"))
    upgraded = changes(lambda template: template["Resources"]["Cluster"].update(Properties=newer), before)["Cluster"]
    assert upgraded.interrupts is not None and upgraded.interrupts.startswith("EKS upgrades the control plane in place")
    gone = changes(lambda template: template["Resources"].pop("Cluster"), before)["Cluster"]
    assert gone.interrupts == "EKS deletes the cluster: everything that runs in it ends."


def test_a_node_group_on_another_subnet_is_replaced_and_ends_its_jobs() -> None:
    found = changes(lambda template: properties(template, "NodeGroup").update(Subnets=["subnet-0a1b2c3d4e5f60718"]))
    assert list(found) == ["NodeGroup"]
    group = found["NodeGroup"]
    assert group.replacement is Replacement.YES
    assert group.interrupts is not None and "every job that runs on them ends" in group.interrupts
    assert [one.path for one in group.properties] == ["Subnets.0"]


def test_a_larger_node_group_stays_the_same_one() -> None:
    found = changes(lambda template: properties(template, "NodeGroup")["ScalingConfig"].update(MaxSize=8))
    group = found["NodeGroup"]
    assert group.replacement is Replacement.NO
    [size] = group.properties
    assert (size.path, size.before, size.after) == ("ScalingConfig.MaxSize", 3, 8)


def test_a_changed_launch_template_rolls_the_nodes_of_its_node_group() -> None:
    def change(template: Template) -> None:
        properties(template, "LaunchTemplate")["LaunchTemplateData"]["UserData"] = "eA=="

    found = changes(change)
    assert found["LaunchTemplate"].replacement is Replacement.NO
    group = found["NodeGroup"]
    assert group.properties == ()
    assert [one.logical_id for one in group.because_of] == ["LaunchTemplate"]
    assert group.replacement is Replacement.NO
    assert group.interrupts is not None and "EKS replaces the nodes" in group.interrupts


def test_a_replaced_placement_group_reaches_the_nodes_through_the_launch_template() -> None:
    found = changes(lambda template: properties(template, "PlacementGroup").update(Strategy="spread"))
    assert found["PlacementGroup"].replacement is Replacement.YES
    assert [one.logical_id for one in found["LaunchTemplate"].because_of] == ["PlacementGroup"]
    assert found["NodeGroup"].interrupts is not None


def test_what_refers_to_a_replaced_resource_by_what_cannot_change_is_replaced_too() -> None:
    found = changes(lambda template: properties(template, "SecurityGroup").update(GroupDescription="other"))
    assert found["SecurityGroup"].replacement is Replacement.YES
    assert found["Egress"].replacement is Replacement.YES
    assert found["LaunchTemplate"].replacement is Replacement.NO


def test_a_resource_of_another_type_is_refused_by_cloudformation() -> None:
    def change(template: Template) -> None:
        template["Resources"]["PlacementGroup"] = {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.0.0.0/16"}}

    group = changes(change)["PlacementGroup"]
    assert group.refusal is not None and "refuses" in group.refusal
    assert group.replacement is Replacement.YES
    assert [(one.path, one.before, one.after) for one in group.properties] == [
        ("Type", "AWS::EC2::PlacementGroup", "AWS::EC2::VPC")
    ]


# Of each type, a property that only a new one can have, and what its replacement interrupts.
REPLACED = [
    (
        "AWS::EKS::Cluster",
        "RoleArn",
        "A new, empty cluster takes the place of this one: everything that runs in it ends.",
    ),
    (
        "AWS::EKS::Nodegroup",
        "AmiType",
        "EKS makes a new node group, then deletes this one with its nodes: every job that runs on them ends, and "
        "meanwhile the account needs capacity for both.",
    ),
    ("AWS::EC2::VPC", "CidrBlock", "Everything in the network is made anew with it."),
    ("AWS::EC2::Subnet", "AvailabilityZone", "What stands in the subnet is made anew with it."),
    (
        "AWS::EC2::NatGateway",
        "SubnetId",
        "Connections to the internet that are open break, and the address that others see changes.",
    ),
    ("AWS::EC2::EIP", "NetworkBorderGroup", "The address that others see, and may have let in, changes."),
    ("AWS::EC2::PlacementGroup", "Strategy", "Nodes move to the new placement group, so they are replaced."),
    (
        "AWS::EC2::SecurityGroup",
        "GroupDescription",
        "Interfaces get the new group with their next instance, so nodes are replaced.",
    ),
    ("AWS::EKS::Addon", "AddonName", "The add-on is away until the new one is there."),
    ("AWS::EKS::AccessEntry", "PrincipalArn", "The principal cannot reach the cluster for a moment."),
    ("AWS::IAM::Role", "Path", "What uses the role loses its permissions until it has the new one."),
]


@pytest.mark.parametrize(("kind", "name", "words"), REPLACED, ids=[kind for kind, *_ in REPLACED])
def test_tells_what_a_replacement_interrupts(kind: str, name: str, words: str) -> None:
    before = sound()
    before["Resources"]["Thing"] = {"Type": kind, "Properties": {name: "one"}}
    thing = changes(lambda template: properties(template, "Thing").update({name: "other"}), before)["Thing"]
    assert (thing.replacement, thing.interrupts) == (Replacement.YES, words)


def test_every_type_whose_replacement_interrupts_something_is_tried() -> None:
    assert {kind for kind, *_ in REPLACED} == set(interruptions._REPLACED)


@pytest.mark.parametrize("rule", ["Ingress", "Egress"])
def test_a_rule_by_which_efa_passes_stops_efa_between_running_nodes_when_it_goes(rule: str) -> None:
    found = changes(lambda template: template["Resources"].pop(rule))
    assert list(found) == [rule]
    assert found[rule].interrupts == (
        "A rule is taken away by which EFA traffic passes between nodes, those that run included: unless another of "
        "their groups lets it pass, jobs over several nodes hang or fail, at the latest when they connect anew."
    )


def test_a_rule_by_which_efa_passes_stops_efa_when_it_lets_less_pass() -> None:
    egress = changes(lambda template: properties(template, "Egress").update(IpProtocol="tcp"))["Egress"]
    assert egress.interrupts is not None and egress.interrupts.startswith(
        "A rule is taken away by which EFA traffic passes"
    )
    renamed = changes(lambda template: properties(template, "Egress").update(Description="EFA"))["Egress"]
    assert renamed.interrupts is None


def _with_rules_inside() -> Template:
    template = sound()
    for direction, peer in (("Ingress", "SourceSecurityGroupId"), ("Egress", "DestinationSecurityGroupId")):
        rule = template["Resources"].pop(direction)["Properties"]
        properties(template, "SecurityGroup")[f"SecurityGroup{direction}"] = [
            {"IpProtocol": rule["IpProtocol"], peer: rule[peer]},
            {"IpProtocol": "tcp", "CidrIp": "10.0.0.0/16", "FromPort": 443, "ToPort": 443},
        ]
    return template


def test_a_rule_inside_its_group_stops_efa_when_it_goes_and_another_one_does_not() -> None:
    def drop(index: int) -> Callable[[Template], object]:
        return lambda template: properties(template, "SecurityGroup")["SecurityGroupIngress"].pop(index)

    gone = changes(drop(0), _with_rules_inside())["SecurityGroup"]
    assert gone.interrupts is not None and gone.interrupts.startswith(
        "A rule is taken away by which EFA traffic passes"
    )
    assert changes(drop(1), _with_rules_inside())["SecurityGroup"].interrupts is None


def _moved_into_the_group(template: Template) -> None:
    template["Resources"] = _with_rules_inside()["Resources"]


def _of_no_interface(template: Template) -> None:
    template["Resources"].pop("Egress")
    for interface in properties(template, "LaunchTemplate")["LaunchTemplateData"]["NetworkInterfaces"]:
        interface["Groups"] = [{"Ref": "ClusterSecurityGroup"}]


@pytest.mark.parametrize("change", [_moved_into_the_group, _of_no_interface])
def test_a_rule_that_efa_does_not_need_any_more_stops_nothing(change: Callable[[Template], object]) -> None:
    assert changes(change)["Egress"].interrupts is None


def test_a_rule_of_a_group_that_let_no_efa_pass_stops_nothing() -> None:
    before = sound()
    before["Resources"].pop("Ingress")
    assert changes(lambda template: template["Resources"].pop("Egress"), before)["Egress"].interrupts is None


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({}, "The principal reaches the cluster no more"),
        ({"Type": "STANDARD"}, "The principal reaches the cluster no more"),
        ({"Type": "EC2_LINUX"}, "Nodes with this role reach the API server no more"),
    ],
)
def test_who_loses_the_cluster_with_an_access_entry_is_told(entry: dict[str, Any], words: str) -> None:
    before = sound()
    before["Resources"]["Entry"] = {"Type": "AWS::EKS::AccessEntry", "Properties": {"ClusterName": "training", **entry}}
    gone = changes(lambda template: template["Resources"].pop("Entry"), before)["Entry"]
    assert gone.interrupts is not None and gone.interrupts.startswith(words)


@pytest.mark.parametrize(("preserve", "ends"), [({}, True), ({"PreserveOnDelete": True}, False)])
def test_an_add_on_goes_with_what_it_runs_unless_it_is_preserved(preserve: dict[str, Any], ends: bool) -> None:
    before = sound()
    before["Resources"]["Addon"] = {"Type": "AWS::EKS::Addon", "Properties": {"AddonName": "vpc-cni", **preserve}}
    gone = changes(lambda template: template["Resources"].pop("Addon"), before)["Addon"]
    assert (gone.interrupts == "EKS deletes the add-on, with what it runs in the cluster.") is ends


def test_a_nat_gateway_takes_the_way_to_the_internet_with_it() -> None:
    before = sound()
    before["Resources"]["Nat"] = {"Type": "AWS::EC2::NatGateway", "Properties": {"SubnetId": "subnet-0a1b2c3d"}}
    gone = changes(lambda template: template["Resources"].pop("Nat"), before)["Nat"]
    assert gone.interrupts == "What reaches the internet by it reaches it no more, and open connections break."


def _selecting(**spec: Any) -> Template:
    template = with_daemon_set("plugin:1", "a")
    [content] = json.loads(properties(template, "Manifest")["Manifest"])
    content["spec"]["template"]["spec"].update(spec)
    properties(template, "Manifest")["Manifest"] = json.dumps([content])
    return template


_PRESENT = "vpc.amazonaws.com/efa.present"


@pytest.mark.parametrize(
    "spec",
    [
        {"nodeSelector": {_PRESENT: "true"}},
        {
            "affinity": {
                "nodeAffinity": {
                    "requiredDuringSchedulingIgnoredDuringExecution": {
                        "nodeSelectorTerms": [{"matchExpressions": [{"key": _PRESENT, "operator": "Exists"}]}]
                    }
                }
            }
        },
    ],
)
def test_a_node_group_whose_label_goes_loses_the_daemon_sets_that_select_it(spec: dict[str, Any]) -> None:
    group = changes(lambda template: properties(template, "NodeGroup")["Labels"].pop(_PRESENT), _selecting(**spec))[
        "NodeGroup"
    ]
    assert group.interrupts is not None
    assert group.interrupts.startswith("The pods of DaemonSet kube-system/plugin leave its nodes")
    assert _PRESENT in group.interrupts


@pytest.mark.parametrize(
    "spec",
    [
        {},
        {"nodeSelector": {"nvidia.com/gpu.present": "true"}},
        {"nodeSelector": {"team": "vision"}},
        # It did not run there before either.
        {"nodeSelector": {_PRESENT: "false"}},
    ],
)
def test_a_label_that_goes_takes_no_daemon_set_that_does_not_select_it(spec: dict[str, Any]) -> None:
    group = changes(lambda template: properties(template, "NodeGroup")["Labels"].pop(_PRESENT), _selecting(**spec))[
        "NodeGroup"
    ]
    assert group.interrupts is None


def test_pods_that_no_daemon_set_makes_stay_where_they_run() -> None:
    before = _selecting(nodeSelector={_PRESENT: "true"})
    manifest = properties(before, "Manifest")
    manifest["Manifest"] = manifest["Manifest"].replace("DaemonSet", "Deployment")
    group = changes(lambda template: properties(template, "NodeGroup")["Labels"].pop(_PRESENT), before)["NodeGroup"]
    assert group.interrupts is None


def test_a_smaller_node_group_that_loses_a_label_is_told_both() -> None:
    def change(template: Template) -> None:
        properties(template, "NodeGroup")["Labels"].pop(_PRESENT)
        properties(template, "NodeGroup")["ScalingConfig"]["MaxSize"] = 2

    group = changes(change, _selecting(nodeSelector={_PRESENT: "true"}))["NodeGroup"]
    assert group.interrupts is not None
    assert group.interrupts.startswith("Where the group gets smaller, nodes go, and the jobs on them end. The pods of")


@pytest.mark.parametrize(
    ("effect", "words"),
    [
        ("NO_EXECUTE", "The taint team=vision:NoExecute ends the pods on its nodes that do not tolerate it."),
        ("NO_SCHEDULE", None),
        ("PREFER_NO_SCHEDULE", None),
    ],
)
def test_a_new_taint_ends_pods_where_its_effect_is_to(effect: str, words: str | None) -> None:
    taint = {"Key": "team", "Value": "vision", "Effect": effect}
    group = changes(lambda template: properties(template, "NodeGroup").update(Taints=[taint]))["NodeGroup"]
    assert group.interrupts == words
    before = sound()
    properties(before, "NodeGroup")["Taints"] = [taint, {**taint, "Key": "other"}]
    assert (
        changes(lambda template: properties(template, "NodeGroup")["Taints"].pop(), before)["NodeGroup"].interrupts
        is None
    )
    assert (
        changes(lambda template: properties(template, "NodeGroup")["Taints"].clear(), before)["NodeGroup"].interrupts
        is None
    )


def test_says_of_an_unknown_type_that_it_does_not_know() -> None:
    before = sound()
    before["Resources"]["Thing"] = {"Type": "Acme::Thing::Thing", "Properties": {"Size": 1}}
    found = changes(lambda template: properties(template, "Thing").update(Size=2), before)
    assert found["Thing"].replacement is Replacement.UNKNOWN


def with_daemon_set(image: str, prune: str) -> Template:
    content = {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": {"name": "plugin", "namespace": "kube-system", "labels": {f"aws.cdk.eks/prune-{prune}": ""}},
        "spec": {"template": {"spec": {"containers": [{"name": "plugin", "image": image}]}}},
    }
    template = sound()
    template["Resources"]["Manifest"] = {
        "Type": "Custom::AWSCDK-EKS-KubernetesResource",
        "Properties": {"ClusterName": "training", "Manifest": json.dumps([content])},
    }
    return template


def test_tells_changes_in_manifests_object_by_object() -> None:
    [change] = changes_between(
        templates_of(with_daemon_set("plugin:1", "a")), templates_of(with_daemon_set("plugin:2", "b"))
    )
    assert change.kubernetes_object is not None
    assert change.kubernetes_object.title == "DaemonSet kube-system/plugin"
    [image] = change.properties
    assert (image.path, image.before, image.after) == (
        "spec.template.spec.containers.0.image",
        "plugin:1",
        "plugin:2",
    )
    assert change.interrupts is not None and "pods that run keep their devices" in change.interrupts


def test_sees_no_change_where_only_the_label_differs_by_which_cdk_prunes() -> None:
    assert changes_between(templates_of(with_daemon_set("p:1", "a")), templates_of(with_daemon_set("p:1", "b"))) == ()


@pytest.mark.parametrize(
    ("resource_type", "path", "replacement"),
    [
        ("AWS::EKS::Cluster", "KubernetesNetworkConfig.IpFamily", Replacement.YES),
        ("AWS::EKS::Cluster", "KubernetesNetworkConfig.ElasticLoadBalancing.Enabled", Replacement.NO),
        # The whole of what has a part that cannot change.
        ("AWS::EKS::Cluster", "KubernetesNetworkConfig", Replacement.YES),
        ("AWS::EKS::Nodegroup", "InstanceTypes.0", Replacement.YES),
        ("AWS::EKS::Nodegroup", "ScalingConfig.MaxSize", Replacement.NO),
        ("AWS::EC2::PlacementGroup", "Tags.Name", Replacement.YES),
        ("AWS::EC2::VPC", "InstanceTenancy", Replacement.MAYBE),
        ("AWS::RDS::DBInstance", "Engine", Replacement.MAYBE),
        ("AWS::SNS::Topic", "TopicName", Replacement.YES),
        # The registry says of it that all can change, and of the next one nothing.
        ("AWS::IAM::Policy", "PolicyName", Replacement.NO),
        ("AWS::SDB::NoSuchThing", "Description", Replacement.UNKNOWN),
        # In a list, whichever place it has.
        ("AWS::MSK::Replicator", "ReplicationInfoList.3.TargetCompressionType", Replacement.YES),
        ("AWS::MSK::Replicator", "ReplicationInfoList.3.ConsumerGroupReplication.DetectAndCopyNewConsumerGroups", "no"),
        ("Custom::Anything", "Size", Replacement.NO),
    ],
)
def test_knows_whether_a_change_replaces_the_resource(resource_type: str, path: str, replacement: Replacement) -> None:
    assert replacement_by(resource_type, path) == replacement


def test_the_worst_of_several_changes_is_that_of_the_resource() -> None:
    def change(template: Template) -> None:
        properties(template, "SecurityGroup").update(GroupDescription="other", Tags=[{"Key": "a", "Value": "b"}])

    assert changes(change)["SecurityGroup"].replacement is Replacement.YES


def test_a_change_that_may_replace_is_worse_than_one_that_does_not() -> None:
    before = sound()
    before["Resources"]["Vpc"] = {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.0.0.0/16"}}

    def change(template: Template) -> None:
        properties(template, "Vpc").update(InstanceTenancy="dedicated", EnableDnsSupport=False)

    assert changes(change, before)["Vpc"].replacement is Replacement.MAYBE


def test_a_node_group_does_not_take_another_launch_template() -> None:
    found = changes(lambda template: properties(template, "LaunchTemplate").update(LaunchTemplateName="other"))
    assert found["LaunchTemplate"].replacement is Replacement.YES
    group = found["NodeGroup"]
    assert group.refusal is not None and group.refusal.startswith("EKS refuses the update")
    assert group.interrupts is None


def _named(resource_type: str, name: str, value: Any, **properties_: Any) -> Template:
    before = sound()
    before["Parameters"]["Name"] = {"Type": "String"}
    resource = before["Resources"].setdefault("Named", {"Type": resource_type, "Properties": properties_})
    resource["Properties"][name] = value
    return before


@pytest.mark.parametrize(
    ("before", "path", "naming"),
    [
        (_named("AWS::IAM::Role", "RoleName", "nodes", Path="/a/"), "Path", "RoleName"),
        (_named("AWS::EKS::Cluster", "Name", {"Fn::Sub": "a-${AWS::Region}"}, RoleArn="a"), "RoleArn", "Name"),
        (
            _named("AWS::EC2::SecurityGroup", "GroupName", "efa", GroupDescription="a", VpcId="vpc-0a1b2c3d4e5f60718"),
            "GroupDescription",
            "GroupName and VpcId",
        ),
        (
            _named("AWS::EKS::Nodegroup", "NodegroupName", "gpu", AmiType="CUSTOM", ClusterName="training"),
            "AmiType",
            "ClusterName and NodegroupName",
        ),
    ],
)
def test_a_replacement_of_the_same_name_is_refused(before: Template, path: str, naming: str) -> None:
    change = changes(lambda template: properties(template, "Named").update({path: "other"}), before)["Named"]
    assert change.replacement is Replacement.YES
    assert change.refusal is not None and f", and {naming} would name both." in change.refusal
    assert change.interrupts is None


@pytest.mark.parametrize(
    "before",
    [
        _named("AWS::IAM::Role", "Description", "no name of its own", Path="/a/"),
        _named("AWS::IAM::Role", "RoleName", {"Ref": "Name"}, Path="/a/"),
        _named("AWS::IAM::Role", "RoleName", {"Ref": "PlacementGroup"}, Path="/a/"),
    ],
    ids=["generated", "of a parameter, which a deployment can change", "of what is replaced, too"],
)
def test_a_replacement_of_another_name_is_not_refused(before: Template) -> None:
    def change(template: Template) -> None:
        properties(template, "Named")["Path"] = "/b/"
        properties(template, "PlacementGroup")["Strategy"] = "spread"

    role = changes(change, before)["Named"]
    assert (role.replacement, role.refusal) == (Replacement.YES, None)


def test_a_replacement_by_another_name_is_not_refused() -> None:
    before = _named("AWS::IAM::Role", "RoleName", "nodes", Path="/a/")
    role = changes(lambda template: properties(template, "Named").update(RoleName="others", Path="/b/"), before)[
        "Named"
    ]
    assert (role.replacement, role.refusal) == (Replacement.YES, None)


@pytest.mark.parametrize("name", ["training", {"Ref": "AWS::StackName"}])
def test_another_logical_id_for_what_keeps_its_name_is_refused(name: Any) -> None:
    before = _named("AWS::EC2::LaunchTemplate", "LaunchTemplateName", name)

    def change(template: Template) -> None:
        template["Resources"]["Renamed"] = template["Resources"].pop("Named")

    found = changes(change, before)
    assert found["Renamed"].refusal is not None
    assert "before it deletes Named, and LaunchTemplateName would name both" in found["Renamed"].refusal
    assert found["Named"].refusal is None


@pytest.mark.parametrize("name", [None, "other", {"Ref": "Name"}, {"Ref": "PlacementGroup"}])
def test_another_logical_id_with_another_name_is_not_refused(name: Any) -> None:
    before = _named("AWS::EC2::LaunchTemplate", "LaunchTemplateName", "training" if name == "other" else name)

    def change(template: Template) -> None:
        properties(template, "PlacementGroup")["Strategy"] = "spread"
        template["Resources"]["Renamed"] = template["Resources"].pop("Named")
        properties(template, "Renamed")["LaunchTemplateName"] = name

    assert changes(change, before)["Renamed"].refusal is None


def test_a_role_with_another_trust_policy_stays() -> None:
    before = sound()
    before["Resources"]["Role"] = {
        "Type": "AWS::IAM::Role",
        "Properties": {"AssumeRolePolicyDocument": {"Statement": []}, "Path": "/"},
    }
    found = changes(
        lambda template: properties(template, "Role")["AssumeRolePolicyDocument"].update(Version="2"), before
    )
    assert found["Role"].replacement is Replacement.NO


Stacks = list[Template]
# As CDK names them.
EXPORT = "Stack1:ExportsOutputRefSecurityGroup"


def two_stacks() -> Stacks:
    """The nodes, and a stack that imports their security group and the version of their launch template."""
    nodes = sound()
    nodes["Outputs"] = {
        "Group": {"Value": {"Fn::GetAtt": ["SecurityGroup", "GroupId"]}, "Export": {"Name": EXPORT}},
        "Version": {
            "Value": {"Fn::GetAtt": ["LaunchTemplate", "LatestVersionNumber"]},
            "Export": {"Name": {"Fn::Sub": "${AWS::StackName}:Version"}},
        },
        "NobodyS": {"Value": {"Ref": "PlacementGroup"}, "Export": {"Name": "nobodys"}},
        "Plain": {"Value": {"Ref": "SecurityGroup"}},
    }
    group = {"Fn::Join": ["", [{"Fn::ImportValue": EXPORT}]]}
    job = {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": group}}
    version = {"Fn::ImportValue": {"Fn::Sub": "Stack1:Version"}}
    return [nodes, {"Resources": {"Job": job, "Version": {"Type": "Acme::A::B", "Properties": {"Version": version}}}}]


def in_use(change: Callable[[Stacks], object]) -> tuple[ExportInUse, ...]:
    before, after = templates_of(*two_stacks()), two_stacks()
    change(after)
    then = templates_of(*after)
    return exports_in_use(before, then, changes_between(before, then))


def of_group(stacks: Stacks) -> dict[str, Any]:
    return properties(stacks[0], "SecurityGroup")


def test_an_export_is_no_matter_while_its_value_stays() -> None:
    assert in_use(lambda stacks: None) == ()
    # That of the placement group nobody imports.
    changed = in_use(lambda stacks: properties(stacks[0], "PlacementGroup").update(Strategy="spread"))
    assert [export.name for export in changed] == ["Stack1:Version"]
    assert in_use(lambda stacks: of_group(stacks).update(Tags=[{"Key": "team", "Value": "vision"}])) == ()
    assert in_use(lambda stacks: properties(stacks[0], "NodeGroup")["ScalingConfig"].update(MaxSize=8)) == ()


def test_an_export_that_a_replacement_changes_is_told_with_who_imports_it() -> None:
    [group, version] = in_use(lambda stacks: of_group(stacks).update(GroupDescription="other"))
    assert (group.name, group.stack.name) == (EXPORT, "Stack1")
    assert [stack.name for stack in group.importers] == ["Stack2"]
    assert group.because_of is not None and group.because_of.logical_id == "SecurityGroup"
    assert group.problem == (
        f"the export {EXPORT} of Stack1, imported by Stack2, changes with SecurityGroup: CloudFormation refuses to "
        "update Stack1"
    )
    assert group.fix.startswith("let Stack2 get the value in another way first")
    # The launch template has another version once it has another group.
    assert version.name == "Stack1:Version"


def test_an_export_of_a_version_changes_with_the_launch_template() -> None:
    def change(stacks: Stacks) -> None:
        properties(stacks[0], "LaunchTemplate")["LaunchTemplateData"]["UserData"] = "eA=="

    [version] = in_use(change)
    assert version.is_sure and not version.is_removed
    assert version.because_of is not None and version.because_of.logical_id == "LaunchTemplate"


def test_an_export_that_goes_is_told_while_somebody_imports_it() -> None:
    [group] = in_use(lambda stacks: stacks[0]["Outputs"].pop("Group"))
    assert group.is_removed
    assert group.problem.endswith("imported by Stack2, goes: CloudFormation refuses to update Stack1")
    assert in_use(lambda stacks: stacks[0]["Outputs"].pop("NobodyS")) == ()


def test_an_export_of_another_value_is_told() -> None:
    [group] = in_use(lambda stacks: stacks[0]["Outputs"]["Group"].update(Value="sg-0123456789abcdef0"))
    assert (group.because_of, group.is_removed, group.is_sure) == (None, False, True)


def test_what_imports_an_export_no_more_can_be_deployed_first() -> None:
    def change(stacks: Stacks) -> None:
        stacks[0]["Outputs"].pop("Group")
        properties(stacks[1], "Job").update(Value="none")

    [group] = in_use(change)
    assert group.remaining == []
    assert "cdk deploy --exclusively Stack2" in group.fix


def test_a_replacement_that_is_not_sure_may_change_an_export() -> None:
    def of_vpc(stacks: Stacks) -> Stacks:
        stacks[0]["Resources"]["Vpc"] = {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.0.0.0/16"}}
        stacks[0]["Outputs"]["Group"]["Value"] = {"Ref": "Vpc"}
        return stacks

    after = of_vpc(two_stacks())
    properties(after[0], "Vpc")["InstanceTenancy"] = "dedicated"
    before, then = templates_of(*of_vpc(two_stacks())), templates_of(*after)
    [vpc] = exports_in_use(before, then, changes_between(before, then))
    assert not vpc.is_sure
    assert "may change with Vpc: CloudFormation then refuses" in vpc.problem


def test_a_stack_that_is_in_no_template_any_more_still_imports() -> None:
    before = templates_of(*two_stacks())
    then = templates_of(sound())
    assert [one.name for one in exports_in_use(before, then, changes_between(before, then))] == [
        EXPORT,
        "Stack1:Version",
    ]


def test_a_stack_that_is_in_no_template_any_more_is_not_deployed_first() -> None:
    [nodes, _] = two_stacks()
    nodes["Outputs"].pop("Group")
    before, then = templates_of(*two_stacks()), templates_of(nodes)
    [group] = exports_in_use(before, then, changes_between(before, then))
    assert [stack.name for stack in group.remaining] == ["Stack2"]


def test_a_stack_is_no_other_stack_that_imports_its_own_export() -> None:
    def alone(description: str) -> Templates:
        nodes, importer = two_stacks()
        nodes["Resources"]["Job"] = importer["Resources"]["Job"]
        properties(nodes, "SecurityGroup")["GroupDescription"] = description
        return templates_of(nodes)

    before, after = alone("EFA"), alone("another")
    assert exports_in_use(before, after, changes_between(before, after)) == ()


@pytest.mark.parametrize(("region", "in_use"), [("us-east-1", [EXPORT, "Stack1:Version"]), ("eu-north-1", [])])
def test_an_export_is_of_its_own_region(region: str, in_use: list[str]) -> None:
    def places(description: str) -> Templates:
        nodes, importer = two_stacks()
        properties(nodes, "SecurityGroup")["GroupDescription"] = description
        [one], [other] = templates_of(nodes).stacks, templates_of(importer, region=region).stacks
        return Templates([one, dataclasses.replace(other, name="Stack2")])

    before, after = places("EFA"), places("another")
    assert [one.name for one in exports_in_use(before, after, changes_between(before, after))] == in_use


@pytest.mark.parametrize(
    "odd", [None, "odd", ["odd"], {}, {"Value": 1, "Export": "odd"}, {"Export": {"Name": ["odd"]}}]
)
def test_odd_outputs_are_passed_over(odd: Any) -> None:
    nodes, importer = two_stacks()
    nodes["Outputs"]["Group"] = odd
    odd_ones = templates_of(nodes, importer)
    before = templates_of(*two_stacks())
    assert exports_in_use(odd_ones, before, changes_between(odd_ones, before)) == ()
    assert EXPORT in [one.name for one in exports_in_use(before, odd_ones, changes_between(before, odd_ones))]
    nodes["Outputs"] = odd
    list(templates_of(nodes, importer).exports())
