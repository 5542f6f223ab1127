"""The cdk8s charts of the app: the same for the stack that applies them and for the manifests that kubectl takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypedDict

import cdk8s

from efa_constructs import catalogue
from efa_constructs.catalogue import DevicePlugin
from efa_constructs.catalogue.ami_types import chosen_ami_type
from efa_constructs.errors import InvalidConfigurationError
from efa_constructs.k8s import EfaDevicePlugin, MpiOperator, NcclTests, NeuronDevicePlugin, NvidiaDevicePlugin

from .settings import Settings

__all__ = ["Charts", "nccl_tests_name", "nccl_tests_wanted"]

# The job of the EKS guide runs on two nodes.
_NCCL_TEST_NODES = 2


@dataclass(frozen=True)
class Charts:
    """What the cluster needs, and what runs on it then."""

    device_plugins: cdk8s.Chart
    mpi_operator: cdk8s.Chart
    # None: no NCCL test was asked for.
    nccl_tests: cdk8s.Chart | None

    @property
    def all(self) -> list[cdk8s.Chart]:
        """Every chart, in the order in which they depend on each other."""
        return [chart for chart in (self.device_plugins, self.mpi_operator, self.nccl_tests) if chart is not None]

    @staticmethod
    def of(settings: Settings, *, region: str, cluster: cdk8s.App, jobs: cdk8s.App) -> Charts:
        """Define the charts.

        :param region: Region of the nodes.
        :param cluster: The cdk8s app of the charts that make the cluster ready.
        :param jobs: That of the job: the same, or another one.
        :raises EfaConstructsError: the configuration asks for a job that could not run.
        """
        wanted = nccl_tests_wanted(settings)
        plugins = cdk8s.Chart(cluster, "device-plugins")
        for need in catalogue.device_plugins_needed(settings.instance_type, settings.ami_type):
            if need.needed:
                _define_plugin(plugins, need.plugin, region, settings)
        operator = cdk8s.Chart(cluster, "mpi-operator")
        MpiOperator(operator, "MpiOperator", **_image(settings.mpi_operator_image))
        if not wanted:
            return Charts(plugins, operator, None)
        tests = cdk8s.Chart(jobs, "nccl-tests")
        NcclTests(
            tests,
            "NcclTests",
            # A job starts once: nodes of another type are tested by another job.
            name=nccl_tests_name(settings),
            instance_type=settings.instance_type,
            nodes=_NCCL_TEST_NODES,
            operating_system=_operating_system(settings),
            **_image(settings.nccl_tests_image),
        )
        return Charts(plugins, operator, tests)


class _Image(TypedDict, total=False):
    image: str


def nccl_tests_name(settings: Settings) -> str:
    """The name of the MPIJob."""
    return f"nccl-tests-{settings.instance_type.replace('.', '-')}"


def nccl_tests_wanted(settings: Settings) -> bool:
    """Whether the app starts the NCCL test: where it was not said, where the nodes could run it.

    :raises InvalidConfigurationError: it was asked for, and could not run.
    """
    instance = catalogue.get(settings.instance_type)
    if settings.nccl_tests is False:
        return False
    if not instance.has_nvidia_gpus:
        obstacle = f"a {instance.name} has no NVIDIA GPUs, which NCCL is for"
    elif settings.nccl_tests_image is None and not NcclTests.default_image_has_code_for(instance):
        obstacle = f"the image of the test has no code for the GPUs of a {instance.name}"
    elif settings.desired_size < _NCCL_TEST_NODES:
        obstacle = (
            f"the test needs {_NCCL_TEST_NODES} nodes, and 'efa:desiredSize' is {settings.desired_size}: its workers "
            "would stay Pending"
        )
    else:
        return True
    if settings.nccl_tests:
        raise InvalidConfigurationError(f"'efa:ncclTests' is true, but {obstacle}; leave it out, or set it to false")
    return False


def _define_plugin(chart: cdk8s.Chart, plugin: DevicePlugin, region: str, settings: Settings) -> None:
    match plugin:
        case DevicePlugin.EFA:
            # An image names its registry itself.
            image = settings.efa_device_plugin_image
            EfaDevicePlugin(chart, "EfaDevicePlugin", region=None if image else region, image=image)
        case DevicePlugin.NVIDIA:
            NvidiaDevicePlugin(chart, "NvidiaDevicePlugin", **_image(settings.nvidia_device_plugin_image))
        case DevicePlugin.NEURON:
            NeuronDevicePlugin(chart, "NeuronDevicePlugin", **_image(settings.neuron_device_plugin_image))


def _image(chosen: str | None) -> _Image:
    """The argument of a construct, where the configuration names an image."""
    return {} if chosen is None else {"image": chosen}


def _operating_system(settings: Settings) -> str:
    ami_type = chosen_ami_type(settings.ami_type, settings.instance_type)
    assert ami_type.operating_system is not None, "an AMI type that fits has one"
    return ami_type.operating_system
