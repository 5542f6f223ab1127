"""Runs ``efa rehearse`` as a user does, in a project that takes no time to synthesize if a test asks for one."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import uuid
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]
FACTS = ROOT / "examples" / "cluster-facts.json"


def _heed_signals() -> None:
    """Tests in a background job ignore Ctrl-C, under nohup the end of a terminal, and so would what they start."""
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


@dataclass
class Efa:
    """Runs the command as a user does, and knows what it leaves behind."""

    temporary: Path
    # What Python runs.
    module: tuple[str, ...] = ("efa_constructs.cli",)
    mark: str = field(default_factory=lambda: f"efa-test-{uuid.uuid4()}")

    def start(self, *arguments: str, directory: Path = ROOT) -> subprocess.Popen[str]:
        environment = {**os.environ, "TMPDIR": str(self.temporary), "EFA_TEST_MARK": self.mark}
        return subprocess.Popen(
            [sys.executable, "-m", *self.module, "rehearse", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=directory,
            env={key: value for key, value in environment.items() if not key.startswith("AWS_")},
            preexec_fn=_heed_signals,
        )

    def run(self, *arguments: str, directory: Path = ROOT) -> tuple[int, str, str]:
        with self.start(*arguments, directory=directory) as process:
            out, err = process.communicate(timeout=300)
            return process.returncode, out, err

    def processes(self) -> list[int]:
        """What still runs of all that was started. Programs of a control plane have no environment to be known by."""
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            try:
                marked = self.mark.encode() in (process / "environ").read_bytes()
                if marked or (process / "cwd").readlink().is_relative_to(self.temporary):
                    found.append(int(process.name))
            except OSError:
                continue
        return found

    def assert_left_nothing(self) -> None:
        commands = [_command_of(process) for process in self.processes()]
        assert not commands, f"still running: {commands}"
        files = list(self.temporary.iterdir())
        assert not files, f"still there: {files}"


def _command_of(process: int) -> str:
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return f"process {process}, which has ended since"


# The app's nodes on an existing cluster, and a folder that the CDK CLI packs: without what runs on the cluster, whose
# kubectl is 57 MB to copy and to upload, and without CDK's validation, which other tests run.
_NODES_APP = """
import os
import aws_cdk as cdk
from aws_cdk import aws_s3_assets as s3_assets
from stacks.nodes import EfaNodesStack
from stacks.placement import find_placement
from stacks.settings import Settings

app = cdk.App(builtin_cloud_formation_validation=False)
settings = Settings.from_context(app.node.get_all_context())
placement = find_placement(
    settings, account=os.environ.get("CDK_DEFAULT_ACCOUNT"), region=os.environ.get("CDK_DEFAULT_REGION")
)
environment = cdk.Environment(account=placement.account, region=placement.region)
nodes = EfaNodesStack(app, "EfaNodes", settings=settings, placement=placement, cluster=None, env=environment)
s3_assets.Asset(nodes, "Packed", path="packed")
app.synth()
"""


def write_nodes_project(folder: Path) -> Path:
    """Write a project that deploys nothing but nodes, with the configuration of the app and its example cluster."""
    (folder / "app.py").write_text(_NODES_APP)
    (folder / "packed").mkdir()
    (folder / "packed" / "file").write_text("content")
    context = json.loads((ROOT / "cdk.json").read_text())["context"] | {"efa:clusterFacts": str(FACTS)}
    command = f"PYTHONPATH={ROOT} {sys.executable} app.py"
    (folder / "cdk.json").write_text(json.dumps({"app": command, "context": context}))
    (folder / "node_modules").symlink_to(ROOT / "node_modules")
    return folder
