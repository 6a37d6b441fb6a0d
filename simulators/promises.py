"""The reservations that a station keeps, in its way."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from simulators.behaviour import Reservations


@dataclass(frozen=True, slots=True)
class Promise:
    """An outlet kept for a token or its group; EVSE 0 is any."""

    number: int
    evse: int
    token: str
    group: str | None
    expires_at: datetime

    def is_for(self, token: str, group: str | None) -> bool:
        """Whether a driver may use it: by the token, or by the group, which is compared with groups only."""
        same_group = self.group is not None and group is not None and self.group.casefold() == group.casefold()
        return same_group or self.token.casefold() == token.casefold()


class Promises:
    """Accepts, keeps and forgets reservations; `statuses` tells how the outlets are."""

    def __init__(
        self, *, habit: Reservations, statuses: Callable[[], Mapping[int, str]], clock: Callable[[], datetime]
    ) -> None:
        self._habit = habit
        self._statuses = statuses
        self._clock = clock
        self._kept: dict[int, Promise] = {}
        self._changed = asyncio.Event()

    def __iter__(self) -> Iterator[Promise]:
        return iter(list(self._kept.values()))

    def judge(self, promise: Promise) -> str:
        """Return the status that a wish for a reservation is answered with."""
        statuses = self._statuses()
        if self._habit is Reservations.REFUSE or (promise.evse and promise.evse not in statuses):
            return "Rejected"
        if not promise.evse and self._habit is Reservations.NO_ZERO:
            return "Rejected"
        here = [statuses[promise.evse]] if promise.evse else list(statuses.values())
        answers = [self._answer(status, promise) for status in here]
        return next((answer for answer in ("Accepted", "Occupied", "Faulted") if answer in answers), "Unavailable")

    def _answer(self, status: str, promise: Promise) -> str:
        same = self._kept.get(promise.number)
        if status == "Available" or (status == "Reserved" and same is not None and same.evse == promise.evse):
            return "Accepted"
        return status if status in {"Faulted", "Unavailable"} else "Occupied"

    def keep(self, promise: Promise) -> None:
        """Take a reservation on; one of the same number is replaced."""
        self._kept[promise.number] = promise
        self._changed.set()

    def cancel(self, number: int) -> Promise | None:
        """Forget a reservation and return it; None for one that is not known, or that the station will not let go."""
        return None if self._habit is Reservations.STUBBORN else self._kept.pop(number, None)

    def at(self, evse: int) -> Promise | None:
        """Return what is promised at an outlet."""
        return next((promise for promise in self._kept.values() if promise.evse in {evse, 0}), None)

    def lets_in(self, evse: int, token: str, group: str | None) -> bool:
        """Whether a driver may start at an outlet."""
        promise = self.at(evse)
        return promise is None or self._habit is Reservations.FOR_ALL or promise.is_for(token, group)

    def use(self, evse: int, token: str, group: str | None) -> dict[str, Any]:
        """Return what a start says of the reservation that it uses, which is over then."""
        promise = next((one for one in self if one.evse in {evse, 0} and one.is_for(token, group)), None)
        if promise is None:
            return {}
        del self._kept[promise.number]
        match self._habit:
            case Reservations.UNNAMED:
                return {}
            case Reservations.MINUS_1:
                return {"reservation_id": -1}
            case _:
                return {"reservation_id": promise.number}

    def lose(self, evse: int) -> list[Promise]:
        """Forget what is promised at an outlet that broke down, and return it."""
        lost = [promise for promise in self if promise.evse == evse]
        for promise in lost:
            del self._kept[promise.number]
        return lost

    async def expired(self) -> Promise:
        """Return the next reservation whose time is over, when it is; the station has forgotten it then."""
        while True:
            self._changed.clear()
            first = min(self._kept.values(), key=lambda promise: promise.expires_at, default=None)
            left_s = None if first is None else (first.expires_at - self._clock()).total_seconds()
            if first is not None and left_s is not None and left_s <= 0:
                del self._kept[first.number]
                return first
            try:
                async with asyncio.timeout(left_s):
                    await self._changed.wait()
            except TimeoutError:
                continue
