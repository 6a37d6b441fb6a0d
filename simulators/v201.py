"""A station that speaks 2.0.1, on the `ocpp` package's client side."""

import asyncio
import uuid
from typing import Any

from ocpp.charge_point import ChargePoint
from ocpp.routing import after, on
from ocpp.v201 import ChargePoint as Peer
from ocpp.v201 import call, call_result
from ocpp.v201.enums import Action

from simulators.behaviour import Commands
from simulators.meter import Reading
from simulators.outbox import Message
from simulators.station import QUIET, SESSION_NAME, Evse, SimulatedStation

STATUS = {"Preparing": "Occupied", "Charging": "Occupied", "Finishing": "Occupied", "SuspendedEV": "Occupied"}


class Station201(SimulatedStation):
    """A charging station of OCPP 2.0.1."""

    subprotocol = "ocpp2.0.1"

    def make_peer(self, socket: Any) -> ChargePoint:
        """Return the protocol end."""
        return Peer201(self, socket)

    async def boot(self) -> tuple[str, float]:
        """Send BootNotification."""
        answer = await self.send(
            call.BootNotification(
                charging_station={
                    "model": "Simulated Two",
                    "vendorName": "Simulators",
                    "serialNumber": self.station[:25],
                    "firmwareVersion": "2.0.0",
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

    async def heartbeat(self) -> None:
        """Send Heartbeat."""
        await self.send(call.Heartbeat())

    async def authorize(self, token: str) -> str:
        """Send Authorize."""
        answer = await self.send(call.Authorize(id_token={"idToken": token, "type": "ISO14443"}))
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


class Peer201(Peer):  # type: ignore[misc]  # the package is not typed
    """What a 2.0.1 station does when it is called."""

    def __init__(self, owner: Station201, socket: Any) -> None:
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

    @on(Action.request_start_transaction)
    async def on_start(self, **payload: Any) -> Any:
        free = self.owner.is_free(payload.get("evse_id", 1))
        status = await self._take("RequestStartTransaction", payload)
        return call_result.RequestStartTransaction(status=status if free else "Rejected")

    @after(Action.request_start_transaction)
    async def after_start(self, id_token: dict[str, Any], remote_start_id: int, evse_id: int = 1, **_: Any) -> None:
        if self._obeys and self.owner.is_free(evse_id):
            await self.owner.plug_in(evse_id)
            self.owner.begin(evse_id, id_token["id_token"], remote_start_id=remote_start_id)

    @on(Action.request_stop_transaction)
    async def on_stop(self, transaction_id: str, **_: Any) -> Any:
        status = await self._take("RequestStopTransaction", {"transaction_id": transaction_id})
        known = any(evse.transaction == transaction_id for evse in self.owner.evses.values())
        return call_result.RequestStopTransaction(status=status if known else "Rejected")

    @after(Action.request_stop_transaction)
    async def after_stop(self, transaction_id: str, **_: Any) -> None:
        for evse in self.owner.evses.values():
            if self._obeys and evse.session and evse.transaction == transaction_id:
                self.owner.end(evse.number, "Remote")

    @on(Action.reset)
    async def on_reset(self, **payload: Any) -> Any:
        return call_result.Reset(status=await self._take("Reset", payload))

    @on(Action.unlock_connector)
    async def on_unlock(self, **payload: Any) -> Any:
        status = await self._take("UnlockConnector", payload)
        return call_result.UnlockConnector(status="Unlocked" if status == "Accepted" else "UnlockFailed")

    @on(Action.change_availability)
    async def on_change_availability(self, **payload: Any) -> Any:
        return call_result.ChangeAvailability(status=await self._take("ChangeAvailability", payload))

    @on(Action.get_variables)
    async def on_get_variables(self, get_variable_data: list[dict[str, Any]], **_: Any) -> Any:
        await self._take("GetVariables", {"get_variable_data": get_variable_data})
        return call_result.GetVariables(
            get_variable_result=[
                {
                    "attributeStatus": "Accepted",
                    "attributeValue": "60",
                    "component": item["component"],
                    "variable": item["variable"],
                }
                for item in get_variable_data
            ]
        )

    @on(Action.set_variables)
    async def on_set_variables(self, set_variable_data: list[dict[str, Any]], **_: Any) -> Any:
        status = await self._take("SetVariables", {"set_variable_data": set_variable_data})
        return call_result.SetVariables(
            set_variable_result=[
                {"attributeStatus": status, "component": item["component"], "variable": item["variable"]}
                for item in set_variable_data
            ]
        )

    @on(Action.get_base_report)
    async def on_get_base_report(self, **payload: Any) -> Any:
        return call_result.GetBaseReport(status=await self._take("GetBaseReport", payload))

    @after(Action.get_base_report)
    async def after_get_base_report(self, request_id: int, **_: Any) -> None:
        if self._obeys:
            await self.owner.send(
                call.NotifyReport(
                    request_id=request_id,
                    generated_at=self.owner.now(),
                    seq_no=0,
                    tbc=False,
                    report_data=[
                        {
                            "component": {"name": "OCPPCommCtrlr"},
                            "variable": {"name": "HeartbeatInterval"},
                            "variableAttribute": [{"value": "300", "mutability": "ReadWrite"}],
                        }
                    ],
                )
            )

    @on(Action.clear_cache)
    async def on_clear_cache(self, **_: Any) -> Any:
        return call_result.ClearCache(status=await self._take("ClearCache", {}))

    @on(Action.data_transfer)
    async def on_data_transfer(self, **payload: Any) -> Any:
        return call_result.DataTransfer(status=await self._take("DataTransfer", payload))

    @on(Action.trigger_message)
    async def on_trigger(self, requested_message: str, **more: Any) -> Any:
        status = await self._take("TriggerMessage", {"requested_message": requested_message, **more})
        return call_result.TriggerMessage(status=status)

    @after(Action.trigger_message)
    async def after_trigger(self, requested_message: str, **_: Any) -> None:
        match requested_message if self._obeys else None:
            case "Heartbeat":
                await self.owner.heartbeat()
            case "StatusNotification":
                await self.owner.report(1)
            case "BootNotification":
                await self.owner.boot()
