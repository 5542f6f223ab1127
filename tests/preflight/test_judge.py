"""All checks together: what no answer spoils, and what ends everything."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from efa_constructs.errors import AwsRequestError
from efa_constructs.preflight.judge import CHECKS

from .emulated import Emulated, Refusals


def test_every_check_has_an_id_of_its_own() -> None:
    ids = [check.id for check in CHECKS]
    assert len(set(ids)) == len(ids) > 25


def test_rows_come_in_the_order_of_the_checks_whatever_answers_first(account: Emulated) -> None:
    first, second = list(account.rows()), list(account.rows())
    assert first == second == [check.id for check in CHECKS if check.id in first]


def test_a_cluster_that_is_ready_passes_every_check(account: Emulated) -> None:
    account.bootstrap()
    rows = account.rows(account.plan(facts=account.facts, zone="us-east-1b", node_group_name="efa"))
    # The emulated account's user has no policies that IAM could simulate.
    assert {id: row.reason for id, row in rows.items() if row.status != "pass"}.keys() == {"caller-permissions"}
    assert len(rows) == 23


def test_a_cluster_that_is_not_there_ends_it_and_the_others_are_named(account: Emulated) -> None:
    with pytest.raises(AwsRequestError, match="there is no EKS cluster 'trainning' in us-east-1") as error:
        account.rows(account.plan(cluster_name="trainning"))
    assert "did you mean training" in str(error.value)


def test_credentials_that_aws_does_not_know_end_it(account: Emulated, refuse: Refusals) -> None:
    refuse.refuse("sts:GetCallerIdentity", "InvalidClientTokenId", "The security token is invalid")
    with pytest.raises(AwsRequestError, match="the credentials are not valid there"):
        account.rows()


def test_questions_that_do_not_wait_for_another_are_asked_at_the_same_time(account: Emulated) -> None:
    # As many as wait for no other one.
    together = 10
    under_way, met = set(), threading.Event()
    lock = threading.Lock()

    def wait_for_others(event_name: str, **_: Any) -> None:
        with lock:
            under_way.add(event_name)
            if len(under_way) >= together:
                met.set()
        # One after another, none would ever meet the others.
        assert met.wait(60), f"only {sorted(under_way)} were asked at the same time"

    names = ("ec2", "eks", "iam", "ssm", "sts", "cloudformation", "service_quotas")
    clients = [getattr(account.clients, name) for name in names]
    for client in clients:
        client.meta.events.register("before-send", wait_for_others)
    try:
        assert account.rows()["vcpu-quota"].status == "pass"
    finally:
        for client in clients:
            client.meta.events.unregister("before-send", wait_for_others)


def test_throttled_questions_are_asked_again(
    account: Emulated, refuse: Refusals, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    refuse.refuse("ec2:DescribeSubnets", "RequestLimitExceeded", "Request limit exceeded.", times=3)
    assert account.rows()["subnet"].status == "pass"
    assert refuse.counts["ec2:DescribeSubnets"] == 3


def test_a_question_that_stays_throttled_is_not_checked_and_the_attempts_are_bound(
    account: Emulated, refuse: Refusals, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    refuse.refuse("ec2:DescribeVpcAttribute", "RequestLimitExceeded", "Request limit exceeded.")
    rows = account.rows()
    assert rows["vpc-dns"].status == "not checked"
    assert "AWS throttles DescribeVpcAttribute: 9 attempts ended with RequestLimitExceeded" in rows["vpc-dns"].reason
    assert rows["subnet"].status == "pass"
