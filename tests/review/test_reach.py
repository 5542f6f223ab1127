"""Who may talk to whom, by the rules of templates and by what AWS adds to them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from efa_constructs.review.blueprint import Blueprint
from efa_constructs.review.reach import Path, Peer, paths

from .templates import templates_of

GROUP = "AWS::EC2::SecurityGroup"
NEAR = "192.0.2.0/24"
LETS_OUT = "EC2 lets all traffic out of a group that names no rule for it"


def resource(kind: str, **properties: Any) -> dict[str, Any]:
    return {"Type": kind, "Properties": properties}


def told(**resources: Any) -> list[str]:
    """Each path in a line."""
    return [in_a_line(path) for path in paths(Blueprint(templates_of({"Resources": resources})))]


def in_a_line(path: Path) -> str:
    by = f" ({path.implied_by})" if path.implied_by else f" ({path.description})" if path.description else ""
    return f"{path.direction}: {name(path.source)} -> {name(path.destination)}, {path.traffic}{by}"


def name(peer: Peer) -> str:
    value = peer.resource.logical_id if peer.resource is not None else peer.value
    return f"{peer.kind} {value}"


# Names its way out, so that EC2 adds none.
CLOSED = resource(
    GROUP, SecurityGroupEgress=[{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIp": "10.0.0.0/8"}]
)
OUT = "Egress: group A -> addresses 10.0.0.0/8, tcp 443"


def test_a_group_without_a_rule_for_it_lets_everything_out() -> None:
    assert told(A=resource(GROUP)) == [f"Egress: group A -> addresses 0.0.0.0/0, all traffic ({LETS_OUT})"]
    assert told(A=CLOSED) == [OUT]


@pytest.mark.parametrize(
    ("rule", "peer", "traffic"),
    [
        ({"IpProtocol": "-1", "SourceSecurityGroupId": {"Ref": "A"}}, "group A", "all traffic"),
        ({"IpProtocol": "6", "FromPort": 22, "ToPort": 22, "CidrIp": NEAR}, "addresses 192.0.2.0/24", "tcp 22"),
        ({"IpProtocol": "17", "FromPort": 1, "ToPort": 9, "CidrIpv6": "::/0"}, "addresses ::/0", "udp 1-9"),
        ({"IpProtocol": "tcp", "FromPort": 22, "CidrIp": NEAR}, "addresses 192.0.2.0/24", "tcp 22"),
        ({"IpProtocol": "1", "FromPort": -1, "ToPort": -1, "CidrIp": NEAR}, "addresses 192.0.2.0/24", "all icmp"),
        ({"IpProtocol": "50", "SourcePrefixListId": "pl-1"}, "prefix list pl-1", "all 50"),
        ({"IpProtocol": "-1", "SourceSecurityGroupId": "sg-1"}, "group elsewhere sg-1", "all traffic"),
        (
            {"IpProtocol": "-1", "SourceSecurityGroupId": {"Fn::GetAtt": ["C", "ClusterSecurityGroupId"]}},
            "cluster group C",
            "all traffic",
        ),
    ],
)
def test_a_rule_lets_its_peer_in(rule: dict[str, Any], peer: str, traffic: str) -> None:
    cluster = resource("AWS::EKS::Cluster")
    alone = resource("AWS::EC2::SecurityGroupIngress", GroupId={"Ref": "A"}, Description="why", **rule)
    within = {
        **CLOSED,
        "Properties": {**CLOSED["Properties"], "SecurityGroupIngress": [{**rule, "Description": "why"}]},
    }
    line = f"Ingress: {peer} -> group A, {traffic} (why)"
    for resources in ({"A": CLOSED, "In": alone, "C": cluster}, {"A": within, "C": cluster}):
        found = told(**resources)
        assert line in found
        assert [one for one in found if "group A" in one and one != line] == [OUT]


def test_a_rule_that_is_added_to_a_group_of_elsewhere_counts() -> None:
    rule = {"IpProtocol": "-1", "GroupId": "sg-9"}
    assert told(
        In=resource("AWS::EC2::SecurityGroupIngress", **rule, SourceSecurityGroupId="sg-1"),
        Out=resource("AWS::EC2::SecurityGroupEgress", **rule, DestinationPrefixListId="pl-1"),
        Another=resource("AWS::EC2::SecurityGroupEgress", **rule, DestinationSecurityGroupId="sg-2"),
    ) == [
        "Ingress: group elsewhere sg-1 -> group elsewhere sg-9, all traffic",
        "Egress: group elsewhere sg-9 -> prefix list pl-1, all traffic",
        "Egress: group elsewhere sg-9 -> group elsewhere sg-2, all traffic",
    ]


MADE = "EKS makes the cluster security group, whose members talk to each other and to everybody"
API = "Whoever calls needs credentials that the cluster lets in."
OF_CLUSTER = [
    f"Ingress: cluster group C -> cluster group C, all traffic ({MADE})",
    f"Egress: cluster group C -> addresses 0.0.0.0/0, all traffic ({MADE})",
]


@pytest.mark.parametrize(
    ("config", "endpoint"),
    [
        ({}, ["0.0.0.0/0"]),
        ({"EndpointPublicAccess": True}, ["0.0.0.0/0"]),
        ({"EndpointPublicAccess": "true", "PublicAccessCidrs": [NEAR, "198.51.100.0/24"]}, [NEAR, "198.51.100.0/24"]),
        ({"EndpointPublicAccess": False, "PublicAccessCidrs": [NEAR]}, []),
        ({"EndpointPublicAccess": "False"}, []),
    ],
)
def test_the_api_of_a_cluster_is_open_unless_it_is_said_otherwise(config: dict[str, Any], endpoint: list[str]) -> None:
    by = API if "PublicAccessCidrs" in config else "EKS lets everybody reach a public endpoint that names no ranges"
    assert told(C=resource("AWS::EKS::Cluster", ResourcesVpcConfig=config)) == [
        *OF_CLUSTER,
        *(f"Ingress: addresses {cidr} -> endpoint C, tcp 443 ({by})" for cidr in endpoint),
    ]


def test_the_api_of_a_cluster_of_aws_eks_is_as_open_as_it_says() -> None:
    config = {"resourcesVpcConfig": {"endpointPublicAccess": True, "publicAccessCidrs": [NEAR]}}
    assert told(C=resource("Custom::AWSCDK-EKS-Cluster", Config=config)) == [
        *OF_CLUSTER,
        f"Ingress: addresses {NEAR} -> endpoint C, tcp 443 ({API})",
    ]


def service(name: str, annotations: dict[str, str] | None = None, **spec: Any) -> dict[str, Any]:
    metadata = {"name": name, "namespace": "n", **({"annotations": annotations} if annotations else {})}
    return {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": {"ports": [{"port": 80}], **spec}}


def test_a_load_balancer_may_face_the_internet() -> None:
    prefix = "service.beta.kubernetes.io/aws-load-balancer"
    services = [
        service("inner", type="ClusterIP"),
        service("hidden", {f"{prefix}-scheme": "internal"}, type="LoadBalancer"),
        service("old", {f"{prefix}-internal": "true"}, type="LoadBalancer"),
        service("open", type="LoadBalancer"),
        service(
            "chosen",
            {f"{prefix}-scheme": "internet-facing"},
            type="LoadBalancer",
            loadBalancerSourceRanges=[NEAR],
            ports=[{"port": 53, "protocol": "UDP"}, {"port": 443}],
        ),
    ]
    manifest = resource("Custom::AWSCDK-EKS-KubernetesResource", ClusterName="training", Manifest=json.dumps(services))
    assert told(Manifest=manifest) == [
        "Ingress: addresses 0.0.0.0/0 -> service Service n/open, tcp 80 (a load balancer that names no scheme may face "
        "the internet)",
        "Ingress: addresses 192.0.2.0/24 -> service Service n/chosen, udp 53",
        "Ingress: addresses 192.0.2.0/24 -> service Service n/chosen, tcp 443",
    ]


def test_what_is_said_twice_is_told_once() -> None:
    rule = resource("AWS::EC2::SecurityGroupIngress", GroupId={"Ref": "A"}, IpProtocol="-1", CidrIp=NEAR)
    assert told(A=CLOSED, One=rule, Two=rule) == ["Ingress: addresses 192.0.2.0/24 -> group A, all traffic", OUT]


def test_everybody_is_every_address() -> None:
    assert [Peer(kind="addresses", value=value).is_world for value in ("0.0.0.0/0", "::/0", "10.0.0.0/8")] == [
        *(True, True, False),
    ]
