"""Whether an answer says yes, in all versions: most have a status, some one for each thing that was asked."""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from csms.ports.commands import Verdict

YES = frozenset({"accepted", "acceptedcanceled", "scheduled", "unlocked"})
RESTART = "rebootrequired"
UNKNOWN = frozenset({"notsupported", "notimplemented"})
WRITTEN = ("setVariableResult", "setMonitoringResult", "clearMonitoringResult")
READ = ("getVariableResult",)
NONE_FOUND = ("GetInstalledCertificateIds", "notfound")
"""A station that has none of what it was asked for has told all that it has."""


def verdict_of(answer: str, action: str = "") -> Verdict:
    """Return what an answer to an action says; one without any status says yes, for to answer at all is to agree."""
    try:
        told = msgspec.json.decode(answer)
    except msgspec.DecodeError:
        return Verdict.REFUSED
    if not isinstance(told, dict):
        return Verdict.ACCEPTED
    if (status := told.get("status")) is not None:
        found_none = (action, str(status).strip().casefold()) == NONE_FOUND
        return Verdict.ACCEPTED if found_none else _of([str(status)])
    for name in WRITTEN:
        if isinstance(results := told.get(name), list):
            return _of(_statuses(results))
    for name in READ:
        if isinstance(results := told.get(name), list):
            return Verdict.ACCEPTED if any(map(_is_yes, _statuses(results))) else Verdict.REFUSED
    return Verdict.ACCEPTED


def _statuses(results: Iterable[Any]) -> list[str]:
    return [
        str(result.get("attributeStatus") or result.get("status")) for result in results if isinstance(result, Mapping)
    ]


def _is_yes(status: str) -> bool:
    return status.strip().casefold() in YES


def _of(statuses: list[str]) -> Verdict:
    words = {status.strip().casefold() for status in statuses}
    if words <= YES:
        return Verdict.ACCEPTED
    if words <= YES | {RESTART}:
        return Verdict.NEEDS_RESTART
    return Verdict.UNSUPPORTED if words <= UNKNOWN else Verdict.REFUSED
