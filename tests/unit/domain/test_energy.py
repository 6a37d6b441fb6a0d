"""What a session's meter says, from the samples as stations send them."""

import random
from decimal import Decimal

import pytest

from csms.domain.energy import Meter, record
from csms.domain.metering import Sample
from tests.unit.domain.stories import sample

POWER = {"measurand": "Power.Active.Import", "unit": "W"}
INTERVAL = {"measurand": "Energy.Active.Import.Interval"}


def metered(*samples: Sample) -> Meter:
    """Return the meter after each sample came in a message of its own."""
    meter = Meter()
    for one in samples:
        meter = record(meter, (one,))
    return meter


def phases(minutes: float, *values: float, **members: object) -> list[Sample]:
    return [sample(minutes, value, phase=f"L{n}", **members) for n, value in enumerate(values, 1)]


@pytest.mark.covers("TX-51", "Q85", "Q84")
@pytest.mark.parametrize(
    ("unit", "first", "last", "wh"),
    [
        ("Wh", "1000", "1500.4", 500),
        ("kWh", "1000", "1000.5", 500),
        ("KWH", "1.0", "1.5", 500),
        ("kwh ", "1.0", "1.5", 500),
        ("MWh", "1", "1.0005", 500),
        ("", "1000", "1500", 500),
        ("kWh", "500.379577636718750", "501.379577636718750", 1000),
    ],
)
def test_energy_is_in_whole_watt_hours_whatever_the_unit(unit: str, first: str, last: str, wh: int) -> None:
    assert metered(sample(0, first, unit=unit), sample(60, last, unit=unit)).energy.wh == wh


@pytest.mark.covers("Q85")
def test_wh_and_kwh_may_be_mixed_if_they_are_labelled() -> None:
    meter = metered(sample(0, 5000, context="Transaction.Begin"), sample(5, "5.25", unit="kWh"), sample(10, 5500))
    assert (meter.energy.wh, meter.energy.flags) == (500, frozenset())


@pytest.mark.covers("Q85")
def test_an_unknown_unit_is_doubted_and_not_counted() -> None:
    meter = metered(sample(0, 1000), sample(5, 9000, unit="Celsius"), sample(10, 1100))
    assert (meter.energy.wh, meter.doubts) == (100, {"unit-doubtful"})


@pytest.mark.covers("Q85")
@pytest.mark.parametrize(("rise", "doubtful"), [(1, True), (116, False), (116_000, True)])
def test_energy_a_thousand_times_off_the_power_is_doubted_within_15_minutes(rise: int, doubtful: bool) -> None:
    meter = Meter()
    for minute in range(16):
        meter = record(meter, (sample(minute, 10**6 + rise * minute // 10 * 10), sample(minute, 7000, **POWER)))
    assert meter.energy.wh == rise * 15 // 10 * 10
    assert ("unit-doubtful" in meter.energy.flags) is doubtful


@pytest.mark.covers("Q85")
def test_a_coarse_register_is_not_doubted_while_it_has_not_moved() -> None:
    meter = Meter()
    for minute in range(8):
        meter = record(meter, (sample(minute, 5, unit="kWh"), sample(minute, 7000, **POWER)))
    assert meter.energy.flags == frozenset()


@pytest.mark.covers("Q87")
def test_the_total_counts_and_not_the_phases_beside_it() -> None:
    meter = record(Meter(), (sample(0, 900), *phases(0, 100, 200, 300)))
    meter = record(meter, (*phases(10, 900, 900, 900), sample(10, 1000)))
    assert meter.energy.wh == 100


@pytest.mark.covers("Q87")
def test_phases_without_a_total_are_added_up() -> None:
    meter = record(Meter(), tuple(phases(0, 100, 200, 300)))
    meter = record(meter, tuple(phases(10, 110, 220, 330)))
    assert meter.energy.wh == 60


@pytest.mark.covers("Q87")
def test_one_phase_of_a_single_phase_station_goes_on_from_meter_start() -> None:
    begin = sample(0, 1000, context="Transaction.Begin")
    values = [sample(minute, 1000 + 10 * minute, phase="L1") for minute in range(1, 6)]
    assert [metered(begin, *values[:n]).energy.wh for n in range(6)] == [0, 10, 20, 30, 40, 50]
    assert metered(*values, begin).energy.wh == 50
    assert metered(begin, *values, sample(6, 1064, context="Transaction.End")).energy.wh == 64


@pytest.mark.covers("Q87")
@pytest.mark.parametrize("phase", ["N", "L1-L2"])
def test_what_is_no_phase_against_neutral_is_never_a_total(phase: str) -> None:
    assert metered(sample(0, 100), sample(5, 5000, phase=phase), sample(10, 150)).energy.wh == 50


@pytest.mark.covers("Q87")
def test_a_register_elsewhere_counts_only_where_the_outlet_has_none() -> None:
    inlet = [sample(minute, 1000 + 100 * minute, location="Inlet") for minute in range(3)]
    outlet = [sample(minute, 500 + 90 * minute) for minute in range(3)]
    assert metered(*inlet).energy.wh == 200
    assert metered(*inlet, *outlet).energy.wh == 180


def test_the_register_of_the_vehicle_is_not_ours() -> None:
    assert metered(sample(0, 0, location="EV"), sample(5, 900, location="EV")).energy.wh == 0


@pytest.mark.covers("Q90")
def test_intervals_count_where_no_register_speaks() -> None:
    meter = metered(*(sample(minute, 50, **INTERVAL) for minute in (1, 2, 3)))
    assert meter.energy.wh == 150
    assert record(meter, (sample(0, 1000),)).energy.wh == 0


@pytest.mark.covers("Q90")
def test_intervals_on_the_hour_do_not_count_twice() -> None:
    periodic = [sample(minute, 50, **INTERVAL) for minute in (5, 10, 15)]
    aligned = sample(15, 150, context="Sample.Clock", **INTERVAL)
    assert metered(*periodic, aligned, *periodic).energy.wh == 150
    assert metered(aligned).energy.wh == 150


@pytest.mark.covers("Q90")
def test_aligned_and_periodic_values_of_one_register_count_once() -> None:
    aligned = [sample(minute, 1000 + minute * 10, context="Sample.Clock") for minute in (0, 15, 30)]
    periodic = [sample(minute, 1000 + minute * 10) for minute in (0, 7, 15, 22, 30)]
    assert metered(*aligned, *periodic).energy.wh == 300


@pytest.mark.covers("Q74")
def test_a_negative_reading_is_told_and_left_out() -> None:
    meter = metered(sample(0, -1, context="Transaction.Begin"), sample(5, 1000), sample(10, 1100))
    assert (meter.energy.wh, meter.doubts) == (100, {"negative-reading"})


@pytest.mark.covers("Q84")
def test_a_reading_that_no_meter_has_is_told_and_left_out() -> None:
    meter = metered(sample(0, 1000), sample(5, "9223372036854775807"), sample(10, 1100))
    assert (meter.energy.wh, meter.doubts) == (100, {"implausible-reading"})


@pytest.mark.covers("Q88", "Q89")
def test_text_and_signed_values_take_no_part_in_sums() -> None:
    odd = [sample(5, None, raw="n/a"), sample(6, None, signed="OCMF|" + "x" * 16_000)]
    assert metered(sample(0, 1000), *odd, sample(10, 1100)).energy.wh == 100


@pytest.mark.covers("Q89")
def test_a_signed_value_is_the_same_byte_for_byte() -> None:
    signed = 'OCMF|{"FV":"1.0"}|{"SD":"30\u00e4"}\r\n' * 400
    assert sample(0, None, signed=signed).signed == signed


@pytest.mark.covers("Q92")
def test_a_reversed_list_is_put_in_order() -> None:
    samples = tuple(sample(minute, 1000 + minute) for minute in range(10, -1, -1))
    assert record(Meter(), samples).energy.wh == 10


@pytest.mark.covers("Q87")
def test_power_is_the_total_else_the_sum_of_phases() -> None:
    both = (sample(1, 7000, **POWER), *phases(1, 100, 100, 100, **POWER))
    assert record(Meter(), both).power.last_w == 7000
    assert record(Meter(), tuple(phases(1, 2300, 2300, 2300, **POWER))).power.last_w == 6900


def test_power_is_the_one_of_the_latest_time_and_in_watts() -> None:
    late, early = sample(5, "7.2", measurand="Power.Active.Import", unit="kW"), sample(1, 3000, **POWER)
    assert metered(late, early).power.last_w == metered(early, late).power.last_w == 7200


def test_the_battery_is_as_full_as_was_told_last() -> None:
    soc = {"measurand": "SoC", "unit": "Percent", "location": "EV"}
    meter = metered(sample(5, "41.6", **soc), sample(1, 10, **soc), sample(6, 101, **soc))
    assert meter.charge.percent == 42


@pytest.mark.covers("Q71", "Q72")
def test_samples_of_every_kind_may_come_in_any_order() -> None:
    samples = [
        sample(0, 1000, context="Transaction.Begin"),
        *(sample(minute, "1.0", phase="L1", unit="kWh") for minute in (1, 2)),
        *(sample(minute, 1000 + minute * 100) for minute in range(1, 20)),
        *(sample(minute, 20, **INTERVAL) for minute in range(1, 20)),
        *(sample(minute, 6000, **POWER) for minute in range(1, 20)),
        sample(20, 3050, context="Transaction.End"),
    ]
    expected = metered(*samples)
    shuffler = random.Random(92)
    for _ in range(50):
        shuffler.shuffle(samples)
        meter = metered(*samples)
        assert (meter.energy, meter.power) == (expected.energy, expected.power)


def test_nothing_said_is_no_energy() -> None:
    meter = record(Meter(), (sample(0, Decimal(230), measurand="Voltage", unit="V"),))
    assert (meter.energy.wh, meter.energy.first_wh, meter.power) == (0, None, None)
