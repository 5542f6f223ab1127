"""Can the cluster take the nodes, and can the app get at it?"""

from __future__ import annotations

from typing import Any

import pytest

from efa_constructs.errors import KubernetesRequestError
from efa_constructs.lookups.clusters import EksCluster
from efa_constructs.rehearsal.account.eks.state import eks_state
from efa_constructs.rules.clusters import ENTRIES_WITHOUT_API

from .emulated import ACCOUNT, REGION, Emulated, Refusals


def set_addon_version(account: Emulated, version: str | None) -> None:
    addons = eks_state(ACCOUNT, REGION).cluster("training").addons
    if version is None:
        del addons["vpc-cni"]
    else:
        addons["vpc-cni"]["addonVersion"] = version


@pytest.mark.parametrize(
    ("status", "expected"), [("ACTIVE", "pass"), ("UPDATING", "fail"), ("CREATING", "fail"), ("FAILED", "fail")]
)
def test_only_an_active_cluster_takes_nodes(account: Emulated, status: str, expected: str) -> None:
    account.cluster["status"] = status
    row = account.row("cluster-status")
    assert row is not None and row.status == expected and status in row.reason and (row.fix or status == "ACTIVE")


@pytest.mark.parametrize(
    ("version", "status", "reason"),
    [
        ("1.35", "pass", "EKS supports Kubernetes 1.35 until 2027-03-27"),
        ("1.33", "warn", "Kubernetes 1.33 is in extended support until 2027-07-29"),
        ("1.20", "fail", "EKS does not support Kubernetes 1.20, but 1.36, 1.35"),
    ],
)
def test_eks_must_support_the_clusters_version(account: Emulated, version: str, status: str, reason: str) -> None:
    account.cluster["version"] = version
    row = account.row("kubernetes-version")
    assert row is not None and row.status == status and row.reason.startswith(reason)


def test_the_version_of_a_new_cluster_is_the_apps_or_the_one_asked_for(account: Emulated) -> None:
    row = account.row("kubernetes-version", account.new_cluster())
    assert row is not None and row.status == "pass" and row.reason == "EKS supports Kubernetes 1.36"
    row = account.row("kubernetes-version", account.new_cluster(kubernetes_version="1.19"))
    assert row is not None and row.status == "fail" and "efa:kubernetesVersion" in (row.fix or "")


def test_another_version_than_the_clusters_fails(account: Emulated) -> None:
    row = account.row("kubernetes-version", account.plan(kubernetes_version="1.36"))
    assert row is not None and row.status == "fail"
    assert row.reason == "Kubernetes 1.36 is asked for, and cluster training runs 1.35"


@pytest.mark.parametrize(("mode", "status"), [("API", "pass"), ("API_AND_CONFIG_MAP", "pass"), ("CONFIG_MAP", "fail")])
def test_the_authentication_mode_must_allow_access_entries(account: Emulated, mode: str, status: str) -> None:
    account.cluster["accessConfig"]["authenticationMode"] = mode
    row = account.row("authentication-mode")
    assert row is not None and row.status == status and mode in row.reason
    assert row.rule is (ENTRIES_WITHOUT_API if status == "fail" else None)
    assert (row.advice or "").endswith("(EFA-EKS-001)") is (status == "fail")


@pytest.mark.parametrize(
    ("public", "cidrs", "private", "within", "status"),
    [
        (True, ["0.0.0.0/0"], True, False, "pass"),
        (True, ["0.0.0.0/0"], False, False, "pass"),
        (True, ["203.0.113.0/24"], True, False, "fail"),
        (False, [], True, False, "fail"),
        (False, [], True, True, "pass"),
        (True, ["0.0.0.0/0"], False, True, "fail"),
    ],
)
def test_what_applies_the_manifests_must_reach_the_api_server(
    account: Emulated, public: bool, cidrs: list[str], private: bool, within: bool, status: str
) -> None:
    account.cluster["resourcesVpcConfig"] |= {
        "endpointPublicAccess": public,
        "publicAccessCidrs": cidrs,
        "endpointPrivateAccess": private,
    }
    row = account.row("api-server", account.plan(private_endpoint=within))
    assert row is not None and row.status == status and (row.fix is None) is (status == "pass")


@pytest.mark.parametrize(
    ("version", "layout", "status"),
    [
        ("v1.20.4-eksbuild.2", "default", "pass"),
        ("v1.18.5-eksbuild.1", "default", "pass"),
        ("v1.18.4-eksbuild.1", "default", "fail"),
        ("v1.18.4-eksbuild.1", "classic", "pass"),
        ("v1.7.10-eksbuild.1", "classic", "pass"),
        ("v1.7.9-eksbuild.1", "classic", "fail"),
    ],
)
def test_the_vpc_cni_must_be_new_enough_for_the_interfaces(
    account: Emulated, version: str, layout: str, status: str
) -> None:
    set_addon_version(account, version)
    row = account.row("vpc-cni", account.plan(interface_layout=layout))
    assert row is not None and row.status == status and version in row.reason
    # Where another layout would do, the fix says so.
    assert ("efa:interfaceLayout" in (row.fix or "")) is (status == "fail" and layout == "default")


def test_a_vpc_cni_that_is_no_addon_is_not_checked_and_the_fix_is_a_command(account: Emulated) -> None:
    set_addon_version(account, None)
    row = account.row("vpc-cni")
    assert row is not None and row.status == "not checked"
    assert row.fix is not None and row.fix.startswith("give '--kubeconfig', or see that it is ")
    assert "1.18.5 or newer: kubectl -n kube-system get daemonset aws-node" in row.fix


@pytest.mark.parametrize(
    ("tag", "status", "reason"),
    [
        ("v1.18.5", "pass", "the VPC CNI is v1.18.5, 1.18.5 is enough"),
        ("v1.18.4-eksbuild.1", "fail", "the VPC CNI is v1.18.4-eksbuild.1, and these interfaces need 1.18.5 or newer"),
        ("mine", "not checked", "the tag 'mine' of its image is no version"),
        (None, "not checked", "the cluster has no DaemonSet aws-node with a version"),
    ],
)
def test_a_vpc_cni_that_is_no_addon_is_judged_by_what_the_cluster_says(
    account: Emulated, tag: str | None, status: str, reason: str
) -> None:
    set_addon_version(account, None)
    row = account.rows(read_vpc_cni=lambda cluster: tag)["vpc-cni"]
    assert row.status == status and reason in row.reason
    assert "update-addon" not in (row.fix or "")


def test_a_cluster_that_does_not_answer_leaves_its_vpc_cni_not_checked(account: Emulated) -> None:
    def read(cluster: EksCluster) -> str | None:
        raise KubernetesRequestError(f"the API server of {cluster.name} does not answer")

    # With the add-on, nobody asks.
    assert account.rows(read_vpc_cni=read)["vpc-cni"].status == "pass"
    set_addon_version(account, None)
    row = account.rows(read_vpc_cni=read)["vpc-cni"]
    assert (row.status, row.reason) == ("not checked", "the API server of training does not answer")


def revoke(account: Emulated, *, egress: bool) -> None:
    id = account.facts.cluster.security_group_id
    [group] = account.clients.ec2.describe_security_groups(GroupIds=[id])["SecurityGroups"]
    change: dict[str, Any] = {
        "GroupId": id,
        "IpPermissions": group["IpPermissionsEgress" if egress else "IpPermissions"],
    }
    if egress:
        account.clients.ec2.revoke_security_group_egress(**change)
    else:
        account.clients.ec2.revoke_security_group_ingress(**change)


def test_the_clusters_security_group_should_have_the_rules_that_eks_made(account: Emulated) -> None:
    row = account.row("cluster-security-group")
    assert row is not None and row.status == "pass"
    revoke(account, egress=False)
    row = account.row("cluster-security-group")
    assert row is not None and row.status == "warn" and "lets in less than all traffic from itself" in row.reason
    revoke(account, egress=True)
    row = account.row("cluster-security-group")
    assert row is not None and row.status == "warn" and "and lets out less than all traffic" in row.reason


def test_a_clusters_security_group_that_is_gone_fails(account: Emulated) -> None:
    account.cluster["resourcesVpcConfig"]["clusterSecurityGroupId"] = "sg-0123456789abcdef0"
    row = account.row("cluster-security-group")
    assert row is not None and row.status == "fail" and "sg-0123456789abcdef0 is not there" in row.reason


def test_a_cluster_that_is_being_made_has_no_security_group_yet(account: Emulated) -> None:
    account.cluster["status"] = "CREATING"
    del account.cluster["resourcesVpcConfig"]["clusterSecurityGroupId"]
    rows = account.rows()
    assert rows["cluster-status"].status == "fail"
    row = rows["cluster-security-group"]
    assert (row.status, row.reason) == ("not checked", "EKS shows no security group of cluster training")


@pytest.mark.parametrize(
    ("operation", "code", "id"),
    [
        ("eks:DescribeClusterVersions", "AccessDeniedException", "kubernetes-version"),
        ("eks:DescribeAddon", "AccessDeniedException", "vpc-cni"),
        ("ec2:DescribeSecurityGroups", "UnauthorizedOperation", "cluster-security-group"),
    ],
)
def test_a_row_is_not_checked_without_its_permission(
    account: Emulated, refuse: Refusals, operation: str, code: str, id: str
) -> None:
    refuse.refuse(operation, code, f"User: x is not authorized to perform: {operation}")
    row = account.row(id)
    assert row is not None and row.status == "not checked"
    assert row.fix == f"allow '{operation}' in the IAM policy of the identity in use"


def test_all_rows_about_the_cluster_are_not_checked_where_it_may_not_be_described(
    account: Emulated, refuse: Refusals
) -> None:
    message = "User: x is not authorized to perform: eks:DescribeCluster"
    refuse.refuse("eks:DescribeCluster", "AccessDeniedException", message)
    rows = account.rows()
    of_cluster = {"cluster-status", "kubernetes-version", "authentication-mode", "api-server", "subnet", "vpc-dns"}
    assert {rows[id].status for id in of_cluster} == {"not checked"}
    assert rows["vcpu-quota"].status == rows["stacks"].status == rows["vpc-cni"].status == "pass"
