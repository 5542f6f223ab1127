"""Limits of the instance metadata service."""

from __future__ import annotations

__all__ = ["MAXIMUM_HOP_LIMIT"]

# Of HttpPutResponseHopLimit, from 1.
# Amazon EC2 API Reference, "LaunchTemplateInstanceMetadataOptionsRequest"
MAXIMUM_HOP_LIMIT = 64
