"""How much user data EC2 takes, and what nodes read in it."""

from __future__ import annotations

import re

__all__ = ["MAXIMUM_USER_DATA_BYTES", "NODE_CONFIG_TYPE", "PART_TYPES", "max_pods_told", "settings_that_count"]

# In raw form, before it is encoded in base64.
# Amazon EC2 User Guide, "Run commands when you launch an EC2 instance with user data input"
MAXIMUM_USER_DATA_BYTES = 16 * 1024

# Of the part that nodeadm reads.
NODE_CONFIG_TYPE = "application/node.eks.aws"

# Content types of parts that nodeadm, the first, or cloud-init reads.
# https://cloudinit.readthedocs.io/en/latest/explanation/format.html
PART_TYPES = (
    NODE_CONFIG_TYPE,
    "text/cloud-boothook",
    "text/cloud-config",
    "text/cloud-config-archive",
    "text/cloud-config-jsonp",
    "text/jinja2",
    "text/part-handler",
    "text/x-include-once-url",
    "text/x-include-url",
    "text/x-shellscript",
    "text/x-shellscript-per-boot",
    "text/x-shellscript-per-instance",
    "text/x-shellscript-per-once",
)

# In a NodeConfig of nodeadm, wherever in the user data a script writes it, and in Bottlerocket's settings.
_MAX_PODS = re.compile(r"(?:\bmaxPods:|^\s*max-pods\s*=)\s*(\d+)", re.MULTILINE)


def max_pods_told(settings: str) -> int | None:
    """Return how many pods the kubelet is to take. None: it is not said, or not as a number.

    :param settings: As :func:`settings_that_count` gives them. The last one wins.
    """
    told = _MAX_PODS.findall(settings)
    return int(told[-1]) if told else None


def settings_that_count(user_data: str, *, own_image: bool) -> str:
    """Return the text of a node's user data that may set what the kubelet does.

    EKS adds a NodeConfig of its own after those of the user data, which sets the maximum of pods, but to an image of
    one's own it adds nothing. What a script writes into a folder of nodeadm counts in any case.
    https://github.com/awslabs/amazon-eks-ami/blob/main/nodeadm/doc/examples.md

    :param user_data: MIME multi-part, or the settings of Bottlerocket.
    :param own_image: Whether the launch template names the image.
    """
    # Only here: the catalogue is loaded by every command.
    import email

    message = email.message_from_string(user_data)
    if not message.is_multipart():
        return user_data
    parts = [part for part in message.walk() if not part.is_multipart()]
    return "\n".join(
        bytes(part.get_payload(decode=True) or b"").decode(errors="replace")
        for part in parts
        if own_image or part.get_content_type() != NODE_CONFIG_TYPE
    )
