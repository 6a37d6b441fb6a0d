"""What a message type is made of, looked up once for each type."""

import types
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cache
from operator import attrgetter
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import msgspec


@dataclass(frozen=True, slots=True)
class Shape:
    """The type of one value.

    `kind` is `struct`, `list`, `enum`, `time`, `plan` (a time that may lie far ahead), `int`,
    `number`, `bool`, `text` or `any`; `struct` is the class, `item` the shape of a list's items, `choices` what an enumeration offers.
    """

    kind: str
    struct: type[msgspec.Struct] | None = None
    item: "Shape | None" = None
    choices: tuple[str, ...] = ()
    max_length: int | None = None


@dataclass(frozen=True, slots=True)
class Member:
    """One member of a structure: its name on the wire, its attribute, its shape."""

    wire: str
    attribute: str
    shape: Shape
    required: bool


PLANS = frozenset({"valid_from", "valid_to", "start_schedule"})
"""Times that somebody sets and no clock tells: they may lie in any year."""

PLAIN = {int: "int", bool: "bool", str: "text", Decimal: "number", datetime: "time"}


@cache
def members(struct: type[msgspec.Struct]) -> tuple[Member, ...]:
    """Return the members of a structure, in the order of the specification."""
    hints = get_type_hints(struct, include_extras=True)
    return tuple(
        Member(field.encode_name, field.name, _member_shape(field.name, hints[field.name]), field.required)
        for field in msgspec.structs.fields(struct)
    )


def _member_shape(name: str, hint: Any) -> Shape:
    shape = _shape(hint)
    return Shape("plan") if shape.kind == "time" and name in PLANS else shape


def _shape(hint: Any, *, max_length: int | None = None) -> Shape:
    origin = get_origin(hint)
    if origin is Annotated:
        inner, meta = get_args(hint)[:2]
        return _shape(inner, max_length=meta.max_length)
    if origin in {Union, types.UnionType}:
        return _shape(next(part for part in get_args(hint) if part is not type(None)))
    if origin is Literal:
        return Shape("enum", choices=get_args(hint))
    if origin is tuple:
        return Shape("list", item=_shape(get_args(hint)[0]), max_length=max_length)
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        return Shape("struct", struct=hint)
    return Shape(PLAIN.get(hint, "any"), max_length=max_length)


Limits = tuple[datetime, datetime]
Check = Callable[[Any, Limits], bool]


@cache
def times_within(struct: type[msgspec.Struct]) -> Check | None:
    """Return what tells whether every time in a structure, at any depth, lies within limits; None if it has none."""
    checks = [check for member in members(struct) if (check := _check(member.attribute, member.shape)) is not None]
    if not checks:
        return None
    return checks[0] if len(checks) == 1 else _all_of(checks)


def _check(attribute: str, shape: Shape) -> Check | None:
    if shape.kind == "list" and shape.item is not None and shape.item.struct is not None:
        inner = times_within(shape.item.struct)
        return None if inner is None else _of_items(attribute, inner)
    if shape.kind == "struct" and shape.struct is not None:
        inner = times_within(shape.struct)
        return None if inner is None else _of_member(attribute, inner)
    return _of_time(attribute) if shape.kind == "time" else None


def _all_of(checks: list[Check]) -> Check:
    def check_all(message: Any, limits: Limits) -> bool:
        for check in checks:  # noqa: SIM110  # a loop takes half the time of a generator
            if not check(message, limits):
                return False
        return True

    return check_all


def _of_time(attribute: str) -> Check:
    find = attrgetter(attribute)
    return lambda message, limits: (at := find(message)) is None or limits[0] <= at <= limits[1]


def _of_member(attribute: str, inner: Check) -> Check:
    find = attrgetter(attribute)
    return lambda message, limits: (member := find(message)) is None or inner(member, limits)


def _of_items(attribute: str, inner: Check) -> Check:
    find = attrgetter(attribute)

    def check_items(message: Any, limits: Limits) -> bool:
        for item in find(message) or ():  # noqa: SIM110  # a loop takes half the time of a generator
            if not inner(item, limits):
                return False
        return True

    return check_items
