"""Plays what a real charge-point stack once put on the wire against a node of ours.

A recording is a line of JSON for each frame and each event of the line, in order. The station's calls are sent as they
were recorded and its lines break where they broke; what was asked of it then is asked again through the raw door, and
answered as it answered. Times are moved so that the recording ends now; numbers of transactions are those of our node.
"""

import asyncio
import contextlib
import gzip
import json
import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from tests.integration.conftest import House

FOLDER = Path(__file__).parents[1] / "data" / "traces"
TIME = re.compile(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d")
CALL, RESULT, ERROR = 2, 3, 4
PATIENCE_S = 10.0
BOOT_POLICIES = {"Accepted": "accept", "Pending": "pending", "Rejected": "reject"}


class Recording:
    """The lines of a recording, its times moved to the present."""

    def __init__(self, name: str) -> None:
        lines = gzip.decompress((FOLDER / f"{name}.jsonl.gz").read_bytes()).decode().splitlines()
        self.last = max(datetime.fromisoformat(json.loads(line)["ts"]) for line in lines)
        self.moved = datetime.now(UTC).replace(microsecond=0) - self.last.replace(microsecond=0)
        self.lines = [json.loads(self._moved_to_now(line)) for line in lines]

    def _moved_to_now(self, line: str) -> str:
        def move(found: re.Match[str]) -> str:
            at = datetime.fromisoformat(found[0] + "+00:00")
            return (
                (at + self.moved).strftime("%Y-%m-%dT%H:%M:%S") if abs(at - self.last) < timedelta(days=1) else found[0]
            )

        return TIME.sub(move, line)

    def frames(self, direction: str) -> Iterator[list[Any]]:
        """Return the frames of one direction that can be read."""
        for line in self.lines:
            if line["dir"] == direction:
                with contextlib.suppress(ValueError):
                    yield json.loads(line["frame"])

    @property
    def answers(self) -> dict[str, Any]:
        """What the system of that day answered, by the id of the call."""
        return {frame[1]: frame[2] for frame in self.frames("out") if frame[0] == RESULT}

    def tokens(self) -> set[str]:
        """Return the tokens that were good that day."""
        answers, good = self.answers, set()
        for frame in self.frames("in"):
            if frame[0] == CALL:
                token = frame[3].get("idTag") or frame[3].get("idToken", {}).get("idToken")
                info = answers.get(frame[1], {})
                info = info.get("idTagInfo") or info.get("idTokenInfo") or {}
                good |= {token} if token and info.get("status") == "Accepted" else set()
        return good


class Replay:
    """A station that says again what it said; `refused` are actions that got an error of ours, and a result then."""

    def __init__(self, house: House, station: str, recording: Recording) -> None:
        self.refused: set[str] = set()
        self._house = house
        self._station = station
        self._recording = recording
        self._then = recording.answers
        self._socket: ClientConnection | None = None
        self._reading: asyncio.Task[None] | None = None
        self._asking: list[asyncio.Task[Any]] = []
        self._answers: dict[str, tuple[str, asyncio.Future[list[Any]]]] = {}
        self._commands: asyncio.Queue[list[Any]] = asyncio.Queue()
        self._ids: dict[str, str] = {}
        self._numbers: dict[Any, int] = {}

    async def run(self) -> None:
        """Play the whole recording."""
        for line in self._recording.lines:
            match line:
                case {"dir": "event", "event": "connected"}:
                    await self._connect(line["subprotocol"])
                case {"dir": "event", "event": "disconnected"}:
                    await self._part()
                case {"dir": "event", "event": "call-timeout"}:
                    self._house.node.listeners[0].sweep(time.monotonic() + PATIENCE_S)
                    await asyncio.gather(*self._asking)
                case {"dir": "in"} | {"dir": "out"}:
                    with contextlib.suppress(ValueError):
                        await self._play(line["dir"], json.loads(line["frame"]))
        await self._part()
        await asyncio.gather(*self._asking)

    async def _play(self, direction: str, frame: list[Any]) -> None:
        match direction, frame[0]:
            case "in", 2:
                await self._say(frame)
            case "in", _:
                await self._answer(frame)
            case "out", 2:
                await self._order(frame)
            case "out", _:
                await self._hear(frame)

    async def _connect(self, subprotocol: str) -> None:
        self._socket = await connect(
            f"{self._house.url}/{self._station}",
            subprotocols=[Subprotocol(subprotocol)],
            max_size=None,
            ping_interval=None,
        )
        self._reading = asyncio.create_task(self._read(self._socket))

    async def _part(self) -> None:
        if self._socket is not None and self._reading is not None:
            self._socket.transport.abort()
            await self._reading
        self._commands = asyncio.Queue()

    async def _read(self, socket: ClientConnection) -> None:
        with contextlib.suppress(ConnectionClosed):
            async for text in socket:
                frame = json.loads(text)
                if frame[0] == CALL:
                    self._commands.put_nowait(frame)
                elif not (waiting := self._answers[frame[1]][1]).done():
                    waiting.set_result(frame)

    async def _say(self, frame: list[Any]) -> None:
        assert self._socket is not None
        _, id_, action, payload = frame
        if action == "BootNotification" and id_ in self._then:
            policy = {"boot_policy": BOOT_POLICIES[self._then[id_]["status"]]}
            answer = await self._house.http.patch(f"/stations/{self._station}", json=policy)
            assert answer.status_code == 200, answer.text
        self._answers[id_] = action, asyncio.get_running_loop().create_future()
        with contextlib.suppress(ConnectionClosed):
            await self._socket.send(json.dumps([CALL, id_, action, self._renumbered(payload)]))

    async def _hear(self, frame: list[Any]) -> None:
        """Wait for our answer where that day's came; learn the numbers of transactions by it."""
        action, waiting = self._answers[frame[1]]
        answer = await asyncio.wait_for(waiting, PATIENCE_S)
        if answer[0] == RESULT and "transactionId" in answer[2]:
            self._numbers[frame[2].get("transactionId")] = answer[2]["transactionId"]
        if answer[0] == ERROR and frame[0] == RESULT:
            self.refused.add(action)

    async def _order(self, frame: list[Any]) -> None:
        """Ask through the raw door what was asked that day."""
        _, id_, action, payload = frame
        path = f"/stations/{self._station}/ocpp/{action}?validate=false"
        asking = self._house.http.post(path, json=self._renumbered(payload))
        self._asking.append(asyncio.create_task(asking))
        command = await asyncio.wait_for(self._commands.get(), PATIENCE_S)
        assert command[2] == action
        self._ids[id_] = command[1]

    async def _answer(self, frame: list[Any]) -> None:
        """Answer as the station did; what it answered to nothing goes out as it is."""
        assert self._socket is not None
        with contextlib.suppress(ConnectionClosed):
            await self._socket.send(json.dumps([frame[0], self._ids.get(frame[1], frame[1]), *frame[2:]]))

    def _renumbered(self, payload: Any) -> Any:
        """Return a payload with our number in place of that day's."""
        if isinstance(payload, list):
            return [self._renumbered(one) for one in payload]
        if not isinstance(payload, dict):
            return payload
        return {
            name: self._numbers.get(value, value)
            if name == "transactionId" and type(value) is int
            else self._renumbered(value)
            for name, value in payload.items()
        }
