"""Whatever a station takes, tells and forgets, and however it calls it, each of its certificates is known once."""

import itertools
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from csms.domain.station.certificates import (
    RecordCertificates,
    RecordDeletion,
    RecordInstallation,
    ToldCertificate,
)
from csms.domain.station.decide import DECIDERS
from csms.domain.station.state import Station
from csms.kit.x509 import DIGESTS, HashData, hash_data
from csms.storage.certificates import known_certificates
from csms.storage.station_projection import statements
from tests.integration.storage.conftest import Stores
from tests.papers import Authority
from tests.unit.domain.stories import at

NAMES = itertools.count(1)
USES = ("csms-root", "manufacturer-root")
TOP = [Authority(called="Of one name"), Authority(called="Of one name"), Authority(called="Of another")]
AUTHORITIES = [
    *TOP,
    Authority(called="Below the first", above=TOP[0]),
    Authority(called="Below the last", above=TOP[2]),
]
ISSUERS = [*TOP, TOP[0], TOP[2]]
ONE, USE = st.integers(0, len(AUTHORITIES) - 1), st.sampled_from(USES)
LETTERS = st.tuples(st.sampled_from(sorted(DIGESTS)), st.booleans(), st.integers(0, 3))
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("install"), USE, ONE),
        st.tuples(st.just("find"), USE, ONE),
        st.tuples(st.just("list"), st.sampled_from([(), USES[:1], USES[1:], USES]), LETTERS),
        st.tuples(st.just("delete"), USE, ONE),
    ),
    max_size=14,
)


@dataclass
class Truth:
    """What a station really has, and what of that anybody can know: `found` are those that it got otherwise, untold."""

    has: set[tuple[str, int]] = field(default_factory=set)
    untold: set[tuple[str, int]] = field(default_factory=set)
    letters: tuple[str, bool, int] = ("SHA256", False, 0)

    def called(self, which: int) -> HashData:
        algorithm, upper, zeros = self.letters
        told = hash_data(AUTHORITIES[which].paper.certificate, ISSUERS[which].paper.certificate, algorithm)
        texts = [told.issuer_name_hash, told.issuer_key_hash, "0" * zeros + told.serial_number]
        return HashData(algorithm, *(text.upper() if upper else text for text in texts))

    def does(self, step: tuple[Any, ...]) -> Any:
        """Take a step, and return what the record hears of it; None for nothing."""
        match step:
            case "install", use, which:
                self.has.add((use, which))
                self.untold.discard((use, which))
                return RecordInstallation(use, AUTHORITIES[which].pem, "Accepted", at(1))
            case "find", use, which:
                if (use, which) not in self.has:
                    self.untold.add((use, which))
                self.has.add((use, which))
                return None
            case "list", uses, letters:
                self.letters = self.letters if uses else letters  # it calls all that it has in the same way
                meant = {(use, which) for use, which in self.has if not uses or use in uses}
                self.untold -= meant
                told = tuple(ToldCertificate(use, self.called(which)) for use, which in sorted(meant))
                return RecordCertificates(uses, told, "Accepted" if told else "NotFound", at(2))
            case _, use, which:
                there = {one for one in self.has if one[1] == which}
                self.has -= there
                self.untold -= there
                return RecordDeletion(self.called(which), "Accepted" if there else "NotFound", at(3))


@pytest.mark.covers("SEC-50", "SEC-53")
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS)
async def test_what_is_known_is_what_the_station_has(stores: Stores, steps: list[tuple[Any, ...]]) -> None:
    station, truth = f"CERTIFIED-{next(NAMES)}", Truth()
    for step in steps:
        command = truth.does(step)
        if command is None:
            continue
        for statement, columns in statements(
            [(station, event) for event in DECIDERS[type(command)](Station(), command).events]
        ):
            await stores.pool.execute(statement, *columns)
        known = await known_certificates(stores.pool, station)
        told = sorted((one.use, one.hash_data.key[3] if one.hash_data else _serial(one.pem)) for one in known)
        assert told == sorted((use, _number(which)) for use, which in truth.has - truth.untold)
        for one in known:
            if one.pem is not None and one.hash_data is not None:
                assert _serial(one.pem) == one.hash_data.key[3]


def _number(which: int) -> str:
    return f"{AUTHORITIES[which].paper.certificate.serial_number:x}"


def _serial(pem: str | None) -> str:
    return next(_number(which) for which, one in enumerate(AUTHORITIES) if one.pem == pem)
