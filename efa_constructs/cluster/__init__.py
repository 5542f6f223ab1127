"""Reads a Kubernetes cluster, and says why its jobs do not run."""
