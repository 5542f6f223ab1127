"""User data of the nodes: MIME parts for nodeadm (Amazon Linux 2023), or TOML settings (Bottlerocket)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..errors import InvalidArgumentError
from ..rules.launch_templates import NODE_CONFIG_WITHOUT_KIND, SCRIPT_WITHOUT_SHELL, UNREAD_PART, USER_DATA_FORMAT

if TYPE_CHECKING:
    from email.message import Message

__all__ = ["MimePart", "bottlerocket_user_data", "nodeadm_user_data"]

_BOUNDARY = "==EFA-NODE-USER-DATA=="

_CONTENT_TYPES = (
    "application/node.eks.aws",
    "text/cloud-boothook",
    "text/cloud-config",
    "text/x-shellscript",
)

_RAID0 = """\
apiVersion: node.eks.aws/v1alpha1
kind: NodeConfig
spec:
  instance:
    localStorage:
      strategy: RAID0
"""

# A managed node group gets a NodeConfig from EKS that sets maxPods, and the last NodeConfig in user data is EKS's.
# Files in /etc/eks/nodeadm.d are merged over user data, and nodeadm starts only after this script has ended.
_MAX_PODS = """\
#!/bin/bash
mkdir -p /etc/eks/nodeadm.d
cat > /etc/eks/nodeadm.d/50-max-pods.yaml <<'CONFIG'
apiVersion: node.eks.aws/v1alpha1
kind: NodeConfig
spec:
  kubelet:
    config:
      maxPods: {max_pods}
CONFIG
"""

_BOTTLEROCKET_RAID0 = """\
[settings.bootstrap-commands.instance-store]
commands = [
  ["apiclient", "ephemeral-storage", "init"],
  ["apiclient", "ephemeral-storage", "bind", "--dirs", "/var/lib/containerd", "/var/lib/kubelet", "/var/log/pods"],
]
essential = true
mode = "always"
"""


@dataclass(frozen=True, slots=True)
class MimePart:
    """One part of the nodes' user data. Parts run in the order given, before nodeadm joins the node to the cluster.

    Source: Amazon EKS User Guide, "Customize managed nodes with launch templates", section on user data.
    """

    content_type: str
    body: str

    def __post_init__(self) -> None:
        if self.content_type not in _CONTENT_TYPES:
            raise InvalidArgumentError(
                UNREAD_PART.refusal(
                    where="'content_type'", type=repr(self.content_type), allowed=", ".join(_CONTENT_TYPES)
                )
            )
        if _BOUNDARY in self.body:
            raise InvalidArgumentError(f"'body' contains {_BOUNDARY!r}, which separates the parts: remove it")
        if self.content_type == "text/x-shellscript" and not self.body.startswith("#!"):
            raise InvalidArgumentError(SCRIPT_WITHOUT_SHELL.refusal(where="'body'", start=repr(self.body[:20])))
        is_node_config = all(words in self.body for words in ("apiVersion: node.eks.aws/", "kind: NodeConfig"))
        if self.content_type == "application/node.eks.aws" and not is_node_config:
            raise InvalidArgumentError(NODE_CONFIG_WITHOUT_KIND.refusal(where="'body'"))

    @staticmethod
    def shell_script(body: str) -> MimePart:
        """A script that runs as root, once, on the first start."""
        return MimePart("text/x-shellscript", body)

    @staticmethod
    def node_config(body: str) -> MimePart:
        """A ``NodeConfig`` in YAML, which nodeadm merges with its own and EKS's."""
        return MimePart("application/node.eks.aws", body)

    @staticmethod
    def from_document(document: str) -> list[MimePart]:
        """Take a whole MIME multi-part document apart.

        :raises InvalidArgumentError: the document is not MIME multi-part, or a part has a type that nodes do not read.
        """
        # Only here: it would add to the start of every app.
        import email

        message = email.message_from_bytes(document.encode())
        if not message.is_multipart():
            raise InvalidArgumentError(
                USER_DATA_FORMAT.refusal(
                    f"the user data starts with {document[:20]!r} and is not a MIME multi-part document, which EKS "
                    "requires"
                )
            )
        return [MimePart(part.get_content_type(), _text(part)) for part in message.walk() if not part.is_multipart()]


def _text(part: Message) -> str:
    """The body of a part, whatever it was encoded with for its way through mail programs."""
    content = part.get_payload(decode=True)
    try:
        return bytes(content).decode(part.get_content_charset() or "utf-8")
    except (LookupError, UnicodeDecodeError):
        raise InvalidArgumentError(
            f"a part of type {part.get_content_type()!r} is not text in {part.get_content_charset() or 'utf-8'}: nodes "
            "read text only"
        ) from None


def nodeadm_user_data(parts: Sequence[MimePart], *, raid0: bool, max_pods: int | None) -> str | None:
    """The user data of an Amazon Linux 2023 node, or None where it needs none.

    :param parts: Further parts, which come first.
    :param raid0: Join the instance store's disks to one volume, for the kubelet and containerd.
    :param max_pods: What the kubelet shall report as its maximum number of pods. None: what EKS sets.
    """
    every = list(parts)
    if raid0:
        every.append(MimePart.node_config(_RAID0))
    if max_pods is not None:
        every.append(MimePart.shell_script(_MAX_PODS.format(max_pods=max_pods)))
    if not every:
        return None
    head = f'MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="{_BOUNDARY}"\n\n'
    body = "".join(f"--{_BOUNDARY}\nContent-Type: {part.content_type}\n\n{part.body}\n" for part in every)
    return f"{head}{body}--{_BOUNDARY}--\n"


def bottlerocket_user_data(parts: Sequence[MimePart], *, raid0: bool, max_pods: int | None) -> str | None:
    """The user data of a Bottlerocket node: see :func:`nodeadm_user_data`.

    :raises InvalidArgumentError: MIME parts were given: Bottlerocket reads TOML settings only.
    """
    if parts:
        raise InvalidArgumentError(
            USER_DATA_FORMAT.refusal(
                f"'user_data' has a part of type {parts[0].content_type!r}, but Bottlerocket reads TOML settings and "
                "runs no scripts",
                "use an AL2023 AMI type, or leave it out",
            )
        )
    settings = [f"[settings.kubernetes]\nmax-pods = {max_pods}\n"] if max_pods is not None else []
    if raid0:
        settings.append(_BOTTLEROCKET_RAID0)
    return "\n".join(settings) or None
