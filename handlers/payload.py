"""What calls and their answers have in common, whatever they say."""

import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from string import ascii_letters, digits
from typing import Any

LARGEST_ID = 2**31 - 1
Put = tuple[str, dict[str, Any]]
"""An action, and a payload as the specification spells it."""


def without_none(payload: Mapping[str, Any]) -> dict[str, Any]:
    """Return the members that are said."""
    return {name: value for name, value in payload.items() if value is not None}


def moment(at: datetime) -> str:
    """Word a time: in `Z`, and without a fraction, on which some stations choke (Q45)."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def moment_if(at: datetime | None) -> str | None:
    """Word a time, if there is one."""
    return None if at is None else moment(at)


def new_id() -> int:
    """Return a number by which what follows will be known."""
    return secrets.randbelow(LARGEST_ID) + 1


def new_text(length: int) -> str:
    """Return a password that nobody can guess, of letters and digits that every station takes."""
    return "".join(secrets.choice(ascii_letters + digits) for _ in range(length))
