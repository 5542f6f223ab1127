"""Manifest files: read as kubectl reads them, and applied to a cluster that was deployed."""
