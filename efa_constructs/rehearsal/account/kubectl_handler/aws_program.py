"""What CDK's kubectl handler asks of the AWS CLI, answered by the emulated account. It runs under the name ``aws``."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from pathlib import Path
from typing import Any

__all__ = ["KUBECONFIG", "main"]

# The variable with the kubeconfig that the account gives.
KUBECONFIG = "REHEARSAL_KUBECONFIG"


def main() -> None:
    """Do what the arguments ask for, and refuse everything that CDK's handler does not need of this account."""
    match sys.argv[1:]:
        case ["eks", "update-kubeconfig", *options]:
            _update_kubeconfig(options)
        case ["s3", "cp", source, target] if source.startswith("s3://"):
            _copy(source, target)
        case arguments:
            sys.exit(
                f"the emulated account has no 'aws {' '.join(arguments)}': only 'aws eks update-kubeconfig' and "
                "'aws s3 cp s3://BUCKET/KEY FILE', so that a chart of Amazon ECR cannot be fetched here"
            )


def _update_kubeconfig(options: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="aws eks update-kubeconfig")
    parser.add_argument("--name", required=True)
    parser.add_argument("--kubeconfig", required=True)
    # The account has seen it, and gives the kubeconfig of that role.
    parser.add_argument("--role-arn")
    arguments = parser.parse_args(options)
    shutil.copyfile(os.environ[KUBECONFIG], arguments.kubeconfig)
    sys.stdout.write(f"Added new context {arguments.name} to {arguments.kubeconfig}\n")


def _copy(source: str, target: str) -> None:
    # Only where it is needed: it takes longer to load than kubectl takes to apply something.
    import botocore.session
    from botocore.config import Config

    bucket, _, key = source.removeprefix("s3://").partition("/")
    s3: Any = botocore.session.Session().create_client(
        "s3", config=Config(proxies={}, s3={"addressing_style": "path"}, retries={"total_max_attempts": 1})
    )
    with Path(target).open("wb") as file:
        shutil.copyfileobj(s3.get_object(Bucket=bucket, Key=key)["Body"], file)


if __name__ == "__main__":
    main()
