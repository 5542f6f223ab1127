"""No rule raises, whatever stands where it looks: templates are written by hand, too."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest

from efa_constructs.review.review import review

from .cases.interfaces import layout
from .cases.launch_templates import cni
from .cases.networks import acl
from .manifests import Manifests
from .templates import Template, all_of, sound, templates_of

ODD: list[Any] = [None, True, -1, "odd", [], ["odd"], {}, {"odd": 1}, {"Ref": "Nowhere"}, {"Fn::GetAtt": "odd"}]
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


# The last stands for what only the deployment knows.
@pytest.mark.parametrize("odd", [None, "odd", ["odd"], {"odd": 1}, "⟨?odd⟩"], ids=repr)
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
