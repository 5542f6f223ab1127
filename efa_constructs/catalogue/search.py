"""Finds instance types: by name, and by what they can do."""

from __future__ import annotations

import re
from functools import cache

from ..errors import InvalidArgumentError, NotAnEfaInstanceTypeError, UnknownInstanceTypeError
from .instance_types import InstanceType, instance_type_from_record
from .nearest import nearest_by_family
from .records import RECORDED, is_known_family, records_with_efa, refused_types, sizes_without_efa

__all__ = [
    "all_instance_types",
    "find",
    "get",
    "is_of_unknown_family",
    "known_instance_type",
    "nearest_instance_types",
]

# Of an instance type, as all of DescribeInstanceTypes are.
_NAME = re.compile(r"(?P<family>[a-z][a-z0-9-]*[0-9][a-z0-9-]*)\.[a-z0-9-]+")

_ARCHITECTURES = ("x86_64", "arm64")
_USAGE_CLASSES = ("on-demand", "spot", "capacity-block")
_SUGGESTIONS = 5


def get(name: str) -> InstanceType:
    """Return the EFA instance type of this name, such as ``"p5.48xlarge"``.

    :raises NotAnEfaInstanceTypeError: EC2 has the type, and it has no EFA. Names similar types that have it.
    :raises UnknownInstanceTypeError: There is no such type, or AWS publishes too little about it. Names the nearest.
    """
    known = known_instance_type(name)
    if known is not None:
        return known
    # Only here: these words would add to the start of every app.
    from ..rules.interfaces import TYPE_WITHOUT_EFA
    from ..rules.node_groups import UNKNOWN_FAMILY, UNKNOWN_INSTANCE_TYPE, UNPUBLISHED_INSTANCE_TYPE

    if name in refused_types():
        refusal = refused_types()[name]
        raise UnknownInstanceTypeError(
            UNPUBLISHED_INSTANCE_TYPE.refusal(
                f"instance type '{name}' cannot be used, for {refusal['refused']}",
                f"use {' or '.join(refusal['alternatives'])}",
            )
        )
    without_efa, accelerator = sizes_without_efa(name.partition(".")[0])
    if name in without_efa:
        instead = f"take one of the {_similar(name, accelerator)}"
        raise NotAnEfaInstanceTypeError(TYPE_WITHOUT_EFA.refusal(f"instance type '{name}' has no EFA", instead))
    hint = nearest_instance_types(name)
    if is_of_unknown_family(name):
        wrong = f"instance type '{name}' is of a family that the catalogue of {RECORDED} does not know"
        raise UnknownInstanceTypeError(UNKNOWN_FAMILY.refusal(wrong, name=name, hint=hint))
    wrong = f"instance type '{name}' is not in the catalogue"
    raise UnknownInstanceTypeError(UNKNOWN_INSTANCE_TYPE.refusal(wrong, hint=hint))


def known_instance_type(name: str) -> InstanceType | None:
    """The EFA instance type of this name. None: no type of this name has EFA, as far as is known."""
    return _known(name) if name in records_with_efa() else None


def nearest_instance_types(name: str) -> str:
    """The types with the names nearest to this one, or how to find one, in words."""
    return ", ".join(nearest_by_family(name, records_with_efa())) or "one that 'efa instances' lists"


def is_of_unknown_family(name: str) -> bool:
    """Whether it may be an instance type, of a family that is newer than the catalogue."""
    form = _NAME.fullmatch(name)
    return form is not None and not is_known_family(form["family"])


# Not get(): a type checker lets a cached function take any arguments.
@cache
def _known(name: str) -> InstanceType:
    return instance_type_from_record(name, records_with_efa()[name])


@cache
def all_instance_types() -> tuple[InstanceType, ...]:
    """Return every instance type that has EFA, by name."""
    return tuple(map(get, records_with_efa()))


def find(
    *,
    family: str | None = None,
    accelerator: str | None = None,
    efa_interfaces: int | None = None,
    architecture: str | None = None,
    usage_class: str | None = None,
) -> tuple[InstanceType, ...]:
    """Return the EFA instance types that match everything that is given, by name.

    :param family: The part of the name before the dot, such as ``"p5en"``.
    :param accelerator: Maker, model or kind in any case: ``"nvidia"``, ``"H100"``, ``"neuron"``.
    :param efa_interfaces: At least this many EFA interfaces. Where the maximum is unknown, as many as AWS documents.
    :param architecture: ``"x86_64"`` or ``"arm64"``.
    :param usage_class: ``"on-demand"``, ``"spot"`` or ``"capacity-block"``.
    :raises InvalidArgumentError: An architecture or usage class that EC2 does not have, or a negative number.
    """
    if efa_interfaces is not None and efa_interfaces < 0:
        raise InvalidArgumentError(f"'efa_interfaces' must be at least 0, got {efa_interfaces}")
    _check("architecture", architecture, _ARCHITECTURES)
    _check("usage_class", usage_class, _USAGE_CLASSES)
    return tuple(
        instance_type
        for instance_type in all_instance_types()
        if (family is None or instance_type.family == family)
        and (accelerator is None or _has_accelerator(instance_type, accelerator.casefold()))
        and (efa_interfaces is None or instance_type.known_efa_interfaces >= efa_interfaces)
        and (architecture is None or instance_type.architecture == architecture)
        and (usage_class is None or usage_class in instance_type.usage_classes)
    )


def _check(argument: str, value: str | None, allowed: tuple[str, ...]) -> None:
    if value is not None and value not in allowed:
        raise InvalidArgumentError(f"'{argument}' must be one of {', '.join(allowed)}, got '{value}'")


def _has_accelerator(instance_type: InstanceType, wanted: str) -> bool:
    return any(
        wanted in (accelerator.manufacturer.casefold(), accelerator.model.casefold(), accelerator.kind)
        for accelerator in instance_type.accelerators
    )


def _similar(name: str, accelerator: tuple[str, str, str] | None) -> str:
    """Types that do the same and have EFA: other sizes of the family, else the same accelerator, else its maker's."""
    own = find(family=name.partition(".")[0])
    if own:
        sizes = sorted(own, key=lambda size: size.vcpus)[:_SUGGESTIONS]
        return f"sizes of its family that have it: {', '.join(size.name for size in sizes)}"
    if accelerator is None:
        without_accelerator = [
            instance_type.name for instance_type in all_instance_types() if not instance_type.accelerators
        ]
        return f"types that have it: {', '.join(nearest_by_family(name, without_accelerator, cutoff=0.0))}"
    kind, maker, model = accelerator
    same_model = find(accelerator=model)
    candidates = same_model or [one for one in find(accelerator=kind) if _has_accelerator(one, maker.casefold())]
    if not candidates:
        return "types that 'efa instances' lists"
    what = model if same_model else maker
    nearest = nearest_by_family(name, [candidate.name for candidate in candidates], cutoff=0.0)
    return f"types with {what} accelerators that have it: {', '.join(nearest)}"
