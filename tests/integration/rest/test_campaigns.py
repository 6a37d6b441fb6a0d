"""Roll-outs in waves, over stations that boot, fail and stay away."""

from contextlib import AsyncExitStack
from typing import Any

import pytest

from tests.eventually import eventually
from tests.integration.conftest import House
from tests.integration.rest.fleets import begun, ended, group, read, results
from tests.integration.wire import RawStation

YES = {"status": "Accepted"}
FIRMWARE = {"location": "http://files.invalid/2.0.bin"}


async def stations_of(house: House, stack: AsyncExitStack, names: list[str]) -> list[RawStation]:
    stations = [await stack.enter_async_context(RawStation(house, name)) for name in names]
    for station in stations:
        await station.boot()
    return stations


async def campaign(house: House, label: str, **more: Any) -> str:
    wish = {"name": "roll-out", "command": "clear-cache", "per_second": 100, "wait_s": 0, **more}
    return await begun(house, "/campaigns", selection={"labels": [label]}, **wish)


async def waves_of(house: House, place: str) -> list[tuple[int, dict[str, int]]]:
    return [(wave["stations"], wave["outcomes"]) for wave in (await read(house, place))["waves"]]


async def is_at_wave(house: House, place: str, wave: int) -> bool:
    return bool((await read(house, place))["wave"] == wave)


async def test_a_wave_waits_for_the_outcome_of_the_one_before(shared_house: House) -> None:
    async with group(shared_house, 5) as (label, names), AsyncExitStack() as stack:
        stations = await stations_of(shared_house, stack, names)
        place = await campaign(shared_house, label, waves=[{"stations": 1}, {"percent": 40}])
        first = await stations[0].take()
        await eventually(lambda: is_at_wave(shared_house, place, 1))
        assert all([await station.unasked() for station in stations[1:]])
        await stations[0].answer(first, YES)
        for station in stations[1:3]:
            await station.answer(await station.take(), YES)
        for station in stations[3:]:
            await station.answer(await station.take(), YES)
        await ended(shared_house, place)
        assert await waves_of(shared_house, place) == [(1, {"Accepted": 1}), (2, {"Accepted": 2}), (2, {"Accepted": 2})]
        assert {name: told["wave"] for name, told in (await results(shared_house, place)).items()} == dict(
            zip(names, (1, 2, 2, 3, 3), strict=True)
        )


async def test_too_many_failures_pause_it_until_an_operator_bears_with_them(shared_house: House) -> None:
    async with group(shared_house, 4) as (label, names), AsyncExitStack() as stack:
        stations = await stations_of(shared_house, stack, names)
        waves = [{"stations": 2}, {"stations": 2}]
        place = await campaign(shared_house, label, waves=waves, stop={"percent": 50})
        for station, answer in zip(stations[:2], (YES, {"status": "Rejected"}), strict=True):
            await station.answer(await station.take(), answer)
        paused = await ended(shared_house, place, "paused")
        assert paused["why"] == "1 of 2 stations of the wave failed"
        assert all([await station.unasked() for station in stations[2:]])
        assert (await shared_house.http.post(f"{place}/resume")).json()["why"] is None
        for station in stations[2:]:
            await station.answer(await station.take(), YES)
        assert (await ended(shared_house, place))["outcomes"] == {"Accepted": 3, "Refused": 1}


async def test_who_is_away_does_not_count_as_a_failure(shared_house: House) -> None:
    async with group(shared_house, 3) as (label, _):
        place = await campaign(shared_house, label, stop={"failures": 1})
        assert (await ended(shared_house, place))["outcomes"] == {"Offline": 3}


async def test_it_is_held_from_the_start_and_between_waves_if_that_was_said(shared_house: House) -> None:
    async with group(shared_house, 2) as (label, names), AsyncExitStack() as stack:
        stations = await stations_of(shared_house, stack, names)
        place = await campaign(shared_house, label, waves=[{"stations": 1}], pause_between=True, hold=True)
        assert (await read(shared_house, place))["why"] == "held from the start"
        assert all([await station.unasked() for station in stations])
        for station, why in zip(stations, ("wave 1 of 2 is over", None), strict=True):
            await shared_house.http.post(f"{place}/resume")
            await station.answer(await station.take(), YES)
            await eventually(lambda why=why: _why(shared_house, place, why))
        assert (await ended(shared_house, place))["outcomes"] == {"Accepted": 2}


async def _why(house: House, place: str, why: str | None) -> bool:
    operation = await read(house, place)
    return bool(operation["why"] == why and operation["state"] != "running")


async def test_outside_of_its_hours_it_rests(shared_house: House) -> None:
    async with group(shared_house, 1) as (label, names), AsyncExitStack() as stack:
        (station,) = await stations_of(shared_house, stack, names)
        now = await shared_house.node.pool.fetchval("SELECT now()")
        tomorrow = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")[(now.weekday() + 2) % 7]
        windows = [{"from": "01:00", "to": "02:00", "days": [tomorrow]}]
        place = await campaign(shared_house, label, windows=windows, timezone="Europe/Berlin")
        await eventually(lambda: _looks_later(shared_house, place))
        assert await station.unasked()
        assert (await read(shared_house, place))["windows"] == windows
        await shared_house.http.post(f"{place}/cancel")


async def _looks_later(house: House, place: str) -> bool:
    query = "SELECT look_at > now() + interval '1 hour' FROM operations WHERE id = $1"
    return bool(await house.node.pool.fetchval(query, place.rpartition("/")[2]))


@pytest.mark.covers("Q103")
async def test_a_station_is_done_when_it_has_booted_not_when_it_says_yes(shared_house: House) -> None:
    async with group(shared_house, 3) as (label, names), AsyncExitStack() as stack:
        good, idle, rude = await stations_of(shared_house, stack, names)
        effect = {"kind": "boot", "within_s": 3}
        place = await campaign(shared_house, label, command="reset", effect=effect, stop={"failures": 5})
        for station, answer in ((good, YES), (idle, YES), (rude, {"status": "Rejected"})):
            await station.answer(await station.take(), answer)
        await eventually(lambda: is_watched(shared_house, place, 2))
        later = {"chargePointVendor": "V", "chargePointModel": "M", "firmwareVersion": "of a boot that is another"}
        await good.reconnect()
        await good.ask("BootNotification", later)
        operation = await ended(shared_house, place)
        told = await results(shared_house, place)
        assert [told[name]["outcome"] for name in names] == ["Effective", "Ineffective", "Refused"]
        assert operation["outcomes"] == {"Effective": 1, "Ineffective": 1, "Refused": 1}
        assert await idle.unasked(), "not asked again"


@pytest.mark.covers("16-SEC-12", "Q40")
@pytest.mark.parametrize(
    ("command", "body", "first", "second"),
    [
        (
            "update-firmware",
            {**FIRMWARE, "signature": "AAAA", "signing_certificate": "C", "unsigned_if_unknown": True},
            "SignedUpdateFirmware",
            "UpdateFirmware",
        ),
        ("get-log", {"diagnostics_if_unknown": True}, "GetLog", "GetDiagnostics"),
    ],
)
async def test_who_does_not_know_the_newer_way_is_asked_in_the_older_one_where_that_was_said(
    shared_house: House, command: str, body: dict[str, Any], first: str, second: str
) -> None:
    async with group(shared_house, 1) as (label, names), AsyncExitStack() as stack:
        (station,) = await stations_of(shared_house, stack, names)
        place = await campaign(shared_house, label, command=command, body=body, effect={"kind": "errand"})
        newer = await station.take()
        await station.refuse(newer, "NotSupported", "", {})
        older = await station.take()
        assert (newer[2], older[2]) == (first, second)
        await station.answer(older, {})
        await eventually(lambda: is_watched(shared_house, place, 1), within=30)
        action, status = (
            ("FirmwareStatusNotification", "Installed")
            if command == "update-firmware"
            else ("DiagnosticsStatusNotification", "Uploaded")
        )
        await station.ask(action, {"status": status})
        assert (await ended(shared_house, place))["outcomes"] == {"Effective": 1}
        told = (await results(shared_house, place))[names[0]]
        assert (told["action"], told["call_id"]) == (second, older[1])
        assert await station.unasked()


@pytest.mark.covers("Q111")
async def test_firmware_is_there_when_the_station_boots_with_it(shared_house: House) -> None:
    async with group(shared_house, 1) as (label, names), AsyncExitStack() as stack:
        (station,) = await stations_of(shared_house, stack, names)
        effect = {"kind": "firmware", "version": "2.*", "within_s": 600}
        place = await campaign(shared_house, label, command="data-transfer", body={"vendor": "V"}, effect=effect)
        await station.answer(await station.take(), YES)
        await eventually(lambda: is_watched(shared_house, place, 1))
        for firmware in ("1.9", "2.0"):
            shown = await results(shared_house, place)
            assert shown[names[0]]["outcome"] is None
            boot = {"chargePointVendor": "V", "chargePointModel": "M", "firmwareVersion": firmware}
            await station.ask("BootNotification", boot)
        await ended(shared_house, place)
        told = (await results(shared_house, place))[names[0]]
        assert (told["outcome"], told["detail"]) == ("Effective", "it runs 2.0")


async def is_watched(house: House, place: str, stations: int) -> bool:
    return bool((await read(house, place))["waves"][0]["watched"] == stations)


@pytest.mark.covers("Q111")
@pytest.mark.parametrize(
    ("effect", "status", "outcome", "detail"),
    [
        (None, "Installed", "Effective", "succeeded: Installed"),
        (None, "DownloadFailed", "Failed", "failed: DownloadFailed"),
        ({"kind": "firmware", "version": "2.*"}, "InstallationFailed", "Failed", "failed: InstallationFailed"),
    ],
)
async def test_a_station_is_followed_until_it_tells_how_its_errand_went(
    shared_house: House, effect: dict[str, Any] | None, status: str, outcome: str, detail: str
) -> None:
    async with group(shared_house, 1) as (label, names), AsyncExitStack() as stack:
        (station,) = await stations_of(shared_house, stack, names)
        place = await campaign(shared_house, label, command="update-firmware", body=FIRMWARE, effect=effect)
        asked = await station.take()
        assert asked[2] == "UpdateFirmware"
        await station.answer(asked, {})
        await eventually(lambda: is_watched(shared_house, place, 1))
        for told in ("Downloading", status):
            await station.ask("FirmwareStatusNotification", {"status": told})
        await ended(shared_house, place)
        told_of = (await results(shared_house, place))[names[0]]
        assert (told_of["outcome"], told_of["detail"]) == (outcome, detail)


BAD: list[tuple[dict[str, Any], str]] = [
    ({"waves": [{"stations": 1}, {}]}, "/waves/1"),
    ({"waves": [{"stations": 1, "percent": 5}]}, "/waves/0"),
    ({"waves": [{"stations": 0}]}, "/waves/0/stations"),
    ({"waves": [{"percent": 101}]}, "/waves/0/percent"),
    ({"stop": {"failures": 0}}, "/stop/failures"),
    ({"windows": [{"from": "25:00", "to": "01:00"}]}, "/windows/0/from"),
    ({"windows": [{"from": "01:00"}]}, "/windows/0/to"),
    ({"timezone": "Mars/Olympus"}, "/timezone"),
    ({"timezone": "../etc/passwd"}, "/timezone"),
    ({"effect": {"kind": "joy"}}, "/effect/kind"),
    ({"effect": {"kind": "firmware"}}, "/effect/version"),
    ({"name": ""}, "/name"),
    ({"rest_s": -1}, "/rest_s"),
    ({"command": "unlock"}, "/body/evse"),
]


@pytest.mark.parametrize(("more", "path"), BAD, ids=str)
async def test_a_roll_out_that_makes_no_sense_is_refused(shared_house: House, more: dict[str, Any], path: str) -> None:
    async with group(shared_house, 1) as (label, _):
        wish = {"name": "n", "command": "clear-cache", "selection": {"labels": [label]}, **more}
        answer = await shared_house.http.post("/campaigns", json=wish)
        assert answer.status_code == 422, answer.text
        assert [error["path"] for error in answer.json()["errors"]] == [path]
