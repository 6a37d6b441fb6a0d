"""What stations do when they are asked for reservations: a part of the protocol end of each version."""

from datetime import datetime
from typing import Any

from ocpp import v16, v201
from ocpp.routing import after, on

from simulators.desk import Desk
from simulators.promises import Promise


class ReservationDesk(Desk):
    """What both versions share: a promise is judged at once, and shown after the answer."""

    async def judge_promise(self, action: str, payload: dict[str, Any], promise: Promise) -> str:
        """Return the answer to a wish for a reservation; an accepted one is kept."""
        status = await self._take(action, payload)
        answer = self.owner.promises.judge(promise) if status == "Accepted" else status
        if answer == "Accepted" and self._obeys:
            self.owner.promises.keep(promise)
        return answer

    async def give_up(self, action: str, number: int) -> str:
        """Return the answer to the cancelling of a reservation."""
        status = await self._take(action, {"reservation_id": number})
        if status != "Accepted" or not self._obeys:
            return status
        return "Rejected" if self.owner.promises.cancel(number) is None else "Accepted"


class Reservation16(ReservationDesk):
    """The Reservation profile of 1.6."""

    @on(v16.enums.Action.reserve_now)
    async def on_reserve(self, **payload: Any) -> Any:
        promise = Promise(
            number=payload["reservation_id"],
            evse=payload["connector_id"],
            token=payload["id_tag"],
            group=payload.get("parent_id_tag"),
            expires_at=datetime.fromisoformat(payload["expiry_date"]),
        )
        return v16.call_result.ReserveNow(status=await self.judge_promise("ReserveNow", payload, promise))

    @after(v16.enums.Action.reserve_now)
    async def after_reserve(self, **_: Any) -> None:
        await self.owner.show_promises()

    @on(v16.enums.Action.cancel_reservation)
    async def on_cancel_reservation(self, reservation_id: int) -> Any:
        return v16.call_result.CancelReservation(status=await self.give_up("CancelReservation", reservation_id))

    @after(v16.enums.Action.cancel_reservation)
    async def after_cancel_reservation(self, **_: Any) -> None:
        await self.owner.show_promises()


class Reservation201(ReservationDesk):
    """Block H of 2.0.1."""

    @on(v201.enums.Action.reserve_now)
    async def on_reserve(self, **payload: Any) -> Any:
        group = payload.get("group_id_token")
        promise = Promise(
            number=payload["id"],
            evse=payload.get("evse_id", 0),
            token=payload["id_token"]["id_token"],
            group=None if group is None else group["id_token"],
            expires_at=datetime.fromisoformat(payload["expiry_date_time"]),
        )
        return v201.call_result.ReserveNow(status=await self.judge_promise("ReserveNow", payload, promise))

    @after(v201.enums.Action.reserve_now)
    async def after_reserve(self, **_: Any) -> None:
        await self.owner.show_promises()

    @on(v201.enums.Action.cancel_reservation)
    async def on_cancel_reservation(self, reservation_id: int, **_: Any) -> Any:
        return v201.call_result.CancelReservation(status=await self.give_up("CancelReservation", reservation_id))

    @after(v201.enums.Action.cancel_reservation)
    async def after_cancel_reservation(self, **_: Any) -> None:
        await self.owner.show_promises()
