"""What the CDK CLI deploys: the app of a project, and a cloud assembly of any app, have this in common."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ...review.reading.assembly import CloudAssembly
from ..emulated_account import EmulatedAccount
from ..programs import machine_environment
from ..workbench import Workbench
from .cdk_cli import CdkCli, find_cdk_cli, find_node
from .deploy_events import DeployEvent
from .rehearsal_input import RehearsalInput

__all__ = ["CdkInput"]

# That of stacks which name no other, and so the one that the CLI's bootstrap has without being told.
_DEFAULT_QUALIFIER = "hnb659fds"


class CdkInput(RehearsalInput):
    """Bootstraps with the CDK CLI what stacks want bootstrapped, and deploys with it."""

    deployed_by = "the CDK CLI: bootstrap, change sets, assets"

    def __init__(self, workbench: Workbench, directory: Path) -> None:
        """
        :param directory: The project's folder.
        :raises RehearsalError: Node.js or the CDK CLI is missing.
        """
        self.workbench = workbench
        self.node = find_node()
        self._script = find_cdk_cli(directory)
        # Number of the account, Region and qualifier.
        self._bootstrapped: set[tuple[str, str, str]] = set()

    def bootstrap(self, account: EmulatedAccount, assembly: CloudAssembly) -> None:
        """Run ``cdk bootstrap`` for each Region and qualifier of the stacks."""
        for stack in assembly.stacks:
            if stack.bootstrap_qualifier is not None:
                self.bootstrap_region(account, stack.region or account.region, stack.bootstrap_qualifier)

    def bootstrap_region(self, account: EmulatedAccount, region: str, qualifier: str = _DEFAULT_QUALIFIER) -> None:
        """Run it once for a Region."""
        if (account.number, region, qualifier) in self._bootstrapped:
            return
        with self.workbench.stages("bootstrap"):
            self._cli(account, region).bootstrap(
                account=account.number, region=region, qualifier=None if qualifier == _DEFAULT_QUALIFIER else qualifier
            )
        self._bootstrapped.add((account.number, region, qualifier))

    def deploy(
        self, account: EmulatedAccount, assembly: CloudAssembly, on_event: Callable[[DeployEvent], None]
    ) -> None:
        """Run ``cdk deploy``."""
        self._cli(account, account.region).deploy(assembly.directory, on_event)

    def _cli(self, account: EmulatedAccount, region: str) -> CdkCli:
        return CdkCli(
            programs=self.workbench.programs,
            node=self.node,
            script=self._script,
            environment={**machine_environment(), **account.environment(region), **self.workbench.temporary},
            work=self.workbench.folder,
        )
