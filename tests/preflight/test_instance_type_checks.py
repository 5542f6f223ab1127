"""Can the instances be had where they are wanted?"""

from __future__ import annotations

from efa_constructs.preflight import instance_type_checks
from efa_constructs.preflight.account import ask_account
from efa_constructs.preflight.judge import judge
from efa_constructs.rehearsal.account.hardware import set_offerings

from .emulated import REGION, Emulated, Refusals


def test_the_zone_of_the_subnet_must_offer_the_type(account: Emulated) -> None:
    row = account.row("instance-type-offered")
    assert row is not None and (row.status, row.reason) == ("pass", "us-east-1b offers p4d.24xlarge")
    set_offerings(REGION, {"p4d.24xlarge": ["us-east-1a", "us-east-1c"]})
    row = account.row("instance-type-offered")
    assert row is not None and row.status == "fail"
    assert row.reason == "us-east-1b does not offer p4d.24xlarge to this account: us-east-1a, us-east-1c do"
    assert row.fix is not None and "efa:availabilityZone" in row.fix


def test_a_type_that_the_region_does_not_offer_fails_whatever_the_subnet_is(
    account: Emulated, refuse: Refusals
) -> None:
    set_offerings(REGION, {"p4d.24xlarge": []})
    refuse.refuse("ec2:DescribeSubnets", "UnauthorizedOperation")
    row = account.row("instance-type-offered")
    assert row is not None and row.status == "fail"
    assert row.reason == "EC2 offers p4d.24xlarge in no zone of us-east-1 to this account"


def test_a_new_cluster_without_a_zone_is_judged_by_the_zone_that_the_app_takes(account: Emulated) -> None:
    row = account.row("instance-type-offered", account.new_cluster())
    assert row is not None and row.status == "pass"
    assert row.reason == "us-east-1a, the zone that the app takes when none is named, offers p4d.24xlarge"


def test_what_offers_the_type_is_not_checked_where_aws_does_not_say(account: Emulated, refuse: Refusals) -> None:
    refuse.refuse("ec2:DescribeInstanceTypeOfferings", "UnauthorizedOperation")
    row = account.row("instance-type-offered")
    assert row is not None and row.status == "not checked"
    assert row.fix == "allow 'ec2:DescribeInstanceTypeOfferings' in the IAM policy of the identity in use"


def test_spot_is_a_warning_and_a_failure_on_types_without_it(account: Emulated) -> None:
    on_demand = account.row("capacity-type-offered")
    assert on_demand is not None and on_demand.status == "pass"
    spot = account.row("capacity-type-offered", account.plan(capacity="spot"))
    assert spot is not None and spot.status == "warn" and "interruption" in spot.reason
    hpc = account.row("capacity-type-offered", account.plan(instance_type="hpc7a.96xlarge", capacity="spot"))
    assert hpc is not None and hpc.status == "fail"
    assert hpc.reason == "EC2 does not offer hpc7a.96xlarge as spot, but as on-demand"


def test_how_a_type_can_be_had_is_not_checked_where_aws_publishes_nothing(account: Emulated) -> None:
    plan = account.plan()
    object.__setattr__(plan, "instance", plan.instance._replace(usage_classes=()))
    row = account.row("capacity-type-offered", plan)
    assert row is not None and row.status == "not checked"


def test_the_ami_is_that_of_the_clusters_version(account: Emulated) -> None:
    row = account.row("ami-published")
    assert row is not None and row.status == "pass"
    assert row.reason.startswith("AL2023_x86_64_NVIDIA for Kubernetes 1.35 is ami-")


def test_a_version_for_which_aws_publishes_no_ami_fails(account: Emulated) -> None:
    account.cluster["version"] = "1.20"
    row = account.row("ami-published")
    assert row is not None and row.status == "fail"
    assert row.reason == "AWS publishes no AL2023_x86_64_NVIDIA AMI for Kubernetes 1.20 in us-east-1"


def test_what_the_ami_lacks_for_a_type_is_a_warning(account: Emulated) -> None:
    row = account.row("ami-published", account.plan(instance_type="g7.8xlarge"))
    assert row is not None and row.status == "warn"


def test_the_ami_is_not_checked_without_the_permission(account: Emulated, refuse: Refusals) -> None:
    refuse.refuse("ssm:GetParameter", "AccessDeniedException", "User x is not authorized to perform: ssm:GetParameter")
    row = account.row("ami-published")
    assert row is not None and row.status == "not checked" and "ssm:GetParameter" in (row.fix or "")


def test_pods_are_counted_by_the_addresses_that_efa_leaves(account: Emulated) -> None:
    row = account.row("max-pods")
    assert row is not None and row.status == "pass" and "250 pods" in row.reason
    p5 = account.row("max-pods", account.plan(instance_type="p5.48xlarge"))
    assert p5 is not None and p5.reason == (
        "a p5.48xlarge has addresses for 51 pods, which kubelet is told in place of 100"
    )
    few = account.row("max-pods", account.plan(instance_type="trn2.3xlarge"))
    assert few is not None and few.status == "warn" and "16 pods" in few.reason


def test_pods_are_not_counted_where_aws_publishes_too_little(account: Emulated) -> None:
    row = account.row("max-pods", account.new_cluster(instance_type="p6e-gb200.36xlarge"))
    assert row is not None and row.status == "not checked"


def test_rows_come_in_one_order(account: Emulated) -> None:
    plan = account.plan()
    rows = judge(plan, ask_account(account.clients, plan), instance_type_checks.CHECKS)
    assert [row.id for row in rows] == ["instance-type-offered", "capacity-type-offered", "ami-published", "max-pods"]
