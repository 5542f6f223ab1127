"""A cloud assembly that somebody has synthesized, of any CDK app."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from ...lookups.cluster_facts import ClusterFacts
from ...review.reading.assembly import CloudAssembly, read_assembly
from ..emulated_account import EmulatedAccount
from ..workbench import Workbench
from .cdk_input import CdkInput
from .environment import Environment
from .rehearsal_input import stated_environment

__all__ = ["GivenAssembly"]


class GivenAssembly(CdkInput):
    """A cloud assembly. It is deployed as it is, and not written to."""

    def __init__(self, workbench: Workbench, project: Path, assembly: Path) -> None:
        """
        :param project: The folder in whose node_modules the CDK CLI is looked for first.
        :param assembly: The assembly's folder.
        :raises InvalidArgumentError: it is none.
        :raises RehearsalError: Node.js or the CDK CLI is missing.
        """
        super().__init__(workbench, project)
        self.given: CloudAssembly = read_assembly(assembly)

    def expected_environment(self, facts: ClusterFacts | None) -> Environment:
        """Where its stacks say that they go."""
        return stated_environment(self.given, facts)

    def make_assembly(self, account: EmulatedAccount) -> CloudAssembly:
        """The same in a folder of links: the CLI writes locks and packed assets beside what it deploys."""
        borrowed = self.workbench.folder / "cdk.out"
        shutil.copytree(self.given.directory.resolve(), borrowed, copy_function=os.symlink)
        return read_assembly(borrowed)
