"""cdk8s constructs for what multi-node training needs on a cluster: device plugins, MPI Operator, MPI jobs."""
