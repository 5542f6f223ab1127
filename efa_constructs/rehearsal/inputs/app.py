"""The CDK app of a project, which the rehearsal synthesizes."""

from __future__ import annotations

import os
import shutil
from collections.abc import Collection, Mapping
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any

from ... import app_keys
from ...catalogue import region_of_zone
from ...lookups.cluster_facts import ClusterFacts
from ...review.reading.assembly import CloudAssembly, read_assembly
from ..emulated_account import EmulatedAccount
from ..workbench import Workbench
from .cdk_input import CdkInput
from .environment import Environment, default_environment
from .synthesis import CdkApp, read_app
from .zone_context import zones_asked_for

__all__ = ["ProjectApp"]


class ProjectApp(CdkInput):
    """The app of a folder. Where its stacks go is a guess, which saves time, until its assembly says it."""

    def __init__(self, workbench: Workbench, project: Path, context: Mapping[str, str]) -> None:
        """
        :param project: Where cdk.json and node_modules are.
        :param context: Keys beside those of cdk.json.
        :raises InvalidConfigurationError: the project has no app.
        :raises RehearsalError: Node.js or the CDK CLI is missing.
        """
        super().__init__(workbench, project)
        self._app = read_app(project, context)
        self.context = self._app.context
        self.zones: Collection[str] = ()

    def expected_environment(self, facts: ClusterFacts | None) -> Environment:
        """In the Region of its Availability Zone, if it names one."""
        zone = app_keys.text_of(self.context, app_keys.AVAILABILITY_ZONE)
        if zone is None:
            return default_environment(facts)
        with app_keys.errors_naming(app_keys.AVAILABILITY_ZONE):
            return default_environment(facts, region=region_of_zone(zone))

    def make_assembly(self, account: EmulatedAccount) -> CloudAssembly:
        """Synthesize, and meanwhile start and bootstrap the account where the app will most likely want to go."""
        with ThreadPoolExecutor(2) as pool:
            synthesis = pool.submit(self._synthesize, account.number, account.region)
            preparation = pool.submit(self._prepare, account)
            futures: tuple[Future[Any], ...] = (synthesis, preparation)
            try:
                wait(futures, return_when=FIRST_EXCEPTION)
                for future in futures:
                    if future.done():
                        future.result()
            except BaseException:
                # The pool waits for its threads, which wait for these.
                self.workbench.programs.stop()
                raise
            return synthesis.result()

    def _prepare(self, account: EmulatedAccount) -> None:
        account.start()
        self.bootstrap_region(account, account.region)

    def _synthesize(self, account: str, region: str) -> CloudAssembly:
        with self.workbench.stages("synthesize"):
            assembly = self._synthesize_once(self._app, account, region)
            zones = zones_asked_for(assembly.missing_context)
            if not zones or set(assembly.missing_context) - set(zones):
                return assembly
            # The CDK CLI asks AWS, and synthesizes again.
            self.zones = sorted({zone for found in zones.values() for zone in found})
            shutil.rmtree(assembly.directory)
            return self._synthesize_once(self._app.with_context(zones), account, region)

    def _synthesize_once(self, app: CdkApp, account: str, region: str) -> CloudAssembly:
        output = self.workbench.folder / "cdk.out"
        app.synthesize(
            output,
            programs=self.workbench.programs,
            environment={**os.environ, **self.workbench.temporary},
            node=self.node,
            account=account,
            region=region,
            log=self.workbench.folder / "synthesis.log",
        )
        return read_assembly(output)
