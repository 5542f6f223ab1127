"""A job with another number of ranks than its workers have slots is refused, or warned of where it may be meant."""

from __future__ import annotations

import pytest

from efa_constructs.errors import InvalidArgumentError

# As AWS's samples start the NCCL tests.
NCCL_TEST = [
    *("/opt/amazon/openmpi/bin/mpirun", "--allow-run-as-root", "--tag-output", "-np", "16", "-N", "8"),
    *("--bind-to", "none", "-x", "PATH", "-x", "FI_PROVIDER=efa", "--mca", "pml", "^cm,ucx"),
    *("/opt/nccl-tests/build/all_reduce_perf", "-b", "8", "-e", "2G", "-f", "2", "-g", "1", "-c", "1", "-n", "100"),
]


def script(text):
    return ["bash", "-c", text]


@pytest.mark.parametrize(
    "command",
    [
        NCCL_TEST,
        ["bash", "-c", "mpirun -np 16 ./t -n 100"],
        ["mpirun", "-np", "8", "./a", ":", "-np", "8", "./b"],
    ],
    ids=["nccl-test", "shell", "two programs"],
)
def test_a_job_takes_a_launcher_whose_mpirun_starts_as_many_ranks_as_there_are_slots(bench, command):
    bench.job(command=[], launcher_command=command)
    assert bench.launcher["command"] == command


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (
            {"command": [], "launcher_command": [{"16": "8"}.get(word, word) for word in NCCL_TEST]},
            "'launcher_command' has -np 8, but the workers have 16 slots, .*: start 16 ranks, or change",
        ),
        (
            {"command": [], "launcher_command": ["mpirun", "-np", "8", "./a", ":", "-np", "4", "./b"]},
            "'launcher_command' has -np 8 : -np 4, but the workers have 16 slots",
        ),
        (
            {"command": [], "launcher_command": ["bash", "-c", "cd x && (mpirun -np 4 ./t)"]},
            "'launcher_command' has -np 4, but the workers have 16 slots",
        ),
        ({"mpirun_arguments": ["--np=4"]}, "'mpirun_arguments' has --np 4, but the workers have 16 slots"),
    ],
)
def test_a_job_refuses_another_number(bench, overrides, message):
    with pytest.raises(InvalidArgumentError, match=message):
        bench.job(**overrides)
    assert bench.manifests == []


@pytest.mark.parametrize(
    ("text", "warning"),
    [
        ("mpirun -np 1 hostname; horovodrun -np 16 ./a", "'launcher_command' has -np 1, and nothing in it starts 16"),
        (
            "mpirun -np 1 ./a; mpirun -np 2 ./a",
            "'launcher_command' has -np 1, -np 2, and nothing in it starts 16 ranks",
        ),
    ],
)
def test_a_job_warns_where_another_number_may_be_meant(bench, text, warning):
    bench.job(command=[], launcher_command=script(text))
    (given,) = bench.warnings
    assert warning in given


def test_a_job_with_a_run_on_all_slots_may_have_others(bench):
    bench.job(command=[], launcher_command=script("mpirun -np 2 hostname && mpirun -np 16 ./a"))
    assert bench.warnings == []
