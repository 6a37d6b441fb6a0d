"""Pages by cursor: a cursor is what the last row was sorted by."""

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

import msgspec
from msgspec import Struct

from csms.web.problems import FieldError, Problem

Row = TypeVar("Row")
MOST = 500


class Page(Struct, Generic[Row], frozen=True):
    """Some rows; `next` is the cursor of the page after them, None on the last."""

    items: list[Row]
    next: str | None = None


def cursor_of(*values: Any) -> str:
    """Return the cursor that stands for these values."""
    return base64.urlsafe_b64encode(msgspec.json.encode(values)).decode().rstrip("=")


def read_cursor(cursor: str | None, kinds: type) -> Any:
    """Return the values of a cursor as `kinds` (a tuple type); None for none; refuse a broken one."""
    if cursor is None:
        return None
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        return msgspec.json.decode(raw, type=kinds)
    except (binascii.Error, ValueError, msgspec.MsgspecError) as error:
        raise Problem(422, "the cursor is not one of ours", errors=[FieldError("after", "not a cursor")]) from error


def page_of(rows: Sequence[Row], limit: int, cursor: Callable[[Row], str]) -> Page[Row]:
    """Return a page out of `limit + 1` rows, the last of which only tells that there are more."""
    items = list(rows[:limit])
    return Page(items, cursor(items[-1]) if len(rows) > limit else None)
