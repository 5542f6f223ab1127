"""``python -m efa_constructs.rehearsal.account``: serve an emulated AWS account on this machine."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ..kept import kept_record
from ..work_folder import work_folder

if TYPE_CHECKING:
    from ...lookups.cluster_facts import ClusterFacts
    from .eks.control_planes import ControlPlanes
    from .kubernetes import Kubernetes

__all__ = ["KEEP", "main"]

# What the parent writes before the name of a file, so that the account outlives it, and is written down there.
KEEP = "keep "

_ACCOUNT = "123456789012"


def main() -> None:
    """Serve until standard input ends, so that the account never outlives whoever started it."""
    arguments = _arguments()
    # Before the first import of moto, which reads it once.
    os.environ["MOTO_ACCOUNT_ID"] = arguments.account
    from .server import serve

    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    # A record is left last: whoever stops this account takes the end of its lock for the end of everything.
    with ExitStack() as record, ExitStack() as stack:
        facts = _read_facts(arguments.cluster_facts) if arguments.cluster_facts is not None else None
        server = serve(arguments.port, arguments.account)
        folder = None
        if arguments.kubernetes_binaries is not None:
            folder = stack.enter_context(work_folder())
            server.account.control_planes = stack.enter_context(_kubernetes(arguments, folder, facts))
        if facts is not None:
            _seed(facts, arguments.cluster_facts)
        if not arguments.detached:

            def keep(file: Path) -> None:
                record.enter_context(kept_record(file, account=arguments.account, folder=folder))

            threading.Thread(target=_wait_for_parent, args=[ended, keep], daemon=True).start()
        threading.Thread(target=server.serve_forever, daemon=True).start()
        told = {"port": server.server_port, "account": arguments.account, "sessionToken": server.session_token}
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()
        ended.wait()
    # Not sys.exit, which would wait for threads that answer requests. Nothing is to be saved.
    os._exit(0)


@contextmanager
def _kubernetes(
    arguments: argparse.Namespace, folder: Path, facts: ClusterFacts | None
) -> Iterator[Future[ControlPlanes]]:
    """The Kubernetes half of the account's clusters."""
    from .eks.control_planes import set_control_planes

    with ThreadPoolExecutor(1) as pool:
        # It takes seconds to load, and longer to start: meanwhile the account answers.
        loading: Future[ControlPlanes] = pool.submit(_start_kubernetes, arguments, folder, facts)
        set_control_planes(loading)
        try:
            yield loading
        finally:
            loading.result().stop()


def _start_kubernetes(arguments: argparse.Namespace, folder: Path, facts: ClusterFacts | None) -> Kubernetes:
    from ..control_plane.binaries import Binaries
    from .endpoint import environment
    from .kubernetes import Kubernetes

    return Kubernetes(
        Binaries.from_json(arguments.kubernetes_binaries),
        folder,
        environment(arguments.account),
        existing_server=urlsplit(facts.cluster.endpoint).hostname if facts is not None else None,
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m efa_constructs.rehearsal.account",
        description="Serve an emulated AWS account on 127.0.0.1. One line of JSON tells its port and "
        "the session token that it asks for when it is ready.",
    )
    parser.add_argument("--port", type=int, default=0, help="default: a free one")
    parser.add_argument("--account", default=_ACCOUNT, help="account number (default: %(default)s)")
    parser.add_argument("--cluster-facts", type=Path, help="put the cluster of this file into the account")
    parser.add_argument("--kubernetes-binaries", help="give clusters control planes of these programs, in JSON")
    parser.add_argument("--detached", action="store_true", help="go on when standard input ends")
    return parser.parse_args()


def _read_facts(file: Path) -> ClusterFacts:
    from ...errors import EfaConstructsError
    from ...lookups.cluster_facts import read_cluster_facts

    try:
        return read_cluster_facts(file)
    except EfaConstructsError as error:
        sys.exit(str(error))


def _seed(facts: ClusterFacts, file: Path) -> None:
    from moto.ec2.exceptions import EC2ClientError

    from .existing_cluster import seed
    from .resource_type import AwsError

    try:
        seed(facts)
    except (AwsError, EC2ClientError) as error:
        sys.exit(f"the account refuses what the cluster facts file '{file}' describes: {error.message}")


def _wait_for_parent(ended: threading.Event, keep: Callable[[Path], None]) -> None:
    for line in sys.stdin:
        if line.startswith(KEEP):
            keep(Path(line.removeprefix(KEEP).rstrip("\n")))
            return
    ended.set()


if __name__ == "__main__":
    main()
