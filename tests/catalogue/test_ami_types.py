"""AMI types: all that EKS has, and which one fits."""

from __future__ import annotations

import botocore.session
import pytest

from efa_constructs import catalogue
from efa_constructs.errors import InvalidArgumentError


def test_knows_every_ami_type_of_the_eks_api():
    model = botocore.session.get_session().get_service_model("eks")
    assert sorted(catalogue.AMI_TYPES) == sorted(model.shape_for("AMITypes").enum)


def test_names_agree_with_what_they_say():
    for name, ami_type in catalogue.AMI_TYPES.items():
        assert ami_type.name == name
        if ami_type.operating_system is not None:
            assert name.startswith(ami_type.operating_system)
            assert ("ARM_64" in name) == (ami_type.architecture == "arm64")
            assert ("NVIDIA" in name or "GPU" in name) == (ami_type.accelerator == "nvidia")
            assert ("NEURON" in name) == (ami_type.accelerator == "neuron")


@pytest.mark.parametrize(
    ("instance_type", "expected"),
    [
        ("p4d.24xlarge", "AL2023_x86_64_NVIDIA"),
        ("p6-b300.48xlarge", "AL2023_x86_64_NVIDIA"),
        ("p6e-gb200.36xlarge", "AL2023_ARM_64_NVIDIA"),
        ("trn2u.48xlarge", "AL2023_x86_64_NEURON"),
        ("inf1.24xlarge", "AL2023_x86_64_NEURON"),
        ("hpc7a.96xlarge", "AL2023_x86_64_STANDARD"),
        ("hpc7g.4xlarge", "AL2023_ARM_64_STANDARD"),
        # Neither NVIDIA nor Neuron.
        ("dl1.24xlarge", "AL2023_x86_64_STANDARD"),
        ("f2.48xlarge", "AL2023_x86_64_STANDARD"),
    ],
)
def test_the_default_has_the_driver_of_the_accelerators(instance_type, expected):
    assert catalogue.default_ami_type(instance_type).name == expected


def test_the_default_fits_every_instance_type():
    for instance_type in catalogue.all_instance_types():
        ami_type = catalogue.default_ami_type(instance_type)
        assert catalogue.check_ami_type(ami_type.name, instance_type) is ami_type


def test_bottlerocket_is_there_by_choice():
    assert catalogue.default_ami_type("p5.48xlarge", "BOTTLEROCKET").name == "BOTTLEROCKET_x86_64_NVIDIA"
    assert catalogue.default_ami_type("hpc7g.4xlarge", "BOTTLEROCKET").name == "BOTTLEROCKET_ARM_64"
    assert catalogue.check_ami_type("BOTTLEROCKET_x86_64_NVIDIA_FIPS", "p5.48xlarge").accelerator == "nvidia"


def test_knows_the_volume_that_fills_and_how_small_it_may_be():
    al2023 = catalogue.AMI_TYPES["AL2023_x86_64_NVIDIA"]
    assert (al2023.volume_device, al2023.minimum_volume_gib) == ("/dev/xvda", 20)
    bottlerocket = catalogue.AMI_TYPES["BOTTLEROCKET_x86_64_NVIDIA"]
    assert (bottlerocket.volume_device, bottlerocket.minimum_volume_gib) == ("/dev/xvdb", None)


@pytest.mark.parametrize(
    ("operating_system", "message"),
    [
        ("AL2", "'operating_system' must be AL2023 or BOTTLEROCKET, got 'AL2'"),
        (
            "BOTTLEROCKET",
            "BOTTLEROCKET has no x86_64 AMI with the Neuron driver, which trn1.32xlarge needs: use AL2023 (EFA-NG-010)",
        ),
    ],
)
def test_fails_where_an_operating_system_has_no_ami(operating_system, message):
    with pytest.raises(InvalidArgumentError) as error:
        catalogue.default_ami_type("trn1.32xlarge", operating_system)
    assert str(error.value) == message


@pytest.mark.parametrize(
    ("name", "instance_type", "message"),
    [
        ("AL2_x86_64_GPU", "p4d.24xlarge", r"no AMI since 2025-11-26: use AL2023_x86_64_NVIDIA \(EFA-NG-011\)$"),
        ("AL2_ARM_64", "hpc7g.4xlarge", ": use AL2023_ARM_64_STANDARD "),
        (
            "WINDOWS_CORE_2022_x86_64",
            "c6i.32xlarge",
            "EFA does not work on Windows.*: use AL2023_x86_64_STANDARD ",
        ),
        ("CUSTOM", "p5.48xlarge", r"user data that joins the cluster.*: use AL2023_x86_64_NVIDIA \(EFA-NG-015\)$"),
        (
            "AL2023_ARM_64_NVIDIA",
            "p5.48xlarge",
            "^'ami_type' AL2023_ARM_64_NVIDIA is for arm64, and p5.48xlarge is x86_64: use AL2023_x86_64_NVIDIA .EFA",
        ),
        (
            "AL2023_x86_64_STANDARD",
            "p5.48xlarge",
            "has no accelerator driver, and p5.48xlarge needs the NVIDIA driver: use AL2023_x86_64_NVIDIA ",
        ),
        (
            "AL2023_x86_64_NEURON",
            "hpc7a.96xlarge",
            "has the Neuron driver, and hpc7a.96xlarge has no accelerator for it: use AL2023_x86_64_STANDARD ",
        ),
        ("BOTTLEROCKET_x86_64", "p5.48xlarge", r": use BOTTLEROCKET_x86_64_NVIDIA \(EFA-NG-010\)$"),
        ("BOTTLEROCKET_x86_64", "trn2.48xlarge", r": use AL2023_x86_64_NEURON \(EFA-NG-010\)$"),
        # How CDK's own enumeration spells it.
        (
            "AL2023_X86_64_NVIDIA",
            "p5.48xlarge",
            "got 'AL2023_X86_64_NVIDIA': did you mean .*NVIDIA.*EFA-CFN-003",
        ),
        ("ubuntu", "p5.48xlarge", "got 'ubuntu': use AL2023_x86_64_STANDARD, "),
    ],
)
def test_fails_with_the_reason_and_the_right_one(name, instance_type, message):
    with pytest.raises(InvalidArgumentError, match=message):
        catalogue.check_ami_type(name, instance_type)


def test_says_what_the_current_amis_lack():
    assert "driver 595" in (catalogue.get("g7.48xlarge").ami_limitation or "")
    assert catalogue.get("g7e.48xlarge").ami_limitation is None


@pytest.mark.parametrize(
    ("name", "retired"),
    [("AL2_x86_64_GPU", True), ("WINDOWS_FULL_2025_x86_64", False), ("CUSTOM", False), ("AL2023_ARM_64_NVIDIA", False)],
)
def test_tells_what_goes_on_working_from_what_never_did(name, retired):
    of_type = "p5.48xlarge" if "WINDOWS" not in name else "c6i.32xlarge"
    misfit = catalogue.ami_type_misfit(catalogue.AMI_TYPES[name], catalogue.get(of_type))
    assert misfit is not None
    assert misfit.retired is retired


def test_only_bottlerocket_brings_a_device_plugin_and_only_nvidias():
    bringing = [name for name, ami_type in catalogue.AMI_TYPES.items() if ami_type.brings_nvidia_device_plugin]
    assert bringing == [name for name in catalogue.AMI_TYPES if "BOTTLEROCKET" in name and "NVIDIA" in name]
