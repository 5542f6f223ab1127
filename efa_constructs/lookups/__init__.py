"""Everything that asks AWS a question.

Import from the modules: ``cluster_facts`` and ``deployed`` are data and load nothing, ``clients`` and ``node_groups``
load boto3.
"""
