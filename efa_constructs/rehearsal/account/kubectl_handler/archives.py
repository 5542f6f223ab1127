"""The code and the layers of functions, unpacked: each archive once."""

from __future__ import annotations

import io
import tempfile
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path

from moto.awslambda.models import LambdaFunction, lambda_backends

__all__ = ["code_folder", "has_layers_of_others", "layer_folders"]

# Where CDK's layer has the AWS CLI.
_AWS_CLI = "awscli/aws"

# Resources that are deployed at once share their function.
_unpacking = threading.Lock()


def code_folder(function: LambdaFunction, folder: Path) -> Path:
    """The folder with a function's code, which Lambda has in ``/var/task``.

    :param folder: Where archives are unpacked, and stay.
    """
    return _unpacked(function.code_bytes, function.code_digest, folder)


def layer_folders(function: LambdaFunction, folder: Path) -> Iterator[Path]:
    """The folders of a function's layers, which Lambda puts together in ``/opt``, without that of the AWS CLI.

    :param folder: Where archives are unpacked, and stay.
    :returns: Those of this account; it has none of another.
    """
    functions = lambda_backends[function.account_id][function.region]
    for layer in function.layers:
        version = functions.layers_versions_by_arn(layer["Arn"])
        # The account answers in place of the AWS CLI, which has thousands of files.
        if version is not None and not _has(version.code_bytes, _AWS_CLI):
            yield _unpacked(version.code_bytes, version.code_digest, folder)


def has_layers_of_others(function: LambdaFunction) -> bool:
    """Whether a function has layers of other accounts, which could hold anything."""
    functions = lambda_backends[function.account_id][function.region]
    return any(functions.layers_versions_by_arn(layer["Arn"]) is None for layer in function.layers)


def _has(content: bytes, name: str) -> bool:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return name in archive.namelist()


def _unpacked(content: bytes, digest: str, folder: Path) -> Path:
    target = folder / digest
    with _unpacking:
        if not target.exists():
            folder.mkdir(parents=True, exist_ok=True)
            partial = Path(tempfile.mkdtemp(dir=folder))
            _unpack(content, partial)
            # Whoever was ended half-way leaves nothing under the name that is looked for.
            partial.rename(target)
    return target


def _unpack(content: bytes, folder: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for member in archive.infolist():
            path = archive.extract(member, folder)
            # zipfile leaves out who may execute a file.
            if not member.is_dir() and member.external_attr >> 16 & 0o111:
                Path(path).chmod(0o755)
