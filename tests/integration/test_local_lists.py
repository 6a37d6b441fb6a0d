"""Local lists in every version: what stations answer, and what is kept of it."""

import asyncio
from typing import Any

import pytest

from simulators.behaviour import Behaviour
from simulators.listed import Lists
from tests.integration.conftest import House
from tests.integration.wire import RawStation

CP = "/stations/CP-1"
VERSIONS = ("1.6", "2.0.1", "2.1")
LATER = "2999-01-01T00:00:00Z"
AtWork = tuple[House, RawStation, str]


@pytest.fixture(params=VERSIONS)
async def at_work(house: House, request: pytest.FixtureRequest) -> Any:
    """A station of each version that was accepted."""
    await house.register("CP-1")
    async with RawStation(house, "CP-1", request.param) as station:
        assert await station.boot() == "Accepted"
        yield house, station, request.param


async def ask(house: House, station: RawStation, command: str, answer: Any, **body: Any) -> dict[str, Any]:
    """Give a command that the station answers so, and return what the operator is told."""
    asking = asyncio.create_task(house.http.post(f"{CP}/commands/{command}", json=body or None))
    await station.answer(await station.take(), answer)
    told = await asking
    assert told.status_code == 200, told.text
    return dict(told.json())


async def send(house: House, station: RawStation, status: str, update: str, *entries: Any, **more: Any) -> Any:
    listed = [{"token": entry} if isinstance(entry, str) else entry for entry in entries]
    return await ask(house, station, "send-local-list", {"status": status}, update=update, entries=listed, **more)


async def tell_version(house: House, station: RawStation, version: str, told: Any) -> None:
    name = "listVersion" if version == "1.6" else "versionNumber"
    await ask(house, station, "get-local-list-version", {name: told})


async def known(house: House) -> dict[str, Any]:
    answer = await house.http.get(f"{CP}/local-list")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def entries(house: House, **more: Any) -> list[dict[str, Any]]:
    answer = await house.http.get(f"{CP}/local-list/entries", params=more)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


def gone(token: str) -> dict[str, Any]:
    return {"token": token, "remove": True}


@pytest.mark.covers("16-LAL-03", "16-LAL-04", "16-LAL-08", "TC_D_01", "TC_D_02", "TC_D_03", "TC_D_04")
async def test_the_list_is_what_the_station_accepted(at_work: AtWork) -> None:
    house, station, version = at_work
    assert (await known(house))["version"] is None
    first = {"token": "TAG-1", "group": "FAMILY", "expires_at": LATER}
    told = await send(house, station, "Accepted", "full", first, {"token": "TAG-2", "status": "blocked"})
    assert told["ours"] == {"version": 1}
    await send(house, station, "Accepted", "differential", "TAG-3", gone("tag-1"), {"token": "tag-2"})
    kind = None if version == "1.6" else "ISO14443"
    rest = {"kind": kind, "status": "accepted", "group": None, "expires_at": None}
    assert await entries(house) == [{"token": "tag-2", **rest}, {"token": "TAG-3", **rest}]
    kept = await known(house)
    assert (kept["version"], kept["supported"], kept["count"], kept["refused"]) == (2, True, 2, None)
    await send(house, station, "Accepted", "full", first)
    assert await entries(house) == [first | {"kind": kind, "status": "accepted"}]
    await send(house, station, "Accepted", "full")
    assert (await entries(house), (await known(house))["version"]) == ([], 4)


@pytest.mark.covers("16-LAL-06", "16-LAL-08", "16-GEN-08", "W21")
@pytest.mark.parametrize("status", ["Failed", "VersionMismatch", "NotSupported", "Whatever"])
@pytest.mark.parametrize("update", ["full", "differential"])
async def test_what_was_not_accepted_changes_nothing_and_is_told(at_work: AtWork, status: str, update: str) -> None:
    house, station, _ = at_work
    await send(house, station, "Accepted", "full", "TAG-1", version=7)
    before = await entries(house)
    await send(house, station, status, update, "TAG-2")
    kept = await known(house)
    assert (kept["version"], kept["supported"]) == (7, status != "NotSupported")
    assert (kept["refused"]["status"], kept["refused"]["version"]) == (status, 8)
    assert await entries(house) == before
    await send(house, station, "Accepted", "full", "TAG-2")
    assert (await known(house))["refused"] is None, "all is well again"


@pytest.mark.covers("16-LAL-01", "Q112", "TC_D_08", "TC_D_09")
async def test_a_version_that_the_station_tells_says_what_is_known_of_its_list(at_work: AtWork) -> None:
    house, station, version = at_work
    await send(house, station, "Accepted", "full", "TAG-1", version=3)
    await tell_version(house, station, version, 3)
    assert ((await known(house))["version"], (await known(house))["count"]) == (3, 1), "as we made it"
    await tell_version(house, station, version, 5)
    assert ((await known(house))["version"], (await known(house))["count"]) == (5, None), "made by another"
    await send(house, station, "Accepted", "differential", "TAG-2")
    assert ((await known(house))["version"], (await known(house))["count"]) == (6, None)
    await tell_version(house, station, version, 0)
    assert ((await known(house))["version"], (await known(house))["count"]) == (0, 0), "lost over a restart"
    await tell_version(house, station, version, -1)
    kept = await known(house)
    assert (kept["version"], kept["supported"], kept["count"]) == (-1, False, None)


@pytest.mark.covers("16-LAL-08")
async def test_what_is_read_again_is_the_same(at_work: AtWork) -> None:
    house, station, version = at_work
    await send(house, station, "Accepted", "full", "TAG-1", version=3)
    await station.reconnect(forgotten=True)
    await station.boot()
    await tell_version(house, station, version, 3)
    assert (await known(house))["count"] == 1
    told = await send(house, station, "Accepted", "differential", "TAG-2")
    assert told["ours"] == {"version": 4}
    assert (await known(house))["count"] == 2


@pytest.mark.covers("16-LAL-01", "TC_D_08", "W17")
@pytest.mark.parametrize("version", ["2.0.1", "2.1"])
async def test_a_2_x_station_that_was_born_with_16_is_understood(house: House, version: str) -> None:
    await house.register("CP-1")
    async with RawStation(house, "CP-1", version) as station:
        await station.boot()
        await ask(house, station, "get-local-list-version", {"listVersion": 4})
        assert (await known(house))["version"] == 4
        await ask(house, station, "get-local-list-version", {"nothing": True})
        assert (await known(house))["version"] == 4


@pytest.mark.covers("OCTT-04", "16-LAL-04", "16-LAL-08")
async def test_the_raw_door_is_heard_as_well(at_work: AtWork) -> None:
    house, station, version = at_work
    payload: dict[str, Any] = {
        "listVersion": 12,
        "updateType": "Full",
        "localAuthorizationList": [{"idTag": "A", "idTagInfo": {"status": "Invalid"}}, {"idTag": "B"}],
    }
    if version != "1.6":
        token = {"idToken": "A", "type": "Local"}
        info = {"status": "NotAtThisTime", "groupIdToken": {"idToken": "G", "type": "Local"}}
        payload = {
            "versionNumber": 12,
            "updateType": "Full",
            "localAuthorizationList": [{"idToken": token, "idTokenInfo": info}, {"idToken": token | {"idToken": "B"}}],
        }
    asking = asyncio.create_task(house.http.post(f"{CP}/ocpp/SendLocalList", json=payload))
    command = await station.take()
    assert command[3] == payload
    await station.answer(command, {"status": "Accepted"})
    assert (await asking).status_code == 200
    assert (await known(house))["version"] == 12
    (entry,) = await entries(house)
    if version == "1.6":
        assert (entry["token"], entry["kind"], entry["status"], entry["group"]) == ("A", None, "invalid", None)
    else:
        assert (entry["token"], entry["kind"], entry["status"], entry["group"]) == ("A", "Local", "NotAtThisTime", "G")


@pytest.mark.covers("16-LAL-07", "Q112", "Q43")
async def test_an_update_that_is_more_than_the_station_takes_is_not_sent(at_work: AtWork) -> None:
    house, station, version = at_work
    await tell_limits(house, station, version)

    async def refused(update: str, *names: str) -> list[str]:
        body = {"update": update, "entries": [{"token": name} for name in names]}
        answer = await house.http.post(f"{CP}/commands/send-local-list", json=body)
        assert answer.status_code == 422, answer.text
        return [f"{error['path']} {error['message']}" for error in answer.json()["errors"]]

    (at_a_time,) = await refused("full", "A", "B", "C")
    assert at_a_time.startswith("/entries are 3")
    assert await station.unasked()
    await send(house, station, "Accepted", "full", "A", "B")
    await send(house, station, "Accepted", "differential", "C", "D")
    (in_all,) = await refused("differential", "E")
    assert "more than 4" in in_all
    await send(house, station, "Accepted", "differential", "E", gone("A"))
    assert (await known(house))["count"] == 4
    if version != "1.6":
        (too_many_bytes,) = await refused("full", "X" * 36, "Y" * 36)
        assert too_many_bytes.startswith("/entries the call would have")


async def tell_limits(house: House, station: RawStation, version: str) -> None:
    """Tell as a station does that two entries are taken at a time, four in all, and 300 bytes in 2.x."""
    if version == "1.6":
        keys = {"SendLocalListMaxLength": " 2 ", "localauthlistmaxlength": "4"}
        told = [{"key": key, "readonly": True, "value": value} for key, value in keys.items()]
        asking = asyncio.create_task(house.http.post(f"{CP}/commands/get-variables", json={}))
        await station.answer(await station.take(), {"configurationKey": told})
        assert (await asking).status_code == 200
        return

    def row(name: str, value: str, **traits: Any) -> dict[str, Any]:
        more = {"variableCharacteristics": {"dataType": "integer", "supportsMonitoring": False, **traits}}
        return {
            "component": {"name": "LocalAuthListCtrlr"},
            "variable": {"name": name},
            "variableAttribute": [{"value": value}],
            **more,
        }

    rows = [row("ItemsPerMessage", "2"), row("BytesPerMessage", "300"), row("Entries", "0", maxLimit=4.0)]
    report = {"requestId": 1, "generatedAt": LATER, "seqNo": 0, "reportData": rows}
    assert await station.ask("NotifyReport", report) == {}
    shown = (await house.http.get(f"{CP}/variables")).json()
    assert {one["variable"]: one["max_limit"] for one in shown}["Entries"] == 4


async def test_lists_are_shown_by_pages_and_found_by_a_token(house: House) -> None:
    for name in ("CP-1", "CP-2", "CP-3"):
        station = await house.station(name)
        await asyncio.wait_for(station.connected.wait(), 10)
        tokens = [{"token": f"TAG-{n}"} for n in range(5)] if name != "CP-2" else [{"token": "OTHER|x"}]
        body = {"update": "full", "entries": tokens}
        assert (await house.http.post(f"/stations/{name}/commands/send-local-list", json=body)).status_code == 200
    await house.register("CP-4")
    first = (await house.http.get("/local-lists", params={"limit": 2})).json()
    second = (await house.http.get("/local-lists", params={"limit": 2, "after": first["next"]})).json()
    assert [one["station_id"] for one in first["items"] + second["items"]] == ["CP-1", "CP-2", "CP-3"]
    assert second["next"] is None
    found = (await house.http.get("/local-lists", params={"token": "tag-3"})).json()["items"]
    assert [one["station_id"] for one in found] == ["CP-1", "CP-3"]
    for token in ("TAG", "TAG-%", "OTHER"):
        assert (await house.http.get("/local-lists", params={"token": token})).json()["items"] == []
    page = (await house.http.get("/stations/cp-1/local-list/entries", params={"limit": 3})).json()
    assert [entry["token"] for entry in page["items"]] == ["TAG-0", "TAG-1", "TAG-2"]
    rest = await entries(house, limit=3, after=page["next"])
    assert [entry["token"] for entry in rest] == ["TAG-3", "TAG-4"]
    for path in ("/stations/none/local-list", "/stations/none/local-list/entries"):
        assert (await house.http.get(path)).status_code == 404


@pytest.mark.covers("Q112")
@pytest.mark.parametrize("version", ["1.6", "2.0.1"])
@pytest.mark.parametrize("habit", list(Lists))
async def test_lists_survive_every_habit_of_stations(house: House, version: str, habit: Lists) -> None:
    station = await house.station("CP-1", version=version, behaviour=Behaviour(lists=habit))
    await asyncio.wait_for(station.connected.wait(), 10)
    body = {"update": "full", "entries": [{"token": f"TAG-{n}"} for n in range(4)]}
    assert (await house.http.post(f"{CP}/commands/send-local-list", json=body)).status_code == 200
    body = {"update": "differential", "entries": [{"token": "TAG-4"}]}
    answer = await house.http.post(f"{CP}/commands/send-local-list", json=body)
    taken = {Lists.RIGHT: 5, Lists.FORGET: 5, Lists.VERSION_0: 5, Lists.MISMATCH: 4, Lists.FEW: 4}
    kept = await known(house)
    if version == "1.6" and habit is Lists.FEW:
        assert answer.status_code in {200, 422}
    assert (kept["count"] or 0, len(station.local_list)) == (taken.get(habit, 0),) * 2
    await station.reboot()
    await asyncio.wait_for(station.connected.wait(), 10)
    answer = await house.http.post(f"{CP}/commands/get-local-list-version")
    assert answer.status_code == 200
    after = await known(house)
    lost = habit in {Lists.FORGET, Lists.VERSION_0}
    assert (after["count"] or 0) == (0 if lost else taken.get(habit, 0)), "as the station says"
