"""The programs that a function finds: those of its layers, and the account's stand-in for the AWS CLI."""

from __future__ import annotations

import functools
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

from moto.awslambda.models import LambdaFunction

from ..on_trust import take_on_trust
from ..resource_type import AwsError
from . import aws_program
from .archives import has_layers_of_others, layer_folders

__all__ = ["ProgramMissingError", "search_path"]

# Folders of a layer with programs: Lambda has /opt/bin on the path, and CDK's handler puts the others before it.
_FOLDERS = ("kubectl", "helm", "bin")


class ProgramMissingError(AwsError):
    """A program of a layer does not run on this machine, and the machine has none of its own."""

    def __init__(self, name: str) -> None:
        """
        :param name: Of the program, such as ``"helm"``.
        """
        super().__init__(
            "ProgramMissing",
            f"{name} of the function's layer does not run on this machine, or is not here, and PATH has no other: "
            f"install {name}",
        )


def search_path(function: LambdaFunction, needed: str, unpacked: Path, folder: Path) -> str:
    """``PATH`` for a function: nothing but its layers and ``aws``, so that what a layer lacks is missing here, too.

    :param needed: The program that the function will start, such as ``"kubectl"``. One of this machine stands in for a
        layer's that is made for another, or in a layer that is not here.
    :param unpacked: Where layers are unpacked, and stay.
    :param folder: An empty folder, for programs that stand in for others.
    :raises ProgramMissingError: The program of the layer does not run here, and there is no other.
    """
    _install_aws(folder)
    folders = [
        layer / name for layer in layer_folders(function, unpacked) for name in _FOLDERS if (layer / name).is_dir()
    ]
    program = next((one / needed for one in folders if (one / needed).is_file()), None)
    must_stand_in = has_layers_of_others(function) if program is None else not _runs(program)
    if must_stand_in:
        (folder / needed).symlink_to(_of_this_machine(needed))
    return ":".join(map(str, [folder, *folders]))


def _install_aws(folder: Path) -> None:
    command = shlex.join((sys.executable, "-I", aws_program.__file__))
    program = folder / "aws"
    # A script of the shell: the path of an interpreter on the first line must be short and without spaces.
    program.write_text(f'#!/bin/sh\nexec {command} "$@"\n', encoding="utf-8")
    program.chmod(0o755)


@functools.cache
def _runs(program: Path) -> bool:
    try:
        subprocess.run([program, "--help"], stdin=subprocess.DEVNULL, capture_output=True, check=False)
    except OSError:
        return False
    return True


def _of_this_machine(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise ProgramMissingError(name)
    take_on_trust(
        f"{name} of the Lambda layer, which does not run on this machine, or is not here: {found} stood in for it"
    )
    return found
