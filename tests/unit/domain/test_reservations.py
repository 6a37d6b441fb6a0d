"""The life of a reservation: what ends it, in whatever order that is heard."""

from collections.abc import Iterable
from datetime import timedelta
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from csms.domain.access import TokenRef
from csms.domain.command import Command, Event
from csms.domain.reservation import Ending, Reservation
from csms.domain.station.commands import ReportStatus
from csms.domain.station.decide import DECIDERS
from csms.domain.station.evolve import evolve
from csms.domain.station.reservations import (
    EndReservation,
    ExpireReservations,
    RecordCancellation,
    RecordReservation,
    ReservationEnded,
    ReservationMade,
    ReservationRefused,
    UseReservation,
)
from csms.domain.station.state import Station
from tests.unit.domain.stories import at

NOBODY = TokenRef("SOMEBODY-ELSE")


def wish(number: int = 5, key: str = "call-1", *, asked: float = 0, until: float = 30, **more: object) -> Reservation:
    members = {"evse": 1, "token": TokenRef("TAG-1"), **more}
    return Reservation(key=key, number=number, expires_at=at(until), asked_at=at(asked), **members)


def answered(status: str = "Accepted", minute: float = 0.1, **more: object) -> RecordReservation:
    return RecordReservation(wish(**more), status, at(minute))


def used(number: int | None = 5, minute: float = 10, **more: object) -> UseReservation:
    members = {"evse": 1, "token": TokenRef("tag-1"), "group": None, "session": "tx", **more}
    return UseReservation(number=number, at=at(minute), received_at=at(minute), **members)


def cancelled(number: int = 5, status: str = "Accepted", asked: float = 9) -> RecordCancellation:
    return RecordCancellation(number, status, at(asked), at(asked + 0.1))


def over(ending: Ending, number: int = 5, minute: float = 20) -> EndReservation:
    return EndReservation(number, ending, at(minute))


def status(minute: float, word: str, *, evse: int = 1, connector: int = 1) -> ReportStatus:
    return ReportStatus(evse, connector, word, at(minute), at(minute))


def tell(*commands: Command[object], station: Station | None = None) -> tuple[Station, list[Event]]:
    station, events = station or Station(), []
    for command in commands:
        for event in DECIDERS[type(command)](station, command).events:
            events.append(event)
            station = evolve(station, event)
    return station, events


def ends(events: Iterable[Event], key: str = "call-1") -> list[Ending]:
    return [event.told.ending for event in events if isinstance(event, ReservationEnded) and event.key == key]


def fate(station: Station, key: str = "call-1") -> Ending | None:
    (kept,) = [kept for kept in station.reservations if kept.reservation.key == key]
    return kept.ending


@pytest.mark.covers("16-RES-01")
def test_what_is_accepted_holds_and_what_is_refused_is_only_history() -> None:
    station, events = tell(answered(), answered("Occupied", number=6, key="call-2"))
    assert [type(event) for event in events] == [ReservationMade, ReservationRefused]
    assert [kept.reservation.key for kept in station.reservations] == ["call-1"]
    assert (fate(station), station.has_promised) == (None, True)


ENDS = [
    used(),
    cancelled(),
    over(Ending.EXPIRED),
    over(Ending.REMOVED),
    over(Ending.NO_SESSION),
    ExpireReservations(at(31)),
]


@pytest.mark.covers("16-RES-05", "16-CORE-12", "TX-28", "Q113")
@given(st.permutations([answered(), *ENDS]), st.sets(st.integers(0, 6)))
@settings(max_examples=300)
def test_a_reservation_ends_the_same_way_in_whatever_order_its_ends_are_heard(
    story: list[Command[object]], left_out: set[int]
) -> None:
    told = [command for n, command in enumerate(story) if n not in left_out or isinstance(command, RecordReservation)]
    station, events = tell(*told, ExpireReservations(at(31)))
    endings = [
        Ending.USED if isinstance(command, UseReservation) else getattr(command, "ending", Ending.CANCELLED)
        for command in told
        if not isinstance(command, RecordReservation | ExpireReservations)
    ]
    assert fate(station) is max([*endings, Ending.EXPIRED], key=lambda ending: ending.rank)
    ranks = [ending.rank for ending in ends(events)]
    assert ranks == sorted(set(ranks)), "only what counts more is news"


@pytest.mark.covers("Q65", "TX-30")
def test_what_is_told_again_is_no_news() -> None:
    for end in ENDS:
        station, _ = tell(answered(), end)
        assert tell(end, station=station)[1] == []
        before, _ = tell(end)
        assert tell(end, station=before)[1] == [], "even of a number that nobody knows"


@pytest.mark.covers("16-RES-03")
def test_a_number_that_is_used_again_replaces_the_reservation_that_had_it() -> None:
    station, events = tell(answered(), answered(minute=2, key="call-2", asked=1))
    assert (fate(station), fate(station, "call-2")) == (Ending.REPLACED, None)
    assert ends(events) == [Ending.REPLACED]
    station, _ = tell(used(), station=station)
    assert (fate(station), fate(station, "call-2")) == (Ending.REPLACED, Ending.USED)


@pytest.mark.covers("16-RES-03")
def test_an_old_end_does_not_end_a_new_reservation_of_the_same_number() -> None:
    for old in (over(Ending.EXPIRED, minute=5), used(minute=5), cancelled(asked=5)):
        station, _ = tell(old, answered(minute=8, key="call-2", asked=7, until=40))
        assert fate(station, "call-2") is None
    station, _ = tell(answered(key="call-2", asked=7, minute=8), cancelled(asked=6))
    assert fate(station, "call-2") is None, "a late answer to what was asked before"


@pytest.mark.covers("16-RES-04")
def test_what_is_not_cancelled_stays() -> None:
    station, _ = tell(answered(), cancelled(status="Rejected"), cancelled(number=77, status="Rejected"))
    assert fate(station) is None


@pytest.mark.covers("Q113", "Q80")
@pytest.mark.parametrize("number", [None, 0, -1, 2**40])
def test_a_start_that_names_no_reservation_uses_that_of_its_token(number: int | None) -> None:
    station, _ = tell(answered(), used(number))
    assert fate(station) is Ending.USED


@pytest.mark.covers("16-RES-06", "TX-08")
def test_a_start_that_names_none_uses_that_of_its_group_and_groups_are_no_tokens() -> None:
    station, _ = tell(answered(group="FAMILY"))
    assert fate(tell(used(None, token=NOBODY, group="family"), station=station)[0]) is Ending.USED
    assert fate(tell(used(None, token=TokenRef("FAMILY")), station=station)[0]) is None
    assert fate(tell(used(None, token=NOBODY, group="TAG-1"), station=station)[0]) is None


@pytest.mark.covers("Q113")
@pytest.mark.parametrize(
    "start",
    [
        used(None, token=NOBODY),
        used(None, evse=2),
        used(None, token=None),
        used(None, minute=40),
        used(None, minute=-6),
        used(77),
    ],
    ids=["another token", "another EVSE", "no token", "after its time", "before its time", "another number"],
)
def test_a_start_that_has_nothing_to_do_with_a_reservation_leaves_it(start: UseReservation) -> None:
    assert fate(tell(answered(), start)[0]) is None


def test_a_reservation_of_the_very_evse_is_used_before_one_of_any() -> None:
    anywhere, here = answered(evse=None), answered(number=6, key="call-2")
    for story in permutations([anywhere, here]):
        station, _ = tell(*story, used(None))
        assert (fate(station), fate(station, "call-2")) == (None, Ending.USED)


@pytest.mark.covers("Q113")
def test_a_number_below_one_is_a_name_if_a_reservation_has_it() -> None:
    station, _ = tell(answered(number=0), answered(number=6, key="call-2"), used(0))
    assert (fate(station), fate(station, "call-2")) == (Ending.USED, None)


@pytest.mark.covers("16-RES-05")
@pytest.mark.parametrize("word", ["Faulted", "Unavailable"])
def test_an_evse_that_breaks_down_takes_its_reservation_with_it_and_the_station_takes_all(word: str) -> None:
    station, _ = tell(answered(), answered(number=6, key="call-2", evse=2), answered(number=7, key="call-3", evse=None))
    after, _ = tell(status(1, word, evse=2), station=station)
    assert [fate(after, key) for key in ("call-1", "call-2", "call-3")] == [None, Ending.REMOVED, None]
    after, _ = tell(status(1, word, evse=0, connector=0), station=station)
    assert [fate(after, key) for key in ("call-1", "call-2", "call-3")] == [Ending.REMOVED] * 3


@pytest.mark.covers("16-RES-05")
def test_an_evse_keeps_its_reservation_as_long_as_a_connector_of_it_is_in_order() -> None:
    station, _ = tell(status(-1, "Available"), status(-1, "Available", connector=2), answered(), status(1, "Faulted"))
    assert fate(station) is None
    assert fate(tell(status(2, "Faulted", connector=2), station=station)[0]) is Ending.REMOVED


@pytest.mark.covers("16-RES-05")
def test_a_breakdown_between_question_and_answer_counts_and_one_before_does_not() -> None:
    assert fate(tell(status(0.05, "Faulted"), answered())[0]) is Ending.REMOVED
    assert fate(tell(status(-5, "Faulted"), answered())[0]) is None, "the station knew, and promised"


@pytest.mark.covers("16-RES-05")
@pytest.mark.parametrize(("minute", "ending"), [(10, Ending.REMOVED), (26, Ending.EXPIRED), (31, Ending.EXPIRED)])
def test_what_was_reserved_and_becomes_available_is_over(minute: float, ending: Ending) -> None:
    station, events = tell(answered(), status(0.2, "Reserved"), status(minute, "Available"))
    assert fate(station) is ending
    assert len(ends(events)) == 1


@pytest.mark.covers("16-RES-05", "Q57")
@pytest.mark.parametrize(
    "story",
    [
        [status(0.2, "Available")],
        [status(0.2, "Preparing"), status(9, "Available")],
        [status(0.2, "Reserved", evse=2), status(9, "Available", evse=2)],
    ],
    ids=["it never was", "somebody else charged", "elsewhere"],
)
def test_what_is_available_but_was_not_reserved_says_nothing(story: list[ReportStatus]) -> None:
    assert fate(tell(answered(), *story)[0]) is None


@pytest.mark.covers("16-RES-05")
def test_an_outlet_shown_free_before_the_answer_to_the_cancelling_is_a_cancelling() -> None:
    station, _ = tell(answered(), status(0.2, "Reserved"), status(9.05, "Available"), cancelled())
    assert fate(station) is Ending.CANCELLED


@pytest.mark.covers("16-RES-05", "Q113")
def test_time_ends_what_the_station_forgets_and_a_late_start_overrides_it() -> None:
    station, _ = tell(answered(), ExpireReservations(at(29)))
    assert fate(station) is None
    station, events = tell(ExpireReservations(at(30)), station=station)
    assert (fate(station), station.has_promised) == (Ending.EXPIRED, False)
    assert events[0].told.at == at(30)
    assert fate(tell(used(minute=29), station=station)[0]) is Ending.USED


def test_numbers_and_places_that_no_column_holds_are_not_kept() -> None:
    odd = [answered(number=2**40), answered(evse=2**70), over(Ending.REMOVED, number=-(2**40)), cancelled(2**40)]
    assert tell(*odd)[1] == []


def test_the_record_of_a_station_stays_small() -> None:
    stays = [answered(number=n, key=f"live-{n}", until=10_000) for n in range(1, 200)]
    goes = [command for n in range(1000, 1200) for command in (answered(number=n, key=f"over-{n}"), cancelled(n))]
    strange = [used(n) for n in range(5000, 5100)]
    station, _ = tell(*goes, *stays, *strange)
    assert len(station.reservations) <= 72
    assert len(station.ends_told) <= 8
    assert station.reservations[-1].reservation.number == 199
    assert timedelta(0) < station.reservations[-1].reservation.expires_at - at(0)
