"""Meter values as a station means them, where its make is known to say something else (Q85)."""

from csms.domain.metering import Sample
from csms.domain.vendors.profiles import with_factor
from csms.ports.handlers import StationContext

FLAG = "energy-factor"


def as_meant(samples: tuple[Sample, ...], context: StationContext) -> tuple[Sample, ...]:
    """Return samples with the energy factor of the station's make applied, and told among the deviations.

    What is billed is never changed in silence: the session is flagged.
    """
    factor = context.station.habits.energy_factor
    if factor is None or not samples:
        return samples
    context.deviations = (*context.deviations, FLAG)
    return with_factor(samples, factor)
