"""What a message type is made of, looked up once for each type."""

import types
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import msgspec


@dataclass(frozen=True, slots=True)
class Shape:
    """The type of one value.

    `kind` is `struct`, `list`, `enum`, `time`, `int`, `number`, `bool`, `text` or `any`; `struct`
    is the class, `item` the shape of a list's items, `choices` what an enumeration offers.
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


PLAIN = {int: "int", bool: "bool", str: "text", Decimal: "number", datetime: "time"}


@cache
def members(struct: type[msgspec.Struct]) -> tuple[Member, ...]:
    """Return the members of a structure, in the order of the specification."""
    hints = get_type_hints(struct, include_extras=True)
    return tuple(
        Member(field.encode_name, field.name, _shape(hints[field.name]), field.required)
        for field in msgspec.structs.fields(struct)
    )


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


@cache
def times(struct: type[msgspec.Struct]) -> tuple[Callable[[Any], Any], ...]:
    """Return what finds the members of a structure that hold a time, or structures that do."""
    return tuple(_getter(member.attribute) for member in members(struct) if _holds_time(member.shape))


def _getter(attribute: str) -> Callable[[Any], Any]:
    return lambda message: getattr(message, attribute)


def _holds_time(shape: Shape) -> bool:
    if shape.kind == "list" and shape.item is not None:
        return _holds_time(shape.item)
    if shape.kind == "struct" and shape.struct is not None:
        return bool(times(shape.struct))
    return shape.kind == "time"
