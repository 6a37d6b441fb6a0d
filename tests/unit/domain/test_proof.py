"""Whose certificate it is, and by which profile a station may come in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csms.domain.proof import is_named, is_of, profiles_by
from csms.kit.x509 import Subject

NAMES = st.text("AB12-_.:", min_size=1, max_size=6)


@pytest.mark.covers("SEC-01", "SEC-02", "SEC-05")
@pytest.mark.parametrize(
    ("required", "offered", "served", "allowed"),
    [
        (0, None, {0, 1}, [0]),
        (0, None, {2, 3}, [0]),
        (1, None, {0, 1}, [1]),
        (1, None, {2, 3}, []),
        (2, None, {0, 1}, []),
        (2, None, {2, 3}, [2]),
        (3, None, {2}, []),
        (3, None, {3}, [3]),
        (1, 2, {0, 1}, [1]),
        (1, 2, {2, 3}, [2]),
        (2, 3, {2, 3}, [3, 2]),
        (0, 1, {0, 1}, [1, 0]),
    ],
)
def test_a_station_comes_in_by_its_profile_and_by_the_one_it_was_offered(
    required: int, offered: int | None, served: set[int], allowed: list[int]
) -> None:
    assert profiles_by(required, offered, served) == allowed


@pytest.mark.covers("SEC-32")
@pytest.mark.parametrize(
    "subject",
    [
        Subject(common_names=("CP-1",)),
        Subject(common_names=("cp-1",)),
        Subject(common_names=("Vendor", "CP-1")),
        Subject(serial_numbers=("CP-1",)),
        Subject(names=("CP-1",)),
        Subject(names=("CP-1.stations.example.com",)),
        Subject(names=("urn:example:CP-1",)),
        Subject(names=("wss://csms.example.com/ocpp/CP-1",)),
    ],
)
def test_a_certificate_names_its_station_in_one_way_or_another(subject: Subject) -> None:
    assert is_named(subject, ("CP-1",))
    assert is_named(subject, (None, "cp-1"))
    assert not is_named(subject, ("CP-2", None))
    assert not is_named(subject, ())


@given(NAMES, NAMES)
@pytest.mark.covers("SEC-32", "Q123")
def test_a_name_that_only_begins_or_ends_like_another_is_not_that_one(station: str, more: str) -> None:
    for longer in (station + more, more + station):
        subject = Subject(common_names=(longer,), serial_numbers=(longer,))
        assert is_named(subject, (station,)) == (longer.casefold() == station.casefold())


@pytest.mark.covers("SEC-31")
def test_a_certificate_is_of_an_organisation_that_counts_or_of_any_where_none_is_named() -> None:
    subject = Subject(organisations=("Example Charging B.V.",))
    assert is_of(subject, ())
    assert is_of(subject, ("another", "example charging"))
    assert not is_of(subject, ("another",))
    assert not is_of(Subject(), ("another",))
