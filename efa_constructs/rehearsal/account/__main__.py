"""``python -m efa_constructs.rehearsal.account``: serve an emulated AWS account on this machine."""

from __future__ import annotations

import argparse
import json
import os
import sys
import threading
from pathlib import Path

__all__ = ["KEEP", "main"]

# What the parent writes so that the account outlives it.
KEEP = "keep"

_ACCOUNT = "123456789012"


def main() -> None:
    """Serve until standard input ends, so that the account never outlives whoever started it."""
    arguments = _arguments()
    # Before the first import of moto, which reads it once.
    os.environ["MOTO_ACCOUNT_ID"] = arguments.account
    from .server import serve

    server = serve(arguments.port, arguments.account)
    if arguments.cluster_facts is not None:
        _seed(arguments.cluster_facts)
    if not arguments.detached:
        threading.Thread(target=_end_with_parent, daemon=True).start()
    sys.stdout.write(json.dumps({"port": server.server_port, "account": arguments.account}) + "\n")
    sys.stdout.flush()
    server.serve_forever()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m efa_constructs.rehearsal.account",
        description="Serve an emulated AWS account on 127.0.0.1. One line of JSON tells the port when it is ready.",
    )
    parser.add_argument("--port", type=int, default=0, help="default: a free one")
    parser.add_argument("--account", default=_ACCOUNT, help="account number (default: %(default)s)")
    parser.add_argument("--cluster-facts", type=Path, help="put the cluster of this file into the account")
    parser.add_argument("--detached", action="store_true", help="go on when standard input ends")
    return parser.parse_args()


def _seed(file: Path) -> None:
    from moto.ec2.exceptions import EC2ClientError

    from ...errors import EfaConstructsError
    from ...lookups.cluster_facts import read_cluster_facts
    from .existing_cluster import seed
    from .resource_type import AwsError

    try:
        seed(read_cluster_facts(file))
    except EfaConstructsError as error:
        sys.exit(str(error))
    except (AwsError, EC2ClientError) as error:
        sys.exit(f"the account refuses what the cluster facts file '{file}' describes: {error.message}")


def _end_with_parent() -> None:
    for line in sys.stdin:
        if line.strip() == KEEP:
            return
    # Not sys.exit: it would end this thread only. Nothing is to be saved.
    os._exit(0)


if __name__ == "__main__":
    main()
