"""Every action of every version: handled ones get a result of the right form, all others an error, none silence."""

import itertools
from typing import Any

import pytest

from csms.ocpp.catalogue import FROM_STATION, actions
from csms.ocpp.version import Version
from csms.ports.handlers import Dialect
from handlers.v16 import V16
from handlers.v21 import V21
from handlers.v201 import V201
from tests.integration.conftest import House
from tests.integration.wire import RawStation
from tests.official import faults, minimal

DIALECTS: dict[str, Dialect] = {"1.6": V16, "2.0.1": V201, "2.1": V21}
VERSIONS = {"1.6": Version.V16, "2.0.1": Version.V201, "2.1": Version.V21}
SAID_BY_STATIONS = [(version, action) for version in VERSIONS for action in sorted(FROM_STATION[VERSIONS[version]])]
HANDLED = [(version, action) for version, action in SAID_BY_STATIONS if action in DIALECTS[version].inbound]
UNHANDLED = [case for case in SAID_BY_STATIONS if case not in HANDLED]
NAMES = itertools.count(1)


async def booted(house: House, version: str) -> RawStation:
    """Return a station of its own that was accepted; leave its line with `async with`."""
    name = f"CATALOGUE-{next(NAMES)}"
    await house.register(name)
    return RawStation(house, name, version)


def refusal(answer: list[Any]) -> str:
    """Return the code of an error of exactly the right form."""
    kind, _, code, description, details = answer
    assert (kind, details) == (4, {}), answer
    assert 0 < len(description) <= 255
    return str(code)


def test_the_tables_name_nothing_that_a_station_cannot_say() -> None:
    for version, dialect in DIALECTS.items():
        assert dialect.inbound.keys() <= FROM_STATION[VERSIONS[version]]
        assert FROM_STATION[VERSIONS[version]] <= actions(VERSIONS[version]).keys()


@pytest.mark.covers("J-20", "J-27", "J-29", "J-30", "Q129", "Q130", "V21-GEN-01")
@pytest.mark.parametrize(("version", "action"), HANDLED)
async def test_what_is_handled_gets_a_result_that_its_schema_allows(
    shared_house: House, version: str, action: str
) -> None:
    async with await booted(shared_house, version) as station:
        if action != "BootNotification":
            assert await station.boot() == "Accepted"
        call = minimal(version, action)
        assert faults(version, action, "Request", call) == []
        answer = await station.say(action, call)
        assert answer[0] == 3, answer
        assert faults(version, action, "Response", answer[2]) == []
        assert (await station.say("Heartbeat", {}))[0] == 3


@pytest.mark.covers("J-60", "J-61", "Q41", "Q128", "LIB-02")
@pytest.mark.parametrize(("version", "action"), UNHANDLED)
async def test_what_has_no_handler_yet_is_not_supported(shared_house: House, version: str, action: str) -> None:
    async with await booted(shared_house, version) as station:
        await station.boot()
        assert refusal(await station.say(action, minimal(version, action))) == "NotSupported"
        assert refusal(await station.say(action, {})) == "NotSupported"
        assert (await station.say("Heartbeat", {}))[0] == 3


@pytest.mark.covers("J-26", "J-60", "J-61", "Q41", "Q128", "LIB-02")
@pytest.mark.parametrize("version", VERSIONS)
async def test_what_no_station_of_the_version_says_is_told_apart(shared_house: House, version: str) -> None:
    known = actions(VERSIONS[version]).keys()
    others = set().union(*(actions(other).keys() for other in VERSIONS.values())) - known
    assert others
    async with await booted(shared_house, version) as station:
        await station.boot()
        for action in sorted(known - FROM_STATION[VERSIONS[version]]):
            assert refusal(await station.say(action, minimal(version, action))) == "NotSupported", action
        for action in [*sorted(others), "Dance", "heartbeat", "HeartbeatRequest", "Heartbeat.req", " Heartbeat", ""]:
            assert refusal(await station.say(action, {})) == "NotImplemented", action
