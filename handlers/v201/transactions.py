"""OCPP 2.0.1, block E, Transactions: what stations say."""

from collections.abc import Callable, Coroutine
from functools import cache
from operator import attrgetter
from typing import Any

import msgspec

from csms.domain.access import Authorization, doubts, is_historic, occasion_of_begin
from csms.domain.session.commands import BeginSession, EndSession, Observation, UpdateSession
from csms.domain.session.nameless import made_name
from csms.domain.station.reservations import used_by
from csms.ocpp.messages import v201
from csms.ocpp.shape import members
from csms.ports.handlers import NAMELESS, StationContext
from handlers.units import as_meant
from handlers.v201.authorization import id_token_info, token_of
from handlers.v201.metering import samples_of

AUTHORIZED = {
    "Authorized": True,
    "RemoteStart": True,
    "StopAuthorized": False,
    "Deauthorized": False,
    "RemoteStop": False,
}
"""Triggers by which a session is authorized, or is not any more."""
_encoder = msgspec.json.Encoder(decimal_format="number")
DETAILS = frozenset({"numberOfPhasesUsed", "cableMaxCurrent", "timeSpentCharging", "customData"})
"""Members that no rule asks for; they are kept with the session all the same (Q34)."""


def transaction_event(
    call: v201.TransactionEventRequest, context: StationContext
) -> Coroutine[Any, Any, v201.TransactionEventResponse]:
    """Record one event of a transaction; a token in it is judged, whatever became of it (E01.FR.12, C12.FR.03)."""
    return record(call, context, details_of(call, DETAILS))


async def record(
    call: v201.TransactionEventRequest, context: StationContext, details: str | None
) -> v201.TransactionEventResponse:
    """Record one event with its details, and judge its token."""
    authorization = None if call.id_token is None else await _judged(call, call.id_token, context)
    observation = _observation_of(call, context, _doubts(call, authorization, context), details)
    ref = call.transaction_info.transaction_id
    if ref in NAMELESS:
        ref = await _meant_by(call, observation, context)
    command = _command_of(call, ref, observation, context)
    await context.transact(command)
    if call.reservation_id is not None or (authorization is not None and call.event_type != "Ended"):
        group = None if authorization is None else authorization.group
        await context.execute(used_by(command, group, call.reservation_id))
    return v201.TransactionEventResponse(id_token_info=None if authorization is None else id_token_info(authorization))


async def _judged(
    call: v201.TransactionEventRequest, presented: v201.IdTokenType, context: StationContext
) -> Authorization:
    """Judge the token of an event; one that ends a session is bound to no place."""
    ends, evse = call.event_type == "Ended" or AUTHORIZED.get(call.trigger_reason) is False, call.evse
    historic = ends or is_historic(call.timestamp, context.received_at, offline=bool(call.offline))
    place = None if evse is None or ends else evse.id
    return await context.authorize(token_of(presented), place, occasion_of_begin(historic=historic))


async def acknowledge_event(context: StationContext) -> v201.TransactionEventResponse:
    """Stand for an event that could not be read."""
    return v201.TransactionEventResponse()


def details_of(call: msgspec.Struct, names: frozenset[str]) -> str | None:
    """Return the members of those names, its own and those of its `transactionInfo`, as JSON text."""
    wires, ask, nothing = _question(type(call), names)
    values = ask(call)
    if values == nothing:
        return None
    told = {wire: value for wire, value in zip(wires, values, strict=True) if value is not None}
    return _encoder.encode(told).decode()


@cache
def _question(
    call: type[msgspec.Struct], names: frozenset[str]
) -> tuple[tuple[str, ...], Callable[[msgspec.Struct], tuple[Any, ...]], tuple[None, ...]]:
    """Return how to ask for members by one call: their names, the call, and what it returns if none was told."""
    info = next(member for member in members(call) if member.attribute == "transaction_info")
    places = {"": members(call), "transaction_info.": () if info.shape.struct is None else members(info.shape.struct)}
    found = [(told.wire, place + told.attribute) for place, of in places.items() for told in of if told.wire in names]
    wires, attributes = zip(*found, strict=True)
    return wires, attrgetter(*attributes), (None,) * len(wires)


async def _meant_by(call: v201.TransactionEventRequest, told: Observation, context: StationContext) -> str:
    """Return what the session of an event is called whose name is none: it stands for the one of its EVSE (W5)."""
    name = call.transaction_info.transaction_id
    if call.event_type == "Started":
        return name or made_name(0, told.at, told.evse or 0)
    return await context.event_ref(name, told.evse, told.token, told.at, told.samples, ends=call.event_type == "Ended")


def _command_of(
    call: v201.TransactionEventRequest, ref: str, observation: Observation, context: StationContext
) -> BeginSession | UpdateSession | EndSession:
    station = context.station.id
    match call.event_type:
        case "Started":
            return BeginSession(station, ref, observation)
        case "Ended":
            return EndSession(station, ref, observation, call.transaction_info.stopped_reason)
        case _:
            return UpdateSession(station, ref, observation)


def _doubts(
    call: v201.TransactionEventRequest, authorization: Authorization | None, context: StationContext
) -> tuple[str, ...]:
    """Return what is doubtful of the token that a session is for; who ends one is another matter (Q69)."""
    if authorization is None or call.event_type == "Ended":
        return ()
    historic = is_historic(call.timestamp, context.received_at, offline=bool(call.offline))
    return doubts(authorization, historic=historic)


def _observation_of(
    call: v201.TransactionEventRequest, context: StationContext, doubtful: tuple[str, ...], details: str | None
) -> Observation:
    evse, info = call.evse, call.transaction_info
    return Observation(
        at=call.timestamp,
        received_at=context.received_at,
        seq_no=call.seq_no,
        evse=None if evse is None else evse.id or None,
        connector=None if evse is None else evse.connector_id,
        token=None if call.id_token is None else token_of(call.id_token),
        trigger=call.trigger_reason,
        charging_state=info.charging_state,
        offline=bool(call.offline),
        samples=as_meant(samples_of(call.meter_value or ()), context),
        reservation_id=call.reservation_id,
        remote_start_id=info.remote_start_id,
        flags=(*context.deviations, *doubtful),
        authorized=AUTHORIZED.get(call.trigger_reason),
        details=details,
    )
