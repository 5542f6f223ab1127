"""The account and the Region in which stacks are deployed."""

from __future__ import annotations

import os
from dataclasses import dataclass

from ...lookups.cluster_facts import ClusterFacts

__all__ = ["Environment", "default_environment"]

# The account that AWS uses in examples.
_ACCOUNT = "123456789012"
_REGION = "us-east-1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """An account and a Region, as the CDK calls them together."""

    account: str
    region: str


def default_environment(facts: ClusterFacts | None, *, region: str | None = None) -> Environment:
    """Where stacks go that do not say it.

    :param facts: Of the cluster to which they belong, if there is one.
    :param region: Without a cluster. Default: that of this machine, else us-east-1.
    """
    if facts is not None:
        return Environment(account=facts.account, region=facts.region)
    machine = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or _REGION
    return Environment(account=_ACCOUNT, region=region or machine)
