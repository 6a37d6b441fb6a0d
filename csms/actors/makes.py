"""What a station is treated as, by what it tells and shows of itself."""

from dataclasses import replace

import structlog

from csms.actors.tools import Tools
from csms.domain.station.commands import BootReport
from csms.domain.vendors.profiles import make_of
from csms.ports.journal import JournalUnavailable
from csms.ports.line import Line
from csms.ports.registry import RegisteredStation
from csms.ports.vendors import Vendors

log = structlog.get_logger(__name__)


async def as_booted(
    station: RegisteredStation, line: Line, report: BootReport | None, tools: Tools
) -> RegisteredStation:
    """Return a station as it is after a boot: with the habits of its make, and the security profile that it came by."""
    return await _as_shown(as_told(station, report, tools.vendors), line, tools)


def as_told(station: RegisteredStation, report: BootReport | None, vendors: Vendors) -> RegisteredStation:
    """Return a station with the habits of the make that it told; the same object if that is no other one."""
    make = make_of(report)
    if make == station.make:
        return station
    return replace(station, make=make, habits=vendors.resolve(make, station.overrides).habits)


async def _as_shown(station: RegisteredStation, line: Line, tools: Tools) -> RegisteredStation:
    """Have a station that booted by the higher security profile that it was offered come in by no lower one any more (SEC-05)."""
    shown = line.proof.profile
    if shown != station.offered_profile or shown <= station.security_profile:
        return station
    try:
        await tools.registry.raise_profile(station.id, shown)
    except JournalUnavailable as error:  # it will boot again
        log.warning("profile_not_raised", station=station.id, profile=shown, error=str(error))
        return station
    log.info("profile_raised", station=station.id, profile=shown, before=station.security_profile)
    return replace(station, security_profile=shown, offered_profile=None)
