"""OCPP 2.0.1, block J, Meter values: what stations say."""

from collections.abc import Iterable
from datetime import datetime

import msgspec

from csms.domain.metering import ENERGY_IMPORT, Sample, split_measurand
from csms.domain.session.commands import Observation, UpdateSession
from csms.domain.station.commands import ReportMeter
from csms.ocpp.messages import v201
from csms.ports.handlers import StationContext
from handlers.units import as_meant

DEFAULT_UNITS = {"Energy": "Wh", "Power": "W", "Current": "A", "Voltage": "V", "SoC": "Percent"}


async def meter_values(call: v201.MeterValuesRequest, context: StationContext) -> v201.MeterValuesResponse:
    """Record meter values with the session that runs on the EVSE, or with the EVSE (J01, TX-52)."""
    samples = as_meant(samples_of(call.meter_value), context)
    at = max((sample.at for sample in samples), default=context.received_at)
    ref = await context.session_ref(None, call.evse_id, at) if samples else None
    if ref is None:
        await context.execute(ReportMeter(call.evse_id, samples, context.received_at))
        return v201.MeterValuesResponse()
    await context.transact(
        UpdateSession(
            station=context.station.id,
            ref=ref,
            observation=Observation(
                at=at,
                received_at=context.received_at,
                evse=call.evse_id or None,
                samples=samples,
                flags=context.deviations,
            ),
        )
    )
    return v201.MeterValuesResponse()


async def acknowledge_values(context: StationContext) -> v201.MeterValuesResponse:
    """Stand for meter values that could not be read."""
    return v201.MeterValuesResponse()


def samples_of(values: Iterable[v201.MeterValueType]) -> tuple[Sample, ...]:
    """Return every sampled value, its multiplier applied (TX-51), signed data byte-exact (TX-50)."""
    return tuple([_sample_of(value.timestamp, sampled) for value in values for sampled in value.sampled_value])


def _sample_of(at: datetime, sampled: v201.SampledValueType) -> Sample:
    measurand, glued = split_measurand(sampled.measurand or ENERGY_IMPORT)
    unit = sampled.unit_of_measure
    multiplier = unit.multiplier if unit is not None else None
    signed = sampled.signed_meter_value
    return Sample(
        at=at,
        value=sampled.value.scaleb(multiplier) if multiplier else sampled.value,
        measurand=measurand,
        unit=(unit.unit if unit is not None else None) or DEFAULT_UNITS.get(measurand.partition(".")[0], ""),
        phase=sampled.phase or glued,
        context=sampled.context or "Sample.Periodic",
        location=sampled.location or "Outlet",
        signed=None if signed is None else msgspec.json.encode(signed).decode(),
    )
