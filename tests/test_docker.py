"""The image of the NCCL tests, as far as can be seen without building it."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import cdk8s

from efa_constructs import catalogue
from efa_constructs.k8s import FabricCheck, NcclCollective, NcclTests
from tests.k8s.charts import chart as new_chart

ROOT = Path(__file__).parents[1]
IMAGE = ROOT / "docker/nccl-tests"
DOCKERFILE = (IMAGE / "Dockerfile").read_text()
# Instructions with their continuation lines, comments left out.
INSTRUCTIONS = [
    re.sub(r"\\\n\s*", "", match[0]) for match in re.finditer(r"^[A-Z]+ (?:.*\\\n)*.*", DOCKERFILE, re.MULTILINE)
]


def arguments_of(name: str) -> list[str]:
    return [instruction.removeprefix(f"{name} ") for instruction in INSTRUCTIONS if instruction.startswith(f"{name} ")]


DEFAULTS = dict(argument.split("=", 1) for argument in arguments_of("ARG") if "=" in argument)


def test_pins_every_version_by_an_argument():
    versions = {name: value for name, value in DEFAULTS.items() if name.endswith("_VERSION")}
    assert set(versions) == {"CUDA_VERSION", "EFA_INSTALLER_VERSION", "NCCL_VERSION", "NCCL_TESTS_VERSION"}
    for name, value in versions.items():
        assert re.fullmatch(r"v?\d+\.\d+\.\d+(-\d+)?", value), name
    assert [image.split()[0] for image in arguments_of("FROM")] == [
        "nvidia/cuda:${CUDA_VERSION}-devel-ubuntu22.04",
        "nvidia/cuda:${CUDA_VERSION}-base-ubuntu22.04",
    ]


def test_uses_every_argument_in_every_stage_that_declares_it():
    for stage in re.split(r"^FROM ", DOCKERFILE, flags=re.MULTILINE)[1:]:
        for name in re.findall(r"^ARG (\w+)", stage, flags=re.MULTILINE):
            assert f"${{{name}}}" in stage.partition(f"ARG {name}")[2], name


def test_copies_only_files_that_are_there():
    copied = [words for words in map(str.split, arguments_of("COPY")) if not words[0].startswith("--from")]
    assert {source for *sources, _ in copied for source in sources} == {
        path.name for path in IMAGE.iterdir() if path.name != "Dockerfile"
    }


def paths_of_the_constructs() -> set[str]:
    """The programs that jobs start, from their manifests: the last step of the build runs or opens them."""
    chart = new_chart()
    for collective in NcclCollective:
        name = collective.name.lower().replace("_", "-")
        NcclTests(chart, name, name=name, instance_type="p4d.24xlarge", collective=collective)
    FabricCheck(chart, "FabricCheck", instance_type="p4d.24xlarge")
    return set(re.findall(r"/opt/[\w./-]+", json.dumps(cdk8s.Testing.synth(chart))))


def test_has_the_programs_that_the_constructs_start():
    # A test program of any name is in the folder that is copied whole.
    folder = "/opt/nccl-tests/build"
    checks = arguments_of("RUN")[-1]
    for path in {*paths_of_the_constructs(), "/opt/amazon/openmpi/bin/mpirun"}:
        copied = path.startswith(f"{folder}/") and f"--from=build {folder} {folder}" in DOCKERFILE
        assert path in checks or copied, path


def test_compiles_for_every_gpu_of_the_catalogue_that_cuda_13_supports():
    capabilities = {
        catalogue.compute_capability(instance_type)
        for instance_type in catalogue.all_instance_types()
        if instance_type.has_nvidia_gpus
    }
    # CUDA 13 has no compiler for Volta.
    expected = {f"{major}{minor}" for major, minor in capabilities - {(7, 0)}}
    assert set(DEFAULTS["CUDA_ARCHITECTURES"].strip('"').split()) == expected


def test_lets_the_mpi_operator_log_in():
    def settings(name: str) -> list[str]:
        lines = map(str.strip, (IMAGE / name).read_text().splitlines())
        return [line for line in lines if line and not line.startswith("#")]

    assert "StrictModes no" in settings("sshd.conf")
    assert settings("ssh.conf")[:3] == ["Host *", "StrictHostKeyChecking no", "UserKnownHostsFile /dev/null"]
    assert arguments_of("CMD") == ['["/usr/sbin/sshd", "-De"]']
    assert any("/run/sshd" in command and "ssh-keygen -A" in command for command in arguments_of("RUN"))


def installer(folder: Path, *, signed_by: str) -> subprocess.CompletedProcess[str]:
    """Run the script that installs EFA with programs that stand in for those that need the internet or root."""
    log = folder / "log"
    programs = {
        "curl": 'tar --create --gzip --file aws-efa-installer-1.2.3.tar.gz --directory "$BUNDLE" aws-efa-installer',
        "gpg": f'[[ $* != *--verify* ]] || echo "[GNUPG:] VALIDSIG {signed_by} 2026"',
        "apt-get": f'echo "apt-get $*" >> {log}',
        "ldconfig": f"echo ldconfig >> {log}",
        # It would empty the machine's own package lists.
        "rm": "true",
    }
    programs_folder, bundle = folder / "bin", folder / "bundle/aws-efa-installer"
    programs_folder.mkdir()
    bundle.mkdir(parents=True)
    for path, text in {
        **{programs_folder / name: text for name, text in programs.items()},
        bundle / "efa_installer.sh": f'echo "installer $*" >> {log}',
    }.items():
        path.write_text(f"#!/bin/bash\n{text}\n")
        path.chmod(0o755)
    return subprocess.run(
        ["/bin/bash", IMAGE / "install-efa.sh", "1.2.3"],
        env={"PATH": f"{programs_folder}:/usr/bin:/bin", "BUNDLE": str(bundle.parent), "TMPDIR": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_installs_efa_without_the_kernel_module_and_with_open_mpi_4_only(tmp_path):
    # EC2 User Guide, "Get started with EFA and MPI".
    run = installer(tmp_path, signed_by="4E9091BCBB97A96B26B15E59A05480B1DD2D3CCC")
    assert run.returncode == 0, run.stderr
    assert (tmp_path / "log").read_text().splitlines() == [
        "apt-get update",
        "installer --yes --mpi=openmpi4 --skip-kmod --skip-limit-conf --no-verify",
        "ldconfig",
    ]


def test_installs_nothing_that_the_key_of_efa_has_not_signed(tmp_path):
    run = installer(tmp_path, signed_by="0000000000000000000000000000000000000000")
    assert run.returncode == 1
    assert "aws-efa-installer-1.2.3.tar.gz is not signed by the key" in run.stderr
    assert not (tmp_path / "log").exists()
