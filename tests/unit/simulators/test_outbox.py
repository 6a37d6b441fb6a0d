"""The patience of a station with messages that must not be lost."""

import asyncio
from typing import Any

import pytest
from ocpp.exceptions import InternalError

from simulators.behaviour import Clock, Meter, habits_of
from simulators.ledger import Entry, Ledger
from simulators.outbox import Message, Outbox, RetryPolicy

POLICY = RetryPolicy(attempts=4, interval_s=60.0)


def message(kind: str = "meter") -> Message:
    return Message(Entry("CP-1", "s", kind, "now", 0, None), lambda: kind, lambda _: None)


@pytest.mark.covers("TX-31", "Q70")
@pytest.mark.parametrize("failure", [TimeoutError, InternalError])
async def test_each_retry_waits_longer_until_the_last_and_then_the_next_message_goes(
    monkeypatch: pytest.MonkeyPatch, failure: type[Exception]
) -> None:
    waits: list[float] = []
    said: list[str] = []

    async def wait(seconds: float) -> None:
        waits.append(seconds)

    async def send(payload: Any, timeout_s: float) -> Any:
        said.append(payload)
        if payload == "poison":
            raise failure
        return {}

    monkeypatch.setattr("simulators.outbox.asyncio.sleep", wait)
    ledger = Ledger()
    outbox = Outbox(policy=POLICY, ledger=ledger)
    outbox.put(message("poison"))
    outbox.put(message("meter"))
    serving = asyncio.create_task(outbox.serve(send))
    await asyncio.wait_for(outbox.drained(), 5)
    serving.cancel()
    assert said == ["poison"] * 4 + ["meter"]
    assert waits == [60.0, 120.0, 180.0]
    assert [entry.kind for entry in ledger.discarded] == ["poison"]
    assert [entry.kind for entry in ledger.acknowledged] == ["meter"]


@pytest.mark.covers("TX-31", "Q70")
async def test_a_lost_connection_is_no_attempt() -> None:
    ledger = Ledger()
    outbox = Outbox(policy=POLICY, ledger=ledger)
    outbox.put(message())

    async def send(payload: Any, timeout_s: float) -> Any:
        raise ConnectionError

    for _ in range(9):
        with pytest.raises(ConnectionError):
            await outbox.serve(send)
    assert len(outbox) == 1
    assert ledger.discarded == []


def test_habits_are_read_from_words() -> None:
    words = [
        "clock=1970",
        "repeat=3",
        "deflate",
        "mangle=bom,nul",
        "idle_close_s=0.5",
        "meter=kwh",
        "transaction_id=-1",
    ]
    assert habits_of(words) == {
        "clock": Clock.EPOCH,
        "repeat": 3,
        "deflate": True,
        "mangle": ("bom", "nul"),
        "idle_close_s": 0.5,
        "meter": Meter.KWH,
        "transaction_id": -1,
    }
    for wrong in ("colour=red", "clock=noon", "repeat=often"):
        with pytest.raises(ValueError, match=r"colour|noon|often"):
            habits_of([wrong])
