"""The name of an image is taken apart as container runtimes do it."""

from __future__ import annotations

import pytest

from efa_constructs.pods.image_references import image_reference


@pytest.mark.parametrize(
    ("image", "registry", "repository", "name", "tag", "pinned_by"),
    [
        ("nginx", "docker.io", "library/nginx", "nginx", None, "nothing"),
        ("nginx:latest", "docker.io", "library/nginx", "nginx", "latest", "nothing"),
        ("team/train:1.2", "docker.io", "team/train", "train", "1.2", "tag"),
        ("localhost/train:1.2", "localhost", "train", "train", "1.2", "tag"),
        ("localhost:5000/a/b:1", "localhost:5000", "a/b", "b", "1", "tag"),
        ("localhost:5000/a/b", "localhost:5000", "a/b", "b", None, "nothing"),
        ("ghcr.io/a/b:main@sha256:00", "ghcr.io", "a/b", "b", "main", "digest"),
        ("ghcr.io/a/b@sha256:00", "ghcr.io", "a/b", "b", None, "digest"),
        # What templates leave to the deployment stands as a mark, which may have colons.
        ("r.io/⟨?AWS::Region⟩/b:1", "r.io", "⟨?AWS::Region⟩/b", "b", "1", "tag"),
    ],
)
def test_an_image_has_parts(
    image: str, registry: str, repository: str, name: str, tag: str | None, pinned_by: str
) -> None:
    reference = image_reference(image)
    assert (reference.registry, reference.repository, reference.name) == (registry, repository, name)
    assert (reference.tag, reference.pinned_by) == (tag, pinned_by)
