"""Leaky buckets held against what they promise: never over capacity, never beyond their table."""

from hypothesis import given
from hypothesis import strategies as st

from csms.kit.leaks import Leaks

CAPACITY, PER_SECOND = 5.0, 0.5
STEPS = st.lists(
    st.tuples(st.sampled_from("abc"), st.floats(0, 8), st.floats(0, 30)).map(
        lambda step: (step[0], round(step[1], 2), round(step[2], 2))
    ),
    max_size=40,
)


@given(STEPS)
def test_any_pouring_is_as_if_each_bucket_stood_alone(steps: list[tuple[str, float, float]]) -> None:
    leaks = Leaks(capacity=CAPACITY, per_second=PER_SECOND, room=3)
    levels, now, last = dict.fromkeys("abc", 0.0), 0.0, dict.fromkeys("abc", 0.0)
    for key, amount, passed in steps:
        now += passed
        level = max(0.0, levels[key] - (now - last[key]) * PER_SECOND)
        has_room = level + 1.0 <= CAPACITY
        assert abs(leaks.level(key, now) - level) < 1e-6
        if abs(level + 1.0 - CAPACITY) < 1e-6:
            return  # on the edge, rounding decides
        assert leaks.pour(key, amount, now) is has_room
        levels[key], last[key] = (min(CAPACITY, level + amount) if has_room else level), now
        assert leaks.level(key, now) <= CAPACITY


@given(st.floats(0, 20), st.floats(0, 100))
def test_after_the_wait_that_was_told_there_is_room_and_not_much_before(amount: float, at: float) -> None:
    leaks = Leaks(capacity=CAPACITY, per_second=PER_SECOND, room=3)
    leaks.pour("a", amount, at)
    wait = leaks.wait("a", at)
    assert leaks.pour("a", 0, at + wait + 1e-6)
    if wait > 0.01:
        assert not leaks.pour("a", 0, at + wait - 0.01)


def test_asking_fills_nothing_and_keeps_nothing() -> None:
    leaks = Leaks(capacity=2, per_second=1, room=2)
    for n in range(100):
        assert leaks.wait(f"key-{n}", 0.0) == 0.0
    assert len(leaks) == 0


def test_the_key_poured_into_longest_ago_is_forgotten_first_however_often_it_was_asked_for() -> None:
    leaks = Leaks(capacity=2, per_second=0.001, room=2)
    for key in ("old", "young"):
        leaks.pour(key, 2, 0.0)
    leaks.pour("young", 1, 1.0)
    assert leaks.wait("old", 1.0) > 0
    leaks.pour("new", 1, 2.0)
    assert (leaks.level("old", 2.0), leaks.level("young", 2.0) > 1, leaks.level("new", 2.0)) == (0.0, True, 1.0)


def test_what_finds_no_room_is_spilt_and_makes_nobody_wait_longer() -> None:
    leaks = Leaks(capacity=3, per_second=1, room=2)
    for _ in range(3):
        assert leaks.pour("a", 1, 0.0)
    for n in range(1000):
        assert not leaks.pour("a", 1, n / 2000)
    assert leaks.wait("a", 1.0) == 0.0
