"""Tolerant reading: what real chargers send becomes what they meant, and every repair is told.

A repair is told as `kind:member`, such as `coerced:meterStart` or `extra:x_foo`. Nothing here
knows what a message means; what the quirks say of single members stands in `DEFAULTS`.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec

from csms.ocpp import timestamps
from csms.ocpp.shape import Member, Shape, members

DEFAULTS: dict[str, Any] = {
    "chargePointVendor": "unknown",
    "chargePointModel": "unknown",
    "vendorName": "unknown",
    "model": "unknown",
    "errorCode": "NoError",
    "reason": "Unknown",
    "triggerReason": "Trigger",
    "seqNo": 0,
    "tbc": False,
    "trigger": "Alerting",
    "eventNotificationType": "HardWiredMonitor",
    "readonly": False,
    "interval": 0,
    "type": "Central",
    "retryInterval": 0,
}
"""What a missing mandatory member stands for (Q36)."""

RESCUED: dict[tuple[str, str], Any] = {
    ("SecurityEventNotificationRequest", "type"): "",
    ("StartTransactionRequest", "idTag"): "",
    ("StartTransactionRequest", "meterStart"): -1,
    ("StopTransactionRequest", "meterStop"): -1,
    ("StopTransactionRequest", "transactionId"): -1,
    ("TransactionType", "transactionId"): "",
}
"""The same for single messages: a session counts without them (Q62, Q74), and an event without a type is one (SEC-60)."""

ALIASES = {
    "occupied": "Preparing",
    "error": "OtherError",
    "celcius": "Celsius",
    "power": "W",
    "hz": "Hertz",
    "current.max": "Current.Offered",
}
"""Words of other versions and of vendors, in lower case, where the version has the other word (Q37)."""

MAX_TEXT = 65_536


class Hopeless(Exception):
    """A member that nothing can repair."""

    def __init__(self, path: str, problem: str) -> None:
        super().__init__(f"{path}: {problem}")
        self.path = path
        self.problem = problem


@dataclass(slots=True)
class Mending:
    """The repair of one message, received at `now`; times that name no zone are of `zone`."""

    now: datetime
    zone: tzinfo = UTC
    deviations: list[str] = field(default_factory=list)

    def struct(self, kind: type[msgspec.Struct], value: Any, path: str = "") -> msgspec.Struct:
        """Return the structure that `value` was meant to be; raise `Hopeless`."""
        if value is None:
            value = {}
        if not isinstance(value, dict):
            raise Hopeless(path, "not an object")
        given = {name: member for name, member in value.items() if not _is_nothing(member)}
        if len(given) < len(value):
            self._tell("null", ",".join(sorted(map(str, value.keys() - given.keys())))[:80])
        return self._build(kind, given, path)

    def _build(self, kind: type[msgspec.Struct], given: dict[str, Any], path: str) -> msgspec.Struct:
        known = members(kind)
        folded = {name.casefold(): name for name in given}
        values: dict[str, Any] = {}
        used: set[str] = set()
        for member in known:
            name = folded.get(member.wire.casefold())
            where = f"{path}.{member.wire}" if path else member.wire
            if name is None:
                if member.required:
                    values[member.attribute] = self._default(kind, member, where)
                continue
            used.add(name)
            mended = self._repaired(member, given[name], where)
            if mended is not None or not member.required:
                values[member.attribute] = mended
            else:
                values[member.attribute] = self._default(kind, member, where)
        for name in given.keys() - used:
            self._tell("extra", str(name)[:40])
        return kind(**values)

    def _repaired(self, member: Member, value: Any, path: str) -> Any:
        """Return a member's value; None for one that is hopeless but need not be there (Q88)."""
        try:
            return self._value(member.shape, value, path)
        except Hopeless:
            if member.required and member.shape.kind in {"struct", "list"}:
                raise
            self._tell("dropped", path)
            return None

    def _default(self, kind: type[msgspec.Struct], member: Member, path: str) -> Any:
        if (rescued := RESCUED.get((kind.__name__, member.wire))) is not None:
            self._tell("missing", member.wire)
            return rescued
        if member.shape.kind == "time":
            self._tell("timestamp-missing", member.wire)
            return self.now
        if member.wire in DEFAULTS and (not member.shape.choices or DEFAULTS[member.wire] in member.shape.choices):
            self._tell("missing", member.wire)
            return DEFAULTS[member.wire]
        if member.shape.kind == "list":
            self._tell("missing", member.wire)
            return ()
        raise Hopeless(path, "missing")

    def _value(self, shape: Shape, value: Any, path: str) -> Any:
        name = path.rpartition(".")[2]
        match shape.kind:
            case "struct" if shape.struct is not None:
                return self.struct(shape.struct, value, path)
            case "list" if shape.item is not None:
                items = value if isinstance(value, list) else [value]
                if items is not value:
                    self._tell("wrapped", name)
                return self._items(shape.item, items, path)
            case "time":
                return self._time(value, name)
            case "plan":
                return self._plan(value, path)
            case "enum":
                return self._choice(shape, value, name)
            case "int":
                return self._integer(value, path)
            case "number":
                return self._number(value, path)
            case "bool":
                return self._boolean(value, path)
            case "text":
                return self._text(shape, value, path)
            case _:
                return value

    def _items(self, shape: Shape, items: list[Any], path: str) -> tuple[Any, ...]:
        """Return the items that can be read; raise `Hopeless` if there were some, and none of them can (Q88)."""
        mended: list[Any] = []
        hopeless: Hopeless | None = None
        for n, item in enumerate(items):
            try:
                value = self._value(shape, item, f"{path}[{n}]")
            except Hopeless as error:
                hopeless = error
                self._tell("dropped", f"{path}[{n}]")
                continue
            if value is not None:
                mended.append(value)
        if hopeless is not None and not mended:
            raise hopeless
        return tuple(mended)

    def _time(self, value: Any, name: str) -> datetime:
        at = timestamps.parse(value, self.zone, self.now)
        oldest, latest = timestamps.limits(self.now)
        if at is None or not oldest <= at <= latest:
            self._tell("timestamp", f"{name}={str(value)[:40]}")
            return self.now
        return at

    def _plan(self, value: Any, path: str) -> datetime:
        if (at := timestamps.parse(value, self.zone, self.now)) is None:
            raise Hopeless(path, "not a time")
        return at

    def _choice(self, shape: Shape, value: Any, name: str) -> str | None:
        """Return the choice meant; an unknown one stays as it came, for people to read (Q37)."""
        if isinstance(value, dict | list):
            raise Hopeless(name, "not a text")
        text = str(value).strip()
        if text in shape.choices:
            return text
        if not text:
            return None
        folded = {choice.casefold(): choice for choice in shape.choices}
        meant = folded.get(text.casefold()) or folded.get(ALIASES.get(text.casefold(), "").casefold())
        self._tell("enum", f"{name}={text[:40]}")
        return meant or text[:255]

    def _integer(self, value: Any, path: str) -> int:
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        number = _decimal(value)
        if number is None:
            raise Hopeless(path, "not a number")
        self._tell("coerced", path)
        return int(number.to_integral_value())

    def _number(self, value: Any, path: str) -> Decimal:
        if (number := _decimal(value)) is None:
            raise Hopeless(path, "not a number")
        if isinstance(value, str):
            self._tell("coerced", path)
        return number

    def _boolean(self, value: Any, path: str) -> bool:
        if isinstance(value, bool):
            return value
        word = str(value).strip().casefold()
        if word not in {"true", "false", "1", "0", "yes", "no"}:
            raise Hopeless(path, "not a boolean")
        self._tell("coerced", path)
        return word in {"true", "1", "yes"}

    def _text(self, shape: Shape, value: Any, path: str) -> str:
        if isinstance(value, dict | list) or not isinstance(value, str):
            value = msgspec.json.encode(value).decode()
            self._tell("coerced", path)
        if shape.max_length is not None and len(value) > shape.max_length:
            self._tell("overlong", path)
        return str(value[:MAX_TEXT]) if shape.max_length is not None else str(value)

    def _tell(self, kind: str, what: str) -> None:
        if len(self.deviations) < 32:  # noqa: PLR2004  # a message with more is known to be bad
            self.deviations.append(f"{kind}:{what}")


def _is_nothing(value: Any) -> bool:
    return value is None or value == "null"


def _decimal(value: Any) -> Decimal | None:
    if isinstance(value, bool):
        return None
    text = str(value).strip().replace(",", ".")
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(number.adjusted()) < 40 else None  # noqa: PLR2004  # no meter says more
