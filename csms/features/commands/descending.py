"""A profile that is tried in less and less demanding forms until a station takes one, where its operator wants that (Q107)."""

from collections.abc import Awaitable, Callable, Sequence

from msgspec import Struct

from csms.domain.remote import SetChargingProfile
from csms.domain.smart_charging.ladder import Ladder, ladder_of, reservations_about
from csms.domain.smart_charging.profile import Profile, Purpose
from csms.features.commands.advising import record_of
from csms.features.commands.wording import Worded, check_faults, word_for
from csms.features.commands.words import Addressee, Words
from csms.ports.commands import CallOutcome, CallReport, Verdict
from csms.web.problems import FieldError, Problem


class Rung(Struct, frozen=True):
    """One form of a profile: how the call of it ended, by its verdict or else its outcome; `LeftOut` without a call, with why."""

    purpose: Purpose
    stack_level: int
    outcome: str
    call_id: str | None = None
    detail: str | None = None


class Descent(Struct, frozen=True):
    """How the last call ended, what was tried and left out, and in what the profile that was taken is less than the wanted one."""

    action: str
    report: CallReport
    rungs: list[Rung]
    warnings: list[FieldError]


async def descend(
    words: Words, to: Addressee, command: SetChargingProfile, send: Callable[[Worded], Awaitable[CallReport]]
) -> Descent:
    """Send one form after the other until one is taken, or the station does not say no; raise a `Problem` if none can be tried.

    All are put into words before the first is sent.
    """
    check_faults(command)
    record = await record_of(words, to.station, to.protocol)
    ladder = ladder_of(command.profile, command.evse, record)
    calls = [
        (profile, await word_for(words, to.station, to.protocol, SetChargingProfile(command.evse, profile)))
        for profile in ladder.rungs
    ]
    if not calls:
        errors = [
            FieldError("/profile", f"{rung.purpose} at level {rung.stack_level}: {why}")
            for rung, why in ladder.left_out
        ]
        raise Problem(409, "nothing of it can be tried", errors=errors)
    rungs: list[Rung] = []
    taken: Profile | None = None
    for profile, said in calls:
        report = await send(said)
        verdict = _verdict(words, said.action, report)
        rungs.append(_rung(profile, report, verdict))
        if verdict is Verdict.ACCEPTED:
            taken = profile
        if taken is not None or not _said_no(report):
            break
    if taken != command.profile:
        rungs += _left_out(ladder)
    faults = () if taken is None else reservations_about(taken, command.profile, command.evse, record)
    return Descent(said.action, report, rungs, [FieldError(fault.path, fault.why) for fault in faults])


def _said_no(report: CallReport) -> bool:
    """Whether a station refused a profile, and knows what one is; else nobody knows whether it took it, or it knows none."""
    if report.outcome is CallOutcome.ERROR:
        return not report.unsupported
    return report.outcome is CallOutcome.ANSWERED


def _verdict(words: Words, action: str, report: CallReport) -> Verdict | None:
    return None if report.answer is None else words.phrasebook.verdict(report.answer, action)


def _rung(profile: Profile, report: CallReport, verdict: Verdict | None) -> Rung:
    detail = ": ".join(part for part in (report.code, report.description) if part) or None
    outcome = report.outcome if verdict is None else verdict
    return Rung(profile.purpose, profile.stack_level, outcome.value, report.call_id, detail)


def _left_out(ladder: Ladder) -> Sequence[Rung]:
    return [Rung(rung.purpose, rung.stack_level, "LeftOut", None, why) for rung, why in ladder.left_out]
