"""Which services nodes of EKS need, and so which VPC endpoints where no route leads out of the VPC.

Sources: "Deploy private clusters with limited internet access" and "Create a managed node group" of the EKS User Guide.
"""

from __future__ import annotations

__all__ = ["SERVICES_OF_NODES"]

# A node asks EC2 for its name and for addresses of pods, and pulls the images of its system pods from ECR, which has
# their layers in S3.
SERVICES_OF_NODES = ("ec2", "ecr.api", "ecr.dkr", "s3")
