"""Every code block of the documentation works: Python runs, commands exist, output is what a command prints.

A Python block runs in a fresh module. On a page whose first block makes an app, each later one runs after a fresh run
of that first block: so a page shows its set-up once, and no block depends on any other.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import aws_cdk as cdk
import cdk8s
import pytest
import typer
from typer.testing import CliRunner

from efa_constructs.cli import app as efa
from efa_constructs.rehearsal.account.process import AccountProcess
from tests.apps import UNSTAGED

from .pages import ROOT, Block, blocks, blocks_of, pages, prose

PYTHON = blocks("python")
COMMANDS = typer.main.get_command(efa).commands
TARGETS = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
# What a reader types, at the start of a line or between backticks.
_INLINE = re.compile(r"`((?:\.venv/bin/)?efa [a-z][^`]*|make [a-z]+[^`]*)`")


def set_up_of(block: Block) -> list[Block]:
    first = next(other for other in PYTHON if other.page == block.page)
    return [first] if first != block and re.search(r"cdk(8s)?\.App\(\)", first.text) else []


@pytest.mark.parametrize("block", PYTHON, ids=lambda block: block.name)
def test_python_runs_and_synthesizes(block, monkeypatch, tmp_path):
    made = []

    def fast_app(app_class=cdk.App, context=None, **arguments):
        context = UNSTAGED | (context or {})
        made.append(
            app_class(builtin_cloud_formation_validation=False, outdir=str(tmp_path), context=context, **arguments)
        )
        return made[-1]

    def app_of_manifests(app_class=cdk8s.App, **arguments):
        made.append(app_class(outdir=str(tmp_path), **arguments))
        return made[-1]

    monkeypatch.setattr(cdk, "App", fast_app)
    monkeypatch.setattr(cdk8s, "App", app_of_manifests)
    module = {"__name__": "documented"}
    for part in [*set_up_of(block), block]:
        exec(compile(part.text, part.name, "exec"), module)
    for app in made:
        app.synth()


def commands_of(text: str) -> Iterator[list[str]]:
    """Calls of efa and make in lines of shell. In a session with output, commands follow a dollar sign."""
    lines = text.replace("\\\n", " ").splitlines()
    typed = [line.removeprefix("$ ") for line in lines if line.startswith("$ ")]
    for line in typed or lines:
        words = shlex.split(line, comments=True)
        program = Path(words[0]).name if words else ""
        if program in ("efa", "make"):
            yield [program, *words[1:]]


def complaints(words: list[str]) -> list[str]:
    """What does not exist in a call of efa or make."""
    program, *rest = words
    if program == "make":
        return [f"no target {word}" for word in rest if "=" not in word and word not in TARGETS]
    name, *arguments = rest or [""]
    if name.startswith("-"):
        return [] if name in ("--help", "--version") else [f"no option {name}"]
    if name not in COMMANDS:
        return [f"no command {name}"]
    known = {option for parameter in COMMANDS[name].params for option in parameter.opts} | {"--help"}
    return [f"no option {word} of {name}" for word in arguments if word.startswith("-") and word not in known]


CALLS = [(block.name, words) for block in blocks("shell", "console") for words in commands_of(block.text)] + [
    (page.name, words) for page in pages() for call in _INLINE.findall(prose(page)) for words in commands_of(call)
]


@pytest.mark.parametrize(("where", "words"), CALLS, ids=[f"{where}: {' '.join(words)}" for where, words in CALLS])
def test_commands_exist(where, words):
    assert complaints(words) == []


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("efa instanecs", "no command instanecs"),
        ("efa instances --accelerators nvidia", "no option --accelerators of instances"),
        ("efa --verbose", "no option --verbose"),
        ("make rehears", "no target rehears"),
    ],
)
def test_complains_about_what_does_not_exist(line, complaint):
    assert [found for words in commands_of(line) for found in complaints(words)] == [complaint]


# Commands whose output is shown, and what they print; a line of "..." stands for any number of lines.
REPEATED = ("$ efa instances", "$ efa lookup", "$ efa verify")
SESSIONS = [block for block in blocks("console") if block.text.startswith(REPEATED)]
ASKING_AWS = [block for block in SESSIONS if "--region" in block.text.partition("\n")[0]]


@pytest.mark.parametrize(
    "block", [block for block in SESSIONS if block not in ASKING_AWS], ids=lambda block: block.name
)
def test_output_is_what_the_command_prints(block):
    check_output(block)


@pytest.fixture(scope="module")
def account():
    """An account that has the cluster of the example."""
    with AccountProcess(cluster_facts=ROOT / "examples" / "cluster-facts.json") as process:
        yield process.environment


@pytest.mark.parametrize("block", ASKING_AWS, ids=lambda block: block.name)
def test_output_is_what_the_command_prints_of_an_emulated_account(block, account, monkeypatch, tmp_path):
    for name, value in account.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    check_output(block)


def check_output(block: Block) -> None:
    command, _, documented = block.text.partition("\n")
    while command.endswith("\\"):
        following, _, documented = documented.partition("\n")
        command = command.removesuffix("\\") + following
    printed = CliRunner().invoke(efa, shlex.split(command)[2:]).stdout
    parts = re.split(r"^\.\.\.\n", documented, flags=re.MULTILINE)
    pattern = "(?:.*\n)*".join(re.escape(comparable(part)) for part in parts)
    assert re.fullmatch(pattern, comparable(printed)), printed


def comparable(text: str) -> str:
    """Without blanks at the ends of lines, and without what the account makes up anew each time."""
    return re.sub(r"[ \t]+$", "", re.sub(r"\b(nat|igw)-[0-9a-f]{17}\b", r"\1-", text), flags=re.MULTILINE)


def test_finds_blocks_inside_lists_and_says_where():
    text = "one\n\n1. step\n\n    ```python\n    x = 1\n    ```\n"
    (block,) = blocks_of(ROOT / "docs/tutorial.md", text)
    assert (block.line, block.text) == (5, "x = 1\n")
