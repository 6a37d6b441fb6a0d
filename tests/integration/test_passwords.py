"""Passwords that stations are given over the air: which one lets them in, whatever they make of it."""

import base64
import json
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus
from websockets.typing import Subprotocol

from simulators.behaviour import Behaviour, Commands, Credentials, Unsupported
from simulators.keys import Rotation
from simulators.station import SimulatedStation
from tests.eventually import eventually
from tests.integration.conftest import House

OLD = "0123456789abcdef0123456789abcdef01234567"
TEXT = "plain words 0017!"
COMMAND = "/stations/{}/commands/change-password"


async def guarded(house: House, name: str, *, version: str = "1.6", **habits: Any) -> SimulatedStation:
    """Return a connected station of profile 1."""
    await house.register(name, security_profile=1, password=OLD)
    station = house.simulated(name, version=version, password=OLD, behaviour=Behaviour(reconnect_s=0.05, **habits))
    await station.start()
    await eventually(station.connected.is_set)
    return station


async def change(house: House, name: str, **body: Any) -> httpx.Response:
    return await house.http.post(COMMAND.format(name), json=body)


async def state_of(house: House, name: str) -> Any:
    return (await house.http.get(f"/stations/{name}")).json()["new_password"]


async def lets_in(house: House, name: str, secret: bytes | str) -> bool:
    """Whether a station comes in by a password; one that does takes the line of the station."""
    raw = secret.encode() if isinstance(secret, str) else secret
    header = "Basic " + base64.b64encode(name.encode() + b":" + raw).decode()
    try:
        async with connect(
            f"{house.url}/{name}", additional_headers={"Authorization": header}, subprotocols=[Subprotocol("ocpp1.6")]
        ):
            return True
    except InvalidStatus:
        return False


async def comes_back(station: SimulatedStation, *, restarted: bool = False) -> None:
    losses = station.losses
    await (station.reboot() if restarted else station.drop())
    await eventually(lambda: station.losses > losses)
    await eventually(station.connected.is_set)


@pytest.mark.covers("TC_073", "16-SEC-02", "SEC-13", "SEC-16", "Q21")
@pytest.mark.parametrize(
    ("form", "password", "credentials"),
    [
        ("hex", None, Credentials.RIGHT),
        ("hex", None, Credentials.UPPER_CASE),
        ("hex", None, Credentials.BYTES),
        ("hex", TEXT, Credentials.RIGHT),
        ("hex", TEXT, Credentials.BYTES),
        ("hex", "00112233445566778899AABBCCDDEEFF00112233", Credentials.BYTES),
        ("text", TEXT, Credentials.RIGHT),
        ("text", None, Credentials.RIGHT),
    ],
)
async def test_a_charge_point_comes_back_with_its_new_key_and_the_old_one_is_dead(
    shared_house: House, form: str, password: str | None, credentials: Credentials, request: pytest.FixtureRequest
) -> None:
    house, name = shared_house, f"ROTATE-{form}-{credentials}-{len(password or '')}"
    station = await guarded(house, name, credentials=credentials)
    answer = await change(house, name, form=form, **({} if password is None else {"password": password}))
    assert (answer.status_code, answer.json()["verdict"]) == (200, "Accepted"), answer.text
    ((_, asked),) = [command for command in station.commands if command[0] == "ChangeConfiguration"]
    assert asked["key"] == "AuthorizationKey"
    if form == "hex":
        assert 16 <= len(bytes.fromhex(asked["value"])) <= 20
    assert await state_of(house, name) == "accepted"
    await comes_back(station)
    assert await state_of(house, name) is None
    await station.stop()
    assert not await lets_in(house, name, OLD)
    assert await lets_in(house, name, asked["value"])


@pytest.mark.covers("SEC-14", "SEC-16", "TC_A_09")
async def test_a_station_of_2_0_1_is_given_text(shared_house: House) -> None:
    house, name = shared_house, "ROTATE-201"
    station = await guarded(house, name, version="2.0.1")
    assert (await change(house, name)).json()["verdict"] == "Accepted"
    (asked,) = station.commands[-1][1]["set_variable_data"]
    assert (asked["component"]["name"], asked["variable"]["name"]) == ("SecurityCtrlr", "BasicAuthPassword")
    assert 16 <= len(asked["attribute_value"]) <= 40
    await comes_back(station)
    await station.stop()
    assert not await lets_in(house, name, OLD)


@pytest.mark.covers("Q22", "SEC-16", "16-SEC-02")
@pytest.mark.parametrize("rotation", [Rotation.RESTART, Rotation.NEVER])
async def test_the_old_password_holds_until_the_new_one_was_used(shared_house: House, rotation: Rotation) -> None:
    house, name = shared_house, f"LATE-{rotation}"
    station = await guarded(house, name, rotation=rotation)
    await change(house, name, password=TEXT)
    for _ in range(2):
        await comes_back(station)
        assert await state_of(house, name) == "accepted"
    await comes_back(station, restarted=True)
    await station.stop()
    used = rotation is Rotation.RESTART
    assert await state_of(house, name) == (None if used else "accepted")
    assert await lets_in(house, name, OLD) is not used
    assert await lets_in(house, name, TEXT)
    assert not await lets_in(house, name, OLD), "the new one was used"


@pytest.mark.covers("16-SEC-02", "SEC-16", "Q40")
@pytest.mark.parametrize(
    "habit",
    [
        {"commands": Commands.REJECT},
        {"unsupported": Unsupported.STATUS},
        {"unsupported": Unsupported.NOT_IMPLEMENTED},
    ],
    ids=["rejected", "not supported", "error"],
)
async def test_what_a_station_does_not_take_lets_nobody_in(
    shared_house: House, habit: dict[str, Any], request: pytest.FixtureRequest
) -> None:
    house, name = shared_house, f"KEEPS-{request.node.callspec.id.replace(' ', '-')}"
    station = await guarded(house, name, **habit)
    assert (await change(house, name, password=TEXT)).status_code == 200
    await station.stop()
    assert not await lets_in(house, name, TEXT)
    assert await lets_in(house, name, OLD)


@pytest.mark.covers("Q22", "SEC-16")
async def test_while_nobody_knows_which_password_is_in_force_both_let_in(shared_house: House) -> None:
    house, name = shared_house, "NOBODY-KNOWS"
    station = await guarded(house, name, commands=Commands.MUTE)
    await house.http.patch(f"/stations/{name}", json={"call_timeout_s": 1})
    assert (await change(house, name, password=TEXT)).status_code == 504
    assert await state_of(house, name) == "sent"
    await station.stop()
    assert await lets_in(house, name, OLD)
    assert await lets_in(house, name, TEXT)
    assert await state_of(house, name) is None
    assert not await lets_in(house, name, OLD)


@pytest.mark.covers("16-SEC-02")
async def test_a_key_that_came_by_the_raw_door_lets_in_too(shared_house: House) -> None:
    house, name = shared_house, "RAW-KEY"
    station = await guarded(house, name)
    key = "ab" * 20
    await house.http.post(f"/stations/{name}/ocpp/ChangeConfiguration", json={"key": "authorizationKEY", "value": key})
    variables = [{"variable": "AuthorizationKey", "value": key[:32]}]
    await house.http.post(f"/stations/{name}/commands/set-variables", json={"variables": variables})
    await station.stop()
    for secret, fits in ((key, True), (OLD, False), (bytes.fromhex(key[:32]), True), (key, False)):
        assert await lets_in(house, name, secret) is fits


@pytest.mark.covers("16-SEC-02", "SEC-13")
@pytest.mark.parametrize(
    ("password", "form"),
    [
        ("too short", None),
        ("x" * 41, None),
        ("x" * 21, "hex"),
        ("a" * 33, "hex"),
        ("ü" * 16, "hex"),
        ("a" * 15 + "\n", None),
    ],
)
async def test_a_password_that_is_none_is_refused_before_anything_is_sent(
    shared_house: House, password: str, form: str | None
) -> None:
    house, name = shared_house, "BOUNDS"
    if not any(station.station == name for station in house.stations):
        await guarded(house, name)
    answer = await change(house, name, password=password, **({} if form is None else {"form": form}))
    assert (answer.status_code, answer.json()["errors"][0]["path"]) == (422, "/password")
    assert password not in answer.text
    assert await state_of(house, name) is None
    assert (await change(house, "BOUNDS-2")).status_code == 404


@pytest.mark.covers("SEC-15", "Q126")
async def test_a_password_is_nowhere_to_be_read(shared_house: House) -> None:
    house, name = shared_house, "DISCREET"
    station = await guarded(house, name)
    answers = [await change(house, name), await change(house, name, password=TEXT)]
    secrets = [OLD, TEXT, *(asked["value"] for _, asked in station.commands if "value" in asked)]
    await house.node.frames.write()
    answers += [await house.http.get(f"/stations/{name}{path}") for path in ("", "/frames", "/calls", "/notices")]
    kept = [answer.text for answer in answers]
    for table in ("journal", "station_calls", "frames", "outbox", "security_changes", "idempotency_keys"):
        rows = await house.node.pool.fetch(f"SELECT t::text FROM {table} AS t")
        kept += [row[0] for row in rows]
    assert len(secrets) == 4
    for secret in secrets:
        assert not [text for text in kept if secret in text or json.dumps(secret)[1:-1] in text]


@pytest.mark.covers("16-SEC-02", "Q22")
async def test_an_offline_station_keeps_its_password_and_many_get_one_each(shared_house: House) -> None:
    house = shared_house
    stations = [await guarded(house, f"MANY-{n}") for n in range(2)]
    await house.register("MANY-OFF", security_profile=1, password=OLD)
    assert (await change(house, "MANY-OFF")).status_code == 409
    assert await state_of(house, "MANY-OFF") is None
    body = {"command": "change-password", "selection": {"ids": ["MANY-0", "MANY-1"]}, "body": {"password": TEXT}}
    refused = await house.http.post("/operations", json=body)
    assert refused.status_code == 422, refused.text
    asked = await house.http.post("/operations", json=body | {"body": {}})
    assert asked.status_code == 202, asked.text
    await eventually(lambda: all(any("value" in told for _, told in one.commands) for one in stations))
    values = {told["value"] for one in stations for _, told in one.commands if "value" in told}
    assert len(values) == 2
    for one in stations:
        await comes_back(one)
        await one.stop()
        assert not await lets_in(house, one.station, OLD)
