"""PyTorch on two trn1.32xlarge: MPI starts one torchrun on each node, and each of these a process a NeuronCore.

AWS Neuron's documentation starts PyTorch's processes by torchrun, with the number of NeuronCores. MPI runs it on all
nodes at once, and tells each which one it is.

The image is yours: one of AWS's for training on Neuron, with Open MPI 4 and the EFA installer's libfabric added, an SSH
server as in ``docker/nccl-tests``, and ``/workspace/train.py``.

Not verified: none of this has run on Trainium. AWS Neuron documents no MPIJob for trn1, only one for Trn2 UltraServers.
The job's environment is that of its page "How to prepare trn1.32xlarge for multi-node execution", and the name of the
interface, ``eth0``, that of AWS's own tests on EKS.

    kubectl apply -f dist/cluster.k8s.yaml
    kubectl wait --for condition=Established crd/mpijobs.kubeflow.org
    kubectl apply -f dist/train-neuron.k8s.yaml
"""

import cdk8s

from efa_constructs.k8s import EfaDevicePlugin, MpiJob, MpiOperator, NeuronDevicePlugin

NAME, NAMESPACE, NODES = "train-neuron", "default", 2
# Two on each of 16 devices. A trn2.48xlarge has 64: 4 logical ones on each of 16.
NEURON_CORES = 32

app = cdk8s.App()

cluster = cdk8s.Chart(app, "cluster")
EfaDevicePlugin(cluster, "EfaDevicePlugin", region="us-west-2")
NeuronDevicePlugin(cluster, "NeuronDevicePlugin")
MpiOperator(cluster, "MpiOperator")

MpiJob(
    cdk8s.Chart(app, NAME),
    "TrainNeuron",
    name=NAME,
    namespace=NAMESPACE,
    instance_type="trn1.32xlarge",
    nodes=NODES,
    image="registry.example.com/train-neuron:1.0",
    processes_per_node=1,
    command=[
        "sh",
        "-c",
        f"exec torchrun --nnodes {NODES} --node_rank $OMPI_COMM_WORLD_RANK --nproc_per_node {NEURON_CORES} "
        "--master_addr $MASTER_ADDR --master_port 29500 /workspace/train.py",
    ],
    # The operator makes a Service of the job's name, in which each worker has a name.
    environment={"MASTER_ADDR": f"{NAME}-worker-0.{NAME}.{NAMESPACE}.svc"},
)

app.synth()
