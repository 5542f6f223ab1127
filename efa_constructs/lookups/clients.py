"""boto3 clients, and AWS's errors as one sentence."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import boto3
import botocore.session
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    CredentialRetrievalError,
    EndpointConnectionError,
    LoginError,
    NoCredentialsError,
    NoRegionError,
    PartialCredentialsError,
    ProfileNotFound,
    SSOError,
    TokenRetrievalError,
)

from ..catalogue.nearest import nearest
from ..errors import AwsRequestError

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_ec2 import EC2Client
    from mypy_boto3_eks import EKSClient
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_sts import STSClient

__all__ = [
    "AccountClients",
    "AwsClients",
    "TemplateClients",
    "account_clients",
    "aws_clients",
    "aws_errors",
    "boto3_errors",
    "template_clients",
]

# Adaptive: a look at a large cluster asks EC2 hundreds of times, and EC2 throttles per account.
_CONFIG = Config(retries={"mode": "adaptive", "max_attempts": 8}, connect_timeout=10, read_timeout=60)
# After three, seconds have passed.
_ATTEMPTS_IN_SILENCE = 3
# Python prints warnings to standard error where nobody set logging up.
_LOGGER = logging.getLogger(__name__)
_DENIED = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"})
_EXPIRED = frozenset({"ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"})
# EC2's word, EKS's, and what others say.
_UNKNOWN = frozenset(
    {
        "AuthFailure",
        "IncompleteSignature",
        "InvalidAccessKeyId",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    }
)
_THROTTLED = frozenset(
    {"RequestLimitExceeded", "RequestThrottled", "Throttling", "ThrottlingException", "TooManyRequestsException"}
)
_ACTION = re.compile(r"not authorized to perform: ([\w-]+:\w+)")
# Hundreds of letters that only 'aws sts decode-authorization-message' reads.
_ENCODED = re.compile(r"\.? Encoded authorization failure message: \S+")
# All that EC2 says, to those who may not know more.
_SAYS_NOTHING = "You are not authorized to perform this operation"


@dataclass(frozen=True, kw_only=True)
class AwsClients:
    """The clients that lookups ask, all of one account and Region."""

    region: str
    ec2: EC2Client
    eks: EKSClient


@dataclass(frozen=True, kw_only=True)
class AccountClients(AwsClients):
    """The clients that ask about an account, too: its quotas, permissions, stacks and parameters."""

    cloudformation: CloudFormationClient
    iam: IAMClient
    service_quotas: Any
    ssm: Any
    sts: STSClient


@dataclass(frozen=True, kw_only=True)
class TemplateClients:
    """The clients that deploy a template, of one account and Region."""

    region: str
    cloudformation: CloudFormationClient
    s3: Any


def aws_clients(
    *, region: str | None = None, profile: str | None = None, environment: Mapping[str, str] | None = None
) -> AwsClients:
    """Make the clients. Credentials and endpoints are found as every AWS tool finds them.

    :param region: Default: ``AWS_REGION``, ``AWS_DEFAULT_REGION``, or the profile's.
    :param profile: Profile of the AWS configuration. Default: ``AWS_PROFILE``, or the default one.
    :param environment: Keys and ``AWS_ENDPOINT_URL`` of another account than this process's; the AWS configuration of
        this machine is left out of it. Default: this process's account.
    :raises AwsRequestError: there is no such profile, or no Region, or none of this name.
    """
    with boto3_errors():
        if environment is not None:
            return _clients(_session_of(environment, region), environment.get("AWS_ENDPOINT_URL"))
        return _clients(_session_here(region, profile), None)


def account_clients(*, region: str | None = None, profile: str | None = None) -> AccountClients:
    """Make the clients that ask about this process's account.

    :param region: Default: as in :func:`aws_clients`.
    :param profile: Likewise.
    :raises AwsRequestError: there is no such profile, or no Region, or none of this name.
    """
    with boto3_errors():
        session = _session_here(region, profile)
        few = _clients(session, None)
        return AccountClients(
            region=few.region,
            ec2=few.ec2,
            eks=few.eks,
            cloudformation=_client(session, "cloudformation"),
            iam=_client(session, "iam"),
            service_quotas=_client(session, "service-quotas"),
            ssm=_client(session, "ssm"),
            sts=_client(session, "sts"),
        )


def _session_here(region: str | None, profile: str | None) -> boto3.Session:
    # boto3 reads AWS_DEFAULT_REGION only, every other AWS SDK reads AWS_REGION.
    session = boto3.Session(region_name=region or os.environ.get("AWS_REGION"), profile_name=profile)
    _check_region(session)
    return session


def _check_region(session: boto3.Session) -> None:
    """Refuse a Region that does not exist. boto3 would look for its servers for a while, and say that it found none."""
    known = [
        region
        for partition in session.get_available_partitions()
        for region in session.get_available_regions("ec2", partition)
    ]
    if session.region_name and session.region_name not in known:
        meant = nearest(session.region_name, known)
        hint = f"did you mean {' or '.join(meant)}? " if meant else ""
        raise AwsRequestError(
            f"there is no AWS Region '{session.region_name}' that boto3 {boto3.__version__} knows: {hint}"
            "A newer Region needs a newer boto3"
        )


def template_clients(environment: Mapping[str, str], *, region: str) -> TemplateClients:
    """Make the clients with which a template is deployed.

    :param environment: Keys and ``AWS_ENDPOINT_URL`` of the account; the AWS configuration of this machine is left out.
    """
    with boto3_errors():
        session, url = _session_of(environment, region), environment.get("AWS_ENDPOINT_URL")
        return TemplateClients(
            region=region,
            cloudformation=_client(session, "cloudformation", url),
            s3=_client(session, "s3", url),
        )


def _session_of(environment: Mapping[str, str], region: str | None) -> boto3.Session:
    nothing = {"profile": (None, None, None, None), "config_file": (None, None, os.devnull, None)}
    return boto3.Session(
        botocore_session=botocore.session.Session(session_vars=nothing),
        aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
        aws_session_token=environment.get("AWS_SESSION_TOKEN"),
        region_name=region or environment.get("AWS_REGION"),
    )


def _clients(session: boto3.Session, endpoint_url: str | None) -> AwsClients:
    return AwsClients(
        region=session.region_name or "",
        ec2=_client(session, "ec2", endpoint_url),
        eks=_client(session, "eks", endpoint_url),
    )


def _client(session: boto3.Session, service: Any, endpoint_url: str | None = None) -> Any:
    try:
        client = session.client(service, config=_CONFIG, endpoint_url=endpoint_url)
        # botocore looks at the port when it asks, and not before.
        _ = urlsplit(client.meta.endpoint_url).port
    except BotoCoreError:
        raise
    except ValueError as error:
        raise AwsRequestError(
            f"the endpoint for {service} is no URL ({error}): correct AWS_ENDPOINT_URL and the profile's endpoint_url, "
            "or leave them out"
        ) from error
    client.meta.events.register_first(
        f"needs-retry.{client.meta.service_model.service_id.hyphenize()}", _tell_throttling
    )
    return client


def _tell_throttling(response: Any, attempts: int, operation: Any, **_: Any) -> None:
    """Say why nothing is seen to happen: retries take a minute. What it says goes to standard error."""
    code = response[1].get("Error", {}).get("Code") if response else None
    if code in _THROTTLED and attempts == _ATTEMPTS_IN_SILENCE:
        _LOGGER.warning("AWS throttles %s: asking again, for two minutes at most", operation.name)


@contextmanager
def aws_errors() -> Iterator[None]:
    """Also turn an answer without a field into one: EC2's reference calls nearly all of them optional."""
    with boto3_errors():
        try:
            yield
        except KeyError as error:
            raise AwsRequestError(f"AWS answered, but without '{error.args[0]}', which is needed") from error


@contextmanager
def boto3_errors() -> Iterator[None]:
    """Turn what boto3 raises into an :class:`AwsRequestError` of one sentence."""
    try:
        yield
    except ClientError as error:
        raise _refusal(error) from error
    except BotoCoreError as error:
        raise AwsRequestError(_failure(error)) from error


def _refusal(error: ClientError) -> AwsRequestError:
    operation = error.operation_name
    code = error.response.get("Error", {}).get("Code", "Unknown")
    message = " ".join(error.response.get("Error", {}).get("Message", "").split())
    message = _ENCODED.sub("", message).rstrip(".")
    if code in _DENIED:
        return _denial(operation, code, message)
    refused = f"AWS refused {operation}"
    if code in _EXPIRED:
        sentence = f"{refused}: the credentials have expired, sign in again"
    elif code in _UNKNOWN:
        # The same for an unknown key and for a known one in a Region that must be opted in to.
        sentence = (
            f"{refused} with {code}: the credentials are not valid there, check AWS_PROFILE and the keys, and that the "
            f"Region is enabled for the account ({message})"
        )
    elif code in _THROTTLED:
        attempts = error.response.get("ResponseMetadata", {}).get("RetryAttempts", 0) + 1
        sentence = (
            f"AWS throttles {operation}: {attempts} attempts ended with {code}; wait a minute, or end what else asks "
            "this account so often, and try again"
        )
    else:
        sentence = f"{refused} with {code}: {message}"
    return AwsRequestError(sentence, code=code)


def _denial(operation: str, code: str, message: str) -> AwsRequestError:
    named = _ACTION.search(message)
    # EC2 names the action only to those who may know it. Of the services asked here, no other has this code.
    action = named[1] if named else f"ec2:{operation}" if code == "UnauthorizedOperation" else operation
    explicit = "explicit deny" in message
    if explicit:
        fix = f"a policy denies '{action}', ask its owner"
    else:
        fix = f"allow '{action}' in the IAM policy of the identity in use"
    said = "" if message == _SAYS_NOTHING else f" ({message.removeprefix(_SAYS_NOTHING).lstrip('. ')})"
    return AwsRequestError(
        f"AWS refused {operation}: {fix}{said}",
        code=code,
        denied_action=action if ":" in action else None,
        denied_explicitly=explicit,
    )


def _failure(error: BotoCoreError) -> str:
    if isinstance(error, NoCredentialsError | PartialCredentialsError):
        return "no AWS credentials found: run 'aws configure' or 'aws sso login', or set AWS_PROFILE"
    if isinstance(error, SSOError | LoginError | TokenRetrievalError | CredentialRetrievalError):
        said = " ".join(str(error).split()).rstrip(".")
        return f"the AWS credentials could not be had: run 'aws sso login', or sign in as your profile needs ({said})"
    if isinstance(error, ProfileNotFound):
        return (
            f"there is no AWS profile '{error.kwargs['profile']}': 'aws configure list-profiles' shows which there are"
        )
    if isinstance(error, NoRegionError):
        return "no AWS Region given: set AWS_REGION, or a region in the AWS profile"
    if isinstance(error, EndpointConnectionError):
        return f"cannot reach AWS: {str(error).rstrip('.')}"
    return f"AWS could not be asked: {' '.join(str(error).split()).rstrip('.')}"
