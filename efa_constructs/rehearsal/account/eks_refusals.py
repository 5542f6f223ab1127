"""The errors with which Amazon EKS refuses a request (API reference, "Errors" of each action)."""

from __future__ import annotations

from .resource_type import AwsError

__all__ = ["in_use", "invalid_parameter", "invalid_request", "not_found", "unsupported", "unsupported_zone"]


def invalid_parameter(message: str) -> AwsError:
    """The request is well-formed, but a value in it cannot be used."""
    return AwsError("InvalidParameterException", message, service="Eks", status=400)


def invalid_request(message: str) -> AwsError:
    """The request does not fit the state of the cluster."""
    return AwsError("InvalidRequestException", message, service="Eks", status=400)


def not_found(message: str) -> AwsError:
    """The named resource does not exist."""
    return AwsError("ResourceNotFoundException", message, service="Eks", status=404)


def in_use(message: str) -> AwsError:
    """The resource exists already, or others depend on it."""
    return AwsError("ResourceInUseException", message, service="Eks", status=409)


def unsupported_zone(message: str) -> AwsError:
    """A subnet is in a zone where EKS puts no control plane."""
    return AwsError("UnsupportedAvailabilityZoneException", message, service="Eks", status=400)


def unsupported(operation: str) -> AwsError:
    """The emulated account does not do this: 501, which clients do not retry."""
    return AwsError("NotImplemented", f"the emulated account does not do eks:{operation}", service="Eks", status=501)
