"""What user data lets the kubelet take: also where it is written by a script."""

from __future__ import annotations

import pytest

from efa_constructs.catalogue.user_data import max_pods_told, settings_that_count

CONFIG = "kind: NodeConfig\nspec:\n  kubelet:\n    config:\n      maxPods: 20\n"
HEAD = 'MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="x"\n\n'


def parts(*each: tuple[str, str]) -> str:
    return HEAD + "".join(f"--x\nContent-Type: {kind}\n\n{body}\n" for kind, body in each) + "--x--\n"


SCRIPT = ("text/x-shellscript", "#!/bin/sh\ncat > /etc/eks/nodeadm.d/1.yaml <<END\n      maxPods: 30\nEND")
NODE_CONFIG = ("application/node.eks.aws", CONFIG)


@pytest.mark.parametrize(
    ("user_data", "own_image", "told"),
    [
        (parts(SCRIPT, NODE_CONFIG), False, 30),
        # EKS adds nothing to an image of one's own: the last one wins.
        (parts(SCRIPT, NODE_CONFIG), True, 20),
        (parts(NODE_CONFIG), False, None),
        ("[settings.kubernetes]\nmax-pods = 40\n", False, 40),
        (parts(("text/x-shellscript", "#!/bin/sh\necho maxPods: $N")), False, None),
        ("", False, None),
    ],
)
def test_reads_the_most_pods_out_of_user_data(user_data: str, own_image: bool, told: int | None) -> None:
    assert max_pods_told(settings_that_count(user_data, own_image=own_image)) == told
