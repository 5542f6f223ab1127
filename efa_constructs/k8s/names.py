"""Names of objects, labels and variables: what follows from an id, and refusals of what the API server would refuse."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from ..errors import InvalidArgumentError
from ..pods.host_names import is_host_name
from ..pods.names import wrong_key, wrong_label, wrong_object_name, wrong_short_name, wrong_variable_name
from ..rules.jobs import HOST_NAMES_FIT
from ..rules.manifests import NAMES_ARE_SOUND
from .tokens import has_token

__all__ = [
    "check_host_name",
    "check_keys",
    "check_label_name",
    "check_labels",
    "check_subdomain_name",
    "check_variable_names",
    "dashed",
    "refuse",
]


def check_host_name(argument: str, name: str) -> None:
    """Refuse what is no beginning of a host name, of whatever length.

    :param argument: The name of the argument, for the message.
    :raises InvalidArgumentError: it is none.
    """
    if not is_host_name(name):
        raise InvalidArgumentError(
            HOST_NAMES_FIT.refusal(
                f"'{argument}' is {name!r}, but host names are made of it",
                "use lower case letters, digits and '-', beginning with a letter",
            )
        )


def check_label_name(argument: str, name: str) -> None:
    """Refuse what is no name of a namespace, or of an object whose name is also the value of a label.

    :param argument: The name of the argument, for the message.
    :raises InvalidArgumentError: it is none.
    """
    refuse(argument, wrong_short_name(name))


def check_subdomain_name(argument: str, name: str, *, longest: int = 253) -> None:
    """Refuse what is no name of most objects, such as a service account.

    :param argument: The name of the argument, for the message.
    :param longest: Characters. Default: 253; 63 where the name is also the value of a label.
    :raises InvalidArgumentError: it is none.
    """
    refuse(argument, wrong_object_name(name, longest=longest))


def check_keys(argument: str, keys: Iterable[str]) -> None:
    """Refuse what is no key of a label, an annotation or a taint: ``[domain/]name``.

    :param argument: The name of the argument, for the message.
    :raises InvalidArgumentError: one is none.
    """
    for key in keys:
        refuse(argument, wrong_key(key))


def check_labels(argument: str, labels: Mapping[str, str]) -> None:
    """Refuse what are no labels.

    :param argument: The name of the argument, for the message.
    :raises InvalidArgumentError: a key or a value is wrong.
    """
    for key, value in labels.items():
        refuse(argument, wrong_label(key, value))


def check_variable_names(argument: str, names: Iterable[str]) -> None:
    """Refuse what is no name of an environment variable.

    :param argument: The name of the argument, for the message.
    :raises InvalidArgumentError: one is none.
    """
    for name in names:
        refuse(argument, wrong_variable_name(name))


def refuse(argument: str, wrong: str | None) -> None:
    """Refuse an argument with which something is wrong, unless that is of text that only the deployment knows.

    :param argument: The name of the argument, for the message.
    :param wrong: In words that follow the argument. None: nothing.
    :raises InvalidArgumentError: something is.
    """
    if wrong is not None and not has_token(wrong):
        raise InvalidArgumentError(NAMES_ARE_SOUND.cited(f"'{argument}' {wrong}"))


def dashed(id: str) -> str:
    """The name that follows from a construct's id: ``PytorchDdp`` is ``pytorch-ddp``."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", id).lower()
