"""How large a CloudFormation template may be (AWS CloudFormation User Guide, "Understand CloudFormation quotas")."""

from __future__ import annotations

from typing import Final

__all__ = ["MAXIMUM_RESOURCES", "MAXIMUM_TEMPLATE_BYTES"]

MAXIMUM_TEMPLATE_BYTES: Final = 1_000_000
"""Of a template in Amazon S3, where the CDK CLI puts it. CloudFormation calls it 1 MB, and refuses more by number."""

MAXIMUM_RESOURCES: Final = 500
"""That one template may declare, those whose condition does not hold among them."""
