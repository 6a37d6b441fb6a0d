"""A profile that a station refuses is tried in less demanding forms where an operator wants that, and what is tried is told."""

import asyncio
import itertools
from typing import Any

import pytest

from simulators.behaviour import Behaviour
from tests.integration.conftest import House
from tests.integration.limiting import NO, Limited, ahead, limited, profile

VERSIONS = pytest.mark.parametrize("version", ["1.6", "2.0.1"])
NAMES = itertools.count(1)
ROUTE = "/stations/{}/commands/set-charging-profile"


def forms(told: dict[str, Any]) -> list[tuple[str, int, str]]:
    return [(rung["purpose"], rung["stack_level"], rung["outcome"]) for rung in told["rungs"]]


@VERSIONS
@pytest.mark.covers("Q107", "SC-02", "16-SC-04")
async def test_a_station_is_led_down_to_what_it_takes_and_the_next_time_begins_there(
    shared_house: House, version: str
) -> None:
    habits = Behaviour(sc=("no_session", "level0"))
    station = await shared_house.station(f"LADDER-{next(NAMES)}", version=version, behaviour=habits, evses=2)
    await asyncio.wait_for(station.connected.wait(), 20)
    station.begin()
    await station.drained()

    (going,) = await shared_house.sessions(station=station.station, active=True)

    async def limit(amount: float, **more: Any) -> dict[str, Any]:
        wanted = profile(amount, stack_level=3, purpose="TxProfile", transaction=going["transaction_id"])
        body = {"evse": 1, "profile": wanted, **more}
        answer = await shared_house.http.post(ROUTE.format(station.station), json=body)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    plain = await limit(10)
    assert (plain["verdict"], plain["rungs"], station.limits.held) == ("Refused", [], [])
    told = await limit(10, fallback=True)
    session, default = "TxProfile", "TxDefaultProfile"
    assert forms(told) == [
        (session, 1, "Refused"),
        (session, 0, "Refused"),
        (default, 1, "Refused"),
        (default, 0, "Accepted"),
    ], "level 3 was refused before"
    assert (told["verdict"], told["calls"]) == ("Accepted", [rung["call_id"] for rung in told["rungs"]])
    assert [one["path"] for one in told["warnings"][-2:]] == ["/profile/purpose", "/profile/stack_level"]
    assert [(held.purpose, held.level) for held in station.limits.held] == [(default, 0)]
    again = await limit(8, fallback=True)
    assert forms(again) == [(default, 0, "Accepted")]
    (known,) = (await shared_house.http.get(f"/stations/{station.station}/charging-profiles")).json()
    assert (known["profile"]["purpose"], known["profile"]["schedules"][0]["periods"][0]["limit"]) == (default, 8)
    station.draw()
    await station.drained()
    seen = (await shared_house.http.get(f"/sessions/{going['id']}/charging-profiles")).json()
    assert (seen["power_w"], seen["exceeded"]) == (8 * 690, False)


def asking(one: Limited, **members: Any) -> "asyncio.Task[Any]":
    return one.station.order(ROUTE.format(one.name), {"evse": 1, "profile": profile(**members), "fallback": True})


@VERSIONS
@pytest.mark.covers("Q107", "Q110")
async def test_it_is_told_if_nothing_worked_and_errors_are_remembered_as_refusals(
    shared_house: House, version: str
) -> None:
    async with limited(shared_house, version) as one:
        order = asking(one, stack_level=2)
        await one.station.refuse(await one.station.take(), "PropertyConstraintViolation", "no such level", {})
        for _ in range(2):
            await one.station.answer(await one.station.take(), NO)
        told = (await order).json()
        assert (told["verdict"], [outcome for *_, outcome in forms(told)]) == (
            "Refused",
            ["Error", "Refused", "Refused"],
        )
        assert told["rungs"][0]["detail"] == "PropertyConstraintViolation: no such level"
        assert await one.held() == {}
        answers = {one["stack_level"]: one["status"] for one in await one.read("charging-profile-answers")}
        assert answers == {2: "Error PropertyConstraintViolation", 1: "Rejected", 0: "Rejected"}


@pytest.mark.covers("Q107", "SC-14")
async def test_it_ends_where_nobody_knows_and_at_who_knows_no_profiles_and_harms_none(shared_house: House) -> None:
    async with limited(shared_house, "1.6") as one:
        await one.set(id=9, stack_level=0, limit=16)
        order = asking(one, stack_level=2)
        await one.station.answer(await one.station.take(), NO)
        await one.station.take()
        await one.station.reconnect()
        told = await order
        assert told.status_code == 504
        assert [outcome for *_, outcome in forms(told.json())] == ["Refused", "Disconnected", "LeftOut"]
        assert told.json()["rungs"][2]["detail"] == "it would take the place of profile 9"
        assert len(told.json()["calls"]) == 2
        order = asking(one, stack_level=3, kind="Relative", start=None)
        await one.station.refuse(await one.station.take(), "NotImplemented", "", {})
        told = (await order).json()
        assert (told["unsupported"], forms(told)[0], await one.station.unasked()) == (
            True,
            ("TxDefaultProfile", 3, "Error"),
            True,
        )


@pytest.mark.covers("Q107", "SC-02")
async def test_a_fault_is_refused_before_anything_is_sent_and_many_stations_have_no_fallback(
    shared_house: House,
) -> None:
    async with limited(shared_house, "2.0.1") as one:
        bad = await asking(one, purpose="TxDefaultProfile", valid_from=ahead(60), valid_to=ahead(30))
        assert (bad.status_code, bad.json()["errors"][0]["path"]) == (422, "/profile/valid_to")
        assert await one.station.unasked()
        body = {"evse": 1, "profile": profile(), "fallback": True}
        wish = {"command": "set-charging-profile", "body": body, "selection": {"ids": [one.name]}}
        refused = await shared_house.http.post("/operations", json=wish)
        assert refused.status_code == 422, refused.text
        assert [error["path"] for error in refused.json()["errors"]] == ["/body/fallback"]
