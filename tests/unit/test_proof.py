"""The plugin that proves duties by number: what it counts, and when it fails a run."""

import re
from collections.abc import Iterator

import pytest

from tests import proof, proof_page

pytest_plugins = ["pytester"]
OUTCOMES = """
import pytest

@pytest.mark.covers("TC_001", "Q1")
def test_good(): ...

@pytest.mark.covers("TC_003")
@pytest.mark.parametrize("good", [True, False])
def test_half_good(good): assert good

@pytest.mark.covers("TC_007")
def test_skipped(): pytest.skip("not today")

@pytest.mark.parametrize("n", [pytest.param(1, marks=pytest.mark.covers("TC_010")), 2])
def test_some(n): ...

@pytest.fixture
def broken():
    yield
    raise OSError

@pytest.mark.covers("TC_012")
def test_broken_afterwards(broken): ...

def test_of_nothing(): assert False
"""
OF_A_PART = """
import pytest

@pytest.mark.covers("TC_014", "J-20")
def test_of_a_part(): ...
"""


@pytest.fixture
def told(pytester: pytest.Pytester, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    monkeypatch.setenv("PYTHONPATH", str(proof.FOLDER.parents[1]))
    pytester.makeini("[pytest]\nmarkers = covers(*ids): ids\nasyncio_default_fixture_loop_scope = session\n")
    pytester.makepyfile(OUTCOMES)
    unit = pytester.mkdir("unit")
    (unit / "test_of_a_part.py").write_text(OF_A_PART)
    workers = getattr(request, "param", ())
    result = pytester.runpytest_subprocess("-p", "tests.proof", "--proof", "conformance", *workers)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    rows = (re.match(r"(\S+) +[MT]  (\w+) ", line) for line in result.outlines)
    return {row[1]: row[2] for row in rows if row}


@pytest.mark.parametrize("told", [(), ("-n", "2")], indirect=True, ids=["alone", "over workers"])
def test_an_id_is_passed_only_if_every_test_of_it_passed(told: dict[str, str]) -> None:
    fates = {id_: told[id_] for id_ in ("TC_001", "TC_003", "TC_007", "TC_010", "TC_012", "TC_013")}
    assert (told["TC_014"], told["J-20"]) == ("missing", "pass"), "a case is not played by a test of a part"
    assert fates == {
        "TC_001": "pass",
        "TC_003": "fail",
        "TC_007": "missing",
        "TC_010": "pass",
        "TC_012": "fail",
        "TC_013": "missing",
    }


def every_duty() -> Iterator[proof.Duty]:
    return (duty for name in ("cases16", "duties", "quirks", "wire") for duty in proof.read(name))


def test_every_id_is_there_once_and_says_what_it_demands() -> None:
    ids = [duty.id for duty in every_duty()]
    assert len(ids) == len(set(ids))
    for duty in every_duty():
        assert duty.level in proof.DEMANDED
        assert duty.protocols
        assert duty.protocols <= {"1.6", "2.0.1", "2.1"}
        assert len(duty.says.split()) > 1


def test_the_books_hold_all_cases_of_1_6_all_quirks_and_all_habits_of_real_stacks() -> None:
    assert sum(duty.id.startswith("TC_") for duty in proof.BOOKS["conformance"].duties()) == 77
    habits = [f"Q{n}" for n in range(1, 136)] + [f"W{n}" for n in range(1, 31)]
    assert [duty.id for duty in proof.BOOKS["quirks"].duties()] == habits


def test_every_message_of_1_6_is_heard_or_said() -> None:
    told = "".join(proof_page.messages())
    assert ("29 of 29" in told, "11 of 11" in told) == (True, True), told


def test_the_page_says_what_the_code_says() -> None:
    page = proof_page.PAGE.read_text()
    assert page == proof_page.written(page), "out of date: run `make proof-page`"
