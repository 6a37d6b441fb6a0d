"""What is secret stays so: in answers, in the message log, in our log, in the database."""

import asyncpg
import pytest

from tests.eventually import eventually
from tests.integration.conftest import KEY, House

PASSWORD = "pw-Zq7-nobody-sees-it"


@pytest.mark.covers("Q126")
async def test_passwords_and_keys_are_found_nowhere(house: House, capfd: pytest.CaptureFixture[str]) -> None:
    await house.register("S", security_profile=1, password=PASSWORD)
    station = await house.station("S", register=False, password=PASSWORD)
    await station.connected.wait()
    wrong = await house.http.post("/stations", json={"id": "T", "security_profile": 1, "password": PASSWORD[:4]})
    assert wrong.status_code == 422
    answers = [wrong.text]
    await eventually(lambda: _is_online(house))
    changed = await house.http.post(
        "/stations/S/commands/set-variables",
        json={"variables": [{"variable": "AuthorizationKey", "value": PASSWORD}]},
        headers={"Idempotency-Key": "rotate"},
    )
    answers.append(changed.text)
    promised = await house.http.post(
        "/stations/S/ocpp/ChangeConfiguration",
        json={"key": "AuthorizationKey", "value": PASSWORD},
        headers={"Prefer": "respond-async"},
    )
    assert promised.status_code == 202
    await eventually(lambda: _has_ended(house, promised.headers["Location"].removeprefix("/api/v1")))
    await house.node.frames.write()
    for path in ("", "/frames", "/calls", "/notices", "/variables"):
        told = await house.http.get(f"/stations/S{path}")
        answers.append(told.text)
    assert [text for text in answers if PASSWORD in text or KEY in text] == []
    assert PASSWORD not in "".join(capfd.readouterr())
    assert await _found_in_database(house, PASSWORD) == []
    assert await _found_in_database(house, KEY) == []


async def _is_online(house: House) -> bool:
    return bool((await house.http.get("/stations/S")).json()["online"])


async def _has_ended(house: House, call: str) -> bool:
    return (await house.http.get(call)).json()["outcome"] is not None


async def _found_in_database(house: House, secret: str) -> list[str]:
    """Return the tables in which a row holds the text."""
    pool: asyncpg.Pool[asyncpg.Record] = house.node.pool
    tables = [row[0] for row in await pool.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
    return [
        table
        for table in tables
        if await pool.fetchval(f'SELECT count(*) FROM "{table}" AS t WHERE t::text LIKE $1', f"%{secret}%")
    ]
