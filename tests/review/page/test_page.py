"""The page for reviewers: valid, self-contained, and true to the templates."""

from __future__ import annotations

import copy
import itertools
import json
import re
from functools import cache
from typing import Any

import pytest

from efa_constructs import catalogue
from efa_constructs.review.page import render_page
from efa_constructs.review.page.drawing import fitting
from efa_constructs.review.review import Review, review

from ..manifests import Manifests, review_of_manifests
from ..templates import put, review_of, sound, templates_of
from .html import Page, words

WITH_CLUSTER: dict[str, Any] = {
    "Vpc": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.0.0.0/16"}},
    "Cluster": {
        "Type": "AWS::EKS::Cluster",
        "Properties": {
            "Version": "1.35",
            "RoleArn": "arn:aws:iam::123456789012:role/cluster",
            "ResourcesVpcConfig": {"SubnetIds": [{"Ref": "Private"}], "PublicAccessCidrs": ["203.0.113.0/24"]},
        },
    },
    "Public": {
        "Type": "AWS::EC2::Subnet",
        "Properties": {"VpcId": {"Ref": "Vpc"}, "CidrBlock": "10.0.1.0/24", "AvailabilityZone": "us-east-1a"},
    },
    "Private": {
        "Type": "AWS::EC2::Subnet",
        "Properties": {"VpcId": {"Ref": "Vpc"}, "CidrBlock": "10.0.2.0/24", "AvailabilityZone": "us-east-1b"},
    },
    "Internet": {"Type": "AWS::EC2::InternetGateway"},
    "Attachment": {
        "Type": "AWS::EC2::VPCGatewayAttachment",
        "Properties": {"VpcId": {"Ref": "Vpc"}, "InternetGatewayId": {"Ref": "Internet"}},
    },
    "Nat": {"Type": "AWS::EC2::NatGateway", "Properties": {"SubnetId": {"Ref": "Public"}}},
    **{
        f"{name}Table": {"Type": "AWS::EC2::RouteTable", "Properties": {"VpcId": {"Ref": "Vpc"}}}
        for name in ("Public", "Private")
    },
    **{
        f"{name}Association": {
            "Type": "AWS::EC2::SubnetRouteTableAssociation",
            "Properties": {"SubnetId": {"Ref": name}, "RouteTableId": {"Ref": f"{name}Table"}},
        }
        for name in ("Public", "Private")
    },
    "PublicRoute": {
        "Type": "AWS::EC2::Route",
        "Properties": {
            "RouteTableId": {"Ref": "PublicTable"},
            "DestinationCidrBlock": "0.0.0.0/0",
            "GatewayId": {"Ref": "Internet"},
        },
    },
    "PrivateRoute": {
        "Type": "AWS::EC2::Route",
        "Properties": {
            "RouteTableId": {"Ref": "PrivateTable"},
            "DestinationCidrBlock": "0.0.0.0/0",
            "NatGatewayId": {"Ref": "Nat"},
        },
    },
    "Role": {
        "Type": "AWS::IAM::Role",
        "Properties": {
            "AssumeRolePolicyDocument": {
                "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}}]
            },
            "ManagedPolicyArns": ["arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"],
            "Policies": [
                {
                    "PolicyName": "own",
                    "PolicyDocument": {
                        "Statement": {
                            "Effect": "Allow",
                            "Action": ["s3:GetObject", "s3:ListBucket"],
                            "Resource": "*",
                        }
                    },
                }
            ],
        },
    },
}


def with_cluster(template: dict[str, Any]) -> None:
    """A cluster and a network of its own, with nodes in the private subnet."""
    template["Resources"] |= copy.deepcopy(WITH_CLUSTER)
    group = template["Resources"]["NodeGroup"]["Properties"]
    group |= {"ClusterName": {"Ref": "Cluster"}, "Subnets": [{"Ref": "Private"}]}
    group["NodeRole"] = {"Fn::GetAtt": ["Role", "Arn"]}


def of_type(name: str, layout: catalogue.InterfaceLayout = "default") -> Review:
    """Nodes of an instance type."""

    def change(template: dict[str, Any]) -> None:
        data = template["Resources"]["LaunchTemplate"]["Properties"]["LaunchTemplateData"]
        groups = data["NetworkInterfaces"][0]["Groups"]
        data["InstanceType"] = name
        data["NetworkInterfaces"] = [
            {
                "NetworkCardIndex": one.network_card_index,
                "DeviceIndex": one.device_index,
                "InterfaceType": one.interface_type,
                "Groups": groups,
            }
            for one in catalogue.network_interfaces(name, layout)
        ]

    return review_of(change)


def broken(template: dict[str, Any]) -> None:
    template["Resources"].pop("Egress")


def hostile(template: dict[str, Any]) -> None:
    """Names and values that look like HTML."""
    with_cluster(template)
    template["Resources"]["SecurityGroup"]["Properties"]["SecurityGroupIngress"] = [
        {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIp": "0.0.0.0/0", "Description": "<script>x</script>"}
    ]
    template["Resources"]["NodeGroup"]["Properties"]["Labels"]["<b>"] = "&\"'"


def long_names(template: dict[str, Any]) -> None:
    """Names without a place to break them."""
    with_cluster(template)
    text = json.dumps(template)
    for name in ("NodeGroup", "SecurityGroup", "Internet", "Vpc", "Role"):
        text = text.replace(f'"{name}"', f'"{name}{"AndSoOn" * 20}"')
    template |= json.loads(text)


def connected(template: dict[str, Any]) -> None:
    """A network that leads to others, and that lets little pass."""
    with_cluster(template)
    resources = template["Resources"]
    ways = {
        "10.8.0.0/16": {"VpcPeeringConnectionId": {"Ref": "Peering"}},
        "172.16.0.0/12": {"TransitGatewayId": {"Ref": "Transit"}},
        "10.9.0.0/16": {"GatewayId": "vgw-0a1b2c3d4e5f60718"},
        "10.10.0.0/16": {"CoreNetworkArn": "arn:aws:networkmanager::123456789012:core-network/core-network-0a1b"},
        "10.11.0.0/16": {"NetworkInterfaceId": "eni-0123456789abcdef0"},
        "10.0.0.0/16": {"GatewayId": "local"},
    }
    for number, (destination, way) in enumerate(ways.items()):
        properties = {"RouteTableId": {"Ref": "PrivateTable"}, "DestinationCidrBlock": destination, **way}
        resources[f"Way{number}"] = {"Type": "AWS::EC2::Route", "Properties": properties}
    for name, kind, properties in (
        ("Peering", "VPCPeeringConnection", {"VpcId": {"Ref": "Vpc"}, "PeerVpcId": "vpc-0fedcba9876543210"}),
        ("Transit", "TransitGateway", {}),
        ("Joined", "TransitGatewayAttachment", {"VpcId": {"Ref": "Vpc"}, "TransitGatewayId": {"Ref": "Transit"}}),
        ("Office", "VPCGatewayAttachment", {"VpcId": {"Ref": "Vpc"}, "VpnGatewayId": "vgw-0a1b2c3d4e5f60718"}),
        ("Acl", "NetworkAcl", {"VpcId": {"Ref": "Vpc"}}),
        ("AclOf", "SubnetNetworkAclAssociation", {"SubnetId": {"Ref": "Private"}, "NetworkAclId": {"Ref": "Acl"}}),
    ):
        resources[name] = {"Type": f"AWS::EC2::{kind}", "Properties": properties}


def refused() -> tuple[Review, Review]:
    """A security group that another stack imports, and that is replaced."""
    importer = {"Type": "AWS::SSM::Parameter", "Properties": {"Value": {"Fn::ImportValue": EXPORT}}}
    reviews = []
    for description in ("EFA", "another"):
        nodes = sound()
        nodes["Resources"]["SecurityGroup"]["Properties"]["GroupDescription"] = description
        nodes["Outputs"] = {"Group": {"Value": {"Ref": "SecurityGroup"}, "Export": {"Name": EXPORT}}}
        reviews.append(review(templates_of(nodes, {"Resources": {"Parameter": importer}})))
    return reviews[1], reviews[0]


EXPORT = "Stack1:ExportsOutputFnGetAttEfaNodesSecurityGroup3C76CFA3GroupId0A1B2C3D"
PAGES = {
    "sound": lambda: render_page(review_of()),
    "with_cluster": lambda: render_page(review_of(with_cluster)),
    "p5": lambda: render_page(of_type("p5.48xlarge")),
    "hpc7a": lambda: render_page(of_type("hpc7a.96xlarge")),
    "broken": lambda: render_page(review_of(broken)),
    "hostile": lambda: render_page(review_of(hostile)),
    "changed": lambda: render_page(review_of(with_cluster), review_of()),
    "long_names": lambda: render_page(review_of(long_names)),
    "connected": lambda: render_page(review_of(connected)),
    "refused": lambda: render_page(*refused()),
    "empty": lambda: render_page(review(templates_of({"Resources": {}}))),
}


@cache
def page(name: str) -> Page:
    return Page(PAGES[name]())


@pytest.fixture(params=PAGES)
def found(request: pytest.FixtureRequest) -> Page:
    return page(request.param)


def test_needs_no_other_file_and_no_script(found: Page) -> None:
    assert found.all("script") == []
    assert "@import" not in found.text
    sources = [element.get("src") for element in found.tree.iter() if element.get("src")]
    assert sources == []
    assert [link.get("href") for link in found.all("link")] == ["data:,"]
    assert set(re.findall(r"url\(([^)#]*)", found.text)) <= {""}


def test_links_only_to_its_own_places_and_to_sources(found: Page) -> None:
    ids = {element.get("id") for element in found.tree.iter()}
    for link in found.all("a"):
        href = link.get("href")
        assert href.startswith("https://") or href.removeprefix("#") in ids


def test_has_no_id_twice(found: Page) -> None:
    ids = [element.get("id") for element in found.tree.iter() if element.get("id")]
    assert len(ids) == len(set(ids))


def test_headings_go_down_one_level_at_a_time(found: Page) -> None:
    levels = [int(element.tag[-1]) for element in found.tree.iter() if re.fullmatch(r".*\}h[1-6]", str(element.tag))]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))


def test_every_picture_says_in_words_what_it_shows(found: Page) -> None:
    for svg in found.all("svg:svg"):
        assert svg.get("role") == "img"
        title, description = (found.by_id(name) for name in svg.get("aria-labelledby").split())
        assert title.text and description.text


def test_every_table_has_a_caption_and_every_heading_a_scope(found: Page) -> None:
    for table in found.all("table"):
        assert table[0].tag.endswith("caption") and words(table[0])
    assert all(heading.get("scope") for heading in found.all("th"))


def test_is_the_same_each_time() -> None:
    assert PAGES["changed"]() == PAGES["changed"]()


def test_shows_what_looks_like_html_as_text() -> None:
    assert "<script>x</script>" in page("hostile").section("reach")
    assert "<script" not in page("hostile").text
    assert "<b>" not in page("hostile").text


def test_says_yes_to_a_sound_template_with_what_only_the_deployment_knows() -> None:
    assert "Yes, as far as templates can tell" in page("sound").text
    evidence = {row[0]: row[1:] for row in page("sound").rows("What EFA needs of node group NodeGroup")}
    assert evidence["Every EFA interface that the instance type has"] == ["yes", "4 of the 4 that p4d.24xlarge has"]
    assert evidence["EFA device plugin on the nodes"][0] == "only the deployment knows"


def test_says_no_where_a_rule_says_that_efa_does_not_work_with_the_fix_and_its_source() -> None:
    assert "No: 1 finding says" in page("broken").text
    findings = page("broken").section("findings")
    assert "EFA-SG-001" in findings
    assert "add an egress rule of all protocols (-1)" in findings
    assert "docs.aws.amazon.com/AWSEC2/latest/UserGuide/efa-start.html" in findings


def test_doubts_an_instance_type_that_is_newer_than_the_catalogue() -> None:
    found = review_of(put("LaunchTemplate.LaunchTemplateData.InstanceType", "p7.48xlarge"))
    assert "Doubtful: nothing is known here about p7.48xlarge." in words(Page(render_page(found)).all("main")[0][0])


def test_shows_an_accepted_finding_with_its_reason_apart() -> None:
    def accept(template: dict[str, Any]) -> None:
        broken(template)
        template["Resources"]["SecurityGroup"]["Metadata"] = {
            "efa-constructs": {"acknowledge": [{"id": "EFA-SG-001", "reason": "another stack has the rule"}]}
        }

    findings = Page(render_page(review_of(accept))).section("findings")
    assert "No rule is broken that was not accepted" in findings
    assert "Accepted: another stack has the rule" in findings


@pytest.mark.parametrize(
    ("name", "cards", "efas", "others"), [("sound", 4, 4, 1), ("p5", 32, 32, 1), ("hpc7a", 2, 2, 1)]
)
def test_draws_every_card_with_its_interfaces(name: str, cards: int, efas: int, others: int) -> None:
    svg = page(name).picture("node-1")
    classes = [element.get("class") for element in svg.iter()]
    assert classes.count("card") == cards
    assert classes.count("chip efa") == efas
    assert classes.count("chip ena") == others
    assert "card 0 device 1: efa-only, no address, security groups A, B" in words(svg)


def test_draws_addresses_of_the_classic_layout() -> None:
    text = words(Page(render_page(of_type("p4d.24xlarge", "classic"))).picture("node-1"))
    assert "card 3 device 1: efa, an address, security groups A, B" in text


def test_draws_the_network_with_what_stands_where() -> None:
    text = words(page("with_cluster").picture("network-1"))
    assert "VPC Vpc, 10.0.0.0/16" in text
    assert "public subnet 10.0.1.0/24 in us-east-1a, out by the internet gateway, has: NAT gateway, Nat" in text
    assert "private subnet 10.0.2.0/24 in us-east-1b, out by NAT gateway Nat, has: control plane of Cluster" in text
    assert "node group NodeGroup" in text


def test_says_where_a_network_leads_beside_the_internet() -> None:
    text = words(page("connected").picture("network-1"))
    for part in (
        "out by NAT gateway Nat, 10.8.0.0/16: VPC peering Peering, 172.16.0.0/12: transit gateway Transit, "
        "10.9.0.0/16: virtual private gateway vgw-0a1b2c3d4e5f60718, 10.10.0.0/16: core network",
        "network ACL Acl, has: control plane of Cluster",
        "VPC peering Peering of Vpc and vpc-0fedcba9876543210",
        "attached to transit gateway Transit",
        "attached to virtual private gateway vgw-0a1b2c3d4e5f60718",
        # Drawn, of a list that is cut.
        "and 1 more to other networks",
    ):
        assert part in text
    # It stands in the VPC.
    assert "10.11.0.0/16" not in text
    assert "gateway local" not in text
    summary = words(page("connected").all("main")[0][0])
    assert (
        "Routes lead to other networks, from where one may come, too: 10.8.0.0/16 by VPC peering Peering, " in summary
    )
    assert "Routes lead to other networks" not in words(page("with_cluster").all("main")[0][0])
    assert "EFA-NET-009" in summary


def test_says_what_cloudformation_refuses_for_another_stack_imports_it() -> None:
    for text in (page("refused").section("changes"), words(page("refused").all("main")[0][0])):
        assert (
            f"export {EXPORT} of Stack1, imported by Stack2, changes with SecurityGroup: CloudFormation refuses" in text
        )
    assert "let Stack2 get the value in another way first" in page("refused").section("changes")
    assert "CloudFormation refuses" not in page("changed").section("changes")


def test_says_which_ports_are_open_to_whom() -> None:
    rows = page("hostile").rows("Ports that are open")
    assert ["the world (0.0.0.0/0)", "SecurityGroup", "tcp 22", "coming in", "<script>x</script>"] in rows
    assert "The world may reach SecurityGroup: tcp 22 (“<script>" in page("hostile").section("summary")


def test_knows_that_ec2_lets_all_traffic_out_of_a_group_without_rules() -> None:
    rows = page("sound").rows("Ports that are open")
    assert any(row[0] == "SecurityGroup" and row[1] == "the world (0.0.0.0/0)" for row in rows)


def test_limits_the_kubernetes_api_to_the_ranges_that_the_cluster_names() -> None:
    rows = page("with_cluster").rows("Ports that are open")
    assert [row[:3] for row in rows if row[1] == "Kubernetes API of Cluster"] == [
        ["203.0.113.0/24", "Kubernetes API of Cluster", "tcp 443"]
    ]
    assert "No rule of these templates lets the world in." in page("with_cluster").text


def test_compares_versions_with_the_newest_known() -> None:
    rows = {row[0]: row[1:4] for row in page("with_cluster").rows("Versions, against the newest")}
    assert rows["Kubernetes of Cluster"] == ["1.35", "1.36", "older"]
    assert rows["AMI AL2023_x86_64_NVIDIA of NodeGroup"][2] == "EKS chooses"


def test_lists_what_is_billed_without_a_price() -> None:
    rows = {row[0]: row[1] for row in page("with_cluster").rows("What is billed")}
    assert rows["Instances"] == "2 x p4d.24xlarge (1 to 3)"
    assert rows["EBS volumes"] == "2 x 300 GiB gp3"
    assert rows["NAT gateway"] == "1"
    assert rows["Traffic between zones"] == "us-east-1b to us-east-1a"
    assert not re.search(r"[$€]|USD", page("with_cluster").text)


def test_says_what_it_takes_for_granted() -> None:
    rows = page("sound").rows("Assumptions")
    assert ["only the deployment knows", "parameter Subnet", "Stack1"] in rows
    assert any("cluster training" in row[1] for row in rows)


def test_shows_no_default_of_a_parameter_that_is_secret() -> None:
    template = sound()
    template["Parameters"]["Password"] = {"Type": "String", "NoEcho": True, "Default": "hunter2"}
    text = render_page(review(templates_of(template)))
    assert "parameter Password" in text
    assert "hunter2" not in text


def test_marks_what_is_replaced_and_what_that_interrupts() -> None:
    changes = page("changed").section("changes")
    assert "changed replaced NodeGroup" in changes
    assert "every job that runs on them ends" in changes
    added = page("changed").rows("What is added")
    assert ["AWS::EKS::Cluster", "Cluster", "Stack1"] in added
    assert "every job that runs on them ends" in words(page("changed").all("main")[0][0])


def test_says_nothing_changed_where_nothing_did() -> None:
    text = render_page(review_of(), review_of())
    assert "Nothing changed." in text


@cache
def page_of_manifests() -> Page:
    def change(manifests: Manifests) -> None:
        manifests.group["Taints"] = [{"Key": "team", "Value": "a", "Effect": "NO_SCHEDULE"}]
        manifests.efa_plugin["spec"]["template"]["spec"]["tolerations"] = [{"operator": "Exists"}]
        manifests.objects.append(
            {
                "apiVersion": "v1",
                "kind": "Service",
                "metadata": {"name": "operator", "namespace": "mpi-operator"},
                "spec": {"selector": dict(manifests.find("Deployment", "mpi")["spec"]["selector"]["matchLabels"])},
            }
        )

    return Page(render_page(review_of_manifests(change)))


def test_draws_which_nodes_take_which_pods_and_what_selects_them() -> None:
    text = words(page_of_manifests().picture("workloads-1"))
    assert "MPIJob default/nccl-test to Worker nccl-test: 2 x worker" in text
    assert "DaemonSet kube-system/efa-device-plugin to node group NodeGroup: fabric=efa" in text
    # It does not tolerate the taint.
    assert "Deployment mpi-operator/mpi-operator to nodes of elsewhere: any node" in text
    assert "Service mpi-operator/operator to Deployment mpi-operator/mpi-operator: by label" in text
    assert "4 vpc.amazonaws.com/efa" in text


def test_draws_service_accounts_with_what_they_are_bound_to() -> None:
    text = words(page_of_manifests().picture("rbac-1"))
    assert "ServiceAccount mpi-operator/mpi-operator to ClusterRole mpi-operator: ClusterRoleBinding" in text
    assert "Deployment mpi-operator/mpi-operator to ServiceAccount mpi-operator/mpi-operator: acts as" in text


def test_lists_images_with_registry_and_tag_and_who_runs_them() -> None:
    rows = page_of_manifests().rows("Container images")
    assert [
        "mpioperator/mpi-operator",
        "docker.io",
        "0.8.2",
        "tag",
        "Deployment mpi-operator/mpi-operator",
    ] in rows


def test_says_which_pods_may_do_more_on_their_node_than_others() -> None:
    rows = dict(page_of_manifests().rows("Rights of pods"))
    assert "folder /dev/infiniband of the node" in rows["DaemonSet kube-system/efa-device-plugin"]
    assert rows["Worker of MPIJob default/nccl-test"] == "capability IPC_LOCK"


def test_shows_a_load_balancer_that_may_face_the_internet() -> None:
    def change(manifests: Manifests, **annotations: str) -> None:
        manifests.objects.append(
            {
                "apiVersion": "v1",
                "kind": "Service",
                "metadata": {"name": "board", "namespace": "team", "annotations": annotations},
                "spec": {"type": "LoadBalancer", "ports": [{"port": 80}]},
            }
        )

    rows = Page(render_page(review_of_manifests(change))).rows("Ports that are open")
    assert ["the world (0.0.0.0/0)", "Service team/board", "tcp 80"] in [row[:3] for row in rows]
    internal = {"service.beta.kubernetes.io/aws-load-balancer-scheme": "internal"}
    rows = Page(render_page(review_of_manifests(lambda manifests: change(manifests, **internal)))).rows("Ports that")
    assert not any(row[1] == "Service team/board" for row in rows)


@pytest.mark.parametrize(
    ("gateway", "way_out"),
    [
        ("vgw-0a1b2c3d4e5f60718", "virtual private gateway"),
        # Of elsewhere: nobody knows which kind it is.
        ({"Fn::ImportValue": "gateway"}, "gateway"),
    ],
)
def test_calls_a_way_out_through_another_gateway_not_public(gateway: object, way_out: str) -> None:
    def change(template: dict[str, Any]) -> None:
        with_cluster(template)
        route = template["Resources"]["PrivateRoute"]["Properties"]
        del route["NatGatewayId"]
        route["GatewayId"] = gateway

    text = words(Page(render_page(review_of(change))).picture("network-1"))
    assert f"private subnet 10.0.2.0/24 in us-east-1b, out by {way_out} " in text


@pytest.mark.parametrize(
    ("to", "shown"),
    [
        ({"GatewayId": {"Ref": "Internet"}}, "public subnet 10.0.2.0/24 in us-east-1b, out by the internet gateway"),
        (
            {"EgressOnlyInternetGatewayId": "eigw-0a1b2c3d4e5f60718"},
            "private subnet 10.0.2.0/24 in us-east-1b, out by NAT gateway",
        ),
    ],
)
def test_reads_the_way_out_of_ipv6_too(to: dict[str, object], shown: str) -> None:
    def change(template: dict[str, Any]) -> None:
        with_cluster(template)
        properties = {"RouteTableId": {"Ref": "PrivateTable"}, "DestinationIpv6CidrBlock": "::/0", **to}
        route = {"Type": "AWS::EC2::Route", "Properties": properties}
        template["Resources"] = {"Ipv6Route": route} | template["Resources"]

    assert shown in words(Page(render_page(review_of(change))).picture("network-1"))


def test_a_placement_group_that_names_no_strategy_keeps_nodes_close() -> None:
    def change(template: dict[str, Any]) -> None:
        template["Resources"]["PlacementGroup"]["Properties"] = {}

    evidence = {row[0]: row for row in Page(render_page(review_of(change))).rows("What EFA needs of node group NodeG")}
    assert evidence["Nodes close to each other"][1:] == ["yes", "placement group PlacementGroup of strategy cluster"]


def test_doubts_nodes_that_nothing_keeps_close_to_each_other() -> None:
    def change(template: dict[str, Any]) -> None:
        del template["Resources"]["LaunchTemplate"]["Properties"]["LaunchTemplateData"]["Placement"]

    found = Page(render_page(review_of(change)))
    assert "Doubtful. Needed, and not there: Nodes close to each other." in found.text
    evidence = {row[0]: row[1] for row in found.rows("What EFA needs of node group NodeGroup")}
    assert evidence["Nodes close to each other"] == "no"


@pytest.mark.parametrize(
    ("text", "width", "shown"),
    [
        ("short", 100, "short"),
        ("SecurityGroup", 70, "Sec…roup"),
        ("iiiiiiiiiiiiii", 70, "iiiiiiiiiiiiii"),
        ("\u65e5\u672c\u8a9e\u65e5\u672c\u8a9e", 60, "\u65e5\u672c…\u672c\u8a9e"),
        ("long", 1, "l…g"),
    ],
)
def test_shortens_a_text_by_how_wide_its_letters_are(text: str, width: float, shown: str) -> None:
    assert fitting(text, width) == shown


def test_puts_no_full_stop_after_a_question() -> None:
    template = sound()
    template["Resources"]["NodeGroup"]["Properties"]["ScalingConfg"] = {}
    findings = Page(render_page(review(templates_of(template)))).section("findings")
    assert "did you mean ScalingConfig? Stack1" in findings


def test_tells_of_efa_interfaces_that_no_node_group_has() -> None:
    template = sound()
    del template["Resources"]["NodeGroup"]
    told = "No node group of these templates has an EFA interface"
    found = Page(render_page(review(templates_of(template))))
    words_ = f"{told}; the launch template LaunchTemplate has 4, for nodes that this page judges in part."
    assert words_ in found.section("summary")
    del template["Resources"]["LaunchTemplate"]
    assert f"{told}." in Page(render_page(review(templates_of(template)))).section("summary")


def _alone(kind: str) -> dict[str, Any]:
    return {"InterfaceType": kind, "Groups": [{"Ref": "SecurityGroup"}]}


def _without_node_group(**changes: Any) -> Page:
    template = sound()
    del template["Resources"]["NodeGroup"]
    template["Resources"]["LaunchTemplate"]["Properties"]["LaunchTemplateData"].update(changes)
    return Page(render_page(review(templates_of(template))))


def test_nodes_that_no_node_group_launches_are_drawn_and_judged_by_their_launch_template() -> None:
    found = _without_node_group()
    assert found.rows("What EFA needs of the nodes of launch template LaunchTemplate") == [
        ["Every EFA interface that the instance type has", "yes", "4 of the 4 that p4d.24xlarge has"],
        [
            "A security group on each of them that lets all traffic in from itself and out to itself",
            "yes",
            "SecurityGroup",
        ],
        ["Nodes close to each other", "yes", "placement group PlacementGroup of strategy cluster"],
    ]
    assert "No managed node group of these templates launches them: their zone" in found.section("efa")
    picture = words(found.picture("node-1"))
    assert picture.startswith("A node of launch template LaunchTemplate: p4d.24xlarge4 network cards.")
    assert "card 3 device 0: efa-only, no address, security groups A, B" in picture


def test_of_nodes_that_no_node_group_launches_what_is_not_known_is_not_judged() -> None:
    found = _without_node_group(InstanceType=None, Placement=None, NetworkInterfaces=[_alone("efa")])
    answers = found.rows("What EFA needs of the nodes of launch template LaunchTemplate")
    assert [row[1] for row in answers] == ["only the deployment knows", "yes", "no"]
    assert answers[0][2] == "1 here; how many the instance type has is not known"


def test_a_launch_template_without_efa_and_one_of_a_node_group_are_of_no_other_nodes() -> None:
    plain = _without_node_group(NetworkInterfaces=[_alone("interface")])
    for found in (plain, page("sound")):
        assert "No managed node group of these templates launches them" not in found.section("efa")
