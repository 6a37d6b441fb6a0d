"""How commands come in and their answers go out, apart from what they do."""

import asyncio
import json
import uuid
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from simulators.behaviour import Answers, Behaviour, Commands, Unsupported
from simulators.mangle import Socket
from simulators.seen import CALL

CALL_RESULT, CALL_ERROR = 3, 4
LATE_S = 0.3


class CommandSocket:
    """A socket on which commands get lost, and answers leave late, twice or under another name.

    `asked` is told of every command that comes in; `chat` is what a station has to say before it
    answers, where calls of both sides cross.
    """

    def __init__(
        self,
        socket: Socket,
        behaviour: Behaviour,
        *,
        asked: Callable[[str, dict[str, Any]], None],
        chat: Callable[[], Awaitable[None]],
    ) -> None:
        self._socket = socket
        self._behaviour = behaviour
        self._asked = asked
        self._chat = chat
        self._taken = 0
        self._last_at = float("-inf")
        self._later: set[asyncio.Task[None]] = set()

    async def recv(self) -> str | bytes:
        """Return the next message that the station takes."""
        while True:
            text = await self._socket.recv()
            frame = json.loads(text)
            if frame[0] != CALL or not await self._declines(frame):
                return text

    async def _declines(self, frame: list[Any]) -> bool:
        habits, now = self._behaviour, asyncio.get_running_loop().time()
        hasty, self._last_at = now - self._last_at < habits.least_gap_s, now
        self._taken += 1
        if hasty or (habits.mute_calls_after is not None and self._taken > habits.mute_calls_after):
            self._asked(frame[2], frame[3])
            return True
        if habits.unsupported is Unsupported.NEVER:
            return False
        self._asked(frame[2], frame[3])
        match habits.unsupported:
            case Unsupported.SILENCE:
                return True
            case Unsupported.STATUS:
                answer = [CALL_RESULT, frame[1], {"status": "NotSupported"}]
            case Unsupported.REJECTED:
                answer = [CALL_RESULT, frame[1], {"status": "Rejected"}]
            case code:
                answer = [CALL_ERROR, frame[1], code.value, "", {}]
        await self._socket.send(json.dumps(answer))
        return True

    async def send(self, message: str | bytes) -> None:
        """Send a message; an answer leaves as the station's habit is."""
        frame = json.loads(message)
        if frame[0] == CALL:
            await self._socket.send(message)
            return
        match self._behaviour.commands:
            case Commands.EFFECT_NO_ANSWER:
                return
            case Commands.EFFECT_FIRST | Commands.SLOW:
                self._later_on(self._send_after(self._behaviour.slow_s, message))
                return
        match self._behaviour.answers:
            case Answers.TWICE:
                await self._socket.send(message)
                await self._socket.send(message)
            case Answers.WRONG_ID:
                await self._socket.send(json.dumps([frame[0], str(uuid.uuid4()), *frame[2:]]))
            case Answers.LATE:
                self._later_on(self._send_after(LATE_S, message))
            case Answers.CROSSING:
                self._later_on(self._send_crossing(message))
            case _:
                await self._socket.send(message)

    def _later_on(self, sending: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(sending, name="simulated/answer")
        self._later.add(task)
        task.add_done_callback(self._later.discard)

    async def _send_after(self, seconds: float, message: str | bytes) -> None:
        await asyncio.sleep(seconds)
        await self._socket.send(message)

    async def _send_crossing(self, message: str | bytes) -> None:
        await self._chat()
        await self._socket.send(message)
