"""What a cluster's nodes would do, on a control plane that has none: kubelets, device plugins, the MPI Operator's pod.

The API server, scheduler and controllers are real. Here is what they need at the other end.
"""
