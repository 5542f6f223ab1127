"""NVIDIA's nccl-tests over EFA, and the same over TCP to compare it with."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Unpack

from cdk8s import Size
from cdk8s_plus_27 import k8s
from constructs import Construct

from .. import catalogue
from ..argument_kinds import checks_kinds
from ..catalogue import InstanceType
from ..errors import InvalidArgumentError
from ..tree_warnings import add_warning
from .argument_kinds import KINDS
from .environment import default_environment
from .error_context import errors_about
from .mpi_job import MpiJob, MpiJobOptions
from .names import dashed
from .nccl_options import NcclCollective, NcclDataType, NcclTransport
from .quantities import check_range
from .worker_resources import WorkerResources

__all__ = ["NCCL_TESTS_IMAGE", "NcclTests"]

# AWS's image with CUDA, the EFA installer, NCCL and nccl-tests of the versions in its tag.
# https://github.com/awslabs/awsome-distributed-ai, architectures/aws-pcs/tests/compute-test.md
NCCL_TESTS_IMAGE = "public.ecr.aws/hpc-cloud/nccl-tests:cuda12.8.1-efa1.43.2-ofiv1.16.3-ncclv2.27.7-1-testsv2.16.9"
# The GPUs that its programs are compiled for, without any code that CUDA could compile for others:
# https://github.com/aws-samples/awsome-distributed-training, micro-benchmarks/nccl-tests/nccl-tests.Dockerfile, 0162aac
_COMPILED_FOR = ((8, 0), (8, 6), (8, 9), (9, 0), (10, 0))
# nccl-tests:src/common.cu, minCudaArch
_FP8_NEEDS = (9, 0)
_PROGRAMS = "/opt/nccl-tests/build"
# In a tag of AWS's images: ...-testsv2.16.9
_TESTS_VERSION = re.compile(r"tests-?v?(\d+)\.(\d+)(?:\.(\d+))?[\w.]*")
# -J, --output_file: 2.17.1 has it not (https://github.com/coreweave/nccl-tests/pull/91), 2.17.9 has
# (https://github.com/ROCm/rocm-systems/pull/3141). Of those between, nothing is refused.
_NO_JSON_OUTPUT = (2, 17, 1)
_SIZE = re.compile(r"[1-9]\d*[KMG]?")


class NcclTests(MpiJob):
    """The NCCL test of the EKS guide, sized for any EFA type with NVIDIA GPUs.

    On p4d.24xlarge a worker has 8 GPUs, 4 EFAs, 5120 MiB of hugepages and 8000 MiB of memory, as in the guide. Look at
    the launcher's log: ``NET/OFI`` lines say whether EFA carried the traffic, the table how fast.

    Sources: Amazon EKS User Guide, "Run machine learning training on Amazon EKS with Elastic Fabric Adapter", step
    "Deploy an EFA-compatible application"; https://github.com/NVIDIA/nccl-tests
    """

    @checks_kinds(KINDS)
    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        instance_type: str,
        nodes: int = 2,
        image: str = NCCL_TESTS_IMAGE,
        collective: NcclCollective = NcclCollective.ALL_REDUCE,
        minimum_bytes: str = "8",
        maximum_bytes: str | None = None,
        step_factor: int = 2,
        iterations: int = 100,
        warmup_iterations: int = 5,
        data_type: NcclDataType = NcclDataType.FLOAT,
        check: bool = True,
        json_output: str | None = None,
        transport: NcclTransport = NcclTransport.EFA,
        resources: WorkerResources | None = None,
        environment: Mapping[str, str | k8s.EnvVarSource] | None = None,
        **job: Unpack[MpiJobOptions],
    ) -> None:
        """
        :param instance_type: EFA instance type with NVIDIA GPUs.
        :param nodes: Default: 2
        :param image: With nccl-tests in ``/opt/nccl-tests/build``. Default: AWS's, pinned. It has no code for the GPUs
            of g4dn, g7, g7e and p3dn, where a warning says so.
        :param collective: Default: ``ALL_REDUCE``
        :param minimum_bytes: Smallest message, such as ``"8"`` or ``"1M"``. Default: ``"8"``
        :param maximum_bytes: Largest message. Default: a sixteenth of a GPU's memory, at most ``"16G"``; on p4d the
            guide's ``"2G"``.
        :param step_factor: By which messages grow. Default: 2
        :param iterations: Measured ones for each size. Default: 100
        :param warmup_iterations: Before these. Default: 5
        :param data_type: Default: ``FLOAT``
        :param check: Compare results with what they should be. Default: True
        :param json_output: File with the suffix ``.json``, in the first worker, for the results; needs an ``image``
            with nccl-tests 2.17.9 or newer, which the default one has not, and a place that outlives the pod, such as a
            volume. Default: none; the launcher's log has the table.
        :param transport: ``EFA``, or ``TCP`` for the baseline. Default: ``EFA``
        :param resources: Default: all GPUs and EFAs, and the memory that the tests need. With ``TCP`` no EFAs and
            hugepages, unless it says how many.
        :param environment: Further variables of every rank. Default: none.
        :param job: Where and when it runs, as for any :class:`~efa_constructs.k8s.MpiJob`.
        :raises EfaConstructsError: the type has no NVIDIA GPUs, or none for the data type, or the job could not run.
        """
        where = f"MPIJob '{job.get('name') or dashed(id)}'"
        with errors_about(where):
            instance = catalogue.get(instance_type)
            if not instance.has_nvidia_gpus:
                raise InvalidArgumentError(
                    f"'instance_type' {instance.name} has no NVIDIA GPUs, which NCCL is for: use MpiJob with a "
                    "benchmark for MPI, or a type that 'efa instances --accelerator nvidia' lists"
                )
            _check_data_type(data_type, instance)
            if json_output is not None:
                _check_json_output(json_output, image)
            maximum_bytes = maximum_bytes or _largest_message(instance)
            _check_sizes(minimum_bytes, maximum_bytes)
            check_range(where, "step_factor", step_factor, least=2)
            check_range(where, "iterations", iterations, least=1)
            check_range(where, "warmup_iterations", warmup_iterations, least=0)
        program = [
            f"{_PROGRAMS}/{collective}_perf",
            *("-b", minimum_bytes, "-e", maximum_bytes, "-f", str(step_factor)),
            # One GPU a rank.
            *("-g", "1", "-c", "1" if check else "0", "-n", str(iterations), "-w", str(warmup_iterations)),
            *("-d", data_type.value),
            *(("-J", json_output) if json_output is not None else ()),
        ]
        tcp = transport is NcclTransport.TCP
        super().__init__(
            scope,
            id,
            instance_type=instance_type,
            nodes=nodes,
            image=image,
            command=program,
            resources=_resources(resources, instance, tcp=tcp),
            environment=environment,
            base_environment=_tcp_environment(instance) if tcp else default_environment(instance),
            **job,
        )
        if image == NCCL_TESTS_IMAGE and not NcclTests.default_image_has_code_for(instance):
            add_warning(
                self,
                "efa-constructs:gpus-of-the-image",
                f"{where}: the default image has no code for the GPUs of {instance.name}, so that NCCL "
                "would fail there: give an 'image' that has, such as that of docker/nccl-tests",
            )

    @staticmethod
    def default_image_has_code_for(instance_type: InstanceType) -> bool:
        """Whether the default image runs on the GPUs of a type, as far as these are known."""
        gpu = catalogue.compute_capability(instance_type)
        return gpu is None or any(gpu[0] == major and gpu[1] >= minor for major, minor in _COMPILED_FOR)


def _resources(wanted: WorkerResources | None, instance: InstanceType, *, tcp: bool) -> WorkerResources:
    """The guide's for p4d; with more EFAs the memory of AWS's samples for p5. TCP needs neither EFAs nor hugepages."""
    if wanted is None:
        wanted = WorkerResources(memory=Size.mebibytes(8000 if instance.known_efa_interfaces <= 4 else 32000), cpu=0)
    if tcp and wanted.efa_interfaces is None:
        wanted = replace(wanted, efa_interfaces=0)
    if tcp and wanted.hugepages is None:
        wanted = replace(wanted, hugepages=Size.mebibytes(0))
    return wanted


def _check_data_type(data_type: NcclDataType, instance: InstanceType) -> None:
    gpu = catalogue.compute_capability(instance)
    if data_type in (NcclDataType.FP8_E4M3, NcclDataType.FP8_E5M2) and gpu is not None and gpu < _FP8_NEEDS:
        raise InvalidArgumentError(
            f"'data_type' is {data_type}, which nccl-tests measures from the Hopper generation on only, and a "
            f"{instance.name} has older GPUs: use another, such as HALF, or a type such as p5.48xlarge"
        )


def _tcp_environment(instance: InstanceType) -> dict[str, str]:
    """As for EFA, but NCCL is told to use its sockets, and nothing is said to libfabric."""
    same = {name: value for name, value in default_environment(instance).items() if not name.startswith("FI_")}
    return {**same, "NCCL_NET": "Socket"}


def _largest_message(instance: InstanceType) -> str:
    """A test has several buffers of the size in a GPU's memory, and a sixteenth of it is the guide's 2G on p4d."""
    memory = max((accelerator.memory_mib or 0) for accelerator in instance.accelerators)
    gibibytes = memory // 16 // 1024
    power = 1 << (gibibytes.bit_length() - 1) if gibibytes else 1
    return f"{min(power, 16)}G"


def _check_json_output(json_output: str, image: str) -> None:
    """As far as the tag of the image says which nccl-tests it has."""
    if not json_output.startswith("/"):
        raise InvalidArgumentError(f"'json_output' is {json_output!r}: give the absolute path of a file")
    # nccl-tests:src/common.cu, classifyOutputFile
    if not json_output.lower().endswith(".json"):
        raise InvalidArgumentError(
            f"'json_output' is {json_output!r}, but nccl-tests tells by the suffix what to write, and would write "
            "nothing: let it end in .json"
        )
    version = _TESTS_VERSION.search(image.rpartition("/")[2])
    if version is not None and tuple(int(part or 0) for part in version.groups()) <= _NO_JSON_OUTPUT:
        raise InvalidArgumentError(
            f"'json_output' is {json_output!r}, but 'image' has nccl-{version[0]}, which knows no JSON: it would "
            "explain its options, measure nothing and succeed; use an 'image' with nccl-tests 2.17.9 or newer, such "
            "as that of docker/nccl-tests"
        )


def _check_sizes(minimum: str, maximum: str) -> None:
    for argument, size in (("minimum_bytes", minimum), ("maximum_bytes", maximum)):
        if not _SIZE.fullmatch(size):
            raise InvalidArgumentError(
                f"'{argument}' is {size!r}: a size is a number of bytes, such as '8', '1M', '2G'"
            )
    if _bytes(minimum) > _bytes(maximum):
        raise InvalidArgumentError(f"'minimum_bytes' {minimum} is greater than 'maximum_bytes' {maximum}")


def _bytes(size: str) -> int:
    exponents = {"K": 1, "M": 2, "G": 3}
    unit = size[-1]
    return int(size[:-1]) * 1024 ** exponents[unit] if unit in exponents else int(size)
