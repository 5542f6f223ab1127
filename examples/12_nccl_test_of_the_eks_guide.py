"""The NCCL test of the EKS guide on two p4d.24xlarge, as plain manifests with all that it needs on the cluster.

No AWS CDK, and no account: cdk8s writes two files into ``dist``, apart because kubectl knows an MPIJob only once the
first has been applied. The cluster needs two such nodes with their EFAs, as ``EfaNodeGroup`` makes them.

    kubectl apply -f dist/cluster.k8s.yaml
    kubectl wait --for condition=Established crd/mpijobs.kubeflow.org
    kubectl apply -f dist/nccl-tests.k8s.yaml
    kubectl logs --follow job/nccl-tests-launcher  # as soon as both workers are ready

``via NET/Libfabric/0/GDRDMA`` in the log is the proof that EFA carried the traffic.
"""

import cdk8s

from efa_constructs.k8s import EfaDevicePlugin, MpiOperator, NcclTests, NvidiaDevicePlugin

app = cdk8s.App()

cluster = cdk8s.Chart(app, "cluster")
EfaDevicePlugin(cluster, "EfaDevicePlugin", region="us-west-2")
NvidiaDevicePlugin(cluster, "NvidiaDevicePlugin")
MpiOperator(cluster, "MpiOperator")

# For each worker 8 GPUs, 4 EFAs, 5120Mi of hugepages and 8000Mi of memory, as in the guide.
NcclTests(cdk8s.Chart(app, "nccl-tests"), "NcclTests", instance_type="p4d.24xlarge")

app.synth()
