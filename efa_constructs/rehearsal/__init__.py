"""Deploys a cloud assembly on this machine: an emulated AWS account, the real CDK CLI, and a look at the result."""
