"""Programs that sign in, as kubectl starts them."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import time
from pathlib import Path
from typing import Any

import pytest

from efa_constructs.cluster import exec_plugin
from efa_constructs.cluster.exec_plugin import signed_in_by
from efa_constructs.errors import KubernetesRequestError


def plugin(script: str, **more: Any) -> dict[str, Any]:
    return {"apiVersion": "client.authentication.k8s.io/v1beta1", "command": "sh", "args": ["-c", script], **more}


def signed_in(script: str, **more: Any) -> dict[str, str]:
    return asyncio.run(signed_in_by(plugin(script, **more)))


def test_a_token_and_a_certificate_are_fields_of_a_user() -> None:
    status = {"token": "secret", "clientCertificateData": "-----C", "clientKeyData": "-----K"}
    assert signed_in(f"echo '{json.dumps({'status': status})}'") == {
        "token": "secret",
        "client-certificate-data": base64.b64encode(b"-----C").decode(),
        "client-key-data": base64.b64encode(b"-----K").decode(),
    }


def test_it_is_told_what_kubectl_tells_it_and_a_variable_may_have_no_value() -> None:
    script = """test -n "$KUBERNETES_EXEC_INFO" && echo '{"status": {"token": "'$NAME$NONE'"}}'"""
    assert signed_in(script, env=[{"name": "NAME", "value": "team"}, {"name": "NONE"}]) == {"token": "team"}


@pytest.mark.parametrize(
    ("script", "words"),
    [
        (
            "echo 'Unable to locate credentials' >&2; exit 255",
            "ended with exit status 255: Unable to locate credentials",
        ),
        ("exit 1", "ended with exit status 1: it says nothing"),
        ("echo no JSON", "gives no credentials"),
        ("echo '[]'", "gives no credentials"),
        ("""echo '{"status": {"token": ""}}'""", "gives no credentials"),
    ],
)
def test_one_that_gives_nothing_is_told_in_one_sentence(script: str, words: str) -> None:
    with pytest.raises(KubernetesRequestError, match=words) as refused:
        signed_in(script)
    assert "\n" not in str(refused.value)


def test_one_that_hangs_is_ended_with_what_it_started(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(exec_plugin, "_SECONDS", 1.0)
    began = time.monotonic()
    with pytest.raises(KubernetesRequestError, match="'sh' of the kubeconfig does not end within 1 s"):
        signed_in(f"sleep 300 & echo $! > {tmp_path / 'child'}; wait")
    assert time.monotonic() - began < 60
    child = int((tmp_path / "child").read_text())
    while _runs(child):
        assert time.monotonic() - began < 60
        time.sleep(0.05)


def _runs(process: int) -> bool:
    status = Path(f"/proc/{process}/stat")
    try:
        os.kill(process, 0)
        # Where nobody collects orphans, they stay as zombies.
        return not status.exists() or status.read_text().rpartition(")")[2].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False
