"""The errors that this package raises, one small family.

    EfaConstructsError
    ├── UnknownInstanceTypeError
    ├── NotAnEfaInstanceTypeError
    ├── InvalidArgumentError
    ├── InvalidConfigurationError
    ├── InvalidLogError
    ├── AwsRequestError
    ├── KubernetesRequestError
    └── RehearsalError

Messages are lower case, name the argument, the value and the fix, and are raised before any resource is defined.
"""

from __future__ import annotations

__all__ = [
    "AwsRequestError",
    "EfaConstructsError",
    "InvalidArgumentError",
    "InvalidConfigurationError",
    "InvalidLogError",
    "KubernetesRequestError",
    "NotAnEfaInstanceTypeError",
    "RehearsalError",
    "UnknownInstanceTypeError",
]


class EfaConstructsError(ValueError):
    """Any error of this package."""


class UnknownInstanceTypeError(EfaConstructsError):
    """The catalogue does not know the instance type."""


class NotAnEfaInstanceTypeError(EfaConstructsError):
    """The instance type exists, but has no EFA."""


class InvalidArgumentError(EfaConstructsError):
    """An argument of a construct or function has a value that would not work."""


class InvalidConfigurationError(EfaConstructsError):
    """The app's configuration (``efa:`` context keys, a cluster facts file) has a value that would not work."""


class InvalidLogError(EfaConstructsError):
    """A log cannot be read, or nothing can be said about it."""


class AwsRequestError(EfaConstructsError):
    """AWS could not be asked, or refused to answer."""

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        denied_action: str | None = None,
        denied_explicitly: bool = False,
    ) -> None:
        """
        :param message: One sentence.
        :param code: AWS's word for the error, such as ``"ResourceNotFoundException"``. Default: AWS was not reached.
        :param denied_action: The IAM action that the identity in use may not do, such as ``"eks:ListAddons"``. Default:
            AWS refused for another reason.
        :param denied_explicitly: Whether a policy denies it, so that allowing it changes nothing.
        """
        super().__init__(message)
        self.code: str | None = code
        self.denied_action: str | None = denied_action
        self.denied_explicitly: bool = denied_explicitly


class KubernetesRequestError(EfaConstructsError):
    """A Kubernetes API server could not be asked, or refused to answer."""


class RehearsalError(EfaConstructsError):
    """The rehearsal could not start or finish: a program is missing, or one that it runs went wrong."""
