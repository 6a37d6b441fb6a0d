"""OCPP 1.6, Reservation profile: what operators say, and what the answers tell."""

from collections.abc import Mapping

from csms.domain import remote
from csms.domain.reservation import Reservation
from csms.domain.station.reservations import RecordCancellation, RecordReservation
from csms.ocpp.version import Version
from csms.ports.commands import Unsupported
from csms.ports.handlers import Answered, Learn
from handlers.answers import asked, read
from handlers.payload import Put, moment, without_none
from handlers.v16.authorization import token_of


def reserve(command: remote.Reserve) -> Put:
    """ReserveNow (1.6 §5.13); connector 0 leaves the choice to the station (16-RES-02)."""
    if command.connector_type is not None:
        raise Unsupported("1.6 reserves connectors by their numbers", "connector_type")
    payload = {
        "connectorId": command.evse or 0,
        "expiryDate": moment(command.expires_at),
        "idTag": command.token,
        "parentIdTag": command.group,
        "reservationId": command.reservation_id,
    }
    return "ReserveNow", without_none(payload)


def cancel_reservation(command: remote.CancelReservation) -> Put:
    """CancelReservation (1.6 §5.1)."""
    return "CancelReservation", {"reservationId": command.reservation_id}


def reserved(answered: Answered) -> list[RecordReservation]:
    """Learn from the answer to a ReserveNow."""
    call, answer = asked(Version.V16, "ReserveNow", answered), read(Version.V16, "ReserveNow", answered)
    reservation = Reservation(
        key=answered.call_id,
        number=call.reservation_id,
        token=token_of(call.id_tag),
        expires_at=call.expiry_date,
        asked_at=answered.asked_at,
        evse=call.connector_id or None,
        group=call.parent_id_tag,
    )
    return [RecordReservation(reservation, answer.status, answered.at)]


def cancelled(answered: Answered) -> list[RecordCancellation]:
    """Learn from the answer to a CancelReservation."""
    call, answer = asked(Version.V16, "CancelReservation", answered), read(Version.V16, "CancelReservation", answered)
    return [RecordCancellation(call.reservation_id, answer.status, answered.asked_at, answered.at)]


COMMANDS = {remote.Reserve: reserve, remote.CancelReservation: cancel_reservation}

MEMBERS = {
    "expiryDate": "expires_at",
    "idTag": "token",
    "parentIdTag": "group",
    "reservationId": "reservation_id",
}

LEARNS: Mapping[str, Learn] = {"ReserveNow": reserved, "CancelReservation": cancelled}
