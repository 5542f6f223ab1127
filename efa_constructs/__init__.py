"""AWS CDK constructs for multi-node training over Elastic Fabric Adapter (EFA) on Amazon EKS.

Import from the parts: ``efa_constructs.catalogue`` (data, no AWS CDK) and ``efa_constructs.aws`` (constructs).
This module imports nothing, so that ``efa --help`` answers without starting jsii.
"""
