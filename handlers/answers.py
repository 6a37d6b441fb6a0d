"""How calls of ours and the answers of stations are read, whatever the version."""

from typing import Any

import msgspec

from csms.ocpp import schemas
from csms.ocpp.version import Version
from csms.ports.handlers import Answered, Asked


def read(version: Version, action: str, answered: Answered) -> Any:
    """Return the typed answer of a station, mended where it is broken; raise a `MsgspecError` for a hopeless one."""
    return _message(schemas.read_result(version, action, answered.answer, answered.at))


def asked(version: Version, action: str, call: Asked | Answered) -> Any:
    """Return the typed request that a station is sent, whoever worded it; raise a `MsgspecError`.

    What is worded well is taken at its word: a time far ahead is no fault of a clock.
    """
    try:
        return msgspec.json.decode(call.payload, type=schemas.actions(version)[action].request)
    except msgspec.MsgspecError:
        return _message(schemas.read_call(version, action, call.payload, call.at))


def status_of(answered: Answered) -> str | None:
    """Return the status in an answer, be there one in the specification or not."""
    return _status.decode(answered.answer).status


def _message(reading: schemas.Reading | schemas.Malformed) -> msgspec.Struct:
    if isinstance(reading, schemas.Malformed):
        raise msgspec.ValidationError(f"{reading.path}: {reading.description}")
    return reading.message


class _Status(msgspec.Struct, frozen=True):
    status: str | None = None


_status = msgspec.json.Decoder(_Status)
