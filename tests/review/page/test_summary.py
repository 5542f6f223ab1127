"""The first screen, and what is judged in it, where templates say less or other than usual."""

from __future__ import annotations

import pytest

from efa_constructs.review.page import render_page
from efa_constructs.review.review import review

from ..manifests import Manifests, review_of_manifests
from ..templates import Template, review_of, sound, templates_of
from .html import Page, words
from .test_page import with_cluster


def evidence(found: Page, name: str = "NodeGroup") -> dict[str, list[str]]:
    return {row[0]: row[1:] for row in found.rows(f"What EFA needs of node group {name}")}


def test_keeps_the_names_of_things_in_a_doubt() -> None:
    def change(template: Template) -> None:
        template["Resources"]["LaunchTemplate"]["Properties"]["LaunchTemplateData"]["NetworkInterfaces"].pop()

    told = words(Page(render_page(review_of(change))).by_id("summary"))
    assert "Every EFA interface that the instance type has" in told


@pytest.mark.parametrize(
    ("market", "answer"), [("capacity-block", "yes"), (None, "only the deployment knows")], ids=["block", "reservation"]
)
def test_a_reservation_alone_does_not_keep_nodes_close(market: str | None, answer: str) -> None:
    def change(template: Template) -> None:
        data = template["Resources"]["LaunchTemplate"]["Properties"]["LaunchTemplateData"]
        del data["Placement"]
        target = {"CapacityReservationId": "cr-0123456789abcdef0"}
        data["CapacityReservationSpecification"] = {"CapacityReservationTarget": target}
        if market is not None:
            data["InstanceMarketOptions"] = {"MarketType": market}

    assert evidence(Page(render_page(review_of(change))))["Nodes close to each other"][0] == answer


def test_a_suspended_job_does_not_start_at_once() -> None:
    def suspend(manifests: Manifests) -> None:
        manifests.job["spec"].setdefault("runPolicy", {})["suspend"] = True

    started = words(Page(render_page(review_of_manifests())).by_id("summary"))
    assert "A job that starts at once: MPIJob default/nccl-test." in started
    waiting = words(Page(render_page(review_of_manifests(suspend))).by_id("summary"))
    assert "starts at once" not in waiting
    assert "A job that waits, suspended: MPIJob default/nccl-test." in waiting


def test_a_node_group_without_sizes_has_those_of_eks() -> None:
    def change(template: Template) -> None:
        del template["Resources"]["NodeGroup"]["Properties"]["ScalingConfig"]

    found = Page(render_page(review_of(change)))
    assert "Node group NodeGroup: as many as EKS takes of p4d.24xlarge" in found.section("summary")
    assert dict(row[:2] for row in found.rows("What is billed"))["Instances"] == "EKS's number of p4d.24xlarge"


def test_tells_of_instances_beside_node_groups_that_they_are_made_and_billed() -> None:
    template = {"Resources": {"Box": {"Type": "AWS::EC2::Instance", "Properties": {"InstanceType": "p5.48xlarge"}}}}
    found = Page(render_page(review(templates_of(template))))
    assert "1 EC2 instance beside node groups: Box." in found.section("summary")
    assert found.rows("What is billed") == [["EC2 instance beside node groups", "1", "each hour that it runs", "Box"]]


def test_calls_no_subnet_isolated_whose_routes_are_of_elsewhere() -> None:
    def change(template: Template) -> None:
        with_cluster(template)
        # A VPC that is there already: its main route table, too.
        template["Parameters"]["Theirs"] = {"Type": "AWS::EC2::VPC::Id"}
        properties = {"VpcId": {"Ref": "Theirs"}, "CidrBlock": "10.9.0.0/24", "AvailabilityZone": "us-east-1a"}
        template["Resources"]["Added"] = {"Type": "AWS::EC2::Subnet", "Properties": properties}
        # In a VPC of the templates, a subnet without a table reaches the VPC alone.
        own = properties | {"VpcId": {"Ref": "Vpc"}, "CidrBlock": "10.0.9.0/24"}
        template["Resources"]["Alone"] = {"Type": "AWS::EC2::Subnet", "Properties": own}

    found = Page(render_page(review_of(change)))
    theirs, own = words(found.picture("network-2")), words(found.picture("network-1"))
    assert "subnet 10.9.0.0/24 in us-east-1a, its routes are not in these templates" in theirs
    assert "isolated" not in theirs
    assert "isolated subnet 10.0.9.0/24 in us-east-1a, no default route" in own


def test_names_the_stack_of_what_another_stack_has_too() -> None:
    def document(zone: str) -> Template:
        template = sound()
        with_cluster(template)
        template["Resources"]["Private"]["Properties"]["AvailabilityZone"] = zone
        return template

    found = Page(render_page(review(templates_of(document("us-east-1b"), document("us-east-1c")))))
    assert "Node group Stack1/NodeGroup: 2 p4d.24xlarge" in found.section("summary")
    assert "Node group Stack2/NodeGroup: 2 p4d.24xlarge" in found.section("summary")
    assert evidence(found, "Stack2/NodeGroup")["All nodes in one zone: EFA does not cross zones"] == [
        "yes",
        "1 subnet in us-east-1c",
    ]
    captions = [words(caption) for caption in found.all("figcaption")]
    assert len(captions) == len(set(captions))


def test_begins_a_sentence_with_a_capital_letter_and_a_property_as_it_is_called() -> None:
    found = Page(render_page(review_of(with_cluster))).section("findings")
    assert " The node role Role has neither AmazonEKSWorkerNodePolicy" in found
    assert " ResourcesVpcConfig.SubnetIds must be" in found


def test_says_what_was_not_read() -> None:
    template = sound()
    template["Resources"]["Shared"] = {
        "Type": "AWS::CloudFormation::Stack",
        "Properties": {"TemplateURL": "https://example.com/t.json"},
    }
    template["Resources"]["Operator"] = {
        "Type": "Custom::AWSCDK-EKS-HelmChart",
        "Properties": {"ClusterName": "training", "Chart": "gpu-operator", "Release": "r"},
    }
    found = Page(render_page(review(templates_of(template))))
    assert "Not read, and not told of here: the nested stacks Shared." in found.section("summary")
    unread = [row[1] for row in found.rows("Assumptions") if row[0] == "not read"]
    assert unread == [
        "what the nested stack Shared makes, opens and allows: its template is not here",
        "what the Helm chart gpu-operator installs: objects, images and rights in the cluster",
    ]


def test_names_what_it_does_not_know_to_be_billed() -> None:
    template = sound()
    template["Resources"]["Database"] = {"Type": "AWS::RDS::DBInstance", "Properties": {}}
    rows = Page(render_page(review(templates_of(template)))).rows("What is billed")
    assert rows[-1] == ["AWS::RDS::DBInstance", "1", "not known here: see what AWS bills for it", "Database"]
    assert not any("not known here" in row[2] for row in rows[:-1])


def test_counts_what_kubernetes_makes_in_the_account() -> None:
    def change(manifests: Manifests) -> None:
        for kind, spec in (
            ("Service", {"type": "LoadBalancer", "ports": [{"port": 80}]}),
            ("PersistentVolumeClaim", {"resources": {"requests": {"storage": "100Gi"}}}),
        ):
            manifests.objects.append(
                {"apiVersion": "v1", "kind": kind, "metadata": {"name": "it", "namespace": "team"}, "spec": spec}
            )

    rows = Page(render_page(review_of_manifests(change))).rows("What is billed")
    assert ["Load balancer of Kubernetes", "1", "each hour, and by traffic", "Service team/it"] in rows
    assert ["Volume of Kubernetes", "100Gi", "PersistentVolumeClaim team/it"] in [[*row[:2], row[3]] for row in rows]


def test_tells_of_a_cluster_that_the_older_module_of_cdk_makes() -> None:
    def change(template: Template) -> None:
        network = {"subnetIds": ["subnet-0123456789abcdef0"]}
        config = {"version": "1.35", "resourcesVpcConfig": network}
        template["Resources"]["Cluster"] = {"Type": "Custom::AWSCDK-EKS-Cluster", "Properties": {"Config": config}}

    found = Page(render_page(review_of(change)))
    assert "An EKS cluster, Cluster, Kubernetes 1.35." in words(found.by_id("summary"))
    assert "EKS control plane" in words(found.by_id("costs"))


def test_a_group_that_does_not_let_efa_pass_is_named_beside_one_whose_rules_are_not_seen() -> None:
    def change(template: Template) -> None:
        del template["Resources"]["Egress"]

    found = evidence(Page(render_page(review_of(change))))
    [answer] = [row for what, row in found.items() if what.startswith("A security group on each of them")]
    assert answer == [
        "only the deployment knows",
        "SecurityGroup does not; the rules of (ClusterSecurityGroup) are not in these templates",
    ]


def test_ssh_from_the_world_is_an_error_and_no_word_against_efa() -> None:
    def change(template: Template) -> None:
        rule = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIp": "0.0.0.0/0"}
        template["Resources"]["SecurityGroup"]["Properties"]["SecurityGroupIngress"] = [rule]

    found = Page(render_page(review_of(change)))
    summary = found.section("summary")
    assert "Will EFA work? Yes, as far as templates can tell" in summary
    assert "The world may reach SecurityGroup: tcp 22" in summary
    assert "EFA-SG-008" not in summary
    assert "error EFA-SG-008: SecurityGroup lets tcp 22 in from 0.0.0.0/0" in found.section("findings")
    assert "Rule: Nobody reaches SSH of a node from the whole internet. Why:" in found.section("findings")


def test_no_section_is_empty() -> None:
    template = {"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}}
    found = Page(render_page(review(templates_of(template))))
    assert "The templates run no container image, and name no version." in found.section("versions")
    for section in found.all("section"):
        assert len(section) > 1, section.get("id")


def test_an_endpoint_without_a_policy_is_told_of_and_one_with_a_policy_is_not() -> None:
    def add_endpoints(template: Template) -> None:
        for name, policy in (("Open", {}), ("Narrow", {"PolicyDocument": {"Statement": []}})):
            properties = {"VpcId": "vpc-0a1b2c3d4e5f60718", "ServiceName": "com.amazonaws.us-east-1.s3", **policy}
            template["Resources"][name] = {"Type": "AWS::EC2::VPCEndpoint", "Properties": properties}

    words_ = "an endpoint of a VPC without a policy of its own keeps no request out, to whichever account"
    rows = Page(render_page(review_of(add_endpoints))).rows("Assumptions")
    assert [row for row in rows if row[1] == words_] == [["AWS's own", words_, "Open"]]
    assert words_ not in Page(render_page(review_of())).section("assumptions")
