"""Tokens that are bound to something, as stations of every version are told of it."""

from typing import Any

import pytest

from tests.integration.conftest import House
from tests.integration.wire import RawStation, at, start

TWO_PLUGS = [
    {"id": 1, "connectors": [{"id": 1, "type": "cType2"}]},
    {"id": 2, "connectors": [{"id": 1, "type": "cCCS2"}]},
]


async def authorized(station: RawStation, value: str) -> dict[str, Any]:
    """Ask for a token as stations of its version do, and return what is said of it."""
    if station._version == "1.6":
        return dict((await station.ask("Authorize", {"idTag": value}))["idTagInfo"])
    said = await station.ask("Authorize", {"idToken": {"idToken": value, "type": "ISO14443"}})
    return dict(said["idTokenInfo"])


def event(kind: str, seq: int, transaction: str = "T-1", **more: Any) -> dict[str, Any]:
    info = {"transactionId": transaction}
    return {"eventType": kind, "timestamp": at(seq), "seqNo": seq, "transactionInfo": info, **more}


@pytest.mark.covers("TX-11")
async def test_a_2x_station_is_told_at_which_evses_a_token_may_charge_or_why_at_none(shared_house: House) -> None:
    house = shared_house
    await house.register("BOUND-2", topology=TWO_PLUGS)
    await house.register("BOUND-ELSEWHERE")
    here, there = {"station": "BOUND-2", "evses": [2]}, {"station": "BOUND-ELSEWHERE"}
    await house.token("B-PART", places=[here])
    await house.token("B-AWAY", places=[there])
    await house.token("B-PLUG", connector_types=["cCCS1"])
    await house.token("B-ALL", places=[{"station": "BOUND-2"}, there])
    async with RawStation(house, "BOUND-2", "2.0.1") as station:
        await station.boot()
        assert await authorized(station, "B-PART") == {"status": "Accepted", "evseId": [2]}
        assert await authorized(station, "B-AWAY") == {"status": "NotAtThisLocation"}
        assert await authorized(station, "B-PLUG") == {"status": "NotAllowedTypeEVSE"}
        assert await authorized(station, "B-ALL") == {"status": "Accepted"}
        token = {"idToken": "B-PART", "type": "ISO14443"}
        told = event("Started", 0, triggerReason="Authorized", idToken=token, evse={"id": 1})
        answer = await station.ask("TransactionEvent", told)
        assert answer["idTokenInfo"]["status"] == "NotAtThisLocation"
    (session,) = await house.sessions(station="BOUND-2")
    assert session["flags"] == ["delivered-late", "token-notatthislocation-offline"], "it is recorded all the same"


@pytest.mark.covers("TX-11", "TX-02")
async def test_a_16_station_is_told_that_a_token_is_blocked_where_it_may_not_charge(shared_house: House) -> None:
    house = shared_house
    await house.register("BOUND-16", topology=TWO_PLUGS)
    await house.token("B-ONE", places=[{"station": "BOUND-16", "evses": [1]}])
    async with RawStation(house, "BOUND-16") as station:
        await station.boot()
        assert (await authorized(station, "B-ONE"))["status"] == "Accepted"
        answers = [await station.ask("StartTransaction", start(n, connectorId=n, idTag="B-ONE")) for n in (1, 2)]
        assert [answer["idTagInfo"]["status"] for answer in answers] == ["Accepted", "Blocked"]
        assert all(answer["transactionId"] > 0 for answer in answers)


@pytest.mark.covers("TX-06")
async def test_a_token_for_one_session_at_a_time_begins_no_second_one_elsewhere(shared_house: House) -> None:
    house = shared_house
    now = {"timestamp": None}
    for name in ("SINGLE-A", "SINGLE-B"):
        await house.register(name)
    await house.token("B-SINGLE", one_session=True)
    await house.token("B-MANY")
    async with RawStation(house, "SINGLE-A") as first, RawStation(house, "SINGLE-B") as second:
        for station in (first, second):
            now = {"timestamp": (await station.ask("Heartbeat", {}))["currentTime"]}
        for value in ("B-SINGLE", "B-MANY"):
            began = await first.ask("StartTransaction", start(0, connectorId=len(value), idTag=value, **now))
            assert began["idTagInfo"]["status"] == "Accepted"
        assert (await authorized(first, "B-SINGLE"))["status"] == "Accepted", "there it is presented to stop"
        assert (await authorized(second, "B-SINGLE"))["status"] == "ConcurrentTx"
        assert (await authorized(second, "B-MANY"))["status"] == "Accepted"
        late = await second.ask("StartTransaction", start(0, idTag="B-SINGLE"))
        assert late["idTagInfo"]["status"] == "Accepted", "a start of the past was let in by the station"


@pytest.mark.covers("TX-10")
async def test_who_comes_while_a_stopped_session_still_stands_is_asked_to_come_again(shared_house: House) -> None:
    house = shared_house
    await house.register("STANDING")
    for value in ("B-FIRST", "B-SECOND"):
        await house.token(value)
    first = {"idToken": "B-FIRST", "type": "ISO14443"}
    async with RawStation(house, "STANDING", "2.0.1") as station:
        await station.boot()
        begun = event("Started", 0, triggerReason="Authorized", idToken=first, evse={"id": 1})
        await station.ask("TransactionEvent", begun)
        assert (await authorized(station, "B-SECOND"))["status"] == "Accepted"
        await station.ask("TransactionEvent", event("Updated", 1, triggerReason="StopAuthorized", idToken=first))
        assert (await authorized(station, "B-SECOND"))["status"] == "NotAtThisTime"
        assert (await authorized(station, "B-FIRST"))["status"] == "Accepted"
        await station.ask("TransactionEvent", event("Ended", 2, triggerReason="EVDeparted"))
        assert (await authorized(station, "B-SECOND"))["status"] == "Accepted"


@pytest.mark.covers("TX-54")
async def test_a_driver_reads_a_message_where_the_station_says_that_it_shows_some(shared_house: House) -> None:
    house = shared_house
    await house.register("SHOWS")
    await house.token("B-READS", message="Enjoy", language="nl")
    report = {
        "requestId": 1,
        "generatedAt": at(0),
        "seqNo": 0,
        "reportData": [
            {
                "component": {"name": "DisplayMessageCtrlr"},
                "variable": {"name": "Available"},
                "variableAttribute": [{"value": "true"}],
            }
        ],
    }
    async with RawStation(house, "SHOWS", "2.0.1") as station:
        await station.boot()
        assert await authorized(station, "B-READS") == {"status": "Accepted", "language1": "nl"}
        await station.ask("NotifyReport", report)
        shown = {"format": "UTF8", "language": "nl", "content": "Enjoy"}
        assert (await authorized(station, "B-READS"))["personalMessage"] == shown


@pytest.mark.parametrize(
    ("members", "path"),
    [
        ({"places": [{}]}, "/places/0"),
        ({"places": [{"site": "S", "station": "S"}]}, "/places/0"),
        ({"places": [{"site": "S", "evses": [1]}]}, "/places/0"),
        ({"places": [{"station": "NOBODY-KNOWS"}]}, "/places/0"),
        ({"places": [{"site": "NOBODY-KNOWS"}]}, "/places/0"),
        ({"places": [{"station": "S", "evses": [0]}]}, "/places/0/evses/0"),
        ({"connector_types": [""]}, "/connector_types/0"),
        ({"language": "klingon!"}, "/language"),
        ({"message": "x" * 513}, "/message"),
    ],
)
async def test_what_a_token_cannot_be_bound_to_is_refused_by_its_path(
    shared_house: House, members: dict[str, Any], path: str
) -> None:
    answer = await shared_house.http.post("/tokens", json={"value": "B-NEVER", **members})
    assert answer.status_code == 422, answer.text
    assert [error["path"] for error in answer.json()["errors"]] == [path]
