"""Checks of the user data in launch templates."""

from __future__ import annotations

import email
import re
import tomllib
from collections.abc import Iterator, Mapping
from email.message import Message

import yaml  # type: ignore[import-untyped]

from ...catalogue import AmiType
from ...catalogue.user_data import MAXIMUM_USER_DATA_BYTES, NODE_CONFIG_TYPE, PART_TYPES
from ...rules import launch_templates as rules
from ..blueprint import Blueprint
from ..check import Fault, checks_of, fault
from ..launch_template import LaunchTemplate
from ..values import is_known, known_text

__all__ = ["USER_DATA_CHECKS"]

_PATH = "LaunchTemplateData.UserData"
_SHOWN = 20
# nodeadm refuses a NodeConfig whose parts together lack it: nodeadm/internal/api/validate.go of awslabs/amazon-eks-ami
_CLUSTER = re.compile(r"\bapiServerEndpoint\b")
# By which a script may tell nodeadm, or be told by something else.
_OTHER_WAYS = re.compile(r"nodeadm\.d|bootstrap\.sh|(?<![\w.])(aws|curl|wget) |#include")
_FORMATS = {"AL2": "MIME multi-part document", "AL2023": "MIME multi-part document", "BOTTLEROCKET": "TOML"}


def _user_data(blueprint: Blueprint) -> Iterator[Fault]:
    for template in blueprint.launch_templates:
        if known_text(template.data.get("UserData")) is None:
            continue
        document = template.user_data
        if document is None:
            yield fault(rules.USER_DATA_NOT_BASE64, template.resource, _PATH)
            continue
        # What stands within Fn::Base64 may have marks.
        text = document.decode("utf-8", "replace")
        if is_known(text) and len(document) > MAXIMUM_USER_DATA_BYTES:
            yield fault(
                rules.USER_DATA_TOO_LONG,
                template.resource,
                _PATH,
                size=len(document),
                maximum=MAXIMUM_USER_DATA_BYTES,
            )
        ami = next((group.ami_type for group in blueprint.node_groups_of(template)), None)
        # EKS merges nothing into the user data of an AMI of one's own; that of Windows is a script.
        if text and ami is not None and ami.operating_system in _FORMATS:
            yield from _format(template, text, ami)


def _own_images(blueprint: Blueprint) -> Iterator[Fault]:
    for group in blueprint.node_groups:
        template, image = group.launch_template, group.template_data.get("ImageId")
        # A parameter, or what a condition chooses, may be left empty.
        if template is None or known_text(image) is None:
            continue
        told = _what_nodes_are_told(template)
        if told is not None:
            yield fault(rules.IMAGE_WITHOUT_CLUSTER, template.resource, _PATH, image=image, told=told)


def _what_nodes_are_told(template: LaunchTemplate) -> str | None:
    """What is wrong with it, in words. None: nothing, as far as is known."""
    document = template.user_data
    if document is None:
        return None
    if not document:
        return "there is no user data"
    text = document.decode("utf-8", "replace")
    # What only the deployment knows, and a file that a script fetches, may have the rest.
    parts = [part for part in email.message_from_string(text).walk() if part.get_content_type() == NODE_CONFIG_TYPE]
    if parts and is_known(text) and not any(_CLUSTER.search(_body(part)) for part in parts):
        scripts = _CLUSTER.search(text) or _OTHER_WAYS.search(text)
        return None if scripts else "no NodeConfig of the user data has its apiServerEndpoint"
    return None


def _format(template: LaunchTemplate, text: str, ami: AmiType) -> Iterator[Fault]:
    message = email.message_from_string(text)
    is_toml = ami.operating_system == "BOTTLEROCKET"
    if _reads_as_toml(text) if is_toml else message.is_multipart():
        if not is_toml:
            yield from _parts(template, message)
    elif is_known(text[:_SHOWN]) and (is_known(text) or not is_toml):
        yield fault(
            rules.USER_DATA_FORMAT,
            template.resource,
            _PATH,
            start=repr(text[:_SHOWN]),
            format=_FORMATS[str(ami.operating_system)],
            ami_type=ami.name,
        )


def _reads_as_toml(text: str) -> bool:
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return False
    return True


def _parts(template: LaunchTemplate, message: Message) -> Iterator[Fault]:
    parts = [part for part in message.walk() if not part.is_multipart()]
    for number, part in enumerate(parts, 1):
        where, kind = f"part {number} of {_PATH}", part.get_content_type()
        body = _body(part)
        # Where a part starts with what only the deployment knows, so may its first line.
        start = body.lstrip()[:_SHOWN]
        if kind not in PART_TYPES:
            allowed = ", ".join(PART_TYPES)
            yield fault(
                rules.UNREAD_PART,
                template.resource,
                _PATH,
                where=f"the content type of {where}",
                type=kind,
                allowed=allowed,
            )
        elif kind.startswith("text/x-shellscript") and is_known(start) and not start.startswith("#!"):
            yield fault(rules.SCRIPT_WITHOUT_SHELL, template.resource, _PATH, where=where, start=repr(start))
        elif kind == NODE_CONFIG_TYPE and is_known(body) and not _is_node_config(body):
            yield fault(rules.NODE_CONFIG_WITHOUT_KIND, template.resource, _PATH, where=where)


def _is_node_config(body: str) -> bool:
    """Whether nodeadm can make anything of a part."""
    try:
        documents = [each for each in yaml.safe_load_all(body) if isinstance(each, Mapping)]
    except yaml.YAMLError:
        return False
    return any(
        each.get("kind") == "NodeConfig" and str(each.get("apiVersion")).startswith("node.eks.aws/")
        for each in documents
    )


def _body(part: Message) -> str:
    encoded = str(part.get("Content-Transfer-Encoding")).lower() in ("base64", "quoted-printable")
    # Where it has nothing to decode, email changes what is not ASCII, and so the marks.
    content = part.get_payload(decode=True) if encoded else part.get_payload()
    return content.decode("utf-8", "replace") if isinstance(content, bytes) else str(content)


USER_DATA_CHECKS = (
    *checks_of(
        _user_data,
        rules.USER_DATA_NOT_BASE64,
        rules.USER_DATA_FORMAT,
        rules.USER_DATA_TOO_LONG,
        rules.UNREAD_PART,
        rules.SCRIPT_WITHOUT_SHELL,
        rules.NODE_CONFIG_WITHOUT_KIND,
    ),
    *checks_of(_own_images, rules.IMAGE_WITHOUT_CLUSTER),
)
