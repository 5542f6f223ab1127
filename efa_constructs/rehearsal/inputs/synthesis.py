"""Runs a CDK app the way the CDK CLI does, without the second that the CLI needs to start."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...errors import InvalidConfigurationError, RehearsalError
from ..programs import Programs

__all__ = ["CdkApp", "read_app"]

# What the CLI adds to the context of an app, so that events name constructs and not only logical ids.
_CLI_CONTEXT = {"aws:cdk:enable-path-metadata": True, "aws:cdk:enable-asset-metadata": True}


class CdkApp:
    """A CDK app: the folder of its ``cdk.json``, the command in it, and its context."""

    def __init__(self, directory: Path, command: str, context: Mapping[str, Any]) -> None:
        self.directory = directory
        self.command = command
        self.context = context

    def with_context(self, more: Mapping[str, Any]) -> CdkApp:
        """The same app with more context."""
        return CdkApp(self.directory, self.command, {**self.context, **more})

    def synthesize(
        self,
        output: Path,
        *,
        programs: Programs,
        environment: Mapping[str, str],
        node: Path,
        account: str,
        region: str,
        log: Path,
    ) -> None:
        """Write the cloud assembly.

        :param output: Folder to write it to.
        :param programs: What runs the app, and can end it.
        :param environment: The environment of the app.
        :param node: Node.js for jsii.
        :param account: Account of stacks that name none.
        :param region: Region of stacks that name none.
        :param log: File to which the app's output is added.
        :raises RehearsalError: the app ended with an error; the message holds its last words.
        """
        result = programs.run(
            # The command is a line for a shell, as it is to the CDK CLI.
            ("/bin/sh", "-c", self.command),
            environment={
                **environment,
                "JSII_NODE": str(node),
                "CDK_OUTDIR": str(output),
                "CDK_CONTEXT_JSON": json.dumps({**_CLI_CONTEXT, **self.context}),
                "CDK_DEFAULT_ACCOUNT": account,
                "CDK_DEFAULT_REGION": region,
            },
            directory=self.directory,
            log=log,
        )
        if result.returncode != 0:
            raise RehearsalError(_last_words(result.lines) or f"the app '{self.command}' failed and said nothing")


def read_app(directory: Path, context: Mapping[str, str]) -> CdkApp:
    """Read ``cdk.json`` of a project.

    :param directory: The project's folder.
    :param context: Context keys and values beside those of ``cdk.json`` and ``cdk.context.json``; they win over both.
    :raises InvalidConfigurationError: the folder has no ``cdk.json``, or one that names no app.
    """
    path = directory / "cdk.json"
    if not path.is_file():
        raise InvalidConfigurationError(
            f"'{directory}' has no cdk.json: run this in the folder of a CDK app, or give --assembly the folder that "
            "'cdk synth' wrote"
        )
    settings = _read_object(path)
    command = settings.get("app")
    if not isinstance(command, str):
        raise InvalidConfigurationError(f"'{path}' names no 'app', the command that synthesizes")
    looked_up = directory / "cdk.context.json"
    return CdkApp(
        directory,
        command,
        {**(_read_object(looked_up) if looked_up.is_file() else {}), **settings.get("context", {}), **context},
    )


def _read_object(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InvalidConfigurationError(f"cannot read '{path}': {error}") from None
    if not isinstance(content, dict):
        raise InvalidConfigurationError(f"'{path}' does not hold a JSON object")
    return content


def _last_words(lines: tuple[str, ...]) -> str:
    """The error, from output that may hold warnings and a Python traceback, whose last line says what it is."""
    words = [line.strip() for line in lines if line.strip()]
    return words[-1].removeprefix("error: ") if words else ""
