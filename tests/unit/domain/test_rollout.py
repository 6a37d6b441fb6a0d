"""How an assignment goes to many stations."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csms.domain.fleet.outcomes import GOOD, NEUTRAL, Outcome, is_failure
from csms.domain.fleet.rollout import (
    Advance,
    Finish,
    Pause,
    Rules,
    Send,
    Standing,
    Step,
    StopRule,
    Tally,
    Wait,
    Wave,
    next_step,
    sizes_of,
)
from csms.domain.fleet.selection import Selection
from csms.domain.fleet.windows import Window

NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
WAVES = st.lists(
    st.one_of(
        st.builds(Wave, stations=st.integers(1, 500)),
        st.builds(Wave, percent=st.floats(0.1, 100, allow_nan=False)),
    ),
    max_size=8,
)


def step(rules: Rules, *tallies: Tally, standing: Standing | None = None, now: datetime = NOW) -> Step:
    wave = len(tallies)
    return next_step(rules, standing or Standing(wave, NOW), dict(enumerate(tallies, 1)), now, UTC)


@given(WAVES, st.integers(1, 2000))
def test_every_station_is_in_one_wave(waves: list[Wave], total: int) -> None:
    sizes = sizes_of(waves, total)
    assert sum(sizes) == total
    assert all(size > 0 for size in sizes)
    assert len(sizes) <= len(waves) + 1


def test_waves_are_numbers_or_parts_and_the_rest_comes_last() -> None:
    assert sizes_of([Wave(stations=1), Wave(percent=20), Wave(percent=50)], 10) == (1, 2, 5, 2)
    assert sizes_of([], 7) == (7,)
    assert sizes_of([Wave(stations=100), Wave(stations=5)], 7) == (7,)
    assert sizes_of([Wave(percent=0.1)], 10) == (1, 9)


@dataclass
class Fleet:
    """Stations that are asked as the rules say, and answer at once, well or not."""

    rules: Rules
    bad: frozenset[int]
    now: datetime = NOW
    sent: list[datetime] = field(default_factory=list)
    standing: Standing = field(default_factory=lambda: Standing(1, NOW))

    def tallies(self) -> dict[int, Tally]:
        first, tallies = 0, {}
        for wave, size in enumerate(self.rules.sizes, 1):
            done = [station for station in range(first, first + size) if station < len(self.sent)]
            failed = sum(station in self.bad for station in done)
            tallies[wave] = Tally(waiting=size - len(done), failed=failed, total=size)
            first += size
        return tallies

    def run(self) -> Step:
        for _ in range(10_000):
            done = next_step(self.rules, self.standing, self.tallies(), self.now, UTC)
            match done:
                case Send(most, free_at, look_at):
                    self.sent += [self.now] * most
                    self.standing = Standing(self.standing.wave, free_at)
                    self.now = look_at
                case Wait(until):
                    assert until > self.now, "time goes on"
                    self.now = until
                case Advance(at):
                    self.standing = Standing(self.standing.wave + 1, self.standing.free_at)
                    self.now = max(self.now, at)
                case _:
                    return done
        raise AssertionError("it never ends")


@given(WAVES, st.integers(1, 60), st.floats(0.05, 100), st.integers(1, 20))
def test_all_are_asked_once_and_never_faster_than_the_pace(
    waves: list[Wave], total: int, per_second: float, at_once: int
) -> None:
    fleet = Fleet(Rules(sizes_of(waves, total), per_second=per_second, at_once=at_once), frozenset())
    assert fleet.run() == Finish()
    assert len(fleet.sent) == total
    seconds = (fleet.sent[-1] - fleet.sent[0]).total_seconds()
    assert total <= seconds * per_second + max(1.0, 0.2 * per_second) + 1.0001


@given(st.integers(1, 40), st.integers(1, 10), st.sets(st.integers(0, 39)))
def test_no_more_fail_than_was_said_and_as_many_as_go_at_once(total: int, failures: int, bad: set[int]) -> None:
    rules = Rules((total,), at_once=1, stop=StopRule(failures=failures))
    fleet = Fleet(rules, frozenset(bad))
    end = fleet.run()
    failed = sum(station in bad for station in range(len(fleet.sent)))
    assert failed <= failures + 2, "what goes out within a breath goes out together"
    assert isinstance(end, Pause) == (failed >= failures and len(fleet.sent) < total)


def test_the_next_wave_waits_for_the_last_station_of_the_one_before() -> None:
    rules = Rules((2, 2), rest_s=60)
    assert isinstance(step(rules, Tally(asked=1, total=2)), Wait)
    assert isinstance(step(rules, Tally(watched=1, total=2)), Wait)
    assert step(rules, Tally(total=2)) == Advance(NOW + timedelta(seconds=60))
    assert step(rules, Tally(total=2), Tally(total=2)) == Finish()


def test_no_more_are_sent_than_wait_and_than_there_is_room_for() -> None:
    rules = Rules((50,), per_second=100, at_once=10)
    rested = Standing(1, NOW - timedelta(hours=1))
    sent = step(rules, Tally(waiting=40, asked=7, total=50), standing=rested)
    assert isinstance(sent, Send)
    assert sent.most == 3
    assert isinstance(step(rules, Tally(waiting=40, asked=10, total=50)), Wait)
    few = step(rules, Tally(waiting=2, total=50), standing=rested)
    assert isinstance(few, Send)
    assert few.most == 2


@pytest.mark.parametrize(("failed", "size", "stops"), [(0, 10, False), (1, 10, False), (2, 10, True), (1, 1, True)])
def test_a_share_counts_within_its_wave(failed: int, size: int, stops: bool) -> None:
    rules = Rules((100, size), stop=StopRule(percent=20))
    done = step(rules, Tally(failed=0, total=100), Tally(waiting=1, failed=failed, total=size))
    assert isinstance(done, Pause) is stops


def test_what_an_operator_bore_does_not_stop_it_again() -> None:
    rules = Rules((10,), stop=StopRule(failures=3, percent=30))
    tally = Tally(waiting=5, failed=3, total=10)
    assert isinstance(step(rules, tally), Pause)
    assert isinstance(step(rules, tally, standing=Standing(1, NOW, borne=3)), Send)
    worse = Tally(waiting=2, failed=6, total=10)
    assert isinstance(step(rules, worse, standing=Standing(1, NOW, borne=3)), Pause)


def test_it_pauses_between_waves_until_it_is_let_go_on() -> None:
    rules = Rules((1, 1), pause_between=True)
    assert step(rules, Tally(total=1)) == Pause("wave 1 of 2 is over", 1)
    assert isinstance(step(rules, Tally(total=1), standing=Standing(1, NOW, cleared=1)), Advance)
    last = step(rules, Tally(total=1), Tally(total=1), standing=Standing(2, NOW, cleared=1))
    assert last == Finish(), "after the last there is nothing to pause for"


def test_outside_of_its_hours_nobody_is_asked() -> None:
    rules = Rules((5,), windows=(Window("01:00", "05:00"),))
    tally = Tally(waiting=5, total=5)
    assert step(rules, tally) == Wait(datetime(2026, 3, 5, 1, 0, tzinfo=UTC))
    assert isinstance(step(rules, tally, now=datetime(2026, 3, 5, 1, 0, tzinfo=UTC)), Send)
    berlin = next_step(rules, Standing(1, NOW), {1: tally}, NOW, ZoneInfo("Europe/Berlin"))
    assert berlin == Wait(datetime(2026, 3, 5, 0, 0, tzinfo=UTC))


@pytest.mark.parametrize("outcome", Outcome)
def test_an_outcome_is_good_or_a_failure_or_says_nothing(outcome: Outcome) -> None:
    assert [outcome in GOOD, outcome in NEUTRAL, is_failure(outcome)].count(True) == 1


def test_an_empty_selection_is_not_all_stations() -> None:
    assert Selection().says_nothing
    assert not Selection(all=True).says_nothing
    assert not Selection(online=False).says_nothing
