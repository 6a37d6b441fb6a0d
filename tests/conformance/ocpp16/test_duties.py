"""Duties of a central system of 1.6 that no certification case plays, by a station that says every frame itself."""

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.eventually import eventually
from tests.integration.conftest import House
from tests.integration.wire import RawStation, start, stop, values
from tests.official import faults

NAMES = itertools.count(1)
NOW = 20 * 60
GOOD = "GOOD-TAG"


async def named(house: House, **more: Any) -> str:
    """Register a station of its own for a test, and see that there is a good token."""
    name = f"DUTIFUL-{next(NAMES)}"
    await house.register(name, **more)
    await house.http.post("/tokens", json={"value": GOOD})
    return name


async def begun(station: RawStation, minute: float = NOW, **more: Any) -> int:
    """Begin a session, and return its number."""
    return int((await station.ask("StartTransaction", start(minute, idTag=GOOD, **more)))["transactionId"])


@pytest.mark.covers("16-GEN-01", "Q55")
async def test_connector_0_is_the_station_and_no_outlet(shared_house: House) -> None:
    name = await named(shared_house)
    async with RawStation(shared_house, name) as station:
        assert await station.boot() == "Accepted"
        for connector, status in ((1, "Available"), (0, "Unavailable")):
            told = {"connectorId": connector, "status": status, "errorCode": "NoError"}
            assert await station.ask("StatusNotification", told) == {}
        refused = await shared_house.http.post(
            f"/stations/{name}/commands/remote-start", json={"token": GOOD, "evse": 0}
        )
        assert refused.status_code == 422
        assert refused.json()["errors"][0]["path"] == "/evse"
        assert await station.unasked()
    listed = (await shared_house.http.get(f"/stations/{name}/connectors")).json()
    assert {(one["evse"], one["connector"], one["status"]) for one in listed} == {
        (0, 0, "Unavailable"),
        (1, 1, "Available"),
    }


@pytest.mark.covers("16-CORE-03", "TX-06")
async def test_a_token_that_charges_elsewhere_may_stop_there_and_not_start_here(shared_house: House) -> None:
    name, other = await named(shared_house), await named(shared_house)
    await shared_house.token("BUSY-TAG")
    async with RawStation(shared_house, name) as station, RawStation(shared_house, other) as second:
        number = await begun(station)
        answer = await station.ask("StartTransaction", start(NOW, connectorId=2, idTag="BUSY-TAG"))
        at_another = await second.ask("Authorize", {"idTag": "BUSY-TAG"})
        assert at_another["idTagInfo"]["status"] in {"Accepted", "ConcurrentTx"}
        assert (await station.ask("Authorize", {"idTag": "BUSY-TAG"}))["idTagInfo"]["status"] == "Accepted"
        stopped = await station.ask("StopTransaction", stop(NOW, 1500, answer["transactionId"], idTag="BUSY-TAG"))
        assert stopped["idTagInfo"]["status"] == "Accepted"
        await station.ask("StopTransaction", stop(NOW, 1500, number))


@pytest.mark.covers("16-CORE-30")
@pytest.mark.parametrize("status", ["Accepted", "Rejected", "UnknownMessageId", "UnknownVendorId"])
async def test_what_only_a_vendor_understands_is_sent_and_its_answer_told(shared_house: House, status: str) -> None:
    name = await named(shared_house)
    async with RawStation(shared_house, name) as station:
        assert await station.boot() == "Accepted"
        body = {"vendor": "com.example", "message": "Hello", "data": "x" * 2000}
        asking = station.order(f"/stations/{name}/commands/data-transfer", body)
        command = await station.take()
        assert command[2:] == [
            "DataTransfer",
            {"vendorId": "com.example", "messageId": "Hello", "data": "x" * 2000},
        ]
        await station.answer(command, {"status": status, "data": "42"})
        assert (await asking).json()["answer"] == {"status": status, "data": "42"}


@pytest.mark.parametrize(
    ("policy", "command", "body", "sent"),
    [
        ("pending", "remote-start", {"token": GOOD, "evse": 1}, False),
        ("pending", "remote-stop", {"transaction": "1"}, False),
        ("pending", "get-variables", {}, True),
        ("reject", "remote-start", {"token": GOOD, "evse": 1}, False),
        ("reject", "get-variables", {}, False),
        ("reject", "trigger", {"message": "BootNotification"}, False),
    ],
)
@pytest.mark.covers("16-CORE-31", "BOOT-06", "BOOT-09")
async def test_a_station_that_was_not_accepted_is_asked_only_what_it_may_be(
    shared_house: House, policy: str, command: str, body: dict[str, Any], *, sent: bool
) -> None:
    name = await named(shared_house, boot_policy=policy)
    async with RawStation(shared_house, name) as station:
        assert await station.boot() == {"pending": "Pending", "reject": "Rejected"}[policy]
        asking = station.order(f"/stations/{name}/commands/{command}", body)
        if sent:
            await station.answer(await station.take(), {"configurationKey": []})
            assert (await asking).status_code == 200
        else:
            answer = await asking
            assert answer.status_code == 409, answer.text
            assert await station.unasked()


@pytest.mark.covers("J-12")
async def test_stations_behind_a_local_controller_are_stations_like_all_others(shared_house: House) -> None:
    names = [await named(shared_house) for _ in range(3)]
    controller, *behind = (RawStation(shared_house, name, path="/site-7/controller/") for name in names)
    async with controller, behind[0], behind[1]:
        for station in (controller, *behind):
            assert await station.boot() == "Accepted"
        asking = behind[1].order(f"/stations/{names[2]}/commands/clear-cache", {})
        await behind[1].answer(await behind[1].take(), {"status": "Accepted"})
        assert (await asking).status_code == 200
        assert await controller.unasked()
        assert await behind[0].unasked()


@pytest.mark.covers("J-28", "Q126")
@pytest.mark.parametrize(
    ("action", "payload"),
    [
        ("Nonsense" * 100, {"secret": "s" * 2000}),
        ("ClearCache", {"s" * 2000: 1}),
        ("StatusNotification", ["s" * 2000]),
    ],
)
async def test_an_error_of_ours_is_short_and_tells_nothing_back(
    shared_house: House, action: str, payload: dict[str, Any]
) -> None:
    async with RawStation(shared_house, await named(shared_house)) as station:
        frame = await station.say(action, payload)
    assert frame[0] == 4, frame
    assert len(frame) == 5
    assert len(frame[3]) <= 255
    assert frame[4] == {}
    assert "ssss" not in frame[3]


@pytest.mark.covers("J-32")
@pytest.mark.parametrize("unit", ["Celsius", "Celcius"])
async def test_both_spellings_of_celsius_are_kept_with_the_session(shared_house: House, unit: str) -> None:
    name = await named(shared_house)
    async with RawStation(shared_house, name) as station:
        number = await begun(station)
        warm = {"value": "31", "measurand": "Temperature", "unit": unit}
        assert await station.ask("MeterValues", values(NOW, warm, transactionId=number)) == {}
        assert await station.ask("StopTransaction", stop(NOW, 1500, number)) == {}
    (session,) = await shared_house.sessions(station=name)
    assert (session["reason"], session["energy_wh"]) == ("Local", 500)

    async def kept() -> bool:
        told = (await shared_house.http.get(f"/sessions/{session['id']}/meter-values")).json()
        return any(one["measurand"] == "Temperature" and one["unit"] in {unit, "Celsius"} for one in told)

    await eventually(kept)


@pytest.mark.covers("BOOT-18", "BOOT-07", "Q48")
async def test_what_was_charged_before_acceptance_is_on_record_like_anything_else(shared_house: House) -> None:
    name = await named(shared_house, boot_policy="pending")
    async with RawStation(shared_house, name) as station:
        assert await station.boot() == "Pending"
        early = await begun(station, NOW - 60)
        await shared_house.http.patch(f"/stations/{name}", json={"boot_policy": "accept"})
        assert await station.boot() == "Accepted"
        await station.ask("StopTransaction", stop(NOW - 30, 1800, early))
        late = await begun(station, NOW - 20, wh=1800)
        await station.ask("StopTransaction", stop(NOW - 10, 2000, late))
    sessions = await shared_house.sessions(station=name)
    assert sorted(session["energy_wh"] for session in sessions) == [200, 800]
    assert not any(session["active"] or session["estimated"] for session in sessions)


@pytest.mark.covers("Q134", "TX-20", "Q63")
async def test_what_a_station_owes_to_the_system_before_ours_is_taken_and_kept_apart(shared_house: House) -> None:
    name = await named(shared_house)
    async with RawStation(shared_house, name) as station:
        assert await station.boot() == "Accepted"
        assert await station.ask("MeterValues", values(NOW - 300, 5000, transactionId=77)) == {}
        old = stop(NOW - 290, 5600, 77, idTag="THEIR-TAG", reason="Local")
        assert (await station.ask("StopTransaction", old))["idTagInfo"]["status"] == "Invalid"
        number = await begun(station, NOW - 60, wh=5600)
        await station.ask("StopTransaction", stop(NOW - 30, 6000, number))
    theirs, ours = sorted(await shared_house.sessions(station=name), key=lambda one: str(one["ended_at"]))
    assert (ours["number"], ours["energy_wh"], ours["token"]) == (number, 400, GOOD)
    assert not theirs["active"]
    assert "begin-missing" in theirs["flags"]


@pytest.mark.covers("Q132", "TX-13")
@pytest.mark.parametrize(("minutes", "told"), [(1, False), (5, False), (60, True), (60 * 24, True)])
async def test_an_expiry_is_told_only_if_a_station_can_do_something_with_it(
    shared_house: House, minutes: int, *, told: bool
) -> None:
    tag, until = f"UNTIL-{minutes}", datetime.now(UTC).replace(microsecond=0) + timedelta(minutes=minutes)
    await shared_house.http.post("/tokens", json={"value": tag, "expires_at": until.isoformat()})
    async with RawStation(shared_house, await named(shared_house)) as station:
        info = (await station.ask("Authorize", {"idTag": tag}))["idTagInfo"]
    assert info["status"] == "Accepted"
    assert info.get("expiryDate") == (until.strftime("%Y-%m-%dT%H:%M:%SZ") if told else None)
    assert faults("1.6", "Authorize", "Response", {"idTagInfo": info}) == []


@pytest.mark.covers("Q97")
async def test_a_value_longer_than_any_schema_allows_is_taken_whole(shared_house: House) -> None:
    name = await named(shared_house)
    long = ",".join(["Energy.Active.Import.Register"] * 40)
    async with RawStation(shared_house, name) as station:
        assert await station.boot() == "Accepted"
        asking = station.order(f"/stations/{name}/commands/get-variables", {})
        told = {"configurationKey": [{"key": "MeterValuesSampledData", "readonly": False, "value": long}]}
        await station.answer(await station.take(), told)
        assert (await asking).json()["answer"] == told

        async def kept() -> bool:
            listed = (await shared_house.http.get(f"/stations/{name}/variables")).json()
            return any(one["value"] == long for one in listed)

        await eventually(kept)
