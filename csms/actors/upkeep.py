"""What the house asks of a station by itself, and when it stops asking (Q40, Q47, Q50, Q51, TX-34)."""

import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta

import msgspec

from csms.actors.calls import CallEnd, is_unsupported
from csms.actors.entity import Entity
from csms.actors.tools import Tools
from csms.domain.remote import AskTransaction, NewValue, RemoteCommand, TriggerMessage, WriteVariables
from csms.domain.session.state import Session
from csms.domain.station.commands import BootReport, Registration, ReportNotice
from csms.domain.station.state import Station
from csms.domain.vendors.habits import PLAIN, Habits
from csms.domain.vendors.profiles import is_untouched
from csms.ocpp.events import CallLapsed, CallReceived, ErrorReceived, ResultReceived
from csms.ocpp.version import Version
from csms.ports.commands import CallRequest, Unsupported
from csms.ports.registry import RegisteredStation

BOOTS, BOOT_WINDOW = 3, timedelta(minutes=10)
ODD_BEATS = 3
PATIENCE = 2
GAPS = 16
SPELLINGS = {Version.V16: ("HeartbeatInterval", "HeartBeatInterval")}
COMPONENT = "OCPPCommCtrlr"


class _Status(msgspec.Struct, frozen=True, rename="camel"):
    status: str | None = None
    messages_in_queue: bool | None = None


_status = msgspec.json.Decoder(_Status)
Words = tuple[str, bytes]


class Upkeep:
    """The errands of one station, and what it showed that it cannot do.

    What was learned goes with the firmware. Nothing is asked before a line has stood for
    `upkeep_settle_s`, nor of a station that boots again and again.
    """

    __slots__ = (
        "_attached_at",
        "_beat_at",
        "_boots",
        "_done",
        "_firmware",
        "_gaps",
        "_last",
        "_odd_beats",
        "_strikes",
        "_told",
        "_tools",
    )

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self._told: RegisteredStation | None = None
        self._attached_at: datetime | None = None
        self._beat_at: datetime | None = None
        self._odd_beats = 0
        self._boots: tuple[datetime, ...] = ()
        self._firmware: tuple[str | None, ...] | None = None
        self._last: str | None = None
        self._done: frozenset[str] = frozenset()
        self._strikes: dict[Words, int] | None = None
        self._gaps: dict[str, datetime | None] | None = None

    # What is seen of the station.

    def attach(self, now: datetime, station: RegisteredStation) -> None:
        """A new line stands."""
        self._attached_at, self._beat_at = now, None
        self.serve(station)

    def serve(self, station: RegisteredStation) -> None:
        """Take the station for what is known of it now."""
        self._told = station

    def heard(self, action: str, told: RegisteredStation) -> None:
        """Note a call that was answered, other than a boot."""
        if action == "Heartbeat":
            self._beat(self._interval_s(told), self._tools.clock.now())
        else:
            self._beat_at = None  # other messages stand for heartbeats (Q52)

    async def booted(self, call: CallReceived, record: Entity[Station]) -> None:
        """Note a boot that was answered, and on the record what a person should know of it."""
        self._beat_at = None
        now, accepted = self._tools.clock.now(), record.state.registration is Registration.ACCEPTED
        self._unlearn(record.state.report)
        if accepted and (alarm := self._count_boot(record.state.booted_at or now)) is not None:
            await record.execute(ReportNotice(call.action, call.text, now, review=alarm))

    def _beat(self, interval_s: float, now: datetime) -> None:
        if self._beat_at is not None:
            seconds = (now - self._beat_at).total_seconds()
            self._odd_beats = 0 if interval_s / 2 <= seconds <= interval_s * 2 else self._odd_beats + 1
        self._beat_at = now

    def _count_boot(self, at: datetime) -> str | None:
        """Count a boot by when it was written down: what a station only says again is no other one (BOOT-17)."""
        if at in self._boots:
            return None
        known = self._is_looping(at)
        self._boots = (*self._boots, at)[-BOOTS:]
        if known or not self._is_looping(at):
            return None
        suspect = f"; suspect: {self._last}, the last it was asked" if self._last else ""
        return f"it boots again and again, and is asked nothing but by operators{suspect}"

    def _is_looping(self, now: datetime) -> bool:
        return len(self._boots) == BOOTS and now - self._boots[0] < BOOT_WINDOW

    def sent(self, action: str) -> None:
        """Note a call of ours."""
        self._last = action

    def ended(self, event: CallEnd, now: datetime) -> None:
        """Learn from the end of a call of ours (Q40)."""
        call = event.call
        if isinstance(event, ResultReceived) and call.action == "GetTransactionStatus":
            self._note_queue(call.payload, event.payload, now)
        blank = (call.action, b"") if isinstance(event, ErrorReceived) else (call.action, call.payload)
        strikes = self._strikes or {}
        if is_unsupported(event):
            strikes[blank] = PATIENCE
        elif isinstance(event, ErrorReceived | CallLapsed):
            strikes[blank] = strikes.get(blank, 0) + 1
        else:
            strikes.pop((call.action, b""), None)
            strikes.pop(blank, None)
        self._strikes = strikes or None

    def _note_queue(self, asked: bytes, answer: bytes, now: datetime) -> None:
        """Ask again while messages wait at the station; else the gap is there to stay (TX-34, TX-35)."""
        try:
            ref = msgspec.json.decode(asked)["transactionId"]
            waiting = _status.decode(answer).messages_in_queue
        except (msgspec.DecodeError, KeyError, TypeError):
            return
        self._gaps = {**(self._gaps or {}), ref: now + self._settle if waiting else None}

    # What is asked of it.

    def has_errand(self, station: Station) -> bool:
        """Whether something may be due; cheap, and wrong rather than slow."""
        unknown = station.registration is None and "boot" not in self._done
        return (unknown or self._odd_beats >= ODD_BEATS) and self._has_settled(self._tools.clock.now())

    def _has_settled(self, now: datetime) -> bool:
        return bool(self._settle) and self._attached_at is not None and now - self._attached_at >= self._settle

    def _interval_s(self, told: RegisteredStation) -> int:
        return told.heartbeat(self._tools.policy.heartbeat_s)

    @property
    def _habits(self) -> Habits:
        return PLAIN if self._told is None else self._told.habits

    @property
    def _settle(self) -> timedelta:
        """How long a line must have stood; zero is never, and where the house never asks no habit makes it ask."""
        seconds = self._tools.policy.upkeep_settle_s
        settle_s = self._habits.settle_s
        return timedelta(seconds=seconds if not seconds or settle_s is None else settle_s)

    def due(
        self, told: RegisteredStation, station: Station, sessions: Iterable[Session], version: Version
    ) -> list[CallRequest]:
        """Return the calls that are due now, each of them once."""
        now = self._tools.clock.now()
        if not self._has_settled(now) or self._is_looping(now):
            return []
        self._unlearn(station.report)
        wanted = [
            (what, command)
            for what, command in self._errands(station, version, self._interval_s(told))
            if what not in self._done
        ]
        self._done |= {what for what, _ in wanted}
        commands = [command for _, command in wanted]
        if version.is_2x:
            commands += [AskTransaction(ref) for ref in self._doubtful(sessions, now)]
        return [request for command in commands if (request := self._put(told, command, version)) is not None]

    def _unlearn(self, report: BootReport | None) -> None:
        """Forget what another firmware could not do."""
        firmware = () if report is None else (report.vendor, report.model, report.firmware)
        if self._firmware not in {None, firmware}:
            self._strikes, self._done = None, self._done & {"boot"}
        self._firmware = firmware

    def _errands(self, station: Station, version: Version, interval_s: int) -> list[tuple[str, RemoteCommand]]:
        errands: list[tuple[str, RemoteCommand]] = []
        if station.registration is None:
            errands.append(("boot", TriggerMessage("BootNotification")))
        if self._odd_beats >= ODD_BEATS:
            errands += [
                (name, WriteVariables((NewValue(variable=name, component=COMPONENT, value=str(interval_s)),)))
                for name in SPELLINGS.get(version, ("HeartbeatInterval",))
                if not is_untouched(self._habits, name)
            ]
        return errands

    def _doubtful(self, sessions: Iterable[Session], now: datetime) -> list[str]:
        """Return the sessions with a gap of which the station may still have something to tell."""
        known = self._gaps or {}
        refs = [
            session.ref
            for session in sessions
            if "gap" in session.flags
            and session.memory.received_at is not None
            and now - session.memory.received_at >= self._settle
            and ((at := known.get(session.ref, now)) is not None and at <= now)
        ]
        if refs:
            kept = list(known.items())[-GAPS:]
            self._gaps = {**dict(kept), **dict.fromkeys(refs)}
        return refs

    def _put(self, told: RegisteredStation, command: RemoteCommand, version: Version) -> CallRequest | None:
        try:
            action, payload = self._tools.phrasebook.put(version, command)
        except Unsupported:
            return None
        raw = msgspec.json.encode(payload)
        strikes = self._strikes or {}
        if max(strikes.get((action, b""), 0), strikes.get((action, raw), 0)) >= PATIENCE:
            return None
        within_s = told.timeout(self._tools.policy.call_timeout_s)
        return CallRequest(str(uuid.uuid4()), told.id, action, raw.decode(), within_s, "house")
