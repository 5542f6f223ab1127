"""An AWS account on this machine: moto, with a CloudFormation and an EKS that keep their word.

``python -m efa_constructs.rehearsal.account`` serves it; :class:`~.process.AccountProcess` runs it as a child.
"""
