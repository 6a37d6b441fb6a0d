"""What a station of 1.6 does when it is called, on the `ocpp` package's client side."""

import asyncio
from typing import Any

from ocpp.routing import after, on
from ocpp.v16 import ChargePoint as Peer
from ocpp.v16 import call, call_result
from ocpp.v16.enums import Action

from simulators import mishaps
from simulators.behaviour import Commands, Unlock
from simulators.certificate_desk import Certificates16
from simulators.charging import Charging16, of_16
from simulators.errand_desks import Errands16
from simulators.limits import Limit
from simulators.local_list import LocalList16
from simulators.reservation import Reservation16
from simulators.signing import Signing16
from simulators.station import IDLE, QUIET, SimulatedStation


class Peer16(Certificates16, Errands16, Signing16, LocalList16, Reservation16, Charging16, Peer):  # type: ignore[misc]  # the package is not typed
    """What a 1.6 station does when it is called."""

    def __init__(self, owner: SimulatedStation, socket: Any) -> None:
        super().__init__(owner.station, socket, response_timeout=120, logger=QUIET)
        self.owner = owner

    async def _take(self, action: str, payload: dict[str, Any]) -> str:
        self.owner.commands.append((action, payload))
        habit = self.owner.behaviour.commands
        if habit is Commands.MUTE:
            await asyncio.Event().wait()
        is_for_zero = payload.get("connector_id") == 0
        refused = habit is Commands.REJECT or (habit is Commands.REJECT_ZERO and is_for_zero)
        return "Rejected" if refused else "Accepted"

    @property
    def _obeys(self) -> bool:
        return self.owner.behaviour.commands not in IDLE

    @on(Action.remote_start_transaction)
    async def on_remote_start(self, id_tag: str, **more: Any) -> Any:
        free = self.owner.is_free(more.get("connector_id", 1)) and self._takes(self._limit(more))
        status = await self._take("RemoteStartTransaction", {"id_tag": id_tag, **more})
        return call_result.RemoteStartTransaction(status=status if free else "Rejected")

    @staticmethod
    def _limit(payload: dict[str, Any]) -> Limit | None:
        profile = payload.get("charging_profile")
        return None if profile is None else of_16(payload.get("connector_id", 1), profile)

    @after(Action.remote_start_transaction)
    async def after_remote_start(self, id_tag: str, connector_id: int = 1, **more: Any) -> None:
        if not self._obeys or not self.owner.is_free(connector_id):
            return
        asks_first = self.owner.configuration["AuthorizeRemoteTxRequests"] == "true"
        if asks_first and await self.owner.authorize(id_tag) != "Accepted":
            return
        if self.owner.behaviour.no_shows:
            await mishaps.wait_for_cable(self.owner, connector_id)
            return
        if self.owner.evses[connector_id].status != "Preparing":
            await self.owner.plug_in(connector_id)
        self.owner.begin(connector_id, id_tag)
        self.hold(self._limit({"connector_id": connector_id, **more}))
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

    @after(Action.reset)
    async def after_reset(self, type: str) -> None:  # noqa: A002
        if self._obeys:
            await self.owner.reboot()

    @on(Action.unlock_connector)
    async def on_unlock(self, connector_id: int) -> Any:
        status = await self._take("UnlockConnector", {"connector_id": connector_id})
        habit = self.owner.behaviour.unlock
        if habit is Unlock.FIXED_CABLE or connector_id not in self.owner.evses:
            return call_result.UnlockConnector(status="NotSupported")
        works = status == "Accepted" and habit is Unlock.WORKS
        return call_result.UnlockConnector(status="Unlocked" if works else "UnlockFailed")

    @after(Action.unlock_connector)
    async def after_unlock(self, connector_id: int) -> None:
        evse = self.owner.evses.get(connector_id)
        if self._obeys and self.owner.behaviour.unlock is Unlock.WORKS and evse is not None and evse.session:
            await self.owner.change_status(connector_id, "Finishing")
            self.owner.end(connector_id, "UnlockCommand")
            await self.owner.unplug(connector_id)

    @on(Action.change_availability)
    async def on_change_availability(self, connector_id: int, type: str) -> Any:  # noqa: A002
        status = await self._take("ChangeAvailability", {"connector_id": connector_id, "type": type})
        is_busy = status == "Accepted" and type == "Inoperative" and mishaps.is_busy(self.owner, connector_id)
        return call_result.ChangeAvailability(status="Scheduled" if is_busy else status)

    @on(Action.change_configuration)
    async def on_change_configuration(self, key: str, value: str) -> Any:
        status = await self._take("ChangeConfiguration", {"key": key, "value": value})
        await self._survive([key])
        if status == "Accepted" and self._obeys:
            status = self.owner.change(key, value)
        return call_result.ChangeConfiguration(status=status)

    @on(Action.get_configuration)
    async def on_get_configuration(self, key: list[str] | None = None) -> Any:
        await self._take("GetConfiguration", {"key": key})
        await self._survive(key or [])
        found, unknown = self.owner.configuration.read(key or [])
        told = [{"key": one.name, "readonly": one.fixed} | ({"value": one.value} if one.value else {}) for one in found]
        return call_result.GetConfiguration(configuration_key=told, unknown_key=unknown)

    async def _survive(self, keys: list[str]) -> None:
        """Die over a key, or never come back to who asked, where that is the habit."""
        if self.owner.configuration.reboots_over(keys):
            await self.owner.reboot()
            await asyncio.Event().wait()
        if self.owner.configuration.is_mute_about(keys):
            await asyncio.Event().wait()

    @on(Action.clear_cache)
    async def on_clear_cache(self) -> Any:
        return call_result.ClearCache(status=await self._take("ClearCache", {}))

    @on(Action.data_transfer)
    async def on_data_transfer(self, **payload: Any) -> Any:
        return call_result.DataTransfer(status=await self._take("DataTransfer", payload))

    @on(Action.trigger_message)
    async def on_trigger(self, requested_message: str, **more: Any) -> Any:
        status = await self._take("TriggerMessage", {"requested_message": requested_message, **more})
        if more.get("connector_id", 0) > len(self.owner.evses):
            status = "Rejected"
        return call_result.TriggerMessage(status=status)

    @after(Action.trigger_message)
    async def after_trigger(self, requested_message: str, connector_id: int = 1, **_: Any) -> None:
        match requested_message if self._obeys and connector_id in self.owner.evses else None:
            case "Heartbeat":
                await self.owner.heartbeat()
            case "StatusNotification":
                await self.owner.report(connector_id)
            case "BootNotification":
                await self.owner.boot()
            case "FirmwareStatusNotification":
                await self.owner.send(call.FirmwareStatusNotification(status="Idle"))
            case "DiagnosticsStatusNotification":
                await self.owner.send(call.DiagnosticsStatusNotification(status="Idle"))
            case "MeterValues":
                self.owner.charge(connector_id, 0)
