"""What a rehearsal says that it did not check."""

from __future__ import annotations

from dataclasses import replace

from efa_constructs.rehearsal.result.not_checked import not_checked
from efa_constructs.review.reading.assembly import CloudAssembly

from ..results import result


def with_manifests(count: int) -> CloudAssembly:
    (stack,) = result().assembly.stacks
    types = {"Custom::AWSCDK-EKS-KubernetesResource": count}
    return replace(result().assembly, stacks=(replace(stack, resource_types=types),))


def test_says_that_manifests_were_not_applied_only_where_no_control_plane_ran() -> None:
    sentence = "3 Kubernetes manifests: accepted, and not applied, for no Kubernetes control plane runs here"
    assert sentence in not_checked(with_manifests(3))
    with_control_plane = not_checked(with_manifests(3), kubernetes=True)
    assert not any("not applied" in each for each in with_control_plane)
    assert any(each.startswith("container images") for each in with_control_plane)


def test_names_what_the_account_took_on_trust() -> None:
    found = not_checked(result().assembly, on_trust=("whether EKS has the add-on 'new'",))
    assert "whether EKS has the add-on 'new': the emulated account does not know it" in found
    assert not any("does not know it" in each for each in not_checked(result().assembly))
