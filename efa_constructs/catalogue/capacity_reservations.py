"""How EC2 names capacity reservations, those of Capacity Blocks among them, and which of them take of a quota."""

from __future__ import annotations

import re

__all__ = ["CAPACITY_RESERVATION_ID", "STATES_THAT_TAKE_OF_A_QUOTA"]

# "cr-" and 17 hexadecimal digits, or 8 of an account without long ids.
# EC2 User Guide, "Identify Amazon EC2 resources"
CAPACITY_RESERVATION_ID = re.compile(r"cr-[0-9a-f]{8,17}")
# In these, a reservation takes of its owner's quota of On-Demand Instances what it is for, whether or not it is used.
# EC2 User Guide, "Reserve compute capacity with EC2 On-Demand Capacity Reservations", "Quotas".
STATES_THAT_TAKE_OF_A_QUOTA = ("active", "assessing", "delayed", "pending", "scheduled")
