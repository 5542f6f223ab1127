"""What EC2 and EKS refuse about launch templates and managed node groups: pure functions over plain facts.

Each rule is one small function that raises :class:`~..resource_type.AwsError`. A comment "Quoted" names the public
report that has the message word for word. The other messages say what AWS says, not necessarily in its words.
"""

from __future__ import annotations

from .ec2 import check_launch
from .eks import check_node_group, check_scaling, health_issue
from .facts import Launch, LaunchSurroundings, NodeGroup, SubnetFacts

__all__ = [
    "Launch",
    "LaunchSurroundings",
    "NodeGroup",
    "SubnetFacts",
    "check_launch",
    "check_node_group",
    "check_scaling",
    "health_issue",
]
