"""Calls that together say one command, because the station takes less at once, and their answers as one (Q43, Q115)."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import msgspec
from msgspec.structs import replace

from csms.features.commands.wording import Worded
from csms.ports.commands import CallOutcome, CallReport

NOTHING = "NotFound"
"""A status that says nothing where another part of the answer has something."""


async def in_turn(
    parts: Sequence[Worded], send: Callable[[Worded], Awaitable[CallReport]]
) -> tuple[CallReport, list[str]]:
    """Send one call after the other, as long as they are answered; return how the last ended, and the ids of all.

    Its answer is that of all of them.
    """
    reports: list[CallReport] = []
    for part in parts:
        reports.append(await send(part))
        if reports[-1].outcome is not CallOutcome.ANSWERED:
            break
    answers = [report.answer for report in reports if report.answer is not None]
    return replace(reports[-1], answer=joined(answers)), [report.call_id for report in reports]


def joined(answers: Sequence[str]) -> str | None:
    """Return answers as one: their lists one after the other, and of all else what was said first, unless that is that nothing was found."""
    if len(answers) < 2:  # noqa: PLR2004  # nothing is joined to one
        return answers[0] if answers else None
    whole: dict[str, Any] = {}
    for answer in answers:
        for name, value in msgspec.json.decode(answer).items():
            known = whole.setdefault(name, value)
            if name == "status" and known == NOTHING:
                whole[name] = value
            if known is not value and isinstance(known, list) and isinstance(value, list):
                whole[name] = known + value
    return msgspec.json.encode(whole).decode()
