"""What a station of 2.0.1 does when it is called, on the `ocpp` package's client side."""

import asyncio
from typing import Any

from ocpp.routing import after, on
from ocpp.v201 import ChargePoint as Peer
from ocpp.v201 import call, call_result
from ocpp.v201.enums import Action

from simulators.behaviour import Commands
from simulators.certificate_desk import Certificates201
from simulators.charging import Charging201, of_201
from simulators.configuration import Key
from simulators.errand_desks import Errands201
from simulators.limits import Limit
from simulators.local_list import LocalList201
from simulators.reservation import Reservation201
from simulators.signing import Signing201
from simulators.station import IDLE, QUIET, SimulatedStation


def _name(item: dict[str, Any]) -> str:
    return f"{item['component']['name']}.{item['variable']['name']}"


def _reported(key: Key) -> dict[str, Any]:
    component, _, variable = key.name.partition(".")
    attribute = {"value": key.value, "mutability": "ReadOnly" if key.fixed else "ReadWrite"}
    return {"component": {"name": component}, "variable": {"name": variable}, "variableAttribute": [attribute]}


class Peer201(Certificates201, Errands201, Signing201, LocalList201, Reservation201, Charging201, Peer):  # type: ignore[misc]  # the package is not typed
    """What a 2.0.1 station does when it is called."""

    def __init__(self, owner: SimulatedStation, socket: Any) -> None:
        super().__init__(owner.station, socket, response_timeout=120, logger=QUIET)
        self.owner = owner

    async def _take(self, action: str, payload: dict[str, Any]) -> str:
        self.owner.commands.append((action, payload))
        if self.owner.behaviour.commands is Commands.MUTE:
            await asyncio.Event().wait()
        return "Rejected" if self.owner.behaviour.commands is Commands.REJECT else "Accepted"

    @property
    def _obeys(self) -> bool:
        return self.owner.behaviour.commands not in IDLE

    @on(Action.request_start_transaction)
    async def on_start(self, **payload: Any) -> Any:
        free = self.owner.is_free(payload.get("evse_id", 1)) and self._takes(self._limit(payload))
        status = await self._take("RequestStartTransaction", payload)
        return call_result.RequestStartTransaction(status=status if free else "Rejected")

    @staticmethod
    def _limit(payload: dict[str, Any]) -> Limit | None:
        profile = payload.get("charging_profile")
        return None if profile is None else of_201(payload.get("evse_id", 1), profile)

    @after(Action.request_start_transaction)
    async def after_start(self, id_token: dict[str, Any], remote_start_id: int, evse_id: int = 1, **more: Any) -> None:
        if self._obeys and self.owner.is_free(evse_id):
            await self.owner.plug_in(evse_id)
            self.owner.begin(evse_id, id_token["id_token"], remote_start_id=remote_start_id)
            self.hold(self._limit({"evse_id": evse_id, **more}))

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

    @after(Action.reset)
    async def after_reset(self, **_: Any) -> None:
        if self._obeys:
            await self.owner.reboot()

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
        return call_result.GetVariables(get_variable_result=[self._read(item) for item in get_variable_data])

    def _read(self, item: dict[str, Any]) -> dict[str, Any]:
        found, _ = self.owner.configuration.read([_name(item)])
        named = {"component": item["component"], "variable": item["variable"]}
        if not found:
            return {"attributeStatus": "UnknownVariable", **named}
        return {"attributeStatus": "Accepted", "attributeValue": found[0].value, **named}

    @on(Action.set_variables)
    async def on_set_variables(self, set_variable_data: list[dict[str, Any]], **_: Any) -> Any:
        status = await self._take("SetVariables", {"set_variable_data": set_variable_data})
        obeys = status == "Accepted" and self._obeys
        return call_result.SetVariables(
            set_variable_result=[
                {
                    "attributeStatus": self._write(item) if obeys else status,
                    "component": item["component"],
                    "variable": item["variable"],
                }
                for item in set_variable_data
            ]
        )

    def _write(self, item: dict[str, Any]) -> str:
        status = self.owner.change(_name(item), item["attribute_value"])
        return "UnknownVariable" if status == "NotSupported" else status

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
                    report_data=[_reported(key) for key in self.owner.configuration.read([])[0]],
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
            case "SignChargingStationCertificate":
                await self.owner.certificate.request()
