"""KMS keys that the configuration names."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_kms as kms

from efa_constructs.catalogue.identifiers import KMS_KEY_ARN
from efa_constructs.errors import InvalidConfigurationError
from efa_constructs.rules import Rule

__all__ = ["key_of"]


def key_of(stack: cdk.Stack, id: str, key: str, arn: str, rule: Rule) -> kms.IKey:
    """Import a key.

    :param key: The configuration key that named it.
    :param rule: What says that it is of the stack's Region.
    :raises InvalidConfigurationError: it is of another Region than the stack, where nothing could use it.
    """
    match = KMS_KEY_ARN.fullmatch(arn)
    assert match is not None, "read from the configuration"
    if match["region"] != stack.region:
        raise InvalidConfigurationError(
            rule.refusal(
                f"'{key}' is a key of {match['region']}, but the stacks go to {stack.region}",
                "give one of there, such as a replica of a multi-Region key",
            )
        )
    return kms.Key.from_key_arn(stack, id, arn)
