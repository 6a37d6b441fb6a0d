"""A database that stops answering in the middle of a word: stations must not wait for it, and lose nothing."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Subprotocol

from tests.e2e.conftest import Program
from tests.e2e.processes import POSTGRES, frozen, pid_of
from tests.eventually import eventually

HOLD_S = 1
SOON_S = 8
"""Much less than the 30 s after which embedded stacks count a send as lost."""
START = {"connectorId": 1, "idTag": "TAG-1", "meterStart": 0, "timestamp": "2026-05-04T10:00:00Z"}


async def line(program: Program, station: str) -> ClientConnection:
    return await connect(f"{program.url}/{station}", subprotocols=[Subprotocol("ocpp1.6")])


async def say(socket: ClientConnection, action: str, payload: dict[str, Any]) -> list[Any]:
    await socket.send(json.dumps([2, f"of-{action}", action, payload]))
    return list(json.loads(await asyncio.wait_for(socket.recv(), SOON_S)))


@pytest.mark.covers("Q70")
async def test_stations_that_wait_for_a_frozen_database_are_sent_away_unanswered(tmp_path: Path) -> None:
    program = Program(tmp_path, CSMS_JOURNAL_HOLD_S=str(HOLD_S))
    await program.start()
    await program.post("/tokens", value="TAG-1")
    for station in ("AWAKE", "ASLEEP", "LATE"):
        await program.post("/stations", id=station)
    awake, asleep = await line(program, "AWAKE"), await line(program, "ASLEEP")
    assert (await say(awake, "Heartbeat", {}))[0] == 3

    with frozen(pid_of(program.folder, POSTGRES)):
        waiting = [
            asyncio.create_task(say(awake, "StartTransaction", START)),
            asyncio.create_task(say(asleep, "StartTransaction", START)),
        ]
        ends = await asyncio.gather(*waiting, return_exceptions=True)
        for end in ends:
            assert isinstance(end, ConnectionClosed), "answered, though nothing can be durable"
            assert end.rcvd is not None
            assert end.rcvd.code == 1013
        with pytest.raises(InvalidStatus) as refused:
            await line(program, "LATE")
        assert refused.value.response.status_code == 503

    await eventually(program.is_ready, within=30)
    for station in ("AWAKE", "ASLEEP"):
        again = await line(program, station)
        number = (await say(again, "StartTransaction", START))[2]["transactionId"]
        (session,) = await program.sessions(station=station)
        assert session["number"] == number
        await again.close()
    await program.stop()
