"""What a station is treated as, by what it tells of itself."""

from dataclasses import replace

from csms.domain.station.commands import BootReport
from csms.domain.vendors.profiles import make_of
from csms.ports.registry import RegisteredStation
from csms.ports.vendors import Vendors


def as_told(station: RegisteredStation, report: BootReport | None, vendors: Vendors) -> RegisteredStation:
    """Return a station with the habits of the make that it told; the same object if that is no other one."""
    make = make_of(report)
    if make == station.make:
        return station
    return replace(station, make=make, habits=vendors.resolve(make, station.overrides).habits)
