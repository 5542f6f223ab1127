"""The ranks of each mpirun of a command, and those that are not the number of the workers' slots.

Options of programs are not read.
"""

from __future__ import annotations

import pytest

from efa_constructs.pods.mpirun_ranks import other_ranks, runs_of

# As AWS's samples start the NCCL tests.
NCCL_TEST = [
    *("/opt/amazon/openmpi/bin/mpirun", "--allow-run-as-root", "--tag-output", "-np", "16", "-N", "8"),
    *("--bind-to", "none", "-x", "PATH", "-x", "FI_PROVIDER=efa", "--mca", "pml", "^cm,ucx"),
    *("/opt/nccl-tests/build/all_reduce_perf", "-b", "8", "-e", "2G", "-f", "2", "-g", "1", "-c", "1", "-n", "100"),
]
OPEN_MPI_OPTIONS = "--map-by ppr:8:node --rank-by=slot -x A=-n --report-bindings --mca btl ^openib"


def script(text):
    return ["bash", "-c", text]


@pytest.mark.parametrize(
    ("command", "ranks"),
    [
        (NCCL_TEST, [("-np 16", 16)]),
        (["mpirun", "-np", "16", "python", "train.py", "-c", "3"], [("-np 16", 16)]),
        (["mpirun", "--np=4", "./a"], [("--np 4", 4)]),
        (["mpirun", *OPEN_MPI_OPTIONS.split(), "-c", "4", "./a", "-n", "9"], [("-c 4", 4)]),
        (["mpirun", "-np", "8", "./a", "-n", "1", ":", "--np", "4", "./b"], [("-np 8 : --np 4", 12)]),
        (["mpiexec.hydra", "-ppn", "8", "-genv", "A", "-n", "-prepend-rank", "-n", "16", "./a"], [("-n 16", 16)]),
        (["mpirun", "-np", "4", "-np", "16", "./a"], [("-np 16", 16)]),
        (["timeout", "600", "prterun", "-n", "4", "./a"], [("-n 4", 4)]),
        (["env", "A=1", "mpirun", "-n", "4", "./a"], [("-n 4", 4)]),
        (script("mpirun -np 16 ./t -n 100 && head -n 5 out"), [("-np 16", 16)]),
        (script("set -e\n/opt/bin/mpirun \\\n  -np '4' \\\n  ./t"), [("-np 4", 4)]),
        (script("true; mpirun -np 4 ./t"), [("-np 4", 4)]),
        (script("true;mpirun -np 4 ./t"), [("-np 4", 4)]),
        (script("(mpirun -np 4 ./t)"), [("-np 4", 4)]),
        (script("{ mpirun -np 4 ./t; }"), [("-np 4", 4)]),
        (script("cd x && mpirun -np 4 ./t"), [("-np 4", 4)]),
        (script("cd x&&A=1 exec mpirun -np 4 ./t 2>&1 | tee log"), [("-np 4", 4)]),
        (script("if mpirun -np 4 ./t; then mpirun -np 8 ./u; fi"), [("-np 4", 4), ("-np 8", 8)]),
        (script("for i in 1 2; do mpirun -np 4 ./t; done"), [("-np 4", 4)]),
        (script("mpirun -np 2 hostname # -np 8\nmpirun -np 16 ./a"), [("-np 2", 2), ("-np 16", 16)]),
        (["sh", "-euc", "bash -lc 'mpirun -np 4 ./t'"], [("-np 4", 4)]),
        (script("mpirun -np $RANKS ./a"), [None]),
        (script("mpirun -np $(nproc) ./a"), [None]),
        (script("which mpirun && mpirun -np 4 ./a > mpirun"), [("-np 4", 4)]),
        (["mpirun", "./a", "-np", "4"], [None]),
        (["mpirun", "env", "A=1", "./a", "-np", "4"], [None]),
        (["mpirun", "-np"], [None]),
        (["mpirun", "--option-of-tomorrow", "-n", "4"], [None]),
        (["mpirun", "--oversubscribe", "-np", "32", "./a"], [None]),
        (["mpirun", "-np", "8", "./a", ":", "./b"], [None]),
        (["python", "train.py", "-n", "4"], []),
        (script("# was: mpirun -np 8 ./a\nhorovodrun -np 16 ./a"), []),
        (["python", "launch.py", "--launcher", "mpirun", "-n", "2"], []),
        (script("echo 'mpirun -np 4 ./t'"), []),
        (script("mpirun -np 4 'unfinished"), []),
        (["bash", "-c"], []),
        ([], []),
    ],
    ids=str,
)
def test_reads_the_ranks_of_every_mpirun_of_a_command(command, ranks):
    assert runs_of(command) == ranks


@pytest.mark.parametrize(
    ("command", "words", "surely_meant"),
    [
        (["mpirun", "-np", "4", "./t"], "-np 4", True),
        (script("cd x && mpirun -np 4 ./t 2>&1 | tee log"), "-np 4", True),
        (script("for i in 1 2; do mpirun -np 4 ./t; done"), "-np 4", True),
        (script("mpirun -np 1 hostname && horovodrun -np 16 python train.py"), "-np 1", False),
        (script("mpirun -np 4 ./t; mpirun -np 8 ./t"), "-np 4, -np 8", False),
    ],
    ids=str,
)
def test_tells_other_numbers_of_ranks_that_are_surely_meant_from_those_that_may_be_a_test(command, words, surely_meant):
    assert other_ranks(command, 16) == (words, surely_meant)


@pytest.mark.parametrize(
    "command",
    [
        script("mpirun -np 2 hostname && mpirun -np 16 ./a"),
        script("mpirun -np 16 ./a && mpirun -np 1 ./summary"),
        script("mpirun -np 2 hostname && mpirun -np $RANKS ./a"),
        script("mpirun -np 2 hostname && mpirun ./a"),
    ],
    ids=str,
)
def test_says_nothing_where_a_mpirun_starts_or_may_start_as_many_as_there_are_slots(command):
    assert other_ranks(command, 16) is None
