"""Measures ``efa preflight`` against the AWS CLI asking the same, one command after another, on one emulated account.

``python benchmarks/preflight.py``. The AWS CLI goes into a temporary environment: the project does not need it.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from measure import Command, Measurement, measure
from rich.console import Console
from rich.table import Table

from efa_constructs.rehearsal.account.process import AccountProcess

__all__ = ["measure_preflight", "preflight_table"]

ROOT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent
FACTS = ROOT / "examples" / "cluster-facts.json"
# Version 1 is what PyPI has.
AWS_CLI = "awscli>=1.44,<2"

CLUSTER, VPC, SUBNET = "training", "vpc-0a1a2a3a4a5a6a7a8", "subnet-0d1d2d3d4d5d6d7d8"
OF_VPC = f"Name=vpc-id,Values={VPC}"
# What the EKS guide has a person ask before the launch template is written.
OF_THE_GUIDE = (
    "ec2 describe-instance-types --instance-types p4d.24xlarge",
    "ec2 describe-instance-type-offerings --location-type availability-zone "
    "--filters Name=instance-type,Values=p4d.24xlarge",
    f"eks describe-cluster --name {CLUSTER}",
    f"ec2 describe-subnets --filters {OF_VPC}",
    f"ec2 describe-route-tables --filters {OF_VPC}",
    f"eks describe-addon --cluster-name {CLUSTER} --addon-name vpc-cni",
    f"ec2 describe-security-groups --filters {OF_VPC}",
)
ROLE = "arn:aws:iam::123456789012:role/cdk-hnb659fds-cfn-exec-role-123456789012-us-east-1"
NODE_GROUP_ROLE = "AWSServiceRoleForAmazonEKSNodegroup"
# What preflight asks beside that.
BESIDE = (
    "sts get-caller-identity",
    "service-quotas get-service-quota --service-code ec2 --quota-code L-417A185B",
    "ec2 describe-instances --filters Name=instance-state-name,Values=running",
    "ec2 describe-capacity-reservations",
    "eks describe-cluster-versions --include-all",
    "ssm get-parameter --name /aws/service/eks/optimized-ami/1.35/amazon-linux-2023/x86_64/nvidia/recommended/image_id",
    f"ec2 describe-vpc-endpoints --filters {OF_VPC}",
    f"ec2 describe-vpc-attribute --vpc-id {VPC} --attribute enableDnsSupport",
    f"ec2 describe-vpc-attribute --vpc-id {VPC} --attribute enableDnsHostnames",
    "cloudformation describe-stacks",
    "ssm get-parameter --name /cdk-bootstrap/hnb659fds/version",
    f"iam simulate-principal-policy --policy-source-arn {ROLE} --action-names eks:CreateNodegroup iam:PassRole",
    f"iam get-role --role-name {NODE_GROUP_ROLE}",
)
TRUST = '{"Statement":[{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"}]}'
EVERYTHING = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'
# Otherwise a check fails, and the command ends with 1.
PREPARATION: Sequence[Sequence[str]] = (
    ("ssm", "put-parameter", "--name", "/cdk-bootstrap/hnb659fds/version", "--value", "30", "--type", "String"),
    ("iam", "create-role", "--role-name", ROLE.partition("/")[2], "--assume-role-policy-document", TRUST),
    (
        "iam",
        "put-role-policy",
        "--role-name",
        ROLE.partition("/")[2],
        "--policy-name",
        "everything",
        "--policy-document",
        EVERYTHING,
    ),
    # By its name: moto gives service-linked roles other ones.
    ("iam", "create-role", "--role-name", NODE_GROUP_ROLE, "--assume-role-policy-document", TRUST),
)


def measure_preflight(repetitions: int) -> Mapping[str, Measurement]:
    """Medians of ``efa preflight``, of the guide's commands, and of commands that ask all that preflight asks."""
    with tempfile.TemporaryDirectory() as folder, AccountProcess(cluster_facts=FACTS) as account:
        aws = _aws_cli(Path(folder))
        environment = {**account.environment, "AWS_PAGER": ""}
        for arguments in PREPARATION:
            Command([str(aws), *arguments], ROOT, environment).run()
        preflight = [str(BIN / "efa"), "preflight", "--cluster", CLUSTER, "--subnet", SUBNET, "--json"]
        return measure(
            {
                "preflight": Command([*preflight, "--instance-type", "p4d.24xlarge"], ROOT, environment),
                "guide": _one_after_another(aws, OF_THE_GUIDE, environment),
                "same": _one_after_another(aws, (*OF_THE_GUIDE, *BESIDE), environment),
            },
            repetitions,
        )


def _aws_cli(folder: Path) -> Path:
    environment = folder / "aws"
    for arguments in (["venv", str(environment)], ["pip", "install", "--python", str(environment), AWS_CLI]):
        subprocess.run([str(BIN / "uv"), *arguments, "--quiet"], check=True)
    return environment / "bin" / "aws"


def _one_after_another(aws: Path, commands: Sequence[str], environment: Mapping[str, str]) -> Command:
    script = "\n".join(("set -e", *(f"'{aws}' {command} > /dev/null" for command in commands)))
    return Command(["sh", "-c", script], ROOT, environment)


def preflight_table(measured: Mapping[str, Measurement]) -> Table:
    """How much longer the AWS CLI takes."""
    table = Table("what", "commands", "seconds", "times efa preflight", "of CPU", "target", title="Before a deployment")
    for name, words, commands in (
        ("preflight", "efa preflight", 1),
        ("guide", "the guide's own commands", len(OF_THE_GUIDE)),
        ("same", "the same questions", len(OF_THE_GUIDE) + len(BESIDE)),
    ):
        one, preflight = measured[name], measured["preflight"]
        ratios = (f"{one.wall / preflight.wall:.1f}", f"{one.cpu / preflight.cpu:.1f}")
        table.add_row(words, str(commands), f"{one.wall:.2f}", *ratios, ">= 10" if name == "same" else "")
    return table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repetitions", type=int, default=5)
    measured = measure_preflight(parser.parse_args().repetitions)
    Console(width=None if sys.stdout.isatty() else 110).print(preflight_table(measured))


if __name__ == "__main__":
    main()
