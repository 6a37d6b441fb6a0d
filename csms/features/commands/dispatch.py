"""How a request becomes a call: checked, sent by the owner of the station, its end put into an answer."""

import contextlib
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from litestar import Request, Response
from msgspec import Raw, Struct
from msgspec.structs import replace

from csms.domain.remote import RemoteCommand, SetChargingProfile
from csms.features.commands.advising import warnings_for
from csms.features.commands.asking import ask
from csms.features.commands.descending import Rung, descend
from csms.features.commands.preparing import prepared
from csms.features.commands.turns import in_turn
from csms.features.commands.wording import Worded, patience_with, word_for, word_parts
from csms.features.commands.words import Addressee
from csms.ocpp.secrets import redacted, redacted_words
from csms.ports.commands import CallOutcome, CallReport, CallRequest, Verdict
from csms.web.desk import Desk, desk_of
from csms.web.problems import FieldError, Problem

AnyRequest = Request[Any, Any, Any]

REFUSALS = {
    CallOutcome.OFFLINE: (409, "the station is not connected"),
    CallOutcome.NOT_ALLOWED: (409, "the station is not accepted yet and must not be asked this"),
    CallOutcome.BUSY: (503, "the station could not be asked now; nothing was sent"),
    CallOutcome.TIMED_OUT: (504, "the station did not answer in time; it may have acted all the same"),
    CallOutcome.DISCONNECTED: (
        504,
        "the connection was lost before the answer; the station may have acted all the same",
    ),
}


PREFIX = "/api/v1"
AGREED = frozenset({Verdict.ACCEPTED, Verdict.NEEDS_RESTART})
NOTHING: Mapping[str, int] = MappingProxyType({})
ASKED = """
INSERT INTO station_calls (id, station_id, action, payload, asked_by, asked_at) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (id) DO NOTHING
"""
ENDED = "UPDATE station_calls SET outcome = $2, answer = $3, closed_at = $4 WHERE id = $1 AND outcome IS NULL"


class CallError(Struct, frozen=True):
    """What a CALLERROR said."""

    code: str | None
    description: str | None
    details: Raw | None


class CallAnswer(Struct, frozen=True):
    """How a call ended: `Answered` with the raw answer, or `Error` with what the station said; secrets are covered.

    `unsupported`: it does not know what it was asked, and says so in either way. `ours` is what
    of the command was left to us, such as the number of a reservation. `verdict`: what an answer says to
    a command, `Accepted`, `NeedsRestart` (it counts after the next one), `Refused` or `Unsupported`.
    `warnings`: what of it the station will probably not take, or not do as meant, by what it told and did before.
    `calls`: the ids of all calls, where it took several, for the station takes less at once; `call_id` is the last,
    and `answer` that of all which were answered. `rungs`: the forms in which a profile was tried that was to have a fallback;
    then all else is of the last call.
    """

    call_id: str
    outcome: str
    protocol: str | None
    action: str
    answer: Raw | None = None
    error: CallError | None = None
    unsupported: bool = False
    ours: dict[str, int] = {}
    verdict: str | None = None
    warnings: list[FieldError] = []
    calls: list[str] = []
    rungs: list[Rung] = []


async def say(request: AnyRequest, station_id: str, command: RemoteCommand) -> Response[CallAnswer]:
    """Put a command into the words of the station's version, and send it.

    A station that says that it does not know it is asked for something weaker, if its operator wants that; after
    `Prefer: respond-async` too, and then the second call is found among the station's calls.
    """
    desk = desk_of(request)
    station = await registered(desk, station_id)
    protocol = await protocol_of(desk, station)
    if isinstance(command, SetChargingProfile) and command.fallback:
        return await _descend(request, Addressee(station, protocol), command)
    response = await _say_once(request, station, protocol, command)
    weaker = command.weaker() if response.content.unsupported else None
    if weaker is not None:
        return await _say_once(request, station, protocol, weaker)
    then = command.then() if response.content.verdict in AGREED else None
    if then is None:
        return response
    return await _go_on(request, station, protocol, response, then, f"/{command.THEN}")


async def _go_on(
    request: AnyRequest, station: str, protocol: str, response: Response[CallAnswer], then: RemoteCommand, member: str
) -> Response[CallAnswer]:
    """Ask what is to follow; the answer is that to the last call. One that failed is told beside the answer to the first."""
    said = response.content
    try:
        response = await _say_once(request, station, protocol, then)
    except Problem as problem:
        told = FieldError(member, f"what was to follow was not done, or nobody knows: {problem.detail}")
        response.content = replace(said, warnings=[*said.warnings, told])
        return response
    response.content = replace(response.content, warnings=said.warnings, calls=[said.call_id, response.content.call_id])
    return response


async def _say_once(request: AnyRequest, station: str, protocol: str, command: RemoteCommand) -> Response[CallAnswer]:
    desk, call_id = desk_of(request), str(uuid.uuid4())
    command, ours = await prepared(desk, Addressee(station, protocol, call_id), command)
    parts = await word_parts(desk, station, protocol, command)
    warnings = await warnings_for(desk, station, protocol, command)
    if len(parts) > 1 or command.then() is not None:
        response = await _call_in_turn(request, station, parts)
    else:
        said = parts[0]
        response = await call(
            request, station, said.action, said.payload.decode(), None, ours, call_id=call_id, weaker=command.weaker()
        )
    response.content = replace(response.content, warnings=warnings)
    return response


async def _call_in_turn(request: AnyRequest, station: str, parts: Sequence[Worded]) -> Response[CallAnswer]:
    """Send several calls that say one command; they are waited for, whatever is preferred."""
    report, calls = await in_turn(parts, await _sender(request, station))
    return _answer(desk_of(request), parts[0].action, report, NOTHING, calls)


async def _descend(request: AnyRequest, to: Addressee, command: SetChargingProfile) -> Response[CallAnswer]:
    """Send the forms of a profile until one is taken; they are waited for, whatever is preferred."""
    desk = desk_of(request)
    warnings = await warnings_for(desk, to.station, to.protocol, command)
    end = await descend(desk, to, command, await _sender(request, to.station))
    calls = [rung.call_id for rung in end.rungs if rung.call_id is not None]
    try:
        response = _answer(desk, end.action, end.report, NOTHING, calls)
    except Problem as problem:
        problem.more["rungs"] = end.rungs
        raise
    response.content = replace(response.content, rungs=end.rungs, warnings=[*warnings, *end.warnings])
    return response


async def _sender(request: AnyRequest, station: str) -> Callable[[Worded], Awaitable[CallReport]]:
    """Return what sends a station one of several calls."""
    desk, asker = desk_of(request), request.state.caller.name
    within_s = await patience_with(desk, station, desk.call_timeout_s)

    async def send(part: Worded) -> CallReport:
        wish = CallRequest(str(uuid.uuid4()), station, part.action, part.payload.decode(), within_s, asker)
        return await ask(desk, desk.calls, wish)

    return send


async def call(
    request: AnyRequest,
    station_id: str,
    action: str,
    payload: str,
    within_s: float | None,
    ours: Mapping[str, int] = NOTHING,
    *,
    call_id: str | None = None,
    weaker: RemoteCommand | None = None,
) -> Response[CallAnswer]:
    """Send a call, and answer with its end; with `Prefer: respond-async` at once, with the place of its end."""
    desk = desk_of(request)
    station = await registered(desk, station_id)
    wish = CallRequest(
        call_id=call_id or str(uuid.uuid4()),
        station=station,
        action=action,
        payload=payload,
        within_s=within_s or await patience_with(desk, station, desk.call_timeout_s),
        asked_by=request.state.caller.name,
    )
    if "respond-async" in request.headers.get("Prefer", ""):
        return await _promise(desk, wish, ours, weaker)
    return _answer(desk, action, await ask(desk, desk.calls, wish), ours)


async def _promise(
    desk: Desk, wish: CallRequest, ours: Mapping[str, int], weaker: RemoteCommand | None
) -> Response[CallAnswer]:
    """Answer 202 with the place where the end of the call will be told."""
    await _note(desk, wish)
    desk.tasks.spawn(_carry_out(desk, wish, weaker), name=f"call/{wish.call_id}")
    return Response(
        CallAnswer(wish.call_id, "Open", None, wish.action, ours=dict(ours)),
        status_code=202,
        headers={
            "Location": f"{PREFIX}/stations/{wish.station}/calls/{wish.call_id}",
            "Preference-Applied": "respond-async",
        },
    )


async def _note(desk: Desk, wish: CallRequest) -> None:
    kept = redacted(wish.action, wish.payload)
    await desk.pool.execute(ASKED, wish.call_id, wish.station, wish.action, kept, wish.asked_by, desk.clock.now())


async def _carry_out(desk: Desk, wish: CallRequest, weaker: RemoteCommand | None) -> None:
    report = await ask(desk, desk.calls, wish)
    answer = None if report.answer is None else redacted(wish.action, report.answer)
    await desk.pool.execute(ENDED, wish.call_id, report.outcome.value, answer, desk.clock.now())
    if weaker is not None and report.unsupported and report.protocol is not None:
        with contextlib.suppress(Problem):  # what its version cannot say either stays at the first answer
            again = await _reworded(desk, wish, report.protocol, weaker)
            await _note(desk, again)
            await _carry_out(desk, again, None)


async def _reworded(desk: Desk, wish: CallRequest, protocol: str, weaker: RemoteCommand) -> CallRequest:
    to = Addressee(wish.station, protocol, str(uuid.uuid4()))
    command, _ = await prepared(desk, to, weaker)
    said = await word_for(desk, wish.station, protocol, command)
    return replace(wish, call_id=to.call_id, action=said.action, payload=said.payload.decode())


def _answer(
    desk: Desk, action: str, report: CallReport, ours: Mapping[str, int], calls: Sequence[str] = ()
) -> Response[CallAnswer]:
    if report.outcome in REFUSALS:
        status, detail = REFUSALS[report.outcome]
        more: dict[str, Any] = {"ours": dict(ours)} if ours else {}
        if calls:
            more |= {"calls": calls, "answer": _shown(action, report.answer)}
        raise Problem(status, detail, call_id=report.call_id, outcome=report.outcome.value, **more)
    error = None
    if report.outcome is CallOutcome.ERROR:
        words = None if report.description is None else redacted_words(action, report.description)
        error = CallError(report.code, words, _shown(action, report.details))
    return Response(
        CallAnswer(
            call_id=report.call_id,
            outcome=report.outcome.value,
            protocol=report.protocol,
            action=action,
            answer=_shown(action, report.answer),
            error=error,
            unsupported=report.unsupported,
            ours=dict(ours),
            verdict=None if report.answer is None else desk.phrasebook.verdict(report.answer, action).value,
            calls=list(calls),
        )
    )


def _shown(action: str, said: str | None) -> Raw | None:
    """Return what a station said as it came, its secrets covered: some tell their passwords to whoever asks (Q126)."""
    return None if said is None else Raw(redacted(action, said).encode())


async def registered(desk: Desk, station: str) -> str:
    """Return the id of a station as it is registered, however it is spelt here."""
    found = await desk.pool.fetchval("SELECT id FROM stations WHERE lower(id) = lower($1)", station)
    if found is None:
        raise Problem(404, f"there is no station {station}")
    return str(found)


async def protocol_of(desk: Desk, station: str) -> str:
    """Return the subprotocol that the station speaks now; 409 while it is offline."""
    protocol = await desk.calls.protocol(station)
    if protocol is None:
        status, detail = REFUSALS[CallOutcome.OFFLINE]
        raise Problem(status, detail, outcome=CallOutcome.OFFLINE.value)
    return protocol
