"""What kubectl said when a custom resource failed, and what to do about it."""

from __future__ import annotations

import ast
import re

from ...manifest_size import MAXIMUM_ANNOTATIONS

__all__ = ["in_plain_words"]

# Received response status [FAILED] from custom resource. Message returned: Error: b'...' (RequestId: ...)
_WRAPPED = re.compile(
    r"""Message returned: Error: (?P<message>b'(?:[^'\\]|\\.)*'|b"(?:[^"\\]|\\.)*")""",
    re.DOTALL,
)
_FILE = re.compile(r'error when (?:creating|applying patch|deleting) "/[^"]*": | from "/[^"]*"')
# What kubectl did before it failed.
_DONE = re.compile(r"^\S+ (created|configured|unchanged|serverside-applied|pruned)$")

_ADVICE = (
    (
        re.compile(rf"Too long: may not be more than {MAXIMUM_ANNOTATIONS} bytes"),
        "kubectl apply keeps the whole object in an annotation: leave out the descriptions of the "
        "CustomResourceDefinition, and the schema of what another kind defines, or apply it with --server-side",
    ),
    (
        re.compile(r'namespaces "(?P<name>[^"]+)" not found'),
        "apply the Namespace {name} before, in a manifest of its own on which this one depends",
    ),
    (
        re.compile(r'no matches for kind "(?P<name>[^"]+)"'),
        "apply the CustomResourceDefinition of {name} before, in a manifest of its own on which this one depends",
    ),
    (
        re.compile(r"\(Unauthorized\)"),
        "give the role that runs kubectl an access entry on which the manifest depends",
    ),
    (
        re.compile(r"error validating data|unknown field|strict decoding error"),
        "mend the field that the API server names",
    ),
    (re.compile(r"\(AlreadyExists\)|already exists"), "let the manifest overwrite what is there (overwrite)"),
)


def in_plain_words(reason: str) -> str:
    """A reason of CloudFormation's in kubectl's words, with what to do about it. Another reason as it is."""
    match = _WRAPPED.search(reason)
    words = _errors(match["message"]) if match else reason
    for pattern, advice in _ADVICE:
        found = pattern.search(words)
        if found is not None:
            return f"{words}; {advice.format(**found.groupdict())}"
    return words


def _errors(message: str) -> str:
    """The lines of kubectl's output that say what is wrong, each once."""
    output: bytes = ast.literal_eval(message)
    lines = [_FILE.sub("", line.strip()) for line in output.decode("utf-8", "replace").splitlines() if line.strip()]
    errors = [line for line in lines if not _DONE.match(line)]
    return "; ".join(dict.fromkeys(errors or lines))
