"""Names that Kubernetes takes, of objects, labels, ports and variables: what is wrong with one, in words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

__all__ = [
    "misnamed",
    "wrong_key",
    "wrong_label",
    "wrong_object_name",
    "wrong_port",
    "wrong_short_name",
    "wrong_variable_name",
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
_NAMES_OF_OBJECTS = ("priorityClassName", "runtimeClassName", "serviceAccountName")


def wrong_short_name(name: str) -> str | None:
    """Of a namespace, a volume, a container, or an object whose name is also the value of a label. None: nothing."""
    if _LABEL_NAME.fullmatch(name) is not None:
        return None
    return (
        f"is {name!r}: a name is at most 63 lower-case letters, digits and '-', beginning and ending with a letter or "
        "digit"
    )


def wrong_object_name(name: str, *, longest: int = _LONGEST_SUBDOMAIN) -> str | None:
    """Of most objects, such as a service account. None: nothing."""
    if _is_subdomain(name, longest):
        return None
    return (
        f"is {name!r}: a name is at most {longest} lower-case letters, digits, '-' and '.', each part beginning and "
        "ending with a letter or digit"
    )


def wrong_key(key: str) -> str | None:
    """Of the key of a label, an annotation or a taint: ``[domain/]name``. None: nothing."""
    domain, slash, name = key.rpartition("/")
    if (not slash or _is_subdomain(domain, _LONGEST_SUBDOMAIN)) and _LABEL_VALUE.fullmatch(name) is not None:
        return None
    return (
        f"has the key {key!r}: a key is a name of at most 63 letters, digits, '-', '_' and '.', with a domain and '/' "
        "before it or without"
    )


def wrong_label(key: str, value: str) -> str | None:
    """Of a label. None: nothing."""
    if not value or _LABEL_VALUE.fullmatch(value) is not None:
        return wrong_key(key)
    return wrong_key(key) or (
        f"has {key}={value!r}: the value of a label is at most 63 letters, digits, '-', '_' and '.', beginning and "
        "ending with a letter or digit"
    )


def wrong_port(number: int, name: str | None) -> str | None:
    """Of a port of a container. None: nothing."""
    if not 1 <= number <= _LAST_PORT:
        return f"has the port {number}: a port is at least 1 and at most {_LAST_PORT}"
    if name is None or _PORT_NAME.fullmatch(name) is not None:
        return None
    return (
        f"has the name {name!r}: the name of a port is at most 15 lower-case letters, digits and '-', with a letter "
        "among them, and with a letter or digit at both ends and between two '-'"
    )


def wrong_variable_name(name: str) -> str | None:
    """Of an environment variable. None: nothing."""
    if _VARIABLE_NAME.fullmatch(name) is not None:
        return None
    return f"has the variable {name!r}: a name is letters, digits, '_', '-' and '.', and begins with no digit"


def misnamed(template: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The fields of a pod template with names, labels and ports that the API server refuses, and what is wrong.

    :param template: Right in its kinds, as far as it is known.
    """
    found = _names_in(template.get("metadata") or {}, template.get("spec") or {})
    return ((field, wrong) for field, wrong in found if wrong is not None)


def _names_in(metadata: Mapping[str, Any], spec: Mapping[str, Any]) -> Iterator[tuple[str, str | None]]:
    labels = (("metadata.labels", metadata.get("labels")), ("spec.nodeSelector", spec.get("nodeSelector")))
    yield from ((field, wrong_label(key, value)) for field, given in labels for key, value in (given or {}).items())
    yield from (("metadata.annotations", wrong_key(key)) for key in metadata.get("annotations") or {})
    yield from ((f"spec.{name}", wrong_object_name(spec[name])) for name in _NAMES_OF_OBJECTS if spec.get(name))
    for where, volume in _each(spec, "spec", "volumes"):
        yield f"{where}.name", wrong_short_name(volume["name"])
    for kind in ("containers", "initContainers"):
        for where, container in _each(spec, "spec", kind):
            yield f"{where}.name", wrong_short_name(container["name"])
            for _, variable in _each(container, where, "env"):
                yield f"{where}.env", wrong_variable_name(variable["name"])
            for place, port in _each(container, where, "ports"):
                if isinstance(port["containerPort"], int):
                    yield place, wrong_port(port["containerPort"], port.get("name"))


def _each(part: Mapping[str, Any], where: str, field: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The objects that a field lists, each with its path. What only a deployment knows may stand in place of them."""
    listed = part.get(field)
    for index, one in enumerate(listed if isinstance(listed, list | tuple) else ()):
        if isinstance(one, Mapping):
            yield f"{where}.{field}[{index}]", one


def _is_subdomain(name: str, longest: int) -> bool:
    return len(name) <= longest and _SUBDOMAIN_NAME.fullmatch(name) is not None
