"""How an operation comes to be: checked as a whole before any station is asked."""

import uuid
from collections.abc import Sequence

import asyncpg
import msgspec

from csms.domain.fleet.rollout import Rules, sizes_of
from csms.domain.fleet.selection import Selection
from csms.features.operations.repository.reading import MOST_STATIONS, Operations
from csms.features.operations.schemas import EffectWish, NewCampaign, NewOperation
from csms.kit.zones import zone_of
from csms.ocpp.version import Version
from csms.ports.assignments import BodyFault, Carrier
from csms.web.desk import Desk
from csms.web.problems import FieldError, Problem

SHOWN = 20


async def create(desk: Desk, wish: NewOperation | NewCampaign, asked_by: str) -> str:
    """Keep an operation and return its id; raise a `Problem` that names each field at fault."""
    carrier = desk.carriers.get(wish.command)
    if carrier is None:
        raise Problem(422, f"there is no command {wish.command}", errors=[FieldError("/command", "is not known")])
    campaign = wish if isinstance(wish, NewCampaign) else None
    effect = None if campaign is None else _effect(desk, campaign, carrier)
    _check_times(campaign)
    operations, body = Operations(desk.pool), msgspec.json.encode(wish.body).decode()
    stations = await _chosen(operations, wish.selection)
    await _check_body(carrier, body, [protocol for _, protocol in stations])
    rules = _rules(wish, campaign, len(stations))
    operation = str(uuid.uuid4())
    held = campaign is not None and campaign.hold
    values = [
        operation,
        "bulk" if campaign is None else "campaign",
        wish.name,
        wish.command,
        body,
        _json(wish.selection),
        _json(rules),
        "UTC" if campaign is None else campaign.timezone,
        wish.within_s,
        wish.wait_s,
        None if effect is None else _json(effect),
        "paused" if held else "running",
        "held from the start" if held else None,
        asked_by,
    ]
    await operations.create(values, [station for station, _ in stations], rules.sizes)
    return operation


async def begin(
    pool: "asyncpg.Pool[asyncpg.Record]", command: str, stations: Sequence[str], *, name: str, per_second: float
) -> str:
    """Keep an operation of the house's own over some stations, and return its id."""
    operation, rules = str(uuid.uuid4()), Rules((len(stations),), per_second=per_second, at_once=20)
    head = [operation, "bulk", name, command, "{}", _json(Selection(ids=tuple(stations))), _json(rules), "UTC"]
    await Operations(pool).create([*head, None, 0, None, "running", None, "house"], stations, rules.sizes)
    return operation


def _rules(wish: NewOperation | NewCampaign, campaign: NewCampaign | None, total: int) -> Rules:
    if campaign is None:
        return Rules((total,), per_second=wish.per_second, at_once=wish.at_once)
    return Rules(
        sizes_of(campaign.waves, total),
        per_second=campaign.per_second,
        at_once=campaign.at_once,
        stop=campaign.stop,
        windows=campaign.windows,
        rest_s=campaign.rest_s,
        pause_between=campaign.pause_between,
    )


async def _chosen(operations: Operations, selection: Selection) -> list[tuple[str, str | None]]:
    if selection.says_nothing:
        raise _refused("/selection", "says nothing; to mean every station, say `all`")
    stations = await operations.chosen(selection)
    there = {station.lower() for station, _ in stations}
    strangers = [place for place, station in enumerate(selection.ids) if station.lower() not in there]
    if strangers:
        errors = [FieldError(f"/selection/ids/{place}", "is not among the stations") for place in strangers[:SHOWN]]
        raise Problem(422, "some stations are not known, or not as the rest of the selection says", errors=errors)
    if not stations:
        raise _refused("/selection", "no station is so")
    if len(stations) > MOST_STATIONS:
        raise _refused("/selection", f"more than {MOST_STATIONS} stations")
    return stations


async def _check_body(carrier: Carrier, body: str, protocols: Sequence[str | None]) -> None:
    known = {protocol for protocol in protocols if protocol is not None}
    everything = [version.value for version in Version]
    try:
        await carrier.check(body, everything if None in protocols else sorted(known))
    except BodyFault as fault:
        raise _refused(f"/body{fault.path}", str(fault)) from fault


def _check_times(campaign: NewCampaign | None) -> None:
    if campaign is None:
        return
    for place, wave in enumerate(campaign.waves):
        if (wave.stations is None) == (wave.percent is None):
            raise _refused(f"/waves/{place}", "say either `stations` or `percent`")
    try:
        zone_of(campaign.timezone)
    except (LookupError, ValueError, OSError) as error:
        raise _refused("/timezone", "is not a time zone that is known here") from error


def _effect(desk: Desk, campaign: NewCampaign, carrier: Carrier) -> EffectWish | None:
    effect = campaign.effect
    if effect is None:
        return None if carrier.effect is None else EffectWish(carrier.effect)
    if effect.kind not in desk.effects:
        raise _refused("/effect/kind", f"say one of {', '.join(sorted(desk.effects))}")
    if effect.kind == "firmware" and effect.version is None:
        raise _refused("/effect/version", "is needed: which firmware shall it be?")
    return effect


def _refused(path: str, message: str) -> Problem:
    return Problem(422, f"{path.strip('/') or 'the body'}: {message}", errors=[FieldError(path, message)])


def _json(value: msgspec.Struct) -> str:
    return msgspec.json.encode(value).decode()
