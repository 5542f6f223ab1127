"""No rule raises, whatever stands where it looks: templates are written by hand, too."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest

from efa_constructs.review.review import review

from .cases.clusters import add_ons
from .cases.interfaces import layout
from .cases.launch_templates import cni, preferring, reservation, reserved
from .cases.networks import acl
from .checks.test_manifests import operator, pool, queues, suspended
from .manifests import Manifests
from .templates import Template, all_of, data, sound, templates_of, whole
from .templates import put as put_at

ODD: list[Any] = [None, True, -1, "odd", [], ["odd"], {}, {"odd": 1}, {"Ref": "Nowhere"}, {"Fn::GetAtt": "odd"}]
# The last stands for what only the deployment knows.
ODD_IN_MANIFESTS: list[Any] = [None, "odd", ["odd"], {"odd": 1}, "⟨?odd⟩"]
# The kinds whose objects rules look into.
KINDS = ("DaemonSet", "MPIJob", "ClusterRoleBinding")


def paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place within a value."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in inner:
        yield (*path, key)
        yield from paths(part, (*path, key))


def put(value: Any, path: tuple[Any, ...], odd: Any) -> None:
    for key in path[:-1]:
        value = value[key]
    value[path[-1]] = copy.deepcopy(odd)


@pytest.mark.parametrize("odd", ODD, ids=repr)
def test_templates(odd: Any) -> None:
    for path in paths(sound()):
        template = sound()
        put(template, path, odd)
        review(templates_of(template))


@pytest.mark.parametrize("odd", ODD, ids=repr)
def test_network_acls_and_add_ons(odd: Any) -> None:
    change = all_of(acl((100, "allow", True, "6", "0.0.0.0/0", (443, 443))), layout("p5.48xlarge"), cni('{"env": {}}'))

    def changed() -> Template:
        template = sound()
        change(template)
        return template

    for path in paths(changed()):
        if path[:1] == ("Resources",) and path[1:2] and path[1].startswith(("Acl", "Entry", "Cni", "PrivateSubnet")):
            template = changed()
            put(template, path, odd)
            review(templates_of(template))


@pytest.mark.parametrize("odd", ODD, ids=repr)
def test_reservations_images_and_what_brings_the_network(odd: Any) -> None:
    change = all_of(whole, reservation({"Ref": "Reservation"}), reserved(), preferring("open"), add_ons("vpc-cni"))

    def changed() -> Template:
        template = sound()
        all_of(change, put_at("Cluster.BootstrapSelfManagedAddons", False), data("ImageId", "ami-1"))(template)
        return template

    names = ("Reservation", "AddOn0", "Vpc", "NatGateway")
    for path in paths(changed()):
        if path[:1] == ("Resources",) and path[1:2] and path[1] in names:
            template = changed()
            put(template, path, odd)
            review(templates_of(template))


@pytest.mark.parametrize("odd", ODD_IN_MANIFESTS, ids=repr)
def test_definitions_queues_and_pools(odd: Any) -> None:
    def changed() -> Manifests:
        manifests = Manifests()
        queues(manifests, "cpu")
        pool(manifests)
        suspended(manifests, "gpu")
        operator(manifests, "--namespace", KUBEFLOW_NAMESPACE={"value": "a"})
        return manifests

    for kind in ("ClusterQueue", "CustomResourceDefinition", "LocalQueue", "Namespace", "NodePool"):
        one = next(each for each in changed().objects if each["kind"] == kind)
        # The schema of a definition is as good as any other part of it.
        for path in [each for each in paths(one) if "schema" not in each[:-1]]:
            manifests = changed()
            put(next(each for each in manifests.objects if each["kind"] == kind), path, odd)
            manifests.review()


@pytest.mark.parametrize("odd", ODD_IN_MANIFESTS, ids=repr)
def test_manifests(odd: Any) -> None:
    for kind in KINDS:
        # The first of a kind has what the others have.
        one = next(each for each in Manifests().objects if each["kind"] == kind)
        for path in paths(one):
            # Inside a rule of RBAC or a word of a command, one place is as good as another.
            if any(isinstance(key, int) and key > 1 for key in path):
                continue
            manifests = Manifests()
            put(next(each for each in manifests.objects if each["kind"] == kind), path, odd)
            manifests.review()
