"""What apps of tests have in common."""

from __future__ import annotations

import inspect
from typing import Any

import aws_cdk as cdk

# Assets stay where they are: a copy of kubectl and the AWS CLI, for every app that has a cluster's manifests, is 57 MB.
UNSTAGED = {"aws:cdk:disable-asset-staging": True}
# CDK's own validation of a template takes longer than all else that a test does, and has tests of its own. The oldest
# AWS CDK that the package works with has none.
_VALIDATION = "builtin_cloud_formation_validation"
UNVALIDATED: dict[str, Any] = {_VALIDATION: False} if _VALIDATION in inspect.signature(cdk.App).parameters else {}
