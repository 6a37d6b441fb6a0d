"""Parts of a file, as HTTP asks for them (RFC 9110 §14)."""

import re

_RANGE = re.compile(r"bytes=\s*([0-9]{1,18})?\s*-\s*([0-9]{1,18})?\s*")


class Unsatisfiable(Exception):
    """No byte of the file is in the range."""


def range_of(header: str | None, size: int) -> tuple[int, int] | None:
    """Return the first and the last byte that are wanted; None for the whole file, as for what we do not understand."""
    found = None if header is None else _RANGE.fullmatch(header.strip())
    if found is None or found[1] is found[2] is None:
        return None
    if found[1] is None:
        first, last = max(0, size - int(found[2])), size - 1
    else:
        first, last = int(found[1]), size - 1 if found[2] is None else min(int(found[2]), size - 1)
        if found[2] is not None and int(found[2]) < first:
            return None
    if first > last:
        raise Unsatisfiable
    return first, last
