"""The states that certification cases begin in, reached by a simulated station over a real socket.

A test asks the `stage` for a scene: `booted` (Boot accepted, every connector told), `authorized` (a token shown and
accepted) or `charging` (a transaction under way). When the test is over, the stage looks at every frame that was on the
wire: each call of the station must have been answered by one result, and all that we sent must keep the schema.
"""

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any

from simulators.behaviour import Behaviour
from simulators.mangle import Socket
from simulators.station import SimulatedStation
from tests.eventually import eventually
from tests.integration.conftest import House
from tests.official import faults

CALL, RESULT = 2, 3
TAG = "TAG-1"
OTHER_TAG = "TAG-2"
OF_GROUP = "FAMILY"


@dataclass
class Exchange:
    """A call and what came back: the answer's frame, once there is one; `lost`: the line broke before it could come."""

    action: str
    payload: dict[str, Any]
    answer: list[Any] | None = None
    lost: bool = False

    @property
    def result(self) -> dict[str, Any]:
        """The payload of the result; an error, or none at all, fails the test."""
        assert self.answer is not None, f"{self.action} was not answered"
        assert self.answer[0] == RESULT, self.answer
        return dict(self.answer[2])


class Tap(Socket):
    """A line that keeps what passes through it: what the station said, and what it was asked."""

    def __init__(self, socket: Socket, said: list[Exchange], asked: list[Exchange]) -> None:
        self._socket = socket
        self._said = said
        self._asked = asked
        self._open: dict[tuple[bool, str], Exchange] = {}

    async def recv(self) -> str | bytes:
        text = await self._socket.recv()
        self._note(json.loads(text), self._asked, by_station=False)
        return text

    async def send(self, message: Any) -> None:
        self._note(json.loads(message), self._said, by_station=True)
        await self._socket.send(message)

    def _note(self, frame: list[Any], kept: list[Exchange], *, by_station: bool) -> None:
        if frame[0] == CALL:
            exchange = Exchange(frame[2], frame[3])
            kept.append(exchange)
            self._open[by_station, frame[1]] = exchange
        elif (asked := self._open.pop((not by_station, frame[1]), None)) is not None:
            asked.answer = frame


@dataclass
class Scene:
    """A station at work, the operator's end of it, and all that was said between them so far."""

    house: House
    station: SimulatedStation
    version: str = "1.6"
    said: list[Exchange] = field(default_factory=list)
    asked: list[Exchange] = field(default_factory=list)

    def __post_init__(self) -> None:
        make_peer = self.station.make_peer

        def tapped(socket: Any) -> Any:
            for one in (*self.said, *self.asked):
                one.lost |= one.answer is None
            return make_peer(Tap(socket, self.said, self.asked))

        self.station.make_peer = tapped  # type: ignore[method-assign]

    @property
    def address(self) -> str:
        """Where the station is found over REST."""
        return f"/stations/{self.station.station}"

    async def command(self, name: str, **body: Any) -> dict[str, Any]:
        """Give a command, and return the payload of the station's answer; anything else fails the test."""
        told = await self.attempt(name, **body)
        assert told["outcome"] == "Answered", told
        return dict(told["answer"])

    async def attempt(self, name: str, **body: Any) -> dict[str, Any]:
        """Give a command, and return all that became of it."""
        answer = await self.house.http.post(f"{self.address}/commands/{name}", json=body)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def raw(self, action: str, payload: dict[str, Any]) -> dict[str, Any]:
        """Send a call as the specification words it, and return the payload of the answer."""
        answer = await self.house.http.post(f"{self.address}/ocpp/{action}", json=payload)
        assert answer.status_code == 200, answer.text
        return dict(answer.json()["answer"])

    def calls(self, action: str) -> list[Exchange]:
        """Return what the station said by this action, in order, less what was lost with a line."""
        return [one for one in self.said if one.action == action and not one.lost]

    def orders(self, action: str) -> list[Exchange]:
        """Return what we asked of the station by this action, in order."""
        return [one for one in self.asked if one.action == action]

    async def answered(self, action: str, times: int = 1) -> Exchange:
        """Return the newest call of this action, once the station has said it so often and was answered."""

        def look() -> Exchange | None:
            done = [one for one in self.calls(action) if one.answer is not None]
            return done[-1] if len(done) >= times else None

        found: Exchange = await eventually(look)
        assert found.result is not None
        return found

    async def shows(self, status: str, connector: int = 1) -> dict[str, Any]:
        """Return the record of a connector, once it has this status."""

        async def look() -> dict[str, Any] | None:
            listed = (await self.house.http.get(f"{self.address}/connectors")).json()
            found = (one for one in listed if (one["evse"], one["status"]) == (connector, status))
            return next(found, None)

        return dict(await eventually(look))

    async def sessions(self) -> list[dict[str, Any]]:
        """Return the sessions on record, the oldest first."""
        found = await self.house.sessions(station=self.station.station)
        return sorted(found, key=lambda session: str(session["began_at"]))

    async def session(self) -> dict[str, Any]:
        """Return the only session on record."""
        (found,) = await self.sessions()
        return found

    async def authorize(self, token: str = TAG) -> dict[str, Any]:
        """A driver shows a token; return what the central system says of it."""
        await self.station.authorize(token)
        return dict(self.calls("Authorize")[-1].result["idTagInfo"])

    async def drained(self) -> None:
        """Return once the station has got rid of all its transaction messages."""
        await asyncio.wait_for(self.station.drained(), 15)

    async def booted_again(self, boots: int) -> None:
        """Return once the station has booted so often, and told all its connectors since."""
        await self.answered("BootNotification", boots)

        def look() -> bool:
            since = self.said[self.said.index(self.calls("BootNotification")[boots - 1]) :]
            told = {one.payload["connectorId"] for one in since if one.action == "StatusNotification" and one.answer}
            return told >= set(self.station.evses)

        await eventually(look)

    async def is_still_there(self) -> None:
        """Fail if the line was lost, or says nothing any more."""
        await self.station.heartbeat()
        assert self.station.losses == 0, self.station.last_loss

    async def prove(self) -> None:
        """Fail unless each call of the station got one result, and all that was sent to it keeps the schema."""
        await eventually(lambda: all(one.answer or one.lost for one in self.said))
        for one in (one for one in self.said if not one.lost):
            assert faults(self.version, one.action, "Response", one.result) == [], one
        for one in self.asked:
            assert faults(self.version, one.action, "Request", one.payload) == [], one


class Stage:
    """Where scenes are set, each with a station of its own; `prove` looks at all of them."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.scenes: list[Scene] = []

    async def scene(
        self, *, name: str = "", register: dict[str, Any] | None = None, behaviour: Behaviour | None = None, **more: Any
    ) -> Scene:
        """Register a station that two tokens of one group may use, and return it before it has connected."""
        if not self.scenes:
            for token in (TAG, OTHER_TAG):
                await self.house.token(token, group=OF_GROUP)
        name = name or f"CP-{len(self.scenes) + 1}"
        await self.house.register(name, **(register or {}))
        station = self.house.simulated(name, behaviour=behaviour, **more)
        scene = Scene(self.house, station)
        self.scenes.append(scene)
        return scene

    async def booted(self, **more: Any) -> Scene:
        """Boot accepted, and the status of the station and of every connector told."""
        scene = await self.scene(**more)
        await scene.station.start()
        await asyncio.wait_for(scene.station.connected.wait(), 10)
        await scene.station.say_status(0, "Available", scene.station.now())
        await scene.booted_again(1)
        return scene

    async def authorized(self, **more: Any) -> Scene:
        """Booted, and a driver's token was shown and accepted."""
        scene = await self.booted(**more)
        assert (await scene.authorize())["status"] == "Accepted"
        return scene

    async def charging(self, connector: int = 1, **more: Any) -> Scene:
        """Booted, authorized, plugged in, and a transaction under way that the central system has accepted."""
        scene = await self.booted(**more)
        assert await scene.station.present(connector, TAG)
        await scene.drained()
        assert scene.calls("StartTransaction")[-1].result["idTagInfo"]["status"] == "Accepted"
        await scene.shows("Charging", connector)
        return scene

    async def prove(self) -> None:
        """Fail unless every frame of every scene was as it must be."""
        for scene in self.scenes:
            await scene.prove()
