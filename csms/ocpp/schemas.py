"""Payloads to typed messages and back; the one door between JSON and the handlers."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from functools import cache
from importlib.resources import files
from typing import Any

import jsonschema_rs
import msgspec

from csms.ocpp import timestamps
from csms.ocpp.catalogue import SCHEMA_FOLDERS, ActionSpec, actions
from csms.ocpp.codec import storable
from csms.ocpp.errors import ErrorCode
from csms.ocpp.mend import Hopeless, Mending
from csms.ocpp.shape import times_within
from csms.ocpp.version import Version

__all__ = ["ActionSpec", "Fault", "Malformed", "Reading", "actions", "check_call", "read_call", "read_result", "write"]


NUL = b"\\u0000"
"""How JSON writes what some stations fill their texts up with, and no database takes."""


class Reading(msgspec.Struct, frozen=True, gc=False):
    """A message, and what had to be repaired to read it."""

    message: msgspec.Struct
    deviations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Malformed:
    """A payload that nothing could repair."""

    code: ErrorCode
    description: str
    path: str


@dataclass(frozen=True, slots=True)
class Fault:
    """Where and why a payload breaks its schema; the path is that of a JSON pointer."""

    path: str
    message: str
    code: ErrorCode


def read_call(version: Version, action: str, payload: bytes, now: datetime, zone: tzinfo = UTC) -> Reading | Malformed:
    """Return the typed request of an action of `version`; what a station got wrong is mended.

    `zone` is where the clocks show what a station means that names no zone.
    """
    return _reader(version, action, "Request").read(payload, now, zone)


def read_result(version: Version, action: str, payload: bytes, now: datetime) -> Reading | Malformed:
    """Return the typed response of an action of `version`; what a station got wrong is mended."""
    return _reader(version, action, "Response").read(payload, now)


class _Reader:
    """Reads one message of one version: at once if it is as it should be, else piece by piece."""

    def __init__(self, version: Version, name: str, kind: type[msgspec.Struct]) -> None:
        self._version = version
        self._name = name
        self._kind = kind
        self._decode = msgspec.json.Decoder(kind).decode
        self._check = times_within(kind)

    def read(self, payload: bytes, now: datetime, zone: tzinfo = UTC) -> Reading | Malformed:
        if NUL in payload:
            return self._read_slowly(payload, now, zone)
        try:
            message = self._decode(payload)
        except (msgspec.DecodeError, UnicodeError, RecursionError, ValueError):
            return self._read_slowly(payload, now, zone)
        if self._check is None or self._check(message, timestamps.limits(now)):
            return Reading(message)
        return self._read_slowly(payload, now, zone)

    def _read_slowly(self, payload: bytes, now: datetime, zone: tzinfo) -> Reading | Malformed:
        mending = Mending(now, zone)
        try:
            message = mending.struct(self._kind, storable(json.loads(payload)))
        except Hopeless as hopeless:
            fault = next(iter(_faults(self._version, self._name, payload)), None)
            code = ErrorCode.TYPE_CONSTRAINT_VIOLATION if fault is None else fault.code
            return Malformed(code, hopeless.problem, hopeless.path)
        except (ValueError, RecursionError):
            return Malformed(ErrorCode.FORMAT_VIOLATION, "not readable", "")
        return Reading(message, tuple(mending.deviations))


@cache
def _reader(version: Version, action: str, part: str) -> _Reader:
    spec = actions(version)[action]
    return _Reader(version, f"{action}{part}", spec.request if part == "Request" else spec.response)


# Out.

_encoder = msgspec.json.Encoder(decimal_format="number")


def write(message: msgspec.Struct, version: Version) -> bytes:
    """Return compact ASCII JSON in the order of the specification, without nulls (Q130).

    Times end in `Z` and carry no fraction: some stations choke on one (Q45).
    """
    text = _encoder.encode(message)
    if b"." in text and times_within(type(message)) is not None:
        text = _encoder.encode(_whole_seconds(message))
    return text if text.isascii() else json.dumps(json.loads(text), separators=(",", ":")).encode()


def _whole_seconds(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.replace(microsecond=0)
    if isinstance(value, tuple):
        return tuple(_whole_seconds(item) for item in value)
    if isinstance(value, msgspec.Struct):
        changed = {
            name: _whole_seconds(member)
            for name in value.__struct_fields__
            if isinstance(member := getattr(value, name), datetime | tuple | msgspec.Struct)
        }
        return msgspec.structs.replace(value, **changed)
    return value


# The official schemas.

CODES = {
    "required": ErrorCode.PROTOCOL_ERROR,
    "type": ErrorCode.TYPE_CONSTRAINT_VIOLATION,
    "additionalProperties": ErrorCode.FORMAT_VIOLATION,
    "minItems": ErrorCode.OCCURRENCE_CONSTRAINT_VIOLATION,
    "maxItems": ErrorCode.OCCURRENCE_CONSTRAINT_VIOLATION,
}


def check_call(version: Version, action: str, payload: bytes) -> list[Fault]:
    """Return all that breaks the official schema of a call; empty for a good one, and never raises."""
    if action not in actions(version):
        return [Fault("", f"{action} is no action of {version}", ErrorCode.NOT_IMPLEMENTED)]
    return list(_faults(version, f"{action}Request", payload))


def _faults(version: Version, name: str, payload: bytes) -> Iterator[Fault]:
    try:
        instance = json.loads(payload)
    except (ValueError, RecursionError):
        yield Fault("", "not JSON", ErrorCode.FORMAT_VIOLATION)
        return
    try:
        errors = list(_validator(version, name).iter_errors(instance))
    except (ValueError, OverflowError, RecursionError):  # lone surrogates, numbers out of range
        yield Fault("", "not readable", ErrorCode.FORMAT_VIOLATION)
        return
    for error in errors:
        path = "/" + "/".join(map(str, error.instance_path))
        keyword = str(error.schema_path[-1]) if error.schema_path else ""
        yield Fault(path, error.message, CODES.get(keyword, ErrorCode.PROPERTY_CONSTRAINT_VIOLATION))


@cache
def _validator(version: Version, name: str) -> Any:
    """Compile an official schema, once; formats such as date-time are not enforced."""
    folder = files("ocpp").joinpath(SCHEMA_FOLDERS[version], "schemas")
    path = folder.joinpath(f"{name}.json")
    if not path.is_file():  # 1.6 and messages without an answer do not say that they are requests
        path = folder.joinpath(f"{name.removesuffix('Request')}.json")
    text = path.read_text("utf-8-sig")
    return jsonschema_rs.validator_for(json.loads(text), validate_formats=False)
