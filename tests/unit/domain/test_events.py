"""Facts outlive the program: what was written must be read again as it was."""

from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from csms.domain.access import TokenRef
from csms.domain.command import Event
from csms.domain.local_list import Info, Listed, Update
from csms.domain.metering import Sample
from csms.domain.reservation import Ending, Reservation, Told
from csms.domain.session.commands import Observation
from csms.domain.session.events import (
    SessionBegan,
    SessionEnded,
    SessionEvent,
    SessionPresumedEnded,
    SessionUpdated,
)
from csms.domain.session.evolve import evolve
from csms.domain.session.state import Session
from csms.domain.smart_charging.composite import Composite, Stretch
from csms.domain.smart_charging.matching import Criteria
from csms.domain.smart_charging.profile import Constraint, Installed, Origin, Purpose, Unit
from csms.domain.station import certificates, charging, errands, local_list, reservations, security, signing
from csms.domain.station import events as station_events
from csms.domain.station.commands import BootReport, Registration, ReportVariable
from csms.domain.station.events import StationBooted, StationEvent, StatusChanged
from csms.domain.trust import Root
from csms.kit.x509 import HashData
from tests.unit.domain.smart_charging.profiles import anything_installed, schedules
from tests.unit.domain.stories import at, begin, end, play_all, record_of, update

TEXT = st.text(max_size=20)
TIMES = st.integers(0, 10**6).map(lambda minutes: at(minutes / 7))
NUMBERS = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**12), max_value=10**12)
SAMPLES = st.builds(
    Sample,
    at=TIMES,
    value=st.one_of(st.none(), NUMBERS),
    measurand=TEXT,
    phase=st.none() | TEXT,
    signed=st.none() | TEXT,
)
TOKENS = st.builds(TokenRef, TEXT, TEXT)
OBSERVATIONS = st.builds(
    Observation,
    at=TIMES,
    received_at=TIMES,
    seq_no=st.none() | st.integers(-5, 10**9),
    token=st.none() | TOKENS,
    samples=st.lists(SAMPLES, max_size=4).map(tuple),
    flags=st.lists(TEXT, max_size=3).map(tuple),
)
SESSION_FACTS = st.one_of(
    st.builds(SessionBegan, TEXT, TEXT, OBSERVATIONS, st.none() | st.integers(1, 2**31 - 1)),
    st.builds(SessionUpdated, TEXT, TEXT, OBSERVATIONS),
    st.builds(SessionEnded, TEXT, TEXT, OBSERVATIONS, st.none() | TEXT),
    st.builds(SessionPresumedEnded, TIMES, TEXT, st.none() | TIMES),
)
SMALL = st.integers(-(2**31), 2**31 - 1)
RESERVATIONS = st.builds(
    Reservation, TEXT, SMALL, TOKENS, TIMES, TIMES, st.none() | SMALL, st.none() | TEXT, st.none() | TEXT
)
UPDATES = st.builds(
    Update,
    SMALL,
    st.booleans(),
    st.lists(st.builds(Listed, TOKENS, st.none() | st.builds(Info, TEXT, st.none() | TEXT, st.none() | TIMES))).map(
        tuple
    ),
)
RESERVED_FACTS = (
    st.builds(local_list.ListTaken, UPDATES, TIMES),
    st.builds(local_list.ListVersionTold, SMALL, TIMES),
    st.builds(local_list.ListRefused, SMALL, st.booleans(), TEXT, TIMES),
    st.builds(reservations.ReservationMade, RESERVATIONS, TIMES),
    st.builds(reservations.ReservationRefused, RESERVATIONS, TEXT, TIMES),
    st.builds(
        reservations.ReservationEnded,
        st.builds(Told, SMALL, st.sampled_from(list(Ending)), TIMES, TIMES, st.none() | TEXT),
        TEXT,
    ),
)
WHOLE = st.integers(0, 2**31 - 1)
INSTALLED = st.builds(
    Installed,
    evse=st.none() | WHOLE,
    profile=anything_installed().map(lambda installed: installed.profile),
    at=TIMES,
    origin=st.sampled_from(Origin),
    token=st.none() | TEXT,
)
COMPOSITES = st.builds(
    Composite,
    TIMES,
    WHOLE,
    st.sampled_from(Unit),
    st.lists(st.builds(Stretch, WHOLE, st.none() | NUMBERS, st.none() | st.integers(1, 3)), max_size=3).map(tuple),
)
CONSTRAINTS = st.builds(Constraint, TEXT, WHOLE, TIMES, st.lists(schedules(), max_size=2).map(tuple))
CRITERIA = st.builds(
    Criteria, st.lists(WHOLE, max_size=3).map(tuple), st.none() | WHOLE, st.none() | st.sampled_from(Purpose)
)
HASHES = st.builds(HashData, TEXT, TEXT, TEXT, TEXT)
CERTIFIED_FACTS = (
    st.builds(
        certificates.CertificatesTold,
        st.lists(TEXT, max_size=3).map(tuple),
        st.lists(
            st.builds(certificates.ToldCertificate, TEXT, HASHES, st.lists(HASHES, max_size=2).map(tuple)), max_size=3
        ).map(tuple),
        TIMES,
    ),
    st.builds(
        certificates.CertificateInstalled,
        TEXT,
        st.builds(Root, TEXT, TEXT, TIMES, TEXT, st.lists(TEXT, max_size=3).map(tuple), st.none() | HASHES),
        TIMES,
    ),
    st.builds(certificates.CertificateDeleted, HASHES, TIMES, st.booleans()),
)
STATION_FACTS = st.one_of(
    *RESERVED_FACTS,
    *CERTIFIED_FACTS,
    st.builds(security.SecurityChangeAnswered, TEXT, TEXT, st.booleans(), TIMES),
    st.builds(security.SecurityEventTold, TEXT, TIMES, TIMES, st.none() | TEXT, st.booleans()),
    st.builds(
        signing.CertificateOrdered, TEXT, TEXT, st.none() | TEXT, st.none() | SMALL, TEXT, SMALL, TEXT, TEXT, TIMES
    ),
    st.builds(signing.CertificateOrderRepeated, TEXT, st.none() | SMALL, TIMES),
    st.builds(signing.CertificateOrderDropped, TEXT, TIMES),
    st.builds(signing.CertificateDenied, TEXT, TEXT, TEXT, st.none() | TEXT, st.none() | TEXT, TEXT, TIMES),
    st.builds(signing.CertificateAnswered, TEXT, TEXT, st.booleans(), TIMES),
    st.builds(signing.CertificateDisputed, st.none() | TEXT, TIMES),
    st.builds(charging.ProfileAnswered, INSTALLED, TEXT),
    st.builds(charging.ProfileInstalled, INSTALLED),
    st.builds(charging.ProfilesDropped, st.lists(WHOLE, max_size=3).map(tuple), TIMES, TEXT),
    st.builds(charging.ProfilesInquired, WHOLE, CRITERIA, st.booleans(), TIMES),
    st.builds(charging.ProfilesReported, WHOLE, st.lists(WHOLE, max_size=3).map(tuple), st.booleans(), TIMES),
    st.builds(charging.CompositeTold, WHOLE, TEXT, TIMES, WHOLE, st.none(), st.none() | COMPOSITES),
    st.builds(charging.ConstraintTold, CONSTRAINTS),
    st.builds(charging.ConstraintCleared, TEXT, st.none() | WHOLE, TIMES),
    st.builds(
        StationBooted, st.builds(BootReport, TEXT, TEXT), st.sampled_from(list(Registration)), TIMES, st.booleans()
    ),
    st.builds(StatusChanged, st.integers(0, 9), st.integers(0, 9), TEXT, TIMES, TIMES, st.none() | TEXT),
    st.builds(station_events.MeterReported, st.integers(0, 9), st.lists(SAMPLES, max_size=3).map(tuple), TIMES),
    st.builds(
        errands.ProgressReported, TEXT, TEXT, TIMES, st.none() | st.integers(), st.none() | TEXT, st.none() | TEXT
    ),
    st.builds(
        errands.ErrandAsked, TEXT, TEXT, TEXT, TIMES, st.none() | st.integers(), st.none() | TEXT, st.none() | TIMES
    ),
    st.builds(errands.ErrandAnswered, TEXT, TEXT, TEXT, TIMES, st.none() | TEXT),
    st.builds(errands.ErrandDropped, TEXT, TEXT, TIMES),
    st.builds(errands.FirmwareFound, TEXT, TEXT, TEXT, TIMES, st.booleans()),
    st.builds(
        station_events.VariablesReported,
        st.lists(st.builds(ReportVariable, TEXT, TEXT, st.none() | TEXT), max_size=3).map(tuple),
        TIMES,
    ),
    st.builds(station_events.NoticeKept, TEXT, TEXT, TIMES, st.none() | TEXT),
    st.builds(station_events.CallIssued, TEXT, TEXT, TEXT, TIMES, st.none() | TEXT),
    st.builds(station_events.CallClosed, TEXT, TEXT, TIMES, st.none() | TEXT),
)


@given(SESSION_FACTS)
def test_every_fact_of_a_session_reads_as_it_was_written(fact: SessionEvent) -> None:
    assert msgspec.json.decode(msgspec.json.encode(fact), type=SessionEvent) == fact


@given(STATION_FACTS)
def test_every_fact_of_a_station_reads_as_it_was_written(fact: StationEvent) -> None:
    assert msgspec.json.decode(msgspec.json.encode(fact), type=StationEvent) == fact


@given(st.lists(SESSION_FACTS, max_size=8))
def test_no_line_of_facts_makes_a_session_raise(facts: list[SessionEvent]) -> None:
    session = Session()
    for fact in facts:
        session = evolve(session, fact)
    assert session.energy_wh >= 0


@pytest.mark.parametrize(("room", "union"), [("session", SessionEvent), ("station", StationEvent)])
def test_the_tables_of_facts_are_complete(room: str, union: object) -> None:
    facts = {fact for fact in Event.__subclasses__() if fact.__module__.startswith(f"csms.domain.{room}.")}
    assert facts == set(union.__args__)


def test_a_session_read_again_from_its_facts_is_the_same() -> None:
    session, events, _ = play_all([begin(), update(1, Decimal("1100.5"), seq_no=4), end(2, 1200)])
    again = Session()
    for event in events:
        again = evolve(again, msgspec.json.decode(msgspec.json.encode(event), type=SessionEvent))
    assert record_of(again) == record_of(session)
