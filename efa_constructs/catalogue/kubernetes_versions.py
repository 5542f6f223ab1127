"""Which version of Kubernetes a new cluster gets."""

from __future__ import annotations

__all__ = ["DEFAULT_KUBERNETES_VERSION"]

# The newest that aws_eks_v2 names; explicit, so that a deployed cluster is not upgraded by a newer CDK.
DEFAULT_KUBERNETES_VERSION = "1.36"
