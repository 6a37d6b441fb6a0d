"""Patterns with `*` for any text and `?` for one character; letter case aside, all else is itself."""

import re
from functools import lru_cache

_WILD = re.compile(r"([*?])")
_SPECIAL = re.compile(r"([\\%_])")


@lru_cache(maxsize=4096)
def _compiled(pattern: str) -> re.Pattern[str]:
    parts = ({"*": ".*", "?": "."}.get(part, re.escape(part)) for part in _WILD.split(pattern))
    return re.compile("".join(parts), re.IGNORECASE | re.DOTALL)


def matches(pattern: str, text: str) -> bool:
    """Whether the whole text is as the pattern says."""
    return _compiled(pattern).fullmatch(text) is not None


def weight(pattern: str) -> int:
    """Return how much a pattern says: the characters of it that are themselves."""
    return len(_WILD.sub("", pattern))


def like(pattern: str) -> str:
    """Return the pattern as SQL's ILIKE reads it."""
    return _SPECIAL.sub(r"\\\1", pattern).replace("*", "%").replace("?", "_")
