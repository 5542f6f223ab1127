"""Quotas of EC2, which moto does not have: those of an account whose owner asked for room to train in."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from moto.servicequotas.exceptions import NoSuchResource
from moto.servicequotas.models import ServiceQuotasBackend
from moto.servicequotas.responses import ServiceQuotasResponse

from ... import catalogue
from ...catalogue import VcpuQuota
from ...catalogue.network_quotas import ELASTIC_IPS

__all__ = ["VCPUS", "serve_ec2_quotas"]

# Of every quota of vCPUs: room for a dozen of the largest instances. AWS's own defaults are 0 and 5.
VCPUS = 2304
# AWS's default: Amazon EC2 User Guide, "Elastic IP address quota".
_ELASTIC_IPS = 5

_get_vpc_quota = ServiceQuotasBackend.get_service_quota


def serve_ec2_quotas() -> None:
    """Teach moto's Service Quotas the quotas of EC2. Doing it again changes nothing."""
    # moto's classes are what its server looks at.
    ServiceQuotasBackend.get_service_quota = _get_service_quota  # type: ignore[method-assign]
    setattr(ServiceQuotasResponse, "get_aws_default_service_quota", _get_default)  # noqa: B010


def _get_service_quota(self: ServiceQuotasBackend, service_code: str, quota_code: str) -> dict[str, Any]:
    if service_code != "ec2":
        return _get_vpc_quota(self, service_code, quota_code)
    for quota in _ec2_quotas(self):
        if quota["QuotaCode"] == quota_code:
            return quota
    raise NoSuchResource


def _get_default(response: ServiceQuotasResponse) -> str:
    asked = json.loads(response.body)
    quota = response.backend.get_service_quota(str(asked.get("ServiceCode")), str(asked.get("QuotaCode")))
    return json.dumps({"Quota": quota})


def _ec2_quotas(backend: ServiceQuotasBackend) -> Iterator[dict[str, Any]]:
    found: dict[str, VcpuQuota] = {}
    for instance in catalogue.all_instance_types():
        for spot in (False, True):
            quota = catalogue.vcpu_quota(instance.name, spot=spot)
            if quota is not None:
                found[quota.code] = quota
    yield from (_quota(backend, quota.name, quota.code, VCPUS) for quota in found.values())
    yield _quota(backend, ELASTIC_IPS.name, ELASTIC_IPS.code, _ELASTIC_IPS)


def _quota(backend: ServiceQuotasBackend, name: str, code: str, value: float) -> dict[str, Any]:
    return {
        "ServiceCode": "ec2",
        "ServiceName": "Amazon Elastic Compute Cloud (Amazon EC2)",
        "QuotaArn": f"arn:aws:servicequotas:{backend.region_name}:{backend.account_id}:ec2/{code}",
        "QuotaCode": code,
        "QuotaName": name,
        "Value": float(value),
        "Unit": "None",
        "Adjustable": True,
        "GlobalQuota": False,
    }
