"""Launch templates, and the network interfaces that they describe."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ..catalogue import EFA_INTERFACE_TYPES
from .resource import Resource
from .shapes import as_mapping
from .values import is_known, known_text, unknown, whole_number

__all__ = ["Interface", "LaunchTemplate", "decoded_user_data"]


@dataclass(frozen=True, kw_only=True)
class Interface:
    """A network interface that a launch template describes."""

    # Its place in the template's list.
    index: int
    # As the template has it, functions evaluated.
    content: Mapping[str, Any]

    @property
    def path(self) -> str:
        """Of its property, in the launch template."""
        return f"LaunchTemplateData.NetworkInterfaces.{self.index}"

    @property
    def card(self) -> int | None:
        """Network card. EC2 takes 0 where the template names none. None: only the deployment knows."""
        return whole_number(self.content.get("NetworkCardIndex", 0))

    @property
    def device(self) -> int | None:
        """Device index on the card. EC2 takes 0 where the template names none. None: only the deployment knows."""
        return whole_number(self.content.get("DeviceIndex", 0))

    @property
    def title(self) -> str:
        """Names it for people: ``the efa-only interface on card 0, device 1``."""
        return f"the {self.type} interface on card {self.card}, device {self.device}"

    @property
    def is_primary(self) -> bool:
        """Whether it is the primary interface, which every instance has."""
        return (self.card, self.device) == (0, 0)

    @property
    def type(self) -> str:
        """EC2 takes "interface" where the template names none."""
        return str(self.content.get("InterfaceType", "interface"))

    @property
    def has_efa(self) -> bool:
        """Whether it carries EFA traffic."""
        return self.type in EFA_INTERFACE_TYPES

    @property
    def groups(self) -> Sequence[Any]:
        """Its security groups, or references to them."""
        groups = self.content.get("Groups")
        listed = groups if isinstance(groups, list) else []
        return [group if isinstance(group, str) else unknown("group") for group in listed]


@dataclass(frozen=True, kw_only=True, eq=False)
class LaunchTemplate:
    """A launch template."""

    resource: Resource

    @property
    def data(self) -> Mapping[str, Any]:
        """``LaunchTemplateData``."""
        return as_mapping(self.resource.get("LaunchTemplateData"))

    @cached_property
    def interfaces(self) -> tuple[Interface, ...]:
        """Its network interfaces."""
        listed = self.resource.items("LaunchTemplateData.NetworkInterfaces")
        return tuple(
            Interface(index=index, content=content)
            for index, content in enumerate(listed)
            if isinstance(content, Mapping)
        )

    @property
    def knows_interfaces(self) -> bool:
        """Whether no interface, and no interface's place or type, is left for the deployment to know."""
        listed = self.data.get("NetworkInterfaces") or []
        return (
            isinstance(listed, list)
            and len(listed) == len(self.interfaces)
            and all(
                each.card is not None and each.device is not None and is_known(each.type) for each in self.interfaces
            )
        )

    @property
    def efa_interfaces(self) -> tuple[Interface, ...]:
        """Those that carry EFA traffic."""
        return tuple(interface for interface in self.interfaces if interface.has_efa)

    @cached_property
    def user_data(self) -> bytes | None:
        """Decoded. Empty: it has none. None: only the deployment knows, or it is not encoded in base64.

        What stands within ``Fn::Base64`` may have marks: see :mod:`.values`.
        """
        encoded = self.data.get("UserData")
        return b"" if encoded is None else decoded_user_data(encoded)

    @property
    def groups(self) -> Sequence[Any]:
        """Security groups of its interfaces, or of the instance, each once."""
        of_instance = self.data.get("SecurityGroupIds")
        every = [group for interface in self.interfaces for group in interface.groups]
        every += of_instance if isinstance(of_instance, list) else []
        return list(dict.fromkeys(each for each in every if isinstance(each, str)))

    @property
    def placement_group(self) -> Any:
        """Name or id of the placement group, or a mark of it. None: it has none."""
        placement = self.data.get("Placement")
        if not isinstance(placement, Mapping):
            return placement
        return placement.get("GroupName") or placement.get("GroupId")

    @property
    def instance_type_name(self) -> str | None:
        """As the template has it. None: it has none, or only the deployment knows."""
        return known_text(self.data.get("InstanceType"))


def decoded_user_data(encoded: Any) -> bytes | None:
    """What user data says. None: only the deployment knows, or it is not encoded in base64."""
    text = known_text(encoded)
    try:
        return None if text is None else base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        return None
