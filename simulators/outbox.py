"""The queue of a station for messages that must not be lost, with the patience of embedded stacks."""

import asyncio
import random
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from ocpp.exceptions import OCPPError

from simulators.ledger import Entry, Ledger


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often a message is sent before it is given up; the n-th retry waits n intervals (1.6 §3.7.1).

    A timeout and a CALLERROR both count as an attempt, a lost connection does not (Q70).
    """

    attempts: int = 3
    interval_s: float = 60.0
    timeout_s: float = 40.0


@dataclass(slots=True)
class Message:
    """One message in the queue: how to word it now, and what to do with its answer."""

    entry: Entry
    word: Callable[[], Any]
    on_answer: Callable[[Any], None]
    tried: int = 0


Send = Callable[[Any, float], Awaitable[Any]]
"""Sends a payload and returns the result; raises `ConnectionError`, `TimeoutError` or `OCPPError`."""


class Outbox:
    """Sends in order, one at a time, and keeps the ledger. `lost_answers` of each message never arrive."""

    def __init__(self, *, policy: RetryPolicy, ledger: Ledger, lost_answers: int = 0) -> None:
        self._policy = policy
        self._ledger = ledger
        self._lost_answers = lost_answers
        self._messages: deque[Message] = deque()
        self._changed = asyncio.Event()
        self._empty = asyncio.Event()
        self._empty.set()

    def __len__(self) -> int:
        return len(self._messages)

    def put(self, message: Message) -> None:
        """Queue a message."""
        self._messages.append(message)
        self._empty.clear()
        self._changed.set()

    def shuffle(self, randomness: random.Random) -> None:
        """Mix what waits, as some stations do after an outage (Q71)."""
        messages = list(self._messages)
        randomness.shuffle(messages)
        self._messages = deque(messages)

    async def drained(self) -> None:
        """Return once every message was acknowledged or given up."""
        await self._empty.wait()

    async def serve(self, send: Send) -> None:
        """Send until the connection is lost (`ConnectionError`) or the task is cancelled."""
        while True:
            while not self._messages:
                self._empty.set()
                self._changed.clear()
                await self._changed.wait()
            await self._try(self._messages[0], send)

    async def _try(self, message: Message, send: Send) -> None:
        if message.tried:
            await asyncio.sleep(self._policy.interval_s * message.tried)
        try:
            answer = await send(message.word(), self._policy.timeout_s)
            if message.tried < self._lost_answers:
                raise TimeoutError
        except (TimeoutError, OCPPError):
            message.tried += 1
            if message.tried >= self._policy.attempts:
                self._messages.popleft()
                self._ledger.discard(message.entry)
            return
        self._messages.popleft()
        message.on_answer(answer)
        self._ledger.acknowledge(message.entry)
