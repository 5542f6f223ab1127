"""The commands for a real cluster, run on an emulated account."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import boto3
import pytest

from efa_constructs.cluster.diagnosis.device_plugin_causes import DEVICE_PLUGIN_MISSING
from efa_constructs.cluster.finding import Finding, Level
from efa_constructs.cluster.verdict import judge_node_group
from efa_constructs.rehearsal.account.process import AccountProcess
from efa_constructs.rehearsal.programs import Programs
from efa_constructs.rehearsal.result.tried_command import TriedCommand
from efa_constructs.rehearsal.tried_commands import CommandTrials

from .deployments import cluster, node_group
from .efa_command import ROOT
from .results import result

FACTS = ROOT / "examples" / "cluster-facts.json"
REGION = "us-east-1"


@pytest.fixture(scope="module")
def account() -> Iterator[AccountProcess]:
    """An account that has the cluster of the example, and no control plane."""
    with AccountProcess(region=REGION, cluster_facts=FACTS) as process:
        yield process


@pytest.fixture
def trials(account: AccountProcess, tmp_path: Path) -> Iterator[CommandTrials]:
    with Programs() as programs:
        yield CommandTrials(programs, account.environment, tmp_path, lambda name: nullcontext())


def app(**context: object) -> dict[str, object]:
    """The context of our app."""
    return {f"efa:{key}": value for key, value in context.items()}


def bootstrap(account: AccountProcess) -> None:
    environment = account.environment
    ssm = boto3.client(
        "ssm",
        region_name=REGION,
        endpoint_url=environment["AWS_ENDPOINT_URL"],
        aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
        aws_session_token=environment["AWS_SESSION_TOKEN"],
    )
    ssm.put_parameter(Name="/cdk-bootstrap/hnb659fds/version", Value="30", Type="String", Overwrite=True)


def test_preflight_reads_the_configuration_that_is_rehearsed(trials: CommandTrials, account: AccountProcess) -> None:
    bootstrap(account)
    tried = trials.preflight(app(instanceType="p4d.24xlarge"), FACTS, REGION)
    assert tried is not None and tried.as_expected, tried
    assert " pass" in tried.answer


def test_a_preflight_that_fails_is_not_as_it_should_be(trials: CommandTrials) -> None:
    # A zone of the Region in which no p4d is offered.
    context = {"instanceType": "p4d.24xlarge", "availabilityZone": "us-east-1f"}
    tried = trials.preflight(app(**context), None, REGION)
    assert tried is not None and not tried.as_expected
    assert " fail" in tried.answer
    assert "; instance-type-offered: " in tried.answer and "us-east-1f" in tried.answer


def test_a_quota_that_nobody_has_is_held_against_no_configuration(
    trials: CommandTrials, account: AccountProcess
) -> None:
    bootstrap(account)
    tried = trials.preflight(app(instanceType="p4d.24xlarge", maxSize=64), None, REGION)
    assert tried is not None and tried.as_expected, tried
    assert "; vcpu-quota: " in tried.answer
    assert tried.answer.endswith("; but that is of the emulated account, and yours has its own")
    # What is the configuration's own fault counts all the same.
    context = {"instanceType": "p4d.24xlarge", "maxSize": 64, "availabilityZone": "us-east-1f"}
    tried = trials.preflight(app(**context), None, REGION)
    assert tried is not None and not tried.as_expected


def test_preflight_says_what_is_wrong_with_a_configuration(trials: CommandTrials) -> None:
    tried = trials.preflight(app(instanceType="p4d.24xlarg"), None, REGION)
    assert tried is not None and not tried.as_expected
    assert tried.answer.startswith("instance type 'p4d.24xlarg' is not in the catalogue")


def test_preflight_looks_for_the_bootstrap_stack_that_the_app_uses(trials: CommandTrials) -> None:
    named = {**app(instanceType="p4d.24xlarge"), "@aws-cdk/core:bootstrapQualifier": "team"}
    tried = trials.preflight(named, None, REGION)
    assert tried is not None and not tried.as_expected
    assert "cdk-bootstrap: the account is not bootstrapped for the CDK, with the qualifier team" in tried.answer


def test_there_is_no_preflight_of_other_apps(trials: CommandTrials) -> None:
    assert trials.preflight({"their:key": "1"}, None, REGION) is None


@pytest.mark.parametrize("key", ["capacityReservationId", "capacityBlockId"])
def test_a_reservation_of_another_account_is_held_against_no_configuration(
    trials: CommandTrials, account: AccountProcess, key: str
) -> None:
    bootstrap(account)
    named = {"instanceType": "p4d.24xlarge", "availabilityZone": "us-east-1b", key: "cr-0123456789abcdef0"}
    tried = trials.preflight(app(**named), None, REGION)
    assert tried is not None and tried.as_expected, tried
    assert "; reservation-state: this account has no reservation cr-0123456789abcdef0" in tried.answer
    assert tried.answer.endswith("; but that is of the emulated account, and yours has its own")
    # What of the rest is wrong counts.
    tried = trials.preflight(app(**named | {"availabilityZone": "us-east-1f"}), None, REGION)
    assert tried is not None and not tried.as_expected


def test_commands_about_a_cluster_that_is_not_there_are_not_as_they_should_be(trials: CommandTrials) -> None:
    gone = cluster(node_group(), name="gone")
    lookup, status = trials.after(gone, REGION, (), None, None)
    assert lookup.command.startswith(f"efa lookup --cluster gone --region {REGION} --instance-type p4d.24xlarge")
    assert not lookup.as_expected and "'gone'" in lookup.answer
    assert not status.as_expected and "'gone'" in status.answer


def test_a_lookup_that_proposes_another_subnet_is_not_as_it_should_be(trials: CommandTrials) -> None:
    elsewhere = node_group(subnet_ids=("subnet-00000000000000000",), availability_zones=("us-east-1a",))
    (lookup, _) = trials.after(cluster(elsewhere, name="training"), REGION, (), None, None)
    assert "proposes subnet-" in lookup.answer and "where the nodes" not in lookup.answer
    assert not lookup.as_expected


def test_status_is_to_find_what_the_rehearsal_found(trials: CommandTrials) -> None:
    # The account has the cluster without any node group, and nothing is wrong with it.
    there = cluster(name="training")
    (status,) = trials.after(there, REGION, (), None, None)
    assert status.as_expected, status
    # Nobody knows how many nodes a cluster without a control plane has.
    assert status.answer == "nothing is wrong with what AWS tells"
    broken = node_group(status="CREATE_FAILED")
    (status,) = trials.after(there, REGION, [judge_node_group(broken, cluster(broken))], None, None)
    assert not status.as_expected


def test_status_is_to_find_that_nothing_offers_the_devices_of_nodes_that_are_rehearsed_alone(
    trials: CommandTrials,
) -> None:
    there = cluster(name="training")
    group = node_group()
    idle = Finding(
        code=DEVICE_PLUGIN_MISSING, level=Level.WARNING, problem="2 nodes offer no EFA", fix="install the plugin"
    )
    verdict = judge_node_group(group, cluster(group))
    assert trials.after(there, REGION, [verdict], None, None)[0].as_expected
    (status,) = trials.after(there, REGION, [replace(verdict, findings=(idle,))], None, None)
    assert "nothing is wrong" in status.answer and not status.as_expected


def test_a_rehearsal_passes_only_if_every_command_answers_as_it_should() -> None:
    answered = TriedCommand(command="efa preflight", answer="12 pass", as_expected=True)
    whole = result(cluster(node_group()), commands=(answered,))
    assert whole.passes
    whole = replace(whole, commands=(answered, replace(answered, as_expected=False)))
    assert not whole.passes
    assert whole.reason is not None and "A command found something" in whole.reason
