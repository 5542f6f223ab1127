"""How large an object may be for kubectl to apply it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from .errors import InvalidArgumentError
from .rules.manifests import MANIFESTS_ARE_SMALL

__all__ = ["MAXIMUM_ANNOTATIONS", "MAXIMUM_MANIFEST", "applied_size", "check_manifest_sizes"]

# Bytes of all annotations of an object. `kubectl apply` and `kubectl create --save-config` keep the whole object in one
# of them, and CDK's handler runs no other commands. kubernetes:staging/src/k8s.io/apimachinery/pkg/api/validation
MAXIMUM_ANNOTATIONS = 262_144
# Of an object, so that there is room for what is added later: the annotation's name, a namespace, CDK's label for
# pruning, annotations of other tools. They are some hundred bytes; the rest of the 5 % is for what we do not know.
MAXIMUM_MANIFEST = 250_000

# What Go's JSON encoder, kubectl's, writes as six characters.
_ESCAPED = ("<", ">", "&", "\u2028", "\u2029")


def applied_size(manifest: Mapping[str, Any]) -> int:
    """Bytes that ``kubectl apply`` adds to the annotations of an object, and those of the annotations that it has."""
    text = json.dumps(manifest, separators=(",", ":"), ensure_ascii=False)
    for character in _ESCAPED:
        text = text.replace(character, f"\\u{ord(character):04x}")
    # Both may be null, which is as good as not there.
    annotations: Mapping[str, Any] = (manifest.get("metadata") or {}).get("annotations") or {}
    return len(text.encode()) + sum(len(str(part).encode()) for pair in annotations.items() for part in pair)


def check_manifest_sizes(manifests: Iterable[Mapping[str, Any]]) -> None:
    """Refuse objects that ``kubectl apply``, and so CDK, could not apply.

    :param manifests: Plain objects, such as a chart's ``to_json()``.
    :raises InvalidArgumentError: naming the object, its size, and what to do.
    """
    for manifest in manifests:
        size = applied_size(manifest)
        if size > MAXIMUM_MANIFEST:
            raise InvalidArgumentError(
                MANIFESTS_ARE_SMALL.refusal(
                    f"{manifest.get('kind')} '{manifest.get('metadata', {}).get('name')}' has {size:,} bytes, and at "
                    f"most {MAXIMUM_MANIFEST:,} can be applied: kubectl keeps an object in its annotations, which hold "
                    f"{MAXIMUM_ANNOTATIONS:,}, and more is added"
                )
            )
