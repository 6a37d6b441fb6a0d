"""A station that speaks 2.0.1, on the `ocpp` package's client side."""

import uuid
from typing import Any

from ocpp.charge_point import ChargePoint
from ocpp.v201 import call

from simulators.charging import worded
from simulators.configuration import FIXED_201, VARIABLES_201
from simulators.evse import Evse
from simulators.limits import ALL_PHASES, EXTERNAL, Limit
from simulators.listed import ITEMS
from simulators.meter import Reading
from simulators.outbox import Message
from simulators.peer201 import Peer201
from simulators.station import SESSION_NAME, SimulatedStation

STATUS = {"Preparing": "Occupied", "Charging": "Occupied", "Finishing": "Occupied", "SuspendedEV": "Occupied"}


class Station201(SimulatedStation):
    """A charging station of OCPP 2.0.1."""

    subprotocol = "ocpp2.0.1"
    firmware = "2.0.0"
    heartbeat_key = "OCPPCommCtrlr.HeartbeatInterval"

    def make_peer(self, socket: Any) -> ChargePoint:
        """Return the protocol end."""
        return Peer201(self, socket)

    def settings(self) -> tuple[dict[str, str], dict[str, str]]:
        """Return the variables, by component and name."""
        items = {"LocalAuthListCtrlr.ItemsPerMessage": str(ITEMS), "LocalAuthListCtrlr.BytesPerMessage": "4000"}
        return VARIABLES_201, FIXED_201 | items | {"SmartChargingCtrlr.RateUnit": ",".join(self.limits.units)}

    async def boot(self) -> tuple[str, float]:
        """Send BootNotification."""
        answer = await self.send(
            call.BootNotification(
                charging_station={
                    "model": "Simulated Two",
                    "vendorName": "Simulators",
                    "serialNumber": self.station[:25],
                    "firmwareVersion": self.firmware,
                },
                reason="PowerUp",
            )
        )
        return answer.status, float(answer.interval)

    async def say_status(self, evse: int, status: str, at: str) -> None:
        """Send StatusNotification."""
        await self.send(
            call.StatusNotification(
                timestamp=at,
                connector_status=STATUS.get(status, status),
                evse_id=evse,
                connector_id=1 if evse else 0,
            )
        )

    async def say_reservation_over(self, number: int, how: str) -> None:
        """Send ReservationStatusUpdate."""
        await self.send(call.ReservationStatusUpdate(reservation_id=number, reservation_update_status=how))

    async def limit_from_outside(self, evse: int, source: str, amperes: float | None) -> None:
        """Somebody else limits an outlet or the station (0), or (None) does so no longer, and the station tells it."""
        number = -1 - evse
        self.limits.held = [one for one in self.limits.held if one.number != number]
        if amperes is None:
            await self.send(call.ClearedChargingLimit(charging_limit_source=source, evse_id=evse))
            return
        start = self.clock().replace(microsecond=0)
        parts = ((0, amperes, ALL_PHASES),)
        limit = Limit(number, evse, 0, EXTERNAL, "Absolute", "A", parts, start=start, source=source)
        self.limits.held.append(limit)
        schedule = worded(limit)["chargingSchedule"]
        limited = {"chargingLimitSource": source}
        await self.send(call.NotifyChargingLimit(charging_limit=limited, evse_id=evse, charging_schedule=schedule))

    async def say_security_event(self, kind: str, info: str | None = None) -> None:
        """Send SecurityEventNotification (A04)."""
        await self.send(call.SecurityEventNotification(type=kind, timestamp=self.now(), tech_info=info))

    async def say_request(self, csr: str) -> str:
        """Send SignCertificate (A02)."""
        kind = "ChargingStationCertificate"
        return str((await self.send(call.SignCertificate(csr=csr, certificate_type=kind))).status)

    async def heartbeat(self) -> None:
        """Send Heartbeat."""
        await self.send(call.Heartbeat())

    async def authorize(self, token: str) -> str:
        """Send Authorize."""
        answer = await self.send(call.Authorize(id_token={"idToken": token, "type": "ISO14443"}))
        if (group := answer.id_token_info.get("group_id_token")) is not None:
            self.groups[token] = group["id_token"]
        return str(answer.id_token_info["status"])

    def begin_message(self, evse: Evse, token: str, **extra: Any) -> Message:
        """Return TransactionEvent(Started)."""
        evse.transaction = SESSION_NAME if self.behaviour.reuse_transaction else str(uuid.uuid4())
        return self._event(
            evse,
            "Started",
            "begin",
            trigger_reason="RemoteStart" if "remote_start_id" in extra else "Authorized",
            context="Transaction.Begin",
            info={"chargingState": "Charging"} | _remote(extra),
            id_token={"idToken": token, "type": "ISO14443"},
            evse={"id": evse.number, "connectorId": 1},
            reservation_id=extra.get("reservation_id"),
        )

    def meter_message(self, evse: Evse) -> Message:
        """Return TransactionEvent(Updated)."""
        return self._event(
            evse,
            "Updated",
            "meter",
            trigger_reason="MeterValuePeriodic",
            context="Sample.Periodic",
            info={"chargingState": "Charging"},
        )

    def aligned_message(self, evse: Evse) -> Message:
        """Return MeterValues of the clock."""
        at, value = self.now(), {"value": float(evse.meter.register()), "context": "Sample.Clock"}
        payload = call.MeterValues(evse_id=evse.number, meter_value=[{"timestamp": at, "sampledValue": [value]}])
        return Message(self.entry(evse, "aligned", at), lambda: payload, lambda _: None)

    def poison_message(self, evse: Evse) -> Message:
        """Return a TransactionEvent that makes no sense."""
        payload = call.TransactionEvent(
            event_type="Updated", timestamp="then", trigger_reason="why?", seq_no=0, transaction_info=["what?"]
        )
        return Message(self.entry(evse, "poison", self.now()), lambda: payload, lambda _: None)

    def end_message(self, evse: Evse, reason: str) -> Message:
        """Return TransactionEvent(Ended)."""
        return self._event(
            evse,
            "Ended",
            "end",
            trigger_reason="RemoteStop" if reason == "Remote" else "StopAuthorized",
            context="Transaction.End",
            info={"stoppedReason": reason},
            id_token={"idToken": evse.token, "type": "ISO14443"},
        )

    def _event(  # the parts of an event
        self,
        outlet: Evse,
        kind: str,
        name: str,
        *,
        trigger_reason: str,
        context: str,
        info: dict[str, Any],
        **more: Any,
    ) -> Message:
        at, seq_no, offline = self.now(), outlet.seq_no, not self.connected.is_set()
        outlet.seq_no += 1
        sampled = [_sampled(reading, context) for reading in outlet.meter.sample()]
        payload = call.TransactionEvent(
            event_type=kind,
            timestamp=at,
            trigger_reason=trigger_reason,
            seq_no=seq_no,
            offline=offline or None,
            transaction_info={"transactionId": outlet.transaction, **info},
            meter_value=[{"timestamp": at, "sampledValue": sampled}],
            **{key: value for key, value in more.items() if key != "remote_start_id"},
        )
        return Message(self.entry(outlet, name, at), lambda: payload, lambda _: None)


def _sampled(reading: Reading, context: str) -> dict[str, Any]:
    unit = None if reading.unit is None else {"unit": reading.unit}
    proof = {"signingMethod": "", "encodingMethod": "OCMF", "publicKey": ""}
    signed = None if reading.signed is None else {"signedMeterData": reading.signed, **proof}
    told = {
        "value": float(reading.value),
        "measurand": reading.measurand,
        "context": context,
        "phase": reading.phase,
        "unitOfMeasure": unit,
        "signedMeterValue": signed,
    }
    return {name: value for name, value in told.items() if value is not None}


def _remote(extra: dict[str, Any]) -> dict[str, Any]:
    return {"remoteStartId": extra["remote_start_id"]} if "remote_start_id" in extra else {}
