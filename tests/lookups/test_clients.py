"""boto3 clients, and AWS's errors as one sentence."""

from __future__ import annotations

import pytest
from botocore.exceptions import (
    ClientError,
    EndpointConnectionError,
    NoCredentialsError,
    ReadTimeoutError,
    UnauthorizedSSOTokenError,
)

from efa_constructs.errors import AwsRequestError
from efa_constructs.lookups.clients import account_clients, aws_clients, aws_errors


def refusal(code: str, message: str, operation: str = "DescribeInstances") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, operation)


@pytest.mark.parametrize(
    ("raised", "sentence"),
    [
        pytest.param(
            refusal(
                "AccessDeniedException",
                "User: arn:aws:iam::1:user/a is not authorized to perform: eks:DescribeNodegroup on *",
                "DescribeNodegroup",
            ),
            "AWS refused DescribeNodegroup: allow 'eks:DescribeNodegroup' in the IAM policy of the identity in use",
            id="an action that IAM names",
        ),
        pytest.param(
            refusal("UnauthorizedOperation", "You are not authorized to perform this operation."),
            "AWS refused DescribeInstances: allow 'ec2:DescribeInstances' in the IAM policy of the identity in use",
            id="an action that IAM does not name",
        ),
        pytest.param(
            refusal(
                "UnauthorizedOperation",
                "You are not authorized to perform this operation. Encoded authorization failure message: Sy1n6gb-_k.",
            ),
            "AWS refused DescribeInstances: allow 'ec2:DescribeInstances' in the IAM policy of the identity in use",
            id="an action that only an encoded message names",
        ),
        pytest.param(
            refusal(
                "UnauthorizedOperation",
                "You are not authorized to perform this operation. User: arn:aws:iam::1:user/a is not authorized to "
                "perform: ec2:DescribeInstances because no identity-based policy allows the action",
            ),
            "allow 'ec2:DescribeInstances' in the IAM policy of the identity in use (User: arn:aws:iam::1:user/a",
            id="an identity that EC2 names",
        ),
        pytest.param(
            refusal(
                "AccessDeniedException",
                "User: arn:aws:iam::1:user/a is not authorized to perform: eks:ListClusters on resource: * with an "
                "explicit deny in a service control policy",
                "ListClusters",
            ),
            "AWS refused ListClusters: a policy denies 'eks:ListClusters', ask its owner (User: arn:aws:iam::1:user/a",
            id="an action that nobody may do",
        ),
        pytest.param(
            refusal("AuthFailure", "AWS was not able to validate the provided access credentials"),
            "the credentials are not valid there, check AWS_PROFILE and the keys, and that the Region is enabled for",
            id="keys that EC2 does not know",
        ),
        pytest.param(
            refusal("UnrecognizedClientException", "The security token included in the request is invalid."),
            "with UnrecognizedClientException: the credentials are not valid there, check AWS_PROFILE and the keys",
            id="keys that EKS does not know",
        ),
        pytest.param(
            refusal("RequestLimitExceeded", "Request limit exceeded."),
            "AWS throttles DescribeInstances: 1 attempts ended with RequestLimitExceeded; wait a minute",
            id="throttling",
        ),
        pytest.param(
            UnauthorizedSSOTokenError(),
            "the AWS credentials could not be had: run 'aws sso login'",
            id="an expired session of the identity center",
        ),
        pytest.param(
            refusal("ExpiredTokenException", "The security token included in the request is expired"),
            "the credentials have expired, sign in again",
            id="an expired token",
        ),
        pytest.param(
            refusal("ResourceNotFoundException", "No cluster found for name: training.\n", "DescribeCluster"),
            "AWS refused DescribeCluster with ResourceNotFoundException: No cluster found for name: training",
            id="any other refusal",
        ),
        pytest.param(NoCredentialsError(), "no AWS credentials found: run 'aws configure'", id="no credentials"),
        pytest.param(
            EndpointConnectionError(endpoint_url="https://eks.us-east-9.amazonaws.com"),
            'cannot reach AWS: Could not connect to the endpoint URL: "https://eks.us-east-9.amazonaws.com"',
            id="no such endpoint",
        ),
        pytest.param(ReadTimeoutError(endpoint_url="https://x"), "Read timeout on endpoint URL", id="a timeout"),
    ],
)
def test_says_in_one_sentence_what_went_wrong(raised: Exception, sentence: str) -> None:
    with pytest.raises(AwsRequestError) as error, aws_errors():
        raise raised
    assert sentence in str(error.value)
    assert "\n" not in str(error.value)
    assert not str(error.value).endswith(".")


@pytest.fixture
def no_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")


@pytest.mark.usefixtures("no_configuration")
def test_takes_the_region_from_the_argument_then_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_REGION", "eu-north-1")
    assert aws_clients().ec2.meta.region_name == "eu-north-1"
    assert aws_clients(region="us-west-2").eks.meta.region_name == "us-west-2"


@pytest.mark.usefixtures("no_configuration")
def test_fails_without_a_region_and_names_the_variable_to_set() -> None:
    with pytest.raises(AwsRequestError, match="set AWS_REGION"):
        aws_clients()


@pytest.mark.usefixtures("no_configuration")
def test_fails_when_the_profile_does_not_exist() -> None:
    with pytest.raises(AwsRequestError, match="nobody"):
        aws_clients(profile="nobody", region="us-east-1")


@pytest.mark.usefixtures("no_configuration")
@pytest.mark.parametrize(
    ("region", "words"),
    [("us-esat-1", "did you mean .*us-east-1"), ("us-west-2b", "did you mean us-west-2"), ("mars", "knows: A newer")],
)
def test_refuses_a_region_that_there_is_not_and_names_the_nearest(region: str, words: str) -> None:
    with pytest.raises(AwsRequestError, match=f"there is no AWS Region '{region}' that boto3 .*{words}"):
        aws_clients(region=region)


@pytest.mark.usefixtures("no_configuration")
@pytest.mark.parametrize("region", ["us-gov-west-1", "cn-north-1", "eu-south-2"])
def test_knows_the_regions_of_every_partition(region: str) -> None:
    assert aws_clients(region=region).region == region


@pytest.mark.usefixtures("no_configuration")
@pytest.mark.parametrize("url", ["foo", "http://", "http://[::1", "http://localhost:one", "http://localhost:99999"])
def test_refuses_an_endpoint_that_is_no_url(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", url)
    for make in (aws_clients, account_clients):
        with pytest.raises(AwsRequestError, match=r"the endpoint for ec2 is no URL \(.+\): correct AWS_ENDPOINT_URL"):
            make(region="us-east-1")


def test_says_what_an_answer_lacks() -> None:
    answer: dict[str, str] = {}
    with (
        pytest.raises(AwsRequestError, match="AWS answered, but without 'AvailableInstanceCount', which"),
        aws_errors(),
    ):
        answer["AvailableInstanceCount"]


def test_leaves_errors_of_this_library_alone() -> None:
    with pytest.raises(ValueError, match="ours"), aws_errors():
        raise ValueError("ours")


@pytest.mark.parametrize(
    ("raised", "code", "action"),
    [
        (refusal("UnauthorizedOperation", "no"), "UnauthorizedOperation", "ec2:DescribeInstances"),
        (refusal("AccessDenied", "may not"), "AccessDenied", None),
        (refusal("Throttling", "slower"), "Throttling", None),
        (NoCredentialsError(), None, None),
    ],
)
def test_tells_programs_why_there_is_no_answer(raised: Exception, code: str | None, action: str | None) -> None:
    with pytest.raises(AwsRequestError) as error, aws_errors():
        raise raised
    assert (error.value.code, error.value.denied_action) == (code, action)


def test_asks_the_account_of_a_given_environment_whatever_this_machine_is_set_to(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "of-production")
    environment = {
        "AWS_ACCESS_KEY_ID": "of-the-rehearsal",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:2",
    }
    clients = aws_clients(region="us-west-2", environment=environment)
    for client in (clients.ec2, clients.eks):
        assert client.meta.endpoint_url == "http://127.0.0.1:2"
        assert client._request_signer._credentials.access_key == "of-the-rehearsal"  # type: ignore[attr-defined]
