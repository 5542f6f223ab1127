"""Kubeconfigs as EKS's tools write them, and those that are none."""

from __future__ import annotations

import base64
import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from efa_constructs.cluster.kubeconfig import EksName, read_kubeconfig
from efa_constructs.errors import InvalidArgumentError

ARN = "arn:aws:eks:eu-west-1:123456789012:cluster/training"
SERVER = "https://0123.gr7.eu-west-1.eks.amazonaws.com"
GET_TOKEN = {
    "apiVersion": "client.authentication.k8s.io/v1beta1",
    "command": "aws",
    "args": ["--region", "eu-west-1", "eks", "get-token", "--cluster-name", "training", "--output", "json"],
    "env": [{"name": "AWS_PROFILE", "value": "team"}],
}


def written(
    folder: Path,
    name: str = "config",
    *,
    cluster: str = ARN,
    context: str = ARN,
    user: dict[str, Any] | None = None,
    **changes: Any,
) -> Path:
    """As ``aws eks update-kubeconfig`` writes it."""
    file = folder / name
    data = base64.b64encode(b"certificate").decode()
    content = {
        "clusters": [{"name": cluster, "cluster": {"server": SERVER, "certificate-authority-data": data}}],
        "users": [{"name": ARN, "user": user or {"exec": GET_TOKEN}}],
        "contexts": [{"name": context, "context": {"cluster": cluster, "user": ARN}}],
        "current-context": context,
        **changes,
    }
    file.write_text(yaml.safe_dump(content))
    return file


@pytest.mark.parametrize(
    ("cluster", "region"),
    [(ARN, "eu-west-1"), ("training.eu-central-1.eksctl.io", "eu-central-1"), ("prod", "eu-west-1")],
)
def test_the_cluster_is_known_by_its_name_or_by_how_its_user_signs_in(
    tmp_path: Path, cluster: str, region: str
) -> None:
    found = read_kubeconfig(written(tmp_path, cluster=cluster, context="mine"))
    assert found is not None
    assert (found.context, found.server, found.namespace) == ("mine", SERVER, "default")
    assert found.eks == EksName(name="training", region=region, profile="team")


def test_another_clusters_kubeconfig_names_no_eks_cluster(tmp_path: Path) -> None:
    found = read_kubeconfig(written(tmp_path, cluster="kind", context="kind-kind", user={"token": "secret"}))
    assert found is not None
    assert found.eks is None


def test_a_variable_of_a_program_may_have_no_value(tmp_path: Path) -> None:
    plugin = {**GET_TOKEN, "env": [{"name": "AWS_PROFILE"}]}
    found = read_kubeconfig(written(tmp_path, user={"exec": plugin}))
    assert found is not None
    assert found.eks == EksName(name="training", region="eu-west-1", profile=None)


def test_the_first_of_several_files_wins_and_those_that_are_not_there_are_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = written(tmp_path, "first", context="one", users=[], clusters=[])
    second = written(tmp_path, "second", context="two")
    monkeypatch.setenv("KUBECONFIG", os.pathsep.join(map(str, (tmp_path / "none", first, second))))
    found = read_kubeconfig()
    assert found is not None
    # The context is of the first file, its cluster and user of the second.
    assert (found.context, found.server) == ("one", SERVER)
    third = written(tmp_path, "third", context="two", user={"token": "a"})
    monkeypatch.setenv("KUBECONFIG", os.pathsep.join(map(str, (first, second, third))))
    other = read_kubeconfig(context="two")
    assert other is not None
    assert other.context == "two"
    assert "exec" in other.user


def test_without_any_there_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KUBECONFIG", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert read_kubeconfig() is None


@pytest.mark.parametrize("text", ["", "apiVersion: v1\nkind: Config\nclusters: []\ncontexts: []\nusers: []\n"])
def test_an_empty_one_that_nobody_named_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    file = tmp_path / "config"
    file.write_text(text)
    monkeypatch.setenv("KUBECONFIG", str(file))
    assert read_kubeconfig() is None
    monkeypatch.setenv("KUBECONFIG", os.devnull)
    assert read_kubeconfig() is None
    with pytest.raises(InvalidArgumentError, match=r"has no current context: name one of its contexts \(none\)"):
        read_kubeconfig(file)
    with pytest.raises(InvalidArgumentError, match="has no context 'a'"):
        read_kubeconfig(context="a")


def test_a_token_may_be_in_a_file_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("secret\n")
    found = read_kubeconfig(written(tmp_path, user={"tokenFile": "token", "token": "older"}))
    assert found is not None
    (user,) = found.content(tmp_path)["users"]
    assert user["user"] == {"token": "secret"}


def test_certificates_go_into_files_and_what_a_plugin_gave_stands_instead_of_it(tmp_path: Path) -> None:
    found = read_kubeconfig(written(tmp_path))
    assert found is not None
    folder = tmp_path / "private"
    folder.mkdir()
    key = base64.b64encode(b"key").decode()
    content = found.content(folder, {"token": "secret", "client-key-data": key})
    cluster = content["clusters"][0]["cluster"]
    assert Path(cluster["certificate-authority"]).read_bytes() == b"certificate"
    assert "certificate-authority-data" not in cluster
    user = content["users"][0]["user"]
    assert user == {"token": "secret", "client-key": str(folder / "client-key")}
    assert (folder / "client-key").stat().st_mode & 0o077 == 0


def test_paths_are_beside_the_file(tmp_path: Path) -> None:
    user = {"client-certificate": "own.crt", "exec": {**GET_TOKEN, "command": "./sign-in"}}
    found = read_kubeconfig(written(tmp_path, user=user))
    assert found is not None
    assert found.user["client-certificate"] == str(tmp_path / "own.crt")
    assert found.user["exec"]["command"] == str(tmp_path / "sign-in")


@pytest.mark.parametrize(
    ("content", "context", "words"),
    [
        ("a: [b", None, "is no kubeconfig: it is not YAML"),
        ("- a", None, "is no kubeconfig: it has no list 'clusters'"),
        ("clusters: a", None, "is no kubeconfig: it has no list 'clusters'"),
        ("contexts: []", None, "has no current context: name one of its contexts (none)"),
        ("contexts: [{name: a}, {name: b}]", "c", "has no context 'c': name one of its contexts (a, b)"),
        ("contexts: [{name: a, context: {cluster: x}}]", "a", "the cluster 'x' of context 'a' has no server"),
        ("contexts: [{name: a, context: }]", "a", "the cluster 'None' of context 'a' has no server"),
        ("contexts: [a]", "a", "is no kubeconfig: it has no list 'contexts'"),
        ("users: b", "a", "is no kubeconfig: it has no list 'users'"),
        ("contexts: [{name: a, context: {cluster: [x]}}]", "a", "context 'a' has a 'cluster' that is no string"),
        ("users: [{name: a, user: {exec: aws}}]", "a", "user 'a' has an 'exec' without a 'command'"),
        ("users: [{name: a, user: {exec: {command: [a]}}}]", "a", "user 'a' has an 'exec' without a 'command'"),
        ("users: [{name: a, user: {exec: {args: a}}}]", "a", "has 'args' in its 'exec' that are no list"),
        ("users: [{name: a, user: {exec: {env: [b]}}}]", "a", "that is no list of names and values"),
        ("clusters: [{name: a, cluster: {certificate-authority: 1}}]", "a", "has a 'certificate-authority' that is no"),
        ("\0\1", None, "is no kubeconfig"),
    ],
)
def test_what_is_no_kubeconfig_is_refused_in_one_sentence(
    tmp_path: Path, content: str, context: str | None, words: str
) -> None:
    file = tmp_path / "config"
    file.write_text(content)
    with pytest.raises(InvalidArgumentError) as refused:
        read_kubeconfig(file, context)
    assert words in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_file_that_was_named_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(InvalidArgumentError, match="No such file"):
        read_kubeconfig(tmp_path / "none")
