"""The NCCL test is the EKS guide's on p4d, and the right one on every other GPU type."""

from __future__ import annotations

import pytest
from cdk8s import Size

from efa_constructs import catalogue
from efa_constructs.errors import EfaConstructsError
from efa_constructs.k8s import NcclCollective, NcclDataType, NcclTests, NcclTransport, WorkerResources
from efa_constructs.tree_warnings import warnings_of

from .charts import chart as new_chart
from .schemas import check_manifests


def nccl_tests(bench, **overrides):
    return NcclTests(bench.chart, "NcclTests", **{"instance_type": "p4d.24xlarge"} | overrides)


def program(bench):
    command = bench.launcher["command"]
    return command[next(index for index, word in enumerate(command) if word.endswith("_perf")) :]


def test_is_the_job_of_the_eks_guide_on_p4d(bench):
    nccl_tests(bench)
    assert bench.spec["mpiReplicaSpecs"]["Worker"]["replicas"] == 2
    expected = {"nvidia.com/gpu": 8, "vpc.amazonaws.com/efa": 4, "hugepages-2Mi": "5120Mi", "memory": "8000Mi"}
    assert bench.worker["resources"] == {"limits": expected, "requests": expected}
    assert " ".join(program(bench)) == (
        "/opt/nccl-tests/build/all_reduce_perf -b 8 -e 2G -f 2 -g 1 -c 1 -n 100 -w 5 -d float"
    )
    assert bench.launcher["command"][bench.launcher["command"].index("-np") + 1] == "16"
    assert bench.warnings == []


@pytest.mark.parametrize(
    ("instance_type", "gpus", "efas", "memory", "largest"),
    [
        ("p4de.24xlarge", 8, 4, "8000Mi", "4G"),
        ("p5.48xlarge", 8, 32, "32000Mi", "4G"),
        ("p5.4xlarge", 1, 1, "8000Mi", "4G"),
        ("p5en.48xlarge", 8, 16, "32000Mi", "8G"),
        ("p6-b200.48xlarge", 8, 8, "32000Mi", "8G"),
        ("p6-b300.48xlarge", 8, 16, "32000Mi", "16G"),
        ("g6e.48xlarge", 8, 4, "8000Mi", "2G"),
        ("g4dn.8xlarge", 1, 1, "8000Mi", "1G"),
    ],
)
def test_is_sized_for_other_gpu_types(bench, instance_type, gpus, efas, memory, largest):
    nccl_tests(bench, instance_type=instance_type)
    limits = bench.worker["resources"]["limits"]
    assert (limits["nvidia.com/gpu"], limits["vpc.amazonaws.com/efa"], limits["memory"]) == (gpus, efas, memory)
    words = program(bench)
    assert words[words.index("-e") + 1] == largest


GPU_TYPES = [instance.name for instance in catalogue.all_instance_types() if instance.has_nvidia_gpus]


def test_runs_on_every_gpu_type_of_the_catalogue(bench):
    for name in GPU_TYPES:
        NcclTests(bench.chart, name, name=name.replace(".", "-"), instance_type=name)
    assert len(bench.manifests) == len(GPU_TYPES)
    other_warnings = [
        one for one in warnings_of(bench.chart) if "the default image has no code for the GPUs" not in one
    ]
    assert other_warnings == []


def has_warning_about_gpus(instance_type, **overrides):
    chart = new_chart()
    NcclTests(chart, "NcclTests", instance_type=instance_type, **overrides)
    return any("[ack: efa-constructs:gpus-of-the-image]" in one for one in warnings_of(chart))


def test_warns_of_gpus_that_the_default_image_has_no_code_for():
    # T4, RTX PRO and V100; code for B200 runs on B300.
    families = {name.partition(".")[0] for name in GPU_TYPES if has_warning_about_gpus(name)}
    assert families == {"g4dn", "g7", "g7e", "p3dn"}
    assert not has_warning_about_gpus("g4dn.8xlarge", image="registry.example.com/nccl-tests:1")


def test_runs_every_collective(bench):
    for collective in NcclCollective:
        NcclTests(
            bench.chart,
            collective.name,
            name=f"t-{collective.value.replace('_', '-')}",
            instance_type="p4d.24xlarge",
            collective=collective,
        )
    words = [word for one in bench.manifests for word in launcher_command(one) if word.endswith("_perf")]
    assert [word.rpartition("/")[2] for word in words] == [
        "all_gather_perf",
        "all_reduce_perf",
        "alltoall_perf",
        "broadcast_perf",
        "gather_perf",
        "reduce_perf",
        "reduce_scatter_perf",
        "scatter_perf",
        "sendrecv_perf",
    ]


def launcher_command(manifest):
    return manifest["spec"]["mpiReplicaSpecs"]["Launcher"]["template"]["spec"]["containers"][0]["command"]


def test_takes_sizes_iterations_type_and_a_file_for_results(bench):
    nccl_tests(
        bench,
        minimum_bytes="1M",
        maximum_bytes="16G",
        step_factor=4,
        iterations=20,
        warmup_iterations=0,
        data_type=NcclDataType.BFLOAT16,
        check=False,
        json_output="/data/result.json",
        image="registry.example.com/nccl-tests:testsv2.18.3",
    )
    assert " ".join(program(bench)[1:]) == ("-b 1M -e 16G -f 4 -g 1 -c 0 -n 20 -w 0 -d bfloat16 -J /data/result.json")


def test_measures_tcp_as_a_baseline_without_efa(bench):
    nccl_tests(bench, transport=NcclTransport.TCP)
    environment = {variable["name"]: variable["value"] for variable in bench.launcher["env"]}
    assert environment["NCCL_NET"] == "Socket"
    assert not [name for name in environment if name.startswith("FI_")]
    assert set(bench.worker["resources"]["limits"]) == {"memory", "nvidia.com/gpu"}
    assert bench.warnings == []


def test_measures_tcp_without_efa_also_with_resources_that_do_not_speak_of_it(bench):
    nccl_tests(bench, transport=NcclTransport.TCP, resources=WorkerResources(memory=Size.gibibytes(16)))
    assert bench.worker["resources"]["limits"] == {"memory": "16384Mi", "nvidia.com/gpu": 8}
    assert bench.warnings == []


def test_keeps_efas_beside_tcp_where_they_are_asked_for(bench):
    resources = WorkerResources(efa_interfaces=4, hugepages=Size.mebibytes(128))
    nccl_tests(bench, transport=NcclTransport.TCP, resources=resources)
    limits = bench.worker["resources"]["limits"]
    assert (limits["vpc.amazonaws.com/efa"], limits["hugepages-2Mi"]) == (4, "128Mi")


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"instance_type": "hpc7a.96xlarge"}, "'instance_type' hpc7a.96xlarge has no NVIDIA GPUs"),
        ({"instance_type": "trn1.32xlarge"}, "has no NVIDIA GPUs"),
        ({"minimum_bytes": "2 GiB"}, "'minimum_bytes' is '2 GiB': a size is a number of bytes"),
        ({"minimum_bytes": "4G"}, "'minimum_bytes' 4G is greater than 'maximum_bytes' 2G"),
        ({"step_factor": 1}, "'step_factor' must be at least 2, got 1"),
        ({"iterations": 0}, "'iterations' must be at least 1, got 0"),
        ({"warmup_iterations": -1}, "'warmup_iterations' must be at least 0, got -1"),
        ({"collective": "all_reduce"}, "'collective' is 'all_reduce', of type str: give a member of NcclCollective"),
        ({"nodes": 0}, "'nodes' must be at least 1"),
        ({"image": "nccl-tests:latest"}, "'latest', which moves"),
        ({"data_type": NcclDataType.FP8_E5M2}, "'data_type' is f8e5m2, .* a p4d.24xlarge has older GPUs: use another"),
        ({"resources": WorkerResources(hugepages=Size.mebibytes(15121))}, "pages have 2 MiB"),
    ],
)
def test_refuses_what_could_not_be_measured(bench, overrides, message):
    with pytest.raises(EfaConstructsError, match=message):
        nccl_tests(bench, **overrides)
    assert bench.manifests == []


def test_writes_a_job_that_the_api_server_takes(bench):
    nccl_tests(bench)
    check_manifests(bench.manifests)


@pytest.mark.parametrize("tag", ["cuda13.0.2-testsv2.17.9", "tests2.18.3", "testsv3.0.0", "1"])
def test_writes_json_with_an_image_that_may_know_how(bench, tag):
    nccl_tests(bench, json_output="/data/result.json", image=f"registry.example.com:5000/nccl-tests:{tag}")
    assert program(bench)[-2:] == ["-J", "/data/result.json"]


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({}, "'image' has nccl-testsv2.16.9, which knows no JSON: .* use an 'image' with nccl-tests 2.17.9 or newer"),
        ({"image": "registry.example.com/nccl-tests:efa1.43.2-tests2.9.3"}, "'image' has nccl-tests2.9.3"),
        (
            {"image": "nccl-tests:testsv2.18.3", "json_output": "result.json"},
            "'json_output' is 'result.json': give the",
        ),
        ({"image": "nccl-tests:cuda13.0.2-testsv2.17.1"}, "'image' has nccl-testsv2.17.1, which knows no JSON"),
        (
            {"image": "nccl-tests:testsv2.18.3", "json_output": "/data/result.txt"},
            "'json_output' is '/data/result.txt', but nccl-tests tells by the suffix .*: let it end in .json",
        ),
        ({"image": "nccl-tests:testsv2.18.3", "json_output": ""}, "'json_output' is '': give the absolute path"),
    ],
)
def test_refuses_json_that_would_not_be_written(bench, overrides, message):
    with pytest.raises(EfaConstructsError, match=message):
        nccl_tests(bench, **{"json_output": "/data/result.json"} | overrides)
    assert bench.manifests == []


@pytest.mark.parametrize(("data_type", "name"), [(NcclDataType.FP8_E4M3, "f8e4m3"), (NcclDataType.FP8_E5M2, "f8e5m2")])
def test_names_types_of_8_bits_as_nvidias_tests_do(bench, data_type, name):
    nccl_tests(bench, instance_type="p5.48xlarge", data_type=data_type)
    assert program(bench)[-2:] == ["-d", name]
