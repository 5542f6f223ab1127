"""NCCL tests on two p5.48xlarge over EFA, and the same over TCP, which shows what EFA is worth.

Device plugins and MPI Operator are on the cluster already, as in ``12_nccl_test_of_the_eks_guide.py``. Both jobs want
both nodes whole. Started together, each could get one node and wait for the other for ever: so the second is made
suspended, for you to start when the first has ended.

    kubectl apply -f dist
    kubectl logs --follow job/all-reduce-efa-launcher  # as soon as both workers are ready
    kubectl patch mpijob all-reduce-tcp --type merge --patch '{"spec": {"runPolicy": {"suspend": false}}}'
    kubectl logs --follow job/all-reduce-tcp-launcher
"""

import cdk8s

from efa_constructs.k8s import NcclTests, NcclTransport, RunPolicy

app = cdk8s.App()
chart = cdk8s.Chart(app, "nccl-tests")

NcclTests(
    chart,
    "AllReduceEfa",
    instance_type="p5.48xlarge",
    nodes=2,
    minimum_bytes="1M",
    maximum_bytes="4G",
)
NcclTests(
    chart,
    "AllReduceTcp",
    instance_type="p5.48xlarge",
    nodes=2,
    minimum_bytes="1M",
    maximum_bytes="4G",
    # It is much slower.
    iterations=20,
    transport=NcclTransport.TCP,
    run_policy=RunPolicy(suspend=True),
)

app.synth()
