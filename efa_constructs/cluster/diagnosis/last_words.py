"""What a container said before it ended with an error."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import chain

from ..snapshot import ClusterSnapshot, KubernetesObject

__all__ = [
    "BAD_SSH_FILES",
    "NO_MEMORY_TO_LOCK",
    "NO_SLOTS",
    "NO_SSHD",
    "SSH_REFUSED",
    "UNREACHED",
    "UNRESOLVED",
    "said_at_the_end",
]

# Of ssh, for a name without an address: https://github.com/kubeflow/mpi-operator/issues/481.
UNRESOLVED = re.compile(r"Could not resolve hostname")
# Of sshd about directories, of ssh about its configuration and about a key that a group may read:
# https://github.com/kubeflow/mpi-operator/issues/424 and 429.
BAD_SSH_FILES = re.compile(
    r"bad ownership or modes for|Bad owner or permissions on|UNPROTECTED PRIVATE KEY FILE|"
    r"Permissions \d+ for \S+ are too open"
)
# Of ssh, whatever sshd did not like.
SSH_REFUSED = re.compile(r"Permission denied \(publickey|Host key verification failed")
NO_SSHD = re.compile(r"connect to host \S+ port \d+: Connection (?:refused|timed out)")
# Of libfabric: https://github.com/awslabs/awsome-distributed-training/issues/647.
NO_MEMORY_TO_LOCK = re.compile(r"Libfabric error: \(-12\)|Failure to post internal receive buffers")
# Of libfabric, where a security group drops packets: https://github.com/aws/aws-ofi-nccl/issues/663.
UNREACHED = re.compile(r"Unresponsive receiver|Unable to insert remote address")
# Of mpirun: Open MPI 5 does not read the hostfile that the operator names for 4.1,
# https://github.com/kubeflow/mpi-operator/issues/842.
NO_SLOTS = re.compile(r"not enough slots available")
_TELLING = (BAD_SSH_FILES, UNRESOLVED, SSH_REFUSED, NO_SSHD, NO_MEMORY_TO_LOCK, UNREACHED, NO_SLOTS)
# What mpirun says of the end of any program, in boxes, says less than what stands before it.
_SAYS_LITTLE = re.compile(
    r"Primary job +terminated|a non-zero exit code\. Per user-direction|\S+ detected that one or more processes|"
    r"the job to be terminated\. The first|Process name: +\[|Exit code: "
)
_LONGEST = 300


def said_at_the_end(snapshot: ClusterSnapshot, pod: KubernetesObject) -> Iterator[str]:
    """One line for each container that ended with an error: what is known to matter, or else the last one.

    It is of the container's termination message, which Kubernetes keeps of few containers, or else of its log.
    """
    for status in pod["status"].get("containerStatuses") or ():
        for state in (status.get("state") or {}, status.get("lastState") or {}):
            ended = state.get("terminated") or {}
            if ended.get("exitCode"):
                lines = str(ended.get("message") or "").splitlines() or snapshot.logs.get(pod["metadata"]["uid"], ())
                yield _telling_line(lines) or f"exit status {ended['exitCode']}"


def _telling_line(lines: Sequence[str]) -> str:
    # Lines of a box without letters are none.
    written = [line.strip() for line in lines if any(map(str.isalnum, line))]
    known = (line for pattern in _TELLING for line in written if pattern.search(line))
    others = (line for line in reversed(written) if not _SAYS_LITTLE.match(line))
    return next(chain(known, others, written[-1:]), "")[:_LONGEST]
