"""How a station's list becomes the wanted one: asked, compared, sent in as few updates as it takes, and told how that went."""

import uuid
from collections.abc import Callable, Sequence
from enum import StrEnum

import asyncpg
import msgspec
from msgspec.structs import replace

from csms.domain.local_list import UNSUPPORTED, Content, Limits, Update, content_of, excess, plan
from csms.domain.remote import AskListVersion, ReadVariables, RemoteCommand, VariableName, command_of
from csms.features.local_lists.wanted import WantedLists
from csms.kit.clock import Clock
from csms.ports.commands import CallOutcome, CallRequest, Phrasebook, StationCalls, Unsupported, Verdict
from csms.storage.local_lists import known_list, told_limits
from csms.web.desk import Fault

ENVELOPE = len('[2,"00000000-0000-0000-0000-000000000000","",]')
"""What a call has beside its action and its payload."""


class SyncOutcome(StrEnum):
    """How it went; of all but `InSync` the station may have a part of the list, and its record says which."""

    IN_SYNC = "InSync"
    REFUSED = "Refused"
    UNSUPPORTED = "Unsupported"
    TOO_LARGE = "TooLarge"
    INVALID = "Invalid"
    OFFLINE = "Offline"
    NOT_ALLOWED = "NotAllowed"
    BUSY = "Busy"
    TIMED_OUT = "TimedOut"
    DISCONNECTED = "Disconnected"
    ERROR = "Error"


class Halt(Exception):
    """It goes no further; the text says why."""

    def __init__(self, outcome: SyncOutcome, why: str | None = None) -> None:
        super().__init__(why or "")
        self.outcome = outcome
        self.why = why


class Conversation:
    """What is said to one station, call after call; ends with a `Halt` where it does not answer."""

    def __init__(
        self, *, station: str, protocol: str, by: str, calls: StationCalls, phrasebook: Phrasebook, within_s: float
    ) -> None:
        self.station = station
        self.protocol = protocol
        self._by = by
        self._calls = calls
        self._phrasebook = phrasebook
        self._within_s = within_s

    def worded(self, command: RemoteCommand) -> tuple[str, bytes]:
        """Return the call that a command is."""
        action, payload = self._phrasebook.put(self.protocol, command)
        return action, msgspec.json.encode(payload)

    def weigh(self, update: Update) -> int:
        """Return how many bytes an update has."""
        action, payload = self.worded(command_of(update))
        return ENVELOPE + len(action) + len(payload)

    async def ask(self, command: RemoteCommand) -> Verdict:
        """Say something, and return what the answer says; an error of the station is a refusal."""
        action, payload = self.worded(command)
        call_id = str(uuid.uuid4())
        request = CallRequest(call_id, self.station, action, payload.decode(), self._within_s, self._by)
        report = await self._calls.call(request)
        if report.unsupported:
            return Verdict.UNSUPPORTED
        if report.outcome is CallOutcome.ERROR:
            return Verdict.REFUSED
        if report.outcome is not CallOutcome.ANSWERED:
            raise Halt(SyncOutcome(report.outcome.value))
        return self._phrasebook.verdict(report.answer or "{}")


class ListSync:
    """Brings stations to their wanted lists, one call after the other; each is on record as any other call."""

    def __init__(
        self,
        *,
        pool: "asyncpg.Pool[asyncpg.Record]",
        calls: StationCalls,
        phrasebook: Phrasebook,
        check: Callable[[str, str, bytes], Sequence[Fault]],
        clock: Clock,
        call_timeout_s: float,
        command_bytes: int,
    ) -> None:
        self._pool = pool
        self._calls = calls
        self._check = check
        self._phrasebook = phrasebook
        self._clock = clock
        self._call_timeout_s = call_timeout_s
        self._command_bytes = command_bytes
        self.wanted = WantedLists(pool, phrasebook)

    async def run(self, station: str, by: str) -> None:
        """Bring a station there that is held for it, and note how it went."""
        outcome: SyncOutcome = SyncOutcome.ERROR
        why: str | None = "it broke off"
        try:
            outcome, why = await self._try(station, by)
        finally:
            await self.wanted.end(station, outcome, why, self._clock.now())

    async def _try(self, station: str, by: str) -> tuple[SyncOutcome, str | None]:
        wanted = await self.wanted.find(station, self._clock.now())
        protocol = await self._calls.protocol(station)
        if protocol is None:
            return SyncOutcome.OFFLINE, None
        talk = Conversation(
            station=station,
            protocol=protocol,
            by=by,
            calls=self._calls,
            phrasebook=self._phrasebook,
            within_s=self._call_timeout_s,
        )
        try:
            await self._bring(talk, content_of(self._phrasebook.spoken(protocol, one) for one in wanted or ()))
        except Halt as halt:
            return halt.outcome, halt.why
        except Unsupported as unsupported:
            return SyncOutcome.INVALID, str(unsupported)
        return SyncOutcome.IN_SYNC, None

    async def _bring(self, talk: Conversation, content: Content) -> None:
        """Halt before anything of the list is sent that is no list of the version, or more than the station holds."""
        whole = talk.worded(command_of(Update(1, full=True, listed=tuple(content.values()))))
        if faults := self._check(talk.protocol, *whole):
            raise Halt(SyncOutcome.INVALID, f"{faults[0].path}: {faults[0].message}")
        limits = await self._limits(talk)
        if excess(content, limits):
            raise Halt(SyncOutcome.TOO_LARGE, f"it has {len(content)} tokens, and the station takes {limits.in_all}")
        if await talk.ask(AskListVersion()) is Verdict.UNSUPPORTED:
            raise Halt(SyncOutcome.UNSUPPORTED)
        if (await known_list(self._pool, talk.station)).version == UNSUPPORTED:
            raise Halt(SyncOutcome.UNSUPPORTED, "the station says that it has no lists")
        if not await self._send(talk, content, limits, whole=False):
            await self._send(talk, content, limits, whole=True)

    async def _limits(self, talk: Conversation) -> Limits:
        """Return how much the station takes, once it was asked: it may never have been (Q112)."""
        variables = self._phrasebook.list_limits(talk.protocol)
        told = await told_limits(self._pool, talk.station, variables)
        if told.per_message is None:
            names = [VariableName(one.variable, one.component) for one in variables.values() if not one.is_ceiling]
            await talk.ask(ReadVariables(tuple(names)))
            told = await told_limits(self._pool, talk.station, variables)
        return replace(told, message_bytes=told.message_bytes or self._command_bytes)

    async def _send(self, talk: Conversation, content: Content, limits: Limits, *, whole: bool) -> bool:
        """Send what it takes; False if the station did not take a change, and should get the whole (16-LAL-05)."""
        known = await known_list(self._pool, talk.station)
        has = None if whole else known.content
        try:
            updates = plan(content, has=has, version=known.version or 0, limits=limits, weigh=talk.weigh)
        except ValueError as error:
            raise Halt(SyncOutcome.TOO_LARGE, str(error)) from error
        for update in updates:
            verdict = await talk.ask(command_of(update))
            if verdict is Verdict.ACCEPTED:
                await self.wanted.go_on(talk.station, self._clock.now())
            elif verdict is Verdict.UNSUPPORTED:
                raise Halt(SyncOutcome.UNSUPPORTED)
            elif whole or update.full:
                raise Halt(SyncOutcome.REFUSED, f"the station did not take version {update.version}")
            else:
                return False
        return True
