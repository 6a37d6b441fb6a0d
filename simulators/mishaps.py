"""What happens to a station and to its drivers: faults, power cuts, cables that never come."""

import asyncio

from simulators.station import SimulatedStation


def is_busy(station: SimulatedStation, evse: int) -> bool:
    """Whether somebody charges at an outlet, or at any if it is 0."""
    return any(one.session is not None for one in station.evses.values() if evse in {0, one.number})


async def break_down(station: SimulatedStation, evse: int, error: str) -> None:
    """An outlet fails and says why."""
    station.evses[evse].error = error
    await station.change_status(evse, "Faulted")


async def lose_power(station: SimulatedStation) -> None:
    """The mains fail for a moment: the line is lost, and what was charging is stopped when the station is up again."""
    await station.reboot()
    for evse in station.evses.values():
        if evse.session is not None:
            station.end(evse.number, "PowerLoss")
            evse.status = "Finishing"


async def wait_for_cable(station: SimulatedStation, evse: int) -> None:
    """Keep an outlet ready for a driver who never comes, as long as the station is set to."""
    await station.change_status(evse, "Preparing")
    await asyncio.sleep(float(station.configuration["ConnectionTimeOut"]))
    await station.change_status(evse, "Available")
