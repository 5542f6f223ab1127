"""The deployable app: which constructs, in which stack, in which order."""
