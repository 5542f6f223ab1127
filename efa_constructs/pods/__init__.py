"""What Kubernetes makes of pods: what they request, which nodes they may go to, and which programs they run.

Plain functions over objects as the API server has them, for whoever writes pods, reviews them, or looks at a cluster.
"""
