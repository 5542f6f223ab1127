"""Reads what a run on a cluster produced, and judges whether EFA carried its traffic, and how fast."""
