"""What nccl-tests can be asked for."""

from __future__ import annotations

from enum import StrEnum

__all__ = ["NcclCollective", "NcclDataType", "NcclTransport"]


class NcclCollective(StrEnum):
    """The collective operations of nccl-tests, by the names of its programs."""

    ALL_GATHER = "all_gather"
    ALL_REDUCE = "all_reduce"
    ALL_TO_ALL = "alltoall"
    BROADCAST = "broadcast"
    GATHER = "gather"
    REDUCE = "reduce"
    REDUCE_SCATTER = "reduce_scatter"
    SCATTER = "scatter"
    SEND_RECV = "sendrecv"


class NcclDataType(StrEnum):
    """The data types of nccl-tests, as its option ``--datatype`` spells them.

    It measures ``float`` for a name that it does not know, and says so in one line of its log. The types of 8 bits need
    GPUs of the Hopper generation (p5) or newer, and NCCL 2.24.

    Source: https://github.com/NVIDIA/nccl-tests, src/common.cu (test_typenames, minCudaArch) and src/common.h
    (ncclstringtotype), read at b7e251c of 2026
    """

    INT8 = "int8"
    UINT8 = "uint8"
    INT32 = "int32"
    UINT32 = "uint32"
    INT64 = "int64"
    UINT64 = "uint64"
    HALF = "half"
    FLOAT = "float"
    DOUBLE = "double"
    BFLOAT16 = "bfloat16"
    FP8_E4M3 = "f8e4m3"
    FP8_E5M2 = "f8e5m2"


class NcclTransport(StrEnum):
    """What carries the traffic between nodes."""

    EFA = "efa"
    # NCCL's own sockets over the ENA interface: the baseline that EFA must beat.
    TCP = "tcp"
