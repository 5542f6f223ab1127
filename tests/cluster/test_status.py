"""What is said of a cluster of which AWS tells only a part."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from efa_constructs.cli.output import console
from efa_constructs.cli.status import fitted
from efa_constructs.cli.status_text import print_status
from efa_constructs.cluster import status
from efa_constructs.cluster.finding import Finding, Level
from efa_constructs.cluster.snapshot import ClusterSnapshot
from efa_constructs.cluster.status import ClusterStatus, StatusQuestion, read_status
from efa_constructs.errors import InvalidArgumentError, KubernetesRequestError
from efa_constructs.lookups.clients import AwsClients
from efa_constructs.lookups.node_group_states import ClusterState, NodeGroupState

from ..rehearsal.snapshots import snapshot

DENIED = "User: arn:aws:iam::1:user/a is not authorized to perform: ec2:DescribeSubnets because no policy allows it"


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[tuple[Stubber, Stubber]]:
    """EKS and EC2, in which nobody is refused anything on this machine; and no kubeconfig."""
    keys = {"aws_access_key_id": "a", "aws_secret_access_key": "b", "region_name": "us-east-1"}
    eks, ec2 = boto3.client("eks", **keys), boto3.client("ec2", **keys)  # type: ignore[call-overload]
    monkeypatch.setattr(status, "aws_clients", lambda **_: AwsClients(region="us-east-1", ec2=ec2, eks=eks))
    monkeypatch.delenv("KUBECONFIG", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    with Stubber(eks) as stubbed_eks, Stubber(ec2) as stubbed_ec2:
        yield stubbed_eks, stubbed_ec2


ENDPOINT = "https://0123.gr7.us-east-1.eks.amazonaws.com"


def has_cluster(eks: Stubber, times: int, *issues: dict[str, Any]) -> None:
    cluster: dict[str, Any] = {
        "name": "training",
        "arn": "arn:aws:eks:us-east-1:123456789012:cluster/training",
        "version": "1.34",
        "status": "ACTIVE",
        "resourcesVpcConfig": {"vpcId": "vpc-1"},
    }
    cluster["endpoint"] = ENDPOINT
    group = {
        "nodegroupName": "efa",
        "status": "DEGRADED" if issues else "ACTIVE",
        "scalingConfig": {"minSize": 0, "desiredSize": 2, "maxSize": 2},
        "subnets": ["subnet-1"],
        "health": {"issues": list(issues)},
    }
    for _ in range(times):
        eks.add_response("describe_cluster", {"cluster": cluster})
        eks.add_response("list_nodegroups", {"nodegroups": ["efa"]})
        eks.add_response("describe_nodegroup", {"nodegroup": group})


def test_where_ec2_is_denied_what_eks_says_is_told(account: tuple[Stubber, Stubber]) -> None:
    eks, ec2 = account
    has_cluster(eks, 2)
    ec2.add_client_error("describe_subnets", "UnauthorizedOperation", DENIED)
    found = read_status(StatusQuestion(cluster_name="training"))
    assert found.state is not None
    assert [group.status for group in found.state.node_groups] == ["ACTIVE"]
    assert found.deployed is None
    assert found.sound
    unread, kubeconfig = found.not_checked
    assert unread.startswith("instances, network interfaces and security groups: AWS refused DescribeSubnets: allow")
    assert "'ec2:DescribeSubnets'" in unread
    assert kubeconfig.startswith("what runs on the cluster: there is no kubeconfig")


def test_a_health_issue_is_told_in_plain_words_with_ekss_own(account: tuple[Stubber, Stubber]) -> None:
    eks, ec2 = account
    message = "Could not launch On-Demand Instances. InsufficientInstanceCapacity - We currently do not have ..."
    has_cluster(eks, 2, {"code": "AsgInstanceLaunchFailures", "message": message, "resourceIds": ["asg-1"]})
    ec2.add_client_error("describe_subnets", "UnauthorizedOperation", DENIED)
    found = read_status(StatusQuestion(cluster_name="training"))
    (finding,) = found.findings
    assert (finding.code, finding.level) == ("node-group-unhealthy", Level.FAULT)
    assert finding.problem == (
        "node group 'efa': EC2 has too few of these instances in the zone right now: EKS says "
        f'AsgInstanceLaunchFailures, "{message}" (of asg-1)'
    )
    assert "capacity reservation" in finding.fix
    assert not found.sound


def test_where_eks_is_denied_too_there_is_nothing_to_tell(account: tuple[Stubber, Stubber]) -> None:
    eks, _ = account
    eks.add_client_error("describe_cluster", "AccessDeniedException", "not authorized to perform: eks:DescribeCluster")
    with pytest.raises(KubernetesRequestError, match=r"allow 'eks:DescribeCluster'.*; .*there is no kubeconfig"):
        read_status(StatusQuestion(cluster_name="training"))


def kubeconfig(folder: Path, *, name: str = "mine", **cluster: str) -> Path:
    """For a server that is not there."""
    content = {
        "clusters": [{"name": name, "cluster": {"server": "https://127.0.0.1:1", **cluster}}],
        "users": [{"name": "a", "user": {"token": "b"}}],
        "contexts": [{"name": "c", "context": {"cluster": name, "user": "a"}}],
        "current-context": "c",
    }
    file = folder / "config"
    file.write_text(json.dumps(content))
    return file


def test_a_half_that_was_asked_for_and_does_not_answer_is_not_sound(
    account: tuple[Stubber, Stubber], tmp_path: Path
) -> None:
    eks, ec2 = account
    has_cluster(eks, 2)
    ec2.add_client_error("describe_subnets", "UnauthorizedOperation", DENIED)
    # The tunnel's certificate is for the cluster's own name.
    tunnel = kubeconfig(tmp_path, **{"tls-server-name": ENDPOINT.removeprefix("https://")})
    found = read_status(StatusQuestion(cluster_name="training", kubeconfig=tunnel))
    assert found.findings == ()
    assert "does not answer" in " ".join(found.not_checked)
    assert not found.sound
    out = console()
    with out.capture() as captured:
        print_status(out, found)
    assert "Whether all is well is not known: half of it was not read." in captured.get()
    assert "Nothing is wrong" not in captured.get()


def test_a_kubeconfig_of_another_address_is_refused(account: tuple[Stubber, Stubber], tmp_path: Path) -> None:
    eks, ec2 = account
    has_cluster(eks, 2)
    ec2.add_client_error("describe_subnets", "UnauthorizedOperation", DENIED)
    with pytest.raises(InvalidArgumentError, match="is for another cluster than 'training'"):
        read_status(StatusQuestion(cluster_name="training", kubeconfig=kubeconfig(tmp_path)))


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ({"cluster_name": "production"}, "for 'training' in us-east-1, and 'production' in us-east-1 is asked for"),
        ({"region": "eu-west-1"}, "for 'training' in us-east-1, and 'training' in eu-west-1 is asked for"),
    ],
)
def test_a_kubeconfig_that_names_another_cluster_is_refused_before_anybody_is_asked(
    account: tuple[Stubber, Stubber], tmp_path: Path, question: dict[str, str], words: str
) -> None:
    file = kubeconfig(tmp_path, name="arn:aws:eks:us-east-1:123456789012:cluster/training")
    with pytest.raises(InvalidArgumentError, match=words):
        read_status(StatusQuestion(kubeconfig=file, **question))


def status_of(objects: ClusterSnapshot) -> ClusterStatus:
    group = NodeGroupState(
        name="efa",
        status="ACTIVE",
        instance_types=("p4d.24xlarge",),
        capacity_type="ON_DEMAND",
        min_size=0,
        desired_size=2,
        max_size=2,
    )
    return ClusterStatus(
        cluster_name="training",
        region="us-east-1",
        state=ClusterState(
            name="training",
            region="us-east-1",
            status="ACTIVE",
            version="1.34",
            endpoint=ENDPOINT,
            node_groups=(group,),
        ),
        deployed=None,
        kubeconfig=None,
        snapshot=objects,
        expected={},
        findings=(),
        not_checked=(),
        half_missing=False,
    )


def reported(**unread: str) -> str:
    """The report of a cluster of which not everything may be read."""
    out = console()
    with out.capture() as captured:
        print_status(out, status_of(snapshot(nodes=[], mpi_jobs=[], unread=unread)))
    return captured.get()


def test_what_may_not_be_read_is_not_said_to_be_none() -> None:
    assert "0 of 0 nodes Ready" in reported()
    words = reported(nodes="forbidden", mpi_jobs="forbidden")
    assert "nodes Ready" not in words
    assert "not known, for they may not be read" in words
    assert "none that may be read" in words


def test_a_screen_that_is_too_small_shows_what_is_wrong_and_how_much_is_left_out() -> None:
    fault = Finding(code="a", level=Level.FAULT, problem="it is broken", fix="mend it")
    found = replace(status_of(snapshot()), findings=(fault,))
    out = console()
    with out.capture() as captured:
        print_status(out, found, findings_first=True)
    lines = [line.rstrip() for line in captured.get().splitlines()]
    seen = fitted(lines, 12)
    assert len(seen) == 12
    assert "  fault: it is broken" in seen
    assert seen[-1].startswith(f"... {len(lines) - 11} more lines")
    assert fitted(lines, len(lines)) == lines
