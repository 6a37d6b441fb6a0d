"""What 1.6 stations leave out of their starts and stops, and what they put in: one true record all the same."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.integration.conftest import House
from tests.integration.test_session_quirks import only_session
from tests.integration.wire import MORNING, RawStation, at, start, stop, values


@pytest.mark.parametrize(
    ("status", "minutes_ago", "flag"),
    [(None, 120, "token-unknown-offline"), (None, 0, "token-unknown"), ("blocked", 0, "token-blocked")],
)
@pytest.mark.covers("Q68", "Q69", "TX-02", "TX-36")
async def test_a_token_that_is_not_good_is_told_with_its_session(
    house: House, status: str | None, minutes_ago: int, flag: str
) -> None:
    await house.register("CP-1")
    if status is not None:
        await house.token("TAG-1", status=status)
    now = (datetime.now(UTC) - MORNING).total_seconds() / 60 - minutes_ago
    async with RawStation(house, "CP-1") as station:
        answer = await station.ask("StartTransaction", start(now, 1000))
        assert answer["idTagInfo"]["status"] == ("Invalid" if status is None else "Blocked")
        await station.ask("StopTransaction", stop(now + 1, 1500, answer["transactionId"]))
    session = await only_session(house)
    assert (session["energy_wh"], session["active"]) == (500, False)
    assert flag in session["flags"]


@pytest.mark.parametrize("tag", ["TAG-1", "tag-1", " Tag-1 ", "TAG-1\t"])
@pytest.mark.covers("Q77", "TX-07")
async def test_every_spelling_of_a_tag_is_the_same_user(house: House, tag: str) -> None:
    await house.token("TAG-1")
    await house.register("CP-1")
    async with RawStation(house, "CP-1") as station:
        assert (await station.ask("Authorize", {"idTag": tag}))["idTagInfo"]["status"] == "Accepted"
        answer = await station.ask("StartTransaction", start(0, 1000, idTag=tag))
        assert answer["idTagInfo"]["status"] == "Accepted"
        await station.ask("StopTransaction", stop(5, 1500, answer["transactionId"], idTag="TAG-1"))
    assert "stopped-by-another-token" not in (await only_session(house))["flags"]


@pytest.mark.covers("Q77", "Q78", "Q42")
async def test_a_tag_longer_than_any_is_taken(house: House) -> None:
    await house.token("0123456789ABCDEF012345-")
    await house.register("CP-1")
    async with RawStation(house, "CP-1") as station:
        answer = await station.ask("StartTransaction", start(0, 1000, idTag="0123456789ABCDEF012345-"))
        assert answer["idTagInfo"]["status"] == "Accepted"
        stopped = await station.ask("StopTransaction", stop(5, 1500, answer["transactionId"], idTag="x" * 300))
        assert stopped["idTagInfo"]["status"] == "Invalid"
    session = await only_session(house)
    assert (session["energy_wh"], session["active"]) == (500, False)
    assert "stopped-by-another-token" in session["flags"]


@pytest.mark.parametrize(
    ("extras", "reason"),
    [
        ({"transactionData": []}, "Local"),
        ({"transactionData": None, "reason": None}, "Local"),
        ({"reason": ""}, "Local"),
        ({"reason": "Bored", "connectorId": 1}, "Bored"),
        ({"reason": "DeAuthorized"}, "DeAuthorized"),
        ({"meterStop": None}, "Local"),
        ({"meterStop": "1500"}, "Local"),
        ({"meterStop": 1500.0}, "Local"),
        ({"timestamp": None}, "Local"),
        ({"transactionData": [{"timestamp": at(4), "sampledValue": [{"value": "1500"}] * 9000}]}, "Local"),
    ],
)
@pytest.mark.covers("Q79", "Q36", "Q74", "TX-23", "16-CORE-13")
async def test_a_stop_may_lack_or_bring_anything(house: House, extras: dict[str, Any], reason: str) -> None:
    await house.register("CP-1")
    async with RawStation(house, "CP-1") as station:
        number = (await station.ask("StartTransaction", start(0, 1000)))["transactionId"]
        await station.ask("MeterValues", values(4, 1500, transactionId=number))
        await station.ask("StopTransaction", stop(5, 1500, number) | extras)
    session = await only_session(house)
    assert (session["energy_wh"], session["active"], session["reason"]) == (500, False, reason)


@pytest.mark.parametrize("extras", [{"idTag": None}, {"meterStart": None}, {"idTag": ""}, {"timestamp": "soon"}])
@pytest.mark.covers("Q36", "Q42", "Q74")
async def test_a_start_may_lack_what_it_must_not(house: House, extras: dict[str, Any]) -> None:
    await house.register("CP-1")
    async with RawStation(house, "CP-1") as station:
        number = (await station.ask("StartTransaction", start(0, 1000) | extras))["transactionId"]
        await station.ask("MeterValues", values(20 * 60, 1000, transactionId=number))
        await station.ask("StopTransaction", stop(20 * 60 + 5, 1500, number))
    session = await only_session(house)
    assert (session["energy_wh"], session["active"], session["number"]) == (500, False, number)


@pytest.mark.parametrize(
    ("extras", "evse", "reservation"),
    [
        ({"connectorId": 0}, 0, None),
        ({"connectorId": 99}, 99, None),
        ({"reservationId": -1}, 1, None),
        ({"reservationId": 0}, 1, None),
        ({"reservationId": 7}, 1, 7),
    ],
)
@pytest.mark.covers("Q80", "TX-28")
async def test_a_start_on_any_connector_is_recorded(
    house: House, extras: dict[str, Any], evse: int, reservation: int | None
) -> None:
    await house.register("CP-1")
    async with RawStation(house, "CP-1") as station:
        number = (await station.ask("StartTransaction", start(0, 1000, **extras)))["transactionId"]
        await station.ask("MeterValues", values(2, 1400, connector=evse, transactionId=number))
    session = await only_session(house)
    assert (session["evse"], session["reservation_id"], session["energy_wh"]) == (evse, reservation, 400)


@pytest.mark.covers("TX-30", "Q44", "Q65")
async def test_a_start_is_known_again_though_the_clock_was_set_back_before_the_stop(house: House) -> None:
    await house.token("TAG-1")
    await house.register("CP-1")
    ahead = start(20 * 60 + 30, 1000)
    async with RawStation(house, "CP-1") as station:
        number = (await station.ask("StartTransaction", ahead))["transactionId"]
        await station.ask("StopTransaction", stop(20 * 60 - 5, 1500, number))
        assert (await station.ask("StartTransaction", ahead))["transactionId"] == number
        await station.reconnect(forgotten=True)
        assert (await station.ask("StartTransaction", ahead))["transactionId"] == number
    session = await only_session(house)
    assert (session["energy_wh"], session["active"]) == (500, False)


@pytest.mark.covers("Q38", "Q42")
async def test_half_a_surrogate_pair_spoils_no_record(house: House) -> None:
    await house.register("CP-1")
    async with RawStation(house, "CP-1") as station:
        answer = await station.ask("StartTransaction", start(0, 1000, idTag="TAG-\ud800"))
        await station.ask("MeterValues", values(2, 1200, transactionId=answer["transactionId"]) | {"\udfff": "\udfff"})
        await station.ask("StopTransaction", stop(5, 1500, answer["transactionId"], idTag="TAG-\ud800"))
    session = await only_session(house)
    assert (session["energy_wh"], session["active"]) == (500, False)
    assert "\ufffd" in str(session["token"])
