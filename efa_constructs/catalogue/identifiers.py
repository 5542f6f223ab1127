"""What ids, names and addresses that AWS gives look like."""

from __future__ import annotations

import re

from ..errors import InvalidArgumentError
from .availability_zones import regions

__all__ = [
    "ACCOUNT_ID",
    "CLUSTER_NAME",
    "IAM_ROLE_ARN",
    "KMS_ARN_START",
    "KMS_KEY_ARN",
    "KUBERNETES_VERSION",
    "NODE_GROUP_NAME",
    "REGION_NAME",
    "SECURITY_GROUP_ID",
    "SUBNET_ID",
    "VPC_ID",
    "check_cluster_name",
    "in_another_region",
    "is_zone_name_of",
]

# AWS Account Management Reference Guide, "View AWS account identifiers"
ACCOUNT_ID = re.compile(r"[0-9]{12}")
# Those of all partitions: us-east-1, us-gov-west-1, cn-north-1, us-isob-east-1, eusc-de-east-1.
# AWS General Reference, "AWS service endpoints"
REGION_NAME = re.compile(r"[a-z]{2,}(-[a-z]+)+-[0-9]+")
# 17 hexadecimal digits, or 8 of what was made before 2018.
# EC2 User Guide, "Identify Amazon EC2 resources"
VPC_ID = re.compile(r"vpc-[0-9a-f]{8,17}")
SUBNET_ID = re.compile(r"subnet-[0-9a-f]{8,17}")
SECURITY_GROUP_ID = re.compile(r"sg-[0-9a-f]{8,17}")
# IAM User Guide, "IAM identifiers": a role may have a path
IAM_ROLE_ARN = re.compile(r"arn:aws[a-z-]*:iam::[0-9]{12}:role/[\w+=,.@/-]+")
# AWS KMS Developer Guide, "Key identifiers (KeyId)": the start, up to the account, of that of a key or an alias
KMS_ARN_START = re.compile(r"arn:aws[a-z-]*:kms:(?P<region>[a-z0-9-]+):")
# Of a key, not of an alias; multi-Region keys begin with mrk-
KMS_KEY_ARN = re.compile(KMS_ARN_START.pattern + r"[0-9]{12}:key/(mrk-)?[0-9a-f-]{32,36}")
# Amazon EKS API Reference, "CreateCluster", name
CLUSTER_NAME = re.compile(r"[0-9A-Za-z][0-9A-Za-z_-]{0,99}")
# Amazon EKS API Reference, "CreateNodegroup", nodegroupName
NODE_GROUP_NAME = re.compile(r"[0-9A-Za-z][0-9A-Za-z_-]{0,62}")
# Amazon EKS User Guide, "Understand the Kubernetes version lifecycle on EKS": minor versions only
KUBERNETES_VERSION = re.compile(r"1\.[0-9]{1,3}")


def check_cluster_name(argument: str, name: str) -> None:
    """Refuse what is no name of an EKS cluster.

    :param argument: As whoever gave it knows it, such as ``--cluster``.
    :raises InvalidArgumentError: it is none.
    """
    if not CLUSTER_NAME.fullmatch(name):
        raise InvalidArgumentError(
            f"'{argument}' is '{name}', use the name of an EKS cluster: letters, digits, - and _, and not its ARN"
        )


def is_zone_name_of(region: str, zone: str) -> bool:
    """Whether a zone of the Region may have this name: ``us-west-2b``, or ``us-west-2-lax-1a`` for a Local Zone.

    EC2 User Guide, "Regions and Zones": the name of every kind of zone begins with its Region's.
    """
    return re.fullmatch(re.escape(region) + r"([a-z]|(-[a-z0-9]+)+)", zone) is not None


def in_another_region(region: str, url: str) -> str | None:
    """Return the Region that the host name in a URL of AWS names, if it is another one. None: it is not.

    The API server of an EKS cluster and its OpenID Connect issuer have their Region's name between two dots:
    Amazon EKS User Guide, "Cluster API server endpoint".
    """
    host = url.partition("://")[2].partition("/")[0]
    labels = host.split(".")
    return None if region in labels else next((label for label in labels if label in regions()), None)
