"""What every kind of input is asked: an app, a cloud assembly and a template answer it in files of their own."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import Any, Protocol

from ...lookups.cluster_facts import ClusterFacts
from ...review.reading.assembly import CloudAssembly
from ..emulated_account import EmulatedAccount
from .deploy_events import DeployEvent
from .environment import Environment, default_environment

__all__ = ["RehearsalInput", "stated_environment"]


class RehearsalInput(Protocol):
    """A kind of input. What a kind has nothing to do with is empty here."""

    given: CloudAssembly | None = None
    """What is deployed, where nothing has to run before it is known."""

    context: Mapping[str, Any] = {}
    """Of the CDK app: its keys say what the account must have, and what ``efa preflight`` is asked about."""

    zones: Collection[str] = ()
    """The Availability Zones that the app asked for and was given, once there is an assembly."""

    deployed_by: str
    """The program that deploys, for people."""

    def expected_environment(self, facts: ClusterFacts | None) -> Environment:
        """Where stacks go that do not say it, and where the others will most likely go.

        :param facts: Of the cluster that is put into the account, if any.
        """

    def make_assembly(self, account: EmulatedAccount) -> CloudAssembly:
        """What is deployed, where the rehearsal may write beside it.

        :param account: It need not run yet.
        """

    def bootstrap(self, account: EmulatedAccount, assembly: CloudAssembly) -> None:
        """Make what the stacks expect in the account before they are deployed."""

    def deploy(
        self, account: EmulatedAccount, assembly: CloudAssembly, on_event: Callable[[DeployEvent], None]
    ) -> None:
        """Deploy every stack.

        :param on_event: Called with what CloudFormation does.
        :raises DeploymentRefusedError: the account did not accept it.
        """


def stated_environment(given: CloudAssembly, facts: ClusterFacts | None) -> Environment:
    """The account and the Region that stacks name, the first of each where they name several; else the default."""
    default = default_environment(facts)
    return replace(
        default,
        account=next(iter(given.accounts), default.account),
        region=next(iter(given.regions), default.region),
    )
