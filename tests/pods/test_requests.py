"""Amounts of resources."""

from __future__ import annotations

from decimal import Decimal

import pytest

from efa_constructs.pods.requests import amounts, pod_requests, written


@pytest.mark.parametrize(
    ("resource", "quantity", "words"),
    [
        ("cpu", "95690m", "95690m"),
        ("cpu", "96", "96"),
        ("memory", "1200Gi", "1228800Mi"),
        ("hugepages-2Mi", "22145925120", "21120Mi"),
        ("vpc.amazonaws.com/efa", "4", "4"),
        ("nvidia.com/gpu", "10", "10"),
    ],
)
def test_amounts_are_read_and_written_as_people_do(resource: str, quantity: str, words: str) -> None:
    assert written(resource, amounts({resource: quantity})[resource]) == words


def test_a_pod_asks_for_its_containers_together_or_for_its_largest_init_container() -> None:
    spec = {
        "containers": [
            {"resources": {"limits": {"cpu": "2", "nvidia.com/gpu": "8"}, "requests": {"cpu": "1"}}},
            {"resources": {"requests": {"cpu": "500m"}}},
        ],
        "initContainers": [
            {"resources": {"requests": {"cpu": "1", "memory": "1Gi"}}},
            {"restartPolicy": "Always", "resources": {"requests": {"cpu": "250m"}}},
        ],
    }
    assert pod_requests(spec) == {"cpu": Decimal("1.75"), "nvidia.com/gpu": 8, "memory": 1024**3}
