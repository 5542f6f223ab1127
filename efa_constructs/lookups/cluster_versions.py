"""Asks which versions of Kubernetes EKS offers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from .clients import AwsClients, aws_errors

__all__ = ["ClusterVersion", "read_cluster_versions"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterVersion:
    """A minor version of Kubernetes, and how EKS supports it."""

    version: str
    # "STANDARD_SUPPORT", "EXTENDED_SUPPORT" or "UNSUPPORTED".
    status: str
    # None: AWS has not said.
    end_of_standard_support: date | None = None
    end_of_extended_support: date | None = None


def read_cluster_versions(clients: AwsClients) -> Mapping[str, ClusterVersion]:
    """Read every version that EKS knows, those that it supports no more among them.

    :raises AwsRequestError: AWS could not be asked, or refused to answer.
    """
    with aws_errors():
        pages = clients.eks.get_paginator("describe_cluster_versions").paginate(includeAll=True)
        versions = [version for page in pages for version in page["clusterVersions"]]
    found = {}
    for one in versions:
        standard, extended = one.get("endOfStandardSupportDate"), one.get("endOfExtendedSupportDate")
        found[one["clusterVersion"]] = ClusterVersion(
            version=one["clusterVersion"],
            status=one["versionStatus"],
            end_of_standard_support=standard and standard.date(),
            end_of_extended_support=extended and extended.date(),
        )
    return found
