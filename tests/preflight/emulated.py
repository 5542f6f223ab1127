"""An emulated account with the cluster of ``examples/cluster-facts.json``, and a deployment to judge in it."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from botocore.awsrequest import AWSResponse
from moto.ec2.models import EC2Backend, ec2_backends
from moto.iam.models import iam_backends
from moto.ssm.models import ssm_backends

from efa_constructs.lookups.clients import AccountClients
from efa_constructs.lookups.cluster_facts import ClusterFacts, read_cluster_facts
from efa_constructs.lookups.clusters import EksCluster
from efa_constructs.preflight.account import ask_account
from efa_constructs.preflight.judge import CHECKS, judge
from efa_constructs.preflight.plan import Plan
from efa_constructs.preflight.rows import Row
from efa_constructs.rehearsal.account.capacity_reservations import capacity_reservations
from efa_constructs.rehearsal.account.cloudformation.stacks import cloudformation_state
from efa_constructs.rehearsal.account.eks.state import eks_state
from efa_constructs.rehearsal.account.existing_cluster import seed
from efa_constructs.rehearsal.account.placement_groups import placement_groups

__all__ = ["ACCOUNT", "EXAMPLE", "REGION", "SUBNET", "Emulated", "Refusals", "policy", "refusals"]

EXAMPLE = Path(__file__).parents[2] / "examples" / "cluster-facts.json"
ACCOUNT, REGION = "123456789012", "us-east-1"
# The private one in us-east-1b.
SUBNET = "subnet-0d1d2d3d4d5d6d7d8"
TRUST = {"Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}]}


class Emulated:
    """The account, empty but for the cluster, and what is asked about it."""

    def __init__(self, clients: AccountClients) -> None:
        self.clients = clients
        self.facts: ClusterFacts = read_cluster_facts(EXAMPLE)
        self._forget()
        seed(self.facts)

    def _forget(self) -> None:
        capacity_reservations(self.ec2).clear()
        placement_groups(self.ec2).clear()
        for backend in (self.ec2, iam_backends[ACCOUNT]["aws"], ssm_backends[ACCOUNT][REGION]):
            backend.reset()
        eks_state(ACCOUNT, REGION).clusters.clear()
        cloudformation_state(ACCOUNT, REGION).stacks.clear()

    @property
    def ec2(self) -> EC2Backend:
        """What moto keeps of EC2."""
        return ec2_backends[ACCOUNT][REGION]

    @property
    def cluster(self) -> dict[str, Any]:
        """What the account shows of the cluster, to be changed."""
        return eks_state(ACCOUNT, REGION).cluster("training").description

    def plan(self, **changes: Any) -> Plan:
        """Three p4d.24xlarge on the cluster that is there."""
        arguments: dict[str, Any] = {
            "region": REGION,
            "instance_type": "p4d.24xlarge",
            "nodes": 3,
            "cluster_name": "training",
            "subnet_id": SUBNET,
        }
        return Plan.make(**arguments | changes)

    def new_cluster(self, **changes: Any) -> Plan:
        """Three p4d.24xlarge on a cluster that is yet to be made."""
        return self.plan(**{"cluster_name": None, "subnet_id": None} | changes)

    def rows(
        self, plan: Plan | None = None, *, read_vpc_cni: Callable[[EksCluster], str | None] | None = None
    ) -> dict[str, Row]:
        """All rows of a deployment, by id."""
        plan = plan or self.plan()
        return {row.id: row for row in judge(plan, ask_account(self.clients, plan, read_vpc_cni=read_vpc_cni))}

    def row(self, id: str, plan: Plan | None = None) -> Row | None:
        """One row of it, if the check is about this deployment."""
        assert id in {check.id for check in CHECKS}, f"there is no check {id}"
        # All of them: a question that is still asked would meet the next test's account.
        return self.rows(plan).get(id)

    def bootstrap(
        self, version: int = 30, *, execution_policy: str | None = None, qualifier: str = "hnb659fds"
    ) -> None:
        """Make what preflight sees of a bootstrap stack.

        :param execution_policy: Policy of the role that makes what is deployed. Default: it may do everything.
        """
        self.clients.ssm.put_parameter(Name=f"/cdk-bootstrap/{qualifier}/version", Value=str(version), Type="String")
        name = f"cdk-{qualifier}-cfn-exec-role-{ACCOUNT}-{REGION}"
        self.clients.iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))
        if execution_policy is None:
            execution_policy = policy("Allow", "*")
        self.clients.iam.put_role_policy(RoleName=name, PolicyName="policy", PolicyDocument=execution_policy)


def policy(effect: str, *actions: str, resource: str = "*") -> str:
    return json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [{"Effect": effect, "Action": list(actions), "Resource": resource}],
        }
    )


class Refusals:
    """Lets single operations of the clients be refused, in the form in which AWS refuses them."""

    def __init__(self, clients: AccountClients) -> None:
        self._clients = clients
        self._registered: list[tuple[Any, str, Callable[..., Any]]] = []
        # How often each operation was refused.
        self.counts: dict[str, int] = {}

    def refuse(
        self, operation: str, code: str = "AccessDenied", message: str = "no", *, times: int | None = None
    ) -> None:
        """Refuse an operation, such as ``"ec2:DescribeSubnets"``.

        :param times: Only so often; then the account answers. Default: always.
        """
        service, name = operation.split(":")
        client = getattr(self._clients, service.replace("-", "_"))

        def answer(request: Any, **_: Any) -> AWSResponse | None:
            so_far = self.counts.get(operation, 0)
            if times is not None and so_far >= times:
                return None
            self.counts[operation] = so_far + 1
            status, headers, body = _refusal(client.meta.service_model.protocol, service, code, message)
            return AWSResponse(request.url, status, headers, _Raw(body))  # type: ignore[arg-type]

        event = f"before-send.{client.meta.service_model.service_id.hyphenize()}.{name}"
        client.meta.events.register(event, answer)
        self._registered.append((client, event, answer))

    def end(self) -> None:
        """Refuse nothing any more."""
        for client, event, answer in self._registered:
            client.meta.events.unregister(event, answer)


class _Raw(io.BytesIO):
    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self.read()


def _refusal(protocol: str, service: str, code: str, message: str) -> tuple[int, dict[str, str], bytes]:
    status = 503 if code in ("RequestLimitExceeded", "Throttling") else 403
    if "json" in protocol:
        body = json.dumps({"__type": code, "message": message})
        return status, {"Content-Type": "application/json", "x-amzn-ErrorType": code}, body.encode()
    error = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"
    if service == "ec2":
        body = f"<Response><Errors>{error}</Errors><RequestID>1</RequestID></Response>"
    else:
        body = f"<ErrorResponse>{error}<RequestId>1</RequestId></ErrorResponse>"
    return status, {"Content-Type": "text/xml"}, body.encode()


@contextmanager
def refusals(clients: AccountClients) -> Iterator[Refusals]:
    """Refusals that end with the test."""
    made = Refusals(clients)
    try:
        yield made
    finally:
        made.end()
