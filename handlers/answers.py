"""How the answers of stations are read, whatever the version."""

from typing import Any

import msgspec

from csms.ocpp import schemas
from csms.ocpp.version import Version
from csms.ports.handlers import Answered


def read(version: Version, action: str, answered: Answered) -> Any:
    """Return the typed answer of a station, mended where it is broken; raise a `MsgspecError` for a hopeless one."""
    reading = schemas.read_result(version, action, answered.answer, answered.at)
    if isinstance(reading, schemas.Malformed):
        raise msgspec.ValidationError(f"{reading.path}: {reading.description}")
    return reading.message
