"""Warnings about what is accepted and will probably not do what was meant: they travel with the construct tree."""

from __future__ import annotations

from constructs import Construct, IConstruct

__all__ = ["add_warning", "copy_warnings", "warnings_of"]

# Where AWS CDK, too, keeps and looks for warnings: in an app of its own it shows those of a chart as well.
_METADATA = "aws:cdk:warning"


def add_warning(construct: Construct, id: str, message: str) -> None:
    """Warn of something.

    :param id: Stable, of the form ``efa-constructs:what-it-is-about``: people acknowledge warnings by it.
    :param message: What, and what to do instead, as a sentence.
    """
    construct.node.add_metadata(_METADATA, f"{message} [ack: {id}]")


def warnings_of(scope: IConstruct) -> list[str]:
    """The warnings of a construct and of all in it, in the order of the tree."""
    return [
        str(entry.data) for node in scope.node.find_all() for entry in node.node.metadata if entry.type == _METADATA
    ]


def copy_warnings(scope: IConstruct, to: Construct) -> None:
    """Give a construct the warnings of another tree, which the app of the construct would not look through."""
    for warning in warnings_of(scope):
        to.node.add_metadata(_METADATA, warning)
