"""A mpirun with another number of ranks than the workers have slots is refused; options of programs are not read."""

from __future__ import annotations

import pytest

from efa_constructs.errors import InvalidArgumentError
from efa_constructs.k8s.mpirun_ranks import ranks_of

# As AWS's samples start the NCCL tests.
NCCL_TEST = [
    *("/opt/amazon/openmpi/bin/mpirun", "--allow-run-as-root", "--tag-output", "-np", "16", "-N", "8"),
    *("--bind-to", "none", "-x", "PATH", "-x", "FI_PROVIDER=efa", "--mca", "pml", "^cm,ucx"),
    *("/opt/nccl-tests/build/all_reduce_perf", "-b", "8", "-e", "2G", "-f", "2", "-g", "1", "-c", "1", "-n", "100"),
]
OPEN_MPI_OPTIONS = "--map-by ppr:8:node --rank-by=slot -x A=-n --report-bindings --mca btl ^openib"


@pytest.mark.parametrize(
    ("command", "ranks"),
    [
        (NCCL_TEST, ("-np 16", 16)),
        (["mpirun", "-np", "16", "python", "train.py", "-c", "3"], ("-np 16", 16)),
        (["mpirun", "--np=4", "./a"], ("--np 4", 4)),
        (["mpirun", *OPEN_MPI_OPTIONS.split(), "-c", "4", "./a", "-n", "9"], ("-c 4", 4)),
        (["mpirun", "-np", "8", "./a", "-n", "1", ":", "--np", "4", "./b"], ("-np 8 : --np 4", 12)),
        (["mpiexec.hydra", "-ppn", "8", "-genv", "A", "-n", "-prepend-rank", "-n", "16", "./a"], ("-n 16", 16)),
        (["mpirun", "-np", "4", "-np", "16", "./a"], ("-np 16", 16)),
        (["bash", "-c", "mpirun -np 16 ./t -n 100 && head -n 5 out"], ("-np 16", 16)),
        (["bash", "-c", "set -e\n/opt/bin/mpirun \\\n  -np '4' \\\n  ./t"], ("-np 4", 4)),
        (["timeout", "600", "prterun", "-n", "4", "./a"], ("-n 4", 4)),
    ],
)
def test_reads_the_ranks_of_a_command(command, ranks):
    assert ranks_of(command) == ranks


@pytest.mark.parametrize(
    "command",
    [
        ["python", "train.py", "-n", "4"],
        ["mpirun", "./a", "-np", "4"],
        ["mpirun", "env", "A=1", "./a", "-np", "4"],
        ["mpirun", "-np"],
        ["bash", "-c", "mpirun -np $RANKS ./a"],
        ["bash", "-c", "mpirun -np 2 hostname && mpirun -np 16 ./a"],
        ["mpirun", "--option-of-tomorrow", "-n", "4"],
        ["mpirun", "--oversubscribe", "-np", "32", "./a"],
        ["bash", "-c", "# was: mpirun -np 8 ./a\nhorovodrun -np 16 ./a"],
        ["python", "launch.py", "--launcher", "mpirun", "-n", "2"],
        ["mpirun", "-np", "8", "./a", ":", "./b"],
    ],
    ids=" ".join,
)
def test_says_nothing_where_a_command_does_not(command):
    assert ranks_of(command) is None


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
            "'launcher_command' has -np 8, but the workers have 16 slots: start 16 ranks, or change",
        ),
        (
            {"command": [], "launcher_command": ["mpirun", "-np", "8", "./a", ":", "-np", "4", "./b"]},
            "'launcher_command' has -np 8 : -np 4, but the workers have 16 slots",
        ),
        ({"mpirun_arguments": ["--np=4"]}, "'mpirun_arguments' has --np 4, but the workers have 16 slots"),
    ],
)
def test_a_job_refuses_another_number(bench, overrides, message):
    with pytest.raises(InvalidArgumentError, match=message):
        bench.job(**overrides)
    assert bench.manifests == []
