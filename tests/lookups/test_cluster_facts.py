"""The cluster facts file."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from efa_constructs.errors import InvalidConfigurationError
from efa_constructs.lookups.cluster_facts import read_cluster_facts

EXAMPLE = Path(__file__).parents[2] / "examples" / "cluster-facts.json"


def written(folder: Path, change: Callable[[dict[str, Any]], object]) -> Path:
    document = json.loads(EXAMPLE.read_text())
    change(document)
    path = folder / "facts.json"
    path.write_text(json.dumps(document))
    return path


def test_refuses_a_vpc_without_cidr_block(tmp_path: Path) -> None:
    path = written(tmp_path, lambda document: document["vpc"].update(cidrBlocks=[]))
    with pytest.raises(InvalidConfigurationError, match=r"'vpc.cidrBlocks' is empty"):
        read_cluster_facts(path)


@pytest.mark.parametrize("mode", ["API", "API_AND_CONFIG_MAP", "CONFIG_MAP"])
def test_reads_every_authentication_mode(tmp_path: Path, mode: str) -> None:
    path = written(tmp_path, lambda document: document["cluster"].update(authenticationMode=mode))
    assert read_cluster_facts(path).cluster.authentication_mode == mode


def test_refuses_another_authentication_mode(tmp_path: Path) -> None:
    path = written(tmp_path, lambda document: document["cluster"].update(authenticationMode="API_AND_CONFIGMAP"))
    with pytest.raises(
        InvalidConfigurationError,
        match=r"'cluster.authenticationMode' is 'API_AND_CONFIGMAP', use API, API_AND_CONFIG_MAP, CONFIG_MAP",
    ):
        read_cluster_facts(path)


@pytest.mark.parametrize("field", ["cidrBlocks", "cidrBlock"])
def test_refuses_what_is_no_cidr_block(tmp_path: Path, field: str) -> None:
    def change(document: dict[str, Any]) -> None:
        if field == "cidrBlock":
            document["subnets"][0]["cidrBlock"] = "10.0.0.0/99"
        else:
            document["vpc"]["cidrBlocks"] = ["10.0.0.0/99"]

    with pytest.raises(InvalidConfigurationError, match=r"'10.0.0.0/99', which is no IPv4 CIDR block"):
        read_cluster_facts(written(tmp_path, change))
