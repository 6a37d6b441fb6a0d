from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csms.domain.metering import parse_number, scaled, split_measurand
from tests.unit.domain.stories import sample


@pytest.mark.covers("Q88", "Q84")
@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("123", "123"),
        (" 1.5 ", "1.5"),
        ("1,5", "1.5"),
        ("1e3", "1000"),
        ("-0.0", "0"),
        ("+7", "7"),
        (".5", "0.5"),
        ("500.379577636718750", "500.37957763671875"),
        ("", None),
        ("   ", None),
        ("NaN", None),
        ("inf", None),
        ("12 kWh", None),
        ("1.2.3", None),
        ("1,234.5", None),
        ("--", None),
        ("1e999999999", None),
    ],
)
def test_a_text_value_is_a_number_or_nothing(text: str, number: str | None) -> None:
    assert parse_number(text) == (None if number is None else Decimal(number))


@pytest.mark.covers("Q88")
@given(st.text(max_size=40))
def test_no_text_makes_the_parser_raise(text: str) -> None:
    number = parse_number(text)
    assert number is None or number.is_finite()


@pytest.mark.covers("Q37", "Q87")
@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("Current.Import.L1", ("Current.Import", "L1")),
        ("Voltage.L1-N", ("Voltage", "L1-N")),
        ("Voltage.L1-L2", ("Voltage", "L1-L2")),
        ("Current.Import.N", ("Current.Import", "N")),
        ("Energy.Active.Import.Register", ("Energy.Active.Import.Register", None)),
        ("SoC", ("SoC", None)),
    ],
)
def test_a_phase_that_is_glued_to_a_measurand_comes_off(name: str, parts: tuple[str, str | None]) -> None:
    assert split_measurand(name) == parts


@pytest.mark.covers("Q85")
def test_a_value_of_another_unit_is_no_value() -> None:
    units = {"wh": 0, "kwh": 3}
    assert scaled(sample(0, "1.5", unit=" KWH "), units) == 1500
    assert scaled(sample(0, "1.5", unit="Celsius"), units) is None


@pytest.mark.covers("Q84")
@pytest.mark.parametrize("value", ["1e999999", "NaN", "Infinity"])
def test_a_number_that_no_meter_can_say_is_no_value(value: str) -> None:
    assert scaled(sample(0, value), {"wh": 0}) is None
