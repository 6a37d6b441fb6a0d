"""Which profiles are about a station, and what they say together: the one that says most of whom it means has the last word."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Annotated

from msgspec import Meta, Struct
from msgspec.structs import replace

from csms.domain.fleet.selection import Glob
from csms.domain.metering import Sample
from csms.domain.station.commands import BootReport
from csms.domain.vendors.habits import Habits
from csms.kit.globs import matches, weight

Globs = Annotated[tuple[Glob, ...], Meta(max_length=100)]
TRAITS = ("firmware", "model", "vendor")
"""What a profile is known by, the most telling first."""
ENERGY = "Energy."
MEMBERS = Habits.__struct_fields__


class Make(Struct, frozen=True):
    """What a station told of itself at its last boot; empty where it told nothing."""

    vendor: str = ""
    model: str = ""
    firmware: str = ""


NO_MAKE = Make()


def make_of(report: BootReport | None) -> Make:
    """Return the make that a station told at its boot."""
    return NO_MAKE if report is None else Make(report.vendor, report.model, report.firmware or "")


class Profile(Struct, frozen=True, forbid_unknown_fields=True):
    """What is known of a make: it means the stations that match a pattern of each list that is not empty."""

    name: Annotated[str, Meta(min_length=1, max_length=100)]
    vendor: Globs = ()
    model: Globs = ()
    firmware: Globs = ()
    habits: Habits = Habits()
    source: str = ""


class Resolved(Struct, frozen=True):
    """The habits of a station; `sources` tells of each that is known where it comes from."""

    habits: Habits
    sources: Mapping[str, str]


OVERRIDE = "station"
"""The source of what an operator said of one station."""


def about(profiles: Iterable[Profile], make: Make) -> list[Profile]:
    """Return the profiles that mean a station, the most telling last."""
    told = [(rank, profile) for profile in profiles if (rank := _rank(profile, make)) is not None]
    return [profile for _, profile in sorted(told, key=lambda item: (item[0], item[1].name))]


def _rank(profile: Profile, make: Make) -> tuple[int, ...] | None:
    """Return how much a profile says of whom it means, or None if it does not mean this one."""
    rank: list[int] = []
    for trait in TRAITS:
        patterns: Sequence[str] = getattr(profile, trait)
        fitting = [weight(pattern) for pattern in patterns if matches(pattern, getattr(make, trait))]
        if patterns and not fitting:
            return None
        rank.append(1 + max(fitting) if patterns else 0)
    return tuple(rank) if any(rank) else None


def resolve(profiles: Iterable[Profile], make: Make, overrides: Habits) -> Resolved:
    """Return what all profiles that mean a station say of it, and what its operator says before them."""
    layers = [(profile.source or profile.name, profile.habits) for profile in about(profiles, make)]
    values, sources = {}, {}
    for source, habits in (*layers, (OVERRIDE, overrides)):
        for member in MEMBERS:
            if (value := getattr(habits, member)) is not None:
                values[member], sources[member] = value, source
    return Resolved(Habits(**values), sources)


def with_factor(samples: Iterable[Sample], factor: float) -> tuple[Sample, ...]:
    """Return samples with their energies multiplied: for meters whose unit is another than they say (Q85)."""
    by = Decimal(str(factor))
    return tuple(
        replace(sample, value=sample.value * by)
        if sample.value is not None and sample.measurand.startswith(ENERGY)
        else sample
        for sample in samples
    )


def is_untouched(habits: Habits, key: str) -> bool:
    """Whether the house leaves a configuration key alone (Q94)."""
    return any(matches(pattern, key) for pattern in habits.untouched or ())
