"""What an operator asks of a station about reservations."""

from typing import Annotated

from msgspec import Meta

from csms.domain.remote.words import LARGEST, EvseOrStation, Moment, RemoteCommand, Text

Number = Annotated[int, Meta(ge=-LARGEST - 1, le=LARGEST)]


class Reserve(RemoteCommand, frozen=True):
    """Keep an outlet for a token, and with `group` for the others of its group.

    `evse` None or 0, or a `connector_type` of 2.x, leave the choice to the station. Without a
    `reservation_id` it gets a number of ours; one of a live reservation replaces that (16-RES-03).
    """

    token: Text
    expires_at: Moment
    kind: str = "ISO14443"
    evse: EvseOrStation | None = None
    connector_type: Text | None = None
    group: Text | None = None
    reservation_id: Number | None = None


class CancelReservation(RemoteCommand, frozen=True):
    """Give a reservation up, be its number known to us or not (16-RES-04)."""

    reservation_id: Number
