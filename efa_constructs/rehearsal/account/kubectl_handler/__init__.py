"""CDK's own kubectl handler, run as the account's Lambda would run it, between CloudFormation and a control plane."""

from .programs import ProgramMissingError
from .provider_framework import CustomResourceRequest, CustomResourceResponse, handler_function, send

__all__ = [
    "CustomResourceRequest",
    "CustomResourceResponse",
    "ProgramMissingError",
    "handler_function",
    "send",
]
