"""Reviews CloudFormation templates, and the Kubernetes manifests in them, without an AWS account.

``reading`` is about files: it makes templates of them, and finds the line of a property again.

What templates say is in ``templates``: each is a ``stack_template``, and what it makes a ``resource``; ``needs`` is
about what is made before what. ``values``, ``shapes``, ``evaluation`` and ``choices`` are about the language of
templates, and ``conformity`` holds them against the registry's schemas.

What they would make is in ``blueprint``, with every ``node_group`` and ``launch_template``, and in ``clusters``: what
each cluster gets. More of AWS is in ``capacity``, ``networks``, ``subnets``, ``network_acls``, ``security_groups``,
``reach`` (who may talk to whom), ``policies`` and ``kms_keys``; of Kubernetes in ``manifests``, ``pod_templates``,
``jobs`` (MPIJobs), ``access`` (RBAC), ``charts`` and ``labels_of_nodes``.

``review`` runs the ``checks``, each of them a ``check``, and sets apart ``acknowledgements``. ``comparison`` is of two
versions of an app, ``formats`` and ``page`` are for people and programs.
"""

from __future__ import annotations

from .reading.assembly_templates import read_assembly_templates
from .reading.template_file import read_template_file
from .review import Finding, Review, review

__all__ = ["Finding", "Review", "read_assembly_templates", "read_template_file", "review"]
