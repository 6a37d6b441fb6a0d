"""Payloads to messages: strict ones fast, broken ones mended, hopeless ones named."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from csms.ocpp import schemas, timestamps
from csms.ocpp.catalogue import actions
from csms.ocpp.errors import ErrorCode
from csms.ocpp.messages import generate, v16, v201
from csms.ocpp.schemas import Malformed, Reading
from csms.ocpp.shape import Shape, members
from csms.ocpp.version import Version

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
EVERY_CALL = [(version, action) for version in Version for action in actions(version)]


def read(action: str, payload: dict[str, Any] | str, version: Version = Version.V16) -> Reading:
    text = payload if isinstance(payload, str) else json.dumps(payload)
    reading = schemas.read_call(version, action, text.encode(), NOW)
    assert isinstance(reading, Reading), reading
    return reading


def example(shape: Shape) -> Any:
    """Return a value that the schema takes."""
    match shape.kind:
        case "struct":
            assert shape.struct is not None
            return {m.wire: example(m.shape) for m in members(shape.struct) if m.required}
        case "list":
            assert shape.item is not None
            return [example(shape.item)]
        case "enum":
            return shape.choices[0]
        case "time":
            return "2026-11-23T11:00:00Z"
        case "int" | "number":
            return 1
        case "bool":
            return True
        case "text":
            return "a"
        case _:
            return {"x": 1}


def good(version: Version, action: str) -> dict[str, Any]:
    return dict(example(Shape("struct", struct=actions(version)[action].request)))


def test_the_files_are_what_the_generator_makes() -> None:
    for version in generate.VERSIONS:
        path = Path(generate.__file__).with_name(f"{version}.py")
        assert path.read_text() == generate.source(version)


@pytest.mark.parametrize(("version", "action"), EVERY_CALL)
@pytest.mark.covers("J-29")
def test_every_action_is_read_without_a_repair(version: Version, action: str) -> None:
    payload = good(version, action)
    assert schemas.check_call(version, action, json.dumps(payload).encode()) == []
    reading = read(action, payload, version)
    assert reading.deviations == ()
    assert json.loads(schemas.write(reading.message, version)) == payload


@pytest.mark.parametrize(("version", "action"), EVERY_CALL)
@pytest.mark.covers("Q34", "Q35", "Q33")
def test_extra_null_and_overlong_members_are_taken(version: Version, action: str) -> None:
    payload = good(version, action) | {"x_foo": {"deep": [1]}, "y": None}
    kinds = {m.wire: m.shape for m in members(actions(version)[action].request)}
    for name, shape in kinds.items():
        if shape.kind == "text":
            payload[name] = "L" * 600
    reading = read(action, payload, version)
    assert any(deviation == "extra:x_foo" for deviation in reading.deviations)


@pytest.mark.parametrize(("version", "action"), EVERY_CALL)
@pytest.mark.covers("Q32")
def test_numbers_and_booleans_as_texts_are_taken(version: Version, action: str) -> None:
    def spoil(value: Any) -> Any:
        if isinstance(value, bool):
            return str(value).lower()
        if isinstance(value, int):
            return f" {value} "
        if isinstance(value, dict):
            return {key: spoil(member) for key, member in value.items()}
        return [spoil(item) for item in value] if isinstance(value, list) else value

    payload = good(version, action)
    assert read(action, spoil(payload), version).message == read(action, payload, version).message


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(EVERY_CALL),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=30),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
        max_leaves=8,
    ),
    st.data(),
)
@pytest.mark.covers("Q32", "Q36", "Q37", "Q84")
def test_no_payload_makes_reading_raise(call: tuple[Version, str], junk: Any, data: st.DataObject) -> None:
    version, action = call
    payload = good(version, action)
    if payload:
        payload[data.draw(st.sampled_from(sorted(payload)))] = junk
    reading = schemas.read_call(version, action, json.dumps(payload).encode(), NOW)
    assert isinstance(reading, Reading | Malformed)


@pytest.mark.parametrize("odd", [r'"\ud800"', "1e999", "-1e400", "9" * 400, "NaN"])
@pytest.mark.covers("Q25", "L7")
def test_values_that_no_schema_can_look_at_are_malformed_and_nothing_more(odd: str) -> None:
    payload = f'{{"connectorId": {{}}, "x": {odd}, "status": {odd}}}'.encode()
    reading = schemas.read_call(Version.V16, "StatusNotification", payload, datetime(2026, 11, 24, tzinfo=UTC))
    assert isinstance(reading, Malformed)
    assert schemas.check_call(Version.V16, "StatusNotification", payload)


@pytest.mark.covers("Q33", "Q36")
def test_a_boot_without_vendor_and_with_a_long_serial_is_read() -> None:
    reading = read("BootNotification", {"chargePointModel": "M" * 40, "chargeBoxSerialNumber": "S" * 33})
    assert isinstance(reading.message, v16.BootNotificationRequest)
    assert reading.message.charge_point_vendor == "unknown"
    assert reading.message.charge_point_model == "M" * 40
    assert "missing:chargePointVendor" in reading.deviations


@pytest.mark.parametrize(
    ("told", "meant"),
    [("available", "Available"), ("Occupied", "Preparing"), ("", "missing"), ("Weird", "Weird")],
)
@pytest.mark.covers("Q37")
def test_words_of_other_cases_and_versions_are_understood(told: str, meant: str) -> None:
    payload = {"connectorId": 1, "errorCode": "NoError", "status": told}
    reading = schemas.read_call(Version.V16, "StatusNotification", json.dumps(payload).encode(), NOW)
    if meant == "missing":
        assert isinstance(reading, Malformed)
    else:
        assert isinstance(reading, Reading)
        assert isinstance(reading.message, v16.StatusNotificationRequest)
        assert reading.message.status == meant


TIMES = [
    ("2026-11-23T10:00:00Z", "2026-11-23T10:00:00+00:00"),
    ("2026-11-23T12:00:00+02", "2026-11-23T10:00:00+00:00"),
    ("2026-11-23T12:00:00+0200", "2026-11-23T10:00:00+00:00"),
    ("2026-11-23 10:00:00", "2026-11-23T10:00:00+00:00"),
    ("2026-11-23T10:00:00.123456789Z", "2026-11-23T10:00:00.123456+00:00"),
    ("2026-11-23T10:00Z", "2026-11-23T10:00:00+00:00"),
]


@pytest.mark.parametrize(("text", "meant"), TIMES)
@pytest.mark.covers("Q44", "16-GEN-06")
def test_times_in_every_spelling_are_read(text: str, meant: str) -> None:
    at = timestamps.parse(text)
    assert at is not None
    assert at.isoformat() == meant


@pytest.mark.parametrize(
    ("text", "now", "meant"),
    [
        ("2026-01-10T10:00:00", "2026-01-10T09:00", "2026-01-10T09:00"),
        ("2026-07-10T10:00:00", "2026-07-10T08:00", "2026-07-10T08:00"),
        ("2026-07-10T10:00:00Z", "2026-07-10T10:00", "2026-07-10T10:00"),
        ("2026-07-10T10:00:00+02", "2026-07-10T08:00", "2026-07-10T08:00"),
        ("2026-10-25T02:30:00", "2026-10-25T00:31", "2026-10-25T00:30"),
        ("2026-10-25T02:30:00", "2026-10-25T01:29", "2026-10-25T01:30"),
        ("2026-10-25T02:30:00", "2026-10-25T09:00", "2026-10-25T01:30"),
        ("2026-03-29T02:30:00", "2026-03-29T01:31", "2026-03-29T01:30"),
    ],
)
@pytest.mark.covers("Q44")
def test_a_time_without_a_zone_is_what_the_clocks_show_where_the_station_stands(
    text: str, now: str, meant: str
) -> None:
    read_at = datetime.fromisoformat(f"{now}:00+00:00")
    at = timestamps.parse(text, ZoneInfo("Europe/Berlin"), read_at)
    assert at == datetime.fromisoformat(f"{meant}:00+00:00")
    payload = {"connectorId": 1, "errorCode": "NoError", "status": "Available", "timestamp": text}
    raw, zone = json.dumps(payload).encode(), ZoneInfo("Europe/Berlin")
    reading = schemas.read_call(Version.V16, "StatusNotification", raw, read_at, zone)
    assert isinstance(reading, schemas.Reading)
    assert reading.message.timestamp == at  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "text", ["1970-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "2099-01-01T00:00:00Z", "yesterday", "", 7]
)
@pytest.mark.covers("Q44")
def test_times_that_no_clock_can_mean_become_ours(text: object) -> None:
    payload = {"connectorId": 1, "idTag": "A", "meterStart": 0, "timestamp": text}
    reading = read("StartTransaction", payload)
    assert isinstance(reading.message, v16.StartTransactionRequest)
    assert reading.message.timestamp == NOW
    assert any(deviation.startswith("timestamp") for deviation in reading.deviations)


@pytest.mark.covers("Q84")
def test_numbers_keep_every_decimal() -> None:
    sampled = '{"value":500.379577636718751234,"measurand":"Energy.Active.Import.Register"}'
    text = f'{{"evseId":1,"meterValue":[{{"timestamp":"2026-11-23T10:00:00Z","sampledValue":[{sampled}]}}]}}'
    reading = read("MeterValues", text, Version.V201)
    assert isinstance(reading.message, v201.MeterValuesRequest)
    assert reading.message.meter_value[0].sampled_value[0].value == Decimal("500.379577636718751234")


@pytest.mark.covers("Q45", "Q129", "Q130", "J-27", "J-30")
def test_what_we_send_is_compact_ordered_and_has_no_fraction() -> None:
    boot = v16.BootNotificationResponse(status="Accepted", current_time=NOW.replace(microsecond=5), interval=300)
    assert (
        schemas.write(boot, Version.V16) == b'{"status":"Accepted","currentTime":"2026-11-23T12:00:00Z","interval":300}'
    )
    tag = v16.AuthorizeResponse(id_tag_info=v16.IdTagInfo(status="Accepted", parent_id_tag="\u00fc"))
    assert schemas.write(tag, Version.V16) == b'{"idTagInfo":{"parentIdTag":"\\u00fc","status":"Accepted"}}'


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        ({"type": "Bogus"}, ErrorCode.PROPERTY_CONSTRAINT_VIOLATION),
        ({"type": 7}, ErrorCode.TYPE_CONSTRAINT_VIOLATION),
        ({}, ErrorCode.PROTOCOL_ERROR),
        ({"type": "Hard", "x": 1}, ErrorCode.FORMAT_VIOLATION),
    ],
)
@pytest.mark.covers("J-60", "LIB-03")
def test_the_raw_door_names_what_is_wrong(payload: dict[str, Any], code: ErrorCode) -> None:
    faults = schemas.check_call(Version.V16, "Reset", json.dumps(payload).encode())
    assert code in {fault.code for fault in faults}


@pytest.mark.covers("LIB-02")
def test_actions_are_those_of_each_version() -> None:
    assert {version: len(actions(version)) for version in Version} == {
        Version.V16: 39,
        Version.V201: 64,
        Version.V21: 91,
    }
