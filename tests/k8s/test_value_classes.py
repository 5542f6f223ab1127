"""What describes a part of a job is refused where it is written, in words, if no job could have it."""

from __future__ import annotations

import dataclasses
import math

import pytest
from cdk8s import Duration, Size

import efa_constructs.k8s
from efa_constructs.errors import InvalidArgumentError
from efa_constructs.k8s import (
    CleanPodPolicy,
    GangScheduler,
    GangScheduling,
    Kueue,
    Launcher,
    LauncherPlacement,
    RestartPolicy,
    RunPolicy,
    WorkerResources,
)
from tests.k8s.schemas import check_manifests

INT32_MAX = 2**31 - 1
INT64_MAX = 2**63 - 1
VALUE_CLASSES = [GangScheduling, Kueue, Launcher, RunPolicy, WorkerResources]
REQUIRED = {Kueue: {"queue": "training"}}


class Neither:
    """Of no kind that a field could be."""


@pytest.mark.parametrize(
    ("value_class", "field", "value", "message"),
    [
        (WorkerResources, "memory", "8Gi", "'8Gi', of type str: give a cdk8s.Size"),
        (WorkerResources, "hugepages", 5120, "5120, of type int: give a cdk8s.Size"),
        (WorkerResources, "shared_memory", 1.5, "1.5, of type float: give a cdk8s.Size"),
        (WorkerResources, "cpu", "4", "'4', of type str: give a number of vCPUs"),
        (WorkerResources, "cpu", True, "True, of type bool: give a number of vCPUs"),
        (WorkerResources, "cpu", math.nan, "nan, of type float: give a number of vCPUs"),
        (WorkerResources, "cpu", math.inf, "inf, of type float: give a number of vCPUs"),
        (WorkerResources, "cpu", 1e308, "of type float: give a number of vCPUs"),
        (WorkerResources, "cpu", 10**400, "of type int: give a number of vCPUs"),
        (WorkerResources, "accelerators", "8", "'8', of type str: give a whole number"),
        (WorkerResources, "accelerators", True, "True, of type bool: give a whole number"),
        (WorkerResources, "accelerators", 2.5, "2.5, of type float: give a whole number"),
        (WorkerResources, "efa_interfaces", 4.0, "4.0, of type float: give a whole number"),
        (Launcher, "cpu", "1", "'1', of type str: give a number of vCPUs"),
        (Launcher, "cpu", None, "None: give a number of vCPUs"),
        (Launcher, "cpu", math.nan, "nan, of type float"),
        (Launcher, "memory", "2Gi", "'2Gi', of type str: give a cdk8s.Size"),
        (Launcher, "wait_for_workers", "no", "'no', of type str: give True or False"),
        (Launcher, "placement", "other-node", "give LauncherPlacement.WORKER_NODE or LauncherPlacement.OTHER_NODE"),
        (RunPolicy, "ttl_after_finished", 60, "60, of type int: give a cdk8s.Duration"),
        (RunPolicy, "active_deadline", "1h", "'1h', of type str: give a cdk8s.Duration"),
        (RunPolicy, "backoff_limit", "3", "'3', of type str: give a whole number"),
        (RunPolicy, "backoff_limit", 2.5, "2.5, of type float: give a whole number"),
        (RunPolicy, "suspend", "yes", "'yes', of type str: give True or False"),
        (
            RunPolicy,
            "clean_pod_policy",
            "Running",
            "give CleanPodPolicy.NONE, CleanPodPolicy.RUNNING or CleanPodPolicy.ALL",
        ),
        (RunPolicy, "launcher_restart_policy", "Always", "give RestartPolicy.NEVER or RestartPolicy.ON_FAILURE"),
        (GangScheduling, "min_available", "3", "'3', of type str: give a whole number"),
        (GangScheduling, "min_available", True, "True, of type bool: give a whole number"),
        (GangScheduling, "queue", 5, "5, of type int: give the name of a queue"),
        (GangScheduling, "schedule_timeout", 60, "60, of type int: give a cdk8s.Duration"),
        (Kueue, "queue", 5, "5, of type int: give the name of a local queue"),
        (Kueue, "queue", None, "None: give the name of a local queue"),
        (Kueue, "topology_required", "no", "'no', of type str: give True or False"),
    ],
)
def test_refuses_another_kind_and_says_what_to_give(value_class, field, value, message):
    with pytest.raises(InvalidArgumentError) as refusal:
        value_class(**{**REQUIRED.get(value_class, {}), field: value})
    assert str(refusal.value).startswith(f"{value_class.__name__}: '{field}' is ")
    assert message in str(refusal.value)


@pytest.mark.parametrize(
    ("value_class", "field"),
    [(value_class, field.name) for value_class in VALUE_CLASSES for field in dataclasses.fields(value_class)],
)
def test_knows_the_kind_of_every_field(value_class, field):
    with pytest.raises(InvalidArgumentError, match=f"^{value_class.__name__}: '{field}' is of type Neither: give "):
        value_class(**{**REQUIRED.get(value_class, {}), field: Neither()})


def test_goes_through_every_value_class():
    public = (getattr(efa_constructs.k8s, name) for name in efa_constructs.k8s.__all__)
    described = {one for one in public if isinstance(one, type) and dataclasses.is_dataclass(one)}
    # The first is made by methods with checks of their own, the other is a result.
    assert described - {GangScheduler, efa_constructs.k8s.EnvironmentFinding} == set(VALUE_CLASSES)


@pytest.mark.parametrize("value_class", VALUE_CLASSES)
def test_takes_none_where_it_is_the_default(value_class):
    left_out = {field.name: None for field in dataclasses.fields(value_class) if field.default is None}
    required = REQUIRED.get(value_class, {})
    assert value_class(**required, **left_out) == value_class(**required)


@pytest.mark.parametrize("value_class", [WorkerResources, Launcher])
@pytest.mark.parametrize(
    ("size", "shown"),
    [(Size.kibibytes(1500), "1500Ki"), (Size.mebibytes(1.5), "1.5Mi"), (Size.gibibytes(0.3), "0.3Gi")],
    ids=["kibibytes", "mebibytes", "gibibytes"],
)
def test_refuses_a_fraction_of_a_mebibyte(value_class, size, shown):
    with pytest.raises(InvalidArgumentError, match=f"^{value_class.__name__}: 'memory' is {shown}: use whole mebibyte"):
        value_class(memory=size)


def test_takes_whole_mebibytes_in_any_unit(bench):
    job = bench.job(
        launcher=Launcher(memory=Size.gibibytes(0.5)),
        resources=WorkerResources(memory=Size.kibibytes(8000 * 1024), hugepages=Size.gibibytes(1)),
    )
    assert (job.resources.memory_mib, job.resources.hugepages_mib) == (8000, 1024)
    assert bench.launcher["resources"]["limits"]["memory"] == "512Mi"


@pytest.mark.parametrize(
    ("make", "field", "least"),
    [
        (lambda duration: RunPolicy(ttl_after_finished=duration), "ttl_after_finished", 0),
        (lambda duration: RunPolicy(active_deadline=duration), "active_deadline", 1),
        (lambda duration: GangScheduling(schedule_timeout=duration), "schedule_timeout", 1),
    ],
    ids=["ttl_after_finished", "active_deadline", "schedule_timeout"],
)
@pytest.mark.parametrize(
    "duration",
    [Duration.millis(500), Duration.seconds(1.5), Duration.minutes(0.001), Duration.days(1e300)],
    ids=["half a second", "a second and a half", "a part of a minute", "for ever"],
)
def test_refuses_a_duration_that_is_not_of_whole_seconds_or_has_too_many(make, field, least, duration):
    with pytest.raises(
        InvalidArgumentError, match=f"'{field}' is .*: use whole seconds, at least {least} and at most "
    ):
        make(duration)


def test_refuses_no_time_at_all_but_for_what_kubernetes_may_delete_at_once():
    for make in (
        lambda: RunPolicy(active_deadline=Duration.seconds(0)),
        lambda: GangScheduling(schedule_timeout=Duration.seconds(0)),
    ):
        with pytest.raises(InvalidArgumentError, match="is 0 seconds: use whole seconds, at least 1 and"):
            make()
    assert RunPolicy(ttl_after_finished=Duration.seconds(0)).to_spec()["ttlSecondsAfterFinished"] == 0


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: RunPolicy(backoff_limit=-1), "RunPolicy: 'backoff_limit' must be at least 0, got -1"),
        (lambda: RunPolicy(backoff_limit=INT32_MAX + 1), f"at most {INT32_MAX}, got {INT32_MAX + 1}"),
        (lambda: GangScheduling(queue="bad queue"), "'queue' is 'bad queue': a name is"),
        (lambda: GangScheduling(priority_class=""), "'priority_class' is ''"),
        (lambda: GangScheduling(min_available=0), "GangScheduling: 'min_available' must be at least 1, got 0"),
        (lambda: GangScheduling(min_available=INT32_MAX + 1), f"'min_available' .* at most {INT32_MAX}, got"),
        (
            lambda: RunPolicy(ttl_after_finished=Duration.days(100000)),
            f"'ttl_after_finished' is 100000 days: use whole seconds, at least 0 and at most {INT32_MAX}",
        ),
        (lambda: GangScheduling(schedule_timeout=Duration.seconds(INT32_MAX + 1)), f"at most {INT32_MAX}"),
        (lambda: RunPolicy(active_deadline=Duration.seconds(2**64)), f"at most {INT64_MAX}"),
        (lambda: Launcher(cpu=0), "Launcher: 'cpu' must be at least 0.001, got 0"),
        (lambda: Launcher(cpu=-1), "Launcher: 'cpu' must be at least 0.001, got -1"),
        (lambda: Launcher(cpu=0.0001), "Launcher: 'cpu' must be at least 0.001, got 0.0001"),
        (lambda: WorkerResources(cpu=0.0001), "WorkerResources: 'cpu' must be 0 or at least 0.001, got 0.0001"),
        (lambda: WorkerResources(cpu=-0.0001), "WorkerResources: 'cpu' must be 0 or at least 0.001, got -0.0001"),
        (lambda: Launcher(memory=Size.mebibytes(0)), "Launcher: 'memory' must be at least 1 MiB, got 0 MiB"),
    ],
)
def test_refuses_a_number_that_the_api_server_could_not_take(make, message):
    with pytest.raises(InvalidArgumentError, match=message):
        make()


def test_takes_the_largest_and_the_smallest_of_what_the_api_server_takes(bench):
    bench.job(
        run_policy=RunPolicy(
            clean_pod_policy=CleanPodPolicy.ALL,
            suspend=True,
            ttl_after_finished=Duration.seconds(INT32_MAX),
            # Longer than 32 bits have room for.
            active_deadline=Duration.days(100000),
            backoff_limit=INT32_MAX,
            worker_restart_policy=RestartPolicy.ON_FAILURE,
        ),
        gang_scheduling=GangScheduling(min_available=1, schedule_timeout=Duration.millis(1000)),
        launcher=Launcher(cpu=0.001, memory=Size.mebibytes(1)),
    )
    check_manifests(bench.manifests)
    policy = bench.spec["runPolicy"]
    assert (policy["ttlSecondsAfterFinished"], policy["backoffLimit"]) == (INT32_MAX, INT32_MAX)
    assert policy["activeDeadlineSeconds"] == 8640000000
    assert policy["schedulingPolicy"] == {"minAvailable": 1, "scheduleTimeoutSeconds": 1}
    assert bench.launcher["resources"]["requests"] == {"cpu": "1m", "memory": "1Mi"}


SMALL_WORKER = WorkerResources(cpu=0, memory=Size.gibibytes(8))


@pytest.mark.parametrize("resources", [None, SMALL_WORKER], ids=["default worker", "small worker"])
@pytest.mark.parametrize(
    ("launcher", "message"),
    [
        (Launcher(cpu=500), "'launcher.cpu' is 500, but a p4d.24xlarge has 9[0-9.]+ vCPUs for the launcher and a wo"),
        (Launcher(memory=Size.tebibytes(3)), "'launcher.memory' is 3145728 MiB, but a p4d.24xlarge has 1[0-9]+ MiB"),
    ],
    ids=["cpu", "memory"],
)
def test_blames_a_launcher_that_its_node_has_no_room_for(bench, launcher, message, resources):
    instead = r"or use LauncherPlacement.OTHER_NODE \(EFA-JOB-001\)$"
    with pytest.raises(InvalidArgumentError, match=f"^MPIJob 'train': {message}.*{instead}"):
        bench.job(launcher=launcher, resources=resources)
    assert bench.manifests == []


@pytest.mark.parametrize(
    ("launcher", "message"),
    [
        (Launcher(cpu=95), "'launcher.cpu' is 95, but a p4d.24xlarge has 94.69 vCPUs"),
        (Launcher(memory=Size.gibibytes(1045)), "'launcher.memory' is 1070080 MiB, but a p4d.24xlarge has"),
    ],
    ids=["cpu", "memory"],
)
def test_blames_a_launcher_that_leaves_nothing_that_is_sure_to_a_default_worker_only(bench, launcher, message):
    with pytest.raises(InvalidArgumentError, match=message):
        bench.job(launcher=launcher)
    bench.chart.node.try_remove_child("Train")
    bench.job(launcher=launcher, resources=SMALL_WORKER)
    assert bench.worker["resources"]["limits"]["memory"] == "8192Mi"


def test_gives_a_large_launcher_a_node_of_its_own(bench):
    large = Launcher(placement=LauncherPlacement.OTHER_NODE, cpu=128, memory=Size.tebibytes(3))
    job = bench.job(launcher=large)
    assert bench.launcher["resources"]["requests"] == {"cpu": "128000m", "memory": "3145728Mi"}
    assert job.resources.memory_mib > 0
