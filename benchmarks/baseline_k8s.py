"""The default app's Kubernetes objects, by hand with level 1 objects of cdk8s only: what ``baseline_l1.py`` applies.

The same objects, field by field (``run.py`` checks it before it measures). Nothing is decided here: no catalogue, no
sizing, no checks of our own. Only the schema in the definition of MPIJob is a file, as it is for whoever installs one.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cdk8s
from cdk8s_plus_27 import k8s

__all__ = ["custom_resources"]

MPI_JOB_SCHEMA = Path(__file__).parents[1] / "efa_constructs" / "pods" / "mpi_job_schema.json"
EFA_LABEL = "vpc.amazonaws.com/efa.present"
OPERATOR = "mpi-operator"
OPERATOR_LABELS = {"app.kubernetes.io/name": OPERATOR, "app.kubernetes.io/component": "mpijob"}
RBAC = "rbac.authorization.k8s.io"
KUBEFLOW_RBAC = "rbac.authorization.kubeflow.org/aggregate-to-kubeflow"
NCCL_TESTS_IMAGE = "public.ecr.aws/hpc-cloud/nccl-tests:cuda12.8.1-efa1.43.2-ofiv1.16.3-ncclv2.27.7-1-testsv2.16.9"
NODE_TAINTS = ("aws.amazon.com/efa", "aws.amazon.com/neuron", "nvidia.com/gpu", "vpc.amazonaws.com/efa")


def custom_resources() -> Iterator[dict[str, Any]]:
    """What CDK's handler is to apply: each with its stage, and its properties but those that say where."""
    app = cdk8s.App()
    for id, define in (("namespace", namespace), ("definition", mpi_job_definition)):
        chart = cdk8s.Chart(app, id)
        define(chart)
        yield {"stage": 0, "removalPolicy": "RETAIN", "properties": {"Manifest": text(chart), "Overwrite": True}}
    for stage, (id, define) in enumerate((("settings", operator_settings), ("workloads", workloads)), start=1):
        label = f"aws.cdk.eks/prune-{id}"
        chart = cdk8s.Chart(app, id, labels={label: ""})
        define(chart)
        yield {
            "stage": stage,
            "removalPolicy": "DESTROY",
            "properties": {"Manifest": text(chart), "PruneLabel": label},
        }
    chart = cdk8s.Chart(app, "job")
    nccl_tests(chart)
    yield {"stage": 3, "removalPolicy": "DESTROY", "properties": {"Manifest": text(chart)}}


def text(chart: cdk8s.Chart) -> str:
    return json.dumps(chart.to_json(), separators=(",", ":"))


def namespace(chart: cdk8s.Chart) -> None:
    labels = OPERATOR_LABELS | {"pod-security.kubernetes.io/enforce": "restricted"}
    k8s.KubeNamespace(chart, "Namespace", metadata=k8s.ObjectMeta(name=OPERATOR, labels=labels))


def mpi_job_definition(chart: cdk8s.Chart) -> None:
    definition = cdk8s.ApiObject(
        chart,
        "Definition",
        api_version="apiextensions.k8s.io/v1",
        kind="CustomResourceDefinition",
        metadata=cdk8s.ApiObjectMetadata(name="mpijobs.kubeflow.org", labels=OPERATOR_LABELS),
    )
    definition.add_json_patch(cdk8s.JsonPatch.add("/spec", json.loads(MPI_JOB_SCHEMA.read_text())["spec"]))


def rule(group: str, resources: list[str], verbs: list[str], names: list[str] | None = None) -> k8s.PolicyRule:
    return k8s.PolicyRule(api_groups=[group], resources=resources, verbs=verbs, resource_names=names)


def operator_settings(chart: cdk8s.Chart) -> None:
    k8s.KubeClusterRole(
        chart,
        "EditRole",
        metadata=k8s.ObjectMeta(
            name="kubeflow-mpijobs-edit",
            labels={
                **OPERATOR_LABELS,
                f"{KUBEFLOW_RBAC}-edit": "true",
                f"{KUBEFLOW_RBAC}-mpijobs-admin": "true",
            },
        ),
        rules=[
            rule(
                "kubeflow.org",
                ["mpijobs"],
                ["get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"],
            ),
            rule("kubeflow.org", ["mpijobs/status"], ["get"]),
        ],
    )
    k8s.KubeClusterRole(
        chart,
        "ViewRole",
        metadata=k8s.ObjectMeta(
            name="kubeflow-mpijobs-view", labels={**OPERATOR_LABELS, f"{KUBEFLOW_RBAC}-view": "true"}
        ),
        rules=[rule("kubeflow.org", ["mpijobs"], ["get", "list", "watch"])],
    )
    k8s.KubeClusterRole(
        chart,
        "AdminRole",
        metadata=k8s.ObjectMeta(
            name="kubeflow-mpijobs-admin", labels={**OPERATOR_LABELS, f"{KUBEFLOW_RBAC}-admin": "true"}
        ),
        aggregation_rule=k8s.AggregationRule(
            cluster_role_selectors=[k8s.LabelSelector(match_labels={f"{KUBEFLOW_RBAC}-mpijobs-admin": "true"})]
        ),
    )
    in_namespace = k8s.ObjectMeta(name=OPERATOR, namespace=OPERATOR, labels=OPERATOR_LABELS)
    k8s.KubeServiceAccount(chart, "ServiceAccount", metadata=in_namespace)
    subjects = [k8s.Subject(kind="ServiceAccount", name=OPERATOR, namespace=OPERATOR)]
    everywhere = k8s.ObjectMeta(name=OPERATOR, labels=OPERATOR_LABELS)
    k8s.KubeClusterRole(
        chart,
        "ClusterRole",
        metadata=everywhere,
        rules=[
            rule("kubeflow.org", ["mpijobs"], ["list", "watch"]),
            rule("kubeflow.org", ["mpijobs/status", "mpijobs/finalizers"], ["update"]),
            rule("", ["configmaps", "secrets", "services"], ["create", "list", "update", "watch"]),
            rule("", ["pods"], ["create", "delete", "list", "watch"]),
            rule("", ["events"], ["create", "patch"]),
            rule("batch", ["jobs"], ["create", "list", "update", "watch"]),
            rule("batch", ["jobs/status"], ["update"]),
            rule("scheduling.k8s.io", ["priorityclasses"], ["list", "watch"]),
        ],
    )
    k8s.KubeClusterRoleBinding(
        chart,
        "ClusterRoleBinding",
        metadata=everywhere,
        role_ref=k8s.RoleRef(api_group=RBAC, kind="ClusterRole", name=OPERATOR),
        subjects=subjects,
    )
    leader_election = k8s.ObjectMeta(name=f"{OPERATOR}-leader-election", namespace=OPERATOR, labels=OPERATOR_LABELS)
    k8s.KubeRole(
        chart,
        "LeaderElectionRole",
        metadata=leader_election,
        rules=[
            rule("coordination.k8s.io", ["leases"], ["create"]),
            rule("coordination.k8s.io", ["leases"], ["get", "update"], names=[OPERATOR]),
            rule("", ["events"], ["create", "patch"]),
        ],
    )
    k8s.KubeRoleBinding(
        chart,
        "LeaderElectionRoleBinding",
        metadata=leader_election,
        role_ref=k8s.RoleRef(api_group=RBAC, kind="Role", name=f"{OPERATOR}-leader-election"),
        subjects=subjects,
    )


def workloads(chart: cdk8s.Chart) -> None:
    efa_device_plugin(chart)
    nvidia_device_plugin(chart)
    operator_deployment(chart)


def required(*requirements: k8s.NodeSelectorRequirement) -> k8s.Affinity:
    term = k8s.NodeSelectorTerm(match_expressions=list(requirements))
    return k8s.Affinity(
        node_affinity=k8s.NodeAffinity(
            required_during_scheduling_ignored_during_execution=k8s.NodeSelector(node_selector_terms=[term])
        )
    )


def not_in(key: str, value: str) -> k8s.NodeSelectorRequirement:
    return k8s.NodeSelectorRequirement(key=key, operator="NotIn", values=[value])


def host_path(name: str, path: str, type: str | None = None) -> k8s.Volume:
    return k8s.Volume(name=name, host_path=k8s.HostPathVolumeSource(path=path, type=type))


def plugin_tolerations() -> list[k8s.Toleration]:
    return [k8s.Toleration(key=key, operator="Exists") for key in ("CriticalAddonsOnly", *NODE_TAINTS)]


def efa_device_plugin(chart: cdk8s.Chart) -> None:
    name = "aws-efa-k8s-device-plugin"
    labels = {"app.kubernetes.io/name": name, "app.kubernetes.io/component": "device-plugin"}
    k8s.KubeDaemonSet(
        chart,
        "EfaDevicePlugin",
        metadata=k8s.ObjectMeta(name=name, namespace="kube-system", labels=labels),
        spec=k8s.DaemonSetSpec(
            selector=k8s.LabelSelector(match_labels={"name": name}),
            update_strategy=k8s.DaemonSetUpdateStrategy(type="RollingUpdate"),
            template=k8s.PodTemplateSpec(
                metadata=k8s.ObjectMeta(labels={**labels, "name": name}),
                spec=k8s.PodSpec(
                    affinity=required(not_in("eks.amazonaws.com/compute-type", "auto")),
                    automount_service_account_token=False,
                    containers=[
                        k8s.Container(
                            name=name,
                            image="602401143452.dkr.ecr.us-east-1.amazonaws.com/eks/aws-efa-k8s-device-plugin:"
                            "v0.5.21-eksbuild.13",
                            resources=k8s.ResourceRequirements(
                                requests={
                                    "cpu": k8s.Quantity.from_string("10m"),
                                    "memory": k8s.Quantity.from_string("20Mi"),
                                }
                            ),
                            security_context=k8s.SecurityContext(
                                privileged=True, allow_privilege_escalation=True, run_as_non_root=False, run_as_user=0
                            ),
                            volume_mounts=[
                                k8s.VolumeMount(name="device-plugin", mount_path="/var/lib/kubelet/device-plugins"),
                                k8s.VolumeMount(name="infiniband-volume", mount_path="/dev/infiniband/"),
                                k8s.VolumeMount(name="neuron-tools", mount_path="/opt/aws/neuron/"),
                            ],
                        )
                    ],
                    host_network=True,
                    node_selector={EFA_LABEL: "true"},
                    priority_class_name="system-node-critical",
                    tolerations=plugin_tolerations(),
                    volumes=[
                        host_path("device-plugin", "/var/lib/kubelet/device-plugins"),
                        host_path("infiniband-volume", "/dev/infiniband/"),
                        host_path("neuron-tools", "/opt/aws/neuron/", "DirectoryOrCreate"),
                    ],
                ),
            ),
        ),
    )


def nvidia_device_plugin(chart: cdk8s.Chart) -> None:
    name = "nvidia-device-plugin-daemonset"
    labels = {"app.kubernetes.io/name": name, "app.kubernetes.io/component": "device-plugin"}
    selector = {"name": "nvidia-device-plugin-ds"}
    k8s.KubeDaemonSet(
        chart,
        "NvidiaDevicePlugin",
        metadata=k8s.ObjectMeta(name=name, namespace="kube-system", labels=labels),
        spec=k8s.DaemonSetSpec(
            selector=k8s.LabelSelector(match_labels=selector),
            update_strategy=k8s.DaemonSetUpdateStrategy(type="RollingUpdate"),
            template=k8s.PodTemplateSpec(
                metadata=k8s.ObjectMeta(labels={**labels, **selector}),
                spec=k8s.PodSpec(
                    affinity=required(
                        not_in("eks.amazonaws.com/compute-type", "auto"),
                        not_in("nvidia.com/gpu.deploy.device-plugin", "false"),
                    ),
                    automount_service_account_token=False,
                    containers=[
                        k8s.Container(
                            name=name,
                            image="nvcr.io/nvidia/k8s-device-plugin:v0.20.0",
                            env=[k8s.EnvVar(name="MOFED_ENABLED", value="false")],
                            security_context=k8s.SecurityContext(
                                allow_privilege_escalation=False,
                                capabilities=k8s.Capabilities(drop=["ALL"]),
                                seccomp_profile=k8s.SeccompProfile(type="RuntimeDefault"),
                            ),
                            volume_mounts=[
                                k8s.VolumeMount(name="device-plugin", mount_path="/var/lib/kubelet/device-plugins")
                            ],
                        )
                    ],
                    node_selector={"nvidia.com/gpu.present": "true"},
                    priority_class_name="system-node-critical",
                    tolerations=plugin_tolerations(),
                    volumes=[host_path("device-plugin", "/var/lib/kubelet/device-plugins")],
                ),
            ),
        ),
    )


def operator_deployment(chart: cdk8s.Chart) -> None:
    healthy = k8s.HttpGetAction(path="/healthz", port=k8s.IntOrString.from_string("health"))
    without_efa = k8s.NodeSelectorRequirement(key=EFA_LABEL, operator="DoesNotExist")
    k8s.KubeDeployment(
        chart,
        "Deployment",
        metadata=k8s.ObjectMeta(name=OPERATOR, namespace=OPERATOR, labels=OPERATOR_LABELS),
        spec=k8s.DeploymentSpec(
            replicas=1,
            selector=k8s.LabelSelector(match_labels=OPERATOR_LABELS),
            template=k8s.PodTemplateSpec(
                metadata=k8s.ObjectMeta(labels=OPERATOR_LABELS, annotations={"sidecar.istio.io/inject": "false"}),
                spec=k8s.PodSpec(
                    service_account_name=OPERATOR,
                    containers=[
                        k8s.Container(
                            name=OPERATOR,
                            image="mpioperator/mpi-operator:0.8.2",
                            args=[
                                "--lock-namespace=mpi-operator",
                                "--kube-api-qps=500",
                                "--kube-api-burst=1000",
                                "--threadiness=8",
                                "--controller-queue-rate-limit=1000",
                                "--controller-queue-burst=10000",
                            ],
                            ports=[k8s.ContainerPort(name="health", container_port=8080)],
                            liveness_probe=k8s.Probe(http_get=healthy, initial_delay_seconds=15, period_seconds=20),
                            readiness_probe=k8s.Probe(http_get=healthy, initial_delay_seconds=5, period_seconds=10),
                            resources=k8s.ResourceRequirements(
                                requests={
                                    "cpu": k8s.Quantity.from_string("100m"),
                                    "memory": k8s.Quantity.from_string("256Mi"),
                                },
                                limits={"memory": k8s.Quantity.from_string("2Gi")},
                            ),
                            security_context=k8s.SecurityContext(
                                allow_privilege_escalation=False,
                                read_only_root_filesystem=True,
                                capabilities=k8s.Capabilities(drop=["ALL"]),
                            ),
                        )
                    ],
                    security_context=k8s.PodSecurityContext(
                        run_as_non_root=True,
                        run_as_user=65532,
                        run_as_group=65532,
                        seccomp_profile=k8s.SeccompProfile(type="RuntimeDefault"),
                    ),
                    affinity=k8s.Affinity(
                        node_affinity=k8s.NodeAffinity(
                            preferred_during_scheduling_ignored_during_execution=[
                                k8s.PreferredSchedulingTerm(
                                    weight=100,
                                    preference=k8s.NodeSelectorTerm(match_expressions=[without_efa]),
                                )
                            ]
                        )
                    ),
                ),
            ),
        ),
    )


def nccl_tests(chart: cdk8s.Chart) -> None:
    job = cdk8s.ApiObject(
        chart,
        "NcclTests",
        api_version="kubeflow.org/v2beta1",
        kind="MPIJob",
        metadata=cdk8s.ApiObjectMetadata(name="nccl-tests-p4d-24xlarge", namespace="default"),
    )
    job.add_json_patch(
        cdk8s.JsonPatch.add(
            "/spec",
            {
                "slotsPerWorker": 8,
                "mpiImplementation": "OpenMPI",
                "launcherCreationPolicy": "WaitForWorkersReady",
                "sshAuthMountPath": "/root/.ssh",
                "runPolicy": {"cleanPodPolicy": "Running", "suspend": False},
                "mpiReplicaSpecs": {
                    "Launcher": {"replicas": 1, "restartPolicy": "OnFailure", "template": pod(launcher())},
                    "Worker": {
                        "replicas": 2,
                        "restartPolicy": "Never",
                        "template": pod(
                            worker(),
                            volumes=[
                                {"name": "shared-memory", "emptyDir": {"medium": "Memory", "sizeLimit": "4000Mi"}}
                            ],
                        ),
                    },
                },
            },
        )
    )


def pod(container: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "metadata": {"annotations": {"sidecar.istio.io/inject": "false"}},
        "spec": {
            "automountServiceAccountToken": False,
            "containers": [container],
            "nodeSelector": {"node.kubernetes.io/instance-type": "p4d.24xlarge"},
            "tolerations": [{"key": key, "operator": "Exists"} for key in NODE_TAINTS],
            **more,
        },
    }


def launcher() -> dict[str, Any]:
    environment = {"FI_PROVIDER": "efa", "NCCL_DEBUG": "INFO", "NCCL_SOCKET_IFNAME": "^docker,lo,veth"}
    passed_on = [word for name in ("PATH", "LD_LIBRARY_PATH", *environment) for word in ("-x", name)]
    by_full_path = 'exec "$(readlink -f "$(command -v mpirun)")" "$@"'
    mpirun = "mpirun --allow-run-as-root --tag-output -np 16 --map-by ppr:8:node --bind-to none"
    test = "/opt/nccl-tests/build/all_reduce_perf -b 8 -e 2G -f 2 -g 1 -c 1 -n 100 -w 5 -d float"
    return {
        "name": "launcher",
        "image": NCCL_TESTS_IMAGE,
        "command": ["sh", "-c", by_full_path, *mpirun.split(), *passed_on, *test.split()],
        "env": [{"name": name, "value": value} for name, value in environment.items()],
        "resources": {"limits": {"memory": "2048Mi"}, "requests": {"memory": "2048Mi", "cpu": "1000m"}},
        "securityContext": {"allowPrivilegeEscalation": False},
    }


def worker() -> dict[str, Any]:
    resources = {"memory": "8000Mi", "nvidia.com/gpu": 8, "vpc.amazonaws.com/efa": 4, "hugepages-2Mi": "5120Mi"}
    return {
        "name": "worker",
        "image": NCCL_TESTS_IMAGE,
        "readinessProbe": {"tcpSocket": {"port": 22}, "periodSeconds": 2},
        "resources": {"limits": resources, "requests": resources},
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"add": ["IPC_LOCK"]}},
        "volumeMounts": [{"name": "shared-memory", "mountPath": "/dev/shm"}],
    }
