"""Text that AWS CDK knows only at deployment. Told by its looks: nothing here imports AWS CDK."""

from __future__ import annotations

import re

__all__ = ["TOKEN", "ends_in_token", "has_token"]

# aws_cdk.Token.as_string() and all attributes of constructs: https://docs.aws.amazon.com/cdk/v2/guide/tokens.html
TOKEN = r"\$\{Token\[[^\]\s]+\]\}"
_ANYWHERE = re.compile(TOKEN)
_AT_THE_END = re.compile(TOKEN + r"\Z")


def has_token(text: str) -> bool:
    """Whether a part of it is known only at deployment."""
    return _ANYWHERE.search(text) is not None


def ends_in_token(text: str) -> bool:
    """Whether its last part is known only at deployment."""
    return _AT_THE_END.search(text) is not None
