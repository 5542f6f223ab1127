"""Everything that asks AWS a question.

Import from the modules: ``cluster_facts`` and ``deployed`` are data and load nothing, ``clients`` and all that asks
load boto3. Each question of AWS is a function that takes the clients; ``questions`` asks several at once.
"""
