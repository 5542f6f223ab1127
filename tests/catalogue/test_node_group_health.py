"""What EKS's health issues mean, in messages that people published."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import botocore
import pytest

from efa_constructs.catalogue import health_issue_meaning

# https://github.com/eksctl-io/eksctl/issues/4732
CAPACITY = (
    "Could not launch On-Demand Instances. InsufficientInstanceCapacity - We currently do not have sufficient "
    "p2.xlarge capacity in the Availability Zone you requested (us-west-2b). Our system will be working on "
    "provisioning additional capacity. Launching EC2 instance failed."
)


@pytest.mark.parametrize(
    ("message", "meaning", "fix"),
    [
        (CAPACITY, "too few of these instances", "capacity reservation"),
        (
            "Could not launch On-Demand Instances. VcpuLimitExceeded - You have requested more vCPU capacity than your "
            "current vCPU limit of 96 allows for the instance bucket that the specified instance type belongs to.",
            "vCPUs of this family",
            "Service Quotas",
        ),
        (
            "Could not launch Spot Instances. MaxSpotInstanceCountExceeded - Max spot instance count exceeded.",
            "vCPUs of this family",
            "Service Quotas",
        ),
        (
            "Could not launch On-Demand Instances. InsufficientFreeAddressesInSubnet - There are not enough free "
            "addresses in subnet 'subnet-0a' to satisfy the requested number of instances.",
            "too few free addresses",
            "larger subnet",
        ),
        (
            "Could not launch On-Demand Instances. Unsupported - Your requested instance type (p5.48xlarge) is not "
            "supported in your requested Availability Zone (us-east-1a).",
            "does not go with the instance type",
            "zone that offers",
        ),
        (
            "Could not launch On-Demand Instances. ReservationCapacityExceeded - Reserved capacity is exceeded.",
            "no room",
            "enlarge the reservation",
        ),
        ("no launch: INSUFFICIENTINSTANCECAPACITY", "too few of these instances", "capacity reservation"),
        ("Something else went wrong.", "could not launch", "activity of the Auto Scaling group"),
    ],
)
def test_what_ec2_says_of_a_launch_is_told_in_plain_words(message: str, meaning: str, fix: str) -> None:
    found = health_issue_meaning("AsgInstanceLaunchFailures", message)
    assert found is not None
    assert meaning in found.meaning
    assert fix in found.fix


def test_words_of_ec2_in_another_issue_mean_what_the_issue_means() -> None:
    found = health_issue_meaning("NodeCreationFailure", "Instances failed to join: InsufficientInstanceCapacity")
    assert found is not None
    assert "did not join" in found.meaning


def test_a_code_that_eks_documents_has_a_meaning_and_one_that_nobody_knows_has_none() -> None:
    file = Path(botocore.__file__).parent / "data" / "eks" / "2017-11-01" / "service-2.json.gz"
    model = json.loads(gzip.decompress(file.read_bytes()))["shapes"]
    documented = [
        code
        for code in model["NodegroupIssueCode"]["enum"]
        if f"<b>{code}</b>" in model["Issue"]["members"]["code"]["documentation"]
    ]
    assert "AsgInstanceLaunchFailures" in documented
    assert [code for code in documented if health_issue_meaning(code) is None] == []
    assert health_issue_meaning("Unheard") is None
