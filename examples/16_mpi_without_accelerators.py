"""A solver on four hpc7a.96xlarge: MPI over EFA, without any GPU.

The plugin for EFA is the only one. From the type follow a rank for each of 192 physical cores, bound to it, and the
environment with which Open MPI fails where it finds no EFA, instead of using TCP. Add the plugin of NVIDIA for nodes
with GPUs only: on these its pods would fail.

The image is yours: the solver, libfabric and Open MPI 4 of the EFA installer, and an SSH server as in
``docker/nccl-tests``. For one with Intel MPI, pass ``mpi_implementation=MpiImplementation.INTEL``; for hpc7g, whose
processors are Graviton, build it for arm64.

    kubectl apply -f dist/cluster.k8s.yaml
    kubectl wait --for condition=Established crd/mpijobs.kubeflow.org
    kubectl apply -f dist/flow.k8s.yaml
"""

import cdk8s
from cdk8s_plus_27 import k8s

from efa_constructs.k8s import EfaDevicePlugin, MpiJob, MpiOperator

app = cdk8s.App()

cluster = cdk8s.Chart(app, "cluster")
# A Region that has hpc7a, such as us-east-2.
EfaDevicePlugin(cluster, "EfaDevicePlugin", region="us-east-2")
MpiOperator(cluster, "MpiOperator")

job = MpiJob(
    cdk8s.Chart(app, "flow"),
    "Flow",
    instance_type="hpc7a.96xlarge",
    nodes=4,
    image="registry.example.com/flow:1.0",
    command=["/opt/flow/bin/solve", "/case"],
    environment={"OMP_NUM_THREADS": "1"},
    volumes={
        "/case": k8s.Volume(
            name="case", persistent_volume_claim=k8s.PersistentVolumeClaimVolumeSource(claim_name="flow-case")
        )
    },
)
print(f"{job.name} has {job.processes} ranks")

app.synth()
