"""Gang scheduling is a choice between two kinds of scheduler."""

from __future__ import annotations

import pytest

from efa_constructs.errors import InvalidArgumentError
from efa_constructs.k8s import GangScheduler


def test_volcano_has_one_name_and_scheduler_plugins_any_other():
    assert GangScheduler.volcano() == GangScheduler("volcano")
    assert GangScheduler.scheduler_plugins().scheduler_name == "scheduler-plugins-scheduler"
    assert GangScheduler.scheduler_plugins("coscheduler").api_group == "scheduling.x-k8s.io"


def test_refuses_volcano_as_a_profile_of_scheduler_plugins():
    with pytest.raises(InvalidArgumentError, match=r"'scheduler_name' is 'volcano': use GangScheduler.volcano\(\)"):
        GangScheduler.scheduler_plugins("volcano")


@pytest.mark.parametrize("name", ["", "My Scheduler", "-a", None, 1])
def test_refuses_what_is_no_name(name):
    with pytest.raises(InvalidArgumentError, match=r"'scheduler_name' is .*, which is no name of a scheduler"):
        GangScheduler.scheduler_plugins(name)
