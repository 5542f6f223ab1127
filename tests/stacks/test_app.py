"""The app on a new cluster and on an existing one, for every family that EKS runs."""

from __future__ import annotations

import json
from pathlib import Path

import aws_cdk as cdk
import pytest
from aws_cdk import assertions

from app import define
from efa_constructs import catalogue
from efa_constructs.errors import EfaConstructsError
from tests.apps import UNSTAGED
from tests.reviews import errors_in


def templates(app):
    """The templates of a variant of the app, by stack. None of them breaks a rule."""
    assembly = app.synth()
    errors = errors_in(Path(assembly.directory))
    assert errors == []
    return {stack.stack_name: assertions.Template.from_json(stack.template) for stack in assembly.stacks}


def subnet_of(facts, zone, private=True):
    (subnet,) = [s for s in facts["subnets"] if s["availabilityZone"] == zone and s["private"] is private]
    return subnet


def test_makes_a_cluster_and_nodes_by_default(app):
    stacks = templates(app())
    assert set(stacks) == {"EfaCluster", "EfaNodes", "EfaWorkloads"}
    stacks["EfaCluster"].has_resource_properties("AWS::EKS::Cluster", {"Version": "1.36"})
    stacks["EfaNodes"].has_resource_properties(
        "AWS::EKS::Nodegroup", {"ScalingConfig": {"MinSize": 1, "DesiredSize": 2, "MaxSize": 3}}
    )
    outputs = stacks["EfaNodes"].find_outputs("*")
    assert {"NodeGroupName", "EfaSecurityGroupId", "Interfaces", "EfaPerNode"} <= set(outputs)
    assert outputs["EfaPerNode"]["Value"] == "4"
    assert "update-kubeconfig" in json.dumps(stacks["EfaCluster"].find_outputs("KubeconfigCommand"))


def test_puts_the_nodes_into_a_private_subnet_of_the_named_zone(app):
    cloud = app(availabilityZone="us-west-2c")
    assert cloud.node.find_child("EfaNodes").region == "us-west-2"
    stacks = templates(cloud)
    subnets = stacks["EfaCluster"].find_resources("AWS::EC2::Subnet")
    private = {name: subnet["Properties"]["AvailabilityZone"] for name, subnet in subnets.items() if "Private" in name}
    assert sorted(private.values()) == ["us-west-2a", "us-west-2c"]
    (group,) = stacks["EfaNodes"].find_resources("AWS::EKS::Nodegroup").values()
    (subnet,) = group["Properties"]["Subnets"]
    (name,) = [name for name, zone in private.items() if zone == "us-west-2c"]
    assert name in json.dumps(subnet)


def test_gives_private_subnets_a_way_out_in_the_nodes_zone(app):
    cluster = templates(app(availabilityZone="us-west-2c"))["EfaCluster"]
    (gateway,) = cluster.find_resources("AWS::EC2::NatGateway").values()
    public = gateway["Properties"]["SubnetId"]["Ref"]
    assert cluster.find_resources("AWS::EC2::Subnet")[public]["Properties"]["AvailabilityZone"] == "us-west-2c"
    cluster.has_resource_properties("AWS::EC2::VPCEndpoint", {"VpcEndpointType": "Gateway"})
    cluster.all_resources_properties("AWS::EC2::Subnet", {"MapPublicIpOnLaunch": False})


def test_asks_aws_nothing_when_the_account_is_known(app, monkeypatch):
    app()  # deletes the variables first
    monkeypatch.setenv("CDK_DEFAULT_ACCOUNT", "123456789012")
    monkeypatch.setenv("CDK_DEFAULT_REGION", "us-west-2")
    cloud = cdk.App(context=UNSTAGED, builtin_cloud_formation_validation=False)
    define(cloud)
    manifest = json.loads((Path(cloud.synth().directory) / "manifest.json").read_text())
    assert "missing" not in manifest


def test_encrypts_and_logs_the_control_plane_and_lets_in_by_access_entry_only(app):
    cluster = templates(app())["EfaCluster"]
    (properties,) = [c["Properties"] for c in cluster.find_resources("AWS::EKS::Cluster").values()]
    assert properties["AccessConfig"] == {
        "AuthenticationMode": "API",
        "BootstrapClusterCreatorAdminPermissions": False,
    }
    assert len(properties["Logging"]["ClusterLogging"]["EnabledTypes"]) == 5
    assert properties["EncryptionConfig"][0]["Resources"] == ["secrets"]
    assert properties["ResourcesVpcConfig"]["EndpointPrivateAccess"] is True
    assert properties["ResourcesVpcConfig"]["EndpointPublicAccess"] is True
    cluster.resource_count_is("AWS::EKS::AccessEntry", 1)


def test_moves_the_nodes_without_moving_the_subnets(app):
    def subnets(cluster):
        found = cluster.find_resources("AWS::EC2::Subnet")
        return {name: (s["Properties"]["AvailabilityZone"], s["Properties"]["CidrBlock"]) for name, s in found.items()}

    zones = {"networkZones": "us-west-2a,us-west-2b,us-west-2d"}
    here = templates(app(availabilityZone="us-west-2b", **zones))
    there = templates(app(availabilityZone="us-west-2d", **zones))
    assert subnets(here["EfaCluster"]) == subnets(there["EfaCluster"])
    assert len(subnets(here["EfaCluster"])) == 6
    default = [templates(app(availabilityZone=zone))["EfaCluster"] for zone in ("us-west-2a", "us-west-2b")]
    assert subnets(default[0]) == subnets(default[1])


def test_keeps_the_cluster_from_being_deleted_before_its_nodes(app):
    stacks = templates(app())
    imports = json.dumps(stacks["EfaNodes"].to_json())
    assert "Fn::ImportValue" in imports
    (group,) = stacks["EfaNodes"].find_resources("AWS::EKS::Nodegroup").values()
    assert "Fn::ImportValue" in group["Properties"]["ClusterName"]


def test_takes_an_administrator_and_addresses_by_configuration(app):
    role = "arn:aws:iam::123456789012:role/admin"
    cluster = templates(app(adminRoleArn=role, publicAccessCidrs="203.0.113.0/24,198.51.100.7/32"))["EfaCluster"]
    cluster.has_resource_properties("AWS::EKS::AccessEntry", {"PrincipalArn": role})
    cluster.has_resource_properties(
        "AWS::EKS::Cluster", {"ResourcesVpcConfig": {"PublicAccessCidrs": ["203.0.113.0/24", "198.51.100.7/32"]}}
    )


KEY = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"


def test_takes_keys_of_volumes_and_of_the_cluster_by_configuration(app):
    stacks = templates(app(volumeKeyArn=KEY, secretsKeyArn=KEY.replace("/1234", "/mrk-1234")))
    stacks["EfaCluster"].resource_count_is("AWS::KMS::Key", 0)
    (cluster,) = stacks["EfaCluster"].find_resources("AWS::EKS::Cluster").values()
    (encryption,) = cluster["Properties"]["EncryptionConfig"]
    assert encryption["Provider"]["KeyArn"] == KEY.replace("/1234", "/mrk-1234")
    (template,) = stacks["EfaNodes"].find_resources("AWS::EC2::LaunchTemplate").values()
    (volume,) = template["Properties"]["LaunchTemplateData"]["BlockDeviceMappings"]
    assert volume["Ebs"]["KmsKeyId"] == KEY


def test_warns_where_the_facts_do_not_name_the_vpc_cni(app, facts_file):
    cloud = app(clusterFacts=facts_file(lambda facts: facts["addons"].pop("vpc-cni")))
    annotations = assertions.Annotations.from_stack(cloud.node.find_child("EfaNodes"))
    annotations.has_warning("*", assertions.Match.string_like_regexp("names no vpc-cni add-on"))


def test_closes_the_public_endpoint_when_asked(app):
    cluster = templates(app(privateEndpoint=True))["EfaCluster"]
    cluster.has_resource_properties(
        "AWS::EKS::Cluster", {"ResourcesVpcConfig": {"EndpointPublicAccess": False, "EndpointPrivateAccess": True}}
    )


def test_says_so_when_nobody_named_the_zone(app):
    cloud = app()
    annotations = assertions.Annotations.from_stack(cloud.node.find_child("EfaNodes"))
    annotations.has_warning("/EfaNodes", assertions.Match.string_like_regexp("'efa:availabilityZone' is not set"))
    named = app(availabilityZone="us-east-1a")
    assertions.Annotations.from_stack(named.node.find_child("EfaNodes")).has_no_warning(
        "/EfaNodes", assertions.Match.any_value()
    )


def test_warns_of_a_zone_in_which_eks_may_put_no_control_plane(app):
    cloud = app(availabilityZone="us-east-1e", networkZones="us-east-1a,us-east-1e")
    annotations = assertions.Annotations.from_stack(cloud.node.find_child("EfaCluster"))
    expected = "EKS may refuse a cluster with subnets in us-east-1e: it takes none .* use1-az3"
    annotations.has_warning("/EfaCluster", assertions.Match.string_like_regexp(expected))
    other = app(availabilityZone="us-east-1b", networkZones="us-east-1a,us-east-1b")
    assertions.Annotations.from_stack(other.node.find_child("EfaCluster")).has_no_warning(
        "/EfaCluster", assertions.Match.string_like_regexp("EKS may refuse")
    )


def defined_with_credentials_for(region, app, monkeypatch, **keys):
    app()  # deletes the variables first
    if region:
        monkeypatch.setenv("CDK_DEFAULT_REGION", region)
    context = UNSTAGED | {f"efa:{key}": value for key, value in keys.items()}
    cloud = cdk.App(context=context, builtin_cloud_formation_validation=False)
    define(cloud)
    return cloud.node.find_child("EfaNodes")


def test_warns_that_the_zone_moves_the_stacks_to_another_region_than_the_credentials(app, monkeypatch):
    nodes = defined_with_credentials_for("eu-west-1", app, monkeypatch, availabilityZone="us-west-2b")
    assert nodes.region == "us-west-2"
    assertions.Annotations.from_stack(nodes).has_warning(
        "/EfaNodes",
        "the stacks go to us-west-2, the Region of 'efa:availabilityZone' us-west-2b, and not to eu-west-1, the Region "
        "of the credentials in use: name a zone there if this is not meant [ack: efa-constructs:region-from-zone]",
    )


@pytest.mark.parametrize(
    ("region", "keys"),
    [
        ("us-west-2", {"availabilityZone": "us-west-2b"}),
        (None, {"availabilityZone": "us-west-2b"}),
        ("eu-west-1", {}),
        ("us-east-1", {"clusterFacts": str(Path(__file__).parents[2] / "examples" / "cluster-facts.json")}),
    ],
    ids=["the same Region", "no credentials", "no zone", "cluster facts"],
)
def test_does_not_warn_of_the_region_where_nothing_moves(app, monkeypatch, region, keys):
    nodes = defined_with_credentials_for(region, app, monkeypatch, **keys)
    assert nodes.region == (region or "us-west-2")
    assertions.Annotations.from_stack(nodes).has_no_warning(
        "*", assertions.Match.string_like_regexp("credentials in use")
    )


@pytest.mark.parametrize(
    "instance_type",
    [
        "p4d.24xlarge", "p4de.24xlarge", "p5.4xlarge", "p5.48xlarge", "p5e.48xlarge", "p5en.48xlarge",
        "p6-b200.48xlarge", "p6-b300.48xlarge", "g6e.48xlarge", "trn1.32xlarge", "trn1n.32xlarge", "trn2.48xlarge",
        "hpc7a.96xlarge", "hpc6id.32xlarge", "hpc7g.16xlarge",
    ],
)  # fmt: skip
def test_synthesizes_for_every_family(app, instance_type):
    nodes = templates(app(instanceType=instance_type))["EfaNodes"]
    expected = str(catalogue.get(instance_type).maximum_efa_interfaces)
    nodes.has_output("EfaPerNode", {"Value": expected})


def test_uses_an_existing_cluster_and_its_proposed_subnet(app, facts_file):
    stacks = templates(app(clusterFacts=facts_file()))
    assert set(stacks) == {"EfaNodes", "EfaWorkloads"}
    nodes = stacks["EfaNodes"]
    nodes.has_resource_properties(
        "AWS::EKS::Nodegroup", {"ClusterName": "training", "Subnets": ["subnet-0d1d2d3d4d5d6d7d8"]}
    )
    nodes.has_output("KubeconfigCommand", {"Value": "aws eks update-kubeconfig --region us-east-1 --name training"})
    (template,) = nodes.find_resources("AWS::EC2::LaunchTemplate").values()
    for interface in template["Properties"]["LaunchTemplateData"]["NetworkInterfaces"]:
        assert interface["Groups"][0] == "sg-0c1c2c3c4c5c6c7c8"


def test_lets_the_named_zone_win_over_the_proposed_subnet(app, facts_file):
    nodes = templates(app(clusterFacts=facts_file(), availabilityZone="us-east-1a"))["EfaNodes"]
    nodes.has_resource_properties("AWS::EKS::Nodegroup", {"Subnets": ["subnet-0b1b2b3b4b5b6b7b8"]})


def test_takes_a_capacity_block_and_a_placement_group_by_configuration(app):
    zone = {"availabilityZone": "us-east-1a"}
    block = templates(app(capacityBlockId="cr-0123456789abcdef0", **zone))["EfaNodes"]
    block.resource_count_is("AWS::EC2::PlacementGroup", 0)
    block.has_resource_properties("AWS::EKS::Nodegroup", {"CapacityType": "CAPACITY_BLOCK"})
    group = templates(app(placementGroup="rack", capacityReservationId="cr-0123456789abcdef0", **zone))["EfaNodes"]
    group.has_resource_properties(
        "AWS::EC2::LaunchTemplate", {"LaunchTemplateData": {"Placement": {"GroupName": "rack"}}}
    )


def test_warns_of_a_subnet_of_which_the_facts_do_not_say_whether_it_is_private(app, facts_file):
    def unknown(facts):
        for subnet in facts["subnets"]:
            subnet["private"] = None

    nodes = app(clusterFacts=facts_file(unknown)).node.find_child("EfaNodes")
    assertions.Annotations.from_stack(nodes).has_warning(
        "*", assertions.Match.string_like_regexp("does not say whether subnet subnet-0d1d2d3d4d5d6d7d8 is private")
    )
    known = app(clusterFacts=facts_file()).node.find_child("EfaNodes")
    assertions.Annotations.from_stack(known).has_no_warning("*", assertions.Match.string_like_regexp("whether subnet"))


@pytest.mark.parametrize(
    ("change", "keys", "message"),
    [
        (lambda f: f["cluster"].pop("version"), {}, "'cluster' has no field 'version'"),
        (lambda f: f.pop("vpc"), {}, "the document has no field 'vpc'"),
        (lambda f: f["subnets"][0].update(private="yes"), {}, r"'subnets\[0\].private' must be true or false"),
        (lambda f: f["subnets"][0].update(availableIpAddressCount="8"), {}, "must be a whole number"),
        (lambda f: f.update(schemaVersion=2), {}, "'schemaVersion' is 2, but this release reads 1"),
        (lambda f: f.update(zone="a"), {}, "unknown field 'zone'"),
        (lambda f: f.update(nodeSubnetId="subnet-0"), {}, "'nodeSubnetId' is 'subnet-0', but 'subnets' lists"),
        (lambda f: f.update(nodeSubnetId="subnet-0f1f2f3f4f5f6f7f8"), {}, "is a public subnet"),
        (lambda f: f.pop("nodeSubnetId"), {}, "2 private subnets of cluster training could take the nodes"),
        # Not even one that is the only one left.
        (
            lambda f: (
                f["subnets"][0].update(private=None) or f["subnets"][1].update(private=None) or f.pop("nodeSubnetId")
            ),
            {},
            "no private subnet of cluster training.* is not known: name one as 'nodeSubnetId'",
        ),
        (lambda f: f["subnets"][0].pop("private"), {}, r"'subnets\[0\]' has no field 'private'"),
        (lambda f: None, {"availabilityZone": "us-east-1c"}, "no private subnet in us-east-1c"),
        (lambda f: f["subnets"].clear() or f.pop("nodeSubnetId"), {}, "no private subnet of cluster training"),
        (lambda f: None, {"networkZones": "us-east-1a,us-east-1b"}, "'efa:networkZones' is us-east-1a, us"),
        (lambda f: None, {"adminRoleArn": "arn:aws:iam::123456789012:role/x"}, "'efa:adminRoleArn' is .* existing one"),
        (lambda f: None, {"publicAccessCidrs": "203.0.113.0/24"}, "'efa:publicAccessCidrs' is 203.0.113.0/24, but"),
        (lambda f: None, {"kubernetesVersion": "1.33"}, "'efa:kubernetesVersion' is 1.33, but cluster training runs"),
        (
            lambda f: f["instanceTypeOfferings"].update({"p4d.24xlarge": ["us-east-1c"]}),
            {},
            "us-east-1b, which does not offer p4d.24xlarge: it is offered in us-east-1c",
        ),
        (lambda f: f["addons"].update({"vpc-cni": "v1.18.3-eksbuild.1"}), {}, r"need 1\.18\.5 or newer"),
        (
            lambda f: f["cluster"].update(authenticationMode="CONFIG_MAP"),
            {},
            "authentication mode CONFIG_MAP, which knows no access entries.*authenticationMode=API_AND_CONFIG_MAP",
        ),
        (
            lambda f: f["subnets"][1].update(availableIpAddressCount=11),
            {"interfaceLayout": "classic"},
            "3 nodes need 12 addresses.*has 11 free",
        ),
    ],
)
def test_refuses_facts_that_do_not_fit(app, facts_file, change, keys, message):
    with pytest.raises(EfaConstructsError, match=message):
        app(clusterFacts=facts_file(change), **keys)


@pytest.mark.parametrize(("variable", "value"), [("REGION", "us-west-2"), ("ACCOUNT", "999999999999")])
def test_refuses_facts_of_another_region_or_account(app, facts_file, monkeypatch, variable, value):
    path = facts_file()
    app()  # deletes both variables first
    monkeypatch.setenv(f"CDK_DEFAULT_{variable}", value)
    with pytest.raises(EfaConstructsError, match=f"the credentials in use are for (Region|account) {value}"):
        import os

        from stacks.placement import find_placement
        from stacks.settings import Settings

        find_placement(
            Settings.from_context({"efa:clusterFacts": path}),
            account=os.environ.get("CDK_DEFAULT_ACCOUNT"),
            region=os.environ.get("CDK_DEFAULT_REGION"),
        )


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"availabilityZone": "us-east-1"}, "'efa:availabilityZone': 'us-east-1' is a Region"),
        ({"availabilityZone": "use1-az1"}, "'efa:availabilityZone': 'use1-az1' is the id of an Availability Zone"),
        ({"instanceType": "m5.large"}, "'efa:instanceType': .*'m5.large' has no EFA"),
        (
            {"minSize": 3, "desiredSize": 2},
            "'efa:minSize' is greater than 'efa:desiredSize': the size is 3 at least, 2 desired",
        ),
        ({"volumeSizeGiB": 10}, "'efa:volumeSizeGiB' is 10 GiB"),
        ({"capacityBlockId": "cr-1"}, "'efa:capacityBlockId': .*'cr-1', which is not of the form"),
        (
            {"capacityBlockId": "cr-0123456789abcdef0", "instanceType": "g5.48xlarge"},
            "'efa:capacityBlockId' is cr-0123456789abcdef0, which does not go with 'efa:instanceType' g5.48xlarge",
        ),
        ({"instanceType": "p6e-gb200.36xlarge"}, "'efa:capacityBlockId' is not set, which does not go with"),
        ({"capacityBlockId": "cr-0123456789abcdef0"}, "'efa:availabilityZone' is not set, but reserved capacity"),
        (
            {
                "capacityBlockId": "cr-0123456789abcdef0",
                "placementGroup": "rack",
                "availabilityZone": "us-east-1a",
            },
            "'efa:placementGroup' is 'rack'",
        ),
        (
            {"networkZones": "us-east-1a"},
            "'efa:networkZones' is us-east-1a, but it must be at least two",
        ),
        (
            {"networkZones": "us-east-1a,us-east-1b", "availabilityZone": "us-east-1c"},
            "two different zones of us-east-1, the nodes' zone us-east-1c among them",
        ),
        ({"networkZones": "us-east-1a,us-east-1a"}, "'efa:networkZones' is us-east-1a, us-east-1a, but it must be"),
        ({"adminRoleArn": "admin"}, "'efa:adminRoleArn': the value must be the ARN of an IAM role, .* got 'admin'"),
        ({"adminRoleArn": "arn:aws:iam::123456789012:user/me"}, "'efa:adminRoleArn': the value must be the ARN"),
        ({"adminRoleArn": "arn:aws:sts::123456789012:assumed-role/x/y"}, "of an assumed role .* give the role itself"),
        ({"networkZones": 7}, "'efa:networkZones': the value must be a list of texts"),
        ({"publicAccessCidrs": "everywhere"}, "'efa:publicAccessCidrs': the value must be IPv4 ranges"),
        (
            {"publicAccessCidrs": "203.0.113.0/24", "privateEndpoint": "true"},
            "'efa:publicAccessCidrs' beside 'efa:privateEndpoint' is 203.0.113.0/24",
        ),
        ({"interfaceLayout": "wide"}, "'efa:interfaceLayout' must be one of default, classic, bandwidth, got 'wide'"),
        ({"amiType": "AL2_x86_64_GPU"}, "'efa:amiType' is AL2_x86_64_GPU, of which AWS has published no AMI"),
        (
            {"volumeKeyArn": KEY.replace("us-east-1", "us-west-2")},
            r"'efa:volumeKeyArn' is a key of us-west-2, .*\(EFA-LT-026\)",
        ),
        (
            {"secretsKeyArn": KEY.replace("us-east-1", "us-west-2")},
            r"'efa:secretsKeyArn' is a key of us-west-2, .*\(EFA-EKS-017\)",
        ),
        ({"kubernetesVersion": "newest"}, "'efa:kubernetesVersion' must be a minor version.*got 'newest'"),
    ],
)
def test_refuses_what_would_not_work_and_names_the_key(app, keys, message):
    with pytest.raises(EfaConstructsError, match=message):
        app(**keys)
