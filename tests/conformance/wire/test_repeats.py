"""What stacks say again and how they count their messages; and values whose times and numbers say little."""

from datetime import datetime
from typing import Any

import pytest

from tests.conformance.wire.stacks import stack
from tests.integration.conftest import House
from tests.integration.wire import at, event, start, stop, values

NOW = 20 * 60
"""The present, in minutes of the story."""


@pytest.mark.covers("W9", "Q65")
@pytest.mark.parametrize("forgotten", [False, True], ids=["same house", "house restarted"])
@pytest.mark.parametrize("ids", [["a", "b", "c"], ["a", "a", "a"]], ids=["new ids", "same id"])
async def test_a_session_of_1_6_that_is_told_over_and_over_is_one(
    shared_house: House, ids: list[str], *, forgotten: bool
) -> None:
    async with stack(shared_house) as station:
        numbers = set()
        for id_ in (*ids, *ids):
            numbers.add((await station.ask("StartTransaction", start(0, 1000), f"start-{id_}"))["transactionId"])
            if id_ == ids[-1]:
                await station.reconnect(forgotten=forgotten)
        (number,) = numbers
        for id_ in (*ids, *ids):
            await station.ask("MeterValues", values(5, 1300, transactionId=number), f"values-{id_}")
            await station.ask("StopTransaction", stop(9, 1500, number), f"stop-{id_}")
        assert (await station.ask("StartTransaction", start(0, 1000), "late"))["transactionId"] == number
        (session,) = await station.sessions()
        assert (session["energy_wh"], session["active"], session["ended_at"]) == (500, False, at(9))
        kept = await shared_house.http.get(f"/sessions/{session['id']}/meter-values")
        assert [value["value"] for value in kept.json()] == ["1000", "1300", "1500"]


@pytest.mark.covers("W9", "Q65")
@pytest.mark.parametrize("version", ["2.0.1", "2.1"])
@pytest.mark.parametrize("ids", [["a", "b", "c"], ["a", "a", "a"]], ids=["new ids", "same id"])
async def test_events_that_got_an_error_are_taken_when_they_come_again_and_count_once(
    shared_house: House, version: str, ids: list[str]
) -> None:
    async with stack(shared_house, version, boots=False, boot_policy="pending") as station:
        assert await station.boot() == "Pending"
        told = [event("Started", 0, 1000), event("Updated", 5, 1300, seq=1), event("Ended", 9, 1500, seq=2)]
        for id_ in ids:
            error = await station.say("TransactionEvent", told[0], f"0-{id_}")
            assert error[:3] == [4, f"0-{id_}", "SecurityError"]
        await shared_house.http.patch(station.address, json={"boot_policy": "accept"})
        assert await station.boot() == "Accepted"
        for n, one in enumerate(told):
            for id_ in ids:
                await station.ask("TransactionEvent", one, f"{n}-{id_}")
        await station.reconnect()
        for n, one in enumerate(told):
            await station.ask("TransactionEvent", one, f"{n}-{ids[0]}")
        (session,) = await station.sessions()
        assert (session["energy_wh"], session["active"], session["ended_at"]) == (500, False, at(9))
        kept = await shared_house.http.get(f"/sessions/{session['id']}/meter-values")
        assert [value["value"] for value in kept.json()] == ["1000", "1300", "1500"]


@pytest.mark.covers("W10", "Q27")
@pytest.mark.parametrize("reboots", [True, False], ids=["after a restart", "on one line"])
async def test_one_message_id_of_two_starts_is_two_transactions(shared_house: House, *, reboots: bool) -> None:
    async with stack(shared_house) as station:
        numbers = []
        for minute in (0, 3):
            answer = await station.ask("StartTransaction", start(minute, 1000 + minute), "7")
            numbers.append(answer["transactionId"])
            await station.ask("StopTransaction", stop(minute + 2, 1100 + minute, numbers[-1]), "8")
            if reboots:
                await station.reconnect()
                await station.boot()
        assert await station.told("number", "energy_wh", "active") == [
            (numbers[0], 100, False),
            (numbers[1], 100, False),
        ]
        assert numbers[0] != numbers[1]


@pytest.mark.covers("W10")
@pytest.mark.parametrize("version", ["2.0.1", "2.1"])
async def test_one_message_id_of_many_events_hides_none_of_them(shared_house: House, version: str) -> None:
    async with stack(shared_house, version) as station:
        for seq, (kind, wh) in enumerate([("Started", 1000), ("Updated", 1300), ("Updated", 1400), ("Ended", 1500)]):
            await station.ask("TransactionEvent", event(kind, seq, wh, seq=seq), "1")
        assert await station.told("energy_wh", "active") == [(500, False)]


@pytest.mark.covers("W10")
async def test_boots_of_two_lives_under_one_message_id_are_two_boots(shared_house: House) -> None:
    report = {"chargePointVendor": "V", "chargePointModel": "M"}
    async with stack(shared_house, boots=False) as station:
        booted = []
        for _ in range(2):
            answer = await station.ask("BootNotification", report, "same-as-ever")
            assert answer["status"] == "Accepted"
            booted.append((await station.read())["booted_at"])
            await station.reconnect()
        assert booted[0] < booted[1]


@pytest.mark.covers("W10", "Q27")
async def test_a_station_whose_messages_all_have_one_id_hears_what_is_so_today(shared_house: House) -> None:
    report = {"chargePointVendor": "V", "chargePointModel": "M"}
    async with stack(shared_house, boots=False, boot_policy="pending") as station:
        tag = f"NEW-{station.name}"
        assert (await station.ask("BootNotification", report, "0"))["status"] == "Pending"
        await shared_house.http.patch(station.address, json={"boot_policy": "accept"})
        assert (await station.ask("BootNotification", report, "0"))["status"] == "Accepted"
        assert (await station.ask("Authorize", {"idTag": tag}, "0"))["idTagInfo"]["status"] == "Invalid"
        await shared_house.token(tag)
        assert (await station.ask("Authorize", {"idTag": tag}, "0"))["idTagInfo"]["status"] == "Accepted"


@pytest.mark.covers("W11", "Q44")
async def test_values_of_1970_move_no_session_and_take_no_time_of_theirs_for_true(shared_house: House) -> None:
    async with stack(shared_house) as station:
        old = values(0, 1000, transactionId=None)
        old["meterValue"][0]["timestamp"] = "1970-01-01T00:59:33Z"
        await station.ask("MeterValues", old)
        assert await station.sessions() == []
        number = (await station.ask("StartTransaction", start(NOW - 10, 1000)))["transactionId"]
        old["meterValue"][0]["sampledValue"] = [{"value": "1200"}]
        await station.ask("MeterValues", old | {"transactionId": number})
        (session,) = await station.sessions()
        assert (session["energy_wh"], session["began_at"], session["active"]) == (200, at(NOW - 10), True)
        kept = (await shared_house.http.get(f"/sessions/{session['id']}/meter-values")).json()
        assert min(datetime.fromisoformat(value["at"]).year for value in kept) > 1970
        await station.ask("StopTransaction", stop(NOW + 1, 1500, number))
        assert await station.told("energy_wh", "active") == [(500, False)]


@pytest.mark.covers("W11", "Q62")
async def test_values_of_transaction_minus_1_after_a_refused_start_are_of_that_start(shared_house: House) -> None:
    await shared_house.http.post("/tokens", json={"value": "BARRED", "status": "blocked"})
    async with stack(shared_house) as station:
        await station.say_status("Preparing", -1)
        answer = await station.ask("StartTransaction", start(0, 1000, idTag="BARRED"))
        assert answer["idTagInfo"]["status"] == "Blocked"
        for minute in (1, 2, 3):
            await station.ask("MeterValues", values(minute, 1000, transactionId=-1))
        assert await station.told("number", "energy_wh", "token") == [(answer["transactionId"], 0, "BARRED")]
        number = (await station.ask("StartTransaction", start(5, 1000)))["transactionId"]
        await station.ask("StopTransaction", stop(9, 1500, number))
        assert await station.told("energy_wh", "active", "token") == [(0, False, "BARRED"), (500, False, "TAG-1")]


@pytest.mark.covers("W11", "Q90")
async def test_values_dated_at_the_begin_of_their_interval_and_those_of_the_clock_all_count(
    shared_house: House,
) -> None:
    clock: dict[str, Any] = {"context": "Sample.Clock"}
    async with stack(shared_house) as station:
        number = (await station.ask("StartTransaction", start(0.5, 1000)))["transactionId"]
        await station.ask("MeterValues", values(0, 1200, transactionId=number))
        await station.ask("MeterValues", values(5, {"value": "1300", **clock}))
        await station.ask("MeterValues", values(8, 1450, transactionId=number))
        (session,) = await station.sessions()
        assert (session["energy_wh"], session["began_at"]) == (450, at(0.5))
        await station.ask("StopTransaction", stop(9, 1500, number))
        assert await station.told("energy_wh", "active", "ended_at") == [(500, False, at(9))]
