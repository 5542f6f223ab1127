"""Rules about manifests, and about the MPI Operator."""

from __future__ import annotations

from .rule import Rule, Severity

__all__ = [
    "IMAGES_ARE_OF_THE_REGION",
    "IMAGES_ARE_PINNED",
    "IMAGES_ARE_REFERENCES",
    "MANIFESTS_ARE_SMALL",
    "MANIFESTS_ARE_WHOLE",
    "MANIFESTS_CAN_BE_CHANGED",
    "MANIFEST_RULES",
    "NAMES_ARE_SOUND",
    "OBJECTS_STAND_ONCE",
    "OPERATOR_IS_THERE",
    "OPERATOR_MAY_SUSPEND_JOBS",
    "OPERATOR_MAY_UPDATE_JOBS",
    "OPERATOR_SEES_NAMESPACES",
    "POD_TEMPLATES_ARE_SOUND",
    "VERSIONS_ARE_SERVED",
    "WHAT_IS_NEEDED_COMES_FIRST",
]

_HANDLER = "https://github.com/aws/aws-cdk/tree/main/packages/%40aws-cdk/custom-resource-handlers"

MANIFESTS_ARE_WHOLE = Rule(
    id="EFA-K8S-005",
    severity=Severity.ERROR,
    title="A manifest is a list of objects in JSON, each with an API version, a kind and a name",
    problem="the manifest {problem}",
    why="The function that applies it fails, and with it the deployment.",
    fix="give KubernetesManifest whole objects",
    source=_HANDLER,
)
MANIFESTS_ARE_SMALL = Rule(
    id="EFA-K8S-006",
    severity=Severity.ERROR,
    title="An object is small enough for kubectl apply",
    problem="{object} has {size} bytes, and kubectl keeps an object in its annotations, which hold {most}",
    why="The API server refuses it: 'metadata.annotations: Too long'. The definition of MPIJob that comes with the MPI "
    "Operator is one.",
    fix="split it, take the descriptions out of a schema, or install it with 'kubectl apply --server-side'; "
    "the definition of MPIJob that MpiOperator has is small",
    source="https://github.com/kubernetes-sigs/kubebuilder/issues/2556",
)
IMAGES_ARE_PINNED = Rule(
    id="EFA-K8S-007",
    severity=Severity.WARNING,
    title="Container images are pinned by a version or a digest",
    problem="the container '{container}' of {object} has the image {image}, which {wrong}",
    why="The same manifest runs another program tomorrow, and nodes that hold an older one go on with it.",
    fix="pin it by a version, such as {example}, or a digest",
    source="https://kubernetes.io/docs/concepts/containers/images/#image-names",
)
POD_TEMPLATES_ARE_SOUND = Rule(
    id="EFA-K8S-008",
    severity=Severity.ERROR,
    title="A pod template is one that Kubernetes takes: known fields, values of their kind, parts that fit together",
    problem="the pod template of {object} {problem}",
    why="The API server silently drops a field that it does not know, and refuses the rest when it is applied, or when "
    "its first pod is made.",
    fix="correct the pod template as the API reference has it",
    source="https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/",
)
OPERATOR_IS_THERE = Rule(
    id="EFA-K8S-009",
    severity=Severity.ERROR,
    title="The MPI Operator runs on a cluster with MPIJobs",
    problem="{object} is for the MPI Operator, which these templates do not run on the cluster that they make",
    why="Nobody starts the job, and nothing says so.",
    fix="apply the MPI Operator, for example by MpiOperator",
    source="https://github.com/kubeflow/mpi-operator",
)
OPERATOR_MAY_UPDATE_JOBS = Rule(
    id="EFA-K8S-010",
    severity=Severity.ERROR,
    title="The MPI Operator has the rights that every job needs",
    problem="{object} runs as the service account {account}, which no role of these templates allows to {verb} "
    "{resource}",
    why="The operator is refused what every job needs: jobs are not started, or keep their state.",
    fix="add the right to the operator's ClusterRole, or use MpiOperator",
    source="https://github.com/kubeflow/mpi-operator/blob/v0.8.2/deploy/v2beta1/mpi-operator.yaml",
)
OPERATOR_MAY_SUSPEND_JOBS = Rule(
    id="EFA-K8S-013",
    severity=Severity.WARNING,
    title="The MPI Operator has the rights that suspended jobs and finished workers need",
    problem="{object} runs as the service account {account}, which no role of these templates allows to {verb} "
    "{resource}, so that it cannot {use}",
    why="Other jobs run. One that is to be suspended or resumed, as Kueue does when it gives a job's nodes to another, "
    "or whose workers are to go, stays as it is: the operator tries again and again, and only its log says so. The "
    "roles that MPI Operator 0.8.2 comes with lack these rights.",
    fix="add the right to the operator's ClusterRole, or use MpiOperator",
    source="https://github.com/kubeflow/mpi-operator/pull/830",
)
OBJECTS_STAND_ONCE = Rule(
    id="EFA-K8S-014",
    severity=Severity.WARNING,
    title="No object of a cluster stands in two manifests",
    problem="{object} stands a second time, with other content: {other} has it, too",
    why="What is applied last replaces the other. Whoever deletes one of the manifests deletes the object of both.",
    fix="rename one, or keep one of them",
    source="https://kubernetes.io/docs/concepts/overview/working-with-objects/names/",
)
NAMES_ARE_SOUND = Rule(
    id="EFA-K8S-015",
    severity=Severity.ERROR,
    title="Objects, labels, volumes, containers, ports and variables have names that Kubernetes takes",
    problem="{field} of {object} {problem}",
    why="The API server refuses the object, or the pods that it is to make.",
    fix="choose a name of the length and the characters that Kubernetes takes there",
    source="https://kubernetes.io/docs/concepts/overview/working-with-objects/names/",
)
IMAGES_ARE_REFERENCES = Rule(
    id="EFA-K8S-016",
    severity=Severity.ERROR,
    title="The image of a container is a reference to one: of a registry, a repository, a tag and a digest",
    problem="the container '{container}' of {object} has the image {image!r}, which is no reference to a container "
    "image",
    why="The API server takes it, and the kubelet does not: the pod stays Pending with InvalidImageName.",
    fix="give one such as registry.example.com/train:1.2.3, in lower case",
    source="https://github.com/distribution/reference/blob/main/reference.go",
)
MANIFESTS_CAN_BE_CHANGED = Rule(
    id="EFA-K8S-017",
    severity=Severity.ERROR,
    title="The manifest of a resource is small enough to be changed",
    problem="{resource} has properties of {size} bytes, and a change of it sends those of before and those of after, "
    "together at most {most}",
    why="CloudFormation calls the function that applies manifests asynchronously, which takes 1 MB (256 KB until "
    "October 2025). In an update it sends the properties of before, too: what is more than half of that can be "
    "created, and its first change fails with 'payload is too large for the Event invocation type'. ClusterManifests "
    "stays below half of the older limit.",
    fix="divide the objects among several manifests; what is one object already, split, or apply it with kubectl",
    source="https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html",
)
VERSIONS_ARE_SERVED = Rule(
    id="EFA-K8S-018",
    severity=Severity.ERROR,
    title="Objects are of an API version that the cluster serves",
    problem="{object} is of {version}, {refused}",
    why="kubectl finds no such kind ('no matches for kind'), and the deployment fails.",
    fix="write it as {served}",
    source="https://kubernetes.io/docs/reference/using-api/deprecation-guide/",
)
IMAGES_ARE_OF_THE_REGION = Rule(
    id="EFA-K8S-019",
    severity=Severity.ERROR,
    title="Images of EKS come from a registry that the nodes can pull from",
    problem="the container '{container}' of {object} has the image {image}, and EKS serves its images to {region} from "
    "{registry}",
    why="EKS has a registry in each Region, in some of them of another account, and partitions such as China's share "
    "none. The pod stays in ImagePullBackOff. Where it is a device plugin, nodes offer no device, and jobs stay "
    "Pending.",
    fix="pull it from {registry}",
    source="https://docs.aws.amazon.com/eks/latest/userguide/add-ons-images.html",
)
WHAT_IS_NEEDED_COMES_FIRST = Rule(
    id="EFA-K8S-020",
    severity=Severity.ERROR,
    title="Namespaces and definitions are applied before the objects that need them",
    problem="{object} needs {needed}, {place}",
    why="The API server refuses an object whose namespace or kind it does not know. CloudFormation makes at the same "
    "time what does not depend on each other, and kubectl looks up the kind of each object of a manifest when none of "
    "them is there yet: the deployment fails, or does so now and then.",
    fix="apply {needed} by a manifest of its own, on which this one depends (node.add_dependency(), DependsOn)",
    source="https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/",
)
OPERATOR_SEES_NAMESPACES = Rule(
    id="EFA-K8S-021",
    severity=Severity.ERROR,
    title="The MPI Operator watches the namespaces of the jobs",
    problem="{object} is in the namespace {namespace}, and the MPI Operator of these templates watches {watched} alone",
    why="Nobody starts the job, and nothing says so.",
    fix="leave --namespace (KUBEFLOW_NAMESPACE) of the operator out, or move the job to {watched}",
    source="https://github.com/kubeflow/mpi-operator/blob/v0.8.2/cmd/mpi-operator/app/options/options.go",
)
MANIFEST_RULES = (
    MANIFESTS_ARE_WHOLE,
    MANIFESTS_ARE_SMALL,
    IMAGES_ARE_PINNED,
    POD_TEMPLATES_ARE_SOUND,
    OPERATOR_IS_THERE,
    OPERATOR_MAY_UPDATE_JOBS,
    OPERATOR_MAY_SUSPEND_JOBS,
    OBJECTS_STAND_ONCE,
    NAMES_ARE_SOUND,
    IMAGES_ARE_REFERENCES,
    MANIFESTS_CAN_BE_CHANGED,
    VERSIONS_ARE_SERVED,
    IMAGES_ARE_OF_THE_REGION,
    WHAT_IS_NEEDED_COMES_FIRST,
    OPERATOR_SEES_NAMESPACES,
)
