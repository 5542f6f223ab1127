"""Reading a folder of manifests as kubectl does."""

from __future__ import annotations

from pathlib import Path

import pytest

from efa_constructs.errors import InvalidArgumentError
from efa_constructs.rehearsal.manifests.files import read_manifests

from .folders import CONFIG, manifests


def test_reads_files_by_name_and_objects_in_their_order_but_definitions_first(tmp_path: Path) -> None:
    definition = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: d}\n"
    folder = manifests(
        tmp_path,
        b=f"{CONFIG.replace('NAME', 'third')}---\n---\n{definition}",
        a=f"kind: List\nitems:\n- {{apiVersion: v1, kind: Secret, metadata: {{name: first}}}}\n---\n"
        f"{CONFIG.replace('NAME', 'second')}",
    )
    (folder / "ignored.txt").write_text("not: yaml: at all")
    (folder / "deeper").mkdir()
    (folder / "deeper" / "c.yaml").write_text("neither")
    assert [one.content["metadata"]["name"] for one in read_manifests(folder)] == ["d", "first", "second", "third"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [", "'.*a.yaml' of '--manifests' is not YAML: "),
        ("kind: Secret", "object 1 of '.*a.yaml' of '--manifests' is no Kubernetes object: it has no 'apiVersion'"),
        ("- 1", "object 1 of '.*a.yaml' of '--manifests' is no Kubernetes object"),
        ("apiVersion: v1\nkind: Secret", "of kind Secret, has no 'metadata.name'"),
        ("", "has no .yaml, .yml or .json file with an object"),
    ],
)
def test_refuses_files_that_hold_no_objects(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InvalidArgumentError, match=message):
        read_manifests(manifests(tmp_path, a=text))


def test_refuses_a_folder_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(InvalidArgumentError, match=r"'--manifests' is '.*nowhere', which is no folder"):
        read_manifests(tmp_path / "nowhere")
