"""Keys of the app's context that a rehearsal reads, too. ``stacks/settings.py`` owns them and parses their values."""

from __future__ import annotations

__all__ = ["AVAILABILITY_ZONE", "CLUSTER_FACTS", "PLACEMENT_GROUP"]

CLUSTER_FACTS = "efa:clusterFacts"
AVAILABILITY_ZONE = "efa:availabilityZone"
PLACEMENT_GROUP = "efa:placementGroup"
