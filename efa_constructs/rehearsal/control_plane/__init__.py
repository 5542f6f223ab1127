"""A Kubernetes control plane on this machine: etcd, Kubernetes' own servers, kwok for nodes, and the MPI Operator.

``python -m efa_constructs.rehearsal.control_plane`` builds its programs, where they are not there yet.
"""
