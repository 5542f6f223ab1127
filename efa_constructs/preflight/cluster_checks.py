"""Can the cluster take the nodes, and can the app get at it?"""

from __future__ import annotations

from ..catalogue import MINIMUM_WITH_EFA, MINIMUM_WITH_EFA_ONLY, supports_efa, supports_efa_only
from ..catalogue.address_ranges import ANYWHERE_IPV4
from ..catalogue.network_ports import KUBELET_PORT
from ..catalogue.vpc_cni import is_version
from ..lookups.clusters import EksCluster
from ..lookups.deployed import SecurityGroup
from ..rules.clusters import CNI_WITHOUT_EFA_ONLY, ENTRIES_WITHOUT_API, SUPPORT_ENDED, VERSION_NOT_OFFERED
from .account import Account, kubernetes_version
from .plan import Plan
from .rows import Check, Verdict, failed, not_checked, passed, warned

__all__ = ["CHECKS"]


def _status(plan: Plan, account: Account) -> Verdict | None:
    if account.cluster is None:
        return None
    cluster = account.cluster.cluster.value()
    if cluster.status == "ACTIVE":
        return passed(f"cluster {cluster.name} is ACTIVE")
    if cluster.status in ("CREATING", "UPDATING", "PENDING"):
        return failed(
            f"cluster {cluster.name} is {cluster.status}, and EKS makes no node group meanwhile",
            f"wait ('aws eks wait cluster-active --name {cluster.name} --region {plan.region}')",
        )
    return failed(f"cluster {cluster.name} is {cluster.status}", "repair the cluster, or use another one")


def _version(plan: Plan, account: Account) -> Verdict:
    version = kubernetes_version(plan, account.cluster)
    if plan.kubernetes_version not in (None, version):
        return failed(
            f"Kubernetes {plan.kubernetes_version} is asked for, and cluster {plan.cluster_name} runs {version}",
            "leave 'efa:kubernetesVersion' out",
        )
    known = account.versions.value()
    found = known.get(version)
    if found is None or found.status == "UNSUPPORTED":
        supported = [name for name, each in known.items() if each.status != "UNSUPPORTED"]
        return failed(
            f"EKS does not support Kubernetes {version}, but {', '.join(supported)}",
            "update the cluster" if account.cluster else "set 'efa:kubernetesVersion' to one of these",
            VERSION_NOT_OFFERED,
        )
    if found.status == "EXTENDED_SUPPORT":
        ends = f" until {found.end_of_extended_support}" if found.end_of_extended_support else ""
        return warned(
            f"Kubernetes {version} is in extended support{ends}, for which EKS charges more",
            "update the cluster" if account.cluster else "use a newer version",
            SUPPORT_ENDED,
        )
    ends = f" until {found.end_of_standard_support}" if found.end_of_standard_support else ""
    return passed(f"EKS supports Kubernetes {version}{ends}")


def _authentication(plan: Plan, account: Account) -> Verdict | None:
    if account.cluster is None:
        return None
    cluster = account.cluster.cluster.value()
    if cluster.authentication_mode != "CONFIG_MAP":
        return passed(f"the authentication mode {cluster.authentication_mode} allows access entries")
    return failed(
        "the authentication mode CONFIG_MAP knows no access entries, by which the app's manifests get in",
        f"aws eks update-cluster-config --name {cluster.name} --access-config "
        f"authenticationMode=API_AND_CONFIG_MAP --region {plan.region}",
        ENTRIES_WITHOUT_API,
    )


def _api_server(plan: Plan, account: Account) -> Verdict | None:
    if account.cluster is None:
        return None
    cluster = account.cluster.cluster.value()
    if plan.private_endpoint:
        return _kubectl_within(plan, cluster)
    if not cluster.public_endpoint:
        return failed(
            "the API server answers within the VPC only, and the function that applies the manifests is outside",
            "set 'efa:privateEndpoint' to true: the function then runs in the VPC",
        )
    if ANYWHERE_IPV4 not in cluster.public_access_cidrs:
        return failed(
            f"the public endpoint lets in {', '.join(cluster.public_access_cidrs)} only, and nobody knows from which "
            "address the function comes that applies the manifests",
            "turn the private endpoint on, and set 'efa:privateEndpoint' to true: the function then runs in the VPC",
        )
    return passed("the public endpoint lets in whoever has credentials")


def _kubectl_within(plan: Plan, cluster: EksCluster) -> Verdict:
    if cluster.private_endpoint:
        return passed("the private endpoint answers the function that applies the manifests, which runs in the VPC")
    return failed(
        "'efa:privateEndpoint' is true, and the cluster's private endpoint is off",
        f"aws eks update-cluster-config --name {cluster.name} --resources-vpc-config endpointPrivateAccess=true "
        f"--region {plan.region}",
    )


def _vpc_cni(plan: Plan, account: Account) -> Verdict | None:
    if account.cluster is None:
        return None
    has_efa_only = any(interface.interface_type == "efa-only" for interface in plan.interfaces)
    minimum = MINIMUM_WITH_EFA_ONLY if has_efa_only else MINIMUM_WITH_EFA
    version, of_addon = account.cluster.vpc_cni.value(), True
    if version is None:
        asked, of_addon = account.cluster.vpc_cni_daemon_set, False
        version = asked.value() if asked is not None else None
        if version is None or not is_version(version):
            return _look_yourself(minimum, version, asked=asked is not None)
    if supports_efa_only(version) if has_efa_only else supports_efa(version):
        return passed(f"the VPC CNI is {version}, {minimum} is enough")
    layout = ", or set 'efa:interfaceLayout' to 'classic'" if supports_efa(version) else ""
    update = (
        f"update the add-on ('aws eks update-addon --cluster-name {plan.cluster_name} --addon-name vpc-cni "
        f"--region {plan.region} --addon-version ...')"
        if of_addon
        else "update the DaemonSet aws-node as it was installed, or make the VPC CNI an add-on of EKS"
    )
    return failed(
        f"the VPC CNI is {version}, and these interfaces need {minimum} or newer",
        f"{update}{layout}",
        CNI_WITHOUT_EFA_ONLY if has_efa_only else None,
    )


def _look_yourself(minimum: str, tag: str | None, *, asked: bool) -> Verdict:
    if tag is not None:
        why = f"the VPC CNI is no add-on of EKS here, and the tag '{tag}' of its image is no version"
    elif asked:
        why = "the VPC CNI is no add-on of EKS here, and the cluster has no DaemonSet aws-node with a version"
    else:
        why = "the VPC CNI is no add-on of EKS here: which version its DaemonSet has, only Kubernetes knows"
    look = "" if asked else "give '--kubeconfig', or "
    return not_checked(
        why,
        f"{look}see that it is {minimum} or newer: kubectl -n kube-system get daemonset aws-node "
        "-o jsonpath='{.spec.template.spec.containers[*].image}'",
    )


def _security_group(plan: Plan, account: Account) -> Verdict | None:
    if account.cluster is None:
        return None
    id = account.cluster.cluster.value().security_group_id
    if id is None:
        return not_checked(
            f"EKS shows no security group of cluster {plan.cluster_name}", "run this again once the cluster is ACTIVE"
        )
    group = account.cluster.security_group.value()
    if group is None:
        return failed(
            f"the cluster's security group {id} is not there, and every interface of a node carries it",
            "let EKS make the cluster anew, or use another one",
        )
    lacking = []
    if not group.has_rule_to_itself(egress=False):
        lacking.append("lets in less than all traffic from itself")
    if not (group.has_rule_to_itself(egress=True) or _lets_out_everywhere(group)):
        lacking.append("lets out less than all traffic")
    if not lacking:
        return passed(f"the cluster's security group {id} lets nodes and control plane reach each other")
    # EKS User Guide, "View Amazon EKS security group requirements for clusters".
    return warned(
        f"the cluster's security group {id} {' and '.join(lacking)}",
        f"make sure that nodes reach the API server (TCP 443), kubelets (TCP {KUBELET_PORT}) and CoreDNS (TCP and UDP "
        "53) with the rules that it has, or restore those that EKS made",
    )


def _lets_out_everywhere(group: SecurityGroup) -> bool:
    return any(rule.egress and rule.all_protocols and rule.cidr == ANYWHERE_IPV4 for rule in group.rules)


_SUBJECT = "cluster"

CHECKS = (
    Check("cluster-status", _SUBJECT, _status),
    Check("kubernetes-version", _SUBJECT, _version),
    Check("authentication-mode", _SUBJECT, _authentication),
    Check("api-server", _SUBJECT, _api_server),
    Check("vpc-cni", _SUBJECT, _vpc_cni),
    Check("cluster-security-group", _SUBJECT, _security_group),
)
