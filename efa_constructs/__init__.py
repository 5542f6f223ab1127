"""AWS CDK constructs for multi-node training over Elastic Fabric Adapter (EFA) on Amazon EKS.

Import from the parts: ``efa_constructs.aws`` (constructs of AWS CDK), ``efa_constructs.k8s`` (constructs of cdk8s),
``efa_constructs.catalogue`` (data, no CDK) and ``efa_constructs.errors``.
This module imports nothing, so that ``efa --help`` answers without starting jsii.
"""
