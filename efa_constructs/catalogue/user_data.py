"""How much user data EC2 takes."""

from __future__ import annotations

__all__ = ["MAXIMUM_USER_DATA_BYTES"]

# In raw form, before it is encoded in base64.
# Amazon EC2 User Guide, "Run commands when you launch an EC2 instance with user data input"
MAXIMUM_USER_DATA_BYTES = 16 * 1024
