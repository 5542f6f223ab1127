"""The stages of a rehearsal, and who is told of them."""

from __future__ import annotations

import pytest

from efa_constructs.rehearsal.progress import Progress, Stage, Stages


class Told(Progress):
    def __init__(self) -> None:
        self.words: list[str] = []

    def stage_started(self, name: str) -> None:
        self.words.append(f"{name} starts")

    def stage_ended(self, stage: Stage) -> None:
        self.words.append(f"{stage.name} ends")


def test_stages_that_overlap_are_told_as_they_end_and_listed_as_they_started() -> None:
    told = Told()
    stages = Stages(told)
    with stages("synthesize"), stages("start the account"):
        pass
    assert told.words == ["synthesize starts", "start the account starts", "start the account ends", "synthesize ends"]
    assert [stage.name for stage in stages.ended] == ["synthesize", "start the account"]
    assert stages.ended[0].seconds >= stages.ended[1].seconds >= 0


def test_a_stage_that_an_error_ends_is_not_told_to_have_ended() -> None:
    told = Told()
    stages = Stages(told)
    with pytest.raises(ValueError, match="it broke"), stages("deploy"):
        raise ValueError("it broke")
    assert told.words == ["deploy starts"]
    assert stages.ended == ()
