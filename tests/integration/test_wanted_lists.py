"""Lists that operators want: refused where they cannot be, sent in as few updates as it takes, kept over restarts."""

import asyncio
import itertools
from typing import Any

import pytest

from csms.features.local_lists.keeper import ListKeeper
from csms.features.local_lists.sync import ListSync
from csms.node.fleet import check_call
from handlers.phrasebook import VersionedPhrasebook
from simulators.behaviour import Behaviour, Commands
from simulators.listed import Lists
from simulators.station import SimulatedStation
from tests.eventually import eventually
from tests.integration.conftest import House

NAMES = itertools.count(1)
BOTH = pytest.mark.parametrize("version", ["1.6", "2.0.1"])


async def powered_on(house: House, version: str = "1.6", **habits: Any) -> SimulatedStation:
    station = await house.station(f"LISTED-{next(NAMES)}", version=version, behaviour=Behaviour(**habits))
    await asyncio.wait_for(station.connected.wait(), 10)
    return station


def tags(count: int) -> list[dict[str, Any]]:
    return [{"token": f"TAG-{n}"} for n in range(count)]


async def want(house: House, station: SimulatedStation, entries: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    answer = await house.http.put(f"{path_of(station)}/wanted", json={"entries": entries, **more})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def sync(house: House, station: SimulatedStation) -> dict[str, Any]:
    answer = await house.http.post(f"{path_of(station)}/sync")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def drift(house: House, station: SimulatedStation) -> list[str]:
    answer = await house.http.get(f"{path_of(station)}/drift")
    assert answer.status_code == 200, answer.text
    return [one["token"] for one in answer.json()]


def path_of(station: SimulatedStation) -> str:
    return f"/stations/{station.station}/local-list"


def sent(station: SimulatedStation) -> list[tuple[str, int]]:
    """Return the updates that a station was sent: which kind, and of how many entries."""
    updates = [payload for action, payload in station.commands if action == "SendLocalList"]
    return [(one["update_type"], len(one.get("local_authorization_list") or ())) for one in updates]


@BOTH
@pytest.mark.covers("16-LAL-02", "16-LAL-04", "16-LAL-07", "16-LAL-08", "Q112", "Q43", "TC_D_02")
async def test_a_long_list_is_sent_in_parts_and_then_only_what_is_different(shared_house: House, version: str) -> None:
    station = await powered_on(shared_house, version)
    shown = await want(shared_house, station, tags(50))
    assert (shown["wanted"]["count"], shown["wanted"]["drifts"], sent(station)) == (50, True, [])
    after = await sync(shared_house, station)
    assert (after["wanted"]["sync"]["outcome"], after["wanted"]["drifts"], after["count"]) == ("InSync", False, 50)
    updates = sent(station)
    assert [kind for kind, _ in updates] == ["Full", *["Differential"] * (len(updates) - 1)]
    assert all(count <= 20 for _, count in updates)
    assert len(station.local_list) == 50
    await want(shared_house, station, [*tags(49), {"token": "NEW", "status": "blocked"}])
    assert await drift(shared_house, station) == ["NEW", "TAG-49"]
    after = await sync(shared_house, station)
    assert sent(station)[len(updates) :] == [("Differential", 2)]
    assert (after["wanted"]["sync"]["sent"], len(station.local_list), station.local_list["new"].status) == (
        1,
        50,
        "Blocked",
    )
    await sync(shared_house, station)
    assert len(sent(station)) == len(updates) + 1, "nothing is sent for nothing"
    assert await drift(shared_house, station) == []


CASES = [
    (Lists.NONE, "1.6", "Unsupported", []),
    (Lists.NOT_SUPPORTED, "1.6", "Unsupported", [("Full", 6)]),
    (Lists.FAIL, "1.6", "Refused", [("Full", 6)]),
    (Lists.FAIL, "2.0.1", "Refused", [("Full", 6)]),
    (Lists.FEW, "1.6", "TooLarge", []),
    (Lists.FEW, "2.0.1", "Refused", [("Full", 6)]),
]


@pytest.mark.covers("16-LAL-01", "16-LAL-05", "16-LAL-06", "16-LAL-07", "Q112")
@pytest.mark.parametrize(("habit", "version", "outcome", "updates"), CASES)
async def test_a_station_that_cannot_have_the_list_is_asked_no_more_than_it_takes_to_know(
    shared_house: House, habit: Lists, version: str, outcome: str, updates: list[tuple[str, int]]
) -> None:
    station = await powered_on(shared_house, version, lists=habit)
    await want(shared_house, station, tags(6))
    after = await sync(shared_house, station)
    assert (after["wanted"]["sync"]["outcome"], after["wanted"]["drifts"]) == (outcome, True)
    assert sent(station) == updates


@BOTH
@pytest.mark.covers("16-LAL-05", "TC_D_01")
async def test_a_change_that_is_not_taken_is_followed_by_the_whole(shared_house: House, version: str) -> None:
    station = await powered_on(shared_house, version, lists=Lists.MISMATCH)
    await want(shared_house, station, tags(6))
    await sync(shared_house, station)
    await want(shared_house, station, tags(7))
    after = await sync(shared_house, station)
    assert sent(station) == [("Full", 6), ("Differential", 1), ("Full", 7)]
    assert (after["wanted"]["sync"]["outcome"], len(station.local_list)) == ("InSync", 7)


@pytest.mark.covers("16-LAL-04", "TX-08")
async def test_a_token_alone_stands_for_its_record(shared_house: House) -> None:
    token = await shared_house.token("RECORDED-1", group="FAMILY")
    station = await powered_on(shared_house)
    await want(shared_house, station, [{"token": "recorded-1"}, {"token": "STRANGER"}])
    await sync(shared_house, station)
    listed = station.local_list["RECORDED-1"]
    assert listed is not None
    assert (listed.status, listed.group) == ("Accepted", "FAMILY")
    await shared_house.http.patch(f"/tokens/{token['id']}", json={"status": "blocked"})
    assert await drift(shared_house, station) == ["recorded-1"]
    await sync(shared_house, station)
    assert station.local_list["RECORDED-1"].status == "Blocked"


@pytest.mark.covers("16-LAL-07")
async def test_a_list_that_cannot_be_is_refused_by_the_field_and_nothing_is_sent(shared_house: House) -> None:
    station = await powered_on(shared_house)

    async def refused(entries: list[Any]) -> list[str]:
        answer = await shared_house.http.put(f"{path_of(station)}/wanted", json={"entries": entries})
        assert answer.status_code == 422, answer.text
        return [error["path"] for error in answer.json()["errors"]]

    assert await refused([{"token": "A"}, {"token": "a"}]) == ["/entries/1/token"]
    assert await refused([{"token": "A"}, {"token": "A", "kind": "Central"}]) == ["/entries/1/token"]
    assert await refused([{"token": "A"}, {"token": "x" * 21}]) == ["/entries/1/token"]
    assert await refused([{"token": "A", "group": "x" * 21}]) == ["/entries/0/group"]
    assert await refused([{"token": "A", "remove": True}]) == ["/entries/0/remove"]
    assert await refused([{"token": "A", "status": "good"}]) == ["/entries/0/status"]
    await shared_house.http.post(f"/stations/{station.station}/commands/get-variables", json={})
    assert await refused(tags(1001)) == ["/entries"]
    assert sent(station) == []
    assert (await shared_house.http.post(f"{path_of(station)}/sync")).status_code == 409, "nothing is wanted"
    assert (await shared_house.http.get(f"{path_of(station)}/drift")).status_code == 404
    assert (await shared_house.http.delete(f"{path_of(station)}/wanted")).status_code == 404


@pytest.mark.covers("16-LAL-05")
async def test_how_it_went_is_told_and_two_do_not_do_it_at_once(shared_house: House) -> None:
    mute = await powered_on(shared_house, commands=Commands.MUTE)
    await want(shared_house, mute, tags(1))
    answer = await shared_house.http.post(f"{path_of(mute)}/sync", headers={"Prefer": "respond-async"})
    assert (answer.status_code, answer.json()["wanted"]["sync"]["outcome"]) == (202, None)
    assert (await shared_house.http.post(f"{path_of(mute)}/sync")).status_code == 409
    await eventually(lambda: mute.commands)
    await mute.stop()

    async def ended() -> bool:
        shown = (await shared_house.http.get(path_of(mute))).json()
        return shown["wanted"]["sync"]["outcome"] in {"Disconnected", "TimedOut"}

    await eventually(ended)
    after = await sync(shared_house, mute)
    assert after["wanted"]["sync"]["outcome"] == "Offline"
    found = (await shared_house.http.get("/local-lists", params={"drifts": True, "limit": 500})).json()["items"]
    assert mute.station in [one["station_id"] for one in found]
    assert (await shared_house.http.delete(f"{path_of(mute)}/wanted")).status_code == 204
    assert (await shared_house.http.get(path_of(mute))).json()["wanted"] is None


@pytest.mark.covers("Q112", "BOOT-14", "16-LAL-08")
async def test_a_list_that_is_to_be_kept_is_brought_back_after_a_restart_and_others_are_left_alone(
    house: House,
) -> None:
    node = house.node
    list_sync = ListSync(
        pool=node.pool,
        calls=node.calls,
        phrasebook=VersionedPhrasebook(),
        check=check_call,
        clock=node.clock,
        call_timeout_s=5,
        command_bytes=4096,
    )
    keeper = ListKeeper(pool=node.pool, sync=list_sync, clock=node.clock, settle_s=1e-6)
    kept, left = [await powered_on(house, lists=Lists.FORGET) for _ in range(2)]
    await want(house, kept, tags(3), keep=True)
    await want(house, left, tags(3))
    await eventually(keeper.look)
    assert (len(kept.local_list), sent(left)) == (3, [])
    assert await keeper.look() == 0, "all is well"
    await kept.reboot()
    await asyncio.wait_for(kept.connected.wait(), 10)
    await eventually(keeper.look)
    assert (len(kept.local_list), [kind for kind, _ in sent(kept)]) == (3, ["Full", "Full"])
    assert await keeper.look() == 0
