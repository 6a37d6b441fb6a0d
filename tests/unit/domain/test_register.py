"""Every kind of register that stations have, and every order in which its readings come."""

import random
from datetime import timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from csms.domain.register import BEGIN, BETWEEN, END, MAX_TRACKS, Reading, Register, Sum, record
from tests.unit.domain.stories import START

KINDS: dict[str, tuple[int | None, list[int], int | None, int, set[str]]] = {
    "lifetime": (50_000, [50_100, 50_200], 50_300, 300, set()),
    "counting from the session's begin": (0, [100, 200], 300, 300, set()),
    "stop missing": (50_000, [50_100, 50_200], None, 200, set()),
    "begin missing": (None, [50_100, 50_200], 50_300, 200, set()),
    "reset midway to zero": (1000, [1200, 1500, 0, 200, 400], 400, 900, {"register-reset"}),
    "reset midway, zero not seen": (1000, [1200, 1500, 20, 400], 450, 950, {"register-reset"}),
    "reset midway, past the old value": (1000, [1200, 1500, 20, 800, 1400, 1600], 1900, 2400, {"register-reset"}),
    "two resets": (1000, [1500, 0, 300, 0, 200], 200, 1000, {"register-reset"}),
    "rollover at 2^32": (2**32 - 500, [2**32 - 100, 300], 700, 1200, {"register-rollover"}),
    "values of the session between lifetime ones": (50_000, [100, 200], 50_300, 300, {"other-register"}),
    "the same with a young meter": (1500, [100, 200, 300], 1900, 400, {"other-register"}),
    "the same without a stop": (50_000, [100, 200], None, 200, {"register-reset"}),
    "lifetime values between those of the session": (0, [50_000, 50_100, 50_200], 300, 300, {"other-register"}),
    "the same without a stop yet": (0, [50_000, 50_100], None, 100, {"other-register"}),
    "begin unknown, told as zero": (0, [50_000, 50_100], 50_300, 300, {"other-register"}),
    "stop unknown, told as zero": (50_000, [50_100], 0, 100, {"meter-stop-unknown"}),
    "stop below start, nothing between": (1000, [], 61, 61, {"register-reset"}),
    "stop a slip below start": (10_000, [], 9_990, 0, set()),
    "stop clearly below start": (10_000, [], 7_000, 0, {"register-fell"}),
    "zeros between": (50_000, [50_100, 0, 0, 50_200], 50_300, 300, set()),
    "a zero between small values": (0, [100, 200, 0, 300], 400, 400, set()),
    "a single odd value between": (50_000, [50_100, 20, 50_200], 50_300, 300, set()),
    "noise": (5000, [4999, 5001, 5000, 5002, 5001, 5005], 5006, 6, set()),
    "kWh between Wh": (12_000_000, [12_000, 12_001], 12_001_500, 1500, {"other-register", "unit-doubtful"}),
    "nothing delivered": (1000, [1000, 1000], 1000, 0, set()),
    "one reading": (1000, [], None, 0, set()),
}


def readings_of(begin: int | None, between: list[int], end: int | None) -> list[Reading]:
    values = ([(BEGIN, begin)] if begin is not None else [(BETWEEN, between[0])]) + [
        (BETWEEN, wh) for wh in (between if begin is not None else between[1:])
    ]
    values += [] if end is None else [(END, end)]
    return [(START + timedelta(minutes=n), rank, wh) for n, (rank, wh) in enumerate(values)]


def counted(readings: list[Reading]) -> Sum:
    register = Register()
    for reading in readings:
        register = record(register, [reading])
    return register.sum


@pytest.mark.covers("Q74", "Q88", "TX-50")
@pytest.mark.parametrize("kind", KINDS)
def test_energy_is_right_for_every_kind_of_register(kind: str) -> None:
    begin, between, end, wh, flags = KINDS[kind]
    total = counted(readings_of(begin, between, end))
    assert (total.wh, set(total.flags)) == (wh, flags)


@pytest.mark.covers("Q71", "Q74")
@pytest.mark.parametrize("kind", KINDS)
def test_the_order_of_arrival_plays_no_part(kind: str) -> None:
    begin, between, end, *_ = KINDS[kind]
    readings = readings_of(begin, between, end)
    in_order = counted(readings)
    shuffler = random.Random(kind)
    for _ in range(50):
        shuffled = readings + shuffler.choices(readings, k=len(readings))
        shuffler.shuffle(shuffled)
        assert counted(shuffled) == in_order
    assert record(Register(), readings).sum == in_order


ANY_READING = st.tuples(
    st.integers(0, 12).map(lambda minutes: START + timedelta(minutes=minutes)),
    st.sampled_from([BEGIN, BETWEEN, BETWEEN, BETWEEN, END]),
    st.one_of(st.integers(0, 2000), st.integers(0, 2**33), st.just(0)),
)


@pytest.mark.covers("Q71", "Q92")
@given(st.lists(ANY_READING, min_size=1, max_size=30).flatmap(lambda r: st.tuples(st.just(r), st.permutations(r))))
@example(([(START, 0, 2**32 + 1), (START, 1, 0), (START, 2, 0)],) * 2)
def test_any_readings_add_up_to_the_same_in_any_order(orders: tuple[list[Reading], list[Reading]]) -> None:
    one, other = orders
    assert counted(one) == counted(other) == record(Register(), one).sum


@pytest.mark.covers("Q72", "TX-50")
@given(
    st.integers(0, 10**7),
    st.lists(st.integers(0, 900), min_size=1, max_size=60),
    st.randoms(use_true_random=False),
)
def test_energy_is_last_minus_first_whatever_is_lost_between(first: int, rises: list[int], lot: random.Random) -> None:
    values = [first]
    for rise in rises:
        values.append(values[-1] + rise)
    readings = readings_of(values[0], values[1:-1], values[-1])
    kept = [readings[0], *(reading for reading in readings[1:-1] if lot.random() < 0.5), readings[-1]]
    assert counted(kept).wh == values[-1] - values[0]


@given(st.lists(ANY_READING, min_size=1, max_size=60))
def test_no_readings_make_energy_negative_or_the_memory_grow(readings: list[Reading]) -> None:
    register = record(Register(), readings)
    assert register.sum.wh >= 0
    assert len(register.tracks) <= MAX_TRACKS


@pytest.mark.covers("Q92")
def test_readings_of_one_time_all_count() -> None:
    readings = [(START, BEGIN, 0), (START, BETWEEN, 300), (START, BETWEEN, 100), (START, END, 500)]
    assert counted(readings).wh == 500


@pytest.mark.covers("Q85")
def test_more_power_than_any_station_has_is_told_and_not_corrected() -> None:
    total = counted([(START, BEGIN, 1000), (START + timedelta(minutes=1), END, 101_000)])
    assert (total.wh, total.flags) == (100_000, {"implausible-power"})


@pytest.mark.covers("Q44")
def test_a_reading_dated_before_the_begin_counts_after_it() -> None:
    misdated = (START - timedelta(days=300), BETWEEN, 1400)
    readings = [(START, BEGIN, 1000), misdated, (START + timedelta(minutes=1), END, 1500)]
    assert counted(readings).wh == 500


def test_an_older_version_of_a_register_stays_as_it_was() -> None:
    older = record(Register(), [(START, BEGIN, 0)])
    one = record(older, [(START + timedelta(minutes=1), BETWEEN, 10)])
    other = record(older, [(START + timedelta(minutes=2), BETWEEN, 30)])
    assert (older.sum.wh, one.sum.wh, other.sum.wh) == (0, 10, 30)
    assert len(other.readings) == 2
