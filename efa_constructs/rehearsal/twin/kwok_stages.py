"""What kwok does with nodes and pods: the ``Stage`` objects of its configuration.

Nodes become ready and go on sending heartbeats. Of the pods on them, those whose doings depend on the node's devices or
on other objects (device plugins, the MPI Operator, launchers, whatever mounts ConfigMaps or Secrets) wait for an
annotation that says what becomes of them; every other pod runs at once, and one of a Job completes.

The format is that of https://kwok.sigs.k8s.io/docs/user/stages-configuration/.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ...pods.known_programs import JOB_ROLE_LABEL, KnownProgram
from .mounted_objects import REFERENCES_QUERY
from .outcomes import MESSAGE_ANNOTATION, OUTCOME_ANNOTATION, Outcome

__all__ = ["write_kwok_configuration"]

_POD = {"apiGroup": "v1", "kind": "Pod"}
_NODE = {"apiGroup": "v1", "kind": "Node"}
# A Job's pod that is no launcher, in seconds: long enough to be seen.
_JOB_SECONDS = 1


def write_kwok_configuration(file: Path) -> Path:
    """Write kwok's configuration file, and return it."""
    # JSON is YAML.
    file.write_text("\n---\n".join(json.dumps(stage, indent=2) for stage in _stages()) + "\n")
    return file


def _stages() -> list[dict[str, Any]]:
    told = f'.metadata.annotations["{OUTCOME_ANNOTATION}"]'
    ready = '.status.conditions.[] | select( .type == "Ready" ) | .status'
    waiting = ".status.containerStatuses.[].state.waiting.reason"
    owner = ".metadata.ownerReferences.[].kind"
    lives = _absent(".metadata.deletionTimestamp")
    names = "|".join(KnownProgram)
    judged_image = f'.spec.containers.[].image | select( test("(^|/)({names})(:|@|$)") )'
    role = f'.metadata.labels["{JOB_ROLE_LABEL}"]'
    goes_its_own_way = (lives, _absent(judged_image), _not_in(role, "launcher"))
    return [
        _stage("node-initialize", _NODE, [_not_in(ready, "True")], {"statusTemplate": _NODE_STATUS}),
        _stage(
            "node-heartbeat",
            _NODE,
            [_in(".status.phase", "Running"), _in(ready, "True")],
            {"statusTemplate": _NODE_CONDITIONS},
            # A kubelet's, of a node that does not change. Its lease, which kwok renews, is what shows that it lives.
            delay_milliseconds=300_000,
        ),
        _stage(
            "pod-runs",
            _POD,
            [
                *goes_its_own_way,
                _absent(REFERENCES_QUERY),
                # One that runs is not ready once its node was not, until its kubelet says that it is.
                _in(".status.phase", "Pending", "Running"),
                _not_in(ready, "True"),
            ],
            {"statusTemplate": _RUNNING},
        ),
        _stage(
            "pod-of-job-completes",
            _POD,
            [*goes_its_own_way, _in(".status.phase", "Running"), _in(owner, "Job")],
            {"statusTemplate": _ended(exit_code=0)},
            delay_milliseconds=_JOB_SECONDS * 1000,
        ),
        _stage(
            "pod-runs-as-told",
            _POD,
            [lives, _in(told, Outcome.RUN), _in(".status.phase", "Pending", "Running"), _not_in(ready, "True")],
            {"statusTemplate": _RUNNING},
        ),
        _stage(
            "pod-waits-as-told",
            _POD,
            [lives, _in(told, Outcome.WAIT), _in(".status.phase", "Pending"), _not_in(waiting, "ContainerCreating")],
            {"statusTemplate": _CREATING},
        ),
        _stage(
            "pod-crashes-as-told",
            _POD,
            [lives, _in(told, Outcome.CRASH_LOOP), _not_in(waiting, "CrashLoopBackOff")],
            {"statusTemplate": _CRASH_LOOP},
        ),
        _stage(
            "pod-completes-as-told",
            _POD,
            [lives, _in(told, Outcome.COMPLETE), _in(".status.phase", "Pending", "Running")],
            {"statusTemplate": _ended(exit_code=0)},
        ),
        _stage(
            "pod-fails-as-told",
            _POD,
            [lives, _in(told, Outcome.FAIL), _in(".status.phase", "Pending", "Running")],
            {"statusTemplate": _ended(exit_code=1)},
        ),
        _stage("pod-goes", _POD, [_present(".metadata.deletionTimestamp")], {"delete": True}),
    ]


def _stage(
    name: str,
    resource: dict[str, str],
    conditions: Sequence[dict[str, Any]],
    next_state: dict[str, Any],
    *,
    delay_milliseconds: int | None = None,
) -> dict[str, Any]:
    spec: dict[str, Any] = {
        "resourceRef": resource,
        "selector": {"matchExpressions": list(conditions)},
        "next": next_state,
    }
    if delay_milliseconds is not None:
        spec["delay"] = {"durationMilliseconds": delay_milliseconds}
    return {"apiVersion": "kwok.x-k8s.io/v1alpha1", "kind": "Stage", "metadata": {"name": name}, "spec": spec}


def _in(key: str, *values: str) -> dict[str, Any]:
    return {"key": key, "operator": "In", "values": list(values)}


def _not_in(key: str, *values: str) -> dict[str, Any]:
    return {"key": key, "operator": "NotIn", "values": list(values)}


def _present(key: str) -> dict[str, Any]:
    return {"key": key, "operator": "Exists"}


def _absent(key: str) -> dict[str, Any]:
    return {"key": key, "operator": "DoesNotExist"}


_NODE_CONDITIONS = """\
{{ $now := Now }}
{{ $since := or .metadata.creationTimestamp $now }}
conditions:
{{ range NodeConditions }}
- lastHeartbeatTime: {{ $now | Quote }}
  lastTransitionTime: {{ $since | Quote }}
  message: {{ .message | Quote }}
  reason: {{ .reason | Quote }}
  status: {{ .status | Quote }}
  type: {{ .type  | Quote }}
{{ end }}
"""

# Everything else of a node's status is there when it is made.
_NODE_STATUS = _NODE_CONDITIONS + "phase: Running\n"


def _containers(*states: str, ready: str, restarts: int = 0) -> str:
    """The status of each container. ``states``: lines of YAML, such as ``state:`` and what is beneath it."""
    return (
        "containerStatuses:\n"
        "{{ range .spec.containers }}\n"
        "- image: {{ .image | Quote }}\n"
        "  name: {{ .name | Quote }}\n"
        f"  ready: {ready}\n"
        f"  restartCount: {restarts}\n"
        f"  started: {ready}\n" + "".join(f"  {line}\n" for line in states) + "{{ end }}\n"
    )


def _ended_state(field: str, *, exit_code: int, reason: str) -> tuple[str, ...]:
    return (
        f"{field}:",
        "  terminated:",
        f"    exitCode: {exit_code}",
        f"    reason: {reason}",
        "    message: {{ $message | Quote }}",
        "    startedAt: {{ $now | Quote }}",
        "    finishedAt: {{ $now | Quote }}",
    )


_CONDITIONS = """\
conditions:
{{ range $type := list "PodReadyToStartContainers" "Initialized" }}
- lastTransitionTime: {{ $now | Quote }}
  status: "True"
  type: {{ $type | Quote }}
{{ end }}
{{ range $type := list "Ready" "ContainersReady" }}
- lastTransitionTime: {{ $now | Quote }}
  status: {{ $ready | Quote }}
  type: {{ $type | Quote }}
{{ end }}
"""

_ADDRESSES = """\
{{ $hostIPs := NodeIPsWith .spec.nodeName }}
{{ with $hostIPs }}
hostIP: {{ index . 0 | Quote }}
hostIPs:
{{ range . }}
- ip: {{ . | Quote }}
{{ end }}
{{ end }}
{{/* A pod keeps its addresses: others would be added to them. */}}
{{ if not .status.podIP }}
{{ $own := or .spec.hostNetwork false }}
{{ $podIPs := PodIPsWith .spec.nodeName $own .metadata.uid .metadata.name .metadata.namespace }}
{{ with $podIPs }}
podIP: {{ index . 0 | Quote }}
podIPs:
{{ range . }}
- ip: {{ . | Quote }}
{{ end }}
{{ end }}
{{ end }}
phase: Running
startTime: {{ or .status.startTime $now | Quote }}
"""

_INIT_CONTAINERS = """\
initContainerStatuses:
{{ range .spec.initContainers }}
- image: {{ .image | Quote }}
  name: {{ .name | Quote }}
  ready: true
  restartCount: 0
  {{ if eq .restartPolicy "Always" }}
  started: true
  state:
    running:
      startedAt: {{ $now | Quote }}
  {{ else }}
  state:
    terminated:
      exitCode: 0
      finishedAt: {{ $now | Quote }}
      reason: Completed
      startedAt: {{ $now | Quote }}
  {{ end }}
{{ end }}
"""

_RUNNING = (
    "{{ $now := Now }}\n"
    '{{ $ready := "True" }}\n'
    + _CONDITIONS
    + _containers("state:", "  running:", "    startedAt: {{ $now | Quote }}", ready="true")
    + _INIT_CONTAINERS
    + _ADDRESSES
)

# Without addresses, as a pod has them whose sandbox is not made.
_CREATING = _containers("state:", "  waiting:", "    reason: ContainerCreating", ready="false") + "phase: Pending\n"

# What a pod that was told nothing says: nothing.
_MESSAGE = (
    "{{ $annotations := or .metadata.annotations dict }}\n"
    f'{{{{ $message := or ( index $annotations "{MESSAGE_ANNOTATION}" ) "" }}}}\n'
)

_CRASH_LOOP = (
    "{{ $now := Now }}\n"
    '{{ $ready := "False" }}\n'
    + _MESSAGE
    + _CONDITIONS
    + _containers(
        "state:",
        "  waiting:",
        "    reason: CrashLoopBackOff",
        '    message: {{ printf "back-off restarting failed container %s" .name | Quote }}',
        *_ended_state("lastState", exit_code=1, reason="Error"),
        ready="false",
        restarts=1,
    )
    + _INIT_CONTAINERS
    + _ADDRESSES
)


def _ended(*, exit_code: int) -> str:
    phase, reason = ("Failed", "Error") if exit_code else ("Succeeded", "Completed")
    return (
        "{{ $now := Now }}\n"
        '{{ $ready := "False" }}\n'
        + _MESSAGE
        + _CONDITIONS
        + _containers(*_ended_state("state", exit_code=exit_code, reason=reason), ready="false")
        + f"phase: {phase}\n"
    )
