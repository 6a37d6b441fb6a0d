"""Proof by number: which duties, certification cases, quirks and habits of real stacks a run has tried, and how it went.

A plugin for pytest, used by `make conformance` and `make quirks`: `-p tests.proof --proof conformance`. Tests say what
they try by `@pytest.mark.covers`; only those that try something of the list are run. The table is written by the run
itself: `pass` if every test of an id passed, `fail` if one did not, `missing` if none ran. A mandatory id that is not
passed fails the run.
"""

import csv
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent / "conformance"
MARK = "covers"
DEMANDED = frozenset("MT")
"""Levels that must be passed: mandatory by the specification, or by its tests."""


@dataclass(frozen=True, slots=True)
class Duty:
    """One thing that a central system must do, or survive."""

    id: str
    level: str
    protocols: frozenset[str]
    says: str


@dataclass(frozen=True, slots=True)
class Book:
    """Which duties belong together, and how their fates are called."""

    files: tuple[str, ...]
    protocol: str | None
    passed: str
    failed: str

    def duties(self) -> list[Duty]:
        """Return the duties of the book, in the order of its files."""
        return [duty for name in self.files for duty in read(name) if self.protocol in {None, *duty.protocols}]


def read(name: str) -> Iterator[Duty]:
    """Read a file of duties."""
    with (FOLDER / f"{name}.csv").open(newline="") as lines:
        for row in csv.DictReader(lines):
            yield Duty(row["id"], row.get("level", "M"), frozenset(row["protocols"].split()), row["says"])


BOOKS = {
    "conformance": Book(("cases16", "duties"), "1.6", "pass", "fail"),
    "quirks": Book(("quirks", "wire"), None, "survived", "failed"),
}


def tried_by(item: pytest.Item) -> Iterator[str]:
    """Return the ids that a test tries; a certification case is played over a socket, and by no test of a part alone."""
    is_of_a_part = "unit" in item.path.parent.parts
    for mark in item.iter_markers(MARK):
        yield from (id_ for id_ in mark.args if not (is_of_a_part and id_.startswith("TC_")))


class Proof:
    """Chooses the tests of a book, hears how they ended, and says at the end what was proved."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._duties = book.duties()
        self._wanted = {duty.id for duty in self._duties}
        self._tried: defaultdict[str, dict[str, bool]] = defaultdict(dict)

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        """Run only tests that try something of the book; each carries what it tries to where the run is counted."""
        kept, others = [], []
        for item in items:
            tried = self._wanted & set(tried_by(item))
            (kept if tried else others).append(item)
            item.user_properties += [(MARK, id_) for id_ in sorted(tried)]
        config.hook.pytest_deselected(items=others)
        items[:] = kept

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Hear of a phase of a test: one that fails fails the test, one that is skipped proves nothing."""
        if report.skipped:
            return
        for name, id_ in report.user_properties:
            if name == MARK and (report.when == "call" or report.failed):
                tried = self._tried[str(id_)]
                tried[report.nodeid] = tried.get(report.nodeid, True) and report.passed

    def fate(self, id_: str) -> str:
        """Return what became of a duty."""
        tried = self._tried.get(id_)
        if not tried:
            return "missing"
        return self._book.passed if all(tried.values()) else self._book.failed

    def unproved(self) -> list[str]:
        """Return the ids that are demanded and were not passed."""
        return [d.id for d in self._duties if d.level in DEMANDED and self.fate(d.id) != self._book.passed]

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Fail a run that proved less than is demanded; workers of a run do not judge it."""
        is_worker = hasattr(session.config, "workerinput")
        if not is_worker and not session.config.option.collectonly and self.unproved():
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
        """Print the table."""
        if not config.option.collectonly:
            terminalreporter.section("proof by number")
            for line in self._table():
                terminalreporter.line(line)

    def _table(self) -> Iterable[str]:
        width = max(len(duty.id) for duty in self._duties)
        fates = [self.fate(duty.id) for duty in self._duties]
        for duty, fate in zip(self._duties, fates, strict=True):
            tests = len(self._tried.get(duty.id, ()))
            yield f"{duty.id:<{width}}  {duty.level}  {fate:<8}  {tests:>4} {'test ' if tests == 1 else 'tests'}  {duty.says}"
        counted = ", ".join(f"{fates.count(fate)} {fate}" for fate in (self._book.passed, self._book.failed, "missing"))
        yield f"{len(fates)} ids: {counted}"
        if unproved := self.unproved():
            yield f"not proved: {' '.join(unproved)}"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the command line choose a book."""
    parser.addoption("--proof", choices=sorted(BOOKS), required=True, help="which duties are proved")


def pytest_configure(config: pytest.Config) -> None:
    """Open the book that the command line chose."""
    config.pluginmanager.register(Proof(BOOKS[config.getoption("--proof")]), "proof-by-number")
