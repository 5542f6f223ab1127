"""Names of objects, labels and variables: what follows from an id, and what the API server would refuse."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from ..errors import InvalidArgumentError
from ..pods.host_names import is_host_name
from .tokens import has_token

__all__ = [
    "check_host_name",
    "check_keys",
    "check_label_name",
    "check_labels",
    "check_port",
    "check_subdomain_name",
    "check_variable_names",
    "dashed",
]

# Kubernetes documentation, "Object Names and IDs", "RFC 1123 Label Names"
_LABEL_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
# "DNS Subdomain Names", in the same place: each part may be longer than a label of DNS is.
_SUBDOMAIN_NAME = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*")
_LONGEST_SUBDOMAIN = 253
# Kubernetes documentation, "Labels and Selectors", "Syntax and character set". EKS takes less for the labels of a node
# group: efa_constructs.catalogue.node_label_rules
_LABEL_VALUE = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?")
# Kubernetes API reference, "ContainerPort v1 core": IANA_SVC_NAME, RFC 6335 section 5.1
_PORT_NAME = re.compile(r"(?=.{1,15}\Z)(?=.*[a-z])[a-z0-9]+(-[a-z0-9]+)*")
_LAST_PORT = 65535
# What Kubernetes takes since 1.34 beyond this, such as a blank, neither a shell nor mpirun could hand on.
# Kubernetes documentation, "Define Environment Variables for a Container"
_VARIABLE_NAME = re.compile(r"[A-Za-z_.-][A-Za-z0-9_.-]*")


def check_host_name(argument: str, name: str) -> None:
    """Refuse what is no beginning of a host name, of whatever length.

    :param argument: The name of the argument, for the message.
    :raises InvalidArgumentError: it is none.
    """
    if not is_host_name(name):
        raise InvalidArgumentError(
            f"'{argument}' is {name!r}, but host names are made of it: use lower case letters, digits and '-', "
            "beginning with a letter"
        )


def check_label_name(argument: str, name: str) -> None:
    """Refuse what is no name of a namespace, or of an object whose name is also the value of a label.

    :param argument: The name of the argument, for the message.
    :raises InvalidArgumentError: it is none.
    """
    if not has_token(name) and _LABEL_NAME.fullmatch(name) is None:
        raise InvalidArgumentError(
            f"'{argument}' is {name!r}: a name is at most 63 lower-case letters, digits and '-', beginning and ending "
            "with a letter or digit"
        )


def check_subdomain_name(argument: str, name: str, *, longest: int = _LONGEST_SUBDOMAIN) -> None:
    """Refuse what is no name of most objects, such as a service account.

    :param argument: The name of the argument, for the message.
    :param longest: Characters. Default: 253; 63 where the name is also the value of a label.
    :raises InvalidArgumentError: it is none.
    """
    if not has_token(name) and not _is_subdomain(name, longest):
        raise InvalidArgumentError(
            f"'{argument}' is {name!r}: a name is at most {longest} lower-case letters, digits, '-' and '.', each part "
            "beginning and ending with a letter or digit"
        )


def check_keys(argument: str, keys: Iterable[str]) -> None:
    """Refuse what is no key of a label, an annotation or a taint: ``[domain/]name``.

    :param argument: The name of the argument, for the message.
    :raises InvalidArgumentError: one is none.
    """
    for key in keys:
        domain, slash, name = key.rpartition("/")
        if (slash and not _is_subdomain(domain, _LONGEST_SUBDOMAIN)) or _LABEL_VALUE.fullmatch(name) is None:
            raise InvalidArgumentError(
                f"'{argument}' has the key {key!r}: a key is a name of at most 63 letters, digits, '-', '_' and '.', "
                "with a domain and '/' before it or without"
            )


def check_labels(argument: str, labels: Mapping[str, str]) -> None:
    """Refuse what are no labels.

    :param argument: The name of the argument, for the message.
    :raises InvalidArgumentError: a key or a value is wrong.
    """
    check_keys(argument, labels)
    for key, value in labels.items():
        if value and not has_token(value) and _LABEL_VALUE.fullmatch(value) is None:
            raise InvalidArgumentError(
                f"'{argument}' has {key}={value!r}: the value of a label is at most 63 letters, digits, '-', '_' and "
                "'.', beginning and ending with a letter or digit"
            )


def check_port(argument: str, number: int, name: str | None) -> None:
    """Refuse what is no port of a container.

    :param argument: The name of the argument, for the message.
    :raises InvalidArgumentError: the number is out of range, or the name is none.
    """
    if not 1 <= number <= _LAST_PORT:
        raise InvalidArgumentError(f"'{argument}' has the port {number}: a port is at least 1 and at most {_LAST_PORT}")
    if name is not None and _PORT_NAME.fullmatch(name) is None:
        raise InvalidArgumentError(
            f"'{argument}' has the name {name!r}: the name of a port is at most 15 lower-case letters, digits and '-', "
            "with a letter among them, and with a letter or digit at both ends and between two '-'"
        )


def check_variable_names(argument: str, names: Iterable[str]) -> None:
    """Refuse what is no name of an environment variable.

    :param argument: The name of the argument, for the message.
    :raises InvalidArgumentError: one is none.
    """
    for name in names:
        if _VARIABLE_NAME.fullmatch(name) is None:
            raise InvalidArgumentError(
                f"'{argument}' has the variable {name!r}: a name is letters, digits, '_', '-' and '.', and begins with "
                "no digit"
            )


def _is_subdomain(name: str, longest: int) -> bool:
    return len(name) <= longest and _SUBDOMAIN_NAME.fullmatch(name) is not None


def dashed(id: str) -> str:
    """The name that follows from a construct's id: ``PytorchDdp`` is ``pytorch-ddp``."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", id).lower()
