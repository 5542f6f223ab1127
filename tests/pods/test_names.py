"""Names in a pod template that the API server would refuse are found wherever they stand."""

from __future__ import annotations

from typing import Any

import pytest

from efa_constructs.pods.names import misnamed, wrong_label, wrong_object_name, wrong_port, wrong_short_name

CONTAINER = {"name": "main", "env": [{"name": "A_1"}], "ports": [{"containerPort": 22, "name": "ssh"}]}
SOUND: dict[str, Any] = {
    "metadata": {"labels": {"example.com/team": "Vision", "empty": ""}, "annotations": {"note": "any text: at all"}},
    "spec": {
        "serviceAccountName": "jobs.team",
        "nodeSelector": {"zone": "us-east-1a"},
        "volumes": [{"name": "data"}],
        "containers": [CONTAINER],
    },
}


def test_takes_what_is_sound() -> None:
    assert list(misnamed(SOUND)) == []
    assert list(misnamed({"spec": {"containers": "not known", "volumes": None}})) == []


@pytest.mark.parametrize(
    ("changed", "field", "words"),
    [
        ({"serviceAccountName": "Jobs"}, "spec.serviceAccountName", "is 'Jobs': a name is at most 253"),
        ({"nodeSelector": {"-": "a"}}, "spec.nodeSelector", "has the key '-': a key is"),
        (
            {"volumes": [{"name": "data"}, {"name": "my.data"}]},
            "spec.volumes[1].name",
            "is 'my.data': a name is at most 63",
        ),
        ({"initContainers": [{"name": "_"}]}, "spec.initContainers[0].name", "is '_': a name"),
        ({"containers": [CONTAINER | {"env": [{"name": "1"}]}]}, "spec.containers[0].env", "has the variable '1'"),
        (
            {"containers": [CONTAINER | {"ports": [{"containerPort": 70000}]}]},
            "spec.containers[0].ports[0]",
            "has the port 70000: a port is at least 1 and at most 65535",
        ),
    ],
)
def test_names_the_field_and_what_is_wrong(changed: dict[str, Any], field: str, words: str) -> None:
    ((found, wrong),) = misnamed(SOUND | {"spec": SOUND["spec"] | changed})
    assert found == field
    assert words in wrong


def test_labels_and_annotations_of_the_template_are_read_too() -> None:
    metadata = {"labels": {"team": "-"}, "annotations": {"/": ""}}
    assert [field for field, _ in misnamed({"metadata": metadata})] == ["metadata.labels", "metadata.annotations"]


def test_lengths_count() -> None:
    assert wrong_short_name("a" * 63) is None
    assert wrong_short_name("a" * 64) is not None
    assert wrong_object_name("a" * 253) is None
    assert wrong_object_name("a" * 254) is not None
    assert wrong_object_name("a" * 64, longest=63) is not None
    assert wrong_label("team", "a" * 63) is None
    assert wrong_label("team", "a" * 64) is not None


@pytest.mark.parametrize(("number", "name"), [(1, None), (65535, "a"), (8080, "http-8"), (80, "n" * 15)])
def test_takes_a_port(number: int, name: str | None) -> None:
    assert wrong_port(number, name) is None


@pytest.mark.parametrize("name", ["", "80", "HTTP", "a--b", "-a", "a-", "a.b", "n" * 16])
def test_refuses_another_name_of_a_port(name: str) -> None:
    assert "the name of a port is at most 15" in str(wrong_port(80, name))


@pytest.mark.parametrize("number", [-1, 0, 65536])
def test_refuses_a_port_out_of_range(number: int) -> None:
    assert wrong_port(number, None) == f"has the port {number}: a port is at least 1 and at most 65535"
