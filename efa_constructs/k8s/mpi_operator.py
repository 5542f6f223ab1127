"""The MPI Operator of Kubeflow, which runs MPIJobs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import cdk8s
from cdk8s_plus_27 import k8s
from constructs import Construct

from ..argument_kinds import checks_kinds
from ..catalogue.labels import EFA_LABEL
from ..catalogue.nearest import nearest
from ..errors import InvalidArgumentError
from .argument_kinds import KINDS
from .gang_scheduler import GangScheduler
from .images import check_image
from .mpi_job_schema import CrdMode, definition_name, definition_specification
from .names import check_label_name, check_labels
from .node_selection import check_tolerations

__all__ = ["MpiOperator"]

_NAME = "mpi-operator"
_LABELS = {"app.kubernetes.io/name": _NAME, "app.kubernetes.io/component": "mpijob"}
# Kubernetes documentation, "Pod Security Standards": the strictest level, which the Deployment below keeps to.
_POD_SECURITY = {"pod-security.kubernetes.io/enforce": "restricted"}
_RBAC = "rbac.authorization.k8s.io"
# Namespaces that every cluster has.
_KUBERNETES_OWN = frozenset({"default", "kube-node-lease", "kube-public", "kube-system"})
# mpi-operator:cmd/mpi-operator/app/server.go, v0.8.2: fixed, as is /healthz.
_HEALTH_PORT = 8080
# "nonroot" in the distroless images: the operator's own (mpi-operator:Dockerfile) would run it as root.
_NON_ROOT = 65532


class MpiOperator(Construct):
    """The MPI Operator, the CustomResourceDefinition of MPIJob, and the roles of the operator and of its users.

    The operator may do what its code does (v0.8.2, ``pkg/controller``), and no more: upstream's manifest grants more
    (``pods/exec``, ``endpoints``, ``customresourcedefinitions``), and lacks ``batch/jobs/status``, without which a job
    that was suspended does not go on (https://github.com/kubeflow/mpi-operator/pull/830).

    The namespace that it makes takes pods of the Pod Security Standard "restricted" alone: jobs belong elsewhere.

    Namespace and CustomResourceDefinition are to outlive the rest: with the second, every MPIJob goes. Whoever delivers
    the chart takes them from ``namespace_object`` and ``custom_resource_definition``.
    """

    # None: the namespace exists already.
    namespace_object: cdk8s.ApiObject | None
    # None: somebody else installs it.
    custom_resource_definition: cdk8s.ApiObject | None

    @checks_kinds(KINDS)
    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        namespace: str = "mpi-operator",
        create_namespace: bool = True,
        watch_namespace: str | None = None,
        crd_mode: str = CrdMode.SMALL,
        image: str = "mpioperator/mpi-operator:0.8.2",
        kube_api_qps: int = 500,
        kube_api_burst: int = 1000,
        threadiness: int = 8,
        controller_queue_rate_limit: int = 1000,
        controller_queue_burst: int = 10_000,
        gang_scheduler: GangScheduler | None = None,
        container_resources: k8s.ResourceRequirements | None = None,
        node_selector: Mapping[str, str] | None = None,
        tolerations: Sequence[k8s.Toleration] = (),
    ) -> None:
        """
        :param namespace: Where the operator runs. Jobs run in any.
        :param create_namespace: Whether to make it. Kubernetes' own, such as ``kube-system``, are never made.
        :param watch_namespace: The only namespace whose jobs it runs: it then has rights in that one alone, apart from
            reading priority classes, without which it exits. Default: all namespaces.
        :param crd_mode: A :class:`~efa_constructs.k8s.CrdMode`, or its value: which CustomResourceDefinition to
            install.
        :param image: Pinned by tag or digest.
        :param kube_api_qps: Requests a second to the API server. The operator makes workers one after another: at its
            own default of 5, fifty seconds for 256. The two limits of its queue must rise with it.
        :param kube_api_burst: Requests at once, above that rate. The operator's own default: 10.
        :param threadiness: Jobs that it works on at the same time. The operator's own default: 2.
        :param controller_queue_rate_limit: Events a second that it takes up. Every change of a pod is one, and at its
            own default of 10 the launcher of 256 workers waits for a minute behind them, whatever the other limits are.
        :param controller_queue_burst: Events at once, above that rate. The operator's own default: 100.
        :param gang_scheduler: A scheduler that starts all pods of a job or none. Default: none.
        :param container_resources: Default: 100m of CPU, of which it gets more when there is some, for it works in
            bursts; 256Mi of memory, and at most 2Gi, for it keeps every pod, Secret and ConfigMap that it watches in
            memory.
        :param node_selector: Labels of the nodes on which it may run. Default: any node, rather one without EFA.
        :param tolerations: Taints of nodes on which it may run all the same. Default: none, so that it stays away from
            tainted GPU nodes, as the rest of a cluster's own services does. Where all nodes are tainted, pass them.
        :raises InvalidArgumentError: a value would not work; the message says which and why.
        """
        mode = _crd_mode(crd_mode)
        check_label_name("namespace", namespace)
        if watch_namespace is not None:
            check_label_name("watch_namespace", watch_namespace)
        check_image("image", image)
        check_labels("node_selector", node_selector or {})
        check_tolerations(tolerations)
        arguments = {
            "kube-api-qps": kube_api_qps,
            "kube-api-burst": kube_api_burst,
            "threadiness": threadiness,
            "controller-queue-rate-limit": controller_queue_rate_limit,
            "controller-queue-burst": controller_queue_burst,
        }
        for name, value in arguments.items():
            if value < 1:
                raise InvalidArgumentError(
                    f"'{name.replace('-', '_')}' is {value}, with which the operator would do nothing, or know no "
                    "limit: give 1 or more"
                )
        super().__init__(scope, id)
        self.namespace: str = namespace
        self.watch_namespace: str | None = watch_namespace
        self.gang_scheduler: GangScheduler | None = gang_scheduler
        self.namespace_object = self._namespace_object() if create_namespace else None
        self.custom_resource_definition = None if mode is CrdMode.NONE else self._custom_resource_definition(mode)
        if mode is not CrdMode.NONE:
            self._roles_of_users()
        k8s.KubeServiceAccount(self, "ServiceAccount", metadata=self._metadata())
        self._rights()
        lines = [f"--lock-namespace={namespace}", *(f"--{name}={value}" for name, value in arguments.items())]
        if watch_namespace is not None:
            lines.append(f"--namespace={watch_namespace}")
        if gang_scheduler is not None:
            lines.append(f"--gang-scheduling={gang_scheduler.scheduler_name}")
        k8s.KubeDeployment(
            self,
            "Deployment",
            metadata=self._metadata(),
            spec=k8s.DeploymentSpec(
                replicas=1,
                selector=k8s.LabelSelector(match_labels=_LABELS),
                template=k8s.PodTemplateSpec(
                    # A service mesh would stand between the operator and the API server.
                    metadata=k8s.ObjectMeta(labels=_LABELS, annotations={"sidecar.istio.io/inject": "false"}),
                    spec=k8s.PodSpec(
                        service_account_name=_NAME,
                        containers=[_container(image, lines, container_resources or _RESOURCES)],
                        security_context=k8s.PodSecurityContext(
                            run_as_non_root=True,
                            run_as_user=_NON_ROOT,
                            run_as_group=_NON_ROOT,
                            seccomp_profile=k8s.SeccompProfile(type="RuntimeDefault"),
                        ),
                        affinity=_RATHER_WITHOUT_EFA,
                        node_selector=dict(node_selector) if node_selector else None,
                        tolerations=list(tolerations) or None,
                    ),
                ),
            ),
        )

    def _metadata(self, name: str = _NAME, namespace: str | None = None) -> k8s.ObjectMeta:
        return k8s.ObjectMeta(name=name, namespace=namespace or self.namespace, labels=_LABELS)

    def _namespace_object(self) -> cdk8s.ApiObject | None:
        if self.namespace in _KUBERNETES_OWN:
            return None
        return k8s.KubeNamespace(
            self, "Namespace", metadata=k8s.ObjectMeta(name=self.namespace, labels=_LABELS | _POD_SECURITY)
        )

    def _custom_resource_definition(self, mode: CrdMode) -> cdk8s.ApiObject:
        specification = definition_specification(mode)
        definition = cdk8s.ApiObject(
            self,
            "CustomResourceDefinition",
            api_version="apiextensions.k8s.io/v1",
            kind="CustomResourceDefinition",
            metadata=cdk8s.ApiObjectMetadata(name=definition_name(specification), labels=_LABELS),
        )
        definition.add_json_patch(cdk8s.JsonPatch.add("/spec", specification))
        return definition

    def _roles_of_users(self) -> None:
        """The roles of Kubeflow for who runs jobs: they join those that it has for all its kinds of job."""
        everything = ["get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"]
        for name, joins, verbs in (
            ("edit", ("edit", "mpijobs-admin"), everything),
            ("view", ("view",), ["get", "list", "watch"]),
        ):
            rules = [_rule("kubeflow.org", ["mpijobs"], verbs)]
            if name == "edit":
                # What the operator says of a job is not for users to write.
                rules.append(_rule("kubeflow.org", ["mpijobs/status"], ["get"]))
            k8s.KubeClusterRole(self, f"{name.capitalize()}Role", metadata=_of_user_role(name, joins), rules=rules)
        k8s.KubeClusterRole(
            self,
            "AdminRole",
            metadata=_of_user_role("admin", ("admin",)),
            aggregation_rule=k8s.AggregationRule(
                cluster_role_selectors=[k8s.LabelSelector(match_labels={_aggregate_to("mpijobs-admin"): "true"})]
            ),
        )

    def _rights(self) -> None:
        """What the operator may do: on jobs, in one namespace or all, and on the lease by which it becomes leader."""
        on_jobs = _rules_on_jobs(self.gang_scheduler)
        # Of no namespace. The operator watches them always, and exits where it may not (NewMPIJobController).
        on_classes = [_rule("scheduling.k8s.io", ["priorityclasses"], ["list", "watch"])]
        if self.watch_namespace is None:
            self._grant_everywhere(_NAME, [*on_jobs, *on_classes])
        else:
            # One operator a namespace: their cluster roles must not be the same.
            self._grant_everywhere(f"{_NAME}-{self.watch_namespace}", on_classes)
            self._grant("Jobs", _NAME, self.watch_namespace, on_jobs)
        self._grant(
            "LeaderElection",
            f"{_NAME}-leader-election",
            self.namespace,
            [
                # A name cannot restrict who creates.
                _rule("coordination.k8s.io", ["leases"], ["create"]),
                _rule("coordination.k8s.io", ["leases"], ["get", "update"], names=[_NAME]),
                _rule("", ["events"], ["create", "patch"]),
            ],
        )

    def _grant_everywhere(self, name: str, rules: list[k8s.PolicyRule]) -> None:
        metadata = k8s.ObjectMeta(name=name, labels=_LABELS)
        k8s.KubeClusterRole(self, "ClusterRole", metadata=metadata, rules=rules)
        k8s.KubeClusterRoleBinding(
            self,
            "ClusterRoleBinding",
            metadata=metadata,
            role_ref=k8s.RoleRef(api_group=_RBAC, kind="ClusterRole", name=name),
            subjects=[self._subject()],
        )

    def _grant(self, id: str, name: str, namespace: str, rules: list[k8s.PolicyRule]) -> None:
        metadata = self._metadata(name, namespace)
        k8s.KubeRole(self, f"{id}Role", metadata=metadata, rules=rules)
        k8s.KubeRoleBinding(
            self,
            f"{id}RoleBinding",
            metadata=metadata,
            role_ref=k8s.RoleRef(api_group=_RBAC, kind="Role", name=name),
            subjects=[self._subject()],
        )

    def _subject(self) -> k8s.Subject:
        return k8s.Subject(kind="ServiceAccount", name=_NAME, namespace=self.namespace)


# No limit of CPU: it would slow the operator down exactly when it has hundreds of workers to start.
_RESOURCES = k8s.ResourceRequirements(
    requests={"cpu": k8s.Quantity.from_string("100m"), "memory": k8s.Quantity.from_string("256Mi")},
    limits={"memory": k8s.Quantity.from_string("2Gi")},
)
# A worker takes nearly all of its node, and the operator's share would keep it off. A wish and no demand, so that it
# runs where all nodes have EFA.
_RATHER_WITHOUT_EFA = k8s.Affinity(
    node_affinity=k8s.NodeAffinity(
        preferred_during_scheduling_ignored_during_execution=[
            k8s.PreferredSchedulingTerm(
                weight=100,
                preference=k8s.NodeSelectorTerm(
                    match_expressions=[k8s.NodeSelectorRequirement(key=EFA_LABEL, operator="DoesNotExist")]
                ),
            )
        ]
    )
)


def _container(image: str, arguments: list[str], resources: k8s.ResourceRequirements) -> k8s.Container:
    # Fails when it has been leader, and could not renew its lease for 20 seconds.
    healthy = k8s.HttpGetAction(path="/healthz", port=k8s.IntOrString.from_string("health"))
    return k8s.Container(
        name=_NAME,
        image=image,
        args=arguments,
        ports=[k8s.ContainerPort(name="health", container_port=_HEALTH_PORT)],
        liveness_probe=k8s.Probe(http_get=healthy, initial_delay_seconds=15, period_seconds=20),
        readiness_probe=k8s.Probe(http_get=healthy, initial_delay_seconds=5, period_seconds=10),
        resources=resources,
        security_context=k8s.SecurityContext(
            allow_privilege_escalation=False,
            # It logs to standard error, and writes no file.
            read_only_root_filesystem=True,
            capabilities=k8s.Capabilities(drop=["ALL"]),
        ),
    )


def _rules_on_jobs(gang_scheduler: GangScheduler | None) -> list[k8s.PolicyRule]:
    rules = [
        _rule("kubeflow.org", ["mpijobs"], ["list", "watch"]),
        # The second where the API server lets only those set owners who may update their finalizers.
        _rule("kubeflow.org", ["mpijobs/status", "mpijobs/finalizers"], ["update"]),
        _rule("", ["configmaps", "secrets", "services"], ["create", "list", "update", "watch"]),
        _rule("", ["pods"], ["create", "delete", "list", "watch"]),
        _rule("", ["events"], ["create", "patch"]),
        _rule("batch", ["jobs"], ["create", "list", "update", "watch"]),
        _rule("batch", ["jobs/status"], ["update"]),
    ]
    if gang_scheduler is not None:
        verbs = ["create", "delete", "list", "update", "watch"]
        rules.append(_rule(gang_scheduler.api_group, ["podgroups"], verbs))
    return rules


def _rule(group: str, resources: list[str], verbs: list[str], names: list[str] | None = None) -> k8s.PolicyRule:
    return k8s.PolicyRule(api_groups=[group], resources=resources, verbs=verbs, resource_names=names)


def _aggregate_to(role: str) -> str:
    return f"rbac.authorization.kubeflow.org/aggregate-to-kubeflow-{role}"


def _of_user_role(name: str, joins: Sequence[str]) -> k8s.ObjectMeta:
    labels = {_aggregate_to(role): "true" for role in joins}
    return k8s.ObjectMeta(name=f"kubeflow-mpijobs-{name}", labels=_LABELS | labels)


def _crd_mode(name: str) -> CrdMode:
    try:
        return CrdMode(name)
    except ValueError:
        meant = nearest(name, CrdMode, most=1)
        hint = f"; did you mean '{meant[0]}'?" if meant else ""
        raise InvalidArgumentError(f"'crd_mode' must be one of {', '.join(CrdMode)}, got '{name}'{hint}") from None
