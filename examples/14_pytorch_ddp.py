"""PyTorch with DistributedDataParallel on four p5.48xlarge, one process a GPU, started by MPI.

``init_process_group("nccl")`` in the script finds the others by the environment. Open MPI tells each process which one
it is, under names of its own, and a line of shell gives them PyTorch's. All meet at the first worker, where Open MPI
starts rank 0.

Device plugins and MPI Operator are on the cluster already, as in ``12_nccl_test_of_the_eks_guide.py``. In the job's
namespace are a PersistentVolumeClaim, such as one for FSx for Lustre, and a Secret. The image is yours: PyTorch, what
the EFA installer brings (libfabric, aws-ofi-nccl, Open MPI 4 on the PATH), an SSH server as in ``docker/nccl-tests``,
and ``/workspace/train.py``.
"""

import cdk8s
from cdk8s_plus_27 import k8s

from efa_constructs.k8s import MpiJob, RunPolicy, WorkerResources

NAME, NAMESPACE = "train-ddp", "default"

# Each process gets these from Open MPI.
AS_PYTORCH_CALLS_IT = (
    "exec env RANK=$OMPI_COMM_WORLD_RANK WORLD_SIZE=$OMPI_COMM_WORLD_SIZE LOCAL_RANK=$OMPI_COMM_WORLD_LOCAL_RANK"
)

app = cdk8s.App()
chart = cdk8s.Chart(app, NAME)

data = k8s.Volume(
    name="data", persistent_volume_claim=k8s.PersistentVolumeClaimVolumeSource(claim_name="training-data")
)
tracker_key = k8s.EnvVarSource(secret_key_ref=k8s.SecretKeySelector(name="experiment-tracker", key="api-key"))

MpiJob(
    chart,
    "TrainDdp",
    name=NAME,
    namespace=NAMESPACE,
    instance_type="p5.48xlarge",
    nodes=4,
    image="registry.example.com/train:1.0",
    command=["sh", "-c", f"{AS_PYTORCH_CALLS_IT} python /workspace/train.py --data /data --checkpoints /data/out"],
    environment={
        # The operator makes a Service of the job's name, in which each worker has a name.
        "MASTER_ADDR": f"{NAME}-worker-0.{NAME}.{NAMESPACE}.svc",
        "MASTER_PORT": "29500",
        "TRACKER_API_KEY": tracker_key,
        # Data loaders fork, and their processes would need huge pages of their own.
        "FI_EFA_USE_HUGE_PAGE": "0",
    },
    resources=WorkerResources(hugepages=cdk8s.Size.mebibytes(0)),
    volumes={"/data": data},
    # A launcher that fails starts again, with the script going on from its last checkpoint: three times, not six.
    run_policy=RunPolicy(backoff_limit=3, active_deadline=cdk8s.Duration.days(7)),
)

app.synth()
