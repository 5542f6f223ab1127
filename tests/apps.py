"""What apps of tests have in common."""

from __future__ import annotations

# Assets stay where they are: a copy of kubectl and the AWS CLI, for every app that has a cluster's manifests, is 57 MB.
UNSTAGED = {"aws:cdk:disable-asset-staging": True}
