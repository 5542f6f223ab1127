"""What is said while the control plane's programs are built."""

from __future__ import annotations

import time

import pytest

from efa_constructs.rehearsal.control_plane.build_progress import BuildProgress, Teller, progress_line


@pytest.mark.parametrize(
    ("progress", "line"),
    [
        (
            BuildProgress(
                stage="compiling",
                program="kube-apiserver",
                current="k8s.io/api/core/v1",
                done=1400,
                total=2786,
                seconds=200.7,
            ),
            "compiling kube-apiserver: package 1400 of 2786 (k8s.io/api/core/v1), 3 min 20 s",
        ),
        (
            BuildProgress(stage="compiling", done=12, total=2786),
            "compiling the control plane: 12 of 2786 packages are there, 0 s",
        ),
        (
            BuildProgress(stage="downloading", current="k8s.io/api v0.36.3", done=34, seconds=8.0),
            "downloading module 34 (k8s.io/api v0.36.3), 8 s",
        ),
        (BuildProgress(stage="downloading"), "downloading modules, 0 s"),
        (BuildProgress(stage="linking", seconds=60), "linking the programs of the control plane into one, 1 min 0 s"),
        (
            BuildProgress(stage="waiting", seconds=59.9),
            "waiting for another process that builds the control plane, 59 s",
        ),
    ],
)
def test_says_what_is_done_for_which_program_and_for_how_long(progress: BuildProgress, line: str) -> None:
    assert progress_line(progress) == line


def test_tells_that_time_passes_while_one_step_lasts() -> None:
    told: list[BuildProgress] = []
    with Teller(told.append) as teller:
        teller.tell(BuildProgress(stage="compiling", program="etcd", current="net/http", done=1, total=2))
        deadline = time.monotonic() + 10
        while len(told) < 2 and time.monotonic() < deadline:
            time.sleep(0.05)
    first, second, *_ = told
    assert (second.current, second.done) == (first.current, first.done)
    assert second.seconds - first.seconds >= 0.9
    ended = len(told)
    time.sleep(1.2)
    assert len(told) == ended
