"""A station that speaks 1.6, on the `ocpp` package's client side."""

import asyncio
from typing import Any

from ocpp.charge_point import ChargePoint
from ocpp.routing import after, on
from ocpp.v16 import ChargePoint as Peer
from ocpp.v16 import call, call_result
from ocpp.v16.enums import Action

from simulators.behaviour import Commands
from simulators.meter import Reading
from simulators.outbox import Message
from simulators.station import QUIET, Evse, SimulatedStation


class Station16(SimulatedStation):
    """A charge point of OCPP 1.6."""

    subprotocol = "ocpp1.6"

    def make_peer(self, socket: Any) -> ChargePoint:
        """Return the protocol end."""
        return Peer16(self, socket)

    async def boot(self) -> tuple[str, float]:
        """Send BootNotification."""
        answer = await self.send(
            call.BootNotification(
                charge_point_model="Simulated One",
                charge_point_vendor="Simulators",
                charge_point_serial_number=self.station[:25],
                firmware_version="1.0.0",
            )
        )
        return answer.status, float(answer.interval)

    async def say_status(self, evse: int, status: str, at: str) -> None:
        """Send StatusNotification."""
        await self.send(call.StatusNotification(connector_id=evse, error_code="NoError", status=status, timestamp=at))

    async def heartbeat(self) -> None:
        """Send Heartbeat."""
        await self.send(call.Heartbeat())

    async def authorize(self, token: str) -> str:
        """Send Authorize."""
        answer = await self.send(call.Authorize(id_tag=token))
        return str(answer.id_tag_info["status"])

    def begin_message(self, evse: Evse, token: str, **extra: Any) -> Message:
        """Return StartTransaction."""
        at = self.now()
        payload = call.StartTransaction(
            connector_id=evse.number, id_tag=token, meter_start=evse.readings[0], timestamp=at, **extra
        )
        entry = self.entry(evse, "begin", at)

        def learn(answer: Any) -> None:
            entry.transaction = str(answer.transaction_id)
            entry.answer = {"status": answer.id_tag_info["status"]}
            if evse.session == entry.session or evse.transaction is None:
                evse.transaction = entry.transaction
            self.numbers[entry.session] = answer.transaction_id

        return Message(entry, lambda: payload, learn)

    @property
    def numbers(self) -> dict[str, int]:
        """The transaction ids that the central system gave, by session."""
        if not hasattr(self, "_numbers"):
            self._numbers: dict[str, int] = {}
        return self._numbers

    def meter_message(self, evse: Evse) -> Message:
        """Return MeterValues."""
        at = self.now()
        entry, session = self.entry(evse, "meter", at), evse.session or ""
        sampled = [value for reading in evse.meter.sample() for value in _sampled(reading)]

        def word() -> Any:
            return call.MeterValues(
                connector_id=evse.number,
                transaction_id=self._number(session),
                meter_value=[{"timestamp": at, "sampledValue": sampled}],
            )

        return Message(entry, word, lambda _: self._fill(entry, session))

    def aligned_message(self, evse: Evse) -> Message:
        """Return MeterValues of the clock."""
        at, value = self.now(), {"value": str(evse.meter.register()), "context": "Sample.Clock"}
        payload = call.MeterValues(connector_id=evse.number, meter_value=[{"timestamp": at, "sampledValue": [value]}])
        return Message(self.entry(evse, "aligned", at), lambda: payload, lambda _: None)

    def poison_message(self, evse: Evse) -> Message:
        """Return MeterValues that make no sense."""
        payload = call.MeterValues(connector_id=evse.number, transaction_id=2**70, meter_value=["what?"])
        return Message(self.entry(evse, "poison", self.now()), lambda: payload, lambda _: None)

    def end_message(self, evse: Evse, reason: str) -> Message:
        """Return StopTransaction."""
        at, register, token = self.now(), evse.meter.register(), evse.token
        entry, session = self.entry(evse, "end", at), evse.session or ""

        def word() -> Any:
            return call.StopTransaction(
                meter_stop=register, timestamp=at, transaction_id=self._number(session), reason=reason, id_tag=token
            )

        return Message(entry, word, lambda _: self._fill(entry, session))

    def _number(self, session: str) -> int:
        if self.behaviour.transaction_id is not None:
            return self.behaviour.transaction_id
        return self.numbers.get(session, -1)

    def _fill(self, entry: Any, session: str) -> None:
        entry.transaction = str(self.numbers.get(session, -1))


def _sampled(reading: Reading) -> list[dict[str, Any]]:
    """Return a reading as sampled values: what proves it is one of its own."""
    given = {"measurand": reading.measurand, "unit": reading.unit, "phase": reading.phase, "context": "Sample.Periodic"}
    shared = {name: value for name, value in given.items() if value is not None}
    plain = [{"value": reading.value, **shared}]
    return plain if reading.signed is None else [*plain, {"value": reading.signed, "format": "SignedData", **shared}]


class Peer16(Peer):  # type: ignore[misc]  # the package is not typed
    """What a 1.6 station does when it is called."""

    def __init__(self, owner: Station16, socket: Any) -> None:
        super().__init__(owner.station, socket, response_timeout=120, logger=QUIET)
        self.owner = owner

    async def _take(self, action: str, payload: dict[str, Any]) -> str:
        self.owner.commands.append((action, payload))
        if self.owner.behaviour.commands is Commands.MUTE:
            await asyncio.Event().wait()
        return "Rejected" if self.owner.behaviour.commands is Commands.REJECT else "Accepted"

    @property
    def _obeys(self) -> bool:
        return self.owner.behaviour.commands in {Commands.OBEY, Commands.EFFECT_FIRST}

    @on(Action.remote_start_transaction)
    async def on_remote_start(self, id_tag: str, **more: Any) -> Any:
        free = self.owner.is_free(more.get("connector_id", 1))
        status = await self._take("RemoteStartTransaction", {"id_tag": id_tag, **more})
        return call_result.RemoteStartTransaction(status=status if free else "Rejected")

    @after(Action.remote_start_transaction)
    async def after_remote_start(self, id_tag: str, connector_id: int = 1, **_: Any) -> None:
        if self._obeys and self.owner.is_free(connector_id):
            await self.owner.plug_in(connector_id)
            self.owner.begin(connector_id, id_tag)
            await self.owner.change_status(connector_id, "Charging")

    @on(Action.remote_stop_transaction)
    async def on_remote_stop(self, transaction_id: int) -> Any:
        status = await self._take("RemoteStopTransaction", {"transaction_id": transaction_id})
        known = any(evse.transaction == str(transaction_id) for evse in self.owner.evses.values())
        return call_result.RemoteStopTransaction(status=status if known else "Rejected")

    @after(Action.remote_stop_transaction)
    async def after_remote_stop(self, transaction_id: int) -> None:
        for evse in self.owner.evses.values():
            if self._obeys and evse.session and evse.transaction == str(transaction_id):
                self.owner.end(evse.number, "Remote")
                await self.owner.change_status(evse.number, "Finishing")

    @on(Action.reset)
    async def on_reset(self, type: str) -> Any:  # noqa: A002  # the package names it so
        return call_result.Reset(status=await self._take("Reset", {"type": type}))

    @on(Action.unlock_connector)
    async def on_unlock(self, connector_id: int) -> Any:
        status = await self._take("UnlockConnector", {"connector_id": connector_id})
        return call_result.UnlockConnector(status="Unlocked" if status == "Accepted" else "UnlockFailed")

    @on(Action.change_availability)
    async def on_change_availability(self, connector_id: int, type: str) -> Any:  # noqa: A002
        status = await self._take("ChangeAvailability", {"connector_id": connector_id, "type": type})
        return call_result.ChangeAvailability(status=status)

    @on(Action.change_configuration)
    async def on_change_configuration(self, key: str, value: str) -> Any:
        return call_result.ChangeConfiguration(
            status=await self._take("ChangeConfiguration", {"key": key, "value": value})
        )

    @on(Action.get_configuration)
    async def on_get_configuration(self, key: list[str] | None = None) -> Any:
        await self._take("GetConfiguration", {"key": key})
        known = {
            "HeartbeatInterval": str(int(self.owner.heartbeat_s)),
            "NumberOfConnectors": str(len(self.owner.evses)),
        }
        wanted = key or list(known)
        return call_result.GetConfiguration(
            configuration_key=[
                {"key": name, "readonly": False, "value": known[name]} for name in wanted if name in known
            ],
            unknown_key=[name for name in wanted if name not in known],
        )

    @on(Action.clear_cache)
    async def on_clear_cache(self) -> Any:
        return call_result.ClearCache(status=await self._take("ClearCache", {}))

    @on(Action.data_transfer)
    async def on_data_transfer(self, **payload: Any) -> Any:
        return call_result.DataTransfer(status=await self._take("DataTransfer", payload))

    @on(Action.trigger_message)
    async def on_trigger(self, requested_message: str, **more: Any) -> Any:
        status = await self._take("TriggerMessage", {"requested_message": requested_message, **more})
        return call_result.TriggerMessage(status=status)

    @after(Action.trigger_message)
    async def after_trigger(self, requested_message: str, connector_id: int = 1, **_: Any) -> None:
        match requested_message if self._obeys else None:
            case "Heartbeat":
                await self.owner.heartbeat()
            case "StatusNotification":
                await self.owner.report(connector_id)
            case "BootNotification":
                await self.owner.boot()
            case "MeterValues":
                self.owner.charge(connector_id, 0)
