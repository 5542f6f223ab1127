"""What is asked of a real API server: how a cluster is, what a job printed, and commands in its workers."""

from __future__ import annotations

import asyncio
import base64
import json
import signal
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError

import pytest
import yaml

from efa_constructs.catalogue import EFA_RESOURCE, GPU_RESOURCE
from efa_constructs.cluster.job_log import open_job_log
from efa_constructs.cluster.kubeconfig import connected, read_kubeconfig
from efa_constructs.cluster.mpi_jobs import JobQuestion
from efa_constructs.cluster.worker_commands import run_in_workers
from efa_constructs.errors import InvalidArgumentError, KubernetesRequestError
from efa_constructs.rehearsal.control_plane.binaries import Binaries
from efa_constructs.rehearsal.control_plane.control_plane import ControlPlane
from efa_constructs.rehearsal.twin.kwok_stages import write_kwok_configuration
from efa_constructs.rehearsal.twin.outcomes import OUTCOME_ANNOTATION

from ..efa_cli import run_efa, start_efa
from ..rehearsal.live_cluster import LiveCluster, eventually, is_ready, p4d_facts
from ..rehearsal.mpi_cluster import JOBS, NODES, define_mpi_job, has, make_cluster, operators, start_job
from ..verify.real_logs import efa_run, lines

JOB = "nccl-tests"
PODS = "/api/v1/namespaces/default/pods"


@pytest.fixture(scope="module")
def training(control_plane: ControlPlane, binaries: Binaries) -> Iterator[LiveCluster]:
    """Two p4d nodes on which a job runs."""
    cluster = make_cluster(control_plane, binaries)
    define_mpi_job(cluster)
    eventually(lambda: any(is_ready(pod) for pod in operators(cluster)), "an operator runs")
    for resource, amount in ((EFA_RESOURCE, "4"), (GPU_RESOURCE, "8")):
        eventually(
            lambda resource=resource, amount=amount: all(  # type: ignore[misc]
                cluster.offers(node.name, resource) == amount for node in NODES
            ),
            "devices are offered",
        )
    start_job(cluster, JOB)
    eventually(lambda: has(cluster, JOB, "Running"), "the job runs", seconds=120)
    yield cluster
    cluster.twin.stop()


@pytest.fixture
def admin(training: LiveCluster) -> Path:
    return training.control_plane.admin_kubeconfig


def launcher_of(cluster: LiveCluster, job: str) -> dict[str, Any]:
    labels = {"training.kubeflow.org/job-name": job, "training.kubeflow.org/job-role": "launcher"}
    return eventually(lambda: next(iter(cluster.pods(**labels)), None), "there is a launcher")


def question(kubeconfig: Path, name: str = JOB, **more: Any) -> JobQuestion:
    return JobQuestion(name=name, kubeconfig=kubeconfig, **more)


def log_of(kubeconfig: Path, name: str = JOB, **options: Any) -> str:
    with open_job_log(question(kubeconfig, name), **options) as log:
        pieces = []
        while piece := log.stream.read1(1000):
            assert len(piece) <= 1000
            pieces.append(piece)
        return b"".join(pieces).decode()


# How the cluster is.


def test_status_tells_nodes_with_what_they_offer_and_should_offer(admin: Path, tmp_path: Path) -> None:
    ended = run_efa("status", "--kubeconfig", str(admin), "--json", home=tmp_path)
    assert ended.code == 0, ended
    document = ended.document
    assert document["sound"] is True
    assert document["findings"] == []
    assert document["nodeGroups"] is None
    for node in document["nodes"]:
        assert node["expected"] == {GPU_RESOURCE: "8", EFA_RESOURCE: "4", "hugepages-2Mi": "21122Mi"}
        assert node["expected"].items() <= node["allocatable"].items()
    roles = {pod["role"] for pod in document["pods"]}
    assert {"launcher", "worker", "device-plugin", "mpi-operator"} <= roles
    (job,) = document["jobs"]
    assert (job["name"], job["state"]) == (JOB, "Running")
    assert document["notChecked"] == [
        "the node groups in AWS: neither '--cluster' nor the kubeconfig names an EKS cluster"
    ]


def test_status_is_a_report_for_people(admin: Path, tmp_path: Path) -> None:
    ended = run_efa("status", "--kubeconfig", str(admin), home=tmp_path)
    assert ended.code == 0, ended
    assert f"{NODES[0].name}: p4d.24xlarge in us-east-1a, offers 4 EFAs, 8 GPUs, 21122Mi of hugepages-2Mi" in " ".join(
        ended.out.split()
    )
    assert f"MPIJob default/{JOB}: Running" in ended.out
    assert "Nothing is wrong with what was read." in ended.out
    assert ended.err == ""


def test_without_credentials_the_region_is_told_that_the_aws_configuration_names(admin: Path, tmp_path: Path) -> None:
    asked = ("status", "--cluster", "training", "--kubeconfig", str(admin))
    ended = run_efa(*asked, "--json", home=tmp_path, environment={"AWS_REGION": "eu-west-1"})
    assert (ended.code, ended.document["region"]) == (1, "eu-west-1")
    assert ended.document["notChecked"][0].startswith("the node groups in AWS: no AWS credentials found")
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws" / "config").write_text("[profile team]\nregion = us-west-2\n")
    ended = run_efa(*asked, "--profile", "team", home=tmp_path)
    assert ended.out.startswith("Cluster training in us-west-2, of context ")


def test_a_namespace_that_is_not_there_is_refused(admin: Path, tmp_path: Path) -> None:
    ended = run_efa("status", "--kubeconfig", str(admin), "-n", "nosuch", home=tmp_path)
    assert ended.code == 2
    assert ended.err.startswith("error: there is no namespace 'nosuch'")


def test_warnings_are_those_of_the_namespace(training: LiveCluster, admin: Path, tmp_path: Path) -> None:
    event = {
        "metadata": {"name": "odd", "namespace": "default"},
        "involvedObject": {"kind": "Pod", "namespace": "default", "name": "x"},
        "type": "Warning",
        "reason": "Odd",
        "message": "something is odd",
    }
    training.create("/api/v1/namespaces/default/events", event)
    try:
        for namespace, told in (("default", True), ("kube-system", False)):
            ended = run_efa("status", "--kubeconfig", str(admin), "-n", namespace, "--json", home=tmp_path)
            assert ("Odd" in {warning["reason"] for warning in ended.document["warnings"]}) is told
    finally:
        training.delete("/api/v1/namespaces/default/events/odd")


def test_a_job_that_cannot_start_is_a_finding_and_its_log_is_refused_with_the_reason(
    training: LiveCluster, admin: Path, tmp_path: Path
) -> None:
    start_job(training, "second")
    try:
        eventually(lambda: has(training, "second", "Created"), "the operator has seen it")
        eventually(
            lambda: (
                "unschedulable" in json.dumps(training.pods(**{"training.kubeflow.org/job-name": "second"})).lower()
            ),
            "the scheduler has looked at it",
        )
        ended = run_efa("status", "--kubeconfig", str(admin), "--json", home=tmp_path)
        assert ended.code == 1
        codes = {finding["code"] for finding in ended.document["findings"]}
        assert codes == {"nodes-taken"}
        with pytest.raises(KubernetesRequestError) as refused:
            log_of(admin, "second")
        assert str(refused.value).startswith("the launcher of MPIJob 'default/second' has not started: ")
        assert f"MPIJob 'default/{JOB}' has the" in str(refused.value)
        with pytest.raises(KubernetesRequestError, match=r"^0 of 2 workers of .* are Ready: .* has the"):
            run_in_workers(question(admin, "second"), ["true"])
        # Of one namespace, others' jobs are not told.
        other = run_efa("status", "--kubeconfig", str(admin), "-n", "kube-system", "--json", home=tmp_path)
        assert other.document["jobs"] == []
    finally:
        training.delete(f"{JOBS}/second", propagationPolicy="Background")
        eventually(lambda: not training.pods(**{"training.kubeflow.org/job-name": "second"}), "it is gone")


def test_watch_prints_again_what_has_changed_and_ends_with_ctrl_c(
    training: LiveCluster, admin: Path, tmp_path: Path
) -> None:
    new = p4d_facts(12)
    with start_efa("status", "--kubeconfig", str(admin), "--watch", home=tmp_path) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        lines: list[str] = []
        threading.Thread(target=lines.extend, args=(process.stdout,), daemon=True).start()
        try:
            eventually(lambda: any("Not checked" in line for line in tuple(lines)), "it has printed a report")
            assert any(f"MPIJob default/{JOB}: Running" in line for line in lines)
            assert not any(new.name in line for line in lines)
            training.set_nodes(*NODES, new)
            eventually(lambda: any(new.name in line for line in tuple(lines)), "it has printed another")
        finally:
            process.send_signal(signal.SIGINT)
            training.set_nodes(*NODES)
        assert process.wait(30) in (0, 1)
        assert process.stderr.read() == ""


# What a job printed.


def test_a_log_comes_from_the_api_server_and_says_what_did_not_run(admin: Path) -> None:
    log = log_of(admin).splitlines()
    assert log[0] == "rehearsal: no container runs on this node, and nothing was measured"
    assert log[1].startswith("rehearsal: not run: ")
    assert "all_reduce_perf" in log[1]
    assert "rehearsal: computed: EFA would carry the traffic between every two of the nodes" in log
    assert log[-1].startswith("# nThread 1 nGpus 1 minBytes 8 maxBytes 2147483648 step: 2(factor) ")


def test_the_verdict_on_a_log_of_which_nothing_ran_is_unproven(admin: Path, tmp_path: Path) -> None:
    ended = run_efa("verify", "--job", JOB, "--kubeconfig", str(admin), "--json", home=tmp_path)
    assert ended.code == 1, ended
    document = ended.document
    assert document["verdict"] == "unproven"
    assert (document["collective"], document["instance_type"]) == ("all_reduce", "p4d.24xlarge")
    assert document["rows"] == []
    assert document["peak_bus_bandwidth"] is None
    followed = run_efa("verify", "--job", "other", "--kubeconfig", str(admin), home=tmp_path)
    assert followed.code == 2
    assert followed.err == (f"error: there is no MPIJob 'other' in namespace 'default': there is {JOB}\n")


def test_the_logs_of_workers_follow_if_asked_for(admin: Path) -> None:
    nothing = "rehearsal: no container runs on this node, and nothing was measured"
    assert log_of(admin, workers=True).splitlines().count(nothing) == 3


def test_a_log_is_followed_until_the_launcher_ends(training: LiveCluster, admin: Path) -> None:
    pod = launcher_of(training, JOB)
    with open_job_log(question(admin), follow=True) as log:
        assert log.stream.read1().startswith(b"rehearsal: ")
        training.patch(
            f"{PODS}/{pod['metadata']['name']}", {"metadata": {"annotations": {OUTCOME_ANNOTATION: "complete"}}}
        )
        began = time.monotonic()
        while log.stream.read1():
            assert time.monotonic() - began < 60
    try:
        eventually(lambda: has(training, JOB, "Succeeded"), "the job has succeeded")
        assert "# nThread" in log_of(admin)
    finally:
        # The tests after this one need one that runs.
        training.delete(f"{JOBS}/{JOB}", propagationPolicy="Background")
        eventually(lambda: not training.pods(), "the pods of the job are gone")
        start_job(training, JOB)
        eventually(lambda: has(training, JOB, "Running"), "the job runs again")


@pytest.mark.parametrize(
    ("name", "namespace", "words"),
    [
        ("nccl-test", None, f"there is no MPIJob 'nccl-test' in namespace 'default': there is {JOB}"),
        (JOB, "team", f"there is no MPIJob '{JOB}' in namespace 'team': there is one in default; name it with"),
        ("other", "team", f"in namespace 'team': there is none; elsewhere there are default/{JOB}"),
    ],
)
def test_a_job_that_is_not_there_is_told_with_those_that_are(
    admin: Path, name: str, namespace: str | None, words: str
) -> None:
    with pytest.raises(InvalidArgumentError) as refused, open_job_log(question(admin, name, namespace=namespace)):
        pass
    assert words in str(refused.value)


def test_the_log_of_a_job_that_has_ended_and_left_no_launcher_is_gone(training: LiveCluster, admin: Path) -> None:
    # No operator works on it: somebody else wrote its status, and took its launcher away.
    gone = {**training.find(f"{JOBS}/{JOB}"), "status": {}}  # type: ignore[dict-item]
    gone["metadata"] = {"name": "gone", "namespace": "default"}
    gone["spec"] = {**gone["spec"], "runPolicy": {"suspend": True, "managedBy": "kueue.x-k8s.io/multikueue"}}
    training.create(JOBS, gone)
    now = "2026-01-02T03:04:05Z"
    succeeded = {"type": "Succeeded", "status": "True", "lastTransitionTime": now, "lastUpdateTime": now}
    training.patch(f"{JOBS}/gone/status", {"status": {"conditions": [succeeded]}})
    try:
        with pytest.raises(KubernetesRequestError, match="MPIJob 'default/gone' has ended, and its launcher is gone"):
            log_of(admin, "gone")
    finally:
        training.delete(f"{JOBS}/gone", propagationPolicy="Background")


def test_a_kubelet_answers_the_api_server_alone(training: LiveCluster, control_plane: ControlPlane) -> None:
    node = training.get(f"/api/v1/nodes/{NODES[0].name}")["status"]
    port = node["daemonEndpoints"]["kubeletEndpoint"]["Port"]
    pod = launcher_of(training, JOB)["metadata"]["name"]
    url = f"https://127.0.0.1:{port}/containerLogs/default/{pod}/launcher"
    context = ssl.create_default_context(cafile=str(control_plane.authority.file))
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context))
    with pytest.raises((URLError, OSError)):
        opener.open(url, timeout=10)
    admin = control_plane.folder / "admin.crt", control_plane.folder / "admin.key"
    context.load_cert_chain(*admin)
    with pytest.raises(HTTPError) as refused:
        opener.open(url, timeout=10)
    refused.value.close()
    assert refused.value.code == 403


def test_the_log_of_the_operator_is_the_real_one(training: LiveCluster) -> None:
    (pod,) = [pod for pod in operators(training) if is_ready(pod)][:1]
    answer = training._client.get(f"/api/v1/namespaces/mpi-operator/pods/{pod['metadata']['name']}/log?tailLines=500")
    assert f"MPIJob default/{JOB} is running" in answer.text


# Who asks.


def kubeconfig_of(file: Path, training: LiveCluster, user: dict[str, Any]) -> Path:
    """As EKS's tools write it: with the authority's certificate within."""
    authority = base64.b64encode(training.control_plane.authority.pem.encode()).decode()
    cluster = {"server": training.control_plane.url, "certificate-authority-data": authority}
    content = {
        "clusters": [{"name": "live", "cluster": cluster}],
        "users": [{"name": "live", "user": user}],
        "contexts": [{"name": "live", "context": {"cluster": "live", "user": "live"}}],
        "current-context": "live",
    }
    file.write_text(json.dumps(content))
    return file


def plugin_user(folder: Path, script: str) -> dict[str, Any]:
    """A user that signs in by a program, which counts how often it was started."""
    program = folder / "sign-in"
    program.write_text(f"#!{sys.executable}\nopen({str(folder / 'runs')!r}, 'a').write('.')\n{script}\n")
    program.chmod(0o700)
    return {
        "exec": {
            "apiVersion": "client.authentication.k8s.io/v1beta1",
            "command": str(program),
            "args": ["eks", "get-token"],
            "interactiveMode": "IfAvailable",
        }
    }


def token(training: LiveCluster, account: str) -> str:
    path = f"/api/v1/namespaces/default/serviceaccounts/{account}"
    if training.find(path) is None:
        metadata = {"name": account, "namespace": "default"}
        training.apply({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata})
    request = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"expirationSeconds": 3600}}
    answer: str = training.create(f"{path}/token", request)["status"]["token"]
    return answer


def bind(training: LiveCluster, account: str, role: str, *, namespace: str | None) -> None:
    kind = "RoleBinding" if namespace else "ClusterRoleBinding"
    metadata = {"name": account} | ({"namespace": namespace} if namespace else {})
    binding = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": kind,
        "metadata": metadata,
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role},
        "subjects": [{"kind": "ServiceAccount", "name": account, "namespace": "default"}],
    }
    with suppress(AssertionError):
        training.apply(binding)


GIVES_TOKEN = """
import json, os, sys
assert sys.argv[1:] == ["eks", "get-token"]
assert json.loads(os.environ["KUBERNETES_EXEC_INFO"])["kind"] == "ExecCredential"
print(json.dumps({{"apiVersion": "client.authentication.k8s.io/v1beta1", "kind": "ExecCredential",
                  "status": {{"token": {token!r}}}}}))
"""


def test_a_program_of_the_kubeconfig_signs_in_once_and_no_certificate_stays_behind(
    training: LiveCluster, tmp_path: Path
) -> None:
    bind(training, "operator-of-cluster", "cluster-admin", namespace=None)
    user = plugin_user(tmp_path, GIVES_TOKEN.format(token=token(training, "operator-of-cluster")))
    kubeconfig = kubeconfig_of(tmp_path / "config", training, user)
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    environment = {"KUBECONFIG": str(kubeconfig), "TMPDIR": str(temporary)}
    ended = run_efa("status", home=tmp_path, environment=environment)
    assert ended.code == 0, ended
    assert (tmp_path / "runs").read_text() == "."
    assert list(temporary.iterdir()) == []


def admins_keys(training: LiveCluster) -> dict[str, str]:
    """Certificate and key as PEM."""
    user = yaml.safe_load(training.control_plane.admin_kubeconfig.read_text())["users"][0]["user"]
    return {name: Path(user[name]).read_text() for name in ("client-certificate", "client-key")}


@pytest.mark.parametrize("by_program", [False, True])
def test_while_the_server_is_asked_no_key_is_on_the_disk(
    training: LiveCluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, by_program: bool
) -> None:
    keys = admins_keys(training)
    status = {"clientCertificateData": keys["client-certificate"], "clientKeyData": keys["client-key"]}
    if by_program:
        user = plugin_user(tmp_path, f"import json; print(json.dumps({{'status': {status!r}}}))")
    else:
        user = {f"{name}-data": base64.b64encode(text.encode()).decode() for name, text in keys.items()}
    kubeconfig = read_kubeconfig(kubeconfig_of(tmp_path / "config", training, user))
    assert kubeconfig is not None
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))

    async def asked() -> None:
        async with connected(kubeconfig) as api:
            assert list(temporary.iterdir()) == []
            assert (await api.get("/api/v1/nodes"))["items"]

    asyncio.run(asked())
    assert list(temporary.iterdir()) == []


def test_who_may_read_one_namespace_is_told_of_that_one_and_what_is_not_known(
    training: LiveCluster, tmp_path: Path
) -> None:
    bind(training, "viewer", "view", namespace="default")
    user = plugin_user(tmp_path, GIVES_TOKEN.format(token=token(training, "viewer")))
    kubeconfig = kubeconfig_of(tmp_path / "config", training, user)
    ended = run_efa("status", "--kubeconfig", str(kubeconfig), "-n", "default", "--json", home=tmp_path)
    assert ended.code == 0, ended
    document = ended.document
    assert document["nodes"] == []
    assert {pod["namespace"] for pod in document["pods"]} == {"default"}
    assert document["findings"] == []
    unread = " ".join(document["notChecked"])
    assert 'nodes: nodes is forbidden: User "system:serviceaccount:default:viewer" cannot list' in unread
    # A refusal is no reason to sign in again.
    assert (tmp_path / "runs").read_text() == "."
    # The log of the job is among what the role 'view' gives; commands in containers are not.
    with pytest.raises((KubernetesRequestError, InvalidArgumentError), match="forbidden"):
        run_in_workers(question(kubeconfig), ["true"])


@pytest.mark.parametrize(
    ("script", "words"),
    [
        (
            "import sys; sys.exit('Unable to locate credentials')",
            "ended with exit status 1: Unable to locate credentials",
        ),
        ("print('no JSON')", "sign-in' of the kubeconfig gives no credentials"),
        (GIVES_TOKEN.format(token="wrong"), "does not take these credentials (Unauthorized): sign in again"),
    ],
)
def test_who_cannot_sign_in_is_told_in_one_sentence(
    training: LiveCluster, tmp_path: Path, script: str, words: str
) -> None:
    kubeconfig = kubeconfig_of(tmp_path / "config", training, plugin_user(tmp_path, script))
    ended = run_efa("status", "--kubeconfig", str(kubeconfig), home=tmp_path)
    assert ended.code == 2
    assert words in ended.err
    assert ended.err.count("\n") == 1


def test_a_program_that_is_not_there_and_a_server_that_is_not_there_are_told(
    training: LiveCluster, tmp_path: Path
) -> None:
    missing = {"exec": {"apiVersion": "client.authentication.k8s.io/v1beta1", "command": "efa-no-such-program"}}
    ended = run_efa("status", "--kubeconfig", str(kubeconfig_of(tmp_path / "a", training, missing)), home=tmp_path)
    assert ended.code == 2
    assert "'efa-no-such-program' of the kubeconfig is not there: install it" in ended.err
    content = json.loads(kubeconfig_of(tmp_path / "b", training, {"token": "a"}).read_text())
    content["clusters"][0]["cluster"]["server"] = "https://127.0.0.1:1"
    (tmp_path / "b").write_text(json.dumps(content))
    ended = run_efa("status", "--kubeconfig", str(tmp_path / "b"), home=tmp_path)
    assert ended.code == 2
    assert "the API server https://127.0.0.1:1 of context 'live' does not answer" in ended.err


# Commands in workers, which kwok runs on this machine.


@contextmanager
def commands_run_on(cluster: LiveCluster, binaries: Binaries, folder: Path, *prefix: str) -> Iterator[None]:
    """Let kwok answer for the nodes: it runs every command of a container, here."""
    configuration = {
        "apiVersion": "kwok.x-k8s.io/v1alpha1",
        "kind": "ClusterExec",
        "metadata": {"name": "here"},
        "spec": {"execs": [{"local": {"workDir": str(folder)}}]},
    }
    # It does not start without stages.
    file = write_kwok_configuration(folder / "kwok.yaml")
    file.write_text(f"{file.read_text()}\n---\n{json.dumps(configuration)}\n")
    certificate, key = cluster.control_plane.certificate("kwok-kubelet")
    port = free_port()
    ports = {node.name: cluster.get(f"/api/v1/nodes/{node.name}")["status"]["daemonEndpoints"] for node in NODES}
    program = subprocess.Popen(
        [
            *prefix,
            str(binaries.kwok),
            f"--kubeconfig={cluster.control_plane.admin_kubeconfig}",
            f"--config={file}",
            "--manage-nodes-with-annotation-selector=efa-tests/none=none",
            f"--server-address=127.0.0.1:{port}",
            f"--tls-cert-file={certificate}",
            f"--tls-private-key-file={key}",
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        for node in NODES:
            answers_at(cluster, node.name, {"kubeletEndpoint": {"Port": port}})
        yield
    finally:
        for name, endpoints in ports.items():
            answers_at(cluster, name, endpoints)
        program.terminate()
        program.wait(10)


def answers_at(cluster: LiveCluster, name: str, endpoints: dict[str, Any]) -> None:
    cluster.patch(f"/api/v1/nodes/{name}/status", {"status": {"daemonEndpoints": endpoints}})


def free_port() -> int:
    import socket

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@pytest.fixture
def with_commands(training: LiveCluster, binaries: Binaries, tmp_path: Path) -> Iterator[LiveCluster]:
    with commands_run_on(training, binaries, tmp_path):
        eventually(lambda: outputs(training, "true") is not None, "kwok answers")
        yield training


def outputs(cluster: LiveCluster, script: str) -> list[str] | None:
    try:
        done = run_in_workers(question(cluster.control_plane.admin_kubeconfig), ["sh", "-c", script])
    except KubernetesRequestError:
        return None
    return [one.text for one in done]


def test_a_command_runs_in_every_worker(with_commands: LiveCluster) -> None:
    done = run_in_workers(
        question(with_commands.control_plane.admin_kubeconfig), ["sh", "-c", "seq 20000; echo not this >&2"]
    )
    assert [one.pod for one in done] == [f"{JOB}-worker-0", f"{JOB}-worker-1"]
    assert {one.node for one in done} == {node.name for node in NODES}
    assert [one.text for one in done] == ["".join(f"{number}\n" for number in range(1, 20001))] * 2


def test_a_command_that_fails_is_told_with_its_words(with_commands: LiveCluster) -> None:
    with pytest.raises(KubernetesRequestError) as failed:
        run_in_workers(
            question(with_commands.control_plane.admin_kubeconfig), ["sh", "-c", "echo it broke >&2; exit 3"]
        )
    assert f"pod 'default/{JOB}-worker-" in str(failed.value)
    # A kubelet gives the number apart, kwok in words only.
    assert "exit status 3" in str(failed.value)


def test_the_twins_own_nodes_run_no_command_and_say_so(training: LiveCluster, admin: Path, tmp_path: Path) -> None:
    ended = run_efa("counters", "--job", JOB, "--kubeconfig", str(admin), home=tmp_path)
    assert (ended.code, ended.out) == (2, "")
    words = "no container runs on this node, and only logs can be read"
    assert ended.err == f"error: cannot run a command in pod 'default/{JOB}-worker-0': {words}\n"
    # What kubectl asks before 1.30. It takes a text that is an object in YAML for an answer without words.
    answer = training.ask_for_command(f"{PODS}/{JOB}-worker-0/exec?command=true&container=worker&stdout=true")
    assert yaml.safe_load(answer) == words


# Counters of EFA devices, which the kernel has in files.


def write_counters(folder: Path, gib: int) -> None:
    for device in ("rdmap16s27", "rdmap32s27", "rdmap144s27", "rdmap160s27"):
        counters = folder / "infiniband" / device / "ports" / "1" / "hw_counters"
        counters.mkdir(parents=True, exist_ok=True)
        for name in ("send_bytes", "recv_bytes"):
            (counters / name).write_text(f"{gib * 2**30}\n")


def test_counters_before_and_after_a_run_prove_what_efa_carried(
    training: LiveCluster, binaries: Binaries, admin: Path, tmp_path: Path
) -> None:
    files = tmp_path / "sys"
    write_counters(files, 1)
    # Where the kernel has its own.
    inside = ("unshare", "--mount", "sh", "-c", f'mount --bind {files} /sys/class && exec "$@"', "sh")
    if subprocess.run([*inside, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this machine lets nobody mount anything")
    log = tmp_path / "nccl-tests.log"
    log.write_text(lines(efa_run()))
    before, after = tmp_path / "before.json", tmp_path / "after.json"
    asked = ("--job", JOB, "--kubeconfig", str(admin))
    with commands_run_on(training, binaries, tmp_path, *inside):
        eventually(lambda: outputs(training, "true") is not None, "kwok answers")
        ended = run_efa("counters", *asked, "-o", str(before), home=tmp_path)
        assert ended.code == 0, ended
        assert f"{NODES[0].name}: 4 EFA devices, 4.295 GB sent and 4.295 GB received" in ended.out
        # By each of four devices: the run sends 40 GiB from each node.
        write_counters(files, 12)
        assert run_efa("counters", *asked, "-o", str(after), home=tmp_path).code == 0
    document = json.loads(before.read_text())
    assert document["job"] == f"default/{JOB}"
    assert set(document["nodes"]) == {node.name for node in NODES}
    proven = run_efa("verify", str(log), "--counters", str(before), str(after), "--json", home=tmp_path)
    assert proven.code == 0, proven
    assert proven.document["counters"]["verdict"] == "proven"
    for_people = run_efa("verify", str(log), "--counters", str(before), str(after), home=tmp_path)
    assert "Counters of the EFA devices" in for_people.out
    assert "EFA carried it" in " ".join(for_people.out.split())
    # Nothing was sent in between, whatever the log says.
    idle = run_efa("verify", str(log), "--counters", str(before), str(before), "--json", home=tmp_path)
    assert idle.code == 1
    assert idle.document["passes"] is False
    assert idle.document["counters"]["verdict"] == "unused"


def test_workers_without_efa_devices_are_told(with_commands: LiveCluster, admin: Path, tmp_path: Path) -> None:
    ended = run_efa("counters", "--job", JOB, "--kubeconfig", str(admin), "--json", home=tmp_path)
    assert ended.code == 1
    assert list(ended.document["nodes"].values()) == [{}, {}]


def test_a_reading_before_a_run_waits_for_its_workers(with_commands: LiveCluster, admin: Path, tmp_path: Path) -> None:
    path = f"{PODS}/{JOB}-worker-1"
    before = with_commands.get(path)["metadata"]["uid"]
    # The operator makes it again.
    with_commands.delete(path, gracePeriodSeconds="0")
    done = run_in_workers(question(admin), ["true"], wait=True)
    assert [one.pod for one in done] == [f"{JOB}-worker-0", f"{JOB}-worker-1"]
    assert with_commands.get(path)["metadata"]["uid"] != before


# The last test of this file, for it takes the kind away.


def test_who_may_do_all_in_one_namespace_of_a_cluster_without_mpi_jobs_is_told_of_the_rest(
    training: LiveCluster, tmp_path: Path
) -> None:
    bind(training, "owner", "cluster-admin", namespace="default")
    user = {"token": token(training, "owner")}
    kubeconfig = kubeconfig_of(tmp_path / "config", training, user)
    training.delete("/apis/apiextensions.k8s.io/v1/customresourcedefinitions/mpijobs.kubeflow.org")
    eventually(lambda: training.find(JOBS) is None, "the kind is gone")
    ended = run_efa("status", "--kubeconfig", str(kubeconfig), "-n", "default", "--json", home=tmp_path)
    assert ended.code == 0, ended
    assert ended.document["jobs"] == []
    not_checked = [words.partition(":")[0] for words in ended.document["notChecked"]]
    assert "nodes" in not_checked
    assert "mpi jobs" not in not_checked
