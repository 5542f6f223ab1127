"""Judges the node groups of a deployed cluster, reads its Kubernetes objects, and says why its jobs do not run."""
