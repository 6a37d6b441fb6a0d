"""What 2.0.1 stations do to their transactions, over real sockets: one true record of each all the same."""

from typing import Any

import pytest

from tests.integration.conftest import House
from tests.integration.wire import RawStation, at, event


async def told(house: House, *events: dict[str, Any], station: str = "CP-1") -> list[dict[str, Any]]:
    """Let a new station tell events, and return what is on record, the oldest first."""
    await house.register(station)
    async with RawStation(house, station, "2.0.1") as raw:
        assert await raw.boot() == "Accepted"
        for message in events:
            await raw.ask("TransactionEvent", message)
    return sorted(await house.sessions(station=station), key=lambda session: str(session["began_at"]))


@pytest.mark.covers("TX-25", "Q81")
async def test_a_transaction_id_is_the_same_in_any_letter_case(house: House) -> None:
    (session,) = await told(
        house,
        event("Started", 0, 1000, name="aBc-1"),
        event("Updated", 5, 1400, name="ABC-1", seq=1),
        event("Ended", 9, 1500, name="abc-1", seq=2),
    )
    assert (session["transaction_id"], session["energy_wh"], session["active"]) == ("aBc-1", 500, False)


@pytest.mark.covers("TX-25", "Q67")
async def test_the_same_transaction_id_at_two_stations_is_two_sessions(house: House) -> None:
    await told(house, event("Started", 0, 1000), station="CP-1")
    await told(house, event("Started", 1, 9000), event("Ended", 5, 9100, seq=1), station="CP-2")
    (first,) = await house.sessions(station="CP-1")
    (second,) = await house.sessions(station="CP-2")
    assert (first["active"], second["active"], second["energy_wh"]) == (True, False, 100)


@pytest.mark.covers("TX-26", "Q82")
async def test_evse_token_and_values_may_come_once_and_late(house: House) -> None:
    begun = event("Started", 0, triggerReason="CablePluggedIn")
    del begun["idToken"], begun["evse"]
    late = {"idToken": {"idToken": "TAG-9", "type": "ISO14443"}, "evse": {"id": 2, "connectorId": 1}}
    (session,) = await told(
        house,
        begun,
        event("Updated", 1, 1000, seq=1, triggerReason="Authorized", **late),
        event("Updated", 5, 1400, seq=2),
        event("Ended", 9, 1500, seq=3),
    )
    assert (session["evse"], session["connector"], session["token"], session["energy_wh"]) == (2, 1, "TAG-9", 500)


@pytest.mark.covers("TX-29")
async def test_a_cable_that_was_never_plugged_in_ends_the_transaction_by_timeout(house: House) -> None:
    (session,) = await told(
        house,
        event("Started", 0, 1000),
        event("Ended", 2, 1000, seq=1, triggerReason="EVConnectTimeout", info={"stoppedReason": "Timeout"}),
    )
    assert (session["reason"], session["active"], session["energy_wh"]) == ("Timeout", False, 0)


@pytest.mark.covers("TX-29")
async def test_a_cable_that_was_never_plugged_in_may_leave_the_transaction_open(house: House) -> None:
    (session,) = await told(
        house,
        event("Started", 0, 1000),
        event("Updated", 2, seq=1, triggerReason="EVConnectTimeout", info={"chargingState": "Idle"}),
    )
    assert (session["active"], session["charging_state"]) == (True, "Idle")


@pytest.mark.covers("TX-39")
async def test_a_cable_taken_out_and_put_back_goes_on_with_the_same_transaction(house: House) -> None:
    (session,) = await told(
        house,
        event("Started", 0, 1000, info={"chargingState": "Charging"}),
        event("Updated", 5, 1400, seq=1, triggerReason="EVCommunicationLost", info={"chargingState": "Idle"}),
        event("Updated", 7, 1400, seq=2, triggerReason="CablePluggedIn", info={"chargingState": "EVConnected"}),
        event("Updated", 8, 1450, seq=3, triggerReason="ChargingStateChanged", info={"chargingState": "Charging"}),
        event("Ended", 9, 1500, seq=4),
    )
    assert (session["energy_wh"], session["began_at"], session["ended_at"]) == (500, at(0), at(9))


@pytest.mark.covers("Q83")
async def test_connector_1_of_two_evses_is_two_sessions_at_once(house: House) -> None:
    first, second = await told(
        house,
        event("Started", 0, 1000, name="a"),
        event("Started", 1, 7000, name="b", evse={"id": 2, "connectorId": 1}),
        event("Updated", 2, 1300, name="a", seq=1),
        event("Updated", 3, 7200, name="b", seq=1),
    )
    assert [first["active"], second["active"]] == [True, True]
    assert [first["energy_wh"], second["energy_wh"]] == [300, 200]
    assert [(first["evse"], first["connector"]), (second["evse"], second["connector"])] == [(1, 1), (2, 1)]


@pytest.mark.covers("Q82", "TX-25")
async def test_a_transaction_id_used_again_is_another_session(house: House) -> None:
    first, second = await told(
        house,
        event("Started", 0, 1000),
        event("Ended", 9, 1500, seq=1),
        event("Started", 20, 1500),
        event("Updated", 25, 1600, seq=1),
        event("Ended", 29, 1800, seq=2),
    )
    assert [first["energy_wh"], second["energy_wh"]] == [500, 300]
    assert [first["ended_at"], second["ended_at"]] == [at(9), at(29)]


@pytest.mark.covers("Q82", "Q66")
async def test_an_old_event_of_a_transaction_id_used_again_changes_neither_session(house: House) -> None:
    end = event("Ended", 9, 1500, seq=1)
    first, second = await told(
        house, event("Started", 0, 1000), end, event("Started", 20, 1500), end, event("Ended", 29, 1800, seq=1)
    )
    assert [(first["energy_wh"], first["ended_at"]), (second["energy_wh"], second["ended_at"])] == [
        (500, at(9)),
        (300, at(29)),
    ]


@pytest.mark.parametrize("seqs", [[0, 0, 0, 0], [7, 8, 9, 10], [0, 1, 0, 1], [-3, -2, -1, 0]])
@pytest.mark.covers("Q81", "Q84", "TX-32")
async def test_any_numbering_of_events_gives_the_same_record(house: House, seqs: list[int]) -> None:
    (session,) = await told(
        house,
        event("Started", 0, 1000, seq=seqs[0]),
        event("Updated", 3, 1200, seq=seqs[1]),
        event("Updated", 6, 1400, seq=seqs[2]),
        event("Ended", 9, 1500, seq=seqs[3]),
    )
    assert (session["energy_wh"], session["active"]) == (500, False)
    assert "gap" not in session["flags"]


@pytest.mark.covers("TX-33", "Q72", "Q81")
async def test_a_gap_is_told_until_the_late_event_fills_it(house: House) -> None:
    events = [event("Started", 0, 1000), event("Ended", 9, 1500, seq=2)]
    (session,) = await told(house, *events)
    assert "gap" in session["flags"]
    async with RawStation(house, "CP-1", "2.0.1") as station:
        await station.ask("TransactionEvent", event("Updated", 5, 1300, seq=1, offline=True))
    (session,) = await house.sessions(station="CP-1")
    assert "gap" not in session["flags"]
    assert (session["energy_wh"], session["active"], session["ended_at"]) == (500, False, at(9))


@pytest.mark.covers("TX-37", "Q92")
async def test_events_of_one_moment_are_parts_and_not_repetitions(house: House) -> None:
    power = {"value": 7000, "measurand": "Power.Active.Import", "unitOfMeasure": {"unit": "W"}}
    (session,) = await told(
        house,
        event("Started", 0, 1000),
        event("Updated", 5, {"value": 1400}, seq=1),
        event("Updated", 5, power, seq=2),
    )
    assert (session["energy_wh"], session["power_w"]) == (400, 7000)


@pytest.mark.covers("Q69", "TX-36", "TX-02", "TX-04")
async def test_an_offline_start_by_an_unknown_token_is_told_and_answered(house: House) -> None:
    await house.register("CP-1")
    async with RawStation(house, "CP-1", "2.0.1") as station:
        await station.boot()
        answer = await station.ask("TransactionEvent", event("Started", 0, 1000, offline=True))
        assert answer["idTokenInfo"]["status"] == "Unknown"
        answer = await station.ask("TransactionEvent", event("Ended", 9, 1500, seq=1, offline=True))
        assert "idTokenInfo" not in answer
    (session,) = await house.sessions(station="CP-1")
    assert (session["energy_wh"], session["active"]) == (500, False)
    assert {"offline", "token-unknown-offline"} <= set(session["flags"])


@pytest.mark.parametrize("missing", ["timestamp", "triggerReason", "seqNo", "meterValue"])
@pytest.mark.covers("Q36", "Q82")
async def test_an_end_may_lack_what_it_must_not(house: House, missing: str) -> None:
    end = event("Ended", 9, 1500, seq=1)
    del end[missing]
    (session,) = await told(house, event("Started", 0, 1000), event("Updated", 8, 1500, seq=1), end)
    assert (session["energy_wh"], session["active"]) == (500, False)


@pytest.mark.parametrize("broken", [{"meterValue": "abc"}, {"meterValue": [{"sampledValue": 7}]}, {"evse": "one"}])
@pytest.mark.covers("Q88", "Q42")
async def test_an_end_with_a_part_that_nobody_can_read_ends_the_session_all_the_same(
    house: House, broken: dict[str, Any]
) -> None:
    end = event("Ended", 9, seq=2) | broken
    (session,) = await told(house, event("Started", 0, 1000), event("Updated", 8, 1500, seq=1), end)
    assert (session["energy_wh"], session["active"], session["ended_at"]) == (500, False, at(9))
    assert "dropped" in session["flags"]


@pytest.mark.covers("Q81", "Q64", "Q71")
async def test_a_lost_end_that_comes_after_the_next_session_takes_its_place(house: House) -> None:
    first, second = await told(
        house,
        event("Started", 0, 1000, name="a"),
        event("Updated", 5, 1400, name="a", seq=1),
        event("Started", 20, 1500, name="b"),
        event("Ended", 9, 1500, name="a", seq=2, offline=True),
    )
    assert (first["energy_wh"], first["ended_at"], first["estimated"]) == (500, at(9), False)
    assert (second["energy_wh"], second["active"]) == (0, True)
