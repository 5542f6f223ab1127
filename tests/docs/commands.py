"""Commands that the documentation shows, held against the programs: are they there, and have they such options."""

from __future__ import annotations

import importlib.util
import json
import re
import shlex
import subprocess
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import botocore.session
import typer
from botocore import xform_name

from efa_constructs.cli import app as efa
from efa_constructs.errors import EfaConstructsError
from stacks.settings import Settings

from .pages import ROOT

COMMANDS = typer.main.get_command(efa).commands  # type: ignore[attr-defined]
TARGETS = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)

_ENDS = frozenset(("|", "||", "&&", ";", "(", ")"))
_ASSIGNMENT = re.compile(r"[A-Za-z_]+=")


def commands_of(text: str) -> Iterator[list[str]]:
    """The commands in lines of shell, also in pipes and in the values of variables, without redirections.

    In a session with output, commands follow a dollar sign.
    """
    lines = text.replace("\\\n", " ").splitlines()
    typed = [line.removeprefix("$ ") for line in lines if line.startswith("$ ")]
    for line in typed or lines:
        words = shlex.shlex(line, posix=True, punctuation_chars=True)
        words.whitespace_split = True
        words.commenters = "#"
        command: list[str] = []
        redirected = False
        for word in [*words, ";"]:
            if word in _ENDS:
                if command:
                    yield command
                command = []
            elif word.startswith((">", "<")):
                redirected = True
            elif redirected:
                redirected = False
            elif command or not _ASSIGNMENT.match(word):
                command.append(word)


def complaints(words: list[str], kubectl: Path, *, whole: bool = True) -> list[str]:
    """What is not there, in a command.

    :param kubectl: The program.
    :param whole: Whether it is typed like that. False: a text mentions it, perhaps without options that it needs.
    """
    name, rest = Path(words[0]).name, words[1:]
    if name == "kubectl":
        return _of_kubectl(kubectl, rest)
    if name == "efa":
        return _of_efa(rest, whole=whole)
    if name not in _PROGRAMS:
        return [f"nobody knows the program {words[0]}"]
    return _PROGRAMS[name](rest)


def _of_make(words: list[str]) -> list[str]:
    return [f"no target {word}" for word in words if "=" not in word and word not in TARGETS]


def _of_efa(words: list[str], *, whole: bool) -> list[str]:
    name, *arguments = words or [""]
    if name.startswith("-"):
        return [] if name in ("--help", "--version") else [f"no option {name}"]
    if name not in COMMANDS:
        return [f"no command {name}"]
    known = {option for parameter in COMMANDS[name].params for option in parameter.opts} | {"--help"}
    unknown = [word for word in arguments if re.match("--?[a-z]", word) and word not in known]
    if unknown or not whole:
        return [f"no option {word} of {name}" for word in unknown]
    wrong = _of_context(arguments)
    if wrong:
        return wrong
    try:
        # It reads them as a user's, and goes no further.
        COMMANDS[name].make_context(name, [argument for argument in arguments if argument != "--help"])
    except Exception as failure:
        if not hasattr(failure, "format_message"):
            raise
        return [failure.format_message()]
    return []


def _of_context(arguments: list[str]) -> list[str]:
    """What the app says of its keys, where a command gives some."""
    given = [value.partition("=") for option, value in pairwise(arguments) if option in ("-c", "--context")]
    context = {key: str(ROOT / value) if key == "efa:clusterFacts" else value for key, _, value in given}
    try:
        Settings.from_context(context)
    except EfaConstructsError as error:
        return [str(error)]
    return []


def _of_kubectl(kubectl: Path, words: list[str]) -> list[str]:
    # With --help it parses the other options as well, and asks no cluster.
    done = subprocess.run([str(kubectl), *words, "--help"], capture_output=True, text=True, check=False)
    return [done.stderr.splitlines()[0]] if done.returncode else []


@cache
def _cdk() -> Mapping[str, Any]:
    registry: Mapping[str, Any] = json.loads((ROOT / "node_modules/aws-cdk/lib/cli/cli-type-registry.json").read_text())
    return registry


def _of_npx(words: list[str]) -> list[str]:
    return _of_cdk(words[1:]) if words[0] == "cdk" else [f"npx runs cdk alone here, not {words}"]


def _of_cdk(words: list[str]) -> list[str]:
    verb, *arguments = words or [""]
    commands = {name: one for key, one in _cdk()["commands"].items() for name in (key, *one.get("aliases", ()))}
    if verb not in commands:
        return [f"no command {verb}"]
    options = {**_cdk()["globalOptions"], **commands[verb].get("options", {})}
    known = {f"--{name}" for name in options} | {f"--no-{name}" for name in options}
    for option in options.values():
        aliases = option.get("alias", ())
        known |= {f"-{alias}" for alias in ([aliases] if isinstance(aliases, str) else aliases)}
    given = [word.partition("=")[0] for word in arguments if word.startswith("-")]
    return [f"no option {word} of {verb}" for word in given if word not in known] or _of_context(arguments)


# What the AWS CLI has beside the operations of the services, which botocore does not know.
_OF_THE_CLI = {
    ("eks", "update-kubeconfig"): {"--name", "--region", "--profile", "--role-arn", "--alias", "--kubeconfig"},
    ("ecr", "get-login-password"): {"--region", "--profile"},
}
_OF_ALL = {"--region", "--profile", "--output", "--query"}


def _of_aws(words: list[str]) -> list[str]:
    service, operation, *arguments = words
    given = [word.partition("=")[0] for word in arguments if word.startswith("--")]
    known = _OF_THE_CLI.get((service, operation))
    if known is None:
        model = botocore.session.get_session().get_service_model(service)
        operations = {xform_name(name, "-"): name for name in model.operation_names}
        if operation not in operations:
            return [f"no operation {operation} of {service}"]
        shape = model.operation_model(operations[operation]).input_shape
        known = _OF_ALL | {f"--{xform_name(name, '-')}" for name in (shape.members if shape else ())}
    return [f"no option {word} of {service} {operation}" for word in given if word not in known]


def _of_python(words: list[str]) -> list[str]:
    option, module, *arguments = words
    if option != "-m":
        return [] if (ROOT / option).is_file() else [f"no file {option}"]
    found = importlib.util.find_spec(module)
    if found is None or found.origin is None:
        return [f"no module {module}"]
    source = Path(found.origin)
    if source.name == "__init__.py":
        source = source.with_name("__main__.py")
    if module == "pytest":
        return [f"no folder {word}" for word in arguments if not (ROOT / word).exists()]
    text = source.read_text()
    return [f"no option {word} of {module}" for word in arguments if word.startswith("-") and f'"{word}"' not in text]


def _of_docker(words: list[str]) -> list[str]:
    """There is no Docker here: what it is to build must be there."""
    return [f"no folder {word}" for word in words if word.startswith("docker/") and not (ROOT / word).is_dir()]


def _of_source(words: list[str]) -> list[str]:
    return [] if words == [".venv/bin/activate"] else [f"'source' is for the environment alone, not {words}"]


def _not_looked_at(words: list[str]) -> list[str]:
    return []


_PROGRAMS: Mapping[str, Callable[[list[str]], list[str]]] = {
    "aws": _of_aws,
    "cdk": _of_cdk,
    "docker": _of_docker,
    # Writes go.sum anew from the network, when a version was raised.
    "go": _not_looked_at,
    "make": _of_make,
    "npx": _of_npx,
    "python": _of_python,
    # Every Unix has it.
    "rm": _not_looked_at,
    "source": _of_source,
}
