"""Closed-loop load: every station sends its next message when the last one was answered.

Runs as a process of its own: `python -m simulators.bench.generator '{"url": ..., ...}'`, and prints
one JSON object.
"""

import asyncio
import json
import sys
import time
import uuid
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from itertools import cycle
from typing import Any

import msgspec
import uvloop
from picows import WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

UPDATES = 8
TALK_PAUSE_S = 0.2
TALK: dict[str, Callable[[], str]] = {
    "Heartbeat": lambda: "{}",
    "Authorize": lambda: '{"idToken":{"idToken":"NOBODY","type":"ISO14443"}}',
    "StatusNotification": lambda: (
        f'{{"timestamp":"{_now()}","connectorStatus":"Available","evseId":1,"connectorId":1}}'
    ),
    "MeterValues": lambda: (
        f'{{"evseId":1,"meterValue":[{{"timestamp":"{_now()}","sampledValue":[{{"value":230,"measurand":"Voltage"}}]}}]}}'
    ),
    "DataTransfer": lambda: '{"vendorId":"bench"}',
}
"""What chatty stations say."""


@dataclass(slots=True)
class Plan:
    """What to do.

    `rate` is messages a second for all stations together, 0 for as many as there are answers.
    `chatty` stations have no transactions; they send `actions` in turn instead.
    """

    url: str
    stations: int
    seconds: float
    prefix: str = "BENCH"
    rate: float = 0.0
    chatty: int = 0
    actions: list[str] = field(default_factory=lambda: list(TALK))
    boot_only: bool = False
    idle_s: float = 0.0


@dataclass(slots=True)
class Tally:
    """What came of it."""

    latencies: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    errors: int = 0
    transactions: int = 0


class Station(WSListener):
    """One station; answers drive it on."""

    def __init__(self, name: str, tally: Tally, plan: Plan) -> None:
        self.name = name
        self._tally = tally
        self._plan = plan
        self._transport: WSTransport | None = None
        self._asked: dict[str, tuple[str, float]] = {}
        self._next_id = 0
        self._seq = 0
        self._transaction = ""
        self._meter = 1000
        self.answered = asyncio.Event()
        self.running = False

    def on_ws_connected(self, transport: WSTransport) -> None:
        self._transport = transport

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type != WSMsgType.TEXT:
            return
        now = time.perf_counter()
        message = _decode(frame.get_payload_as_bytes())
        if message[0] == 2:
            return
        action, asked_at = self._asked.pop(message[1], ("", now))
        if message[0] != 3:
            self._tally.errors += 1
        self._tally.latencies[action].append(now - asked_at)
        if action == "TransactionEvent":
            self._tally.transactions += 1
            if self.running and not self._plan.rate:
                self.send_event()
        else:
            self.answered.set()

    def send(self, action: str, payload: str) -> None:
        """Send a call."""
        self._next_id += 1
        message_id = str(self._next_id)
        self._asked[message_id] = (action, time.perf_counter())
        if self._transport is not None:
            self._transport.send(WSMsgType.TEXT, f'[2,"{message_id}","{action}",{payload}]'.encode())

    async def ask(self, action: str, payload: str) -> None:
        """Send a call and wait for its answer."""
        self.answered.clear()
        self.send(action, payload)
        await self.answered.wait()

    async def begin(self) -> None:
        """Boot and tell the first status."""
        await self.ask("BootNotification", '{"chargingStation":{"model":"B","vendorName":"Bench"},"reason":"PowerUp"}')
        await self.ask("StatusNotification", TALK["StatusNotification"]())

    def send_event(self) -> None:
        """Send the next event of a transaction: one start, some updates, one end, and again."""
        if self._seq == 0:
            self._transaction = str(uuid.uuid4())
        kind = "Started" if self._seq == 0 else "Ended" if self._seq > UPDATES else "Updated"
        self._meter += 100
        extra = ',"evse":{"id":1,"connectorId":1}' if self._seq == 0 else ""
        at = _now()
        self.send(
            "TransactionEvent",
            f'{{"eventType":"{kind}","timestamp":"{at}","triggerReason":"MeterValuePeriodic","seqNo":{self._seq},'
            f'"transactionInfo":{{"transactionId":"{self._transaction}"}},"meterValue":[{{"timestamp":"{at}","sampledValue":'
            f'[{{"value":{self._meter},"measurand":"Energy.Active.Import.Register","context":"Sample.Periodic"}}]}}]{extra}}}',
        )
        self._seq = 0 if kind == "Ended" else self._seq + 1


_decode = msgspec.json.Decoder().decode


def _now() -> str:
    now = time.time()
    return f"{_second(int(now))}.{int(now % 1 * 1000):03d}Z"


@lru_cache(1)
def _second(now: int) -> str:
    return datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%S")


async def connect(station: Station, plan: Plan) -> None:
    """Connect one station; a refused or lost try is made again."""
    reason = ""
    for _ in range(50):
        try:
            await ws_connect(
                lambda: station,
                f"{plan.url}/{station.name}",
                extra_headers={"Sec-WebSocket-Protocol": "ocpp2.0.1"},
                websocket_handshake_timeout=30,
                enable_auto_pong=True,
                ssl_context=_insecure() if plan.url.startswith("wss:") else None,
            )
        except Exception as error:  # noqa: BLE001  # every kind of refusal
            reason = repr(error)
            await asyncio.sleep(0.2)
        else:
            return
    raise RuntimeError(f"{station.name} could not connect: {reason}")


def _insecure() -> Any:
    import ssl  # noqa: PLC0415  # only where it is asked for

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


async def run(plan: Plan) -> dict[str, Any]:
    """Carry out a plan: print how long the boots took, then return what was measured; times in seconds."""
    tally = Tally()
    stations = [Station(f"{plan.prefix}-{n:05d}", tally, plan) for n in range(plan.stations)]
    gate = asyncio.Semaphore(200)

    async def start(station: Station) -> None:
        async with gate:
            await connect(station, plan)
        await station.begin()

    began = time.perf_counter()
    await asyncio.gather(*(start(station) for station in stations))
    booted_s = time.perf_counter() - began
    print(json.dumps({"booted_s": booted_s}), flush=True)
    await asyncio.sleep(plan.idle_s)
    if plan.boot_only:
        return {"errors": tally.errors}
    tally.latencies.clear()
    began, cpu = time.perf_counter(), time.process_time()
    await _drive(plan, stations)
    elapsed = time.perf_counter() - began
    return {
        "seconds": elapsed,
        "transactions": tally.transactions,
        "rate": tally.transactions / elapsed,
        "errors": tally.errors,
        "generator_cpu_s": time.process_time() - cpu,
        "latencies": {action: _percentiles(values) for action, values in tally.latencies.items()},
    }


async def _drive(plan: Plan, stations: list[Station]) -> None:
    talks = [asyncio.create_task(_talk(station, plan.actions)) for station in stations[: plan.chatty]]
    workers = stations[plan.chatty :]
    for station in workers:
        station.running = True
        if not plan.rate:
            station.send_event()
    if plan.rate:
        await _pace(plan, workers)
    else:
        await asyncio.sleep(plan.seconds)
    for station in workers:
        station.running = False
    for talk in talks:
        talk.cancel()


async def _pace(plan: Plan, stations: list[Station]) -> None:
    began = time.perf_counter()
    sent = 0
    while (elapsed := time.perf_counter() - began) < plan.seconds:
        while sent < elapsed * plan.rate:
            stations[sent % len(stations)].send_event()
            sent += 1
        await asyncio.sleep(0.002)
    await asyncio.sleep(0.3)


async def _talk(station: Station, actions: list[str]) -> None:
    for action in cycle(actions):
        await asyncio.sleep(TALK_PAUSE_S)
        await station.ask(action, TALK[action]())


def _percentiles(values: list[float]) -> dict[str, float]:
    ordered = sorted(values)
    return {
        "count": len(ordered),
        **{f"p{p}": ordered[min(len(ordered) - 1, int(len(ordered) * p / 100))] for p in (50, 90, 99)},
    }


if __name__ == "__main__":
    print(json.dumps(uvloop.run(run(Plan(**json.loads(sys.argv[1]))))))
