"""What Kubernetes makes of pods: what they request and run, which nodes they may go to, and what is refused of them.

Plain functions over objects as the API server has them, for whoever writes pods, reviews them, or looks at a cluster.
"""
