"""Setting one station right: what is wanted is read, written one key at a time where it differs, and read back."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from csms.domain.fleet.configuration import Key, Traits, Wanted, WantedValue, same, wanted_of
from csms.domain.fleet.outcomes import Outcome
from csms.domain.remote import NewValue, ReadVariables, RemoteCommand, VariableName, WriteVariables
from csms.domain.vendors.profiles import is_untouched
from csms.features.configuration.repository import Configurations, as_rules
from csms.ports.assignments import Assignment, BodyFault, Ending
from csms.ports.commands import CallOutcome, CallReport, CallRequest, Phrasebook, StationCalls, Unsupported, Verdict
from csms.ports.journal import JournalUnavailable
from csms.ports.registry import RegisteredStation, StationRegistry
from csms.storage.engine import AWAY

AT_ONCE = 10
"""So many keys are read at once, unless the make of a station bears less (Q93)."""
SETTLED = frozenset({"refused", "unsupported", "not-applied", "needs-restart", "unsayable"})
"""Ends after which the same value is not tried again on the same firmware, unless an operator says so (Q94, Q96)."""
SUSPECT = frozenset({"unanswered"})
"""The end of an attempt over which a station fell silent or left: only an operator tries it again."""
HOUSE = "house"
UNANSWERED = {CallOutcome.TIMED_OUT: Outcome.TIMED_OUT, CallOutcome.DISCONNECTED: Outcome.DISCONNECTED}


class Again(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of the command: `again` tries what a station refused before, too."""

    again: bool = False


class Interrupted(Exception):
    """The station could not be asked, or did not answer: the round is over."""

    def __init__(self, ending: Ending) -> None:
        super().__init__(ending.detail)
        self.ending = ending


class ConfigurationCarrier:
    """Sets stations right, as an errand of an operation over many or few."""

    effect: str | None = None

    def __init__(
        self,
        *,
        configurations: Configurations,
        registry: StationRegistry,
        calls: StationCalls,
        phrasebook: Phrasebook,
        call_timeout_s: float,
    ) -> None:
        self._configurations = configurations
        self._registry = registry
        self._calls = calls
        self._phrasebook = phrasebook
        self._call_timeout_s = call_timeout_s

    async def check(self, body: str, protocols: Sequence[str]) -> None:
        """Raise `BodyFault` for a body with anything but `again`."""
        try:
            msgspec.json.decode(body, type=Again)
        except msgspec.ValidationError as error:
            raise BodyFault("", str(error)) from error

    async def recall(self, call_id: str) -> Ending | None:
        """Return nothing: a round that was broken off is made anew after the next boot, or on demand."""
        return None

    async def carry(self, assignment: Assignment) -> Ending:
        """Read, write what differs, read back; whatever is left is told."""
        again = msgspec.json.decode(assignment.body, type=Again).again
        try:
            station = await self._registry.find(assignment.station)
            if station is None or not (traits := await self._configurations.traits(station=station.id)):
                return Ending(Outcome.INVALID, detail="there is no such station")
            wanted = wanted_of(as_rules(await self._configurations.all()), traits[0])
            return await self._set_right(station, traits[0], wanted, assignment, again=again)
        except Interrupted as interrupted:
            return interrupted.ending
        except (JournalUnavailable, *AWAY):
            return Ending(Outcome.BUSY, detail="the database was away")

    async def _set_right(
        self,
        station: RegisteredStation,
        traits: Traits,
        wanted: Mapping[Key, Wanted],
        assignment: Assignment,
        *,
        again: bool,
    ) -> Ending:
        attempts = {} if again else await self._configurations.attempts(station.id)
        spared = SUSPECT if assignment.asked_by == HOUSE else frozenset()
        values = [
            one.value
            for one in wanted.values()
            if not is_untouched(station.habits, one.value.variable)
            and _ended(attempts.get(one.value.key), one.value, traits.firmware) not in spared
        ]
        if not values:
            return Ending(Outcome.ACCEPTED, detail="nothing is wanted of it that it can be asked")
        await self._read(station, values, assignment)
        left = []
        for value in values:
            name, told = await self._told(station, value)
            if same(value.value, told):
                continue
            outcome = _ended(attempts.get(value.key), value, traits.firmware)
            if outcome not in SETTLED:
                outcome = await self._write(station, value, name, assignment)
                await self._configurations.attempted(station.id, value, outcome, traits.firmware)
            left += [] if outcome == "set" else [f"{value.variable}: {outcome}"]
        if left:
            return Ending(Outcome.FAILED, detail="; ".join(left))
        return Ending(Outcome.EFFECTIVE, detail=f"{len(values)} values are as wanted")

    async def _told(self, station: RegisteredStation, value: WantedValue) -> tuple[str, str | None]:
        told = (await self._configurations.told([station.id]))[station.id]
        return told.get(value.key, (value.variable, None))

    async def _read(self, station: RegisteredStation, values: Sequence[WantedValue], assignment: Assignment) -> None:
        most = min(station.habits.max_keys or AT_ONCE, AT_ONCE)
        for place in range(0, len(values), most):
            part = values[place : place + most]
            names = tuple(VariableName(one.variable, one.component) for one in part)
            await self._try(station, ReadVariables(names), part, assignment)

    async def _try(
        self, station: RegisteredStation, command: RemoteCommand, values: Sequence[WantedValue], assignment: Assignment
    ) -> CallReport | None:
        """Ask, and note on the values what a station did not survive: the house does not ask of it again (Q51, Q94)."""
        try:
            return await self._ask(station, command, assignment)
        except Interrupted as interrupted:
            if interrupted.ending.outcome in UNANSWERED.values():
                for value in values:
                    await self._configurations.attempted(station.id, value, "unanswered", station.make.firmware)
            raise

    async def _write(self, station: RegisteredStation, value: WantedValue, name: str, assignment: Assignment) -> str:
        """Write in the station's own spelling, and believe what it tells afterwards, not what it answers (Q95, Q96)."""
        new = NewValue(variable=name, component=value.component, value=value.value)
        report = await self._try(station, WriteVariables((new,)), [value], assignment)
        if report is None:
            return "unsayable"
        verdict = self._phrasebook.verdict(report.answer or "{}")
        if report.unsupported or verdict is Verdict.UNSUPPORTED:
            return "unsupported"
        if verdict is Verdict.NEEDS_RESTART:
            return "needs-restart"
        await self._read(station, [value], assignment)
        if same(value.value, (await self._told(station, value))[1]):
            return "set"
        refused = report.outcome is CallOutcome.ERROR or verdict is Verdict.REFUSED
        return "refused" if refused else "not-applied"

    async def _ask(
        self, station: RegisteredStation, command: RemoteCommand, assignment: Assignment
    ) -> CallReport | None:
        """Return how a call ended that was answered; None for what the version cannot say; else the round is over."""
        protocol = await self._calls.protocol(station.id)
        if protocol is None:
            raise Interrupted(Ending(Outcome.OFFLINE))
        try:
            action, payload = self._phrasebook.put(protocol, command)
        except Unsupported:
            return None
        within_s = assignment.within_s or station.timeout(self._call_timeout_s)
        raw, call_id = msgspec.json.encode(payload).decode(), str(uuid.uuid4())
        report = await self._calls.call(CallRequest(call_id, station.id, action, raw, within_s, assignment.asked_by))
        if report.outcome in {CallOutcome.ANSWERED, CallOutcome.ERROR}:
            return report
        outcome = UNANSWERED.get(report.outcome) or Outcome(report.outcome.value)
        raise Interrupted(Ending(outcome, protocol, action, detail="the round was broken off"))


def _ended(attempt: Any, value: WantedValue, firmware: str) -> str:
    """Return how the last attempt ended to set this very value on this very firmware; empty if there was none."""
    is_this = attempt is not None and (attempt["wanted"], attempt["firmware"]) == (value.value, firmware)
    return str(attempt["outcome"]) if is_this else ""
