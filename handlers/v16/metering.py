"""Meter values, in the words of 1.6."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from csms.domain.metering import ENERGY_IMPORT, Sample, parse_number, split_measurand
from csms.ocpp.messages import v16

DEFAULT_UNITS = {
    "Energy": "Wh",
    "Power": "W",
    "Current": "A",
    "Voltage": "V",
    "SoC": "Percent",
    "Temperature": "Celsius",
}


def samples_of(values: Iterable[v16.MeterValue | v16.StopTransactionMeterValue]) -> tuple[Sample, ...]:
    """Return every sampled value with its defaults (16-CORE-08), signed data byte-exact (Q89)."""
    return tuple(sample_of(value.timestamp, sampled) for value in values for sampled in value.sampled_value)


def sample_of(at: datetime, sampled: v16.SampledValue | v16.StopTransactionSampledValue) -> Sample:
    """Return one sampled value; what is no number is kept as it came (Q88)."""
    measurand, glued = split_measurand(sampled.measurand or ENERGY_IMPORT)
    signed = sampled.format == "SignedData"
    number = None if signed else parse_number(sampled.value)
    return Sample(
        at=at,
        value=number,
        measurand=measurand,
        unit=sampled.unit or DEFAULT_UNITS.get(measurand.partition(".")[0], ""),
        phase=sampled.phase or glued,
        context=sampled.context or "Sample.Periodic",
        location=sampled.location or "Outlet",
        signed=sampled.value if signed else None,
        raw=sampled.value if number is None and not signed else None,
    )


def register(at: datetime, meter_wh: int, context: str) -> Sample:
    """Return the sample that a meterStart or meterStop is."""
    return Sample(at=at, value=Decimal(meter_wh), context=context)
