"""Reading one cluster, from answers of the shape that EKS gives."""

from __future__ import annotations

from typing import Any

import pytest

from efa_constructs.errors import AwsRequestError
from efa_constructs.lookups.clusters import read_cluster, read_cluster_names

from .stubs import StubbedAccount, stubbed_account

CLUSTER: dict[str, Any] = {
    "name": "training",
    "arn": "arn:aws:eks:us-east-1:123456789012:cluster/training",
    "status": "ACTIVE",
    "version": "1.35",
    "platformVersion": "eks.3",
    "endpoint": "https://a.gr7.us-east-1.eks.amazonaws.com",
    "certificateAuthority": {"data": "QUJD"},
    "identity": {"oidc": {"issuer": "https://oidc.eks.us-east-1.amazonaws.com/id/A"}},
    "accessConfig": {"authenticationMode": "API"},
    "resourcesVpcConfig": {
        "vpcId": "vpc-0a",
        "subnetIds": ["subnet-0b", "subnet-0a"],
        "clusterSecurityGroupId": "sg-0a",
        "securityGroupIds": ["sg-0b"],
        "endpointPrivateAccess": True,
        "endpointPublicAccess": True,
        "publicAccessCidrs": ["0.0.0.0/0"],
    },
    "upgradePolicy": {"supportType": "EXTENDED"},
    "computeConfig": {"enabled": False},
}


def has_no_cluster(account: StubbedAccount, name: str, *pages: list[str]) -> None:
    account.eks.add_client_error("describe_cluster", "ResourceNotFoundException", f"No cluster found for name: {name}.")
    for number, names in enumerate(pages, start=1):
        more = {"nextToken": str(number)} if number < len(pages) else {}
        account.eks.add_response("list_clusters", {"clusters": names, **more})


def test_reads_how_to_reach_a_cluster_and_where_it_is() -> None:
    with stubbed_account() as account:
        account.eks.add_response("describe_cluster", {"cluster": CLUSTER}, {"name": "training"})
        cluster = read_cluster(account.clients, "training")
    assert (cluster.account, cluster.version, cluster.status) == ("123456789012", "1.35", "ACTIVE")
    assert cluster.endpoint == "https://a.gr7.us-east-1.eks.amazonaws.com"
    assert (cluster.certificate_authority_data, cluster.authentication_mode) == ("QUJD", "API")
    assert cluster.oidc_issuer == "https://oidc.eks.us-east-1.amazonaws.com/id/A"
    assert (cluster.vpc_id, cluster.subnet_ids) == ("vpc-0a", ("subnet-0a", "subnet-0b"))
    assert (cluster.security_group_id, cluster.other_security_group_ids) == ("sg-0a", ("sg-0b",))
    assert cluster.private_endpoint and cluster.public_endpoint and not cluster.auto_mode
    assert (cluster.public_access_cidrs, cluster.support_type) == (("0.0.0.0/0",), "EXTENDED")


def test_reads_a_cluster_that_has_only_begun_to_be() -> None:
    bare = {key: CLUSTER[key] for key in ("name", "arn", "version")}
    with stubbed_account() as account:
        account.eks.add_response("describe_cluster", {"cluster": {**bare, "status": "CREATING"}})
        cluster = read_cluster(account.clients, "training")
    assert (cluster.status, cluster.endpoint, cluster.vpc_id) == ("CREATING", None, None)
    # EKS did not say so before there was another mode.
    assert cluster.authentication_mode == "CONFIG_MAP"


def test_names_the_clusters_that_there_are_when_the_one_asked_for_is_not() -> None:
    with stubbed_account() as account:
        has_no_cluster(account, "trainig", ["web"], ["training"])
        with pytest.raises(AwsRequestError) as error:
            read_cluster(account.clients, "trainig")
    assert str(error.value) == (
        "there is no EKS cluster 'trainig' in us-east-1 of this account: did you mean training? There are training, web"
    )
    assert error.value.code == "ResourceNotFoundException"


def test_says_that_there_is_no_cluster_at_all() -> None:
    with stubbed_account() as account:
        has_no_cluster(account, "training", [])
        with pytest.raises(AwsRequestError, match="there is none at all, name another Region or profile"):
            read_cluster(account.clients, "training")


def test_says_that_a_cluster_is_not_there_although_it_may_not_list_the_others() -> None:
    with stubbed_account() as account:
        has_no_cluster(account, "training")
        account.eks.add_client_error(
            "list_clusters", "AccessDeniedException", "User a is not authorized to perform: eks:ListClusters on *"
        )
        with pytest.raises(AwsRequestError, match=r"no EKS cluster 'training' .* not known .*'eks:ListClusters'"):
            read_cluster(account.clients, "training")


def test_lists_clusters_of_every_page_by_name() -> None:
    with stubbed_account() as account:
        account.eks.add_response("list_clusters", {"clusters": ["b"], "nextToken": "1"}, {})
        account.eks.add_response("list_clusters", {"clusters": ["a"]}, {"nextToken": "1"})
        assert read_cluster_names(account.clients) == ("a", "b")
