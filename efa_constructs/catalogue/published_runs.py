"""Runs of nccl-tests over EFA that somebody published: what others measured, and where they say so.

Nothing here is computed or rounded, but for the number of nodes where ``remark`` says so. Sizes below 1 MiB are left
out: they tell of latency. ``M`` and ``G`` of nccl-tests are powers of two, and so are ``MB`` and ``GB`` of the pages.
"""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["PublishedRun", "published_runs"]

_MIB = 1 << 20
_GIB = 1 << 30

_P5_SCALING = "crazyguitar/aws-gpu-communication-benchmark:data"
# Of p5.48xlarge, in the study below.
_GPUS_A_NODE = 8


class PublishedRun(NamedTuple):
    """One run of one collective. Bandwidths are bus bandwidths in GB/s (10^9 bytes a second), as nccl-tests prints."""

    instance_type: str
    nodes: int
    # Of all nodes together; one drives one GPU.
    ranks: int
    # As the name of the program has it, without _perf, such as "all_reduce".
    collective: str
    # (size of the message in bytes, bus bandwidth), out of place unless ``remark`` says other, by size.
    bus_bandwidths: tuple[tuple[int, float], ...]
    # REPOSITORY:PATH of a file on GitHub, or an address.
    source: str
    # When it was measured or published, as far as the source says it: a year, month or day. None: it does not.
    date: str | None
    # Of NCCL and what else the source names. Empty: none.
    versions: str = ""
    remark: str = ""
    # Whether another run may be held against it. False where its author calls it slow, or it is not what it is said to
    # be; ``remark`` says why.
    comparable: bool = True

    @property
    def ranks_a_node(self) -> int:
        """Ranks on each node."""
        return self.ranks // self.nodes

    @property
    def peak(self) -> tuple[int, float]:
        """The size with the highest bus bandwidth, and this bandwidth."""
        return max(self.bus_bandwidths, key=lambda point: point[1])


def published_runs(
    instance_type: str | None = None, collective: str | None = None, *, comparable: bool | None = None
) -> tuple[PublishedRun, ...]:
    """Return the published runs, by type, collective and number of nodes.

    :param instance_type: Only runs on this type, such as ``p5.48xlarge``. Default: every type.
    :param collective: Only runs of this collective, such as ``all_reduce``. Default: every collective.
    :param comparable: Only runs that another run may, or may not, be held against. Default: both.
    """
    return tuple(
        run
        for run in _RUNS
        if instance_type in (None, run.instance_type)
        and collective in (None, run.collective)
        and comparable in (None, run.comparable)
    )


def _points(first: int, *bandwidths: float) -> tuple[tuple[int, float], ...]:
    """Bandwidths of sizes that double."""
    return tuple((first << step, bandwidth) for step, bandwidth in enumerate(bandwidths))


def _scaling(collective: str, nodes: int, *bandwidths: float) -> PublishedRun:
    """A run of the study of p5.48xlarge on 2 to 32 nodes."""
    return PublishedRun(
        "p5.48xlarge",
        nodes,
        nodes * _GPUS_A_NODE,
        collective,
        _points(32 * _MIB, *bandwidths),
        f"{_P5_SCALING}/nccl_{collective}.csv",
        None,
        remark="1000 iterations, on Amazon SageMaker HyperPod with EKS",
    )


_RUNS = (
    PublishedRun(
        "g4dn.metal",
        1,
        8,
        "all_reduce",
        _points(_MIB, 4.35, 4.77, 5.03, 5.24, 5.29, 5.31, 5.32, 5.32, 5.33, 5.33, 5.33, 5.33),
        "aws-samples/aws-hpc-tutorials:content/04-Verify-Cluster/01-nccl-tests.md",
        None,
        remark="shown for two nodes of p4d, but its ranks are 0 to 7 on one g4dn host, and bus bandwidth over "
        "algorithm bandwidth is 1.75, which is 8 ranks: nothing crossed the network",
        comparable=False,
    ),
    PublishedRun(
        "g4dn.metal",
        2,
        2,
        "all_reduce",
        _points(_MIB, 1.80, 2.13, 2.40, 2.69, 2.81, 2.95, 3.06, 3.12, 3.15, 3.13, 3.11),
        "aws-ia/terraform-aws-eks-blueprints:examples/eks-efa/README.md",
        None,
        "NCCL 2.12.7+cuda11.4",
        "one GPU a node, EFA without GPUDirect RDMA",
    ),
    PublishedRun(
        "p3dn.24xlarge",
        2,
        2,
        "all_reduce",
        _points(_MIB, 1.88, 2.10, 2.32, 2.44, 2.42, 2.47, 2.52, 2.57, 2.57, 2.59, 2.60, 2.60),
        "aws-samples/eks-efa-examples:README.md",
        None,
        "NCCL 2.6.4+cuda10.2",
        "one GPU a node, EFA without GPUDirect RDMA",
    ),
    PublishedRun(
        "p4d.24xlarge",
        1,
        8,
        "all_reduce",
        ((_GIB, 230.77),),
        "https://github.com/NVIDIA/nccl/issues/527",
        "2022-07-25",
        "aws-ofi-nccl 1.4.0aws",
        "one node, as the source says: NVLink alone",
        comparable=False,
    ),
    PublishedRun(
        "p4d.24xlarge",
        2,
        16,
        "all_reduce",
        _points(_MIB, 4.07, 5.95, 9.63, 12.81, 16.60, 20.25, 22.60, 26.80, 29.84, 31.26, 32.71),
        "aws-samples/aws-efa-eks:README.md at 043dbe7",
        None,
        "NCCL 2.8.3+cuda11.2",
        "later versions of the page show more, with a newer NCCL",
    ),
    PublishedRun(
        "p4d.24xlarge",
        2,
        16,
        "all_reduce",
        ((2 * _GIB, 43.36), (4 * _GIB, 43.81)),
        "aws-samples/aws-efa-eks:README.md",
        "2021",
        "NCCL 2.9.9",
    ),
    PublishedRun(
        "p4d.24xlarge",
        2,
        16,
        "all_reduce",
        ((_GIB, 57.17),),
        "https://github.com/NVIDIA/nccl/issues/527",
        "2022-07-25",
        "aws-ofi-nccl 1.4.0aws",
        "the source calls the type p4dn.24xlarge; the plugin in its log says p4d.24xlarge",
    ),
    PublishedRun(
        "p4d.24xlarge",
        3,
        24,
        "all_reduce",
        ((_GIB, 31.77),),
        "https://github.com/NVIDIA/nccl/issues/527",
        "2022-07-25",
        "aws-ofi-nccl 1.4.0aws",
    ),
    PublishedRun(
        "p4d.24xlarge",
        4,
        32,
        "all_reduce",
        ((_GIB, 29.61),),
        "https://github.com/NVIDIA/nccl/issues/527",
        "2022-07-25",
        "aws-ofi-nccl 1.4.0aws",
    ),
    PublishedRun(
        "p4de.24xlarge",
        2,
        16,
        "all_reduce",
        _points(_MIB, 6.35, 9.09, 14.73, 20.62, 26.39, 40.85, 47.58, 64.31, 69.89, 74.28, 76.79, 78.33),
        "awslabs/awsome-distributed-ai:micro-benchmarks/nccl-tests/README.md",
        None,
    ),
    PublishedRun(
        "p5.48xlarge",
        1,
        8,
        "all_reduce",
        ((2 * _GIB, 468.60),),
        "aws-samples/aws-do-eks:Container-Root/eks/deployment/nccl-test/README.md",
        None,
        remark="one node, as the source says: NVLink alone",
        comparable=False,
    ),
    PublishedRun(
        "p5.48xlarge",
        1,
        8,
        "all_reduce",
        _points(
            _MIB,
            *(64.24, 84.47, 132.41, 174.16, 236.82, 295.63, 359.54, 396.19, 418.91, 433.90, 441.81, 444.02),
            *(475.97, 480.43, 483.05),
        ),
        "aws-samples/awsome-distributed-training:1.architectures/3.aws-batch/README.md",
        None,
        remark="shown for a job of several nodes, but bus bandwidth over algorithm bandwidth is 1.75, which is 8 "
        "ranks: one node, NVLink alone",
        comparable=False,
    ),
    PublishedRun(
        "p5.48xlarge",
        2,
        16,
        "all_reduce",
        _points(
            _MIB,
            *(15.95, 26.70, 46.64, 76.80, 105.52, 143.09, 209.19, 289.16, 342.81, 393.34, 436.95, 443.72),
            *(465.87, 479.28, 487.09),
        ),
        "awslabs/awsome-distributed-ai:micro-benchmarks/nccl-tests/README.md",
        None,
    ),
    PublishedRun(
        "p5.48xlarge",
        2,
        16,
        "all_reduce",
        _points(64 * _MIB, 126.33, 129.02, 167.17, 279.00, 313.29, 437.79),
        "awslabs/awsome-distributed-ai:micro-benchmarks/nccl-tests/README.md",
        None,
        "NCCL 2.18.5, EFA installer 1.28.0, nccl-tests 2.13.9",
        "the source calls it historical, an example of the format; newer versions are faster below 2 GiB",
        comparable=False,
    ),
    PublishedRun(
        "p5.48xlarge",
        2,
        16,
        "all_reduce",
        ((2 * _GIB, 438.85),),
        "aws-samples/aws-do-eks:Container-Root/eks/deployment/nccl-test/README.md",
        None,
    ),
    PublishedRun(
        "p5.48xlarge",
        2,
        16,
        "all_reduce",
        _points(_MIB, 16.43, 27.33, 48.03, 80.54, 112.91, 136.87, 214.29, 271.60, 336.03, 393.42, 442.13, 444.31),
        "aws-samples/aws-do-eks:wd/conf/terraform/eks-gpu-efa/README.md",
        None,
        remark="EKS 1.29",
    ),
    PublishedRun(
        "p5.48xlarge",
        2,
        16,
        "all_reduce",
        _points(
            _MIB,
            *(16.51, 26.97, 48.19, 79.46, 111.43, 142.07, 210.64, 288.60, 335.27, 387.26, 441.85, 443.49),
            *(464.96, 479.19, 480.87),
        ),
        "aws-ia/terraform-aws-eks-blueprints:patterns/nvidia-gpu-efa/README.md",
        None,
    ),
    _scaling("all_reduce", 2, 147.32, 207.00, 305.13, 364.46, 395.99, 435.14, 445.05, 465.81, 477.71),
    _scaling("all_reduce", 4, 95.38, 152.41, 229.48, 273.34, 278.41, 280.30, 347.57, 354.45, 356.99),
    _scaling("all_reduce", 8, 86.74, 103.85, 156.33, 232.09, 272.62, 274.47, 278.15, 351.32, 355.36),
    _scaling("all_reduce", 16, 74.85, 92.39, 129.20, 148.11, 223.80, 269.23, 270.91, 306.15, 356.27),
    _scaling("all_reduce", 32, 66.34, 83.60, 115.78, 137.99, 156.83, 220.08, 269.47, 302.81, 321.10),
    _scaling("alltoall", 2, 44.79, 62.16, 68.79, 74.26, 75.82, 77.73, 79.25),
    _scaling("alltoall", 4, 34.45, 43.13, 52.56, 54.28, 53.84, 53.75, 54.07),
    _scaling("alltoall", 8, 28.67, 34.69, 36.20, 44.40, 46.57, 48.31, 49.63),
    _scaling("alltoall", 16, 24.63, 26.08, 31.45, 34.77, 40.07, 42.36, 44.23),
    _scaling("alltoall", 32, 19.72, 22.92, 27.02, 30.21, 33.06, 38.68, 40.78),
    PublishedRun(
        "p5en.48xlarge",
        16,
        128,
        "all_reduce",
        ((16 * _GIB, 369.86),),
        "awslabs/awsome-distributed-ai:micro-benchmarks/nccl-tests/slurm/topology-aware-nccl-tests/README.md",
        None,
        remark="the number of nodes follows from bus bandwidth over algorithm bandwidth, 1.984, which is 128 ranks",
    ),
    PublishedRun(
        "p6-b200.48xlarge",
        2,
        16,
        "all_reduce",
        ((8 * _GIB, 523.8),),
        "aws-samples/aws-do-eks:Container-Root/eks/deployment/nccl-test/all-reduce.yaml-template",
        "2026-06",
    ),
    PublishedRun(
        "p6-b200.48xlarge",
        2,
        16,
        "all_reduce",
        ((16 * _GIB, 654.0),),
        "awslabs/awsome-distributed-ai:architectures/aws-pcs/tests/README.md",
        None,
        remark="given as about 654, which the page beside it gives for p6-b300.48xlarge at this size: it may be a slip",
        comparable=False,
    ),
    PublishedRun(
        "p6-b200.48xlarge",
        4,
        32,
        "all_reduce",
        ((128 * _MIB, 295.0), (256 * _MIB, 325.0), (_GIB, 367.0), (4 * _GIB, 375.0), (16 * _GIB, 377.0)),
        "awslabs/awsome-distributed-ai:architectures/aws-pcs/tests/compute-test.md",
        None,
        "NCCL 2.27.7, EFA installer 1.43.2, aws-ofi-nccl 1.16.3, nccl-tests 2.16.9",
        "the source calls it not tuned",
    ),
    PublishedRun(
        "p6-b300.48xlarge",
        2,
        16,
        "all_reduce",
        ((8 * _MIB, 100.0), (128 * _MIB, 425.0), (_GIB, 514.0), (2 * _GIB, 708.0)),
        "littlemex/distributed-inference:2026-06-20-gpudirect-rdma-efa-b300/README.md",
        "2026-06-20",
        "NCCL 2.27.7",
        "EKS 1.35; whether out of place or in place is not said",
    ),
    PublishedRun(
        "p6-b300.48xlarge",
        2,
        16,
        "all_reduce",
        ((16 * _GIB, 654.0), (64 * _GIB, 751.0)),
        "awslabs/awsome-distributed-ai:architectures/aws-pcs/tests/compute-test.md",
        None,
        "NCCL 2.27.7, EFA installer 1.43.2, aws-ofi-nccl 1.16.3, nccl-tests 2.16.9",
        "given as about",
    ),
    PublishedRun(
        "p6-b300.48xlarge",
        8,
        64,
        "all_reduce",
        ((16 * _GIB, 767.1),),
        "https://github.com/awslabs/awsome-distributed-ai/pull/1077",
        "2026-05-01",
    ),
    PublishedRun(
        "p6-b300.48xlarge",
        32,
        256,
        "all_reduce",
        ((16 * _GIB, 764.8),),
        "https://github.com/awslabs/awsome-distributed-ai/pull/1077",
        "2026-05-01",
    ),
    PublishedRun(
        "p6-b300.48xlarge",
        8,
        64,
        "alltoall",
        ((16 * _GIB, 67.6),),
        "https://github.com/awslabs/awsome-distributed-ai/pull/1077",
        "2026-05-01",
    ),
    PublishedRun(
        "p6-b300.48xlarge",
        32,
        256,
        "alltoall",
        ((16 * _GIB, 57.6),),
        "https://github.com/awslabs/awsome-distributed-ai/pull/1077",
        "2026-05-01",
    ),
)
