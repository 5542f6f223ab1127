"""The public parameters of Systems Manager that name EKS's AMIs, which moto does not have."""

from __future__ import annotations

import hashlib
from functools import cache

from moto.core.utils import utcnow
from moto.ssm.models import Parameter, ParameterDict

from ...catalogue import AMI_TYPES, ami_parameter
from ...catalogue.kubernetes_versions import EKS_VERSIONS

__all__ = ["serve_ami_parameters"]

# How their names begin.
_PREFIXES = ("/aws/service/eks/", "/aws/service/bottlerocket/")

_load_of_moto = ParameterDict._check_loading_status


def serve_ami_parameters() -> None:
    """Teach moto's Systems Manager the parameters. Doing it again changes nothing."""
    ParameterDict._check_loading_status = _load  # type: ignore[method-assign]


def _load(self: ParameterDict, key: str) -> None:
    """Put a parameter there before it is looked for: moto's own hook for public parameters."""
    _load_of_moto(self, key)
    if str(key).startswith(_PREFIXES) and key in _names() and not dict.__contains__(self, key):
        dict.__setitem__(self, key, [_parameter(self, key)])


@cache
def _names() -> frozenset[str]:
    named = (ami_parameter(ami, version) for ami in AMI_TYPES.values() for version in EKS_VERSIONS)
    return frozenset(name for name in named if name is not None)


def _parameter(parameters: ParameterDict, name: str) -> Parameter:
    # No such image: instances here are launched by the AMI type.
    image = f"ami-{hashlib.sha256(f'{parameters.region_name}{name}'.encode()).hexdigest()[:17]}"
    return Parameter(  # type: ignore[abstract]  # moto makes them all the same
        account_id=parameters.account_id,
        name=name,
        value=image,
        parameter_type="String",
        description=None,
        allowed_pattern=None,
        keyid=None,
        last_modified_date=utcnow().timestamp(),  # type: ignore[arg-type]  # what moto itself keeps
        version=1,
        data_type="aws:ec2:image",
    )
