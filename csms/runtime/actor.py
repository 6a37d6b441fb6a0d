"""Serial turns: one message at a time, and an idle actor holds no task."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Coroutine
from typing import Any

from csms.kit.tasks import Tasks

Letter = tuple[Any, "asyncio.Future[Any] | None"]
"""A message that waits for its turn, and who waits for its answer."""


class Actor(ABC):
    """Say in `receive` what a message does; no two turns of one actor overlap.

    An asker that finds the actor idle runs the turn in its own task; all others queue
    and are served in order by a task that lives as long as there are letters.
    """

    __slots__ = ("_busy", "_letters", "_tasks", "name")

    def __init__(self, *, name: str, tasks: Tasks) -> None:
        self.name = name
        self._tasks = tasks
        self._busy = False
        self._letters: list[Letter] | None = None  # short: who lets it grow is made to wait

    @property
    def waiting(self) -> int:
        """How many letters wait for their turn."""
        return len(self._letters) if self._letters else 0

    @property
    def idle(self) -> bool:
        """Whether no turn runs and none waits."""
        return not self._busy and not self._letters

    @abstractmethod
    def receive(self, message: Any) -> Coroutine[Any, Any, Any]:
        """Take one turn. It may await our own storage; never a station, another node or a provider."""

    def tell(self, message: Any) -> None:
        """Leave a message; nobody waits. An error in its turn goes to `failed`."""
        self._post((message, None))

    async def ask(self, message: Any) -> Any:
        """Leave a message and return what its turn returns, or raise what it raises."""
        if self._busy:
            answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
            self._post((message, answer))
            return await answer
        self._busy = True
        try:
            return await self.receive(message)
        finally:
            self._pass_on()

    @abstractmethod
    def failed(self, message: Any, error: Exception) -> None:
        """Hear of an error in the turn of a message that nobody waits for."""

    def _post(self, letter: Letter) -> None:
        if self._letters is None:
            self._letters = [letter]
        else:
            self._letters.append(letter)
        if not self._busy:
            self._busy = True
            self._tasks.hand(self._serve(), self.name)

    def _pass_on(self) -> None:
        self._busy = bool(self._letters)
        if self._busy:
            self._tasks.hand(self._serve(), self.name)

    async def _serve(self) -> None:
        letters = self._letters
        try:
            while letters:
                message, answer = letter = letters.pop(0)
                try:
                    result = await self.receive(message)
                except Exception as error:  # noqa: BLE001  # the asker decides, or `failed` does
                    self._fail(letter, error)
                else:
                    if answer is not None and not answer.done():
                        answer.set_result(result)
        finally:
            self._busy = False
            if letters:  # cancelled in a turn: what waits is served by nobody any more
                self._abandon(letters)
            self._letters = None

    def _fail(self, letter: Letter, error: Exception) -> None:
        message, answer = letter
        if answer is None:
            self.failed(message, error)
        elif not answer.done():
            answer.set_exception(error)

    @staticmethod
    def _abandon(letters: list[Letter]) -> None:
        for _, answer in letters:
            if answer is not None:
                answer.cancel()
        letters.clear()
