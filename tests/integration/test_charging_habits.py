"""Simulated stations of both versions that hold, obey, tell and misunderstand limits, each in its way (Q107 to Q110)."""

import asyncio
from typing import Any

import pytest

from simulators.behaviour import Behaviour
from simulators.station import SimulatedStation
from simulators.v201 import Station201
from tests.eventually import eventually
from tests.integration.conftest import House
from tests.integration.limiting import ahead, profile

VERSIONS = pytest.mark.parametrize("version", ["1.6", "2.0.1"])
NAMES = iter(range(1, 1000))


@pytest.fixture
def house(shared_house: House) -> House:
    """One house for all; each test has a station of its own."""
    return shared_house


class Charger:
    """A simulated station, and what is seen of it over REST."""

    def __init__(self, house: House, station: SimulatedStation) -> None:
        self.house, self.station, self.address = house, station, f"/stations/{station.station}"

    async def command(self, name: str, **body: Any) -> dict[str, Any]:
        answer = await self.house.http.post(f"{self.address}/commands/{name}", json=body)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def limit(self, status: str = "Accepted", evse: int = 1, **members: Any) -> list[str]:
        """Limit charging, and return what is warned of."""
        told = await self.command("set-charging-profile", evse=evse, profile=profile(**members))
        assert told["answer"]["status"] == status, told
        return [warning["message"] for warning in told["warnings"]]

    async def read(self, path: str) -> Any:
        answer = await self.house.http.get(f"{self.address}/{path}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def schedule(self, seconds: int = 60, evse: int = 1, unit: str = "A") -> dict[str, Any]:
        """Ask for a composite schedule, and return it beside ours."""
        asked = await self.command("get-composite-schedule", evse=evse, duration_s=seconds, unit=unit)
        assert asked["answer"]["status"] == "Accepted", asked
        return dict(await self.read(f"composite-schedules/{evse}"))

    async def charge(self) -> None:
        """Begin a session, and let a car draw all that it gets."""
        if self.station.evses[1].session is None:
            self.station.begin()
        self.station.draw()
        await self.station.drained()

    async def draws(self) -> dict[str, Any]:
        """Return what limits the session that goes on, after the car has drawn again."""
        await self.charge()
        (session,) = await self.house.sessions(station=self.station.station, active=True)
        answer = await self.house.http.get(f"/sessions/{session['id']}/charging-profiles")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def told_of_itself(self) -> None:
        """Let the station tell what it takes."""
        if self.station.subprotocol == "ocpp1.6":
            await self.command("get-variables")
            return
        await self.command("get-report")

        async def look() -> bool:
            return any(one["component"] == "SmartChargingCtrlr" for one in await self.read("variables"))

        await eventually(look)


async def charger(house: House, version: str, *habits: str, **more: Any) -> Charger:
    station = await house.station(
        f"HABIT-{next(NAMES)}", version=version, behaviour=Behaviour(sc=habits), evses=2, **more
    )
    await asyncio.wait_for(station.connected.wait(), 20)
    return Charger(house, station)


@VERSIONS
@pytest.mark.covers("16-SC-01", "SC-32", "SC-25", "SC-23")
async def test_a_station_obeys_and_tells_what_we_compute(house: House, version: str) -> None:
    one = await charger(house, version)
    assert (await one.draws())["power_w"] == 11_000
    await one.limit(limit=10)
    seen = await one.draws()
    assert (seen["power_w"], seen["limit_w"], seen["exceeded"]) == (6900, 6900.0, False)
    await one.limit(evse=0, limit=8, id=2, purpose="ChargingStationMaxProfile")
    assert (await one.draws())["power_w"] == 5520
    for evse, unit, limit in ((1, "A", 8.0), (1, "W", 5520.0), (0, "A", 8.0)):
        seen = await one.schedule(evse=evse, unit=unit)
        assert [part["limit"] for part in seen["told"]["periods"]] == [limit]
        assert seen["differences"] == []
    await one.command("clear-charging-profile", id=1)
    await one.command("clear-charging-profile", id=2)
    assert (await one.draws())["power_w"] == 11_000


@VERSIONS
@pytest.mark.covers("SC-31", "SC-02", "SC-24", "16-SC-02")
async def test_a_session_that_is_started_with_a_profile_keeps_to_it(house: House, version: str) -> None:
    one = await charger(house, version)
    first = profile(limit=9, kind="Relative", start=None, purpose="TxProfile")
    await one.command("remote-start", token="TAG-1", evse=1, profile=first)
    await eventually(lambda: one.station.limits.held)
    await one.station.drained()
    seen = await one.draws()
    assert (seen["power_w"], seen["limit_a"], [held["standing"] for held in seen["profiles"]]) == (
        6210,
        9.0,
        ["in-force"],
    )
    assert (await one.schedule())["differences"] == []
    one.station.end()
    await one.station.drained()
    assert [held["standing"] for held in await one.read("charging-profiles")] == ["ended"]


@VERSIONS
@pytest.mark.covers("Q107")
@pytest.mark.parametrize(("habit", "refused", "taken"), [("level0", 1, 0), ("max_minus1", 3, 2)])
async def test_a_station_with_odd_levels_is_warned_of_and_what_it_takes_is_remembered(
    house: House, version: str, habit: str, refused: int, taken: int
) -> None:
    one = await charger(house, version, habit)
    await one.told_of_itself()
    first = await one.limit("Rejected", stack_level=refused)
    assert first == (["some stations refuse the highest level that they tell of (Q107)"] if refused == 3 else [])
    assert await one.limit(stack_level=taken, id=2) == []
    again = await one.limit("Rejected", stack_level=refused)
    assert again[-1].endswith(f"it took level {taken}, Absolute, in A")


@VERSIONS
@pytest.mark.covers("Q108", "SC-10", "W21")
@pytest.mark.parametrize(("only", "other", "amount"), [("A", "W", 6000), ("W", "A", 10)])
async def test_a_station_with_one_unit_is_warned_of(
    house: House, version: str, only: str, other: str, amount: float
) -> None:
    one = await charger(house, version, only)
    await one.told_of_itself()
    assert await one.limit("Rejected", limit=amount, unit=other) == [
        f"the station told that it takes {only} only (SC-10)"
    ]
    assert await one.limit(limit=8 if only == "A" else 5520, unit=only) == []
    assert (await one.schedule(unit=only))["differences"] == []
    refused = await one.command("get-composite-schedule", evse=1, duration_s=60, unit=other)
    assert refused["answer"]["status"] == "Rejected"


@VERSIONS
@pytest.mark.covers("Q108", "SC-36")
async def test_a_station_that_knows_steps_only_takes_less_and_that_is_told(house: House, version: str) -> None:
    one = await charger(house, version, "steps")
    await one.limit(limit=12.5)
    seen = await one.schedule()
    assert seen["differences"] == [{"start_s": 0, "end_s": 60, "told": 10.0, "computed": 12.5, "side": "below"}]
    assert (await one.draws())["exceeded"] is False


@VERSIONS
@pytest.mark.covers("Q109", "SC-13")
@pytest.mark.parametrize(("habit", "other"), [("relative", "Absolute"), ("absolute", "Relative")])
async def test_a_station_that_takes_one_kind_only_is_remembered(
    house: House, version: str, habit: str, other: str
) -> None:
    one = await charger(house, version, habit)

    def members(kind: str) -> dict[str, Any]:
        return {"kind": kind, "start": ahead(-60) if kind == "Absolute" else None}

    await one.limit("Rejected", **members(other))
    assert await one.limit(**members(habit.capitalize())) == []
    (told,) = await one.limit("Rejected", **members(other))
    assert told.endswith(f"it took level 0, {habit.capitalize()}, in A")


@VERSIONS
@pytest.mark.covers("Q109", "Q110")
async def test_a_station_that_accepts_and_does_nothing_is_seen_through(house: House, version: str) -> None:
    one = await charger(house, version, "ignore")
    await one.limit(limit=6)
    assert (await one.draws())["exceeded"] is True
    seen = await one.schedule()
    assert seen["differences"] == [{"start_s": 0, "end_s": 60, "told": 32.0, "computed": 6.0, "side": "above"}]


@VERSIONS
@pytest.mark.covers("Q110", "SC-24")
async def test_a_station_that_forgets_at_a_restart_is_seen_through_and_then_known_for_it(
    house: House, version: str
) -> None:
    one = await charger(house, version, "forget_on_reboot")
    await one.limit(limit=6)
    await one.station.reboot()
    await asyncio.wait_for(one.station.connected.wait(), 20)
    assert [held["standing"] for held in await one.read("charging-profiles")] == ["in-force"]
    assert (await one.schedule())["differences"][0]["side"] == "above"
    # A second boot within seconds is not written down again (BOOT-17): let the first be long ago.
    await house.node.pool.execute("UPDATE stations SET booted_at = now() WHERE id = $1", one.station.station)
    await house.http.put(f"{one.address}/charging-settings", json={"forgets_on_reboot": True})
    assert [held["standing"] for held in await one.read("charging-profiles")] == ["forgotten"]
    assert (await one.schedule())["differences"][0]["computed"] is None


@VERSIONS
@pytest.mark.covers("Q110")
async def test_clearing_what_is_not_there_is_no_failure(house: House, version: str) -> None:
    one = await charger(house, version)
    told = await one.command("clear-charging-profile", id=77)
    assert (told["outcome"], told["answer"]) == ("Answered", {"status": "Unknown"})


@pytest.mark.covers("SC-21", "SC-14", "Q110")
async def test_a_report_corrects_what_is_known(house: House) -> None:
    one = await charger(house, "2.0.1", "forget_on_reboot")
    for n in (1, 2):
        await one.limit(id=n, stack_level=n, valid_to=ahead(86_400 * 400))
    told = await one.limit("Rejected", id=3, stack_level=2)
    assert told == ["profile 2 has its purpose, level and place: a station refuses a second one (SC-14)"]
    one.station.limits.clear(lambda held: held.number == 1)
    await one.command("get-charging-profiles", purpose="TxDefaultProfile", request_id=9)

    async def look() -> bool:
        return bool((await one.read("charging-profile-reports/9"))["complete"])

    await eventually(look)
    assert [held["id"] for held in await one.read("charging-profiles")] == [2]
    one.station.limits.restart()
    told_none = await one.command("get-charging-profiles", ids=[2])
    assert told_none["answer"] == {"status": "NoProfiles"}
    assert await one.read("charging-profiles") == []


@pytest.mark.covers("SC-37", "SC-01", "SC-32")
async def test_what_others_limit_is_told_obeyed_and_over_again(house: House) -> None:
    one = await charger(house, "2.0.1")
    assert isinstance(one.station, Station201)
    await one.limit(evse=0, limit=16)
    await one.station.limit_from_outside(0, "SO", 7)
    assert [told["source"] for told in await one.read("charging-limits")] == ["SO"]
    assert (await one.draws())["power_w"] == 7 * 690
    assert (await one.schedule())["differences"] == []
    await one.station.limit_from_outside(0, "SO", None)
    assert await one.read("charging-limits") == []
    assert (await one.draws())["power_w"] == 11_000
