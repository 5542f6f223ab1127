"""What kubectl said, as people are told it."""

from __future__ import annotations

import pytest

from efa_constructs.rehearsal.inputs.kubectl_refusals import in_plain_words

WRAPPED = "Received response status [FAILED] from custom resource. Message returned: Error: {} (RequestId: 1-2)"


@pytest.mark.parametrize(
    ("output", "words"),
    [
        (
            r"""b'clusterrole.rbac.authorization.k8s.io/a created\nError from server (NotFound): error when """
            r"""creating "/tmp/1/manifest.yaml": namespaces "team" not found\nError from server (NotFound): """
            r"""error when creating "/tmp/1/manifest.yaml": namespaces "team" not found\n'""",
            'Error from server (NotFound): namespaces "team" not found; apply the Namespace team before, in a manifest '
            "of its own on which this one depends",
        ),
        (
            r"""b'error: resource mapping not found for name: "j" namespace: "d" from "/tmp/manifest.yaml": """
            r"""no matches for kind "MPIJob" in version "kubeflow.org/v2beta1"\nensure CRDs are installed first\n'""",
            'error: resource mapping not found for name: "j" namespace: "d": no matches for kind "MPIJob" in version '
            '"kubeflow.org/v2beta1"; ensure CRDs are installed first; apply the CustomResourceDefinition of MPIJob '
            "before, in a manifest of its own on which this one depends",
        ),
        (r"""b"it's something else\n" """, "it's something else"),
    ],
)
def test_keeps_the_errors_and_says_what_to_do(output: str, words: str) -> None:
    assert in_plain_words(WRAPPED.format(output)) == words


def test_says_how_a_definition_becomes_small_enough() -> None:
    reason = (
        'The CustomResourceDefinition "x" is invalid: metadata.annotations: Too long: may not be more than 262144 bytes'
    )
    assert in_plain_words(reason).startswith(
        f"{reason}; kubectl apply keeps the whole object in an annotation: leave out"
    )


def test_leaves_other_refusals_as_they_are() -> None:
    assert in_plain_words("The vpc ID 'vpc-1' does not exist") == "The vpc ID 'vpc-1' does not exist"
