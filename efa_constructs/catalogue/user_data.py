"""How much user data EC2 takes, and what nodes read in it."""

from __future__ import annotations

__all__ = ["MAXIMUM_USER_DATA_BYTES", "PART_TYPES"]

# In raw form, before it is encoded in base64.
# Amazon EC2 User Guide, "Run commands when you launch an EC2 instance with user data input"
MAXIMUM_USER_DATA_BYTES = 16 * 1024

# Content types of parts that nodeadm, the first, or cloud-init reads.
# https://cloudinit.readthedocs.io/en/latest/explanation/format.html
PART_TYPES = (
    "application/node.eks.aws",
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
