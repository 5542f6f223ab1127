"""Reviews CloudFormation templates, and the Kubernetes manifests in them, without an AWS account."""

from __future__ import annotations

from .read import read_assembly_templates, read_template_file
from .review import Finding, Review, review

__all__ = ["Finding", "Review", "read_assembly_templates", "read_template_file", "review"]
