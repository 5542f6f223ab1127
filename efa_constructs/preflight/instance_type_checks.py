"""Can the instances be had where they are wanted, with an AMI that has their drivers?"""

from __future__ import annotations

from .. import catalogue
from ..rules.networks import TYPE_NOT_OFFERED
from ..rules.node_groups import SPOT, USAGE_CLASS
from .account import Account, kubernetes_version
from .chosen_subnet import zone_of_nodes
from .plan import Capacity, Plan
from .rows import Check, Verdict, failed, not_checked, passed, warned

__all__ = ["CHECKS"]

# EKS's own pods, device plugins and the MPI Operator's take about ten.
_FEW_PODS = 20


def _offered(plan: Plan, account: Account) -> Verdict:
    name, zones = plan.instance.name, account.offerings.value()
    if not zones:
        return failed(
            f"EC2 offers {name} in no zone of {plan.region} to this account",
            f"choose another Region, or a type that 'efa instances --region {plan.region}' shows",
            TYPE_NOT_OFFERED,
        )
    zone = zone_of_nodes(plan, account)
    if zone not in zones:
        return failed(
            f"{zone} does not offer {name} to this account: {', '.join(zones)} {_do(zones)}",
            "set 'efa:availabilityZone' to one of these, and on an existing cluster use a subnet there",
            TYPE_NOT_OFFERED,
        )
    if account.cluster is None and not plan.zone_was_named:
        return passed(f"{zone}, the zone that the app takes when none is named, offers {name}")
    return passed(f"{zone} offers {name}")


def _do(zones: tuple[str, ...]) -> str:
    return "do" if len(zones) > 1 else "does"


def _capacity_type(plan: Plan, account: Account) -> Verdict:
    name, classes = plan.instance.name, plan.instance.usage_classes
    if not classes:
        return not_checked(
            f"AWS publishes nowhere how {name} can be had", "ask AWS how your account gets these instances"
        )
    if plan.capacity not in classes:
        return failed(
            f"EC2 does not offer {name} as {plan.capacity}, but as {', '.join(classes)}",
            "choose one of these with '--capacity'",
            USAGE_CLASS,
        )
    if plan.capacity is Capacity.SPOT:
        return warned(SPOT.broken(where="the capacity type"), SPOT.mend(), SPOT)
    return passed(f"EC2 offers {name} as {plan.capacity}")


def _ami(plan: Plan, account: Account) -> Verdict:
    version = kubernetes_version(plan, account.cluster)
    ami_id = account.ami_id.value()
    if ami_id is None:
        return failed(
            f"AWS publishes no {plan.ami.name} AMI for Kubernetes {version} in {plan.region}",
            "use a version that EKS supports, or another AMI type",
        )
    if plan.instance.ami_limitation is not None:
        return warned(f"{plan.instance.name}: {plan.instance.ami_limitation}", "use an AMI that has what it lacks")
    return passed(f"{plan.ami.name} for Kubernetes {version} is {ami_id}")


def _max_pods(plan: Plan, account: Account) -> Verdict:
    pods = catalogue.max_pods(plan.instance, plan.interfaces)
    if pods.usable is None:
        return not_checked(
            f"AWS publishes too little about the network cards of {plan.instance.name} to know how many pods fit",
            "see what 'kubectl describe node' says once there is one",
        )
    room = min(pods.usable, pods.managed_limit)
    told = f", which kubelet is told in place of {pods.reported}" if pods.corrected is not None else ""
    if room < _FEW_PODS:
        return warned(
            f"a {plan.instance.name} has addresses for {room} pods{told}",
            "leave pods that need not run there to other nodes",
        )
    return passed(f"a {plan.instance.name} has addresses for {room} pods{told}")


_SUBJECT = "instance type"

CHECKS = (
    Check("instance-type-offered", _SUBJECT, _offered),
    Check("capacity-type-offered", _SUBJECT, _capacity_type),
    Check("ami-published", _SUBJECT, _ami),
    Check("max-pods", _SUBJECT, _max_pods),
)
