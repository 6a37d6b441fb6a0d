"""A station that speaks 1.6, on the `ocpp` package's client side."""

from typing import Any

from ocpp.charge_point import ChargePoint
from ocpp.v16 import call

from simulators.configuration import FIXED_16, KEYS_16
from simulators.evse import Evse
from simulators.listed import ITEMS
from simulators.meter import Reading
from simulators.outbox import Message
from simulators.peer16 import Peer16
from simulators.station import SimulatedStation


class Station16(SimulatedStation):
    """A charge point of OCPP 1.6."""

    subprotocol = "ocpp1.6"
    firmware = "1.0.0"
    heartbeat_key = "HeartbeatInterval"

    def make_peer(self, socket: Any) -> ChargePoint:
        """Return the protocol end."""
        return Peer16(self, socket)

    def settings(self) -> tuple[dict[str, str], dict[str, str]]:
        """Return the configuration keys."""
        units = ",".join("Current" if unit == "A" else "Power" for unit in self.limits.units)
        return KEYS_16, {
            **FIXED_16,
            "ChargingScheduleAllowedChargingRateUnit": units,
            "NumberOfConnectors": str(len(self.evses)),
            "LocalAuthListMaxLength": str(self.local_list.room),
            "SendLocalListMaxLength": str(ITEMS),
        }

    async def boot(self) -> tuple[str, float]:
        """Send BootNotification."""
        answer = await self.send(
            call.BootNotification(
                charge_point_model="Simulated One",
                charge_point_vendor="Simulators",
                charge_point_serial_number=self.station[:25],
                firmware_version=self.firmware,
            )
        )
        return answer.status, float(answer.interval)

    async def say_status(self, evse: int, status: str, at: str) -> None:
        """Send StatusNotification."""
        error = self.evses[evse].error if evse in self.evses else "NoError"
        await self.send(call.StatusNotification(connector_id=evse, error_code=error, status=status, timestamp=at))

    async def say_security_event(self, kind: str, info: str | None = None) -> None:
        """Send SecurityEventNotification."""
        await self.send(call.SecurityEventNotification(type=kind, timestamp=self.now(), tech_info=info))

    async def say_request(self, csr: str) -> str:
        """Send SignCertificate (security whitepaper, A02)."""
        return str((await self.send(call.SignCertificate(csr=csr))).status)

    async def heartbeat(self) -> None:
        """Send Heartbeat."""
        await self.send(call.Heartbeat())

    async def authorize(self, token: str) -> str:
        """Send Authorize."""
        answer = await self.send(call.Authorize(id_tag=token))
        if (group := answer.id_tag_info.get("parent_id_tag")) is not None:
            self.groups[token] = group
        return str(answer.id_tag_info["status"])

    async def transfer(self, vendor: str, message: str | None = None, told: str | None = None) -> str:
        """Send DataTransfer and return the status."""
        return str((await self.send(call.DataTransfer(vendor_id=vendor, message_id=message, data=told))).status)

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
            stops = self.configuration["StopTransactionOnInvalidId"] == "true"
            if stops and answer.id_tag_info["status"] != "Accepted" and evse.session == entry.session:
                self.end(evse.number, "DeAuthorized")

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
