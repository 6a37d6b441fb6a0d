"""Who has orders signed: at what pace, and what an authority may do to others' orders."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from csms.domain.station.signing import Stage
from csms.features.certificate_orders.queue import ToSign
from csms.features.certificate_orders.signer import Signer
from csms.kit.x509 import read_request
from csms.ports.certificates import AuthorityPending, AuthorityRefused, AuthorityUnavailable
from tests.papers import Authority, name, new_key, request_for

ROOT = Authority()
KEY = new_key("EC")
CSR = request_for(name(cn="CP-1"), KEY)


@dataclass
class MemoryQueue:
    """An `OrderQueue` in memory; `taken` has notes of what was done with each order."""

    due: list[ToSign]
    taken: list[tuple[Any, ...]] = field(default_factory=list)
    strangers: frozenset[str] = frozenset()

    async def to_sign(self, most: int) -> list[ToSign]:
        now, self.due = self.due[:most], self.due[most:]
        return now

    async def issued(self, order: str, chain: str, leaf: Any) -> None:
        self.taken.append((order, "issued", leaf.serial))

    async def later(self, order: str, seconds: float, why: str) -> None:
        self.taken.append((order, "later", seconds, why))

    async def ended(self, order: str, stage: Stage, reason: str, detail: str | None = None) -> None:
        self.taken.append((order, stage, reason, detail))

    async def others(self, names: list[str], station: str) -> list[str]:
        return [one for one in names if one in self.strangers]


@dataclass
class Signs:
    """An authority that does one thing after the other: signs, raises, or answers with a text."""

    deeds: list[Any]
    asked: int = 0

    async def sign(self, csr: str) -> str:
        self.asked += 1
        deed = self.deeds.pop(0)
        if isinstance(deed, Exception):
            raise deed
        return str(deed)


@dataclass
class Hand:
    """A clock that is set by hand."""

    seconds: float = 0.0

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return self.seconds


def order(number: int = 1, *, old: bool = False, tries: int = 1, any_subject: bool = False) -> ToSign:
    return ToSign(f"o{number}", "CP-1", CSR, read_request(CSR).key.digest, tries, old, any_subject)


async def looked(queue: MemoryQueue, *deeds: Any, clock: Hand | None = None) -> Signs:
    authority = Signs(list(deeds))
    await Signer(queue=queue, authority=authority, clock=clock or Hand()).look()  # type: ignore[arg-type]
    return authority


def good() -> str:
    return ROOT.issue(name(cn="CP-1"), KEY).chain


@pytest.mark.covers("SEC-41", "SEC-32", "Q117")
@pytest.mark.parametrize(
    "chain",
    [
        "no certificate",
        ROOT.issue(name(cn="CP-1")).chain,
        ROOT.issue(name(cn="CP-2"), KEY).chain,
        ROOT.issue(name(cn="CP-1"), KEY, ca=True).chain,
        ROOT.issue(name(cn="CP-1", serial="CP-9"), KEY).chain,
    ],
    ids=["nothing", "another key", "another station", "an authority", "another station too"],
)
async def test_what_was_not_asked_for_is_not_taken_from_any_authority(chain: str) -> None:
    queue = MemoryQueue([order()], strangers=frozenset({"cp-9"}))
    await looked(queue, chain)
    ((_, stage, reason, _),) = queue.taken
    assert (stage, reason) == (Stage.FAILED, "doubtful")


@pytest.mark.covers("SEC-37")
async def test_a_test_tool_may_be_called_anything_but_another_station() -> None:
    queue = MemoryQueue([order(any_subject=True), order(2, any_subject=True)], strangers=frozenset({"cp-9"}))
    await looked(queue, ROOT.issue(name(cn="OCTT"), KEY).chain, ROOT.issue(name(cn="CP-9"), KEY).chain)
    assert [one[1] for one in queue.taken] == ["issued", Stage.FAILED]


@pytest.mark.covers("SEC-41")
async def test_while_an_authority_is_away_it_is_asked_once_and_the_pace_falls() -> None:
    queue, clock = MemoryQueue([order(n) for n in range(1, 9)]), Hand()
    authority = Signs([AuthorityUnavailable("away")] * 3 + [good()] * 9)
    signer = Signer(queue=queue, authority=authority, clock=clock)  # type: ignore[arg-type]
    await signer.look()
    assert (authority.asked, [one[1] for one in queue.taken]) == (1, ["later"] * 5)
    await signer.look()
    assert authority.asked == 1, "it rests"
    clock.seconds += 3
    await signer.look()
    assert (authority.asked, len(queue.taken)) == (2, 8)
    queue.due = [order(tries=20)]
    clock.seconds += 301
    await signer.look()
    assert queue.taken[-1][2] == 3600, "an order that was tried often waits an hour at the most"
    queue.due = [order(n) for n in range(3)]
    clock.seconds += 301
    assert await signer.look() == 3


@pytest.mark.covers("SEC-41", "SEC-40")
async def test_one_order_does_not_hold_up_others() -> None:
    queue = MemoryQueue([order(n) for n in range(1, 6)])
    deeds = (
        AuthorityPending("a person decides", 90),
        AuthorityRefused("never"),
        RuntimeError("a mistake"),
        good(),
        good(),
    )
    assert (await looked(queue, *deeds)).asked == 5
    assert [one[1] for one in queue.taken] == ["later", Stage.FAILED, "later", "issued", "issued"]
    assert queue.taken[0][2:] == (90, "a person decides")
    assert queue.taken[1][2:] == ("authority-refused", "never")


async def test_after_a_week_nobody_is_asked_any_more() -> None:
    queue = MemoryQueue([order(old=True)])
    await looked(queue, AuthorityUnavailable("away"))
    assert queue.taken == [("o1", Stage.FAILED, "authority-away", "away")]
