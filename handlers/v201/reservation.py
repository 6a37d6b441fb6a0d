"""OCPP 2.0.1, block H, Reservation: what stations and operators say, and what the answers tell."""

from collections.abc import Mapping

from csms.domain import remote
from csms.domain.reservation import Ending, Reservation
from csms.domain.station.reservations import EndReservation, RecordCancellation, RecordReservation
from csms.ocpp.messages import v201
from csms.ocpp.version import Version
from csms.ports.handlers import Answered, Learn, StationContext
from handlers.answers import asked, read
from handlers.payload import Put, moment, without_none
from handlers.v201.authorization import token_of

ENDINGS = {
    "expired": Ending.EXPIRED,
    "removed": Ending.REMOVED,
    "notransaction": Ending.NO_SESSION,
}
"""`NoTransaction` is a word of 2.1; a word that nobody knows says that the reservation is gone."""


async def reservation_status_update(
    call: v201.ReservationStatusUpdateRequest, context: StationContext
) -> v201.ReservationStatusUpdateResponse:
    """Note how a reservation ended (H04)."""
    ending = ENDINGS.get(call.reservation_update_status.casefold(), Ending.REMOVED)
    await context.execute(EndReservation(call.reservation_id, ending, context.received_at))
    return v201.ReservationStatusUpdateResponse()


def reserve(command: remote.Reserve) -> Put:
    """ReserveNow (H01)."""
    group = command.group
    payload = {
        "id": command.reservation_id,
        "expiryDateTime": moment(command.expires_at),
        "idToken": {"idToken": command.token, "type": command.kind},
        "connectorType": command.connector_type,
        "evseId": command.evse or None,
        "groupIdToken": None if group is None else {"idToken": group, "type": "Central"},
    }
    return "ReserveNow", without_none(payload)


def cancel_reservation(command: remote.CancelReservation) -> Put:
    """CancelReservation (H02)."""
    return "CancelReservation", {"reservationId": command.reservation_id}


def learns(version: Version) -> Mapping[str, Learn]:
    """Return what the answers of a version of 2.x tell."""

    def reserved(answered: Answered) -> list[RecordReservation]:
        call, answer = asked(version, "ReserveNow", answered), read(version, "ReserveNow", answered)
        reservation = Reservation(
            key=answered.call_id,
            number=call.id,
            token=token_of(call.id_token),
            expires_at=call.expiry_date_time,
            asked_at=answered.asked_at,
            evse=call.evse_id or None,
            connector_type=call.connector_type,
            group=None if call.group_id_token is None else call.group_id_token.id_token,
        )
        return [RecordReservation(reservation, answer.status, answered.at)]

    def cancelled(answered: Answered) -> list[RecordCancellation]:
        call, answer = asked(version, "CancelReservation", answered), read(version, "CancelReservation", answered)
        return [RecordCancellation(call.reservation_id, answer.status, answered.asked_at, answered.at)]

    return {"ReserveNow": reserved, "CancelReservation": cancelled}


COMMANDS = {remote.Reserve: reserve, remote.CancelReservation: cancel_reservation}

MEMBERS = {
    "connectorType": "connector_type",
    "evse/id": "evse",
    "expiryDateTime": "expires_at",
    "groupIdToken": "group",
    "groupIdToken/idToken": "group",
    "groupIdToken/type": "group",
    "id": "reservation_id",
    "reservationId": "reservation_id",
}
