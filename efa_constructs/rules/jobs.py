"""Rules about pods that use EFA, and about MPIJobs."""

from __future__ import annotations

from .rule import Rule, Severity

__all__ = [
    "DEVICES_BY_ONE_WAY",
    "DEVICES_COME_FROM_PLUGINS",
    "EFA_PODS_LOCK_MEMORY",
    "ENOUGH_NODES",
    "ENVIRONMENT_DOES_NO_HARM",
    "GANGS_ARE_NO_LARGER_THAN_JOBS",
    "GANGS_HAVE_ONE_SCHEDULER",
    "GPUS_OF_A_POD_SHARE_MEMORY",
    "HOST_NAMES_FIT",
    "HUGE_PAGES_ARE_ASKED_FOR",
    "JOB_RULES",
    "KARPENTER_KNOWS_HUGE_PAGES",
    "KUEUE_OR_GANGS",
    "KUEUE_READS_WHAT_IT_IS_TOLD",
    "LAUNCHERS_LOG_STAYS",
    "LAUNCHERS_TRY_AGAIN",
    "MPI_CONTAINER_IS_FIRST",
    "MPI_JOBS_ARE_SOUND",
    "NODES_HAVE_LABELS_THAT_PODS_SELECT",
    "NODES_REACH_EACH_OTHER",
    "NODES_TAKE_PODS",
    "ONE_LAUNCHER",
    "OPERATOR_HAS_ITS_VOLUMES",
    "OPERATOR_SETS_ITS_OWN",
    "PODS_FIT_NODES",
    "PODS_HAVE_A_NODE",
    "QUEUE_COVERS_REQUESTS",
    "QUEUE_IS_THERE",
    "RANKS_FILL_SLOTS",
    "REQUESTS_ARE_LIMITS",
    "SCHEDULER_IS_THERE",
    "SLOTS_ARE_ACCELERATORS",
    "SUSPENDED_JOBS_ARE_RESUMED",
    "THERE_ARE_NODES_FOR_PODS",
    "WAITING_DOES_NOT_BLOCK_GANGS",
    "WHOLE_HUGE_PAGES",
    "WHOLE_NODES_HAVE_THEIR_EFAS",
    "WORKERS_ARE_CLEANED_UP",
    "WORKERS_HAVE_A_NETWORK_OF_THEIR_OWN",
    "WORKERS_HAVE_SLOTS",
]

_CONTROLLER = "https://github.com/kubeflow/mpi-operator/blob/v0.8.2/pkg/controller/mpi_job_controller.go"
_HUGE_PAGES = "https://kubernetes.io/docs/tasks/manage-hugepages/scheduling-hugepages/"
_MPI_JOB = "https://github.com/kubeflow/mpi-operator/blob/v0.8.2/pkg/apis/kubeflow/v2beta1/types.go"
_NODES = "https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/"
_TAINTS = "https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/"
_POD_GROUPS = "https://github.com/kubeflow/mpi-operator/blob/v0.8.2/pkg/controller/podgroup.go"
_RESOURCES = "https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/#extended-resources"

PODS_FIT_NODES = Rule(
    id="EFA-JOB-001",
    severity=Severity.ERROR,
    title="Pods ask for no more than a node has",
    problem="a {role} of {object} asks for {wanted} of {resource}, and a {type} has {most}",
    why="No node can take the pod: it stays Pending for ever, and so does its job.",
    fix="ask for at most {most}, or use a larger type",
    source="https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/",
)
NODES_TAKE_PODS = Rule(
    id="EFA-JOB-002",
    severity=Severity.ERROR,
    title="Pods that ask for a node's devices tolerate its taints",
    problem="a {role} of {object} does not tolerate the taint {taint} of node group {group}, which has the devices "
    "that it asks for",
    why="The pod stays Pending for ever: no other node group of these templates has the devices.",
    fix="give the pod a toleration with the key '{key}' and the operator Exists",
    source=_TAINTS,
)
ENOUGH_NODES = Rule(
    id="EFA-JOB-003",
    severity=Severity.ERROR,
    title="A job has no more workers than there can be nodes for them",
    problem="{object} has {workers} workers, each of which takes a whole node, and node group {group} has at most "
    "{maximum} nodes",
    why="Some workers stay Pending for ever, and the job with them, on nodes that cost money.",
    fix="ask for at most {maximum} workers, or raise the group's maximum size",
    source=_MPI_JOB,
)
WHOLE_HUGE_PAGES = Rule(
    id="EFA-JOB-004",
    severity=Severity.ERROR,
    title="Huge pages are whole, and asked for beside CPUs or memory",
    problem="the container '{container}' of {object} asks for {amount} of {resource}{problem}",
    why="The API server refuses the pod, or the kubelet does not start it.",
    fix="ask for a multiple of the page's size, with memory beside it",
    source=_HUGE_PAGES,
)
REQUESTS_ARE_LIMITS = Rule(
    id="EFA-JOB-005",
    severity=Severity.ERROR,
    title="Devices and huge pages are requested as they are limited",
    problem="the container '{container}' of {object} requests {request} of {resource} and is limited to {limit}",
    why="Kubernetes does not overcommit them: the API server refuses the pod.",
    fix="give the limit alone",
    source=_RESOURCES,
)
EFA_PODS_LOCK_MEMORY = Rule(
    id="EFA-JOB-006",
    severity=Severity.WARNING,
    title="Containers that use EFA may lock memory",
    problem="the container '{container}' of {object} asks for EFA, and has no IPC_LOCK",
    why="libfabric registers memory with the EFA device, and so locks it. Where a node allows little of that, it "
    "ends with 'Cannot allocate memory'.",
    fix="add IPC_LOCK to securityContext.capabilities.add",
    source="https://github.com/awslabs/awsome-distributed-ai/issues/647",
)
HUGE_PAGES_ARE_ASKED_FOR = Rule(
    id="EFA-JOB-007",
    severity=Severity.WARNING,
    title="Containers that use EFA ask for huge pages",
    problem="the container '{container}' of {object} asks for EFA, and for no hugepages-2Mi",
    why="libfabric keeps its buffers in huge pages where it may: without them it uses ordinary pages, of which a "
    "device can register fewer.",
    fix="ask for 5120Mi of hugepages-2Mi, as the EKS guide does, with memory beside it",
    source="https://docs.aws.amazon.com/eks/latest/userguide/node-efa.html",
)
DEVICES_BY_ONE_WAY = Rule(
    id="EFA-JOB-008",
    severity=Severity.ERROR,
    title="A pod gets devices of a kind from a device plugin or by resource claims, not by both",
    problem="a {role} of {object} has a resource claim of the class {device_class}, and asks a device plugin for "
    "{resource}, too",
    why="A device plugin and dynamic resource allocation do not know of each other, and give away one device twice. "
    "Claims of something else, such as a channel of a ComputeDomain, go with device plugins.",
    fix="use resource claims for all of these devices, or for none",
    source="https://docs.aws.amazon.com/eks/latest/userguide/device-management-efa.html",
)
RANKS_FILL_SLOTS = Rule(
    id="EFA-JOB-009",
    severity=Severity.ERROR,
    title="A job starts as many ranks as its workers have slots",
    problem="the launcher of {object} has {words}, and its workers have {slots} slots",
    why="mpirun ends with 'not enough slots', or leaves accelerators idle that cost money.",
    fix="start {slots} ranks, or change the slots of a worker, or the number of workers",
    source=_MPI_JOB,
)
SLOTS_ARE_ACCELERATORS = Rule(
    id="EFA-JOB-010",
    severity=Severity.WARNING,
    title="A worker has a slot for each GPU",
    problem="{object} has {slots} slots on each worker, which asks for {gpus} GPUs",
    why="Ranks share a GPU, or GPUs stay idle.",
    fix="set slotsPerWorker to {gpus}",
    source=_MPI_JOB,
)
ONE_LAUNCHER = Rule(
    id="EFA-JOB-011",
    severity=Severity.ERROR,
    title="A job has one launcher",
    problem="{object} has {replicas} launchers",
    why="The MPI Operator refuses the job.",
    fix="set the replicas of mpiReplicaSpecs.Launcher to 1",
    source="https://github.com/kubeflow/mpi-operator/blob/v0.8.2/pkg/apis/kubeflow/validation/validation.go",
)
HOST_NAMES_FIT = Rule(
    id="EFA-JOB-012",
    severity=Severity.ERROR,
    title="The host names of a job's workers are names that DNS takes",
    problem="{object} would have a worker with the host name {host}, of {length} characters; a name has {most}, of "
    "lower-case letters, digits and '-', and begins with a letter",
    why="The MPI Operator refuses the job.",
    fix="give the job a shorter name, of lower-case letters, digits and '-', beginning with a letter",
    source="https://github.com/kubeflow/mpi-operator/blob/v0.8.2/pkg/apis/kubeflow/validation/validation.go",
)
WAITING_DOES_NOT_BLOCK_GANGS = Rule(
    id="EFA-JOB-013",
    severity=Severity.ERROR,
    title="Where jobs are scheduled as gangs, launchers do not wait for workers",
    problem="{object} starts its launcher when its workers are ready, and the MPI Operator schedules gangs, of which "
    "the launcher is one",
    why="The gang waits for the launcher, and the launcher for the gang: the job stays Pending for ever.",
    fix="set runPolicy.schedulingPolicy.minAvailable to the number of workers, or launcherCreationPolicy to AtStartup",
    source="https://github.com/kubeflow/mpi-operator/issues/608",
)
ENVIRONMENT_DOES_NO_HARM = Rule(
    id="EFA-JOB-014",
    severity=Severity.WARNING,
    title="The environment of a job does no harm to EFA",
    problem="the container '{container}' of {object} has {name}={value}, and {reason}",
    why="Some variables switch EFA off, or parts of it. Others were needed once, and do nothing, or harm, with the "
    "versions of today.",
    fix="leave the variable out, or correct its value",
    source="https://github.com/aws/aws-ofi-nccl/blob/master/doc/efa-env-var.md",
)
WORKERS_ARE_CLEANED_UP = Rule(
    id="EFA-JOB-015",
    severity=Severity.WARNING,
    title="A job says which of its pods are deleted when it ends",
    problem="{object} {says}",
    why="Workers go on after the job has ended, and hold the devices of nodes that cost money.",
    fix="set runPolicy.cleanPodPolicy to Running",
    source="https://github.com/kubeflow/mpi-operator/issues/134",
)
DEVICES_COME_FROM_PLUGINS = Rule(
    id="EFA-JOB-016",
    severity=Severity.WARNING,
    title="Pods that ask for EFA mount no devices of their node",
    problem="a {role} of {object} mounts {path} of its node",
    why="The folder of the node has other devices beside the EFAs that the EFA device plugin gives to the pod. On B200 "
    "libfabric then uses no EFA at all, and NCCL goes on over TCP.",
    fix="leave the volume '{volume}' out: the EFA device plugin brings the devices",
    source="https://github.com/aws-samples/aws-do-eks/pull/63",
)
WHOLE_NODES_HAVE_THEIR_EFAS = Rule(
    id="EFA-JOB-017",
    severity=Severity.WARNING,
    title="Workers that take all accelerators of a node take its EFA interfaces",
    problem="a {role} of {object} asks for all {accelerators} of {accelerator} of a node of group {group}, and for "
    "{efas} of its {count} EFA interfaces",
    why="A pod has only the EFA devices that it asks for. With none NCCL goes on over TCP, with some it is slower, and "
    "nothing fails.",
    fix="ask for {count} of vpc.amazonaws.com/efa",
    source="https://docs.aws.amazon.com/eks/latest/userguide/node-efa.html",
)
KUEUE_READS_WHAT_IT_IS_TOLD = Rule(
    id="EFA-JOB-018",
    severity=Severity.WARNING,
    title="Labels of Kueue stand on a job, and its annotations about topology on the job's pod templates",
    problem="{object} has {name} on {where}, where Kueue does not read it",
    why="The job does not wait for its turn in a queue, or its workers are not kept together, and nothing says so.",
    fix="put {name} on {instead}",
    source="https://kueue.sigs.k8s.io/docs/concepts/topology_aware_scheduling/",
)
MPI_JOBS_ARE_SOUND = Rule(
    id="EFA-JOB-019",
    severity=Severity.ERROR,
    title="An MPIJob has the fields that its definition has, with values that it takes",
    problem="{object} {problem}",
    why="The API server refuses the job, or silently drops a field that it does not know, or the MPI Operator refuses "
    "the job, and only an event says so. Kubeflow's operator takes a launcherCreationPolicy that it does not know for "
    "WaitForWorkersReady.",
    fix="write the field as the definition of MPIJob has it: {hint}",
    source="https://github.com/kubeflow/mpi-operator/blob/v0.8.2/pkg/apis/kubeflow/validation/validation.go",
)
MPI_CONTAINER_IS_FIRST = Rule(
    id="EFA-JOB-020",
    severity=Severity.ERROR,
    title="The container that does a job's work is the first of its pod",
    problem="the {role} of {object} has the container '{first}' before '{container}', which {does}",
    why="The MPI Operator gives the SSH keys, the list of hosts, its environment and, where a worker has no command, "
    "sshd to the first container alone: mpirun reaches no worker, or starts the ranks in a container without devices.",
    fix="put '{container}' first, or make '{first}' an init container with the restartPolicy Always",
    source=_CONTROLLER,
)
WORKERS_HAVE_A_NETWORK_OF_THEIR_OWN = Rule(
    id="EFA-JOB-021",
    severity=Severity.WARNING,
    title="Workers are not on the network of their nodes",
    problem="the workers of {object} are on the network of their nodes, where sshd of the node has port 22 already, "
    "unless it is of Bottlerocket",
    why="The sshd of a worker cannot listen there unless its image has set another port, and mpirun then asks the "
    "node's: the job does not start. EFA does not need it: a pod has the devices on its own network, too.",
    fix="leave hostNetwork out",
    source="https://github.com/kubeflow/mpi-operator/issues/593",
)
GPUS_OF_A_POD_SHARE_MEMORY = Rule(
    id="EFA-JOB-022",
    severity=Severity.WARNING,
    title="Containers with several GPUs have more shared memory than 64 MiB",
    problem="the container '{container}' of {object} asks for {gpus} GPUs, and has no volume at /dev/shm",
    why="A container's own /dev/shm has 64 MiB. NCCL keeps segments of several MiB there for connections between "
    "processes of a node, fewest where the GPUs reach each other by NVLink; where they do not fit, it ends with "
    "'failed to extend /dev/shm/nccl-...'. Data loaders of PyTorch use it, too.",
    fix="mount a volume with emptyDir.medium Memory at /dev/shm",
    source="https://docs.nvidia.com/deeplearning/nccl/user-guide/docs/troubleshooting/runtime_and_mpi_issues.html",
)
THERE_ARE_NODES_FOR_PODS = Rule(
    id="EFA-JOB-023",
    severity=Severity.ERROR,
    title="Pods select nodes that there can be",
    problem="a {role} of {object} goes only to nodes with {requirement}, and no node group of these templates makes "
    "such a node",
    why="The pod stays Pending for ever, and so does its job: nothing else in these templates makes nodes for the "
    "cluster.",
    fix="select nodes that a node group makes, or make a node group for it",
    source=_NODES,
)
NODES_HAVE_LABELS_THAT_PODS_SELECT = Rule(
    id="EFA-JOB-024",
    severity=Severity.WARNING,
    title="Pods select nodes by labels that node groups set",
    problem="a {role} of {object} goes only to nodes with {requirement}, which no node group of these templates that "
    "it could go to sets",
    why="Unless something else sets the label, the pod stays Pending for ever, and so does its job.",
    fix="set the label on a node group, or leave it out of the pod's selection",
    source=_NODES,
)
LAUNCHERS_LOG_STAYS = Rule(
    id="EFA-JOB-025",
    severity=Severity.WARNING,
    title="The launcher of a job stays for a while after the job has ended, and with it its log",
    problem="{object} has its launcher deleted as soon as it has ended",
    why="The log goes with the pod: nobody can read why the job failed, and 'efa verify --job' finds nothing to judge.",
    fix="set runPolicy.ttlSecondsAfterFinished to as many seconds as reading the log may take, or leave it out",
    source="https://kubernetes.io/docs/concepts/workloads/controllers/ttlafterfinished/",
)
GANGS_ARE_NO_LARGER_THAN_JOBS = Rule(
    id="EFA-JOB-026",
    severity=Severity.ERROR,
    title="A gang has no more pods than its job",
    problem="{object} has {least} as runPolicy.schedulingPolicy.minAvailable, and {pods} pods",
    why="The scheduler of gangs waits for pods that nobody makes: the job stays Pending for ever.",
    fix="set it to {pods}, the workers and the launcher, or to the number of workers, {workers}",
    source=_POD_GROUPS,
)
GANGS_HAVE_ONE_SCHEDULER = Rule(
    id="EFA-JOB-027",
    severity=Severity.WARNING,
    title="Where jobs are scheduled as gangs, their pods name no other scheduler",
    problem="a {role} of {object} has the schedulerName {name}, and the MPI Operator sets that of gangs, {scheduler}",
    why="The operator overwrites it: the scheduler that the job asks for never sees its pods.",
    fix="leave schedulerName out, or install the MPI Operator without gang scheduling",
    source=_POD_GROUPS,
)
KUEUE_OR_GANGS = Rule(
    id="EFA-JOB-028",
    severity=Severity.WARNING,
    title="A job waits in a queue of Kueue, or is scheduled as a gang by the MPI Operator, not both",
    problem="{object} waits in the queue {queue} of Kueue, and {gangs}",
    why="Kueue admits a job as a whole already. The scheduler of gangs counts free nodes by itself, and may hold back "
    "pods that Kueue has admitted: they use up the quota, and do nothing.",
    fix="leave one of them out: the label kueue.x-k8s.io/queue-name, or the gang scheduling",
    source="https://kueue.sigs.k8s.io/docs/tasks/run/kubeflow/mpijobs/",
)
WORKERS_HAVE_SLOTS = Rule(
    id="EFA-JOB-029",
    severity=Severity.ERROR,
    title="A worker has at least one slot",
    problem="{object} has 0 as slotsPerWorker",
    why="The list of hosts that the MPI Operator writes has no room for a rank: mpirun ends with 'not enough slots'.",
    fix="set slotsPerWorker to the number of ranks on a worker: one for each accelerator",
    source=_MPI_JOB,
)
OPERATOR_HAS_ITS_VOLUMES = Rule(
    id="EFA-JOB-030",
    severity=Severity.ERROR,
    title="The volumes of a job's pods leave those of the MPI Operator their names and paths",
    problem="the {role} of {object} {problem}",
    why="The operator adds its volumes, with the SSH keys and the list of hosts, to those of the pod. The API server "
    "refuses a pod that has two of a name or at a path, so that the job has no pods; where it takes them, one hides "
    "the other.",
    fix="choose another {what}",
    source=_CONTROLLER,
)
OPERATOR_SETS_ITS_OWN = Rule(
    id="EFA-JOB-031",
    severity=Severity.WARNING,
    title="A job leaves to the MPI Operator what the operator sets of its pods",
    problem="the {role} of {object} has {what}, which the MPI Operator sets to something else",
    why="The operator overwrites it without a word in the job's status: pods have another name, another policy or "
    "another environment than the job says.",
    fix="leave {what} out{instead}",
    source=_CONTROLLER,
)
NODES_REACH_EACH_OTHER = Rule(
    id="EFA-JOB-032",
    severity=Severity.WARNING,
    title="All nodes that the workers of a job may go to reach each other over EFA",
    problem="a {role} of {object} may go to {one} and another to {other}, {apart}",
    why="EFA traffic crosses neither Availability Zones nor VPCs, and P4d, P4de and DL1 exchange it only with their "
    "own kind. Where the scheduler spreads a job over both, NCCL goes on over TCP, or hangs, and nothing says why.",
    fix="let the pods select the nodes of one group, for example by a label that it sets",
    source="https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/efa.html",
)
PODS_HAVE_A_NODE = Rule(
    id="EFA-JOB-033",
    severity=Severity.ERROR,
    title="Pods that need no devices tolerate the taints of some nodes",
    problem="a {role} of {object} does not tolerate {taint}, and these templates make no nodes for the cluster whose "
    "taints it tolerates",
    why="It stays Pending for ever. Where it is a launcher or the MPI Operator, no job starts, and nothing fails.",
    fix="make a node group without taints, or give the pod a toleration with the key '{key}' and the operator Exists",
    source=_TAINTS,
)
KARPENTER_KNOWS_HUGE_PAGES = Rule(
    id="EFA-JOB-034",
    severity=Severity.WARNING,
    title="Karpenter is told of the huge pages that pods ask for",
    problem="a {role} of {object} asks for {amount} of {resource}, and only nodes of Karpenter may take it",
    why="Karpenter does not know which types have huge pages: it makes no node for a pod that asks for some, and the "
    "pod stays Pending for ever.",
    fix="leave {resource} out, or apply a NodeOverlay that adds it to the capacity of the type",
    source="https://github.com/aws/karpenter-provider-aws/issues/3315",
)
SCHEDULER_IS_THERE = Rule(
    id="EFA-JOB-035",
    severity=Severity.ERROR,
    title="The scheduler that pods are for runs on the cluster",
    problem="a {role} of {object} is for the scheduler '{scheduler}'{because}, which these templates do not run on the "
    "cluster that they make",
    why="No other scheduler looks at the pod: it stays Pending for ever, without an event.",
    fix="install the scheduler, or leave {setting} out",
    source="https://kubernetes.io/docs/tasks/extend-kubernetes/configure-multiple-schedulers/",
)
SUSPENDED_JOBS_ARE_RESUMED = Rule(
    id="EFA-JOB-036",
    severity=Severity.WARNING,
    title="Something resumes a suspended job",
    problem="{object} is suspended, and {nobody}",
    why="A suspended job has no pods until somebody resumes it: it waits, and nothing says for what.",
    fix="leave runPolicy.suspend out, or let Kueue admit the job (the label kueue.x-k8s.io/queue-name)",
    source=_MPI_JOB,
)
QUEUE_IS_THERE = Rule(
    id="EFA-JOB-037",
    severity=Severity.WARNING,
    title="The queue that a job waits in is in its namespace",
    problem="{object} waits in the queue '{queue}', and the namespace {namespace} has none of that name among those of "
    "these templates: {others}",
    why="Kueue admits no job whose queue is not there: it stays suspended, and only its Workload says why.",
    fix="name a queue of the namespace {namespace}, or make one there",
    source="https://kueue.sigs.k8s.io/docs/concepts/local_queue/",
)
QUEUE_COVERS_REQUESTS = Rule(
    id="EFA-JOB-038",
    severity=Severity.WARNING,
    title="The queue that a job waits in covers all that its pods ask for",
    problem="{object} asks for {resources}, and the cluster queue '{queue}', which it waits in, covers {covered}",
    why="Kueue admits no job that asks for what its cluster queue has no quota of: it stays suspended, and only its "
    "Workload says why. Huge pages and EFAs are forgotten most.",
    fix="add {resources} to coveredResources of the cluster queue, with a quota of each flavor, or to "
    "excludeResourcePrefixes in Kueue's configuration",
    source="https://kueue.sigs.k8s.io/docs/concepts/cluster_queue/",
)
LAUNCHERS_TRY_AGAIN = Rule(
    id="EFA-JOB-039",
    severity=Severity.WARNING,
    title="A launcher that does not wait for its workers may try again",
    problem="{object} starts its launcher at once, and runPolicy.backoffLimit is 0",
    why="Workers pull their image for minutes, and have a name only once they run: a mpirun that comes before ends "
    "with 'Could not resolve hostname', and with it the job.",
    fix="set launcherCreationPolicy to WaitForWorkersReady, or leave runPolicy.backoffLimit out",
    source="https://github.com/kubeflow/mpi-operator/issues/481",
)
JOB_RULES = (
    PODS_FIT_NODES,
    NODES_TAKE_PODS,
    ENOUGH_NODES,
    WHOLE_HUGE_PAGES,
    REQUESTS_ARE_LIMITS,
    EFA_PODS_LOCK_MEMORY,
    HUGE_PAGES_ARE_ASKED_FOR,
    DEVICES_BY_ONE_WAY,
    RANKS_FILL_SLOTS,
    SLOTS_ARE_ACCELERATORS,
    ONE_LAUNCHER,
    HOST_NAMES_FIT,
    WAITING_DOES_NOT_BLOCK_GANGS,
    ENVIRONMENT_DOES_NO_HARM,
    WORKERS_ARE_CLEANED_UP,
    DEVICES_COME_FROM_PLUGINS,
    WHOLE_NODES_HAVE_THEIR_EFAS,
    KUEUE_READS_WHAT_IT_IS_TOLD,
    MPI_JOBS_ARE_SOUND,
    MPI_CONTAINER_IS_FIRST,
    WORKERS_HAVE_A_NETWORK_OF_THEIR_OWN,
    GPUS_OF_A_POD_SHARE_MEMORY,
    THERE_ARE_NODES_FOR_PODS,
    NODES_HAVE_LABELS_THAT_PODS_SELECT,
    LAUNCHERS_LOG_STAYS,
    GANGS_ARE_NO_LARGER_THAN_JOBS,
    GANGS_HAVE_ONE_SCHEDULER,
    KUEUE_OR_GANGS,
    WORKERS_HAVE_SLOTS,
    OPERATOR_HAS_ITS_VOLUMES,
    OPERATOR_SETS_ITS_OWN,
    NODES_REACH_EACH_OTHER,
    PODS_HAVE_A_NODE,
    KARPENTER_KNOWS_HUGE_PAGES,
    SCHEDULER_IS_THERE,
    SUSPENDED_JOBS_ARE_RESUMED,
    QUEUE_IS_THERE,
    QUEUE_COVERS_REQUESTS,
    LAUNCHERS_TRY_AGAIN,
)
