"""Lists of stations: what updates make of them, and how to lead from one list to another."""

from datetime import UTC, datetime

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from csms.domain.access import TokenRef
from csms.domain.local_list import (
    LARGEST,
    UNSUPPORTED,
    Info,
    Limits,
    Listed,
    Update,
    applied,
    content_of,
    difference,
    excess,
    next_version,
    plan,
    repeated,
)
from csms.domain.station.decide import DECIDERS
from csms.domain.station.evolve import evolve
from csms.domain.station.local_list import (
    ListRefused,
    ListTaken,
    ListVersionTold,
    RecordListUpdate,
    RecordListVersion,
)
from csms.domain.station.state import Station
from tests.unit.domain.stories import at

INFOS = st.builds(
    Info,
    st.sampled_from(["Accepted", "Blocked", "Expired", "Invalid"]),
    st.sampled_from([None, "FAMILY", "FLEET"]),
    st.sampled_from([None, datetime(2030, 1, 1, tzinfo=UTC)]),
)
NAMES = st.sampled_from([f"TAG-{n}" for n in range(12)] + [f"tag-{n}" for n in range(6)])
ENTRIES = st.builds(Listed, st.builds(TokenRef, NAMES, st.sampled_from(["", "Central"])), INFOS)
CONTENTS = st.lists(ENTRIES, max_size=15).map(content_of)
UPDATES = st.lists(
    st.builds(
        Update,
        st.just(1),
        st.booleans(),
        st.lists(st.builds(Listed, st.builds(TokenRef, NAMES), st.none() | INFOS), max_size=6).map(tuple),
    ),
    max_size=6,
)
WIDE = Limits()


def entry(name: str, status: str | None = "Accepted", kind: str = "") -> Listed:
    return Listed(TokenRef(name, kind), None if status is None else Info(status))


def weigh(update: Update) -> int:
    """Weigh as the wire does: an envelope, and for each entry its text and a comma."""
    texts = [f"{one.token.value}{one.token.kind}{one.info}" for one in update.listed]
    return 20 + len(",".join(texts))


def infos(content: dict[str, Listed]) -> dict[str, Info | None]:
    return {key: one.info for key, one in content.items()}


@pytest.mark.covers("16-LAL-03", "16-LAL-04")
def test_full_replaces_and_differential_adds_changes_and_takes_out() -> None:
    content = applied({}, Update(1, full=True, listed=(entry("A"), entry("B"))))
    content = applied(content, Update(2, full=False, listed=(entry("b", "Blocked"), entry("C"), entry("a", None))))
    assert {key: one.info.status for key, one in content.items()} == {"b|": "Blocked", "c|": "Accepted"}
    assert applied(content, Update(3, full=True)) == {}
    assert applied(content, Update(3, full=False)) == content


@pytest.mark.covers("16-LAL-03", "16-LAL-04")
@given(UPDATES)
def test_a_line_of_updates_is_the_same_as_one_full_of_its_end(updates: list[Update]) -> None:
    content: dict[str, Listed] = {}
    for update in updates:
        content = applied(content, update)
    whole = Update(9, full=True, listed=tuple(content.values()))
    assert applied({}, whole) == content
    assert applied({"x|": entry("X")}, whole) == content


@pytest.mark.covers("16-LAL-04", "TX-07")
@given(CONTENTS, CONTENTS)
def test_the_difference_of_two_lists_applied_is_the_other_list(
    has: dict[str, Listed], wanted: dict[str, Listed]
) -> None:
    changes = difference(has, wanted)
    assert infos(applied(has, Update(2, full=False, listed=changes))) == infos(wanted)
    assert len({one.key for one in changes}) == len(changes)
    assert (changes == ()) == (infos(has) == infos(wanted)), "nothing is sent for nothing"


@pytest.mark.covers("16-LAL-02", "16-LAL-05", "16-LAL-07", "Q112", "Q43")
@given(
    st.none() | CONTENTS,
    CONTENTS,
    st.integers(-1, 40) | st.integers(LARGEST - 5, LARGEST),
    st.none() | st.integers(1, 5),
    st.none() | st.integers(160, 400),
)
@example({}, {}, LARGEST, 1, None)
def test_a_plan_leads_to_the_wanted_list_within_what_the_station_takes(
    has: dict[str, Listed] | None, wanted: dict[str, Listed], version: int, most: int | None, room: int | None
) -> None:
    in_all = max(len(has or {}), len(wanted))
    updates = plan(wanted, has=has, version=version, limits=Limits(most, in_all, room), weigh=weigh)
    content, known = dict({"unknown|": entry("UNKNOWN")} if has is None else has), version
    for n, update in enumerate(updates):
        assert 0 < update.version <= LARGEST
        assert update.full is (n == 0 and update.full)
        assert update.full or update.version > known > 0, "what is different is different from something"
        assert most is None or len(update.listed) <= most
        assert room is None or weigh(update) <= room
        assert not update.full or all(one.info is not None for one in update.listed)
        assert repeated(update.listed) == []
        content, known = applied(content, update), update.version
        assert len(content) <= max(in_all, 1)
    if has is None:
        assert updates, "what nobody knows is sent whole"
        assert updates[0].full
    if updates:
        assert infos(content) == infos(wanted)
    else:
        assert has is not None
        assert infos(has) == infos(wanted)


@pytest.mark.covers("16-LAL-07")
def test_few_changes_of_a_long_list_are_sent_as_such_and_many_as_the_whole() -> None:
    has = content_of(entry(f"TAG-{n}") for n in range(100))
    wanted = {key: one for key, one in has.items() if one.token.value != "TAG-7"}
    (update,) = plan(wanted, has=has, version=5, limits=Limits(50), weigh=weigh)
    assert update == Update(6, full=False, listed=(entry("TAG-7", None),))
    updates = plan({}, has=has, version=5, limits=Limits(10), weigh=weigh)
    assert updates == (Update(6, full=True),)


@pytest.mark.covers("Q112", "Q43")
def test_an_entry_that_alone_is_too_much_is_told_by_its_name() -> None:
    with pytest.raises(ValueError, match="LONG-NAME"):
        plan(content_of([entry("LONG-NAME")]), has={}, version=1, limits=Limits(message_bytes=30), weigh=weigh)


@pytest.mark.covers("16-LAL-07", "Q112")
def test_what_is_more_than_a_station_holds_is_counted() -> None:
    content = content_of(entry(f"T{n}") for n in range(5))
    assert [excess(content, Limits(in_all=most)) for most in (None, 4, 5, 9)] == [0, 1, 0, 0]


@pytest.mark.covers("16-LAL-02")
@pytest.mark.parametrize(("known", "following"), [(None, 1), (-1, 1), (0, 1), (7, 8), (LARGEST, 1)])
def test_the_next_version_is_above_the_known_one_and_never_below_one(known: int | None, following: int) -> None:
    assert next_version(known) == following


@pytest.mark.covers("TX-07")
def test_a_token_that_stands_twice_is_found_whatever_its_spelling() -> None:
    listed = [entry("A"), entry("B"), entry("a", None), entry("A", kind="Central"), entry("a")]
    assert repeated(listed) == [(2, 0), (4, 0)]


# The record of a station.


def told(version: int) -> RecordListVersion:
    return RecordListVersion(version, at(0))


def sent(version: int, status: str, *, full: bool = True) -> RecordListUpdate:
    return RecordListUpdate(Update(version, full, (entry("A"),)), status, at(0))


@pytest.mark.covers("16-LAL-08", "16-LAL-06", "16-LAL-05")
def test_only_what_was_accepted_counts() -> None:
    station, facts = Station(), []
    for command in (
        sent(3, "Accepted"),
        sent(4, "Failed"),
        sent(5, "VersionMismatch", full=False),
        sent(4, "accepted"),
    ):
        for fact in DECIDERS[type(command)](station, command).events:
            facts.append(fact)
            station = evolve(station, fact)
    assert [type(fact) for fact in facts] == [ListTaken, ListRefused, ListRefused, ListTaken]
    assert station.list_version == 4


@pytest.mark.covers("16-LAL-01", "Q112")
def test_a_version_is_news_if_it_is_another_one() -> None:
    station = evolve(Station(), ListTaken(Update(3, full=True), at(0)))
    assert DECIDERS[RecordListVersion](station, told(3)).events == ()
    for version in (UNSUPPORTED, 0, 4):
        assert DECIDERS[RecordListVersion](station, told(version)).events == (ListVersionTold(version, at(0)),)
    for nonsense in (-2, LARGEST + 1, 2**70):
        assert DECIDERS[RecordListVersion](station, told(nonsense)).events == ()


@given(CONTENTS)
def test_a_list_is_empty_only_if_nothing_was_put_in(content: dict[str, Listed]) -> None:
    assume(content)
    assert difference(content, {}) != ()
