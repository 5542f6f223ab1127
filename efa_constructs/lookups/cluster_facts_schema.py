"""Writes the JSON Schema of cluster facts files to standard output.

    python -m efa_constructs.lookups.cluster_facts_schema > docs/reference/cluster-facts.schema.json

It says of every field whether it must be there, and its form. What one field says about another, such as that zones are
of the Region, only ``read_cluster_facts`` checks.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from .cluster_facts import SCHEMA_VERSION, ClusterFacts
from .json_records import json_schema

__all__ = ["cluster_facts_schema"]


def cluster_facts_schema() -> dict[str, Any]:
    """The schema, made from the dataclasses that read the file."""
    schema = json_schema(ClusterFacts)
    schema["properties"]["schemaVersion"] = {"const": SCHEMA_VERSION}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:efa-constructs:cluster-facts:{SCHEMA_VERSION}",
        "title": "Cluster facts file of efa-constructs",
        **schema,
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(cluster_facts_schema(), indent=2) + "\n")
