"""The disk of the database is full: nothing is acknowledged, nothing is lost, and reading goes on."""

from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest
from structlog.testing import capture_logs

from simulators.behaviour import Behaviour
from tests.eventually import eventually
from tests.integration.conftest import House

FULL = """
CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = 'disk_full'; END $$;
CREATE TRIGGER no_room BEFORE INSERT ON journal EXECUTE FUNCTION no_room()
"""


@pytest.fixture
async def admin(database: str) -> AsyncIterator["asyncpg.Connection[Any]"]:
    connection = await asyncpg.connect(database)
    yield connection
    await connection.close()


@pytest.mark.covers("Q70")
async def test_a_full_disk_costs_no_energy_and_no_session(house: House, admin: "asyncpg.Connection[Any]") -> None:
    await house.token()
    station = await house.station("CP-1", behaviour=Behaviour(reconnect_s=0.2))
    await eventually(station.connected.is_set)
    station.begin()
    await station.drained()
    with capture_logs() as lines:
        await admin.execute(FULL)
        station.charge(wh=900)
        station.end()
        await eventually(lambda: station.losses > 0)
        reasons = [line["detail"] for line in lines if line["event"] == "turn_not_durable"]
    assert "DiskFullError" in reasons[0], "the operator is told why"
    (session,) = await house.sessions(station="CP-1")
    assert session["active"], "reading goes on, and shows what is durable"
    await admin.execute("DROP TRIGGER no_room ON journal")
    await station.drained()
    (session,) = await house.sessions(station="CP-1")
    assert (session["active"], session["energy_wh"]) == (False, 900)
