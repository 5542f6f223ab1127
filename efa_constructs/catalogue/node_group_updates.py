"""What EKS does to the nodes of a managed node group when an update replaces them."""

from __future__ import annotations

__all__ = ["MOST_NEW_NODES_A_ZONE"]

# With the update strategy DEFAULT and "maxUnavailable" 1, EKS launches up to as many in each zone before it ends any;
# with MINIMAL, none: EKS User Guide, "Understand each phase of node updates", "Scale up phase".
MOST_NEW_NODES_A_ZONE = 2
