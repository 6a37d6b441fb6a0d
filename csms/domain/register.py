"""What the readings of an energy register add up to, whatever the register does.

Readings are taken in the order of the station's clock and laid into tracks. A track is a run of
readings that never fall: one register, counting. A fall that stays begins another track: the
register was reset, or it was another register all along (one counts from the session's begin,
the other through the meter's whole life). Tracks one after the other are added up; of tracks at
the same time the longest counts, for they measured the same energy twice (Q74). A single odd
value between others is such a short track, and so never counts (Q88).
"""

from collections.abc import Collection, Iterable
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from csms.domain.growth import Trail

Reading = tuple[datetime, int, int]
"""Time, rank (begin 0, between 1, end 2: the order of readings of one time), watt-hours."""

BEGIN, BETWEEN, END = 0, 1, 2
ROLLOVER_WH = 2**32
ROLLOVER_MARGIN_WH = 10_000_000
MAX_PLAUSIBLE_W = 1_000_000
SLACK_WH = 1000
UNIT_RATIO = range(900, 1101)
FAR_LARGER = 500
MAX_TRACKS = 16
NOISE_WH, NOISE_SHARE = 10, 10_000


class Track(Struct, frozen=True, gc=False, array_like=True):
    """One run of a register; `base` is the value from which it counts.

    `first` and `last` are places in the order of readings. `opener` is the rank of its first reading.
    """

    first: int
    last: int
    size: int
    opener: int
    first_wh: int
    last_at: datetime
    last_wh: int
    base: int
    flags: frozenset[str] = frozenset()

    @property
    def wh(self) -> int:
        """The energy of this run."""
        return self.last_wh - self.base


class Sum(Struct, frozen=True, gc=False):
    """What the readings add up to."""

    wh: int = 0
    first_wh: int | None = None
    last_wh: int | None = None
    flags: frozenset[str] = frozenset()


class Register(Struct, frozen=True, gc=False):
    """The readings of one register, and their sum."""

    readings: Trail[Reading] = Trail()
    tracks: tuple[Track, ...] = ()
    sum: Sum = Sum()


def record(register: Register, new: Collection[Reading]) -> Register:
    """Return the register with more readings, each of them counted once whenever it comes."""
    if len(new) == 1 and (longer := _plainly_longer(register, *new)) is not None:
        return longer
    fresh = sorted(set(new)) if len(new) > 1 else list(new)
    readings = register.readings
    if readings and (fresh[0] <= readings.last or any(reading[1] == BEGIN for reading in fresh)):
        ordered = sorted({*readings, *fresh})
        return Register(Trail.of(ordered), *_counted((), _from_begin(ordered)))
    for reading in fresh:
        readings = readings.plus(reading)
    return Register(readings, *_counted(register.tracks, fresh if register.tracks else _from_begin(fresh)))


def _plainly_longer(register: Register, reading: Reading) -> Register | None:
    """Return the register with its newest reading if nothing about it is odd; this is how most readings come."""
    tracks = register.tracks
    if len(tracks) != 1 or reading[1] == BEGIN or reading <= register.readings.last:
        return None
    (track,) = tracks
    at, _, wh = reading
    if not 0 <= wh - track.last_wh <= SLACK_WH:
        return None
    base, flags = track.base, track.flags
    longer = Track(track.first, track.last + 1, track.size + 1, track.opener, track.first_wh, at, wh, base, flags)
    return Register(register.readings.plus(reading), (longer,), Sum(wh - base, track.first_wh, wh, flags))


def _from_begin(ordered: Iterable[Reading]) -> list[Reading]:
    """Return readings with the begin first: what is dated before it has a wrong date."""
    readings = list(ordered)
    place = next((n for n, reading in enumerate(readings) if reading[1] == BEGIN), 0)
    if not place:
        return readings
    begin = readings[place]
    misdated = [(begin[0], rank, wh) for _, rank, wh in readings[:place]]
    return [begin, *sorted(misdated), *readings[place + 1 :]]


def _counted(tracks: tuple[Track, ...], tail: list[Reading]) -> tuple[tuple[Track, ...], Sum]:
    """Return the tracks with the rest of the readings laid into them, and their sum."""
    place = tracks[-1].last + 1 if tracks else 0
    for reading in tail:
        tracks = _laid(tracks, reading, place)
        place += 1
        if len(tracks) > MAX_TRACKS:
            shortest = min(tracks[:-1], key=lambda track: (track.size, track.first))
            tracks = tuple(track for track in tracks if track is not shortest)
    return tracks, _summed(tracks)


def _laid(tracks: tuple[Track, ...], reading: Reading, place: int) -> tuple[Track, ...]:
    """Return the tracks with one more reading: on the youngest, back on an older one, or on a new one."""
    if not tracks:
        return (_opened(reading, place, reading[2], frozenset()),)
    current, wh = tracks[-1], reading[2]
    if 0 < current.last_wh - wh <= max(NOISE_WH, current.last_wh // NOISE_SHARE):
        return (*tracks[:-1], _longer(current, (reading[0], reading[1], current.last_wh), place))
    older = _older(tracks, reading)
    if older is not None:
        return (*(track for track in tracks if track is not older), _longer(older, reading, place))
    if wh < current.last_wh:
        return (*tracks[:-1], *_fallen(current, reading, place))
    if _is_leap(tracks, reading):
        flags = _units(current.first_wh, wh) | {"other-register"}
        return (*tracks, _opened(reading, place, wh, flags))
    return (*tracks[:-1], _longer(current, reading, place))


def _older(tracks: tuple[Track, ...], reading: Reading) -> Track | None:
    """Return the earlier track that a reading goes on with; None if it stays on the youngest, or fits none."""
    if len(tracks) == 1:
        return None
    current, wh = tracks[-1], reading[2]
    fitting = [track for track in tracks[:-1] if wh >= track.last_wh and _is_plausible(track, reading)]
    if not fitting:
        return None
    nearest = max(fitting, key=lambda track: (track.last_wh, track.last))
    if wh < current.last_wh:
        return nearest
    if reading[1] == END and (begin := _lone_begin(fitting, current, wh)) is not None:
        return begin
    closer = nearest.last_wh >= current.last_wh
    unsettled = current.size == 1 or current.last_wh == 0
    return nearest if closer and (unsettled or not _is_plausible(current, reading)) else None


def _lone_begin(fitting: list[Track], current: Track, end_wh: int) -> Track | None:
    """Return the track of a begin with nothing since, if the end fits it and agrees with what came between."""
    for track in fitting:
        rise = end_wh - track.last_wh
        if (
            track.opener == BEGIN
            and track.size == 1
            and track.last_wh > current.last_wh
            and rise * 10 >= current.wh * 9
        ):
            return track
    return None


def _fallen(current: Track, reading: Reading, place: int) -> tuple[Track, ...]:
    """Return the youngest track after a fall: past its rollover, or with a new one below it.

    The new track counts from zero after a reset, and from its first value after a mere slip.
    """
    wh, flags = reading[2], _units(current.last_wh, reading[2])
    if ROLLOVER_WH - ROLLOVER_MARGIN_WH < current.last_wh < ROLLOVER_WH and wh < ROLLOVER_MARGIN_WH:
        rolled = replace(current, base=current.base - ROLLOVER_WH, flags=current.flags | {"register-rollover"})
        return (_longer(rolled, reading, place),)
    if reading[1] == END and wh == 0:
        return (current, _opened(reading, place, 0, flags | {"meter-stop-unknown"}))
    if wh * 2 < current.last_wh and wh <= _bound(current, reading):
        return (current, _opened(reading, place, 0, flags | {"register-reset"}))
    return (current, _opened(reading, place, wh, flags | {"register-fell"}))


def _opened(reading: Reading, place: int, base: int, flags: frozenset[str]) -> Track:
    at, rank, wh = reading
    return Track(place, place, 1, rank, wh, at, wh, base, flags)


def _longer(track: Track, reading: Reading, place: int) -> Track:
    at, _, wh = reading
    flags = track.flags if _is_plausible(track, reading) else track.flags | {"implausible-power"}
    return Track(track.first, place, track.size + 1, track.opener, track.first_wh, at, wh, track.base, flags)


def _bound(track: Track, reading: Reading) -> float:
    """Return the energy that no station delivers from the last reading of a track until this one."""
    return MAX_PLAUSIBLE_W / 3600 * (reading[0] - track.last_at).total_seconds() + SLACK_WH


def _is_plausible(track: Track, reading: Reading) -> bool:
    rise = reading[2] - track.last_wh
    return rise <= SLACK_WH or rise <= _bound(track, reading)


def _is_leap(tracks: tuple[Track, ...], reading: Reading) -> bool:
    """Whether values far above the begin are of another register, as where meterStart is always 0."""
    begin = tracks[-1]
    return (
        len(tracks) == 1
        and begin.size == 1
        and begin.opener == BEGIN
        and reading[1] == BETWEEN
        and reading[2] > FAR_LARGER * begin.last_wh
        and not _is_plausible(begin, reading)
    )


def _units(one: int, other: int) -> frozenset[str]:
    """Doubt the unit where one value is a thousand times another (Q85)."""
    low, high = sorted((one, other))
    return frozenset({"unit-doubtful"} if low > 0 and high // low in UNIT_RATIO else ())


def _summed(tracks: tuple[Track, ...]) -> Sum:
    if len(tracks) == 1:
        only = tracks[0]
        return Sum(max(only.wh, 0), only.first_wh, only.last_wh, only.flags)
    counted: list[tuple[int, int, Track]] = []
    covered: list[tuple[int, int]] = []
    flags: set[str] = set()
    for track in sorted(tracks, key=lambda track: (track.first - track.last, track.first)):
        steps = track.last - track.first + 1
        free, covered = _covering(covered, track.first, track.last + 1)
        if free:
            counted.append((track.first, max(track.wh, 0) * free // steps, track))
        flags |= track.flags if free else track.flags & {"unit-doubtful"}
        if free < steps > 1 and track.last_wh > 0:
            flags.add("other-register")
    counted.sort(key=lambda part: part[0])
    return Sum(sum(wh for _, wh, _ in counted), counted[0][2].first_wh, counted[-1][2].last_wh, frozenset(flags))


def _covering(covered: list[tuple[int, int]], start: int, stop: int) -> tuple[int, list[tuple[int, int]]]:
    """Return how many places of a span are not covered yet, and the spans that are covered with it."""
    free, apart = stop - start, []
    low, high = start, stop
    for begin, end in covered:
        if end <= start or begin >= stop:
            apart.append((begin, end))
            continue
        free -= min(end, stop) - max(begin, start)
        low, high = min(low, begin), max(high, end)
    return free, [*apart, (low, high)]
