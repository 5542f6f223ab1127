"""The registries from which EKS serves container images: an account of its own in each Region."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from ..errors import InvalidArgumentError
from .availability_zones import regions
from .nearest import nearest

__all__ = ["EKS_IMAGE_REGISTRIES", "eks_image_registry", "right_eks_image_registry"]

# Amazon EKS User Guide, "View Amazon container image registries for Amazon EKS add-ons", and, for the isolated Regions
# and the newest ones, eksResourceAccount* in
# https://github.com/eksctl-io/eksctl/blob/main/pkg/apis/eksctl.io/v1alpha5/types.go
_ACCOUNT_OF_MOST_REGIONS = "602401143452"
_ACCOUNTS = {
    "af-south-1": "877085696533",
    "ap-east-1": "800184023465",
    "ap-east-2": "533267051163",
    "ap-south-2": "900889452093",
    "ap-southeast-3": "296578399912",
    "ap-southeast-4": "491585149902",
    "ap-southeast-5": "151610086707",
    "ap-southeast-6": "333609536671",
    "ap-southeast-7": "121268973566",
    "ca-west-1": "761377655185",
    "cn-north-1": "918309763551",
    "cn-northwest-1": "961992271922",
    "eu-central-2": "900612956339",
    "eu-isoe-west-1": "249663109785",
    "eu-south-1": "590381155156",
    "eu-south-2": "455263428931",
    "il-central-1": "066635153087",
    "me-central-1": "759879836304",
    "me-south-1": "558608220178",
    "mx-central-1": "730335286997",
    "us-gov-east-1": "151742754352",
    "us-gov-west-1": "013241004608",
    "us-iso-east-1": "725322719131",
    "us-iso-west-1": "608367168043",
    "us-isob-east-1": "187977181151",
    "us-isob-west-1": "321162350305",
    "us-isof-east-1": "171035529773",
    "us-isof-south-1": "676585237158",
}

# By the beginning of a Region's name. Source: botocore, data/partitions.json
_DNS_SUFFIX_OF_MOST_REGIONS = "amazonaws.com"
_DNS_SUFFIXES = {
    "cn-": "amazonaws.com.cn",
    "eu-isoe-": "cloud.adc-e.uk",
    "us-iso-": "c2s.ic.gov",
    "us-isob-": "sc2s.sgov.gov",
    "us-isof-": "csp.hci.ic.gov",
}
# Regions of which share no registry with others: the partitions of AWS.
_PARTITIONS = ("cn-", "eu-isoe-", "eusc-", "us-gov-", "us-iso-", "us-isob-", "us-isof-")


def eks_image_registry(region: str) -> str:
    """Return the registry of EKS's images in a Region: ``"602401143452.dkr.ecr.us-west-2.amazonaws.com"``.

    :raises InvalidArgumentError: The account of that Region is not known.
    """
    registry = EKS_IMAGE_REGISTRIES.get(region)
    if registry is None:
        meant = nearest(region, EKS_IMAGE_REGISTRIES)
        hint = f"did you mean {', '.join(meant)}? Otherwise " if meant else ""
        raise InvalidArgumentError(
            f"'region' is '{region}', of which the account of EKS's image registry is not known: {hint}pass 'image', "
            "with the registry that the EKS User Guide names for the Region"
        )
    return registry


def right_eks_image_registry(registry: str, region: str | None) -> str | None:
    """Return the registry that has EKS's images, where another one that looks like it has not.

    None: it has them, or is no registry of EKS's.

    :param registry: ``"602401143452.dkr.ecr.us-west-2.amazonaws.com"``.
    :param region: Where they are pulled from it. None: not known.
    """
    account, _, rest = registry.partition(".dkr.ecr.")
    of = rest.partition(".")[0]
    if account not in {_ACCOUNT_OF_MOST_REGIONS, *_ACCOUNTS.values()} or of not in EKS_IMAGE_REGISTRIES:
        return None
    # Another Region of the partition serves them, too, to nodes that have a way there.
    right = EKS_IMAGE_REGISTRIES.get(region or of, registry) if _partition(region or of) != _partition(of) else None
    right = right or EKS_IMAGE_REGISTRIES[of]
    return right if right != registry else None


def _partition(region: str) -> str:
    return next((prefix for prefix in _PARTITIONS if region.startswith(prefix)), "")


def _registry(region: str) -> str:
    account = _ACCOUNTS.get(region, _ACCOUNT_OF_MOST_REGIONS)
    suffixes = (suffix for prefix, suffix in _DNS_SUFFIXES.items() if region.startswith(prefix))
    return f"{account}.dkr.ecr.{region}.{next(suffixes, _DNS_SUFFIX_OF_MOST_REGIONS)}"


# By Region, for whoever chooses at deployment: the content of a CloudFormation mapping.
EKS_IMAGE_REGISTRIES: Mapping[str, str] = MappingProxyType(
    {region: _registry(region) for region in sorted({*regions(), *_ACCOUNTS})}
)
