"""Security profiles that are raised over the air, and never lowered."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from websockets.exceptions import InvalidStatus

from csms.embedded.postgres import EmbeddedPostgres
from csms.embedded.valkey import EmbeddedValkey
from simulators.behaviour import Behaviour, Config
from simulators.bench.servers import make_certificate
from simulators.station import SimulatedStation
from tests.conftest import fresh_database
from tests.eventually import eventually
from tests.integration.conftest import House, open_house
from tests.integration.wire import RawStation

PASSWORD = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture(scope="module")
async def two_doors(
    postgres: EmbeddedPostgres, valkey: EmbeddedValkey, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[tuple[House, dict[str, str], ssl.SSLContext]]:
    """A house with a door without TLS and one with it, their addresses by profile, and what trusts its certificate."""
    certificate, key = make_certificate(tmp_path_factory.mktemp("tls"))
    async with fresh_database(postgres) as database:
        house = await open_house(
            database, valkey.url, node="doors", tls_port=0, tls_certificate=certificate, tls_key=key
        )
        doors = {"1": house.url, "2": f"wss://127.0.0.1:{house.node.listeners[1].port}"}
        yield house, doors, ssl.create_default_context(cafile=certificate)
        await house.stop()


Doors = tuple[House, dict[str, str], ssl.SSLContext]


async def raised(house: House, name: str, **body: Any) -> httpx.Response:
    return await house.http.post(f"/stations/{name}/commands/raise-security-profile", json={"profile": 2, **body})


async def shown(house: House, name: str) -> tuple[int, int | None]:
    found = (await house.http.get(f"/stations/{name}")).json()
    return found["security_profile"], found["offered_profile"]


async def guarded(two_doors: Doors, name: str, **habits: Any) -> SimulatedStation:
    house, doors, trust = two_doors
    await house.register(name, security_profile=1, password=PASSWORD)
    behaviour = Behaviour(reconnect_s=0.05, **habits)
    station = house.simulated(name, password=PASSWORD, behaviour=behaviour, tls=trust)
    station.doors = doors
    await station.start()
    await eventually(station.connected.is_set)
    return station


async def refused_at(station: SimulatedStation, url: str) -> int:
    """Return with which status a station is refused at a door."""
    await station.stop()
    station._url = url
    with pytest.raises(InvalidStatus) as refused:
        await station._dial()
    return refused.value.response.status_code


@pytest.mark.covers("TC_083", "16-SEC-10", "SEC-05", "SEC-02")
async def test_a_charge_point_is_raised_and_refused_by_its_old_profile(two_doors: Doors) -> None:
    house, doors, _ = two_doors
    station = await guarded(two_doors, "RAISED")
    answer = (await raised(house, "RAISED")).json()
    assert (answer["verdict"], station.commands[-1]) == (
        "Accepted",
        ("ChangeConfiguration", {"key": "SecurityProfile", "value": "2"}),
    )
    assert await shown(house, "RAISED") == (1, 2)
    losses = station.losses
    assert (await house.http.post("/stations/RAISED/commands/reset", json={"immediate": True})).status_code == 200
    assert station.commands[-1] == ("Reset", {"type": "Hard"})
    await eventually(lambda: station.losses > losses and station.connected.is_set())
    await eventually(lambda: _is(house, "RAISED", (2, None)))
    assert await refused_at(station, doors["1"]) == 403


async def _is(house: House, name: str, expected: tuple[int, int | None]) -> bool:
    return await shown(house, name) == expected


@pytest.mark.covers("16-SEC-10", "TC_083")
async def test_one_command_raises_and_restarts(two_doors: Doors) -> None:
    house = two_doors[0]
    station = await guarded(two_doors, "AT-ONCE")
    answer = (await raised(house, "AT-ONCE", restart=True)).json()
    assert (answer["action"], answer["verdict"], len(answer["calls"])) == ("Reset", "Accepted", 2)
    assert [action for action, _ in station.commands] == ["ChangeConfiguration", "Reset"]
    await eventually(lambda: _is(house, "AT-ONCE", (2, None)))


@pytest.mark.covers("SEC-05", "16-SEC-10")
async def test_a_station_that_falls_back_comes_in_as_before(two_doors: Doors) -> None:
    house = two_doors[0]
    station = await guarded(two_doors, "FALLS-BACK", config=Config.IGNORE, odd_key="SecurityProfile")
    await raised(house, "FALLS-BACK", restart=True)
    await eventually(lambda: station.losses and station.connected.is_set())
    assert await shown(house, "FALLS-BACK") == (1, 2)


@pytest.mark.covers("16-SEC-10")
async def test_a_station_that_refuses_is_offered_nothing_and_not_restarted(two_doors: Doors) -> None:
    house = two_doors[0]
    station = await guarded(two_doors, "REFUSES")
    station.configuration._keys.pop("securityprofile")
    answer = (await raised(house, "REFUSES", restart=True)).json()
    assert (answer["verdict"], answer["action"]) == ("Unsupported", "ChangeConfiguration")
    assert [action for action, _ in station.commands] == ["ChangeConfiguration"]
    assert await shown(house, "REFUSES") == (1, None)


@pytest.mark.covers("SEC-04", "16-SEC-10")
async def test_no_door_lowers_a_profile(two_doors: Doors) -> None:
    house = two_doors[0]
    await house.register("STAYS", security_profile=0, password=PASSWORD)
    async with RawStation(house, "STAYS") as station:
        await station.boot()
        await house.node.pool.execute("UPDATE stations SET security_profile = 2 WHERE id = 'STAYS'")
        for value in ("1", " 0 "):
            variables = [{"variable": "securityProfile", "value": value}]
            lower = await house.http.post("/stations/STAYS/commands/set-variables", json={"variables": variables})
            assert (lower.status_code, lower.json()["errors"][0]["path"]) == (409, "/profile"), lower.text
        assert (await raised(house, "STAYS", profile=1)).status_code == 409
        values = [{"variable": "SecurityProfile", "value": "1"}]
        wanted = await house.http.put("/stations/STAYS/configuration", json={"values": values})
        assert (wanted.status_code, wanted.json()["errors"][0]["path"]) == (422, "/values/0/variable")
        assert await station.unasked()
        raw = station.order("/stations/STAYS/ocpp/ChangeConfiguration", {"key": "SecurityProfile", "value": "0"})
        await station.answer(await station.take(), {"status": "Accepted"})
        assert (await raw).status_code == 200
        await station.boot()
        assert await shown(house, "STAYS") == (2, None)
    with pytest.raises(InvalidStatus):
        await station.__aenter__()


@pytest.mark.covers("16-SEC-10")
async def test_a_profile_with_a_password_needs_one_and_2_x_words_it_otherwise(two_doors: Doors) -> None:
    house = two_doors[0]
    for name, version in (("BARE", "1.6"), ("NEWER", "2.0.1")):
        await house.register(name)
        async with RawStation(house, name, version) as station:
            await station.boot()
            answer = await raised(house, name)
            assert (answer.status_code, answer.json()["errors"][0]["path"]) == (
                (409, "/profile") if version == "1.6" else (422, "/profile")
            )
            assert await station.unasked()


@pytest.mark.covers("SEC-04")
async def test_what_an_operator_lowers_by_hand_is_not_raised_by_the_line_that_stands(two_doors: Doors) -> None:
    house = two_doors[0]
    station = await guarded(two_doors, "BY-HAND")
    await house.http.patch("/stations/BY-HAND", json={"security_profile": 0})
    await station.boot()
    assert await shown(house, "BY-HAND") == (0, None)
    await asyncio.wait_for(station.stop(), 10)


@pytest.mark.covers("SEC-37")
async def test_an_operator_says_that_the_subject_of_a_certificate_does_not_count(two_doors: Doors) -> None:
    house = two_doors[0]
    made = await house.register("ODD-PAPER", security_profile=3, any_subject=True)
    assert made["any_subject"] is True
    found = await house.node.registry.find("odd-paper")
    assert found is not None
    assert found.any_subject
    changed = await house.http.patch("/stations/ODD-PAPER", json={"any_subject": False})
    assert changed.json()["any_subject"] is False


@pytest.mark.covers("16-SEC-11")
async def test_what_is_known_of_the_keys_of_security_is_told_with_the_answer(two_doors: Doors) -> None:
    house = two_doors[0]
    await guarded(two_doors, "KEYS")
    body = {"variables": [{"variable": "CertificateStoreMaxLength", "value": "99"}]}
    written = (await house.http.post("/stations/KEYS/commands/set-variables", json=body)).json()
    assert ([one["path"] for one in written["warnings"]], written["verdict"]) == (["/variables/0/value"], "Refused")
    names = ["AuthorizationKey", "CpoName", "SecurityProfile", "CertificateSignedMaxChainSize"]
    asked = {"variables": [{"variable": name} for name in names]}
    read = (await house.http.post("/stations/KEYS/commands/get-variables", json=asked)).json()
    assert [one["path"] for one in read["warnings"]] == ["/variables/0/variable"]
    kept = {one["variable"]: one["value"] for one in (await house.http.get("/stations/KEYS/variables")).json()}
    assert (kept["SecurityProfile"], kept["CertificateSignedMaxChainSize"]) == ("1", "10000")
    assert kept.get("AuthorizationKey") in {None, ""}
