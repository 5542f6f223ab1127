"""A Kubernetes control plane on this machine: etcd, API server, controller manager, scheduler, and kwok for nodes."""

from __future__ import annotations

import shutil
import socket
import ssl
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from urllib.error import URLError

from cryptography.hazmat.primitives.asymmetric import ec

from ...errors import RehearsalError
from .binaries import Binaries
from .certificates import CertificateAuthority, write_private_key
from .kubeconfig import write_kubeconfig
from .processes import ServerProcesses

__all__ = ["KUBELET_ADDRESS_TYPE", "KUBELET_CLIENT", "KWOK_NODE_ANNOTATION", "ControlPlane"]

_START_SECONDS = 60.0
_POLL_SECONDS = 0.05
# How soon a program that ended is started again.
_RESTART_SECONDS = 0.5
# How often, before it is left as it is.
_MOST_RESTARTS = 20
# How often other ports are tried, where somebody took one between its choice and its use.
_MOST_PORT_CHOICES = 5
_PORT_TAKEN = "address already in use"
# On the nodes that kwok keeps alive, with the value "fake".
KWOK_NODE_ANNOTATION = "kwok.x-k8s.io/node"
# Of a node's addresses, the type of the one at which the API server asks its kubelet. Nodes of EKS in a private subnet
# have none of it: here, no other may be tried, for it would be outside this machine.
KUBELET_ADDRESS_TYPE = "ExternalIP"
# Who may do everything.
_ADMIN = "kubernetes-admin"
_ADMIN_GROUPS = ("system:masters",)
# The user as whom it asks.
KUBELET_CLIENT = "kube-apiserver-kubelet-client"
_PROGRAMS = ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kwok")
_SERVICE_CIDR = "10.100.0.0/16"
# The VPC CNI gives pods addresses of the nodes' subnets, of which kwok knows nothing: of the range that is kept for
# networks of one's own (RFC 6598), so that no pod has the address of a node.
_POD_CIDR = "100.64.0.1/10"


class ControlPlane:
    """A control plane, running while this is entered. It ends with the process that started it.

    It listens on 127.0.0.1 only, and nobody gets an answer without a certificate or a token. A program of it that ends
    is started again, as EKS would, with the data that there was. etcd does not wait for the disk: what a rehearsal
    writes is gone with it.
    """

    def __init__(
        self, binaries: Binaries, folder: Path, *, kwok_configuration: Path, server_name: str | None = None
    ) -> None:
        """
        :param binaries: The programs.
        :param folder: An empty folder for its files: data, certificates, logs.
        :param kwok_configuration: What kwok does with nodes and pods: its ``Stage`` objects.
        :param server_name: The name of the API server that this one stands for: its certificate is for that, too, and
            :meth:`stand_in` asks for it. Default: none.
        """
        self._binaries = binaries
        self._server_name = server_name
        self.folder = folder
        """Of its files; each program's log is in it."""
        self._kwok_configuration = kwok_configuration
        folder.chmod(0o700)
        self.authority = CertificateAuthority(folder)
        self._service_account_key = folder / "service-accounts.key"
        write_private_key(self._service_account_key, ec.generate_private_key(ec.SECP256R1()))
        self.processes = ServerProcesses(folder)
        self._ending = threading.Event()
        self._supervisor = threading.Thread(target=self._keep_running, name="control plane", daemon=True)
        # By the program's name.
        self._restarts: Counter[str] = Counter()
        self._choose_ports()

    def __enter__(self) -> ControlPlane:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """Where the API server answers."""
        return f"https://127.0.0.1:{self._port}"

    @property
    def admin_kubeconfig(self) -> Path:
        """Of a user who may do everything. It is there once everything was started."""
        return self.folder / "admin.kubeconfig"

    def stand_in(self) -> None:
        """Let :attr:`admin_kubeconfig` say for which API server this one stands, as one for a tunnel would."""
        self.kubeconfig("admin", user=_ADMIN, groups=_ADMIN_GROUPS, server_name=self._server_name)

    def kubeconfig(self, name: str, *, user: str, groups: Sequence[str] = (), server_name: str | None = None) -> Path:
        """A kubeconfig with a client certificate.

        :param name: Of the files, without an extension.
        :param user: Kubernetes user.
        :param groups: Kubernetes groups.
        :param server_name: What the API server's certificate is to be for. Default: 127.0.0.1.
        """
        certificate, key = self._issued(name, user, groups)
        return write_kubeconfig(
            self.folder / f"{name}.kubeconfig",
            server=self.url,
            certificate_authority=self.authority.file,
            user={"client-certificate": str(certificate), "client-key": str(key)},
            server_name=server_name,
        )

    def kubeconfig_with_token(self, name: str, token: str) -> Path:
        """A kubeconfig with a token, such as a service account's. ``name``: of the file."""
        return write_kubeconfig(
            self.folder / f"{name}.kubeconfig",
            server=self.url,
            certificate_authority=self.authority.file,
            user={"token": token},
        )

    def certificate(self, name: str) -> tuple[Path, Path]:
        """A certificate for 127.0.0.1, and its key. ``name``: of the files, and of its holder."""
        return self._issued(name, name)

    def start(self) -> None:
        """Start everything, and return when the API server is ready.

        :raises RehearsalError: a program ended, it was not ready after a minute, or :meth:`stop` was called meanwhile.
        """
        for attempts_left in reversed(range(_MOST_PORT_CHOICES)):
            try:
                self._start_servers()
                break
            except RehearsalError:
                if not attempts_left or not self._port_was_taken():
                    raise
            for name in ("etcd", "kube-apiserver"):
                self.processes.end(name, at_once=True)
                self.processes.log(name).unlink(missing_ok=True)
            shutil.rmtree(self.folder / "etcd", ignore_errors=True)
            self._choose_ports()
        self._start_controllers()
        self._supervisor.start()

    def stop(self) -> None:
        """End everything, also what is being started. Doing it again changes nothing."""
        self._ending.set()
        self.processes.stop()
        if self._supervisor.is_alive():
            self._supervisor.join()

    def wait_until_ready(self) -> int:
        """Wait until the API server answers. Return how often it, or what keeps its data, was started again so far.

        :raises RehearsalError: it does not answer within a minute, or has ended too often.
        """
        self._wait_until_ready(self.check)
        return self._restarts["etcd"] + self._restarts["kube-apiserver"]

    def check(self) -> None:
        """Whether every program runs, or will run again.

        :raises RehearsalError: one has ended too often: which, and what it wrote last.
        """
        self.processes.check(name for name in _PROGRAMS if self._restarts[name] == _MOST_RESTARTS)

    def _choose_ports(self) -> None:
        with ExitStack() as held:
            self._etcd_port, self._peer_port, self._port = (_free_port(held) for _ in range(3))

    def _port_was_taken(self) -> bool:
        logs = (self.processes.log(name) for name in ("etcd", "kube-apiserver"))
        return any(_PORT_TAKEN in log.read_text(errors="replace") for log in logs if log.exists())

    def _start_servers(self) -> None:
        self.kubeconfig("admin", user=_ADMIN, groups=_ADMIN_GROUPS)
        self._start_etcd()
        self._start_api_server()
        self._wait_until_ready(self.processes.check)

    def _start_controllers(self) -> None:
        for name, binary, flags in (
            (
                "kube-controller-manager",
                self._binaries.kube_controller_manager,
                (
                    f"--service-account-private-key-file={self._service_account_key}",
                    f"--root-ca-file={self.authority.file}",
                    "--use-service-account-credentials=true",
                    # A Service's Endpoints name all its pods. Written anew for every pod of a job of a thousand, that
                    # is two thirds of the controller manager's work, and a third of the API server's.
                    "--endpoint-updates-batch-period=500ms",
                    "--endpointslice-updates-batch-period=500ms",
                ),
            ),
            ("kube-scheduler", self._binaries.kube_scheduler, ()),
        ):
            kubeconfig = self.kubeconfig(name, user=f"system:{name}")
            self.processes.start(
                name,
                [
                    binary,
                    f"--kubeconfig={kubeconfig}",
                    f"--authentication-kubeconfig={kubeconfig}",
                    f"--authorization-kubeconfig={kubeconfig}",
                    # One instance needs no election, and nobody asks for its health by HTTP.
                    "--leader-elect=false",
                    "--secure-port=0",
                    # Nothing here pays for requests but this machine.
                    "--kube-api-qps=1000",
                    "--kube-api-burst=2000",
                    *flags,
                ],
            )
        self.processes.start(
            "kwok",
            [
                self._binaries.kwok,
                f"--kubeconfig={self.kubeconfig('kwok', user='kwok', groups=['system:masters'])}",
                f"--config={self._kwok_configuration}",
                f"--manage-nodes-with-annotation-selector={KWOK_NODE_ANNOTATION}=fake",
                "--node-lease-duration-seconds=40",
                f"--cidr={_POD_CIDR}",
            ],
        )

    def _keep_running(self) -> None:
        while not self._ending.wait(_RESTART_SECONDS):
            for name in _PROGRAMS:
                if self.processes.has_ended(name) and self._restarts[name] < _MOST_RESTARTS:
                    self._restarts[name] += 1
                    # Ending, or no memory left for it: the next round tries again.
                    with suppress(RehearsalError):
                        self.processes.start_again(name)

    def _start_api_server(self) -> None:
        certificate, key = self._issued("kube-apiserver", "kube-apiserver", server_name=self._server_name)
        client_certificate, client_key = self._issued("kube-apiserver-etcd-client", "kube-apiserver")
        kubelet_certificate, kubelet_key = self._issued(KUBELET_CLIENT, KUBELET_CLIENT)
        self.processes.start(
            "kube-apiserver",
            [
                self._binaries.kube_apiserver,
                "--bind-address=127.0.0.1",
                f"--secure-port={self._port}",
                "--advertise-address=127.0.0.1",
                f"--etcd-servers=https://127.0.0.1:{self._etcd_port}",
                f"--etcd-cafile={self.authority.file}",
                f"--etcd-certfile={client_certificate}",
                f"--etcd-keyfile={client_key}",
                f"--tls-cert-file={certificate}",
                f"--tls-private-key-file={key}",
                f"--client-ca-file={self.authority.file}",
                f"--cert-dir={self.folder}",
                f"--kubelet-certificate-authority={self.authority.file}",
                f"--kubelet-client-certificate={kubelet_certificate}",
                f"--kubelet-client-key={kubelet_key}",
                f"--kubelet-preferred-address-types={KUBELET_ADDRESS_TYPE}",
                "--authorization-mode=Node,RBAC",
                "--anonymous-auth=false",
                "--service-account-issuer=https://kubernetes.default.svc",
                f"--service-account-key-file={self._service_account_key}",
                f"--service-account-signing-key-file={self._service_account_key}",
                f"--service-cluster-ip-range={_SERVICE_CIDR}",
                # As EKS does: the device plugins and job pods of EFA are privileged or lock memory.
                "--allow-privileged=true",
                "--endpoint-reconciler-type=none",
                # No limit on the rate of clients: there is one user.
                "--enable-priority-and-fairness=false",
                "--max-requests-inflight=0",
                "--max-mutating-requests-inflight=0",
                "--event-ttl=24h",
                "--profiling=false",
            ],
        )

    def _start_etcd(self) -> None:
        certificate, key = self._issued("etcd", "etcd")
        client, peer = f"https://127.0.0.1:{self._etcd_port}", f"https://127.0.0.1:{self._peer_port}"
        flags = []
        for prefix in ("", "peer-"):
            flags += [
                f"--{prefix}cert-file={certificate}",
                f"--{prefix}key-file={key}",
                f"--{prefix}trusted-ca-file={self.authority.file}",
                f"--{prefix}client-cert-auth=true",
            ]
        self.processes.start(
            "etcd",
            [
                self._binaries.etcd,
                f"--data-dir={self.folder / 'etcd'}",
                f"--listen-client-urls={client}",
                f"--advertise-client-urls={client}",
                f"--listen-peer-urls={peer}",
                f"--initial-advertise-peer-urls={peer}",
                f"--initial-cluster=default={peer}",
                "--unsafe-no-fsync=true",
                *flags,
            ],
        )

    def _issued(
        self, name: str, user: str, groups: Sequence[str] = (), *, server_name: str | None = None
    ) -> tuple[Path, Path]:
        certificate, key = self.folder / f"{name}.crt", self.folder / f"{name}.key"
        if key.exists():
            return certificate, key
        return self.authority.issue(name, user=user, groups=groups, server_name=server_name)

    def _wait_until_ready(self, check: Callable[[], None]) -> None:
        context = ssl.create_default_context(cadata=self.authority.pem)
        context.load_cert_chain(self.folder / "admin.crt", self.folder / "admin.key")
        # No proxy of this machine's settings.
        opener = urllib.request.build_opener(
            urllib.request.HTTPSHandler(context=context), urllib.request.ProxyHandler({})
        )
        # kubectl validates by what comes some seconds after the rest, when there are definitions to read.
        paths = ("/readyz", "/openapi/v3", "/openapi/v2") if self._restarts["kube-apiserver"] else ("/readyz",)
        end = time.monotonic() + _START_SECONDS
        while True:
            check()
            try:
                for path in paths:
                    opener.open(f"{self.url}{path}", timeout=5).close()
                return
            except (URLError, OSError) as error:
                if time.monotonic() > end:
                    raise RehearsalError(
                        f"the API server was not ready after {_START_SECONDS:.0f} s ({error}): "
                        f"{self.processes.last_words('kube-apiserver')}"
                    ) from None
            time.sleep(_POLL_SECONDS)


def _free_port(held: ExitStack) -> int:
    """A port of 127.0.0.1 that nothing listens on. It is held, so that the next one is another."""
    listener = held.enter_context(socket.socket())
    listener.bind(("127.0.0.1", 0))
    return int(listener.getsockname()[1])
