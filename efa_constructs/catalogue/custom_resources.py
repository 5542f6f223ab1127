"""How much CloudFormation can hand to the function of a custom resource."""

from __future__ import annotations

from typing import Final

__all__ = ["MAXIMUM_REQUEST_BYTES"]

# AWS Lambda Developer Guide, "Lambda quotas": 1 MB, by which Lambda means 1,024 KB. 256 KB before October 2025:
# https://aws.amazon.com/blogs/compute/more-room-to-build-serverless-services-now-support-payloads-up-to-1-mb
# AWS says nowhere that CloudFormation makes use of the new limit; its errors always were Lambda's.
MAXIMUM_REQUEST_BYTES: Final = 1_048_576
"""Of a request, which is JSON: CloudFormation calls the function asynchronously."""
