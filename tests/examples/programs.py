"""The examples, and what they write: CloudFormation templates, and Kubernetes manifests in these or in files."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from aws_cdk.assertions import Template

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))
# Those without AWS CDK write plain manifests; some of the others apply manifests to a cluster.
OF_MANIFESTS = [path for path in EXAMPLES if "aws_cdk" not in path.read_text()]
OF_TEMPLATES = [path for path in EXAMPLES if path not in OF_MANIFESTS]
WITH_MANIFESTS = [path for path in EXAMPLES if "cdk8s" in path.read_text()]

_APPLIED = "Custom::AWSCDK-EKS-KubernetesResource"


@dataclass(frozen=True)
class Synthesized:
    """What an example of AWS CDK leaves, its only stack being called Training."""

    template: Template
    # Of CDK's own validation.
    report: dict[str, Any]
    warnings: list[str]


@dataclass(frozen=True)
class Written:
    """What an example of plain manifests leaves."""

    # The text of each file, by its name.
    files: dict[str, str]
    warnings: list[str]


def path_of(number: int) -> Path:
    (path,) = [path for path in EXAMPLES if path.name.startswith(f"{number:02d}_")]
    return path


def in_files(files: Mapping[str, str]) -> list[dict[str, Any]]:
    """The manifests in files, in the order in which kubectl would apply them."""
    return [document for text in files.values() for document in yaml.safe_load_all(text)]


def in_template(template: Template) -> list[dict[str, Any]]:
    """The manifests that a stack applies to a cluster, in the order of the template, as the cluster gets them."""
    resources = template.find_resources(_APPLIED).values()
    return [manifest for resource in resources for manifest in json.loads(resource["Properties"]["Manifest"])]
